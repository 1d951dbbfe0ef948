//! Whether the settings of an experiment make sense.

use lth_model::{Architecture, Hint, Recipe, Schedule};
use lth_ticket::{Budget, Scope};

use super::{Experiment, Keep, PruningSchedule, Retraining};
use crate::{LabError, RunControl};

/// A last learning rate below this part of the first leaves nothing to fine-tune with.
const VANISHED: f32 = 1e-4;

impl Experiment {
    /// Checks the settings against each other, the architecture and the number of training examples.
    ///
    /// # Errors
    /// [`LabError::Setting`] or [`LabError::Recipe`] for the first that makes no sense.
    pub fn check(&self, architecture: &Architecture, training_examples: usize) -> Result<(), LabError> {
        positive("rounds", u64::from(self.rounds))?;
        positive("replicates", u64::from(self.replicates))?;
        positive("evaluate_every", self.evaluate_every)?;
        let per_epoch = check_recipe(&self.recipe, training_examples, self.validation_size)?;
        let length = self.recipe.length.iterations(per_epoch);
        // A plain training may be the beginning of a longer one.
        if self.start.is_none() {
            check_warmup(&self.recipe, per_epoch)?;
        }
        let rewind = self.pruning.rewind;
        if rewind.iterations(per_epoch) >= length {
            return refuse(
                "pruning.rewind",
                rewind,
                format!("training is {} long", self.recipe.length),
                "rewind to a step before the end of training",
            );
        }
        if self.pruning.keep_optimizer_state && rewind.is_zero() {
            return refuse(
                "pruning.keep_optimizer_state",
                true,
                "at initialisation the optimiser has no memory yet",
                "rewind to a later step, for example 500it, or leave it out",
            );
        }
        if self.pruning.retraining == Retraining::FineTuning
            && self.retraining_recipe(per_epoch).learning_rate < self.recipe.learning_rate * VANISHED
        {
            return refuse(
                "pruning.retraining",
                self.pruning.retraining,
                format!("the schedule {} ends near a learning rate of 0", self.recipe.schedule),
                "use learning-rate-rewinding, or a schedule that ends above 0",
            );
        }
        if self.keep == Keep::Best && self.validation_size == 0 {
            return refuse(
                "keep",
                self.keep,
                "the best round is chosen by validation accuracy, and validation_size is 0",
                "use --keep all or --validation 5000",
            );
        }
        self.check_criterion()?;
        if let Some(updates) = &self.pruning.updates
            && updates.every as f64 > updates.end.get() * length as f64
        {
            return refuse(
                "pruning.updates.every",
                updates.every,
                format!("masks change in the first {} of {length} iterations only", updates.end),
                "change masks more often, or train longer",
            );
        }
        self.check_controls()?;
        self.check_densities(architecture)?;
        self.check_actions()?;
        let unknown = |error: lth_ticket::UnknownName| {
            setting("pruning.layer_rates", &error.name, error.to_string(), error.hint().unwrap_or_default())
        };
        self.rates().check(architecture).map_err(unknown)?;
        if self.pruning.scope == Scope::Global && !self.pruning.layer_rates.is_empty() {
            return refuse(
                "pruning.layer_rates",
                format!("{:?}", self.pruning.layer_rates.keys()),
                "with the global scope all layers are ranked together, at one rate",
                "use the scope 'layer', or exclude layers instead",
            );
        }
        Ok(())
    }
}

