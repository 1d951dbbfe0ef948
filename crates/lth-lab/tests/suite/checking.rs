//! Run folders whose files are damaged, byte by byte: what the check finds, and that repairing and running again leaves the same bits.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::toy::{self, Setup, all_files, exact_files};
use lth_lab::{
    Experiment, Finding, FindingKind, FolderCheck, Keep, Layout, Procedure, Repair, Variant, check_folders,
    repair_folder,
};
use lth_model::Step;

/// Three rounds of one replicate with a control, tickets rewound to iteration 8.
fn small(keep: Keep) -> Experiment {
    let mut experiment = Experiment { rounds: 3, replicates: 1, keep, ..toy::experiment() };
    experiment.recipe.length = Step::from_iterations(12);
    experiment.set("rewind", "8it").unwrap();
    experiment
}

fn check(output: &Path) -> Vec<FolderCheck> {
    check_folders(&[output.to_owned()], &|_| ()).unwrap()
}

fn findings(output: &Path) -> Vec<Finding> {
    check(output).into_iter().flat_map(|check| check.findings).collect()
}

fn problems(output: &Path) -> Vec<Finding> {
    findings(output).into_iter().filter(|finding| finding.kind.is_problem()).collect()
}

/// Repairs what is found, and runs again.
fn repair(experiment: &Experiment, output: &Path) {
    for check in check(output) {
        repair_folder(&check, false).unwrap();
    }
    again(experiment, output);
}

fn again(experiment: &Experiment, output: &Path) {
    let report = Setup::default().run(experiment, output).unwrap();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.results.is_complete());
}

/// A finished run that nothing is wrong with.
fn finished(experiment: &Experiment) -> (tempfile::TempDir, Layout) {
    let (output, report) = toy::finished(experiment);
    assert_eq!(findings(output.path()), []);
    (output, report.results.layout)
}

/// The files of a run, but for those of no content and what is in quarantine.
fn names(root: &Path) -> Vec<PathBuf> {
    let files = all_files(root).into_iter().filter(|(_, bytes)| !bytes.is_empty());
    files.map(|(name, _)| name).filter(|name| !name.starts_with("quarantine")).collect()
}

