//! Several runs in one figure.

use std::{collections::BTreeSet, path::Path};

use lth_lab::{Experiment, RunResults, Variant, differing_settings, short_name};
use lth_plot::{Curve, DensityPanel, Figure, Heading, Measure, Point, Style, density_figure};
use lth_stats::Band;

use super::{Drawing, curves};
use crate::failure::Failure;

/// More runs than this are drawn without bands: nobody could tell them apart.
const MOST_BANDS: usize = 6;
/// A title tells so many settings that differ.
const MOST_IN_TITLE: usize = 3;
/// What the figure shows.
const MEASURES: [Measure; 2] = [Measure::EarlyStopAccuracy, Measure::EarlyStopIteration];

/// The tickets of each run against density, when they stop early, and the dense network of each. Runs of other data or lengths have panels of
/// their own.
///
/// `names` are the legend's; without any, runs are named by the settings that differ.
///
/// # Errors
/// When names are neither of runs nor one for each; when no run has a finished round, or none within the limits.
pub(crate) fn together(runs: &[RunResults], names: &[String], drawing: &Drawing) -> Result<Figure, Failure> {
    let labels = given(names, runs)?;
    let dense = dense_levels(runs, &labels, !names.is_empty());
    let kinds: Vec<String> = runs.iter().map(kind).collect();
    let facets: BTreeSet<&String> = kinds.iter().collect();
    let panel = |(facet, measure): (&String, Measure)| {
        let mut all = Vec::new();
        let of_facet = runs.iter().zip(&labels).enumerate().filter(|(place, _)| kinds[*place] == *facet);
        for (place, (results, label)) in of_facet {
            for mut curve in curves::over_density(results, measure, drawing.look.band) {
                match curve.style {
                    Style::Dense => all.extend(dense[place].as_ref().map(|(label, style)| Curve {
                        label: label.clone(),
                        style: *style,
                        ..curve
                    })),
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
        let facet = if facets.len() > 1 { facet.clone() } else { String::new() };
        DensityPanel { facet, measure, curves: all }
    };
    let panels = facets.iter().flat_map(|facet| MEASURES.map(|measure| (*facet, measure)));
    let panels: Vec<DensityPanel> = panels.map(panel).collect();
    let heading = Heading::new(title(runs), subtitle(runs)).with_look(drawing.look);
    density_figure(&heading, &panels, &drawing.limits).map_err(Failure::from)
}

/// The data, of those that are not the published ones with the start of their fingerprint, and the length of a run's trainings:
/// accuracies of others are on no common axis.
fn kind(results: &RunResults) -> String {
    let experiment = &results.experiment;
    let own = experiment.dataset_fingerprint.as_ref().and_then(|fingerprint| fingerprint.get(..8));
    let own = own.map_or_else(String::new, |start| format!(" ({start})"));
    format!("{}{own}, {}", experiment.data_title(), experiment.recipe.length)
}

/// Refuses runs of different data or lengths.
///
/// # Errors
/// When there are such, with what they are.
pub(super) fn of_one_kind(runs: &[RunResults]) -> Result<(), Failure> {
    let kinds: BTreeSet<String> = runs.iter().map(kind).collect();
    if kinds.len() <= 1 {
        return Ok(());
    }
    let kinds: Vec<String> = kinds.into_iter().collect();
    Err(Failure::input(
        format!("the runs are of different data or lengths: {}", kinds.join("; ")),
        "draw those of each kind in a figure of their own; --kind tickets has a panel for each kind",
    ))
}

fn without_band(point: Point) -> Point {
    Point { min: point.mean, max: point.mean, ..point }
}

/// What runs are called: as it is said of each (`RUN=NAME`), or of all in their order, else by the settings that differ.
pub(super) fn given(names: &[String], runs: &[RunResults]) -> Result<Vec<String>, Failure> {
    let refused = |message: String| {
        let hint = "give --label RUN=NAME, or --label NAME once for each run in the order of the runs, or leave it out: then the settings that differ are the names";
        Failure::input(message, hint)
    };
    if names.iter().any(|name| name.trim().is_empty() || name.ends_with('=')) {
        return Err(refused("a label is empty".to_owned()));
    }
    let of_runs: Vec<Option<(usize, &str)>> = names.iter().map(|name| of_run(name, runs)).collect();
    if of_runs.iter().all(Option::is_some) {
        let mut labels = labels(runs);
        for (run, name) in of_runs.into_iter().flatten() {
            name.clone_into(&mut labels[run]);
        }
        return Ok(labels);
    }
    if let Some(at) = of_runs.iter().position(Option::is_none).filter(|_| of_runs.iter().any(Option::is_some))
    {
        return Err(refused(format!("the label '{}' names no run, and others do", names[at])));
    }
    if names.len() != runs.len() {
        let count =
            |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let (labels, runs) = (count(names.len(), "label"), count(runs.len(), "run"));
        return Err(refused(format!("there are {labels} for {runs}")));
    }
    Ok(names.to_vec())
}

/// The run that a label `RUN=NAME` is of, by its folder as it was given or by the folder's name, and the name.
fn of_run<'a>(label: &'a str, runs: &[RunResults]) -> Option<(usize, &'a str)> {
    let (folder, name) = label.split_once('=')?;
    let folder = Path::new(folder);
    let is_it = |results: &RunResults| {
        let root = results.layout.root();
        root == folder || root.file_name().is_some_and(|own| own == folder.as_os_str())
    };
    runs.iter().position(is_it).map(|run| (run, name))
}

/// `Tickets by criterion and learning rate`.
pub(super) fn title(runs: &[RunResults]) -> String {
    let names: Vec<String> =
        differing_settings(&experiments(runs)).into_iter().map(|setting| setting.name).collect();
    match &names[..] {
        [name] => format!("Tickets by {name}"),
        [first @ .., last] if names.len() <= MOST_IN_TITLE => {
            format!("Tickets by {} and {last}", first.join(", "))
        }
        _ => "Tickets of several runs".to_owned(),
    }
}

fn experiments(runs: &[RunResults]) -> Vec<&Experiment> {
    runs.iter().map(|results| &results.experiment).collect()
}

pub(super) fn subtitle(runs: &[RunResults]) -> String {
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
        (Some(1), Some(1)) => "one replicate each".to_owned(),
        (Some(least), Some(most)) if least == most => format!("{most} replicates each: mean"),
        (Some(least), Some(most)) => format!("{least} to {most} replicates each: mean"),
        _ => String::new(),
    };
    let model = of(|results| short_name(&results.experiment.model).to_owned());
    let dataset = of(|results| results.experiment.data_title());
    format!("{model} on {dataset}, {replicates}")
}

/// What differs between runs but for some settings, of each run in words; empty for what has none of it.
pub(super) fn differences(runs: &[RunResults], but_for: &[&str]) -> Vec<String> {
    let mut differing = differing_settings(&experiments(runs));
    differing.retain(|setting| !but_for.contains(&setting.key));
    let told = |place: usize| {
        let texts = differing.iter().map(|setting| setting.texts[place].as_str());
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    };
    (0..runs.len()).map(told).collect()
}

/// What each run is called: by all settings that differ; where that does not tell runs apart, also by their folders.
pub(super) fn labels(runs: &[RunResults]) -> Vec<String> {
    let told = differences(runs, &[]);
    let folder = |place: usize| runs[place].layout.root().display().to_string();
    (0..runs.len())
        .map(|place| match told.iter().filter(|other| **other == told[place]).count() {
            1 if told[place].is_empty() => "default".to_owned(),
            1 => told[place].clone(),
            _ if told[place].is_empty() => folder(place),
            _ => format!("{} ({})", told[place], folder(place)),
        })
        .collect()
}

/// Name and look of each run's dense level; `None` where it coincides with that of a run before, so that it is drawn once.
fn dense_levels(runs: &[RunResults], labels: &[String], are_given: bool) -> Vec<Option<(String, Style)>> {
    let results: Vec<Vec<u64>> = runs.iter().map(dense_results).collect();
    let same = |a: usize, b: usize| results[a] == results[b];
    let is_known = |place: &usize| !results[*place].is_empty();
    let is_first = |place: &usize| (0..*place).all(|before| !same(before, *place));
    let known = (0..runs.len()).filter(is_known).count();
    let firsts: Vec<usize> = (0..runs.len()).filter(is_known).filter(is_first).collect();
    let own: Vec<&Experiment> = firsts.iter().map(|place| &runs[*place].experiment).collect();
    let shared_settings = differing_settings(&own);
    let level = |place: usize| {
        let at = firsts.iter().position(|first| *first == place)?;
        let group: Vec<usize> = (0..runs.len()).filter(|other| same(*other, place)).collect();
        let style = Style::DenseRun(place as u8);
        if firsts.len() == 1 {
            return Some(("dense".to_owned(), Style::Dense));
        }
        if firsts.len() == known {
            return Some(("dense, in the colour of its run".to_owned(), style));
        }
        // Of a group that shares its dense network, what the group has in common and others have not.
        let common = shared_settings.iter().filter(|setting| {
            let all =
                differing_settings(&group.iter().map(|place| &runs[*place].experiment).collect::<Vec<_>>());
            !setting.texts[at].is_empty() && all.iter().all(|other| other.name != setting.name)
        });
        let common: Vec<&str> = common.map(|setting| setting.texts[at].as_str()).collect();
        let names = if are_given || common.is_empty() {
            group.iter().map(|place| labels[*place].as_str()).collect::<Vec<_>>().join("; ")
        } else {
            common.join(", ")
        };
        Some((format!("dense: {names}"), style))
    };
    (0..runs.len()).map(level).collect()
}

/// What a run's dense network reaches, to compare it with that of another run.
fn dense_results(results: &RunResults) -> Vec<u64> {
    MEASURES
        .into_iter()
        .flat_map(|measure| curves::over_density(results, measure, Band::MinMax))
        .filter(|curve| curve.style == Style::Dense)
        .flat_map(|curve| curve.points)
        .flat_map(|point| [point.mean, point.min, point.max])
        .map(f64::to_bits)
        .collect()
}
