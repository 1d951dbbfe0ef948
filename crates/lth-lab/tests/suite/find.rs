//! Whole runs of a small experiment.

use std::fs;

use crate::toy::{Setup, assert_same, control, exact_files, experiment, finished};
use lth_lab::{Experiment, Keep, LabError, Procedure, RunResults, Variant};
use lth_model::Hint;

#[test]
fn a_run_leaves_what_the_layout_says() {
    let (output, report) = finished(&experiment());
    let results = report.results;
    let layout = &results.layout;
    assert!(layout.root().starts_with(output.path()));
    assert_eq!(results.rounds.len(), 2 * (4 + 3));

    let names: Vec<String> = crate::toy::all_files(&layout.replicate(0))
        .into_keys()
        .map(|path| path.display().to_string())
        .collect();
    for expected in [
        "initial.safetensors",
        "round-00/ticket.safetensors",
        "round-00/metrics.csv",
        "round-00/metrics-lec.csv",
        "round-00/round.json",
        "round-00/timing.json",
        "round-03/controls/random-reinit/round.json",
        "round-04/ticket.safetensors",
        "tensorboard/ticket/round-03/events.out.tfevents.lth",
        "tensorboard/ticket/rounds/events.out.tfevents.lth",
    ] {
        assert!(names.contains(&expected.to_owned()), "{expected} is not in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("checkpoint")), "{names:?}");
    let trained: Vec<&String> = names.iter().filter(|name| name.contains("trained")).collect();
    assert_eq!(
        trained,
        ["round-00/trained.safetensors"],
        "other runs cut tickets from the dense network too"
    );

    let live: Vec<usize> = results
        .of(0, Variant::Ticket)
        .map(|round| round.record.layers.iter().map(|l| l.live).sum())
        .collect();
    // fc1: 192, 154, 123, 98; fc2: 36, 32, 29, 26.
    assert_eq!(live, [228, 186, 152, 124]);
    let summary = fs::read_to_string(layout.summary()).unwrap();
    assert_eq!(summary.lines().count(), 1 + results.rounds.len());
    assert!(
        summary.starts_with("replicate,seed,variant,round,density,sparsity,early_stop_iteration,"),
        "{summary}"
    );
    assert!(summary.contains("\n1,1,random-reinit,3,"), "{summary}");
    let verdict = "verdict,verdict_seeds,verdict_accuracy_difference,verdict_accuracy_noise,\
                   verdict_iteration_difference,verdict_iteration_noise";
    let (header, rows) = summary.split_once('\n').unwrap();
    assert!(header.ends_with(verdict), "{header}");
    for row in rows.lines() {
        let words: Vec<&str> = row.split(',').collect();
        let (variant, round, found) = (words[2], words[3], &words[words.len() - 6..]);
        match (variant, round) {
            ("ticket", "0") => assert_eq!(found, ["dense", "", "", "", "", ""], "{row}"),
            ("ticket", _) => assert_eq!((found[0].is_empty(), found[1]), (false, "2"), "{row}"),
            _ => assert_eq!(found, [""; 6], "{row}"),
        }
    }
    // The same of every seed, and what the library says.
    let test = lth_ticket::TestSet { examples: 20, chance: 0.5 };
    let rounds = results.verdict(test).unwrap().rounds;
    assert_eq!(
        rounds.iter().map(|round| (round.round, round.seeds)).collect::<Vec<_>>(),
        [(0, 2), (1, 2), (2, 2), (3, 2)]
    );
    for round in results.rounds.iter().filter_map(|round| round.timing.as_ref()) {
        assert_eq!(round.cpu_seconds.is_some(), cfg!(unix), "{round:?}");
    }
}

#[test]
fn results_read_back_are_the_results() {
    let (_output, report) = finished(&experiment());
    let loaded = RunResults::load(report.results.layout.root()).unwrap();
    assert_eq!(loaded, report.results);
    let history = loaded.history(&loaded.rounds[0]).unwrap();
    // At 5, 10, 15, 20 and the end, 24; three splits each.
    assert_eq!(history.len(), 15);
    assert_eq!(history.last().unwrap().iteration, 24);
}

#[test]
fn learning_happens() {
    let (_output, report) = finished(&experiment());
    for round in report.results.of(0, Variant::Ticket) {
        assert!(round.test_accuracy() > 0.8, "{round:?}");
        assert!(round.record.early_stop.unwrap().validation_loss.unwrap() < 1.0);
    }
}

#[test]
fn any_number_of_jobs_gives_the_same_bits() {
    let mut experiment = experiment();
    experiment.controls.push(control("random-mask"));
    let folders = [1, 2, 5].map(|jobs| {
        let output = tempfile::tempdir().unwrap();
        let setup = Setup { jobs, ..Setup::default() };
        assert!(setup.run(&experiment, output.path()).unwrap().results.is_complete());
        output
    });
    assert_same(folders[0].path(), folders[1].path());
    assert_same(folders[0].path(), folders[2].path());
}

#[test]
fn a_second_run_changes_nothing() {
    let (output, _) = finished(&experiment());
    let before = crate::toy::all_files(output.path());
    let report = Setup::default().run(&experiment(), output.path()).unwrap();
    assert!(report.results.is_complete());
    let mut after = crate::toy::all_files(output.path());
    // Rewritten, with the same contents up to nothing at all: the round event files have the stored times.
    after.retain(|path, bytes| before.get(path) != Some(bytes));
    assert!(after.is_empty(), "{:?}", after.keys());
}

#[test]
fn a_run_that_grew_is_the_run_that_was_large_at_once() {
    let (large, _) = finished(&experiment());
    let grown = tempfile::tempdir().unwrap();
    let mut small = experiment();
    small.rounds = 1;
    small.replicates = 1;
    small.controls.clear();
    Setup::default().run(&small, grown.path()).unwrap();
    small.rounds = 3;
    Setup::default().run(&small, grown.path()).unwrap();
    small.replicates = 2;
    small.controls = experiment().controls;
    small.rounds = 2;
    Setup::default().run(&small, grown.path()).unwrap();
    Setup::default().run(&experiment(), grown.path()).unwrap();
    assert_same(large.path(), grown.path());
}

#[test]
fn rewinding_restarts_from_the_dense_weights_of_the_step() {
    let mut experiment = experiment();
    experiment.set("rewind", "10it").unwrap();
    experiment.set("keep_optimizer_state", "on").unwrap();
    let (_output, report) = finished(&experiment);
    let results = report.results;
    let rewound = lth_model::TensorFile::read(&results.layout.rewind(0)).unwrap();
    assert_ne!(
        rewound.tensors["fc1.weight"],
        results.ticket(0, Variant::Ticket, 0).unwrap().tensors["fc1.weight"]
    );
    for round in results.of(0, Variant::Ticket).skip(1) {
        assert_eq!(round.record.start, 10);
        assert_eq!(round.timing.as_ref().unwrap().steps, 14);
        let ticket = results.ticket(0, Variant::Ticket, round.record.round).unwrap();
        for name in ["fc1.weight", "fc2.weight"] {
            let mut expected = rewound.tensors[name].clone();
            ticket.masks[name].apply(&mut expected);
            assert_eq!(ticket.tensors[name], expected, "{name}");
            let mut moment = rewound.tensors[&format!("optimizer.{name}.exp_avg")].clone();
            ticket.masks[name].apply(&mut moment);
            assert_eq!(ticket.tensors[&format!("optimizer.{name}.exp_avg")], moment, "{name}");
        }
    }
}

#[test]
fn one_shot_pruning_cuts_every_round_from_the_dense_network() {
    let mut once = experiment();
    once.pruning.procedure = Procedure::one_shot();
    let (output, report) = finished(&once);
    let (_iterative, iterative) = finished(&experiment());
    let densities = |results: &RunResults| -> Vec<_> {
        results.of(1, Variant::Ticket).map(lth_lab::RoundResult::density).collect()
    };
    assert_eq!(densities(&report.results), densities(&iterative.results));
    assert!(report.results.layout.trained(0, Variant::Ticket, 0).exists());
    assert!(!report.results.layout.ticket(0, Variant::Ticket, 4).exists());
    once.rounds = 5;
    Setup::default().run(&once, output.path()).unwrap();
    assert!(report.results.layout.record(1, Variant::Ticket, 4).exists());
}

#[test]
fn the_keep_policy_decides_which_trained_weights_stay_and_its_estimate_is_near() {
    for keep in Keep::ALL {
        let mut experiment = experiment();
        experiment.keep = keep;
        let (output, report) = finished(&experiment);
        let layout = &report.results.layout;
        let rounds: Vec<u32> =
            (0..4).filter(|&round| layout.trained(0, Variant::Ticket, round).exists()).collect();
        let accuracy = |round: u32| {
            report
                .results
                .of(0, Variant::Ticket)
                .nth(round as usize)
                .unwrap()
                .record
                .end
                .validation_accuracy
                .unwrap()
        };
        match keep {
            // The dense network stays for other runs.
            Keep::Tickets => assert_eq!(rounds, [0]),
            Keep::Last => assert_eq!(rounds, [0, 3]),
            Keep::Best => {
                assert!(rounds[0] == 0 && rounds.len() <= 2);
                let best = rounds[rounds.len() - 1];
                assert!((0..4).all(|round| accuracy(round) <= accuracy(best)));
            }
            Keep::All => assert_eq!(rounds, [0, 1, 2, 3]),
        }
        let real: u64 = crate::toy::all_files(output.path())
            .iter()
            .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "safetensors"))
            .map(|(_, bytes)| bytes.len() as u64)
            .sum();
        let estimates = experiment.estimate_sizes(&crate::toy::architecture());
        let estimate = estimates.iter().find(|estimate| estimate.keep == keep).unwrap().bytes;
        // Nobody knows before that the best round will be the dense one, which stays anyway.
        let unknown = if keep == Keep::Best && rounds.len() == 1 {
            2 * fs::metadata(layout.trained(0, Variant::Ticket, 0)).unwrap().len()
        } else {
            0
        };
        assert!(
            real.abs_diff(estimate.saturating_sub(unknown)) * 10 < real,
            "{keep}: {real} bytes, estimated {estimate}"
        );
    }
}

