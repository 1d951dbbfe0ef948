//! Whether criterion, actions, densities and moments of pruning fit together.

use lth_model::{Architecture, Hint};
use lth_ticket::{Budget, DuringTraining, find_during_training};

use super::{positive, refuse, setting};
use crate::{
    Experiment, LabError,
    experiment::{PruningSchedule, Retraining},
};

impl Experiment {
    /// The method that changes masks in training, where one does.
    ///
    /// # Errors
    /// When there is none of this name.
    pub(crate) fn during_training(&self) -> Result<Option<DuringTraining>, LabError> {
        let pruning = &self.pruning;
        if pruning.schedule != PruningSchedule::DuringTraining {
            return Ok(None);
        }
        find_during_training(&pruning.criterion).map(Some).map_err(|error| {
            let hint = error.hint().unwrap_or_default();
            setting("pruning.criterion", &pruning.criterion, error.to_string(), hint)
        })
    }

    /// Checks the scores against the moment of pruning.
    pub(super) fn check_criterion(&self) -> Result<(), LabError> {
        let pruning = &self.pruning;
        let before_training = pruning.schedule == PruningSchedule::BeforeTraining;
        let known = match pruning.schedule {
            PruningSchedule::BeforeTraining => {
                lth_ticket::find_before_training(&pruning.criterion).map(|_| ())
            }
            PruningSchedule::DuringTraining => find_during_training(&pruning.criterion).map(|_| ()),
            PruningSchedule::Iterative | PruningSchedule::OneShot | PruningSchedule::EarlyBird => {
                lth_ticket::find_criterion(&pruning.criterion).map(|_| ())
            }
        };
        known.map_err(|error| {
            let hint = error.hint().unwrap_or_default();
            setting("pruning.criterion", &pruning.criterion, error.to_string(), hint)
        })?;
        let during_training = pruning.schedule == PruningSchedule::DuringTraining;
        let early_bird = pruning.schedule == PruningSchedule::EarlyBird;
        if (before_training || during_training || early_bird) && !pruning.rewind.is_zero() {
            return refuse(
                "pruning.rewind",
                pruning.rewind,
                "no network is trained to its end before the mask is there, so there is no point to rewind to",
                "leave it out",
            );
        }
        if (before_training || during_training) && pruning.retraining != Retraining::WeightRewinding {
            return refuse(
                "pruning.retraining",
                pruning.retraining,
                "nothing is trained before the mask is there, so there are no trained weights to go on from",
                "leave it out",
            );
        }
        self.check_during_training()?;
        self.check_early_bird()?;
        let sparse_start = self.during_training()?.is_some_and(DuringTraining::starts_sparse);
        if pruning.allocation.is_some() && !before_training && !sparse_start {
            return refuse(
                "pruning.allocation",
                "set",
                "it belongs to networks that are sparse before training",
                "use --before-training METHOD, or --during-training set or rigl",
            );
        }
        if pruning.steps.is_some() && !before_training {
            return refuse(
                "pruning.steps",
                "set",
                "it belongs to pruning before training",
                "use --before-training METHOD",
            );
        }
        if pruning.steps == Some(0) {
            return refuse("pruning.steps", 0, "it must be at least 1", "use 1 or more");
        }
        if let Some(temperature) = pruning.grasp_temperature {
            if !before_training || pruning.criterion != "grasp" {
                let hint = "use --before-training grasp";
                return refuse("pruning.grasp_temperature", temperature, "it belongs to GraSP", hint);
            }
            if !temperature.is_finite() || temperature <= 0.0 {
                let reason = "logits are divided by it: it must be above 0";
                return refuse("pruning.grasp_temperature", temperature, reason, "use for example 200");
            }
        }
        Ok(())
    }

    /// Checks when a mask counts as calm.
    pub(super) fn check_early_bird(&self) -> Result<(), LabError> {
        let pruning = &self.pruning;
        let Some(settings) = pruning.early_bird else { return Ok(()) };
        if pruning.schedule != PruningSchedule::EarlyBird {
            let reason = "tickets are not cut from a young network";
            return refuse("pruning.early_bird", "set", reason, "use --early-bird");
        }
        if settings.window < 2 {
            let reason = "a mask alone has no distance from others";
            return refuse("pruning.early_bird.window", settings.window, reason, "use 2 or more");
        }
        if !(0.0..=1.0).contains(&settings.threshold) {
            let reason = "it is a fraction of all weights";
            return refuse("pruning.early_bird.threshold", settings.threshold, reason, "use for example 0.1");
        }
        Ok(())
    }

