//! `lth train`.

use std::{fmt::Write as _, path::Path};

use lth_cpu::CpuEngine;
use lth_data::validation_split;
use lth_lab::{Experiment, write_file};
use lth_model::{Engine, Recipe, TensorFile};
use lth_ticket::{MetricRow, Outcome, Split, Trained, TrainingData, TrainingJob, train};

use crate::{
    arguments::{CommonArguments, TrainArguments},
    failure::Failure,
    interrupt,
    output::{Messages, print},
    progress::TrainingDisplay,
    settings::{self, DataSource, Start, positive, whole},
    table::percent,
};

/// Trains one network.
pub(crate) fn run(
    arguments: &TrainArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let model = settings::model(&arguments.data.model, &arguments.model)?;
    let name = settings::dataset_name(&arguments.data)?;
    let view = settings::view(&arguments.data.view)?;
    let defaults = Experiment::new(&model.name, &name);
    let mut recipe = defaults.recipe;
    settings::apply_recipe(&arguments.recipe, &mut recipe)?;
    let validation_size = match &arguments.recipe.validation {
        Some(text) => whole("validation size", text, "--validation 5000")?,
        None => defaults.validation_size,
    };
    let evaluate_every = match &arguments.recipe.evaluate_every {
        Some(text) => positive("number of iterations between evaluations", text, "--evaluate-every 100")?,
        None => defaults.evaluate_every,
    };
    let normalization = match &arguments.recipe.normalization {
        Some(name) => settings::normalization(name)?,
        None => defaults.normalization,
    };
    let source = DataSource::of(&arguments.data);
    let dataset = settings::load(&name, normalization, &view, source, messages)?;
    let architecture = settings::network(&model, &dataset)?;
    let start = Start::of(&arguments.start, arguments.recipe.seed.as_deref(), &architecture, &recipe)?;
    if let Some(path) = &arguments.save_weights {
        check_place(path)?;
    }
    let (train_indices, validation) =
        validation_split(dataset.train.len(), validation_size, start.seed).map_err(Failure::bad_input)?;
    let data = TrainingData {
        train: dataset.train,
        train_indices,
        validation,
        test_indices: (0..dataset.test.len() as u32).collect(),
        test: dataset.test,
    };

    let engine = CpuEngine::new().with_threads(settings::threads(arguments.threads.as_deref())?);
    let density = architecture.density(&start.masks);
    messages.info(&format!(
        "{} on {}: {}, density {} %, {}",
        model.name,
        dataset.name,
        recipe.length,
        percent(density.get(), 2),
        engine.name()
    ));
    let job = TrainingJob {
        architecture: &architecture,
        recipe: &recipe,
        data: &data,
        weights: &start.weights,
        masks: &start.masks,
        seed: start.seed,
        start: start.iteration,
        order: start.order,
        optimizer: start.optimizer.as_ref(),
        evaluate_every,
        snapshots: Vec::new(),
    };
    let mut display = TrainingDisplay::new(common, messages, interrupt::flag()?);
    let outcome = train(&engine, &job, None, &mut display);
    display.finish();
    match outcome.map_err(Failure::bad_input)? {
        Outcome::Finished(trained) => {
            if let Some(path) = &arguments.save_weights {
                save(path, &trained, &start, &dataset.name, &recipe, &model.name)?;
                messages.info(&format!("weights saved to {}", path.display()));
            }
            print(&history_csv(&trained.history))?;
            report(&trained, start.iteration, messages);
            Ok(())
        }
        Outcome::Stopped(checkpoint) => {
            messages.info(&format!(
                "stopped at iteration {}; a training that is no run leaves nothing behind, run it again with\n  {}",
                checkpoint.iteration,
                interrupt::this_command()
            ));
            Err(Failure::Interrupted)
        }
        Outcome::Diverged { iteration } => Err(Failure::work(
            format!("the loss is not a finite number any more at iteration {iteration}"),
            "use a lower learning rate",
        )),
    }
}

/// Refuses a file that could not be written in the end, before the training.
fn check_place(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || !folder.is_dir() {
        return Err(Failure::input(
            format!("cannot write '{}': its folder does not exist, or it is a folder itself", path.display()),
            "give --save-weights a file in a folder that exists",
        ));
    }
    Ok(())
}

fn save(
    path: &Path,
    trained: &Trained,
    start: &Start,
    dataset: &str,
    recipe: &Recipe,
    model: &str,
) -> Result<(), Failure> {
    let mut file =
        TensorFile { tensors: trained.weights.clone(), masks: start.masks.clone(), ..TensorFile::default() };
    let metadata = [
        ("kind", "trained".to_owned()),
        ("created-by", concat!("lth ", env!("CARGO_PKG_VERSION")).to_owned()),
        ("model", model.to_owned()),
        ("data", dataset.to_owned()),
        ("seed", start.seed.to_string()),
        ("length", recipe.length.to_string()),
    ];
    file.metadata.extend(metadata.map(|(key, value)| (key.to_owned(), value)));
    write_file(path, &file.to_bytes()).map_err(Failure::failed_work)
}

/// One row an evaluation, one column a split and figure.
fn history_csv(history: &[MetricRow]) -> String {
    let splits = [Split::Train, Split::Validation, Split::Test];
    let mut text = String::from("iteration");
    for split in splits {
        let _ = write!(text, ",{split}_loss,{split}_accuracy");
    }
    text.push('\n');
    for rows in history.chunk_by(|left, right| left.iteration == right.iteration) {
        let _ = write!(text, "{}", rows[0].iteration);
        for split in splits {
            match rows.iter().find(|row| row.split == split) {
                Some(row) => drop(write!(text, ",{},{}", row.loss, row.accuracy)),
                None => text.push_str(",,"),
            }
        }
        text.push('\n');
    }
    text
}

fn report(trained: &Trained, start: u64, messages: &Messages) {
    if let Some(stop) = lth_ticket::early_stop(&trained.history).filter(|stop| stop.validation_loss.is_some())
    {
        messages.info(&format!(
            "early stop at iteration {}: test accuracy {} %",
            stop.iteration,
            percent(stop.test_accuracy, 2)
        ));
    }
    if let Some(end) = lth_ticket::at_end(&trained.history) {
        messages.info(&format!(
            "end at iteration {}: test accuracy {} %, training accuracy {} %, {:.1} s, {:.0} steps/s",
            end.iteration,
            percent(end.test_accuracy, 2),
            percent(trained.train.accuracy(), 2),
            trained.seconds,
            (end.iteration - start.min(end.iteration)) as f64 / trained.seconds.max(1e-9)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_has_a_column_for_each_split() {
        let row = |iteration, split, loss| MetricRow { iteration, split, loss, accuracy: 0.5 };
        let history =
            [row(100, Split::Train, 0.25), row(100, Split::Test, 0.5), row(200, Split::Validation, 1.0)];
        assert_eq!(
            history_csv(&history),
            "iteration,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy\n\
             100,0.25,0.5,,,0.5,0.5\n\
             200,,,1,0.5,,\n"
        );
    }
}
