//! What other processes and clocks do to a folder.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use super::*;
use crate::Acquired;

const TIMEOUT: Duration = Duration::from_millis(300);

/// An output folder with a run, whose settings are all that it has.
fn output() -> (tempfile::TempDir, Layout) {
    let output = tempfile::tempdir().unwrap();
    let experiment = Experiment::new("lenet-300-100", "mnist");
    let layout = Layout::new(output.path().join(experiment.folder_name()));
    fs::create_dir_all(layout.replicate(0)).unwrap();
    fs::write(layout.experiment(), experiment.to_toml()).unwrap();
    (output, layout)
}

/// The lease of a process on another machine that works on a training of the run.
fn lease_of_another_machine(output: &Path, layout: &Layout) -> PathBuf {
    let folder = layout.replicate(0);
    let leases = Leases::of(output);
    let Acquired::Held(lease) = leases.acquire("00ff", folder.strip_prefix(output).unwrap()).unwrap() else {
        panic!("somebody has the lease")
    };
    let path = output.join(".lth/leases/00ff");
    let text = fs::read_to_string(&path).unwrap();
    drop(lease);
    let (counter, holder) = text.split_once('\n').unwrap();
    let mut holder: serde_json::Value = serde_json::from_str(holder).unwrap();
    holder["host"] = "node-b".into();
    holder["process"] = 7.into();
    fs::write(&path, format!("{counter}\n{holder}\n")).unwrap();
    path
}

fn check(output: &Path) -> (Vec<FolderCheck>, Vec<String>) {
    check_for(output, TIMEOUT)
}

/// Waits so long for a heartbeat; also returns of whom it was told.
fn check_for(output: &Path, timeout: Duration) -> (Vec<FolderCheck>, Vec<String>) {
    let told = Mutex::new(Vec::new());
    let tell = |holder: Option<&Holder>| {
        told.lock().unwrap().push(holder.map_or_else(String::new, ToString::to_string));
    };
    let checks = check_within(&[output.to_owned()], timeout, &tell).unwrap();
    (checks, told.into_inner().unwrap())
}

#[test]
fn a_node_that_vanished_is_told_of_and_its_lease_removed() {
    let (output, layout) = output();
    let path = lease_of_another_machine(output.path(), &layout);
    let (checks, told) = check(output.path());
    assert_eq!(told, ["process 7 on node-b"]);
    let [found] = &checks[0].findings[..] else { panic!("{checks:?}") };
    assert_eq!((&found.path, found.kind, found.repair), (&path, FindingKind::Leftover, Repair::Remove));
    assert!(found.explanation.contains("process 7 on node-b"), "{}", found.explanation);
    assert!(checks[1].at_work.is_none());
    assert_eq!(repair_folder(&checks[0], false).unwrap().removed, std::slice::from_ref(&path));
    assert!(!path.exists());
}

#[test]
fn a_lease_that_somebody_took_meanwhile_stays() {
    let (output, layout) = output();
    let path = lease_of_another_machine(output.path(), &layout);
    let (checks, _) = check(output.path());
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("node-b", "node-c")).unwrap();
    repair_folder(&checks[0], false).unwrap();
    assert!(path.exists());
}

#[test]
fn a_node_whose_heart_beats_works_on() {
    let (output, layout) = output();
    let path = lease_of_another_machine(output.path(), &layout);
    let checked = AtomicBool::new(false);
    let (checks, told) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::File::options().write(true).open(&path).unwrap();
            for beat in 1.. {
                // In place, as it is done by those that live.
                file.seek(SeekFrom::Start(0)).unwrap();
                file.write_all(format!("{beat:016x}\n").as_bytes()).unwrap();
                if checked.load(Ordering::Acquire) {
                    return;
                }
                std::thread::sleep(TIMEOUT / 12);
            }
        });
        let found = check_for(output.path(), 10 * TIMEOUT);
        checked.store(true, Ordering::Release);
        found
    });
    assert_eq!(told, ["process 7 on node-b"]);
    assert_eq!(checks[1].at_work.as_deref(), Some("process 7 on node-b"));
    assert!(checks.iter().all(|check| check.findings.is_empty()), "{checks:?}");
}

#[test]
fn a_process_that_died_here_needs_no_waiting() {
    let (output, layout) = output();
    let folder = layout.replicate(0);
    let leases = Leases::of(output.path());
    let relative = folder.strip_prefix(output.path()).unwrap();
    let Acquired::Held(lease) = leases.acquire("00ff", relative).unwrap() else { panic!("it is held") };
    let (checks, told) = check(output.path());
    // This process lives, and its lock says so.
    assert!(told.is_empty() && checks[1].at_work.is_some(), "{checks:?}");
    drop(lease);
}

#[test]
fn a_date_in_the_future_is_a_note() {
    let (output, layout) = output();
    let file = fs::File::options().write(true).open(layout.experiment()).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_hours(48)).unwrap();
    let (checks, _) = check(output.path());
    let [found] = &checks[1].findings[..] else { panic!("{checks:?}") };
    assert_eq!(
        (&found.path, found.kind, found.repair),
        (&checks[1].folder, FindingKind::Future, Repair::Nothing)
    );
    assert!(found.explanation.contains("clock") && !checks[1].has_problems(), "{}", found.explanation);
    // Nor does a clock that was set back.
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert!(check(output.path()).0[1].findings.is_empty());
}

#[test]
fn tables_of_transfers_and_sweeps_are_checked() {
    let (output, _) = output();
    let folder = output.path().join("transfer-x");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("transfer.toml"), "format = 2\nticket = ").unwrap();
    fs::write(folder.join("transfer.csv"), "a,b\n1").unwrap();
    fs::write(folder.join("mine.csv"), "a,b\n1").unwrap();
    let (checks, _) = check(output.path());
    assert_eq!((checks[0].files, checks[0].findings.len()), (2, 2), "{checks:?}");
    let repaired = repair_folder(&checks[0], false).unwrap();
    assert_eq!(repaired.moved.len(), 2);
    assert_eq!(fs::read(folder.join("quarantine/transfer.csv")).unwrap(), b"a,b\n1");
    assert!(check(output.path()).0[0].findings.is_empty());
}
