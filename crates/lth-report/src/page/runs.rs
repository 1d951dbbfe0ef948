//! The runs: how far each is, what was found, where it is, and who made it.

use std::{collections::BTreeSet, path::PathBuf};

use lth_lab::{
    Experiment, Holder, LabError, Layout, Leases, Provenance, RunResults, RunState, SupermaskFiles,
    SupermaskRecord, Timing,
};
use lth_ticket::Verdict;
use serde::Serialize;

use super::{
    PageContext,
    number::Short,
    series::{self, Series},
};
use crate::Runs;

/// A run.
#[derive(Serialize)]
pub(super) struct RunEntry {
    /// The name of its folder.
    name: String,
    /// What its user calls it.
    called: Option<String>,
    folder: String,
    state: &'static str,
    /// Why it will not end by itself.
    reason: Option<String>,
    /// What is being trained, and by whom.
    at_work: Vec<String>,
    /// How many are finished, and how many there will be.
    trainings: [u64; 2],
    seeds: Vec<u64>,
    verdict: Option<String>,
    rulings: Vec<Ruling>,
    winner: Option<[Short; 2]>,
    seconds: Option<Short>,
    cpu_seconds: Option<Short>,
    /// What repeats it, or that its settings alone do not.
    repeat: String,
    sittings: Vec<Provenance>,
    links: Vec<Link>,
    series: Vec<Series>,
    layers: Vec<LayerDensities>,
}

/// What is found of a round.
#[derive(Serialize)]
struct Ruling {
    round: u64,
    density: Short,
    name: &'static str,
    accuracy_difference: Short,
    noise: Option<Short>,
}

/// A file or folder of a run.
#[derive(Serialize)]
struct Link {
    name: String,
    address: String,
}

/// The fraction of weights that each layer keeps, a value for each of these rounds of the first replicate's tickets.
#[derive(Serialize)]
struct LayerDensities {
    layer: String,
    rounds: Vec<u32>,
    densities: Vec<Short>,
}

/// Of all runs.
pub(super) fn entries(runs: &Runs, context: &PageContext) -> Result<Vec<RunEntry>, LabError> {
    let outputs: BTreeSet<PathBuf> = runs.all.iter().map(|run| run.layout.output()).collect();
    let holders: Vec<Holder> = outputs.iter().flat_map(|output| Leases::of(output).holders()).collect();
    let of = |(place, run): (usize, &RunResults)| {
        let name = run.layout.name();
        let at_work: Vec<&Holder> =
            holders.iter().filter(|holder| holder.folder.starts_with(&name)).collect();
        let learned = SupermaskFiles::new(run.layout.root()).read()?;
        let timings: Vec<Option<&Timing>> = match &learned {
            Some((_, timing)) => vec![timing.as_ref()],
            None => run.rounds.iter().map(|result| result.timing.as_ref()).collect(),
        };
        let finished = timings.len() as u64;
        let state = if finished >= run.experiment.trainings() {
            RunState::Finished
        } else if !at_work.is_empty() || run.layout.is_locked() {
            RunState::Running
        } else {
            run.state()
        };
        let verdict = (context.test_set)(&run.experiment).and_then(|test| run.verdict(test));
        Ok(RunEntry {
            at_work: at_work
                .into_iter()
                .map(|holder| format!("{}: {holder}", holder.folder.display()))
                .collect(),
            name,
            called: run.experiment.name.clone(),
            folder: run.layout.root().display().to_string(),
            state: state.name(),
            reason: state.reason().map(str::to_owned),
            trainings: [finished, run.experiment.trainings()],
            seeds: (0..run.experiment.replicates).map(|replicate| run.experiment.seed(replicate).0).collect(),
            rulings: verdict.as_ref().map_or_else(Vec::new, rulings),
            winner: verdict
                .as_ref()
                .and_then(Verdict::winner)
                .map(|round| [Short(round.density.get()), Short(round.ticket.test_accuracy)]),
            verdict: learned
                .as_ref()
                .map(|(record, _)| in_words(record, &run.experiment))
                .or_else(|| verdict.map(|verdict| verdict.to_string())),
            seconds: sum(&timings, |timing| Some(timing.seconds)),
            cpu_seconds: sum(&timings, |timing| timing.cpu_seconds),
            repeat: repeat(run),
            sittings: Provenance::of_run(&run.layout),
            links: links(&run.layout, context),
            series: series::of_run(runs, place)?,
            layers: layers(run),
        })
    };
    runs.all.iter().enumerate().map(of).collect()
}

impl RunEntry {
    pub(super) fn has_no_verdict(&self) -> bool {
        self.verdict.is_none()
    }
}

/// What repeats a run; the page shows the commands of its sittings below.
fn repeat(run: &RunResults) -> String {
    if run.experiment.is_all_in_its_file() {
        format!("lth run {}", lth_lab::quoted(&run.layout.experiment().display().to_string()))
    } else {
        "# its settings alone do not say what it begins with: the command that made it repeats it".to_owned()
    }
}

/// What came of a supermask, which has no rounds to compare.
fn in_words(record: &SupermaskRecord, experiment: &Experiment) -> String {
    format!(
        "{}: test accuracy {:.2} % at the end, {:.2} % of weights kept.",
        experiment.start.as_deref().unwrap_or("supermask"),
        100.0 * record.end.test_accuracy,
        100.0 * record.density.get()
    )
}

fn rulings(verdict: &Verdict) -> Vec<Ruling> {
    let of = |round: &lth_ticket::RoundVerdict| Ruling {
        round: round.round,
        density: Short(round.density.get()),
        name: round.ruling.name(),
        accuracy_difference: Short(round.accuracy.mean),
        noise: round.accuracy.noise.map(Short),
    };
    verdict.rounds.iter().map(of).collect()
}

/// The sum over finished trainings; `None` where one is not known.
fn sum(timings: &[Option<&Timing>], value: impl Fn(&Timing) -> Option<f64>) -> Option<Short> {
    timings.iter().map(|timing| timing.and_then(&value)).sum::<Option<f64>>().map(Short)
}

/// What is there of the files that people open.
fn links(layout: &Layout, context: &PageContext) -> Vec<Link> {
    let mut paths = vec![
        layout.experiment(),
        layout.summary(),
        layout.timing_summary(),
        layout.provenance(),
        layout.figures(),
        layout.replicate(0),
    ];
    paths.retain(|path| path.exists());
    let name = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() { format!("{name}/") } else { name.into_owned() }
    };
    let link = |path: &PathBuf| Some(Link { name: name(path), address: (context.link)(path)? });
    paths.iter().filter_map(link).collect()
}

fn layers(run: &RunResults) -> Vec<LayerDensities> {
    let tickets: Vec<_> = run.of(0, lth_lab::Variant::Ticket).collect();
    let Some(first) = tickets.first() else { return Vec::new() };
    let of = |(place, layer): (usize, &lth_lab::LayerCount)| LayerDensities {
        layer: layer.name.clone(),
        rounds: tickets.iter().map(|result| result.record.round).collect(),
        densities: tickets
            .iter()
            .map(|result| {
                let count = result.record.layers.get(place);
                Short(count.map_or(f64::NAN, |count| count.live as f64 / count.total as f64))
            })
            .collect(),
    };
    first.record.layers.iter().enumerate().map(of).collect()
}
