use super::*;

const KEY: &str = "00ff";

fn held(leases: &Leases) -> Lease {
    match leases.acquire(KEY, Path::new("run")).unwrap() {
        Acquired::Held(lease) => lease,
        Acquired::Busy(holder) => panic!("held by {holder:?}"),
    }
}

fn is_busy(leases: &Leases, now: Instant) -> bool {
    matches!(leases.acquire_at(KEY, Path::new("run"), now).unwrap(), Acquired::Busy(_))
}

/// A folder in which a file says that somebody else has the task.
fn foreign(change: impl FnOnce(&mut Holder)) -> (tempfile::TempDir, PathBuf) {
    let output = tempfile::tempdir().unwrap();
    let mut holder = Holder { host: "elsewhere".to_owned(), locked: true, ..Holder::here(Path::new("run")) };
    change(&mut holder);
    let path = Leases::of(output.path()).folder.join(KEY);
    create_folder(path.parent().unwrap()).unwrap();
    fs::write(&path, holder.to_bytes()).unwrap();
    (output, path)
}

/// The files in the folder of leases.
fn files(output: &Path) -> Vec<String> {
    let names = fs::read_dir(output.join(".lth/leases")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_task_is_one_process_until_it_is_given_up() {
    let output = tempfile::tempdir().unwrap();
    for (first, second) in [
        (Leases::of(output.path()), Leases::of(output.path())),
        (Leases::of(output.path()).without_locks(), Leases::of(output.path()).without_locks()),
    ] {
        let lease = held(&first);
        assert!(is_busy(&second, Instant::now()) && is_busy(&first, Instant::now()));
        let holders = second.holders();
        assert_eq!(holders.len(), 1);
        assert_eq!((holders[0].process, &*holders[0].folder), (std::process::id(), Path::new("run")));
        assert!(!lease.lost());
        drop(lease);
        assert_eq!(files(output.path()), [""; 0]);
        assert!(second.holders().is_empty());
        drop(held(&second));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_ended_on_this_machine_is_dead_at_once() {
    let (output, _) = foreign(|holder| holder.host = Holder::here(Path::new("")).host);
    assert!(Leases::of(output.path()).holders().is_empty());
    let lease = held(&Leases::of(output.path()));
    assert_eq!(files(output.path()), [KEY]);
    assert!(!lease.lost());
}

#[test]
fn one_elsewhere_is_dead_after_the_time_out() {
    for change in [
        (|_| ()) as fn(&mut Holder),
        // The machine was started again.
        |holder| *holder = Holder { boot: Some("other".to_owned()), ..Holder::here(Path::new("run")) },
        // There are no locks, or the system does not tell when it was started.
        |holder| *holder = Holder { locked: false, ..Holder::here(Path::new("run")) },
        |holder| *holder = Holder { boot: None, locked: true, ..Holder::here(Path::new("run")) },
    ] {
        let (output, _) = foreign(change);
        let (leases, start) = (Leases::of(output.path()), Instant::now());
        assert!((0..60).all(|second| is_busy(&leases, start + Duration::from_secs(second))));
        assert!(!is_busy(&leases, start + LEASE_TIMEOUT));
    }
}

#[test]
fn one_whose_counter_rises_lives() {
    let (output, path) = foreign(|_| ());
    let (leases, start) = (Leases::of(output.path()), Instant::now());
    let rest = fs::read(&path).unwrap().split_off(counter_length());
    for second in 0..300 {
        if second % 50 == 0 {
            fs::write(&path, [holder::counter(second).as_bytes(), &rest].concat()).unwrap();
        }
        assert!(is_busy(&leases, start + Duration::from_secs(second)), "{second}");
    }
}

fn counter_length() -> usize {
    holder::counter(0).len()
}

#[test]
fn a_half_written_file_is_waited_for_and_removed() {
    let (output, path) = foreign(|_| ());
    for content in [&b""[..], b"0000", b"0000000000000001\n{\"host\""] {
        fs::write(&path, content).unwrap();
        let (leases, start) = (Leases::of(output.path()), Instant::now());
        assert!((0..60).all(|second| is_busy(&leases, start + Duration::from_secs(second))));
        assert!(!is_busy(&leases, start + LEASE_TIMEOUT));
    }
}

#[test]
fn a_holder_learns_that_it_was_taken_for_dead_and_leaves_the_others_file() {
    let output = tempfile::tempdir().unwrap();
    let timeout = Duration::from_millis(120);
    let first = Leases::of(output.path()).timeout(timeout);
    let lease = held(&first);
    let path = output.path().join(".lth/leases").join(KEY);
    // What a taker does with the file of a process that does not beat.
    assert!(take_away(&path, |_| true).unwrap());
    let other = held(&Leases::of(output.path()).timeout(timeout));
    let begun = Instant::now();
    while !lease.lost() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(lease);
    assert_eq!(files(output.path()), [KEY]);
    assert!(!other.lost());
}

#[test]
fn heartbeats_keep_a_lease_without_locks() {
    let output = tempfile::tempdir().unwrap();
    let timeout = Duration::from_millis(600);
    let [ours, theirs] = [(); 2].map(|()| Leases::of(output.path()).without_locks().timeout(timeout));
    let lease = held(&ours);
    let begun = Instant::now();
    while begun.elapsed() < 3 * timeout {
        assert!(is_busy(&theirs, Instant::now()));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!lease.lost());
}

#[test]
fn a_live_file_that_was_renamed_by_mistake_is_put_back() {
    let (_output, path) = foreign(|_| ());
    let live = fs::read(&path).unwrap();
    // It is the dead one when it is looked at first, and another after it was renamed.
    let looks = std::cell::Cell::new(0);
    let is_right = |_: &[u8]| {
        looks.set(looks.get() + 1);
        looks.get() == 1
    };
    assert!(!take_away(&path, is_right).unwrap());
    assert_eq!(fs::read(&path).unwrap(), live);
    // Not over one that was made meanwhile.
    let newer = |content: &[u8]| {
        if path.exists() {
            return content == live;
        }
        fs::write(&path, "newer").unwrap();
        false
    };
    assert!(!take_away(&path, newer).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"newer");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn of_many_observers_one_gets_a_dead_task() {
    for _ in 0..50 {
        let (output, _) = foreign(|holder| holder.host = Holder::here(Path::new("")).host);
        let leases = Leases::of(output.path());
        let barrier = std::sync::Barrier::new(4);
        let won = std::thread::scope(|scope| {
            let tries = [(); 4].map(|()| {
                scope.spawn(|| {
                    barrier.wait();
                    leases.acquire(KEY, Path::new("run")).unwrap()
                })
            });
            tries.map(|thread| thread.join().unwrap())
        });
        assert_eq!(won.iter().filter(|acquired| matches!(acquired, Acquired::Held(_))).count(), 1);
        assert_eq!(files(output.path()), [KEY]);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let output = tempfile::tempdir().unwrap();
    fs::write(output.path().join(".lth"), "a file").unwrap();
    let error = Leases::of(output.path()).acquire(KEY, Path::new("run")).unwrap_err();
    assert!(error.to_string().contains(".lth"), "{error}");
}

#[test]
fn the_time_since_a_heartbeat_is_told_by_the_file_system() {
    let (output, path) = foreign(|_| {});
    let silence = || Leases::of(output.path()).heartbeats()[0].1.unwrap();
    assert!(silence() < Duration::from_secs(30));
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(file.metadata().unwrap().modified().unwrap() - Duration::from_mins(5)).unwrap();
    assert!(silence() >= Duration::from_mins(5), "{:?}", silence());
    assert_eq!(files(output.path()), [KEY]);
}
