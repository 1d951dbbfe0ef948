//! `lth fsck`: damaged folders, found, repaired and made whole again.

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;

use crate::common::{SMALL, Sandbox, exact_files, files, run_folder};

/// Three rounds and a control, tickets rewound to iteration 6.
fn command() -> String {
    let small = SMALL.replace("lenet-300-100", "mlp-12");
    format!("find-ticket {small} -i 3 --rewind 6it --control random-reinit --keep all --no-figures")
}

/// A finished run that nothing is wrong with.
fn finished() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.data().output(&command());
    assert!(sandbox.output("fsck").ends_with(": all is well\n"));
    let run = run_folder(&sandbox);
    (sandbox, run)
}

fn words(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// A call that ends with this exit code; what it says.
fn ends(sandbox: &Sandbox, flags: &str, code: i32) -> [String; 2] {
    let assert = sandbox.lth(flags).assert();
    let said = words(assert.get_output());
    assert_eq!(assert.get_output().status.code(), Some(code), "{flags}: {said:?}");
    said
}

/// What lies in a run but for its quarantine.
fn results(run: &Path) -> Vec<(String, Vec<u8>)> {
    exact_files(run).into_iter().filter(|(name, _)| !name.starts_with("quarantine")).collect()
}

fn cut_off(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() * 2 / 3]).unwrap();
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in\n{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Changes the last digit of the value of a key in a JSON file.
fn change(path: &Path, key: &str) {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.contains(&format!("\"{key}\""))).unwrap();
    let digit = line.rfind(|c: char| c.is_ascii_digit()).unwrap();
    let other = if &line[digit..=digit] == "3" { "4" } else { "3" };
    let changed = format!("{}{other}{}", &line[..digit], &line[digit + 1..]);
    fs::write(path, text.replacen(line, &changed, 1)).unwrap();
}

