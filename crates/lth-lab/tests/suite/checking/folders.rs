//! Files and folders that are not where they should be, and runs that change meanwhile.

use super::*;

#[test]
fn files_of_others_are_told_and_moved_only_where_that_is_asked_for() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let notes = layout.root().join("replicate-0/notes.txt");
    fs::write(&notes, "mine").unwrap();
    fs::create_dir(layout.root().join("my-plots")).unwrap();
    let found = findings(output.path());
    assert_eq!(found.iter().map(|finding| finding.kind).collect::<Vec<_>>(), [FindingKind::Foreign; 2]);
    repair(&experiment, output.path());
    assert!(notes.exists());
    let run = check(output.path()).into_iter().find(|check| check.folder == layout.root()).unwrap();
    let repaired = repair_folder(&run, true).unwrap();
    assert_eq!(repaired.moved.len(), 2);
    assert_eq!(fs::read(layout.quarantine().join("replicate-0/notes.txt")).unwrap(), b"mine");
    let list = fs::read_to_string(layout.quarantine().join("moved.csv")).unwrap();
    assert!(list.contains("replicate-0/notes.txt,quarantine/replicate-0/notes.txt,foreign,"), "{list}");
    // Again, under the same name: nothing is replaced.
    fs::write(&notes, "mine too").unwrap();
    let run = check(output.path()).into_iter().find(|check| check.folder == layout.root()).unwrap();
    repair_folder(&run, true).unwrap();
    assert_eq!(fs::read(layout.quarantine().join("replicate-0/notes.txt")).unwrap(), b"mine");
    assert_eq!(fs::read(layout.quarantine().join("replicate-0/notes.txt.1")).unwrap(), b"mine too");
    assert_eq!(findings(output.path()), []);
}

#[test]
fn what_holds_nothing_is_removed() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let round = layout.round(0, Variant::Ticket, 1);
    let half = round.join(".lth-Ab12Cd.unfinished");
    fs::write(&half, "half").unwrap();
    let checkpoint = layout.checkpoint(0, Variant::Ticket, 1);
    fs::write(&checkpoint, "of long ago").unwrap();
    let failure = layout.failure(0, Variant::Ticket, 1);
    fs::write(&failure, "it did not fail the next time").unwrap();
    let index = output.path().join(".lth/tasks");
    fs::create_dir_all(index.join("ab")).unwrap();
    let entry = index.join("ab").join("ab".repeat(16));
    fs::write(&entry, "gone/replicate-0/round-00\n").unwrap();
    let left = index.join("ab/.lth-Ab12Cd.unfinished");
    fs::write(&left, "half").unwrap();
    let found = findings(output.path());
    let paths: BTreeSet<&Path> = found.iter().map(|finding| finding.path.as_path()).collect();
    assert_eq!(paths, [&half, &checkpoint, &failure, &entry, &left].map(PathBuf::as_path).into());
    assert!(found.iter().all(|finding| finding.repair == Repair::Remove && !finding.kind.is_problem()));
    repair(&experiment, output.path());
    assert_eq!(findings(output.path()), []);
    assert!([half, checkpoint, failure, entry, left].iter().all(|path| !path.exists()));
    assert!(!layout.quarantine().exists());
}

#[test]
fn a_file_of_another_place_is_told_from_one_that_is_damaged() {
    let experiment = small(Keep::All);
    let (output, layout) = finished(&experiment);
    let before = exact_files(layout.root());
    let of = |round| {
        let files = [Layout::ticket, Layout::record, Layout::metrics, Layout::trained, Layout::events];
        files.map(|file| file(&layout, 0, Variant::Ticket, round))
    };
    for (from, to) in of(1).into_iter().zip(of(2)) {
        let bytes = fs::read(&to).unwrap();
        put(&to, &fs::read(from).unwrap());
        let found = problems(output.path());
        assert!(found.iter().any(|finding| finding.path == to), "{}: {found:?}", to.display());
        repair(&experiment, output.path());
        fs::remove_dir_all(layout.quarantine()).unwrap();
        assert!(exact_files(layout.root()) == before, "{}", to.display());
        put(&to, &bytes);
    }
    assert_eq!(findings(output.path()), []);
}

#[test]
fn a_run_in_which_somebody_works_is_left_out() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    fs::write(layout.summary(), "").unwrap();
    let experiment = Experiment::read(&layout.experiment()).unwrap();
    let (open, _) = lth_lab::RunFolder::open(layout.root(), &experiment).unwrap();
    let checks = check(output.path());
    assert_eq!(checks[1].at_work.as_deref(), Some("another lth"));
    assert!(checks.iter().all(|check| check.findings.is_empty()), "{checks:?}");
    drop(open);
    let checks = check(output.path());
    assert!(checks[1].has_problems());
    // It began after the check.
    let open = lth_lab::RunFolder::open(layout.root(), &experiment).unwrap();
    let error = repair_folder(&checks[1], false).unwrap_err();
    assert!(error.to_string().contains("another lth is at work"), "{error}");
    assert_eq!(fs::read(layout.summary()).unwrap(), b"");
    drop(open);
}

#[test]
fn what_was_changed_since_the_check_is_left_alone() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let bytes = fs::read(layout.summary()).unwrap();
    fs::write(layout.summary(), "").unwrap();
    let checks = check(output.path());
    fs::write(layout.summary(), &bytes).unwrap();
    for check in &checks {
        assert_eq!(repair_folder(check, false).unwrap(), lth_lab::Repaired::default());
    }
    assert_eq!(findings(output.path()), []);
}

#[test]
fn where_one_file_cannot_be_moved_none_is() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let names = [layout.metrics(0, Variant::Ticket, 0), layout.metrics(0, Variant::Ticket, 1)];
    for path in &names {
        fs::write(path, "x").unwrap();
    }
    // A file in the place of the folder that the second would go to.
    fs::create_dir_all(layout.quarantine().join("replicate-0")).unwrap();
    fs::write(layout.quarantine().join("replicate-0/round-01"), "in the way").unwrap();
    let run = check(output.path()).into_iter().find(|check| check.folder == layout.root()).unwrap();
    assert!(repair_folder(&run, false).is_err());
    assert!(names.iter().all(|path| fs::read(path).unwrap() == b"x"));
    let left = all_files(&layout.quarantine());
    assert_eq!(left.keys().collect::<Vec<_>>(), [Path::new("replicate-0/round-01")]);
}

#[test]
fn settings_that_were_edited_are_told_from_a_folder_that_was_renamed() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let path = layout.experiment();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("learning_rate = 0.02", "learning_rate = 0.03")).unwrap();
    let found = findings(output.path());
    assert_eq!((&found[0].path, found[0].kind, found.len()), (&path, FindingKind::Contradiction, 1));
    repair(&experiment, output.path());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    fs::remove_dir_all(layout.quarantine()).unwrap();

    fs::write(&path, text.replace("format = 2", "format = 99")).unwrap();
    let found = findings(output.path());
    assert_eq!((found[0].kind, found[0].repair, found.len()), (FindingKind::OtherFormat, Repair::Nothing, 1));
    fs::write(&path, text).unwrap();

    fs::rename(layout.root(), output.path().join("the-best")).unwrap();
    fs::remove_dir_all(output.path().join(".lth")).ok();
    let found = findings(output.path());
    assert_eq!((found[0].kind, found.len()), (FindingKind::Renamed, 1));
}
