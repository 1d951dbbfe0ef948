//! One experiment, resolved: every setting that decides what a run finds.

mod check;
mod defaults;
mod differences;
mod file;
mod identity;
mod keep;
mod procedure;
mod schema;
mod setting;
mod table;
mod title;
mod value;

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    path::{Path, PathBuf},
};

use lth_data::{DatasetName, DatasetView, NormalizationMethod};
use lth_model::{Architecture, Density, Pruned, Rate, Recipe, Schedule, Seed};
use lth_ticket::{
    DataOrder, Mask0Action, PruningError, PruningRates, Scope, density_ladder, find_mask0_action,
};

use crate::{ControlKind, LabError, Layout, Stage, Variant};

pub(crate) use check::MOST_TRAININGS;
pub use check::check_memory;
pub use differences::{DifferingSetting, differing_settings};
pub use file::FORMAT;
pub(crate) use file::{SettingsFile, read as read_value};
pub use keep::{Keep, KeepEstimate};
pub use procedure::{AtInit, Dynamic, EarlyBird, MaskUpdates, OfTrained, Procedure, Retraining};
pub use schema::schema;
pub use setting::{Flag, Gives, Group, Kind, Role, Setting};
pub use table::{find_setting, settings};
pub use title::{data_name, short_name};
pub use value::{Refusal, Value};

/// Everything resolved of one run of `lth find-winning-ticket`.
///
/// `rounds = 20` means 20 train-prune cycles: rounds 00 (dense) to 19 are trained, and the pruning of the last writes the
/// ticket of round 20, from which a longer run continues. Replicate r uses the seed `first_seed + r`.
///
/// ```
/// use lth_lab::Experiment;
/// let mut experiment = Experiment::new("lenet-300-100", "mnist");
/// assert_eq!(experiment.folder_name(), "lenet-300-100-mnist-default");
/// experiment.replicates = 5; // extends a run, makes no other
/// assert_eq!(experiment.folder_name(), "lenet-300-100-mnist-default");
/// experiment.recipe.batch_size = 100;
/// assert_ne!(experiment.folder_name(), "lenet-300-100-mnist-default");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// What the user calls the run.
    pub name: Option<String>,
    /// What the user marks the run with.
    pub tags: BTreeSet<String>,
    /// The model's name.
    pub model: String,
    /// The fingerprint of a network of the user's own (`custom:FILE`), whose file may change.
    pub network_fingerprint: Option<String>,
    /// The data set's name; of a folder of images its label, `image-folder:photos`.
    pub dataset: String,
    /// Where a folder of images was read last. Its images are told by `dataset_fingerprint`, wherever they lie.
    pub data_folder: Option<PathBuf>,
    /// The fingerprint of the data, when they are not the published ones.
    pub dataset_fingerprint: Option<String>,
    /// A plain training (`lth train`) says here what it starts from: `initialization`, or the hash of what was given.
    pub start: Option<String>,
    /// The hash of the weights that the run begins with instead of fresh ones: a network that was trained on something else before.
    pub initial_weights: Option<String>,
    /// How many train-prune cycles; may grow later.
    pub rounds: u32,
    /// How many times, each under another seed; may grow later.
    pub replicates: u32,
    /// The seed of replicate 0.
    pub first_seed: Seed,
    /// Which trained weights stay on disk; may change later.
    pub keep: Keep,
    /// Training examples held out for validation.
    pub validation_size: usize,
    /// Iterations between evaluations.
    pub evaluate_every: u64,
    /// In which order the examples of an epoch come.
    pub order: DataOrder,
    /// How the bytes of images become numbers.
    pub normalization: NormalizationMethod,
    /// Trainings that each ticket is compared with.
    pub controls: Vec<ControlKind>,
    /// Runs, or ticket files, whose masks the control `other-run-mask` takes, one a draw.
    pub mask_runs: Vec<PathBuf>,
    /// Which part of the data set is used, and what is changed in it.
    pub view: DatasetView,
    /// How weights are pruned and what tickets restart from.
    pub pruning: Pruning,
    /// How networks are trained.
    pub recipe: Recipe,
}

/// How weights are pruned and what tickets restart from.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruning {
    /// Which network each round's mask is cut from.
    pub procedure: Procedure,
    /// Whether weights compete within a layer or with all others.
    pub scope: Scope,
    /// The fraction of a layer's live weights that a round prunes; in the global scope, that of all weights together.
    pub rate: Rate,
    /// The same, of convolutions; not used in the global scope.
    pub conv_rate: Rate,
    /// The same, of the output layer; not used in the global scope.
    pub output_rate: Rate,
    /// Rates of single layers, by name.
    pub layer_rates: BTreeMap<String, Rate>,
    /// Layers that are never pruned, by name; their weights count in density all the same.
    pub excluded_layers: BTreeSet<String>,
    /// What kept weights restart from; the name of a mask-1 action.
    pub mask1_action: String,
    /// What pruned weights are in training; the name of a mask-0 action.
    pub mask0_action: String,
    /// Whether scores are inverted, so that the highest are pruned: a sanity check.
    pub inverted_scores: bool,
}

impl Pruning {
    /// What pruned weights are in training: what the mask-0 action, which was checked, makes them.
    pub(crate) fn pruned(&self) -> Pruned {
        let freezes = find_mask0_action(&self.mask0_action).is_ok_and(Mask0Action::freezes);
        if freezes { Pruned::Frozen } else { Pruned::Zero }
    }
}

