//! How an experiment comes to its tickets: which network each round's mask is cut from, with the settings that only this way has.

use std::{fmt, str::FromStr};

use lth_model::{Density, ParseError, Rate, Step};
use lth_ticket::{Allocation, BeforeTraining, DuringTraining, UnknownName, find_before_training};
use serde::{Deserialize, Serialize};

/// How an experiment comes to its tickets.
#[derive(Debug, Clone, PartialEq)]
pub enum Procedure {
    /// Each round prunes the trained network of the round before (iterative magnitude pruning).
    Iterative(OfTrained),
    /// Each round prunes the trained dense network, at once to its density.
    OneShot(OfTrained, Vec<Density>),
    /// Each round prunes the untrained network to its density.
    AtInit(AtInit),
    /// Masks change while a round trains.
    Dynamic(Dynamic),
    /// Each round prunes the dense network of the epoch at which its mask stops changing.
    EarlyBird(EarlyBird),
}

/// Settings of tickets that are cut from networks which were trained to their end.
#[derive(Debug, Clone, PartialEq)]
pub struct OfTrained {
    /// The name of the scores that decide what is kept.
    pub criterion: String,
    /// Where in training the weights are taken that tickets restart from.
    pub rewind: Step,
    /// Whether the optimiser's memory is rewound with the weights; otherwise it starts fresh.
    pub keep_optimizer_state: bool,
    /// How tickets are trained after pruning.
    pub retraining: Retraining,
}

/// Settings of pruning at initialisation.
#[derive(Debug, Clone, PartialEq)]
pub struct AtInit {
    /// The name of the method ([`lth_ticket::BEFORE_TRAINING`]).
    pub method: String,
    /// The densities of rounds 1, 2, ...; where there are none, those that the rates lead to.
    pub densities: Vec<Density>,
    /// How a density is spread over layers; where it is not said, by the scores.
    pub allocation: Option<Allocation>,
    /// In how many steps the network is pruned; where it is not said, the method's own.
    pub steps: Option<u64>,
    /// What GraSP divides logits by; where it is not said, the authors' 200.
    pub grasp_temperature: Option<f32>,
}

/// Settings of masks that change during training (dynamic sparse training, gradual pruning).
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamic {
    /// How they change.
    pub method: DuringTraining,
    /// The densities of rounds 1, 2, ...; where there are none, those that the rates lead to.
    pub densities: Vec<Density>,
    /// How the first density is spread over layers, where the network begins sparse.
    pub allocation: Option<Allocation>,
    /// When masks change, and how much.
    pub updates: MaskUpdates,
}

/// Settings of early-bird tickets (You et al. 2020).
#[derive(Debug, Clone, PartialEq)]
pub struct EarlyBird {
    /// The name of the scores that decide what is kept.
    pub criterion: String,
    /// The densities of rounds 1, 2, ...; where there are none, those that the rates lead to.
    pub densities: Vec<Density>,
    /// How many epochs' masks are compared.
    pub window: u32,
    /// Largest mask distance (fraction of differing weights) to the masks in the window at which the ticket is drawn.
    pub threshold: f64,
}

/// When masks change during training, and how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaskUpdates {
    /// Iterations from one change to the next.
    pub every: u64,
    /// The part of the training after which masks stay.
    pub end: Rate,
    /// The fraction of a layer's weights that the first change replaces; not used in gradual pruning.
    pub drop_fraction: Rate,
}

impl Default for MaskUpdates {
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

/// The criterion of the papers.
const LARGEST: &str = "large-final";

impl Default for OfTrained {
    fn default() -> Self {
        Self {
            criterion: LARGEST.to_owned(),
            rewind: Step::ZERO,
            keep_optimizer_state: false,
            retraining: Retraining::default(),
        }
    }
}

impl Procedure {
    /// The names of all.
    pub const NAMES: [&'static str; 5] = ["iterative", "one-shot", "at-init", "dynamic", "early-bird"];

    /// Iterative magnitude pruning.
    pub fn iterative() -> Self {
        Self::Iterative(OfTrained::default())
    }

    /// One-shot pruning to the densities that the rates lead to.
    pub fn one_shot() -> Self {
        Self::OneShot(OfTrained::default(), Vec::new())
    }

    /// Pruning at initialisation by the method of this name.
    pub fn at_init(method: &str) -> Self {
        let method = method.to_owned();
        Self::AtInit(AtInit {
            method,
            densities: Vec::new(),
            allocation: None,
            steps: None,
            grasp_temperature: None,
        })
    }

    /// Masks that change during training; a network that begins sparse is spread by ERK.
    pub fn dynamic(method: DuringTraining) -> Self {
        let allocation = method.starts_sparse().then_some(Allocation::Erk);
        Self::Dynamic(Dynamic { method, densities: Vec::new(), allocation, updates: MaskUpdates::default() })
    }

    /// Early-bird tickets, with the paper's window of five masks and distance of 0.1.
    pub fn early_bird() -> Self {
        let (criterion, densities) = (LARGEST.to_owned(), Vec::new());
        Self::EarlyBird(EarlyBird { criterion, densities, window: 5, threshold: 0.1 })
    }

    /// Its name in files and on the command line.
    pub fn name(&self) -> &'static str {
        let place = match self {
            Self::Iterative(_) => 0,
            Self::OneShot(..) => 1,
            Self::AtInit(_) => 2,
            Self::Dynamic(_) => 3,
            Self::EarlyBird(_) => 4,
        };
        Self::NAMES[place]
    }