fn put(path: &Path, bytes: &[u8]) {
    // As an editor does, and not through another name of the file.
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[test]
fn runs_of_every_kind_are_well() {
    for procedure in Procedure::NAMES {
        for keep in [Keep::Tickets, Keep::Last, Keep::Best] {
            let mut experiment = small(keep);
            experiment.pruning.procedure = Procedure::by_name(procedure).unwrap();
            if let Procedure::Dynamic(dynamic) = &mut experiment.pruning.procedure {
                dynamic.updates.every = 3;
            }
            experiment.controls = vec![toy::control("random-reinit"), toy::control("dense-longer")];
            finished(&experiment);
        }
    }
    for (key, value) in
        [("mask1_action", "reinit"), ("mask0_action", "freeze-init"), ("validation_size", "0")]
    {
        let mut experiment = small(Keep::All);
        experiment.set(key, value).unwrap();
        finished(&experiment);
    }
}

#[test]
fn a_run_that_goes_on_later_is_well() {
    let experiment = small(Keep::All);
    let (output, layout) = finished(&experiment);
    for path in [layout.record(0, Variant::Ticket, 2), layout.metrics(0, Variant::Ticket, 2)] {
        fs::remove_file(path).unwrap();
    }
    fs::remove_file(layout.summary()).unwrap();
    assert_eq!(problems(output.path()), []);
    let control = Variant::Control(toy::control("random-reinit"));
    fs::remove_dir_all(layout.round(0, control, 2)).unwrap();
    assert_eq!(problems(output.path()), []);
}

/// What nobody can tell of a change: times, which are in no other file; weights that only another training gives; a digit that does not
/// change a number, or, of test results on the way, not in single precision; the noise of a verdict, which follows from the test set.
fn may_change(name: &Path, before: &[u8], changed: &[u8], at: usize) -> bool {
    let name = name.to_str().unwrap();
    let file = name.rsplit('/').next().unwrap();
    let start = before[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let line = |bytes: &[u8]| {
        let line = bytes[start..].split(|&byte| byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    };
    let (own, other) = (line(before), line(changed));
    let column = before[start..at].split(|&byte| byte == b',').count() - 1;
    let number = |line: &str| line.split(',').nth(column).and_then(|cell| cell.parse::<f64>().ok());
    let is_same_number = number(&own).is_some() && number(&own) == number(&other);
    let is_nearly = number(&own).map(|n| n as f32) == number(&other).map(|n| n as f32);
    let header = String::from_utf8_lossy(before).lines().next().unwrap_or_default().to_owned();
    let title = || header.split(',').nth(column).unwrap_or_default().to_owned();
    match file {
        // Comments, spaces, and what extends a run.
        "experiment.toml" => {
            let extends = ["rounds", "replicates", "keep", "controls", "name", "tags"];
            own.starts_with('#') || before[at] == b' ' || extends.iter().any(|key| own.starts_with(key))
        }
        "metrics.csv" => is_same_number || (own.contains(",test,") && is_nearly),
        "metrics-lec.csv" => column == 0 || is_same_number,
        "summary.csv" => title() == "verdict_accuracy_noise" || is_same_number,
        "timing.csv" => is_same_number,
        "timing.json" => own.contains("finished"),
        "trained.safetensors" => true,
        "rewind.safetensors" | "ticket.safetensors" => {
            let text = String::from_utf8_lossy(&before[at.saturating_sub(20)..=at]).into_owned();
            let header = 8 + u64::from_le_bytes(*before.first_chunk().unwrap()) as usize;
            let is_known = name.ends_with("ticket.safetensors") && !name.contains("controls");
            !is_known && (text.contains("created-by") || at >= header)
        }
        _ => false,
    }
}

/// Flips a bit in every so many bytes of every file: what is found, and what is not.
#[test]
fn a_changed_bit_anywhere_is_found() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let (mut count, mut missed) = (0, BTreeSet::new());
    for name in names(layout.root()) {
        let path = layout.root().join(&name);
        let before = fs::read(&path).unwrap();
        let is_binary = path.extension().is_some_and(|ending| ending == "safetensors");
        let stride = if is_binary { 83 } else { 11 };
        for at in (0..before.len()).step_by(stride) {
            let mut changed = before.clone();
            changed[at] ^= 1;
            put(&path, &changed);
            count += 1;
            if problems(output.path()).is_empty() && !may_change(&name, &before, &changed, at) {
                let from = at.saturating_sub(20);
                let text = String::from_utf8_lossy(&before[from..(at + 20).min(before.len())]).into_owned();
                missed.insert(format!("{} at {at}: {text:?}", name.display()));
            }
        }
        put(&path, &before);
    }
    assert_eq!(findings(output.path()), []);
    eprintln!("{count} changed bits");
    assert!(missed.is_empty(), "{} of {count}: {missed:#?}", missed.len());
}

/// A damage, and the file that it is done to.
type Damage = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

const DAMAGES: [Damage; 5] = [
    ("lost", |_| None),
    ("cut off", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("overwritten", |bytes| Some(b"notes of mine\n".iter().cycle().take(bytes.len()).copied().collect())),
    ("changed", |bytes| {
        let mut bytes = bytes.to_vec();
        let at = bytes.iter().rposition(u8::is_ascii_digit).unwrap_or(bytes.len() / 2);
        bytes[at] ^= 1;
        Some(bytes)
    }),
    ("emptied", |_| Some(Vec::new())),
];

#[test]
fn each_damage_of_each_file_is_repaired_to_the_same_bits() {
    let mut count = 0;
    for (keep, damages) in [(Keep::Tickets, &DAMAGES[..2]), (Keep::All, &DAMAGES[1..])] {
        let experiment = small(keep);
        let (output, layout) = finished(&experiment);
        let root = layout.root();
        let before = exact_files(root);
        for name in names(root) {
            let path = root.join(&name);
            let bytes = fs::read(&path).unwrap();
            for (what, damage) in damages {
                let damaged = damage(&bytes);
                if let Some(damaged) = &damaged
                    && let Some(at) = (0..bytes.len()).find(|&at| damaged.get(at) != Some(&bytes[at]))
                    && *what == "changed"
                    && (may_change(&name, &bytes, damaged, at) || name.ends_with("provenance.json"))
                {
                    continue;
                }
                let what = format!("{} {what}", name.display());
                match &damaged {
                    Some(damaged) => put(&path, damaged),
                    None => fs::remove_file(&path).unwrap(),
                }
                let found = findings(output.path());
                assert!(found.iter().any(|finding| finding.path == path), "{what}: {found:?}");
                for check in check(output.path()) {
                    let repaired = repair_folder(&check, false).unwrap();
                    let is_index = |path: &PathBuf| path.starts_with(output.path().join(".lth"));
                    assert!(repaired.removed.iter().all(is_index), "{what}: {repaired:?}");
                    // What was moved has the bytes that it had.
                    for (from, to) in repaired.moved.iter().filter(|(from, _)| *from == path) {
                        assert_eq!(Some(fs::read(to).unwrap()), damaged, "{what}: {}", from.display());
                    }
                }
                again(&experiment, output.path());
                fs::remove_dir_all(layout.quarantine()).ok();
                let now = exact_files(root);
                let differing = before.iter().filter(|(name, bytes)| now.get(*name) != Some(bytes));
                let differing: Vec<_> = differing.map(|(name, _)| name).collect();
                assert!(differing.is_empty() && now.len() == before.len(), "{what}: {differing:?} {found:?}");
                assert_eq!(problems(output.path()), [], "{what}");
                put(&path, &bytes);
                if name.ends_with("timing.json") {
                    again(&experiment, output.path());
                }
                count += 1;
            }
        }
    }
    eprintln!("{count} damages repaired");
}

/// What decided the bits of a training is known by its hash alone, which only the run command computes.
#[test]
fn weights_that_no_other_file_knows_are_known_to_the_run() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let control = Variant::Control(toy::control("random-reinit"));
    let path = layout.ticket(0, control, 2);
    let mut file = lth_model::TensorFile::read(&path).unwrap();
    file.tensors["fc1.bias"].data_mut()[0] += 1.0;
    put(&path, &file.to_bytes());
    assert_eq!(findings(output.path()), []);
    let report = Setup::default().run(&experiment, output.path()).unwrap();
    assert!(report.failures[0].to_string().contains("trained from another ticket"), "{:?}", report.failures);
}

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
    let index = output.path().join(".lth/tasks");
    fs::create_dir_all(index.join("ab")).unwrap();
    let entry = index.join("ab").join("ab".repeat(16));
    fs::write(&entry, "gone/replicate-0/round-00\n").unwrap();
    let left = index.join("ab/.lth-Ab12Cd.unfinished");
    fs::write(&left, "half").unwrap();
    let found = findings(output.path());
    let paths: BTreeSet<&Path> = found.iter().map(|finding| finding.path.as_path()).collect();
    assert_eq!(paths, [&half, &checkpoint, &entry, &left].map(PathBuf::as_path).into());
    assert!(found.iter().all(|finding| finding.repair == Repair::Remove && !finding.kind.is_problem()));
    repair(&experiment, output.path());
    assert_eq!(findings(output.path()), []);
    assert!([half, checkpoint, entry, left].iter().all(|path| !path.exists()));
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
