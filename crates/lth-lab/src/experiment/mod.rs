//! One experiment, resolved: every setting that decides what a run finds.

mod check;
mod defaults;
mod differences;
mod file;
mod file_tables;
mod identity;
mod keep;
mod title;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, iter,
    path::{Path, PathBuf},
    str::FromStr,
};

use lth_data::{DatasetName, DatasetView, NormalizationMethod};
use lth_model::{Architecture, Density, ParseError, Rate, Recipe, Schedule, Seed, Step};
use lth_ticket::{Allocation, DataOrder, PruningError, PruningRates, Scope, density_ladder};
use serde::{Deserialize, Serialize};

use crate::{ControlKind, LabError, Layout, Variant};

pub(crate) use check::MOST_TRAININGS;
pub use check::check_memory;
pub use differences::{DifferingSetting, differing_settings};
pub use file::FORMAT;
pub(crate) use file::commented_settings;
pub use keep::{Keep, KeepEstimate};
pub use title::{data_name, short_name};

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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Experiment {
    /// The model's name.
    pub model: String,
    /// The fingerprint of a network of the user's own (`custom:FILE`), whose file may change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_fingerprint: Option<String>,
    /// The data set's name; of a folder of images its label, `image-folder:photos`.
    pub dataset: String,
    /// Where a folder of images was read last. Its images are told by `dataset_fingerprint`, wherever they lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_folder: Option<PathBuf>,
    /// The fingerprint of the data, when they are not the published ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_fingerprint: Option<String>,
    /// A plain training (`lth train`) says here what it starts from: `initialization`, or the hash of what was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The hash of the weights that the run begins with instead of fresh ones: a network that was trained on something else before.
    #[serde(skip_serializing_if = "Option::is_none")]
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mask_runs: Vec<PathBuf>,
    /// Which part of the data set is used, and what is changed in it.
    #[serde(skip_serializing_if = "DatasetView::is_whole")]
    pub view: DatasetView,
    /// How weights are pruned and what tickets restart from.
    pub pruning: Pruning,
    /// How networks are trained.
    pub recipe: Recipe,
}

/// How weights are pruned and what tickets restart from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pruning {
    /// Whether each round prunes the last round's network or all prune the dense one.
    pub schedule: PruningSchedule,
    /// The name of the scores that decide what is kept: of a criterion, or of a method of pruning before training.
    pub criterion: String,
    /// Whether weights compete within a layer or with all others.
    pub scope: Scope,
    /// The fraction of a layer's live weights that a round prunes; in the global scope, that of all weights together.
    pub linear_rate: Rate,
    /// The same, of convolutions; not used in the global scope.
    pub conv_rate: Rate,
    /// The same, of the output layer; not used in the global scope.
    pub output_rate: Rate,
    /// Where in training the weights are taken that tickets restart from.
    pub rewind: Step,
    /// Whether the optimiser's memory is rewound with the weights; otherwise it starts fresh.
    pub keep_optimizer_state: bool,
    /// Layers that are never pruned, by name; their weights count in density all the same.
    pub excluded_layers: BTreeSet<String>,
    /// What kept weights restart from; the name of a mask-1 action.
    pub mask1_action: String,
    /// What pruned weights are in training; the name of a mask-0 action.
    pub mask0_action: String,
    /// Whether scores are inverted, so that the highest are pruned: a sanity check.
    pub inverted_scores: bool,
    /// How tickets are trained after pruning.
    pub retraining: Retraining,
    /// The densities of rounds 1, 2, ...; where there are none, those that the rates lead to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub densities: Vec<Density>,
    /// How a density is spread over layers before training; where it is not said, by the scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Allocation>,
    /// In how many steps a network is pruned before training; where it is not said, the method's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// What GraSP divides logits by; where it is not said, the authors' 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grasp_temperature: Option<f32>,
    /// How masks change during training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updates: Option<MaskUpdateSettings>,
    /// When a mask counts as calm, in early-bird pruning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_bird: Option<EarlyBirdSettings>,
    /// Rates of single layers, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub layer_rates: BTreeMap<String, Rate>,
}

/// Which trained network a round's mask is cut from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PruningSchedule {
    /// The network of the round before (iterative magnitude pruning).
    Iterative,
    /// The dense network of round 0, at once to the density that the round would have in iterative pruning.
    OneShot,
    /// None: the untrained one is pruned, scored by a method of pruning before training.
    BeforeTraining,
    /// None: masks change while the round trains, by a method of pruning during training.
    DuringTraining,
    /// The dense network of the epoch at which its mask stops changing.
    EarlyBird,
}

