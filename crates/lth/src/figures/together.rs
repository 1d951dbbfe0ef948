//! Several runs in one figure.

use std::collections::{BTreeMap, BTreeSet};

use lth_lab::{
    RunResults, Variant,
    plot::{Curve, DensityPanel, Figure, Heading, Measure, PlotError, Point, Style, density_figure},
    short_name,
};

use super::curves;

/// More runs than this are drawn without bands: nobody could tell them apart.
const MOST_BANDS: usize = 6;

/// The tickets of each run against density, and when they stop early; of the first run also the dense level.
///
/// # Errors
/// When no run has a finished round.
pub(crate) fn together(runs: &[RunResults]) -> Result<Figure, PlotError> {
    let labels = labels(runs);
    let panel = |measure| {
        let mut all = Vec::new();
        for (place, (results, label)) in runs.iter().zip(&labels).enumerate() {
            for mut curve in curves::over_density(results, measure) {
                match curve.style {
                    Style::Dense if place == 0 => all.push(curve),
                    Style::Ticket => {
                        if runs.len() > MOST_BANDS {
                            curve.points = curve.points.into_iter().map(without_band).collect();
                        }
                        all.push(Curve { label: label.clone(), style: Style::Run(place as u8), ..curve });
                    }
                    _ => (),
                }
            }
        }
        DensityPanel { measure, curves: all }
    };
    let heading = Heading::new("Tickets of several runs", subtitle(runs));
    density_figure(&heading, &[panel(Measure::EarlyStopAccuracy), panel(Measure::EarlyStopIteration)])
}

fn without_band(point: Point) -> Point {
    Point { min: point.mean, max: point.mean, ..point }
}

fn subtitle(runs: &[RunResults]) -> String {
    let of = |text: fn(&RunResults) -> String| {
        let texts: BTreeSet<String> = runs.iter().map(text).collect();
        texts.into_iter().collect::<Vec<_>>().join(" and ")
    };
    let replicates = |results: &RunResults| {
        let all = results.rounds.iter().filter(|result| result.record.variant == Variant::Ticket);
        all.map(|result| result.record.replicate).collect::<BTreeSet<u32>>().len()
    };
    let counts: BTreeSet<usize> = runs.iter().map(replicates).collect();
    let replicates = match (counts.first(), counts.last()) {
        (Some(1), Some(1)) => "one replicate".to_owned(),
        (Some(least), Some(most)) if least == most => format!("{most} replicates: mean"),
        (Some(least), Some(most)) => format!("{least} to {most} replicates: mean"),
        _ => String::new(),
    };
    let model = of(|results| short_name(&results.experiment.model).to_owned());
    let dataset = of(|results| results.experiment.data_title());
    format!("{model} on {dataset}, {replicates}")
}

/// What each run is called: by the one setting that is another in each, else by all that differ.
fn labels(runs: &[RunResults]) -> Vec<String> {
    let settings: Vec<BTreeMap<String, String>> = runs
        .iter()
        .map(|results| {
            let mut all = results.experiment.identity();
            all.insert("model".to_owned(), results.experiment.model.clone());
            all.insert("dataset".to_owned(), results.experiment.view.name_of(&results.experiment.dataset));
            all
        })
        .collect();
    let names: BTreeSet<&String> = settings.iter().flat_map(BTreeMap::keys).collect();
    let values = |name: &str| -> Vec<String> {
        settings
            .iter()
            .map(|all| all.get(name).map_or("default".to_owned(), |value| value.trim_matches('"').to_owned()))
            .collect()
    };
    let distinct = |name: &str| values(name).into_iter().collect::<BTreeSet<_>>().len();
    let mut differing: Vec<&str> =
        names.into_iter().map(String::as_str).filter(|name| distinct(name) > 1).collect();
    // What a network is pruned by says more than what follows from it.
    let first = ["pruning.criterion", "pruning.mask1_action", "pruning.mask0_action"];
    differing.sort_by_key(|name| first.iter().position(|other| other == name).unwrap_or(first.len()));
    if let Some(name) = differing.iter().find(|name| distinct(name) == runs.len()) {
        return values(name);
    }
    (0..runs.len())
        .map(|place| {
            let short = |name: &str| name.rsplit_once('.').map_or(name, |(_, last)| last).to_owned();
            let told: Vec<String> =
                differing.iter().map(|name| format!("{}={}", short(name), values(name)[place])).collect();
            match told.len() {
                1..=3 => told.join(", "),
                _ => folder(&runs[place]),
            }
        })
        .collect()
}

fn folder(results: &RunResults) -> String {
    let name = results.layout.root().file_name();
    name.map_or_else(
        || results.layout.root().display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
