//! Whether criterion, actions, densities and layers of pruning fit together.

use lth_model::{Architecture, Hint, ParameterKind};
use lth_ticket::{
    Budget, DuringTraining, Scope, UnknownName, find_criterion, find_mask0_action, find_mask1_action,
};

use super::{refuse, setting};
use crate::{
    Experiment, LabError,
    settings::{Dynamic, Procedure, Retraining},
};

/// A name that a registry does not have.
fn unknown(name: &'static str, error: &UnknownName) -> LabError {
    setting(name, &error.name, error.to_string(), error.hint().unwrap_or_default())
}

impl Experiment {
    /// Checks names and what contradicts each other beyond what [`Procedure`] cannot say.
    pub(super) fn check_procedure(&self) -> Result<(), LabError> {
        let pruning = &self.pruning;
        match &pruning.procedure {
            Procedure::AtInit(_) => {
                pruning.procedure.at_init_method().map_err(|error| unknown("pruning.criterion", &error))?;
            }
            Procedure::Dynamic(dynamic) => self.check_dynamic(dynamic)?,
            procedure => {
                find_criterion(procedure.criterion())
                    .map_err(|error| unknown("pruning.criterion", &error))?;
            }
        }
        find_mask1_action(&pruning.mask1_action).map_err(|error| unknown("pruning.mask1_action", &error))?;
        find_mask0_action(&pruning.mask0_action).map_err(|error| unknown("pruning.mask0_action", &error))?;
        let Some(trained) = pruning.procedure.of_trained() else { return Ok(()) };
        if trained.retraining == Retraining::WeightRewinding {
            return Ok(());
        }
        if pruning.mask1_action != "rewind" {
            return refuse(
                "pruning.mask1_action",
                &pruning.mask1_action,
                format!("with {} kept weights stay as they were trained", trained.retraining),
                "leave one of the two out",
            );
        }
        if trained.keep_optimizer_state {
            return refuse(
                "pruning.keep_optimizer_state",
                true,
                format!("with {} there is no state of the rewind point to go back to", trained.retraining),
                "leave it out: the optimiser's memory starts afresh",
            );
        }
        Ok(())
    }

    fn check_dynamic(&self, dynamic: &Dynamic) -> Result<(), LabError> {
        let pruning = &self.pruning;
        let hint = "use --dynamic gradual, set or rigl without it";
        if pruning.inverted_scores {
            return refuse("pruning.inverted_scores", true, "during training weights have no scores", hint);
        }
        if pruning.mask0_action != "zero" {
            let reason = "a weight that is pruned may grow again, from zero";
            return refuse("pruning.mask0_action", &pruning.mask0_action, reason, hint);
        }
        if dynamic.method == DuringTraining::Gradual && !self.controls.is_empty() {
            let names = self.controls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let reason = "gradual pruning starts from a dense network, whose mask no control can change";
            return refuse("controls", names, reason, "leave it out");
        }
        Ok(())
    }

    /// Checks the rates of layers against the network.
    pub(super) fn check_rates(&self, architecture: &Architecture) -> Result<(), LabError> {
        let pruning = &self.pruning;
        self.rates().check(architecture).map_err(|error| unknown("pruning.layer_rates", &error))?;
        if pruning.scope == Scope::Global && !pruning.layer_rates.is_empty() {
            let names = pruning.layer_rates.keys().cloned().collect::<Vec<_>>().join(", ");
            return refuse(
                "pruning.layer_rates",
                names,
                "with the global scope all layers are ranked together, at one rate",
                "use the scope 'layer', or exclude layers instead",
            );
        }
        let has_convolutions =
            architecture.parameters().iter().any(|parameter| parameter.kind == ParameterKind::Conv);
        if !has_convolutions && pruning.conv_rate != pruning.rate {
            let reason = format!("{} has no convolutions to prune at a rate of their own", architecture.name);
            return refuse("pruning.conv_rate", pruning.conv_rate, reason, "use --pruning-rate");
        }
        Ok(())
    }

    /// Checks the densities that are asked for.
    pub(super) fn check_densities(&self, architecture: &Architecture) -> Result<(), LabError> {
        let procedure = &self.pruning.procedure;
        let densities = procedure.densities();
        if densities.is_empty() {
            return Ok(());
        }
        if self.rounds as usize > densities.len() + 1 {
            return refuse(
                "rounds",
                self.rounds,
                format!("there are {} densities, and the dense round", densities.len()),
                "leave the number of rounds out, or give more densities",
            );
        }
        let weights = architecture.weight_count() as f64;
        if let Some(density) = densities.iter().find(|density| density.get() * weights < 0.5) {
            return refuse("pruning.densities", density, "no weight would be left", "use a larger density");
        }
        let budget = procedure.allocation().map_or(Budget::Scope(self.pruning.scope), Budget::Allocation);
        for density in densities {
            if let Err(error) = budget.check(architecture, &self.rates(), *density) {
                let hint = error.hint().unwrap_or_default();
                return refuse("pruning.densities", density, error.to_string(), hint);
            }
        }
        Ok(())
    }
}