/// When the mask of a young network counts as calm (You et al. 2020).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyBirdSettings {
    /// The masks of so many epochs are looked at.
    pub window: u32,
    /// The newest is no further from any other: the fraction of weights that they do not agree on.
    pub threshold: f64,
}

impl Default for EarlyBirdSettings {
    /// The paper's: five masks, 0.1.
    fn default() -> Self {
        Self { window: 5, threshold: 0.1 }
    }
}

/// When masks change during training, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskUpdateSettings {
    /// Iterations from one change to the next.
    pub every: u64,
    /// The part of the training after which masks stay.
    pub end: Rate,
    /// The fraction of a layer's weights that the first change replaces; not used in gradual pruning.
    pub drop_fraction: Rate,
}

impl Default for MaskUpdateSettings {
    /// Every 100 iterations over three quarters of the training, 30 % at first (Evci et al. 2020).
    fn default() -> Self {
        let rate = |value| Rate::new(value).expect("it is between 0 and 1");
        Self { every: 100, end: rate(0.75), drop_fraction: rate(0.3) }
    }
}

/// How tickets are trained after pruning (Renda et al. 2020). The rewind point is where the schedule goes on in all of them:
/// with a training of T iterations and a rewind to T - t, tickets are trained for t.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retraining {
    /// Weights and schedule are rewound.
    #[default]
    WeightRewinding,
    /// Weights stay as they were trained, the schedule is rewound.
    LearningRateRewinding,
    /// Weights stay as they were trained, the learning rate is the last of the schedule throughout.
    FineTuning,
}

impl Retraining {
    /// Every way, with its name.
    pub const ALL: [(&'static str, Self); 3] = [
        ("weight-rewinding", Self::WeightRewinding),
        ("learning-rate-rewinding", Self::LearningRateRewinding),
        ("fine-tuning", Self::FineTuning),
    ];
}

impl fmt::Display for Retraining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.into_iter().find(|(_, way)| way == self).map_or("", |(name, _)| name);
        f.pad(name)
    }
}

impl FromStr for Retraining {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, way)| way).ok_or_else(|| ParseError {
            what: "way of retraining",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: "one of weight-rewinding, learning-rate-rewinding, fine-tuning".to_owned(),
        })
    }
}

impl Experiment {
    /// The papers' settings for a model on a data set, both by their canonical names: mostly those of Frankle and Carbin
    /// (2019, Figure 2 and Appendices G to I), by family of models. Of `image-folder:PATH` the path becomes
    /// [`Experiment::data_folder`].
    pub fn new(model: &str, dataset: &str) -> Self {
        let parsed = DatasetName::parse(dataset).ok();
        Self {
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
        let repair = if self.start.is_some() {
            "the command that made the folder, run again,".to_owned()
        } else {
            let output = layout.root().parent().filter(|parent| !parent.as_os_str().is_empty());
            format!(
                "lth run {} --output-path {}{}",
                layout.experiment().display(),
                output.unwrap_or(Path::new(".")).display(),
                if self.dataset_fingerprint.is_some() { " --data-folder FOLDER" } else { "" },
            )
        };
        Err(LabError::Missing { path: path.to_owned(), repair })
    }

    /// The seed of a replicate.
    pub fn seed(&self, replicate: u32) -> Seed {
        Seed(self.first_seed.0.wrapping_add(u64::from(replicate)))
    }

    /// What is trained in each round: the ticket, then the controls. Round 0 is dense and has no controls.
    pub fn variants(&self) -> impl Iterator<Item = Variant> + '_ {
        iter::once(Variant::Ticket).chain(self.controls.iter().copied().map(Variant::Control))
    }

    /// The density of a round: as it was asked for, or what the rates lead to.
    ///
    /// # Errors
    /// When rates name layers that do not exist.
    pub fn density_of(&self, round: u32, architecture: &Architecture) -> Result<Density, PruningError> {
        if let Some(density) = (round as usize).checked_sub(1).and_then(|at| self.pruning.densities.get(at)) {
            return Ok(*density);
        }
        let ladder = density_ladder(architecture, self.pruning.scope, &self.rates(), round.into())?;
        Ok(ladder[round as usize])
    }

    /// The recipe of tickets after pruning: in fine-tuning the last learning rate throughout.
    pub fn retraining_recipe(&self, per_epoch: u64) -> Recipe {
        match self.pruning.retraining {
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
            linear: self.pruning.linear_rate,
            conv: self.pruning.conv_rate,
            output: self.pruning.output_rate,
            layers: self.pruning.layer_rates.clone(),
            excluded: self.pruning.excluded_layers.clone(),
        }
    }
}