#[test]
fn what_an_earlier_policy_kept_stays() {
    let mut experiment = experiment();
    experiment.keep = Keep::All;
    experiment.rounds = 2;
    let (output, report) = finished(&experiment);
    experiment.keep = Keep::Last;
    experiment.rounds = 4;
    Setup::default().run(&experiment, output.path()).unwrap();
    let layout = report.results.layout;
    let kept = |round| layout.trained(0, Variant::Ticket, round).exists();
    assert_eq!([kept(0), kept(1), kept(2), kept(3)], [true, true, false, true]);
}

#[test]
fn damaged_and_changed_files_are_named() {
    let (output, report) = finished(&experiment());
    let layout = &report.results.layout;
    let record = layout.record(0, Variant::Ticket, 2);
    let good = fs::read(&record).unwrap();
    fs::write(&record, &good[..good.len() / 2]).unwrap();
    let error = RunResults::load(layout.root()).unwrap_err();
    assert!(error.to_string().contains("round-02") && error.hint().is_some(), "{error}");
    fs::write(&record, &good).unwrap();

    // Another ticket than the one that was trained.
    let (ticket, other) = (layout.ticket(0, Variant::Ticket, 2), layout.ticket(0, Variant::Ticket, 3));
    fs::copy(other, &ticket).unwrap();
    let before = exact_files(&layout.replicate(0));
    let report = Setup::default().run(&experiment(), output.path()).unwrap();
    assert!(report.failures.iter().all(|failure| failure.task.replicate == 0));
    assert!(report.failures[0].to_string().contains("round-02/ticket.safetensors"), "{}", report.failures[0]);
    assert_eq!(exact_files(&layout.replicate(0)), before);
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(RunResults::load(folder.path()), Err(LabError::NotARun { .. })));
}

