use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A key that begins with a number of its own.
fn key(number: usize) -> String {
    format!("{number:02x}{}", "ab".repeat(31))
}

/// Writes the output of a task.
fn finish(output: &Path, folder: &str, key: &str) -> PathBuf {
    let folder = output.join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("round.json"), format!("{{ \"round\": 1, \"inputs\": \"{key}\" }}\n")).unwrap();
    folder
}

#[test]
fn what_was_noted_is_found_by_any_process() {
    let output = tempfile::tempdir().unwrap();
    let folder = finish(output.path(), "run/replicate-0/round-00", &key(1));
    let store = Store::of(output.path());
    store.note(&key(1), &folder).unwrap();
    let entry = output.path().join(".lth/tasks/01").join(key(1));
    assert_eq!(fs::read_to_string(entry).unwrap(), "run/replicate-0/round-00\n");
    assert_eq!(store.find(&key(1)), Some(folder.clone()));
    assert_eq!(Store::of(output.path()).find(&key(1)), Some(folder));
    assert_eq!(store.find(&key(2)), None);
}

#[test]
fn the_index_is_made_again_from_the_records() {
    let output = tempfile::tempdir().unwrap();
    let folders: Vec<PathBuf> =
        (0..5).map(|number| finish(output.path(), &format!("run-{number}/round-00"), &key(number))).collect();
    // The same output in another run, as it is after sharing.
    finish(output.path(), "run-9/round-00", &key(0));
    fs::write(folders[4].join("round.json"), "{ \"inputs\": \"04").unwrap();
    assert_eq!(Store::of(output.path()).find(&key(3)), Some(folders[3].clone()));
    // From the index, since the records of these are not looked for any more.
    let store = Store::of(output.path());
    for (number, folder) in folders[..3].iter().enumerate() {
        assert_eq!(store.find(&key(number)).as_ref(), Some(folder));
    }
    assert_eq!(store.find(&key(4)), None);
    assert!(store.scanned.get().is_none());
    fs::remove_dir_all(output.path().join(".lth")).unwrap();
    assert_eq!(Store::of(output.path()).find(&key(3)), Some(folders[3].clone()));
}

#[test]
fn an_output_that_is_gone_is_forgotten_or_found_elsewhere() {
    let output = tempfile::tempdir().unwrap();
    let (first, second) = (finish(output.path(), "a", &key(1)), finish(output.path(), "b", &key(1)));
    let store = Store::of(output.path());
    store.note(&key(1), &first).unwrap();
    fs::remove_dir_all(&first).unwrap();
    assert_eq!(store.find(&key(1)), Some(second.clone()));
    finish(output.path(), "b", &key(2));
    assert_eq!(Store::of(output.path()).find(&key(1)), None);
    assert!(!output.path().join(".lth/tasks/01").join(key(1)).exists());
}

#[test]
fn an_entry_does_not_lead_out_of_the_output_folder() {
    let outside = tempfile::tempdir().unwrap();
    let output = outside.path().join("runs");
    finish(outside.path(), "elsewhere", &key(1));
    let store = Store::of(&output);
    let entry = store.entry(&key(1)).unwrap();
    for line in ["../elsewhere\n", "", "\n", "/\n", &outside.path().join("elsewhere").display().to_string()] {
        fs::create_dir_all(entry.parent().unwrap()).unwrap();
        fs::write(&entry, line).unwrap();
        assert_eq!(store.find(&key(1)), None, "{line}");
    }
    assert_eq!(store.find("../../elsewhere"), None);
    assert_eq!(store.find(""), None);
}

#[test]
fn an_index_that_cannot_be_written_is_done_without() {
    let output = tempfile::tempdir().unwrap();
    let folder = finish(output.path(), "run/round-00", &key(1));
    fs::write(output.path().join(".lth"), "a file in its place").unwrap();
    let store = Store::of(output.path());
    assert_eq!(store.find(&key(1)), Some(folder.clone()));
    assert_eq!(store.find(&key(2)), None);
    let error = store.note(&key(1), &folder).unwrap_err();
    assert!(error.to_string().contains(".lth"), "{error}");
}

