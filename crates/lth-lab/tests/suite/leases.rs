//! Several processes that share tasks, some of which are killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use lth_lab::{Acquired, Leases};
use lth_model::{Purpose, RandomStream, Seed};

/// Says to a copy of this program in which folder it is to work, and how.
const FOLDER: &str = "LTH_TEST_LEASES";
const WITHOUT_LOCKS: &str = "LTH_TEST_WITHOUT_LOCKS";

const TASKS: usize = 16;
const PROCESSES: u32 = 4;

/// What a copy of this program does; nothing where it is run as a test.
#[test]
fn a_worker() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let leases = Leases::of(&folder);
    let leases = if env::var_os(WITHOUT_LOCKS).is_some() {
        leases.without_locks().timeout(Duration::from_millis(400))
    } else {
        leases
    };
    let is_done = |task: usize| folder.join(format!("done-{task}")).exists();
    while (0..TASKS).any(|task| !is_done(task)) {
        for task in 0..TASKS {
            if is_done(task) {
                continue;
            }
            let Acquired::Held(_lease) = leases.acquire(&format!("{task:04x}"), Path::new("")).unwrap()
            else {
                continue;
            };
            // It may have been finished since.
            if !is_done(task) {
                log(&folder, &format!("{task} {}\n", process::id()));
                thread::sleep(Duration::from_millis(4));
                fs::write(folder.join(format!("done-{task}")), "").unwrap();
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn log(folder: &Path, line: &str) {
    let mut log = fs::File::options().append(true).create(true).open(folder.join("log")).unwrap();
    log.write_all(line.as_bytes()).unwrap();
}

fn worker(folder: &Path, locks: bool) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "leases::a_worker", "--test-threads", "1"]);
    command.env(FOLDER, folder).stdout(Stdio::null()).stderr(Stdio::null());
    if !locks {
        command.env(WITHOUT_LOCKS, "1");
    }
    command.spawn().unwrap()
}

/// Lets processes share the tasks, of which all but one are killed at moments that the seed decides. Returns the processes that
/// began each task, and those that were killed.
fn schedule(seed: u64, locks: bool) -> (BTreeMap<usize, Vec<u32>>, BTreeSet<u32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut stream = RandomStream::new(Seed(seed), Purpose::RandomScores, 0);
    let begun = Instant::now();
    let mut workers: Vec<Child> = (0..PROCESSES).map(|_| worker(folder.path(), locks)).collect();
    let mut killed = BTreeSet::new();
    for worker in &mut workers[1..] {
        thread::sleep(Duration::from_millis(stream.below(30)));
        if worker.try_wait().unwrap().is_none() {
            killed.insert(worker.id());
            worker.kill().unwrap();
        }
    }
    while workers[0].try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_mins(1) {
            workers[0].kill().unwrap();
            panic!("seed {seed}: it hangs");
        }
        thread::sleep(Duration::from_millis(2));
    }
    for worker in &mut workers[1..] {
        worker.wait().unwrap();
    }
    assert!(workers[0].wait().unwrap().success(), "seed {seed}");
    let mut begun: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for line in fs::read_to_string(folder.path().join("log")).unwrap().lines() {
        let (task, process) = line.split_once(' ').unwrap();
        begun.entry(task.parse().unwrap()).or_default().push(process.parse().unwrap());
    }
    assert_eq!(begun.len(), TASKS, "seed {seed}");
    (begun, killed)
}

#[test]
fn killed_processes_lose_no_task_and_none_is_done_twice() {
    let mut left = 0;
    for seed in 0..20 {
        let (tasks, killed) = schedule(seed, true);
        for (task, processes) in tasks {
            // The last finished it; whoever began it before then was killed.
            let (_, others) = processes.split_last().unwrap();
            assert!(
                others.iter().all(|process| killed.contains(process)),
                "seed {seed}, task {task}: {processes:?}"
            );
            left += others.len();
        }
    }
    assert!(left > 0, "nobody was killed in the middle of a task");
}

/// On a machine that is busy a process may be taken for dead, so that here a task may be done twice.
#[test]
fn heartbeats_alone_lose_no_task() {
    for seed in 0..3 {
        schedule(seed, false);
    }
}
