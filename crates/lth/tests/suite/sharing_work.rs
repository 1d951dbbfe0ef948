//! Several processes do one sweep, and some of them are killed.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::common::{Sandbox, exact_files, run_folder};

/// 18 trainings, 14 when the dense ones of the criteria are one for each seed; each long enough that a kill hits it.
const SWEEP: &str = "sweep lenet-300-100 mnist --data-folder data --validation 60 -b 20 --length 150it --evaluate-every 50 \
                     -i 3 --replicates 2 --axis criterion=large-final,movement,random --checkpoint-every 0.02 --jobs 1";
const DISTINCT: usize = 14;

/// How many random schedules are tried.
fn schedules() -> u64 {
    std::env::var("LTH_TEST_SCHEDULES").ok().and_then(|count| count.parse().ok()).unwrap_or(3)
}

fn start(sandbox: &Sandbox, number: usize, flags: &str) -> Child {
    let log = fs::File::options()
        .append(true)
        .create(true)
        .open(sandbox.join(&format!("process-{number}.log")))
        .unwrap();
    Command::new(assert_cmd::cargo::cargo_bin("lth"))
        .args(flags.split_whitespace())
        .current_dir(sandbox.path())
        .env("XDG_CACHE_HOME", sandbox.join("cache"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// How often each training was finished, by what all processes said.
fn finished(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for number in 0.. {
        let Ok(mut log) = fs::File::open(sandbox.join(&format!("process-{number}.log"))) else { break };
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        for line in text.lines().filter(|line| line.contains(" steps/s)")) {
            let name = line.split(": density").next().unwrap().split_once("] ").unwrap().1;
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// The runs have the same files with the same bytes, but for those that hold times.
fn assert_same(sandbox: &Sandbox, expected: &[(String, Vec<u8>)], when: &str) {
    let found = exact_files(&sandbox.join("runs"));
    let names = |files: &[(String, Vec<u8>)], others: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().filter(|file| !others.contains(file)).map(|(name, _)| name.clone()).collect()
    };
    let (more, fewer) = (names(&found, expected), names(expected, &found));
    assert!(more.is_empty() && fewer.is_empty(), "{when}: {more:?} differ from {fewer:?}");
}

/// Numbers that look random, the same in each repetition.
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

#[test]
fn processes_share_a_sweep_and_one_that_is_killed_costs_nothing_but_its_time() {
    let undisturbed = Sandbox::new();
    undisturbed.data().output(SWEEP);
    let expected = exact_files(&undisturbed.join("runs"));
    assert!(expected.len() > 60);
    let mut state = 7;
    for schedule in 0..schedules() {
        let sandbox = Sandbox::new();
        sandbox.data();
        let processes = [2, 4][schedule as usize % 2];
        let mut children: Vec<Child> = (0..processes).map(|number| start(&sandbox, number, SWEEP)).collect();
        thread::sleep(Duration::from_millis(100 + random(&mut state, 1500)));
        let victim = random(&mut state, processes as u64) as usize;
        // It may be over by then.
        let _ = children[victim].kill();
        for (number, mut child) in children.into_iter().enumerate() {
            let status = child.wait().unwrap();
            assert!(status.success() || number == victim, "{}", said(&sandbox, number));
        }
        let counts = finished(&sandbox);
        assert!(counts.values().all(|&count| count == 1), "{counts:?}");
        // What the killed process had finished it may not have had the time to say.
        assert!((DISTINCT - 1..=DISTINCT).contains(&counts.len()), "{counts:?}");
        // What the killed one had half-written the next process removes.
        let again = sandbox.lth(SWEEP).assert().success();
        let text = String::from_utf8_lossy(&again.get_output().stderr).into_owned();
        assert!(text.contains("nothing is left to train"), "{text}");
        assert_same(&sandbox, &expected, &format!("schedule {schedule}"));
    }
}

#[test]
fn a_sweep_that_is_killed_again_and_again_ends_with_the_same_bits() {
    let undisturbed = Sandbox::new();
    undisturbed.data().output(SWEEP);
    let sandbox = Sandbox::new();
    sandbox.data();
    let (mut state, mut kills) = (11, 0);
    let wanted = schedules() + 2;
    while kills < wanted {
        let mut child = start(&sandbox, 0, SWEEP);
        thread::sleep(Duration::from_millis(40 + random(&mut state, 250)));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    sandbox.output(SWEEP);
    assert!(kills > 0);
    let counts = finished(&sandbox);
    assert!(counts.values().all(|&count| count == 1), "{counts:?}");
    assert_eq!(
        exact_files(&sandbox.join("runs")),
        exact_files(&undisturbed.join("runs")),
        "after {kills} kills"
    );
}

#[test]
fn printed_commands_do_the_sweep_in_any_order() {
    let undisturbed = Sandbox::new();
    undisturbed.data().output(SWEEP);
    let sandbox = Sandbox::new();
    // A training elsewhere is to see the same examples.
    let broken = sandbox.data().output(&format!("{SWEEP} --print-tasks --skip-broken"));
    assert!(broken.lines().all(|line| line.ends_with(" --skip-broken")), "{broken}");
    let printed = sandbox.output(&format!("{SWEEP} --print-tasks"));
    let mut commands: Vec<&str> = printed.lines().collect();
    assert_eq!(commands.len(), DISTINCT);
    // From the last to the first: what a command needs it does itself.
    commands.reverse();
    for command in commands {
        let status = Command::new("sh").args(["-c", command]).current_dir(sandbox.path()).output().unwrap();
        assert!(status.status.success(), "{command}\n{}", String::from_utf8_lossy(&status.stderr));
    }
    // The sweep has nothing left but its table.
    let file = printed.split_whitespace().find(|word| word.ends_with("sweep.toml")).unwrap();
    let end = sandbox.lth(&format!("sweep {file}")).assert().success();
    let text = String::from_utf8_lossy(&end.get_output().stderr).into_owned();
    assert!(text.contains("nothing is left to train") && !text.contains("steps/s)"), "{text}");
    assert_same(&sandbox, &exact_files(&undisturbed.join("runs")), "printed commands");
    sandbox.refused(&format!("sweep {file} --task 00ff"), "00ff", "--print-tasks");
}

fn said(sandbox: &Sandbox, number: usize) -> String {
    fs::read_to_string(sandbox.join(&format!("process-{number}.log"))).unwrap()
}

#[test]
fn processes_share_a_study_of_stability() {
    let run =
        "find-winning-ticket lenet-300-100 mnist data --validation 60 -b 20 --length 150it -i 2 --no-figures";
    let sandbox = Sandbox::new();
    sandbox.data().output(run);
    let folder = run_folder(&sandbox);
    let copy = Sandbox::new();
    copy.data().output(run);
    let study = |folder: &Path| {
        format!(
            "stability {} --data-folder data --points 5 --copies 4 --rounds 0,1 --jobs 1 --checkpoint-every 0.02 --no-figures",
            folder.display()
        )
    };
    copy.output(&study(&run_folder(&copy)));
    let mut children: Vec<Child> = (0..3).map(|number| start(&sandbox, number, &study(&folder))).collect();
    thread::sleep(Duration::from_millis(300));
    let _ = children[0].kill();
    for (number, child) in children.iter_mut().enumerate() {
        let status = child.wait().unwrap();
        assert!(status.success() || number == 0, "{}", said(&sandbox, number));
    }
    sandbox.output(&study(&folder));
    assert_same(&sandbox, &exact_files(&copy.join("runs")), "three processes");
    let counts = finished(&sandbox);
    assert!(counts.values().all(|&count| count == 1), "{counts:?}");
}