    /// Checks masks that change in training against what else is asked for.
    pub(super) fn check_during_training(&self) -> Result<(), LabError> {
        let pruning = &self.pruning;
        let hint = "use --during-training gradual, set or rigl without it";
        if pruning.schedule != PruningSchedule::DuringTraining {
            return match pruning.updates {
                Some(_) => refuse("pruning.updates", "set", "masks stay as they are in training", hint),
                None => Ok(()),
            };
        }
        if pruning.inverted_scores {
            return refuse("pruning.inverted_scores", true, "during training weights have no scores", hint);
        }
        if pruning.mask0_action != "zero" {
            let reason = "a weight that is pruned may grow again, from zero";
            return refuse("pruning.mask0_action", &pruning.mask0_action, reason, hint);
        }
        if pruning.criterion == lth_ticket::DuringTraining::Gradual.name() && !self.controls.is_empty() {
            let names = self.controls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let reason = "gradual pruning starts from a dense network, whose mask no control can change";
            return refuse("controls", names, reason, "leave it out");
        }
        match pruning.updates {
            Some(updates) => positive("pruning.updates.every", updates.every),
            None => Ok(()),
        }
    }

    /// Checks the densities that are asked for.
    pub(super) fn check_densities(&self, architecture: &Architecture) -> Result<(), LabError> {
        let pruning = &self.pruning;
        if pruning.densities.is_empty() {
            return Ok(());
        }
        let text = pruning.densities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        if pruning.schedule == PruningSchedule::Iterative {
            return refuse(
                "pruning.densities",
                text,
                "iterative pruning follows its rates from round to round",
                "use --one-shot, --before-training or --during-training, or --pruning-rate",
            );
        }
        if self.rounds as usize > pruning.densities.len() + 1 {
            return refuse(
                "rounds",
                self.rounds,
                format!("there are {} densities, and the dense round", pruning.densities.len()),
                "leave the number of rounds out, or give more densities",
            );
        }
        let weights = architecture.weight_count() as f64;
        if let Some(density) = pruning.densities.iter().find(|density| density.get() * weights < 0.5) {
            return refuse("pruning.densities", density, "no weight would be left", "use a larger density");
        }
        let budget = pruning.allocation.map_or(Budget::Scope(pruning.scope), Budget::Allocation);
        for density in &pruning.densities {
            if let Err(error) = budget.check(architecture, &self.rates(), *density) {
                let hint = error.hint().unwrap_or_default();
                return refuse("pruning.densities", density, error.to_string(), hint);
            }
        }
        Ok(())
    }

    /// Checks what becomes of kept and pruned weights.
    pub(super) fn check_actions(&self) -> Result<(), LabError> {
        let pruning = &self.pruning;
        let unknown = |name: &'static str, error: &lth_ticket::UnknownName| {
            setting(name, &error.name, error.to_string(), error.hint().unwrap_or_default())
        };
        lth_ticket::find_mask1_action(&pruning.mask1_action)
            .map_err(|error| unknown("pruning.mask1_action", &error))?;
        lth_ticket::find_mask0_action(&pruning.mask0_action)
            .map_err(|error| unknown("pruning.mask0_action", &error))?;
        let rewinds = pruning.retraining == Retraining::WeightRewinding;
        if !rewinds && pruning.mask1_action != "rewind" {
            return refuse(
                "pruning.mask1_action",
                &pruning.mask1_action,
                format!("with {} kept weights stay as they were trained", pruning.retraining),
                "leave one of the two out",
            );
        }
        if !rewinds && pruning.keep_optimizer_state {
            return refuse(
                "pruning.keep_optimizer_state",
                true,
                format!("with {} there is no state of the rewind point to go back to", pruning.retraining),
                "leave it out: the optimiser's memory starts afresh",
            );
        }
        Ok(())
    }
}