/// What happens to an output folder.
#[derive(Debug, Clone)]
enum Event {
    Finish { folder: usize, key: usize, noted: bool },
    Vanish { folder: usize },
    Truncate { folder: usize },
    Forget,
    Restart,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0..4_usize, 0..3_usize, any::<bool>())
            .prop_map(|(folder, key, noted)| Event::Finish { folder, key, noted }),
        2 => (0..4_usize).prop_map(|folder| Event::Vanish { folder }),
        1 => (0..4_usize).prop_map(|folder| Event::Truncate { folder }),
        1 => Just(Event::Forget),
        2 => Just(Event::Restart),
    ];
    prop::collection::vec(event, 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What is found is there; and everything is found once the index was deleted and a process begins.
    #[test]
    fn nothing_is_found_that_is_not_there(events in events()) {
        let output = tempfile::tempdir().unwrap();
        let mut store = Store::of(output.path());
        let mut there = BTreeMap::new();
        for event in events {
            let path = |folder: usize| output.path().join(format!("run-{folder}"));
            match event {
                Event::Finish { folder, key: number, noted } => {
                    let path = finish(output.path(), &format!("run-{folder}"), &key(number));
                    there.insert(folder, number);
                    if noted {
                        store.note(&key(number), &path).unwrap();
                    }
                }
                Event::Vanish { folder } => {
                    let _ = fs::remove_dir_all(path(folder));
                    there.remove(&folder);
                }
                Event::Truncate { folder } => {
                    let record = path(folder).join("round.json");
                    if let Ok(text) = fs::read(&record) {
                        fs::write(record, &text[..text.len() / 2]).unwrap();
                    }
                    there.remove(&folder);
                }
                Event::Forget => drop(fs::remove_dir_all(output.path().join(".lth"))),
                Event::Restart => store = Store::of(output.path()),
            }
            for number in 0..3 {
                if let Some(found) = store.find(&key(number)) {
                    let is_one = there.iter().any(|(&folder, &own)| own == number && path(folder) == found);
                    prop_assert!(is_one, "{} is not in {}", number, found.display());
                }
            }
        }
        let _ = fs::remove_dir_all(output.path().join(".lth"));
        for number in 0..3 {
            let found = Store::of(output.path()).find(&key(number)).is_some();
            prop_assert_eq!(found, there.values().any(|&own| own == number));
        }
    }
}

mod sharing {
    use super::*;

    /// Two folders, the first with two files.
    fn folders(in_folder: &Path) -> [PathBuf; 2] {
        let [from, to] = ["from", "to"].map(|name| in_folder.join(name));
        fs::create_dir_all(&from).unwrap();
        fs::write(from.join("ticket"), "weights").unwrap();
        fs::write(from.join("record"), "numbers").unwrap();
        [from, to]
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_and_outlast_their_first_folder() {
        let root = tempfile::tempdir().unwrap();
        let [from, to] = folders(root.path());
        assert!(share(&from, &to, &["ticket", "record"]).unwrap());
        crate::atomic::write_file(&from.join("ticket"), b"other weights").unwrap();
        fs::remove_dir_all(&from).unwrap();
        assert_eq!(fs::read(to.join("ticket")).unwrap(), b"weights");
        assert_eq!(names(&to), ["record", "ticket"]);
    }

    #[test]
    fn a_file_that_is_there_stays() {
        let root = tempfile::tempdir().unwrap();
        let [from, to] = folders(root.path());
        fs::create_dir(&to).unwrap();
        fs::write(to.join("ticket"), "mine").unwrap();
        assert!(share(&from, &to, &["ticket", "record"]).unwrap());
        assert_eq!(fs::read(to.join("ticket")).unwrap(), b"mine");
        assert!(share(&from, &to, &["ticket", "record"]).unwrap());
    }

    #[test]
    fn a_folder_that_vanished_gives_no_record() {
        let root = tempfile::tempdir().unwrap();
        let [from, to] = folders(root.path());
        fs::remove_file(from.join("ticket")).unwrap();
        assert!(!share(&from, &to, &["ticket", "record"]).unwrap());
        assert_eq!(names(&to), [""; 0]);
        fs::remove_dir_all(&from).unwrap();
        assert!(!share(&from, &to, &["record"]).unwrap());
    }

    #[test]
    fn a_target_that_cannot_be_written_is_named() {
        let root = tempfile::tempdir().unwrap();
        let [from, to] = folders(root.path());
        fs::write(&to, "a file").unwrap();
        let error = share(&from, &to, &["ticket"]).unwrap_err();
        assert!(error.to_string().contains("/to'"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_of_another_file_system_are_copied() {
        let (Ok(memory), Ok(disk)) =
            (tempfile::tempdir_in("/dev/shm"), tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")))
        else {
            eprintln!("there are no two file systems to write to");
            return;
        };
        let [from, _] = folders(memory.path());
        let to = disk.path().join("to");
        assert!(share(&from, &to, &["ticket", "record"]).unwrap());
        assert_eq!(fs::read(to.join("ticket")).unwrap(), b"weights");
        assert_eq!(names(&to), ["record", "ticket"]);
    }
}