fn flip(path: &Path, from_end: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A file, what happens to it, and what is said of it.
type Damage = (&'static str, fn(&Path), &'static str);

const DAMAGES: [Damage; 24] = [
    ("experiment.toml", cut_off, "damaged"),
    ("experiment.toml", |path| edit(path, "batch_size = 20", "batch_size = 30"), "they were edited"),
    ("provenance.json", cut_off, "damaged: EOF"),
    ("summary.csv", cut_off, "it was cut off"),
    ("summary.csv", |path| edit(path, ",24,", ",23,"), "is another than in the records"),
    ("timing.csv", cut_off, "damaged"),
    ("replicate-0/initial.safetensors", cut_off, "truncated"),
    ("replicate-0/initial.safetensors", |path| flip(path, 40), "restarts from"),
    ("replicate-0/rewind.safetensors", cut_off, "truncated"),
    ("replicate-0/round-00/ticket.safetensors", |path| flip(path, 40_000), "another hash"),
    ("replicate-0/round-00/round.json", cut_off, "EOF"),
    ("replicate-0/round-00/round.json", |path| change(path, "next_ticket"), "another hash"),
    ("replicate-0/round-01/round.json", |path| change(path, "test_loss"), "results"),
    ("replicate-0/round-01/round.json", |path| change(path, "inputs"), "hash of inputs"),
    ("replicate-0/round-01/round.json", |path| edit(path, "\"live\": 7", "\"live\": 5"), "kept weights"),
    (
        "replicate-0/round-01/round.json",
        |path| edit(path, "\"round\": 1", "\"round\": 2"),
        "it is of replicate 0",
    ),
    ("replicate-0/round-01/metrics.csv", cut_off, "damaged"),
    ("replicate-0/round-01/metrics.csv", |path| edit(path, "0.", "0.9"), "its values are not those"),
    ("replicate-0/round-01/metrics-lec.csv", |path| edit(path, ",12,", ",13,"), "its values are not those"),
    ("replicate-0/round-01/timing.json", cut_off, "EOF"),
    ("replicate-0/round-01/trained.safetensors", cut_off, "truncated"),
    ("replicate-0/round-03/ticket.safetensors", |path| flip(path, 40_000), "is pruned, and not 0"),
    ("replicate-0/round-02/controls/random-reinit/ticket.safetensors", cut_off, "truncated"),
    ("replicate-0/tensorboard/ticket/round-01/events.out.tfevents.lth", |path| flip(path, 20), "checksum"),
];

#[test]
fn every_damage_is_found_and_moved_away_and_the_run_makes_it_again() {
    let (sandbox, run) = finished();
    let before = results(&run);
    for (name, damage, said) in DAMAGES {
        let path = run.join(name);
        damage(&path);
        let damaged = fs::read(&path).unwrap();
        let [found, error] = ends(&sandbox, "fsck", 1);
        let line =
            found.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {found}"));
        assert!(line.contains(said), "'{said}' is not in {line}");
        assert!(error.contains("error: ") && error.contains("lth fsck --repair"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), damaged, "nothing is written without --repair");

        let [done, _] = ends(&sandbox, "fsck --repair --yes", 0);
        assert!(done.contains(&format!("quarantine/{name}\n")), "{done}");
        assert!(!done.contains("removed") || done.contains("removed runs/.lth/tasks"), "{done}");
        assert_eq!(fs::read(run.join("quarantine").join(name)).unwrap(), damaged);
        let list = fs::read_to_string(run.join("quarantine/moved.csv")).unwrap();
        assert!(list.contains(&format!("{name},quarantine/{name},")), "{list}");

        sandbox.output(&command());
        let now = results(&run);
        let same =
            |(name, bytes): &&(String, Vec<u8>)| !now.iter().any(|(own, now)| own == name && now == bytes);
        let differing: Vec<&String> = before.iter().filter(same).map(|(name, _)| name).collect();
        assert!(differing.is_empty(), "{name} ({said}): {differing:?}");
        let [found, _] = ends(&sandbox, "fsck", 0);
        assert!(found.contains("all is well"), "{name}: {found}");
        fs::remove_dir_all(run.join("quarantine")).unwrap();
    }
}

#[test]
fn what_is_missing_is_named_with_the_command_that_makes_it_again() {
    let (sandbox, run) = finished();
    let before = results(&run);
    fs::remove_file(run.join("replicate-0/round-01/metrics.csv")).unwrap();
    fs::remove_file(run.join("replicate-0/round-00/round.json")).unwrap();
    fs::remove_file(run.join("summary.csv")).unwrap();
    let [found, error] = ends(&sandbox, "fsck", 1);
    for name in ["round-01/metrics.csv: missing", "round-00/round.json: missing"] {
        assert!(found.contains(name), "{found}");
    }
    let hint = error.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap();
    assert!(hint.starts_with("lth run ") && hint.ends_with("makes again what is missing"), "{hint}");
    // Data from a folder are not in the settings.
    let again = hint.split(" --data-folder").next().unwrap().strip_prefix("lth ").unwrap();
    sandbox.output(&format!("{again} --data-folder data --no-figures"));
    assert_eq!(results(&run), before);
    ends(&sandbox, "fsck", 0);
}

#[test]
fn nothing_is_written_without_being_asked_for() {
    let (sandbox, run) = finished();
    cut_off(&run.join("summary.csv"));
    fs::write(run.join("notes.txt"), "mine").unwrap();
    fs::write(run.join("replicate-0/.lth-Ab12Cd.unfinished"), "half").unwrap();
    let before = files(&sandbox.join("runs"));
    ends(&sandbox, "fsck", 1);
    ends(&sandbox, "fsck --format json", 1);
    sandbox.refused("fsck --repair", "no terminal to ask on, and nothing was repaired", "--yes");
    assert_eq!(files(&sandbox.join("runs")), before);
    let [done, _] = ends(&sandbox, "fsck --repair --yes", 0);
    assert!(done.contains("removed ") && done.contains(".lth-Ab12Cd.unfinished"), "{done}");
    assert_eq!(fs::read(run.join("notes.txt")).unwrap(), b"mine");
    let [done, _] = ends(&sandbox, "fsck --repair --yes --foreign", 0);
    assert!(done.contains("quarantine/notes.txt"), "{done}");
    assert_eq!(fs::read(run.join("quarantine/notes.txt")).unwrap(), b"mine");
}

#[test]
fn programs_get_json() {
    let (sandbox, run) = finished();
    cut_off(&run.join("summary.csv"));
    let [found, _] = ends(&sandbox, &format!("fsck {} --format json", run.display()), 1);
    let found: Value = serde_json::from_str(&found).unwrap();
    let finding = &found[0]["findings"][0];
    assert_eq!((&finding["kind"], &finding["repair"]), (&"damaged".into(), &"quarantine".into()));
    assert_eq!((&finding["problem"], &found[0]["repaired"]), (&true.into(), &Value::Null));
    let [done, _] = ends(&sandbox, "fsck --repair --yes --format json", 0);
    let done: Value = serde_json::from_str(&done).unwrap();
    assert!(done[1]["repaired"]["moved"][0]["to"].as_str().unwrap().ends_with("quarantine/summary.csv"));
}

#[test]
fn a_run_in_which_a_process_works_is_left_out() {
    let (sandbox, run) = finished();
    cut_off(&run.join("summary.csv"));
    let lock = fs::File::options().write(true).open(run.join(".lock")).unwrap();
    lock.lock().unwrap();
    let [found, error] = ends(&sandbox, "fsck --repair --yes", 0);
    assert!(found.contains("1 folder, 0 files: all is well"), "{found}");
    assert!(error.contains("is left out: another lth works in it"), "{error}");
    drop(lock);
    ends(&sandbox, "fsck", 1);
}

/// Files may not grow beyond a limit: to the program it is a disk that is full.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let (sandbox, run) = finished();
    cut_off(&run.join("summary.csv"));
    fs::write(run.join("replicate-0/round-01/round.json"), "{").unwrap();
    fs::write(run.join("replicate-0/.lth-Ab12Cd.unfinished"), "half").unwrap();
    let before = files(&run);
    let program = assert_cmd::cargo::cargo_bin("lth");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec '{}' fsck --repair --yes", program.display());
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(sandbox.path())
        .output()
        .unwrap();
    let [_, error] = words(&output);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("cannot write") && error.contains("moved.csv") && error.contains("hint: "),
        "{error}"
    );
    assert!(error.contains("all is as it was"), "{error}");
    assert!(files(&run) == before && !run.join("quarantine").exists());
    ends(&sandbox, "fsck --repair --yes", 0);
    sandbox.output(&command());
    ends(&sandbox, "fsck", 0);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_checked_and_not_repaired() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sandbox, run) = finished();
    cut_off(&run.join("summary.csv"));
    let mode = |mode| fs::set_permissions(&run, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    if fs::write(run.join("probe"), "").is_ok() {
        fs::remove_file(run.join("probe")).unwrap();
        eprintln!("permissions do not bind this user");
        return mode(0o755);
    }
    ends(&sandbox, "fsck", 1);
    let before = files(&run);
    let [_, error] = ends(&sandbox, "fsck --repair --yes", 2);
    assert!(error.contains("cannot write") && error.contains("hint: "), "{error}");
    assert_eq!(files(&run), before);
    mode(0o755);
}

