//! Run folders in which something is wrong: what the check finds, and that repairing and running again leaves the same bits.

mod damage;
mod folders;

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
