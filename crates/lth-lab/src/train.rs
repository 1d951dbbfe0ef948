//! `lth train` in a run folder: one training, resumable like a round.

use std::path::Path;

use lth_model::{Masks, OptimizerState, Pruned, Tensors};

use crate::{
    Experiment, LabError, RunReport, Variant, Workbench, atomic::write_file, find::run_experiment,
    iterations_per_epoch, read_file, tasks::hash_of_start,
};

/// What the start of a plain training is called when it is the recipe's initialisation.
const INITIALIZATION: &str = "initialization";

/// Weights and masks that a training starts from instead of fresh ones.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenStart {
    /// Weights and biases.
    pub weights: Tensors,
    /// Which weights are kept; a weight without a mask is dense.
    pub masks: Masks,
    /// The optimiser's memory; `None` for fresh memory.
    pub optimizer: Option<OptimizerState>,
    /// The iteration of the weights: the schedule and the data order go on from there.
    pub iteration: u64,
}

impl GivenStart {
    /// Checks that the training has something left to do.
    ///
    /// # Errors
    /// [`LabError::Setting`] when it starts where it ends.
    pub fn check(&self, experiment: &Experiment, training_examples: usize) -> Result<(), LabError> {
        let length = experiment.recipe.length;
        let per_epoch = iterations_per_epoch(experiment, training_examples);
        if self.iteration < length.iterations(per_epoch) {
            return Ok(());
        }
        Err(LabError::Setting {
            setting: "recipe.length",
            value: length.to_string(),
            reason: format!("the training starts at iteration {}", self.iteration),
            hint: "give a --length beyond that, for example 50ep".to_owned(),
        })
    }

    /// BLAKE3 of everything that it holds.
    fn hash(&self) -> String {
        let Self { weights, masks, optimizer, iteration } = self;
        hash_of_start(weights, masks, Pruned::Zero, optimizer.as_ref(), *iteration)
    }
}

/// The hash by which [`Experiment::initial_weights`] knows them.
pub fn initial_weights_hash(weights: &Tensors) -> String {
    as_initialization(weights).hash()
}

pub(crate) fn as_initialization(weights: &Tensors) -> GivenStart {
    GivenStart { weights: weights.clone(), masks: Masks::new(), optimizer: None, iteration: 0 }
}

/// As [`crate::find_winning_ticket`], with a network that was trained on something else as the initialisation of every replicate
/// (Frankle et al. 2019: pretraining). Tensors that are not given, those of an output layer of other classes, are
/// drawn as usual. The experiment is of these weights by its [`Experiment::initial_weights`], which is set here.
///
/// # Errors
/// As [`crate::find_winning_ticket`].
pub fn find_winning_ticket_from(
    experiment: &Experiment,
    weights: &Tensors,
    bench: &Workbench<'_>,
) -> Result<RunReport, LabError> {
    let given = as_initialization(weights);
    let experiment = Experiment { initial_weights: Some(given.hash()), ..experiment.clone() };
    run_experiment(&experiment, bench, Some(&given))
}

/// The experiment that [`train_one`] makes of another: one round of one replicate, whose trained weights stay, and what it
/// starts from. Its [`Experiment::folder_name`] is the folder.
#[must_use]
pub fn plain_training(experiment: &Experiment, start: Option<&GivenStart>) -> Experiment {
    Experiment {
        start: Some(start.map_or_else(|| INITIALIZATION.to_owned(), GivenStart::hash)),
        rounds: 1,
        replicates: 1,
        controls: Vec::new(),
        keep: crate::Keep::All,
        ..experiment.clone()
    }
}

/// Trains one network in a run folder of its own, or continues to; the same command again finds it finished.
///
/// Of the experiment, model, data, recipe, seed, validation and order count; rounds, replicates, controls and the keep
/// policy are set here: one round, whose trained weights stay. They are also written to `save_weights`, if that is given.
///
/// # Errors
/// As [`crate::find_winning_ticket`]; also when `save_weights` cannot be written.
pub fn train_one(
    experiment: &Experiment,
    start: Option<&GivenStart>,
    save_weights: Option<&Path>,
    bench: &Workbench<'_>,
) -> Result<RunReport, LabError> {
    let experiment = plain_training(experiment, start);
    let report = run_experiment(&experiment, bench, start)?;
    if let Some(target) = save_weights
        && report.results.is_complete()
    {
        let path = report.results.layout.trained(0, Variant::Ticket, 0);
        let bytes = read_file(&path)?;
        write_file(target, &bytes)?;
    }
    Ok(report)
}
