//! `lth plot --schedule`.

use std::path::{Path, PathBuf};

use lth_lab::Experiment;
use lth_model::{ModelInfo, Recipe};
use lth_plot::{Heading, schedule_figure};

use super::plot::drawing;
use crate::{
    arguments::{PlotArguments, ScheduledTraining},
    failure::Failure,
    figures::{write_and_print, write_beside},
    settings::positive,
};

/// Training examples of the published data sets: a schedule is drawn without loading any.
const EXAMPLES: &[(&str, usize)] = &[
    ("mnist", 60_000),
    ("fashion-mnist", 60_000),
    ("kmnist", 60_000),
    ("emnist-letters", 124_800),
    ("emnist-balanced", 112_800),
    ("emnist-digits", 240_000),
    ("cifar-10", 50_000),
    ("cifar-100", 50_000),
    ("svhn", 73_257),
    ("cinic-10", 90_000),
    ("tiny-imagenet", 100_000),
];

/// Draws the learning rate over a training, to SVG and PNG; an empty schedule is that of the experiment.
pub(crate) fn run(arguments: &PlotArguments, schedule: &str) -> Result<(), Failure> {
    let training = &arguments.training;
    let mut experiment = experiment(&arguments.runs)?;
    let given = [
        ("recipe.length", &training.length),
        ("recipe.batch_size", &training.batch_size),
        ("recipe.learning_rate", &training.learning_rate),
        ("recipe.schedule", &(!schedule.is_empty()).then(|| schedule.to_owned())),
        ("recipe.warmup", &training.warmup),
    ];
    for (key, value) in given.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
        experiment.set(key, value).map_err(Failure::bad_input)?;
    }
    experiment.recipe.check().map_err(Failure::bad_input)?;

    let examples = training_examples(training, &experiment)?;
    let per_epoch = examples.div_ceil(experiment.recipe.batch_size) as u64;
    let Recipe { length, learning_rate, schedule, .. } = &experiment.recipe;
    let iterations = length.iterations(per_epoch);
    let rates: Vec<f64> =
        (0..iterations).map(|iteration| experiment.recipe.learning_rate_at(iteration, per_epoch)).collect();
    let subtitle = format!(
        "{}: {schedule}\nrate {learning_rate}, {length}, {per_epoch} iterations an epoch",
        experiment.title()
    );
    let drawing = drawing(arguments)?;
    let heading = Heading::new("Learning rate over training", subtitle).with_look(drawing.look);
    let figure = schedule_figure(&heading, &rates, per_epoch)?;
    let base = training.output.as_deref().unwrap_or(Path::new("schedule"));
    write_beside(base, &figure, &drawing)?;
    write_and_print(base, &figure)
}

/// From MODEL DATASET, or from an experiment file, or from a run's.
fn experiment(given: &[PathBuf]) -> Result<Experiment, Failure> {
    match given {
        [file] => {
            let path = if file.is_dir() { file.join("experiment.toml") } else { file.clone() };
            Experiment::read(&path).map_err(Failure::bad_input)
        }
        [model, dataset] => {
            let model: ModelInfo =
                lth_model::find_model(&model.to_string_lossy()).map_err(Failure::bad_input)?;
            let dataset = dataset.to_string_lossy();
            let known = EXAMPLES.iter().find(|(name, _)| name.replace('-', "") == dataset.replace('-', ""));
            let dataset = match known {
                Some((name, _)) => (*name).to_owned(),
                None => lth_data::DatasetName::parse(&dataset).map_err(Failure::bad_input)?.to_string(),
            };
            Ok(Experiment::new(&model.name, &dataset))
        }
        _ => Err(Failure::input(
            format!("--schedule draws one training, and {} things are given", given.len()),
            "use lth plot --schedule MODEL DATASET, or lth plot --schedule FILE.toml",
        )),
    }
}

/// How many examples are trained on: without those held out.
fn training_examples(training: &ScheduledTraining, experiment: &Experiment) -> Result<usize, Failure> {
    let known = EXAMPLES.iter().find(|(name, _)| *name == experiment.dataset);
    let all = match (&training.training_examples, known) {
        (Some(text), _) => positive("number of training examples", text, "--training-examples 50000")?,
        (None, Some((_, examples))) => *examples,
        (None, None) => {
            return Err(Failure::input(
                format!("how many examples '{}' has is not known", experiment.dataset),
                "give for example --training-examples 50000",
            ));
        }
    };
    match all.checked_sub(experiment.validation_size) {
        Some(examples) if examples > 0 => Ok(examples),
        _ => Err(Failure::input(
            format!("all of {all} training examples are held out for validation"),
            format!("give more than {} --training-examples", experiment.validation_size),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_out_examples_are_not_trained_on() {
        let mut experiment = Experiment::new("resnet-20", "cifar-10");
        let examples = |training: &ScheduledTraining, experiment: &Experiment| {
            training_examples(training, experiment).ok()
        };
        let mut training = ScheduledTraining::default();
        assert_eq!(examples(&training, &experiment), Some(45_000));
        experiment.dataset = "image-folder:photos".to_owned();
        assert_eq!(examples(&training, &experiment), None);
        training.training_examples = Some("5000".to_owned());
        assert_eq!(examples(&training, &experiment), None);
        training.training_examples = Some("5001".to_owned());
        assert_eq!(examples(&training, &experiment), Some(1));
    }
}