#[test]
fn a_clock_that_jumped_is_a_note() {
    let (sandbox, run) = finished();
    let file = fs::File::options().write(true).open(run.join("summary.csv")).unwrap();
    file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_hours(1000)).unwrap();
    let [found, _] = ends(&sandbox, "fsck", 0);
    assert!(
        found.contains("one file is dated in the future") && found.contains("all is well, 1 note"),
        "{found}"
    );
    sandbox.output(&command());
}

/// A lease of a machine that is gone has no heartbeat; that of one that works has.
#[test]
fn a_machine_at_work_is_told_from_one_that_vanished() {
    let (sandbox, run) = finished();
    let leases = sandbox.join("runs/.lth/leases");
    fs::create_dir_all(&leases).unwrap();
    let name = run.file_name().unwrap().to_str().unwrap();
    let holder = serde_json::json!({
        "host": "node-b", "boot": "other", "process": 7, "folder": format!("{name}/replicate-0"),
        "locked": true, "nonce": "ab",
    });
    fs::write(leases.join("00ff"), format!("{:016x}\n{holder}\n", 0)).unwrap();
    let mut file = fs::File::options().write(true).open(leases.join("00ff")).unwrap();
    let mut beat = |beat: u64| {
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(format!("{beat:016x}\n").as_bytes()).unwrap();
    };
    let [found, error] = std::thread::scope(|scope| {
        let checked = scope.spawn(|| ends(&sandbox, "fsck", 0));
        let mut number = 1;
        while !checked.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(200));
            number += 1;
            beat(number);
        }
        checked.join().unwrap()
    });
    assert!(error.contains("process 7 on node-b has taken a task: waiting for its heartbeat"), "{error}");
    assert!(error.contains("is left out: process 7 on node-b works in it"), "{error}");
    assert!(found.contains("1 folder, 1 file: all is well"), "{found}");
}

#[test]
fn other_kinds_of_folders_are_checked_too() {
    let sandbox = Sandbox::new();
    let small = SMALL.replace("lenet-300-100", "mlp-12");
    sandbox.data();
    let learn = "supermask learn mlp-12 mnist data --validation 60 -b 60 --length 5it";
    sandbox.output(&format!("train {small}"));
    sandbox.output(learn);
    let [found, _] = ends(&sandbox, "fsck", 0);
    assert!(found.contains("3 folders") && found.contains("all is well"), "{found}");
    let [supermask, trained] = ["supermask-", "mlp-12-"].map(|start| {
        let mut all = fs::read_dir(sandbox.join("runs")).unwrap().map(|entry| entry.unwrap().path());
        all.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start)).unwrap()
    });
    let before = [results(&supermask), results(&trained)];
    cut_off(&supermask.join("scores.safetensors"));
    change(&supermask.join("supermask.json"), "test_accuracy");
    flip(&trained.join("replicate-0/round-00/ticket.safetensors"), 40_000);
    let [found, _] = ends(&sandbox, "fsck --repair --yes", 0);
    for name in ["scores.safetensors", "supermask.json", "round-00/ticket.safetensors"] {
        assert!(found.contains(name), "{found}");
    }
    sandbox.output(&format!("train {small}"));
    sandbox.output(learn);
    ends(&sandbox, "fsck", 0);
    assert!([results(&supermask), results(&trained)] == before);
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let sandbox = Sandbox::new();
    let [found, error] = ends(&sandbox, "fsck", 0);
    assert!(found.contains("0 folders") && error.contains("there are no runs in 'runs'"), "{found} {error}");
    sandbox.refused("fsck nowhere", "cannot read 'nowhere'", "check the path");
    ends(&sandbox, "fsck --yes", 2);
    ends(&sandbox, "fsck --foreign", 2);
}
