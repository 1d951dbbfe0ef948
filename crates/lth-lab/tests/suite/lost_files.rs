//! Files of a finished run that get lost, or that another retention policy wants: the same command makes them again.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::toy::{Setup, all_files, assert_same, exact_files, finished};
use lth_lab::{
    Experiment, Keep, LabError, Procedure, RunResults, TaskEvent, TaskName, TaskObserver, Variant,
};
use lth_model::{Hint, Step};

/// Three rounds of one replicate with a control, tickets rewound to iteration 8.
fn small() -> Experiment {
    let mut experiment = Experiment { rounds: 3, replicates: 1, ..crate::toy::experiment() };
    experiment.recipe.length = Step::from_iterations(12);
    experiment.set("rewind", "8it").unwrap();
    experiment
}

/// Notes which stages train.
#[derive(Default)]
struct Trainings(Mutex<Vec<String>>);

impl TaskObserver for Trainings {
    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        if let TaskEvent::Started { .. } = event {
            self.0.lock().unwrap().push(task.to_string());
        }
    }
}

/// Runs again; which rounds of tickets were trained for it.
fn again(experiment: &Experiment, output: &Path) -> Vec<u32> {
    let trainings = Trainings::default();
    let report = Setup { observer: &trainings, ..Setup::default() }.run(experiment, output).unwrap();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(report.results.is_complete());
    let stages = trainings.0.into_inner().unwrap();
    let tickets = stages.iter().filter_map(|stage| stage.rsplit_once(", round ")?.1.parse().ok());
    let mut rounds: Vec<u32> = tickets.collect();
    rounds.sort_unstable();
    rounds
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    for folder in found.clone() {
        found.extend(folders(&folder));
    }
    found
}

#[test]
fn each_file_and_folder_that_gets_lost_is_made_again_to_the_same_bits() {
    for keep in [Keep::Tickets, Keep::All] {
        let experiment = Experiment { keep, ..small() };
        let (output, report) = finished(&experiment);
        let root = report.results.layout.root();
        let (before, names) = (exact_files(root), all_files(root));
        let files = names.keys().map(|name| root.join(name)).chain(folders(root));
        // Where weights are not kept, what is lost of them is another matter; the other files are the same.
        for lost in
            files.filter(|path| keep == Keep::All || path.extension().is_none_or(|e| e == "safetensors"))
        {
            if lost.is_dir() {
                fs::remove_dir_all(&lost).unwrap();
            } else if lost.exists() {
                fs::remove_file(&lost).unwrap();
            }
            again(&experiment, output.path());
            let after = exact_files(root);
            let differing: Vec<_> = before
                .iter()
                .filter(|(name, bytes)| after.get(*name) != Some(bytes))
                .map(|(n, _)| n)
                .collect();
            assert!(differing.is_empty() && after.len() == before.len(), "{}: {differing:?}", lost.display());
            // Nobody knows any more how long a training took.
            let now = all_files(root);
            let missing: Vec<_> = names.keys().filter(|name| !now.contains_key(*name)).collect();
            assert!(missing.iter().all(|name| name.ends_with("timing.json")), "{missing:?}");
            if let [timing] = missing[..] {
                fs::write(root.join(timing), &names[timing]).unwrap();
            }
        }
    }
}

#[test]
fn nothing_is_trained_that_can_be_had_without() {
    let lost = |keep, file: &dyn Fn(&lth_lab::Layout) -> PathBuf| {
        let experiment = Experiment { keep, controls: Vec::new(), ..small() };
        let (output, report) = finished(&experiment);
        fs::remove_file(file(&report.results.layout)).unwrap();
        again(&experiment, output.path())
    };
    let ticket = |layout: &lth_lab::Layout| layout.ticket(0, Variant::Ticket, 2);
    assert_eq!(lost(Keep::All, &ticket), [0; 0], "pruned again");
    assert_eq!(lost(Keep::Tickets, &ticket), [1], "its round before is trained again");
    assert_eq!(lost(Keep::Tickets, &|layout| layout.metrics(0, Variant::Ticket, 1)), [1]);
    assert_eq!(lost(Keep::Tickets, &|layout| layout.rewind(0)), [0]);
    for file in [lth_lab::Layout::events, lth_lab::Layout::metrics_lec] {
        assert_eq!(lost(Keep::Tickets, &|layout| file(layout, 0, Variant::Ticket, 1)), [0; 0]);
    }
    assert_eq!(lost(Keep::Tickets, &|layout| layout.initial(0)), [0; 0]);
}

