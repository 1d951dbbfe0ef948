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

    /// Two folders with a file each.
    fn files(in_folder: &Path, texts: [&str; 2]) -> [PathBuf; 2] {
        let paths = ["from", "own"].map(|name| in_folder.join(name).join("ticket"));
        for (path, text) in paths.iter().zip(texts) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        paths
    }

    #[test]
    fn a_shared_file_outlasts_the_other_and_its_replacement() {
        let root = tempfile::tempdir().unwrap();
        let [from, own] = files(root.path(), ["weights", "weights"]);
        assert!(share(&from, &own).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let [first, second] = [&from, &own].map(|path| fs::metadata(path).unwrap());
            // On file systems that clone, each is a file of its own.
            assert!(first.ino() == second.ino() || first.nlink() == 1);
        }
        assert!(share(&from, &own).unwrap(), "once more");
        crate::atomic::write_file(&from, b"other weights").unwrap();
        assert_eq!(fs::read(&own).unwrap(), b"weights");
        fs::remove_dir_all(from.parent().unwrap()).unwrap();
        assert_eq!(fs::read(&own).unwrap(), b"weights");
        assert_eq!(fs::read_dir(own.parent().unwrap()).unwrap().count(), 1);
        assert!(share(&from, &own).is_err());
    }

    #[test]
    fn files_that_differ_stay_as_they_are() {
        let root = tempfile::tempdir().unwrap();
        for texts in [["weights", "Weights"], ["weights", "more weights"]] {
            let [from, own] = files(root.path(), texts);
            assert!(!share(&from, &own).unwrap());
            assert_eq!([&from, &own].map(|path| fs::read_to_string(path).unwrap()), texts);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_of_two_file_systems_stay_as_they_are() {
        let (Ok(memory), Ok(disk)) =
            (tempfile::tempdir_in("/dev/shm"), tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")))
        else {
            eprintln!("there are no two file systems to write to");
            return;
        };
        let [from, _] = files(memory.path(), ["weights", "weights"]);
        let [_, own] = files(disk.path(), ["weights", "weights"]);
        assert!(!share(&from, &own).unwrap());
        assert_eq!(fs::read_dir(own.parent().unwrap()).unwrap().count(), 1);
    }
}
