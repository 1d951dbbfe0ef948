//! How long it takes to list many finished runs: `cargo bench -p lth-lab --bench listing`.

#[path = "../tests/suite/listing/fake.rs"]
mod fake;

use std::time::Instant;

use lth_lab::{choose_runs, differing_settings, list_runs};

const RUNS: usize = 1_000;
const ROUNDS: u32 = 12;

fn main() {
    let output = tempfile::tempdir().expect("a folder can be made");
    (0..RUNS).for_each(|number| drop(fake::run(output.path(), number, ROUNDS)));
    for _ in 0..5 {
        let begun = Instant::now();
        let runs = list_runs(&[output.path().to_owned()]).expect("the folder is there");
        let listed = begun.elapsed();
        let experiments: Vec<_> = runs.iter().filter_map(|run| run.experiment.as_ref()).collect();
        let differing = differing_settings(&experiments).len();
        let told = begun.elapsed();
        let condition = "criterion=movement".parse().expect("it is a condition");
        let chosen =
            choose_runs(runs, &[condition], Some("density")).expect("settings and results have these");
        println!(
            "{RUNS} runs of {ROUNDS} rounds: listed in {:.2} s, {differing} differing settings after {:.2} s, {} chosen after {:.2} s",
            listed.as_secs_f64(),
            told.as_secs_f64(),
            chosen.len(),
            begun.elapsed().as_secs_f64(),
        );
    }
}