impl Experiment {
    /// Checks the scores against the moment of pruning.
    fn check_criterion(&self) -> Result<(), LabError> {
        let pruning = &self.pruning;
        let before_training = pruning.schedule == PruningSchedule::BeforeTraining;
        let known = match pruning.schedule {
            PruningSchedule::BeforeTraining => {
                lth_ticket::find_before_training(&pruning.criterion).map(|_| ())
            }
            PruningSchedule::DuringTraining => {
                lth_ticket::find_during_training(&pruning.criterion).map(|_| ())
            }
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
        let sparse_start = lth_ticket::find_during_training(&pruning.criterion)
            .is_ok_and(|method| during_training && method.starts_sparse());
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
        Ok(())
    }

    /// Checks controls that need more than a ticket.
    fn check_controls(&self) -> Result<(), LabError> {
        for kind in &self.controls {
            match kind.of_run() {
                Some(RunControl::OneShot) if self.pruning.schedule != PruningSchedule::Iterative => {
                    return refuse(
                        "controls",
                        kind,
                        "it prunes at once what the run prunes round by round, and this run does not",
                        "leave it out: it is for iterative pruning",
                    );
                }
                Some(RunControl::OtherSeedMask) if self.replicates < u32::from(kind.draw()) + 2 => {
                    return refuse(
                        "controls",
                        kind,
                        format!(
                            "each draw takes the mask of another replicate, and there are {} in all",
                            self.replicates
                        ),
                        "run `find-winning-ticket` again with more --replicates",
                    );
                }
                Some(RunControl::OtherRunMask) if self.mask_runs.len() <= usize::from(kind.draw()) => {
                    return refuse(
                        "controls",
                        kind,
                        format!(
                            "each draw takes masks of another run, and {} are named",
                            self.mask_runs.len()
                        ),
                        "name one: lth control RUN --kind other-run-mask --masks-of OTHER_RUN",
                    );
                }
                _ => (),
            }
        }
        Ok(())
    }

    /// Checks when a mask counts as calm.
    fn check_early_bird(&self) -> Result<(), LabError> {
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
    fn check_during_training(&self) -> Result<(), LabError> {
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
    fn check_densities(&self, architecture: &Architecture) -> Result<(), LabError> {
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
    fn check_actions(&self) -> Result<(), LabError> {
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

/// Checks a recipe against the size of the data; returns the iterations an epoch has.
///
/// # Errors
/// [`LabError::Setting`] or [`LabError::Recipe`] for the first setting that makes no sense.
fn check_recipe(recipe: &Recipe, training_examples: usize, validation_size: usize) -> Result<u64, LabError> {
    recipe.check().map_err(LabError::Recipe)?;
    if validation_size >= training_examples {
        return refuse(
            "validation_size",
            validation_size,
            format!("there are {training_examples} training examples in all"),
            "hold out fewer, for example 5000",
        );
    }
    let examples = training_examples - validation_size;
    if recipe.batch_size > examples {
        return refuse(
            "recipe.batch_size",
            recipe.batch_size,
            format!("there are {examples} examples to train on"),
            "use a batch no larger than the data",
        );
    }
    Ok(examples.div_ceil(recipe.batch_size) as u64)
}

/// Refuses a warm-up that never ends.
fn check_warmup(recipe: &Recipe, per_epoch: u64) -> Result<(), LabError> {
    if let Schedule::Warmup { length, .. } = &recipe.schedule
        && length.iterations(per_epoch) >= recipe.length.iterations(per_epoch)
    {
        return refuse(
            "recipe.schedule",
            &recipe.schedule,
            format!("its warm-up is not over at the end of a training of {}", recipe.length),
            "give a shorter --warmup (0it for none) and a --schedule for this length, or train longer",
        );
    }
    Ok(())
}

fn positive(name: &'static str, value: u64) -> Result<(), LabError> {
    if value == 0 { refuse(name, value, "it must be at least 1", "use 1 or more") } else { Ok(()) }
}

fn refuse<T>(
    name: &'static str,
    value: impl ToString,
    reason: impl Into<String>,
    hint: impl Into<String>,
) -> Result<T, LabError> {
    Err(setting(name, value, reason, hint))
}

#[allow(clippy::needless_pass_by_value)] // callers give literals and fields
fn setting(
    setting: &'static str,
    value: impl ToString,
    reason: impl Into<String>,
    hint: impl Into<String>,
) -> LabError {
    LabError::Setting { setting, value: value.to_string(), reason: reason.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::{Rate, Step, lenet_300_100};

    type Change = fn(&mut Experiment);

    fn check(change: Change) -> Result<(), LabError> {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        change(&mut experiment);
        experiment.check(&lenet_300_100(10), 60_000)
    }

    #[test]
    fn the_defaults_are_sound() {
        check(|_| ()).unwrap();
    }

    #[test]
    fn a_plain_training_may_end_in_its_warmup() {
        let change: Change = |e| {
            e.recipe.schedule = "warmup:50ep".parse().unwrap();
            e.start = Some("initialization".to_owned());
        };
        check(change).unwrap();
    }

    #[test]
    fn nonsense_is_refused_with_the_setting_and_a_hint() {
        let wrong: [(&str, Change); 23] = [
            ("pruning.densities = 0.003", |e| {
                e.pruning.schedule = PruningSchedule::OneShot;
                e.pruning.excluded_layers.insert("fc3".to_owned());
                e.pruning.densities = vec![lth_model::Density::new(0.003).unwrap()];
                e.rounds = 2;
            }),
            ("pruning.densities = 0.000005", |e| {
                e.pruning.schedule = PruningSchedule::DuringTraining;
                e.pruning.criterion = "rigl".to_owned();
                e.pruning.allocation = Some(lth_ticket::Allocation::Erk);
                e.pruning.densities = vec![lth_model::Density::new(0.000_005).unwrap()];
                e.rounds = 2;
            }),
            ("pruning.mask1_action = rewnd", |e| e.pruning.mask1_action = "rewnd".to_owned()),
            ("pruning.mask0_action = one", |e| e.pruning.mask0_action = "one".to_owned()),
            ("pruning.mask1_action = reinit", |e| {
                e.pruning.mask1_action = "reinit".to_owned();
                e.pruning.retraining = Retraining::FineTuning;
            }),
            ("pruning.keep_optimizer_state = true", |e| {
                e.pruning.rewind = Step::from_epochs(1);
                e.pruning.keep_optimizer_state = true;
                e.pruning.retraining = Retraining::LearningRateRewinding;
            }),
            ("pruning.retraining = fine-tuning", |e| {
                e.recipe.schedule = Schedule::Cosine { end: 0.0 };
                e.pruning.retraining = Retraining::FineTuning;
            }),
            ("recipe.schedule = warmup:50ep+constant", |e| {
                e.recipe.schedule = "warmup:50ep".parse().unwrap();
            }),
            ("peak '2' is not valid", |e| {
                e.recipe.schedule = lth_model::Schedule::Triangular { peak: 2.0, start: 0.0, end: 0.0 };
            }),
            ("rounds = 0", |e| e.rounds = 0),
            ("replicates = 0", |e| e.replicates = 0),
            ("evaluate_every = 0", |e| e.evaluate_every = 0),
            ("validation_size = 60000", |e| e.validation_size = 60_000),
            ("batch size '0' is not valid", |e| e.recipe.batch_size = 0),
            ("recipe.batch_size = 55001", |e| e.recipe.batch_size = 55_001),
            ("length '0ep' is not valid", |e| e.recipe.length = Step::ZERO),
            ("learning rate '0' is not valid", |e| e.recipe.learning_rate = 0.0),
            ("learning rate 'NaN' is not valid", |e| e.recipe.learning_rate = f32::NAN),
            ("pruning.rewind = 50ep", |e| e.pruning.rewind = Step::from_epochs(50)),
            ("pruning.keep_optimizer_state = true", |e| e.pruning.keep_optimizer_state = true),
            ("pruning.criterion = large", |e| e.pruning.criterion = "large".to_owned()),
            ("pruning.layer_rates = fc9", |e| {
                e.pruning.layer_rates.insert("fc9".to_owned(), Rate::new(0.1).unwrap());
            }),
            ("keep = best", |e| {
                e.keep = Keep::Best;
                e.validation_size = 0;
            }),
        ];
        for (expected, change) in wrong {
            let error = check(change).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{expected}: ")), "{error}");
            assert!(!error.hint().unwrap().is_empty());
        }
    }
}
