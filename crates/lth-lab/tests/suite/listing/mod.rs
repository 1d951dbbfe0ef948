//! Runs that are listed, chosen and removed.

mod fake;

use std::{fs, path::Path};

use lth_lab::{
    Acquired, Condition, LabError, Layout, Leases, ListedRun, RunFolder, RunState, Variant, choose_runs,
    list_runs, remove_runs,
};
use lth_model::Hint;

use crate::toy;

fn list(output: &Path) -> Vec<ListedRun> {
    list_runs(&[output.to_owned()]).unwrap()
}

fn conditions(texts: &[&str]) -> Vec<Condition> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// The names of the runs that are chosen of 6.
fn chosen(texts: &[&str], order: Option<&str>) -> Vec<String> {
    let output = tempfile::tempdir().unwrap();
    for number in 0..6 {
        let layout = fake::run(output.path(), number, 4 + number as u32);
        if number == 5 {
            fs::remove_file(layout.summary()).unwrap();
            fs::remove_file(layout.record(0, Variant::Ticket, 8)).unwrap();
        }
    }
    let runs = choose_runs(list(output.path()), &conditions(texts), order).unwrap();
    runs.iter().map(|run| run.folder.file_name().unwrap().to_str().unwrap().replace("run-000", "")).collect()
}

#[test]
fn a_real_run_is_listed_as_its_results_are() {
    let (output, report) = toy::finished(&toy::experiment());
    let [run] = &list(output.path())[..] else { panic!("one run was made") };
    assert_eq!(run.folder, report.results.layout.root());
    assert_eq!(run.state, RunState::Finished);
    assert_eq!((run.rounds, run.trainings), (4, report.results.rounds.len() as u64));
    let seconds: f64 = report.results.rounds.iter().map(|round| round.timing.as_ref().unwrap().seconds).sum();
    assert!((run.seconds.unwrap() - seconds).abs() < 1e-6);
    assert_eq!(run.experiment.as_ref(), Some(&report.results.experiment));
    let bytes: usize = toy::all_files(output.path()).values().map(Vec::len).sum();
    assert_eq!(run.usage.bytes(), bytes as u64);
}

#[test]
fn the_smallest_winning_ticket_is_found() {
    let output = tempfile::tempdir().unwrap();
    fake::run(output.path(), 0, 4);
    let winner = list(output.path())[0].winner.unwrap();
    assert!((winner.density - 0.64).abs() < 1e-9 && (winner.test_accuracy - 0.972).abs() < 1e-9);
}

#[test]
fn how_far_a_run_is_is_told() {
    let output = tempfile::tempdir().unwrap();
    let layouts: Vec<Layout> = (0..7).map(|number| fake::run(output.path(), number, 4)).collect();
    // The summary of an unfinished run is behind.
    fs::remove_file(layouts[1].summary()).unwrap();
    fs::remove_file(layouts[1].record(0, Variant::Ticket, 3)).unwrap();
    fs::remove_file(layouts[6].record(0, Variant::Ticket, 3)).unwrap();
    fs::remove_file(layouts[6].summary()).unwrap();
    fs::write(layouts[6].failure(0, Variant::Ticket, 3), "the reason\n").unwrap();
    fs::write(layouts[0].failure(0, Variant::Ticket, 3), "of a training that is finished\n").unwrap();
    fs::write(layouts[2].experiment(), "rounds = ").unwrap();
    fs::remove_file(layouts[3].experiment()).unwrap();
    let (_open, _) = {
        let experiment = lth_lab::Experiment::read(&layouts[4].experiment()).unwrap();
        RunFolder::open(layouts[4].root(), &experiment).unwrap()
    };
    let leases = Leases::of(output.path());
    let folder = layouts[5].round(0, Variant::Ticket, 3);
    let lease = leases.acquire("00ff", folder.strip_prefix(output.path()).unwrap()).unwrap();
    assert!(matches!(lease, Acquired::Held(_)));
    let runs = list(output.path());
    let states: Vec<&str> = runs.iter().map(|run| run.state.name()).collect();
    assert_eq!(states, ["finished", "unfinished", "damaged", "damaged", "running", "running", "failed"]);
    assert_eq!((runs[1].rounds, runs[1].trainings), (3, 3));
    let failed = "replicate 0, round 3: the reason";
    let reasons = [(0, ""), (2, "experiment.toml:"), (3, "no experiment.toml"), (5, ""), (6, failed)];
    for (number, part) in reasons {
        let reason = runs[number].state.reason();
        assert_eq!(reason.is_some(), !part.is_empty(), "{reason:?}");
        assert!(reason.unwrap_or_default().contains(part), "{reason:?}");
    }
    assert!(list_runs(&[output.path().join("nowhere")]).is_err());
    // One of the paths may be a run.
    let of_one = list_runs(&[layouts[5].root().to_owned()]).unwrap();
    assert_eq!((of_one.len(), &of_one[0].state), (1, &RunState::Running));
}

#[test]
fn conditions_choose_runs() {
    for (texts, expected) in [
        (&["criterion=movement"][..], &["1", "3", "5"][..]),
        (&["pruning.criterion!=movement"], &["0", "2", "4"]),
        (&["batch-size<62", "batch_size>60"], &["1"]),
        (&["learning_rate=1.2e-3", "rounds=4"], &["0"]),
        (&["state=unfinished"], &["5"]),
        (&["density<0.5"], &["2", "3", "4"]),
        (&["optimizer=adam", "folder=run-0002"], &["2"]),
        (&["densities=0.1"], &[]),
    ] {
        assert_eq!(chosen(texts, None), expected, "{texts:?}");
    }
}

#[test]
fn runs_are_sorted_by_numbers_and_those_without_come_last() {
    assert_eq!(chosen(&[], Some("density")), ["4", "3", "2", "1", "0", "5"]);
    assert_eq!(chosen(&["state=finished"], Some("criterion")), ["0", "2", "4", "1", "3"]);
}

#[test]
fn what_no_run_can_have_is_refused_with_the_nearest() {
    for (text, part) in [("criterium=movement", "'criterion'"), ("states=finished", "'state'")] {
        let error = choose_runs(Vec::new(), &conditions(&[text]), None).unwrap_err();
        assert!(error.hint().unwrap().contains(part), "{error:?}");
    }
    let error = choose_runs(Vec::new(), &[], Some("xyzzy")).unwrap_err();
    assert!(error.hint().unwrap().contains("rounds-done"));
    for text in ["criterion", "rate<much", "a!b"] {
        assert!(text.parse::<Condition>().is_err(), "{text}");
    }
}

#[test]
fn runs_at_rest_are_removed_and_others_are_not() {
    let output = tempfile::tempdir().unwrap();
    let layouts: Vec<Layout> = (0..3).map(|number| fake::run(output.path(), number, 4)).collect();
    let experiment = lth_lab::Experiment::read(&layouts[1].experiment()).unwrap();
    let open = RunFolder::open(layouts[1].root(), &experiment).unwrap();
    let roots: Vec<_> = layouts[..2].iter().map(|layout| layout.root().to_owned()).collect();
    assert!(matches!(remove_runs(&roots), Err(LabError::Locked { .. })));
    assert_eq!(list(output.path()).len(), 3);
    drop(open);
    remove_runs(&roots).unwrap();
    let left = list(output.path());
    assert_eq!((left.len(), left[0].folder.as_path()), (1, layouts[2].root()));
    let names = fs::read_dir(output.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.filter(|name| name != ".lth").count(), 1);
}