    /// The procedure of this name, with its defaults.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn by_name(name: &str) -> Result<Self, ParseError> {
        Ok(match name {
            "iterative" => Self::iterative(),
            "one-shot" => Self::one_shot(),
            "at-init" => Self::at_init("synflow"),
            "dynamic" => Self::dynamic(DuringTraining::RigL),
            "early-bird" => Self::early_bird(),
            _ => {
                return Err(ParseError {
                    what: "procedure",
                    value: name.to_owned(),
                    reason: "there is none of this name".to_owned(),
                    hint: format!("one of {}", Self::NAMES.join(", ")),
                });
            }
        })
    }

    /// The name of what decides which weights stay: a criterion, or a method at initialisation or during training.
    pub fn criterion(&self) -> &str {
        match self {
            Self::Iterative(trained) | Self::OneShot(trained, _) => &trained.criterion,
            Self::AtInit(settings) => &settings.method,
            Self::Dynamic(settings) => settings.method.name(),
            Self::EarlyBird(settings) => &settings.criterion,
        }
    }

    /// The settings of tickets that are cut from trained networks, where they are.
    pub fn of_trained(&self) -> Option<&OfTrained> {
        match self {
            Self::Iterative(trained) | Self::OneShot(trained, _) => Some(trained),
            Self::AtInit(_) | Self::Dynamic(_) | Self::EarlyBird(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn of_trained_mut(&mut self) -> Option<&mut OfTrained> {
        match self {
            Self::Iterative(trained) | Self::OneShot(trained, _) => Some(trained),
            Self::AtInit(_) | Self::Dynamic(_) | Self::EarlyBird(_) => None,
        }
    }

    /// Where in training the weights are taken that tickets restart from; initialisation where nothing is trained before.
    pub fn rewind(&self) -> Step {
        self.of_trained().map_or(Step::ZERO, |trained| trained.rewind)
    }

    /// How tickets are trained after pruning.
    pub fn retraining(&self) -> Retraining {
        self.of_trained().map_or(Retraining::WeightRewinding, |trained| trained.retraining)
    }

    /// Whether the optimiser's memory is rewound with the weights.
    pub fn keeps_optimizer_state(&self) -> bool {
        self.of_trained().is_some_and(|trained| trained.keep_optimizer_state)
    }

    /// The densities that were asked for, of rounds 1, 2, ...; iterative pruning follows its rates.
    pub fn densities(&self) -> &[Density] {
        match self {
            Self::Iterative(_) => &[],
            Self::OneShot(_, densities) => densities,
            Self::AtInit(settings) => &settings.densities,
            Self::Dynamic(settings) => &settings.densities,
            Self::EarlyBird(settings) => &settings.densities,
        }
    }

    /// The same, to be changed; `None` for iterative pruning.
    pub fn densities_mut(&mut self) -> Option<&mut Vec<Density>> {
        match self {
            Self::Iterative(_) => None,
            Self::OneShot(_, densities) => Some(densities),
            Self::AtInit(settings) => Some(&mut settings.densities),
            Self::Dynamic(settings) => Some(&mut settings.densities),
            Self::EarlyBird(settings) => Some(&mut settings.densities),
        }
    }

    /// How a density is spread over layers without looking at scores, where it is.
    pub fn allocation(&self) -> Option<Allocation> {
        match self {
            Self::AtInit(settings) => settings.allocation,
            Self::Dynamic(settings) => settings.allocation,
            Self::Iterative(_) | Self::OneShot(..) | Self::EarlyBird(_) => None,
        }
    }

    /// The method of pruning at initialisation, where it is that.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn at_init_method(&self) -> Result<Option<&'static dyn BeforeTraining>, UnknownName> {
        match self {
            Self::AtInit(settings) => find_before_training(&settings.method).map(Some),
            _ => Ok(None),
        }
    }
}
