//! Runs beside each other, as a table, CSV or JSON.

use lth_lab::{DifferingSetting, Experiment, ListedRun, differing_settings, short_name};
use serde_json::{Map, Value, json};

use crate::{
    estimate::bytes,
    progress::duration,
    table::{self, density_percent, percent},
};

/// What a narrow terminal does without, the first first.
const SPARE: [&str; 4] = ["size", "time", "replicates", "model"];

/// For people.
pub(super) fn table(runs: &[ListedRun]) -> String {
    let differing = differing(runs);
    let settings = differing.iter().map(|setting| setting.name.as_str());
    let named = runs.iter().any(|run| name(run).is_some());
    let header: Vec<&str> = ["run"]
        .into_iter()
        .chain(named.then_some("name"))
        .chain(["model", "data"])
        .chain(settings)
        .chain(["state", "replicates", "rounds", "winning ticket %", "test acc. %", "time", "size"])
        .collect();
    let mut rows = table::table(&header, 4 + differing.len() + usize::from(named)).spare(&SPARE);
    let number = |value: Option<f64>, text: fn(f64) -> String| value.map_or("-".to_owned(), text);
    for (index, run) in runs.iter().enumerate() {
        let (model, data) = names(run);
        let mut cells = vec![run.folder.display().to_string()];
        cells.extend(named.then(|| name(run).unwrap_or("-").to_owned()));
        cells.extend([model, data]);
        cells.extend(differing.iter().map(|setting| setting.values[index].clone()));
        cells.push(run.state.name().to_owned());
        cells.extend(match &run.experiment {
            Some(experiment) => {
                [experiment.replicates.to_string(), format!("{}/{}", run.rounds, experiment.rounds)]
            }
            None => ["-", "-"].map(str::to_owned),
        });
        cells.extend([
            number(run.winner.map(|winner| winner.density), |density| density_percent(density, 1)),
            number(run.winner.map(|winner| winner.test_accuracy), |accuracy| percent(accuracy, 2)),
            number(run.seconds, duration),
            bytes(run.usage.bytes()),
        ]);
        rows.add_row(cells);
    }
    let mut text = table::text(&rows);
    for run in runs {
        if let Some(reason) = run.state.reason() {
            text.push_str(&format!("\n{}: {reason}", run.folder.display()));
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A row a run, numbers as they are.
pub(super) fn csv(runs: &[ListedRun]) -> String {
    let objects: Vec<Map<String, Value>> = objects(runs, "").collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let plain = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(first) = objects.first() {
        writer.write_record(first.keys()).expect("memory takes it");
    }
    for object in &objects {
        writer.write_record(object.values().map(plain)).expect("every run has the same columns");
    }
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("texts are UTF-8")
}

/// For programs; the settings are in an object of their own.
pub(super) fn json(runs: &[ListedRun]) -> String {
    let objects: Vec<Value> = objects(runs, "settings").map(Value::Object).collect();
    format!("{:#}\n", Value::Array(objects))
}

/// What is known of each run; the settings that differ in an object of this name, or beside the rest.
fn objects<'a>(runs: &'a [ListedRun], within: &'a str) -> impl Iterator<Item = Map<String, Value>> + 'a {
    let differing = differing(runs);
    runs.iter().enumerate().map(move |(index, run)| {
        let (model, data) = names(run);
        let mut object = Map::new();
        let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
        set("run", json!(run.folder.display().to_string()));
        set("model", json!(model));
        set("data", json!(data));
        let settings = differing
            .iter()
            .map(|setting| (setting.name.replace(' ', "_"), Value::from(setting.values[index].as_str())));
        if within.is_empty() {
            settings.for_each(|(name, value)| drop(set(&name, value)));
        } else {
            set(within, Value::Object(settings.collect()));
        }
        let planned = run.experiment.as_ref();
        set("state", json!(run.state.name()));
        set("reason", json!(run.state.reason()));
        set("replicates", json!(planned.map(|experiment| experiment.replicates)));
        set("rounds_done", json!(run.rounds));
        set("rounds", json!(planned.map(|experiment| experiment.rounds)));
        set("trainings_done", json!(run.trainings));
        set("trainings", json!(planned.map(Experiment::trainings)));
        set("winning_density", json!(run.winner.map(|winner| winner.density)));
        set("winning_test_accuracy", json!(run.winner.map(|winner| winner.test_accuracy)));
        set("seconds", json!(run.seconds));
        set("bytes", json!(run.usage.bytes()));
        set("name", json!(name(run)));
        object
    })
}

/// What its user calls a run.
fn name(run: &ListedRun) -> Option<&str> {
    run.experiment.as_ref()?.name.as_deref()
}

/// Model and data set of a run, where its settings can be read.
fn names(run: &ListedRun) -> (String, String) {
    run.experiment.as_ref().map_or_else(
        || ("-".to_owned(), "-".to_owned()),
        |experiment| (short_name(&experiment.model).to_owned(), experiment.data_title()),
    )
}

/// The settings that differ between the runs, those of model and data aside, with a bare value for each run.
fn differing(runs: &[ListedRun]) -> Vec<DifferingSetting> {
    let known: Vec<&Experiment> = runs.iter().filter_map(|run| run.experiment.as_ref()).collect();
    let mut differing = differing_settings(&known);
    differing.retain(|setting| !["model", "dataset"].contains(&setting.key));
    for setting in &mut differing {
        let mut values = std::mem::take(&mut setting.values).into_iter();
        // Runs whose settings cannot be read have none.
        let of_run =
            |run: &ListedRun| run.experiment.as_ref().and_then(|_| values.next()).unwrap_or_default();
        setting.values = runs.iter().map(of_run).collect();
    }
    differing
}