#[test]
fn tickets_of_every_schedule_are_cut_again() {
    for procedure in [
        Procedure::one_shot(),
        Procedure::at_init("snip"),
        Procedure::dynamic(lth_ticket::DuringTraining::Set),
        Procedure::early_bird(),
    ] {
        let mut experiment = Experiment { controls: Vec::new(), ..small() };
        experiment.pruning.procedure = procedure;
        if let Procedure::Dynamic(dynamic) = &mut experiment.pruning.procedure {
            dynamic.updates.every = 3;
        }
        let (output, report) = finished(&experiment);
        let before = exact_files(output.path());
        let layout = report.results.layout;
        for lost in [layout.ticket(0, Variant::Ticket, 1), layout.trained(0, Variant::Ticket, 0)] {
            let _ = fs::remove_file(&lost);
            again(&experiment, output.path());
            assert!(exact_files(output.path()) == before, "{}", lost.display());
        }
    }
}

#[test]
fn weights_that_a_wider_policy_wants_are_trained_again() {
    let finished_with = |keep| finished(&Experiment { keep, ..small() });
    let (all, _) = finished_with(Keep::All);
    let (output, report) = finished_with(Keep::Tickets);
    assert_eq!(again(&Experiment { keep: Keep::All, ..small() }, output.path()), [1, 2]);
    assert_same(all.path(), output.path());
    assert_eq!(again(&Experiment { keep: Keep::All, ..small() }, output.path()), [0; 0]);

    // A narrower policy later leaves them.
    again(&Experiment { keep: Keep::Last, rounds: 4, ..small() }, output.path());
    let layout = &report.results.layout;
    assert!((0..4).all(|round| layout.trained(0, Variant::Ticket, round).exists()));

    for keep in [Keep::Last, Keep::Best] {
        let (wanted, _) = finished_with(keep);
        let (output, report) = finished_with(Keep::Tickets);
        let weights = |root: &Path| {
            let mut files = all_files(root);
            files.retain(|path, _| path.ends_with("trained.safetensors"));
            files
        };
        let missing = weights(wanted.path()).len() - weights(output.path()).len();
        assert!(keep == Keep::Best || missing == 1);
        assert_eq!(again(&Experiment { keep, ..small() }, output.path()).len(), missing, "{keep}");
        assert!(weights(wanted.path()) == weights(output.path()), "{keep}");
        drop(report);
    }
}

#[test]
fn a_training_that_gives_another_result_replaces_nothing() {
    let experiment = Experiment { controls: Vec::new(), ..small() };
    let (output, report) = finished(&experiment);
    let layout = &report.results.layout;
    // As another version of lth might have left it.
    let record = layout.record(0, Variant::Ticket, 1);
    let text = fs::read_to_string(&record).unwrap();
    let number = text.lines().find(|line| line.contains("train_loss")).unwrap();
    fs::write(&record, text.replace(number, "  \"train_loss\": 0.5,")).unwrap();
    fs::remove_file(layout.metrics(0, Variant::Ticket, 1)).unwrap();
    let before = exact_files(&layout.replicate(0));
    let report = Setup::default().run(&experiment, output.path()).unwrap();
    assert!(report.failures[0].to_string().contains("gives another result"), "{}", report.failures[0]);
    let mut after = exact_files(&layout.replicate(0));
    after.retain(|name, bytes| before.get(name) != Some(bytes));
    assert!(after.is_empty(), "{:?}", after.keys());
}

#[test]
fn what_is_missing_is_named_with_the_command_that_makes_it_again() {
    let (_output, report) = finished(&Experiment { controls: Vec::new(), ..small() });
    let layout = &report.results.layout;
    let path = layout.metrics(0, Variant::Ticket, 1);
    fs::remove_file(&path).unwrap();
    let results = RunResults::load(layout.root()).unwrap();
    let error = results.history(&results.rounds[1]).unwrap_err();
    assert_eq!(error.to_string(), format!("'{}' is missing", path.display()));
    let expected = format!(
        "lth run {} --output-path {}",
        layout.experiment().display(),
        layout.root().parent().unwrap().display()
    );
    assert!(error.hint().unwrap().starts_with(&expected), "{:?}", error.hint());

    fs::remove_file(layout.experiment()).unwrap();
    let error = RunResults::load(layout.root()).unwrap_err();
    assert!(
        matches!(error, LabError::NotARun { .. })
            && error.hint().unwrap().contains("the command that made it")
    );
}
