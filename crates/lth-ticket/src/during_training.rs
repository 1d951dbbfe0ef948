//! Pruning during training: the methods by name.

use crate::UnknownName;

/// A method whose masks change while the network trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuringTraining {
    /// Gradual magnitude pruning.
    Gradual,
    /// Sparse evolutionary training.
    Set,
    /// The rigged lottery.
    RigL,
}

impl DuringTraining {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Gradual, Self::Set, Self::RigL];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gradual => "gradual",
            Self::Set => "set",
            Self::RigL => "rigl",
        }
    }

    /// What it does, in one line.
    pub fn description(self) -> &'static str {
        match self {
            Self::Gradual => "a dense network loses its weights of least magnitude little by little",
            Self::Set => "a sparse network drops its weights of least magnitude and grows as many anywhere",
            Self::RigL => {
                "a sparse network drops its weights of least magnitude and grows where gradients are largest"
            }
        }
    }

    /// When and how much.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Gradual => "density d + (1 - d) (1 - t / end)^3 after iteration t",
            Self::Set | Self::RigL => "floor(kept x a/2 (1 + cos(pi t / end))) a layer after iteration t",
        }
    }

    /// Where it comes from.
    pub fn paper(self) -> &'static str {
        match self {
            Self::Gradual => "Zhu and Gupta 2017",
            Self::Set => "Mocanu et al. 2018",
            Self::RigL => "Evci et al. 2020",
        }
    }

    /// Whether training starts from a sparse network, rather than a dense one.
    pub fn starts_sparse(self) -> bool {
        self != Self::Gradual
    }
}

/// The method of this name; capitals are understood for small letters (`RigL`).
///
/// # Errors
/// When there is none; the error names the nearest.
///
/// ```
/// use lth_ticket::{DuringTraining, find_during_training};
/// assert_eq!(find_during_training("RigL").unwrap(), DuringTraining::RigL);
/// assert!(find_during_training("rigel").is_err());
/// ```
pub fn find_during_training(name: &str) -> Result<DuringTraining, UnknownName> {
    let wanted = name.replace('_', "-").to_lowercase();
    let found = DuringTraining::ALL.into_iter().find(|method| method.name() == wanted);
    found.ok_or_else(|| {
        let names = DuringTraining::ALL.map(DuringTraining::name);
        UnknownName::new("method of pruning during training", name, names)
    })
}