impl Experiment {
    /// The papers' settings for a model on a data set, both by their canonical names: mostly those of Frankle and Carbin
    /// (2019, Figure 2 and Appendices G to I), by family of models. Of `image-folder:PATH` the path becomes
    /// [`Experiment::data_folder`].
    pub fn new(model: &str, dataset: &str) -> Self {
        let parsed = DatasetName::parse(dataset).ok();
        Self {
            name: None,
            tags: BTreeSet::new(),
            model: model.to_owned(),
            network_fingerprint: None,
            dataset: parsed.as_ref().map_or_else(|| dataset.to_owned(), DatasetName::label),
            data_folder: parsed.as_ref().and_then(DatasetName::folder).map(Path::to_owned),
            dataset_fingerprint: None,
            start: None,
            initial_weights: None,
            rounds: 20,
            replicates: 1,
            first_seed: Seed(0),
            keep: Keep::Tickets,
            validation_size: 5_000,
            evaluate_every: 100,
            order: DataOrder::Shuffled,
            normalization: defaults::normalization(dataset),
            view: DatasetView::default(),
            controls: Vec::new(),
            mask_runs: Vec::new(),
            pruning: defaults::pruning(model),
            recipe: defaults::recipe(model, dataset),
        }
    }

    /// Finds that a file of this experiment's folder is not there.
    ///
    /// # Errors
    /// [`LabError::Missing`], with the command that makes it again.
    pub(crate) fn there(&self, layout: &Layout, path: &Path) -> Result<(), LabError> {
        if path.exists() {
            return Ok(());
        }
        let command = self.command_again(layout);
        let repair = command.unwrap_or_else(|| "the command that made the folder, run again,".to_owned());
        Err(LabError::Missing { path: path.to_owned(), repair })
    }

    /// Whether its settings alone say what is done, so that `lth run` repeats it elsewhere: not where it begins with weights or masks of a
    /// file, and not of a supermask.
    pub fn is_all_in_its_file(&self) -> bool {
        self.start.is_none() && self.initial_weights.is_none()
    }

    /// The command that does again what is not there of this experiment's folder; `None` where the settings alone do not say it.
    pub(crate) fn command_again(&self, layout: &Layout) -> Option<String> {
        let root = layout.root();
        let output = match root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => parent.to_owned(),
            None if root.file_name().is_some() => PathBuf::from("."),
            // The folder that one is in.
            None => root.join(".."),
        };
        self.start.is_none().then(|| {
            format!(
                "lth run {} --output-path {}{}",
                layout.experiment().display(),
                output.display(),
                if self.dataset_fingerprint.is_some() { " --data-folder FOLDER" } else { "" },
            )
        })
    }

    /// The seed of a replicate.
    pub fn seed(&self, replicate: u32) -> Seed {
        Seed(self.first_seed.0.wrapping_add(u64::from(replicate)))
    }

    /// What is trained in each round: the ticket, then the controls. Round 0 is dense and has no controls.
    pub fn variants(&self) -> impl Iterator<Item = Variant> + '_ {
        iter::once(Variant::Ticket).chain(self.controls.iter().copied().map(Variant::Control))
    }

    /// Its trainings, by replicate, then variant, then round.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Stage> {
        let rounds =
            |replicate, variant| (0..self.rounds).map(move |round| Stage { replicate, variant, round });
        (0..self.replicates)
            .flat_map(move |replicate| self.variants().flat_map(move |variant| rounds(replicate, variant)))
    }

    /// The trainings of it that are finished in its folder.
    pub(crate) fn finished_stages(&self, layout: &Layout) -> impl Iterator<Item = Stage> {
        self.stages().filter(|stage| layout.is_finished(*stage))
    }

    /// The density of a round: as it was asked for, or what the rates lead to.
    ///
    /// # Errors
    /// When rates name layers that do not exist.
    pub fn density_of(&self, round: u32, architecture: &Architecture) -> Result<Density, PruningError> {
        let asked = self.pruning.procedure.densities();
        if let Some(density) = (round as usize).checked_sub(1).and_then(|at| asked.get(at)) {
            return Ok(*density);
        }
        let ladder = density_ladder(architecture, self.pruning.scope, &self.rates(), round.into())?;
        Ok(ladder[round as usize])
    }

    /// The recipe of tickets after pruning: in fine-tuning the last learning rate throughout.
    pub fn retraining_recipe(&self, per_epoch: u64) -> Recipe {
        match self.pruning.procedure.retraining() {
            Retraining::WeightRewinding | Retraining::LearningRateRewinding => self.recipe.clone(),
            Retraining::FineTuning => {
                let last = self.recipe.length.iterations(per_epoch).saturating_sub(1);
                let learning_rate = self.recipe.learning_rate_at(last, per_epoch) as f32;
                Recipe { learning_rate, schedule: Schedule::Constant, ..self.recipe.clone() }
            }
        }
    }

    /// The rates in the form that pruning takes.
    pub fn rates(&self) -> PruningRates {
        PruningRates {
            linear: self.pruning.rate,
            conv: self.pruning.conv_rate,
            output: self.pruning.output_rate,
            layers: self.pruning.layer_rates.clone(),
            excluded: self.pruning.excluded_layers.clone(),
        }
    }
}
