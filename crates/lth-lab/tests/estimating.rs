//! What a run will take is told before it begins.

mod toy;

use std::path::Path;

use lth_cpu::CpuEngine;
use lth_lab::{EstimateContext, EstimatedTime, Experiment, Keep, RunEstimate, estimate_run};
use lth_model::Step;
use toy::{all_files, exact_files, experiment, finished};

fn estimate(experiment: &Experiment, folder: &Path, jobs: usize) -> RunEstimate {
    let (engine, architecture, data) = (CpuEngine::new(), toy::architecture(), toy::data());
    let context = EstimateContext { engine: &engine, architecture: &architecture, data: &data, folder, jobs };
    estimate_run(experiment, None, &context)
}

#[test]
fn a_short_run_is_not_measured_and_nothing_is_written() {
    let output = tempfile::tempdir().unwrap();
    let folder = output.path().join("run");
    let estimate = estimate(&experiment(), &folder, 2);
    // Two replicates of four tickets and three controls.
    assert_eq!((estimate.trainings, estimate.time), (14, EstimatedTime::Seconds));
    assert!(estimate.present_bytes == 0 && !folder.exists());
}

#[test]
fn a_long_run_is_measured_and_cores_shorten_it() {
    let mut long = experiment();
    long.recipe.length = Step::from_epochs(2_000_000);
    let seconds = |jobs| match estimate(&long, Path::new("absent"), jobs).time {
        EstimatedTime::About(seconds) => seconds,
        other => panic!("{other:?}"),
    };
    let (one, many) = (seconds(1), seconds(14));
    // 14 trainings of 16 million steps, each of some microseconds at least; with a core for each the longest chain of 4 is left.
    assert!(one > 30.0 && one < 1e7, "{one}");
    assert!(many < one, "{many} is no less than {one}");
}

#[test]
fn what_is_finished_is_not_counted_and_stays_as_it_is() {
    let (output, report) = finished(&experiment());
    let root = report.results.layout.root();
    let before = exact_files(output.path());
    let estimate_of = |experiment: &Experiment| estimate(experiment, root, 1);
    assert_eq!(estimate_of(&experiment()).trainings, 0);
    let mut more = experiment();
    more.rounds = 5;
    assert_eq!(estimate_of(&more).trainings, 2 * 2);
    let present: u64 = all_files(root).values().map(|bytes| bytes.len() as u64).sum();
    assert_eq!(estimate_of(&more).present_bytes, present);
    assert_eq!(exact_files(output.path()), before);
}

#[test]
fn the_disk_that_was_told_is_the_disk_that_is_taken() {
    for keep in [Keep::Tickets, Keep::All] {
        let experiment = Experiment { keep, ..experiment() };
        let told = estimate(&experiment, Path::new("absent"), 1).bytes;
        let (output, _) = finished(&experiment);
        let taken: u64 = all_files(output.path()).values().map(|bytes| bytes.len() as u64).sum();
        assert!(told > taken / 2 && told < 4 * taken, "{keep}: {told} bytes were told, {taken} are taken");
    }
}