/// Looks at the summary when the second training is finished.
#[derive(Default)]
struct Summary(std::sync::Mutex<Vec<usize>>, std::path::PathBuf);

impl lth_lab::TaskObserver for Summary {
    fn event(&self, _task: &lth_lab::TaskName, event: &lth_lab::TaskEvent<'_>) {
        if let lth_lab::TaskEvent::Finished { .. } = event {
            let summary = fs::read_to_string(self.1.join("summary.csv")).unwrap_or_default();
            self.0.lock().unwrap().push(summary.lines().count());
        }
    }
}

#[test]
fn there_is_a_summary_while_the_run_goes_on() {
    let output = tempfile::tempdir().unwrap();
    let (_other, report) = finished(&experiment());
    let root = output.path().join(report.results.layout.root().file_name().unwrap());
    let observer = Summary(std::sync::Mutex::default(), root);
    Setup { jobs: 1, observer: &observer, ..Setup::default() }.run(&experiment(), output.path()).unwrap();
    let seen = observer.0.into_inner().unwrap();
    assert_eq!(seen[..2], [0, 2], "header and a row after the first");
    assert_eq!(seen.len(), 14);
}

#[test]
fn runs_by_two_criteria_have_dense_trainings_of_the_same_inputs() {
    let inputs = |criterion: &str| {
        let mut experiment = Experiment { rounds: 2, replicates: 1, controls: Vec::new(), ..experiment() };
        experiment.set("criterion", criterion).unwrap();
        let (_output, report) = finished(&experiment);
        let inputs = report.results.of(0, Variant::Ticket).map(|result| result.record.inputs.clone());
        inputs.collect::<Vec<String>>()
    };
    let (one, other) = (inputs("large-final"), inputs("movement"));
    assert_eq!(one[0], other[0]);
    assert_ne!(one[1], other[1]);
}

#[test]
fn what_failed_is_tried_again_by_the_same_command() {
    let experiment = Experiment { replicates: 1, ..experiment() };
    let (output, report) = finished(&experiment);
    let before = exact_files(output.path());
    let layout = report.results.layout;
    let note = layout.failure(0, Variant::Ticket, 2);
    fs::write(&note, "it diverged\n").unwrap();
    fs::remove_file(layout.record(0, Variant::Ticket, 2)).unwrap();
    let report = Setup::default().run(&experiment, output.path()).unwrap();
    assert!(report.results.is_complete() && !note.exists());
    assert_eq!(exact_files(output.path()), before);
}
