//! The tables of an `experiment.toml`, in which nearly everything may be left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use lth_data::{DatasetView, NormalizationMethod};
use lth_model::{Augmentation, BiasInit, Density, InitScheme, Optimizer, Rate, Recipe, Schedule, Seed, Step};
use lth_ticket::{Allocation, DataOrder, GRASP_TEMPERATURE, Scope};
use serde::Deserialize;

use super::{EarlyBirdSettings, Experiment, Keep, MaskUpdateSettings, Pruning, PruningSchedule, Retraining};
use crate::ControlKind;

/// The file as it may be written by hand: all but model and data set may be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExperimentFile {
    pub(super) format: Option<u64>,
    model: String,
    network_fingerprint: Option<String>,
    dataset: String,
    data_folder: Option<PathBuf>,
    dataset_fingerprint: Option<String>,
    start: Option<String>,
    initial_weights: Option<String>,
    rounds: Option<u32>,
    replicates: Option<u32>,
    first_seed: Option<Seed>,
    keep: Option<Keep>,
    validation_size: Option<usize>,
    evaluate_every: Option<u64>,
    order: Option<DataOrder>,
    normalization: Option<NormalizationMethod>,
    view: Option<DatasetView>,
    controls: Option<Vec<ControlKind>>,
    mask_runs: Option<Vec<PathBuf>>,
    pruning: Option<PruningTable>,
    recipe: Option<RecipeTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PruningTable {
    schedule: Option<PruningSchedule>,
    criterion: Option<String>,
    scope: Option<Scope>,
    linear_rate: Option<Rate>,
    conv_rate: Option<Rate>,
    output_rate: Option<Rate>,
    rewind: Option<Step>,
    keep_optimizer_state: Option<bool>,
    excluded_layers: Option<BTreeSet<String>>,
    mask1_action: Option<String>,
    mask0_action: Option<String>,
    inverted_scores: Option<bool>,
    retraining: Option<Retraining>,
    densities: Option<Vec<Density>>,
    allocation: Option<Allocation>,
    steps: Option<u64>,
    grasp_temperature: Option<f32>,
    updates: Option<MaskUpdateSettings>,
    early_bird: Option<EarlyBirdSettings>,
    layer_rates: Option<BTreeMap<String, Rate>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeTable {
    batch_size: Option<usize>,
    length: Option<Step>,
    learning_rate: Option<f32>,
    optimizer: Option<Optimizer>,
    schedule: Option<Schedule>,
    label_smoothing: Option<f32>,
    gradient_clip: Option<f32>,
    augmentation: Option<Augmentation>,
    init: Option<InitScheme>,
    bias_init: Option<BiasInit>,
}

impl ExperimentFile {
    /// The experiment, with defaults for what is left out.
    pub(super) fn resolve(self) -> Experiment {
        let default = Experiment::new(&self.model, &self.dataset);
        Experiment {
            model: self.model,
            network_fingerprint: self.network_fingerprint,
            dataset: default.dataset,
            data_folder: self.data_folder.or(default.data_folder),
            dataset_fingerprint: self.dataset_fingerprint,
            start: self.start,
            initial_weights: self.initial_weights,
            rounds: self.rounds.unwrap_or(default.rounds),
            replicates: self.replicates.unwrap_or(default.replicates),
            first_seed: self.first_seed.unwrap_or(default.first_seed),
            keep: self.keep.unwrap_or(default.keep),
            validation_size: self.validation_size.unwrap_or(default.validation_size),
            evaluate_every: self.evaluate_every.unwrap_or(default.evaluate_every),
            order: self.order.unwrap_or(default.order),
            normalization: self.normalization.unwrap_or(default.normalization),
            view: self.view.unwrap_or_default(),
            controls: self.controls.unwrap_or(default.controls),
            mask_runs: self.mask_runs.unwrap_or_default(),
            pruning: match self.pruning {
                Some(table) => table.resolve(default.pruning),
                None => default.pruning,
            },
            recipe: match self.recipe {
                Some(table) => table.resolve(default.recipe),
                None => default.recipe,
            },
        }
    }
}

impl PruningTable {
    fn resolve(self, default: Pruning) -> Pruning {
        Pruning {
            schedule: self.schedule.unwrap_or(default.schedule),
            criterion: self.criterion.unwrap_or(default.criterion),
            scope: self.scope.unwrap_or(default.scope),
            linear_rate: self.linear_rate.unwrap_or(default.linear_rate),
            conv_rate: self.conv_rate.unwrap_or(default.conv_rate),
            output_rate: self.output_rate.unwrap_or(default.output_rate),
            rewind: self.rewind.unwrap_or(default.rewind),
            keep_optimizer_state: self.keep_optimizer_state.unwrap_or(default.keep_optimizer_state),
            excluded_layers: self.excluded_layers.unwrap_or(default.excluded_layers),
            mask1_action: self.mask1_action.unwrap_or(default.mask1_action),
            mask0_action: self.mask0_action.unwrap_or(default.mask0_action),
            inverted_scores: self.inverted_scores.unwrap_or(default.inverted_scores),
            retraining: self.retraining.unwrap_or(default.retraining),
            densities: self.densities.unwrap_or(default.densities),
            allocation: self.allocation.or(default.allocation),
            steps: self.steps.or(default.steps),
            grasp_temperature: self.grasp_temperature.filter(|&given| f64::from(given) != GRASP_TEMPERATURE),
            updates: self.updates.or(default.updates),
            early_bird: self.early_bird.or(default.early_bird),
            layer_rates: self.layer_rates.unwrap_or(default.layer_rates),
        }
    }
}

impl RecipeTable {
    fn resolve(self, default: Recipe) -> Recipe {
        Recipe {
            batch_size: self.batch_size.unwrap_or(default.batch_size),
            length: self.length.unwrap_or(default.length),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            optimizer: self.optimizer.unwrap_or(default.optimizer),
            schedule: self.schedule.unwrap_or(default.schedule),
            label_smoothing: self.label_smoothing.unwrap_or(default.label_smoothing),
            gradient_clip: self.gradient_clip.or(default.gradient_clip),
            augmentation: self.augmentation.unwrap_or(default.augmentation),
            init: self.init.unwrap_or(default.init),
            bias_init: self.bias_init.unwrap_or(default.bias_init),
        }
    }
}
