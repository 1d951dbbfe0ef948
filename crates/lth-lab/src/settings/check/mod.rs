//! Whether the settings of an experiment make sense.

mod controls;
mod memory;
mod pruning;
mod scoring;
mod size;

pub use memory::check_memory;
pub(crate) use size::MOST_TRAININGS;

use lth_model::{Architecture, Engine, Program, Recipe, Schedule};

use super::{Experiment, Keep, Procedure, Retraining};
use crate::LabError;

/// A last learning rate below this part of the first leaves nothing to fine-tune with.
const VANISHED: f32 = 1e-4;

impl Experiment {
    /// Checks the settings against each other, the engine, the architecture and the number of training examples: what is
    /// accepted here, no training refuses but for its weights and masks.
    ///
    /// # Errors
    /// [`LabError::Setting`], [`LabError::Recipe`] or [`LabError::Engine`] for the first that makes no sense.
    pub fn check(
        &self,
        engine: &dyn Engine,
        architecture: &Architecture,
        training_examples: usize,
    ) -> Result<(), LabError> {
        positive("rounds", u64::from(self.rounds))?;
        positive("replicates", u64::from(self.replicates))?;
        positive("evaluate_every", self.evaluate_every)?;
        self.check_size()?;
        self.recipe.check().map_err(LabError::Recipe)?;
        let per_epoch = check_recipe(&self.recipe, training_examples, self.validation_size)?;
        check_memory(architecture, &self.recipe)?;
        let length = self.recipe.length.iterations(per_epoch);
        check_warmup(&self.recipe, per_epoch)?;
        engine.supports(&Program::training(architecture, &self.recipe))?;
        check_batches(&self.recipe, architecture, training_examples - self.validation_size)?;
        let rewind = self.pruning.procedure.rewind();
        if rewind.iterations(per_epoch) >= length {
            return refuse(
                "pruning.rewind",
                rewind,
                format!("training is {} long", self.recipe.length),
                "rewind to a step before the end of training",
            );
        }
        if self.pruning.procedure.keeps_optimizer_state() && rewind.is_zero() {
            return refuse(
                "pruning.keep_optimizer_state",
                true,
                "at initialisation the optimiser has no memory yet",
                "rewind to a later step, for example 500it, or leave it out",
            );
        }
        if self.pruning.procedure.retraining() == Retraining::FineTuning
            && self.retraining_recipe(per_epoch).learning_rate < self.recipe.learning_rate * VANISHED
        {
            return refuse(
                "pruning.retraining",
                self.pruning.procedure.retraining(),
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
        self.check_procedure()?;
        if let Procedure::Dynamic(dynamic) = &self.pruning.procedure
            && dynamic.updates.every as f64 > dynamic.updates.end.get() * length as f64
        {
            return refuse(
                "pruning.update_every",
                dynamic.updates.every,
                format!("masks change in the first {} of {length} iterations only", dynamic.updates.end),
                "change masks more often, or train longer",
            );
        }
        self.check_controls()?;
        self.check_densities(architecture)?;
        self.check_rates(architecture)
    }
}

/// Checks a recipe against the size of the data; returns the iterations an epoch has.
///
/// # Errors
/// [`LabError::Setting`] for the first setting that makes no sense.
fn check_recipe(recipe: &Recipe, training_examples: usize, validation_size: usize) -> Result<u64, LabError> {
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

/// Refuses a batch of which a batch normalisation sees one value a channel, which has no variance.
fn check_batches(recipe: &Recipe, architecture: &Architecture, examples: usize) -> Result<(), LabError> {
    let size = recipe.batch_size;
    let per_epoch = examples.div_ceil(size) as u64;
    let is_met = size == 1 || recipe.length.iterations(per_epoch) >= per_epoch;
    let last = examples - (per_epoch as usize - 1) * size;
    let Some(layer) = architecture.norm_of_one_value(last).filter(|_| is_met) else { return Ok(()) };
    let others = (size.max(2)..=examples.max(2)).find(|other| *other >= examples || examples % other != 1);
    refuse(
        "recipe.batch_size",
        size,
        format!(
            "the last batch of an epoch of {examples} examples has one example, and batch normalisation '{layer}' \
             would have no variance"
        ),
        format!("use another batch size or --validation, for example --batch-size {}", others.unwrap_or(2)),
    )
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
    use lth_cpu::CpuEngine;
    use lth_model::{Hint, Rate, Step, lenet_300_100};

    type Change = fn(&mut Experiment);

    fn check(change: Change) -> Result<(), LabError> {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        change(&mut experiment);
        experiment.check(&CpuEngine::new(), &lenet_300_100(10), 60_000)
    }

    #[test]
    fn the_defaults_are_sound() {
        check(|_| ()).unwrap();
    }

    #[test]
    fn a_plain_training_has_to_leave_its_warmup_too() {
        let change: Change = |e| {
            e.recipe.schedule = "warmup:50ep".parse().unwrap();
            e.start = Some("initialization".to_owned());
        };
        assert!(check(change).unwrap_err().to_string().starts_with("recipe.schedule = warmup:50ep"));
    }

    #[test]
    fn what_the_engine_cannot_compute_is_refused() {
        let wide = lth_model::mlp("wide", &[784], &[70_000], 10);
        let error = Experiment::new("wide", "mnist").check(&CpuEngine::new(), &wide, 60_000).unwrap_err();
        assert!(error.to_string().contains("layer 'fc1' of 70000 units"), "{error}");
        assert!(error.hint().is_some());
    }

    #[test]
    fn a_last_batch_of_one_example_is_refused_under_batch_normalisation() {
        let net = lth_model::ArchitectureBuilder::new("net", &[4]).linear("fc1", 5);
        let plain = net.clone().relu("relu1").linear("fc2", 3).build().unwrap();
        let normed = net.batch_norm("bn1").linear("fc2", 3).build().unwrap();
        let check = |architecture: &Architecture, batch_size: usize, length: &str| {
            let mut experiment = Experiment::new("net", "mnist");
            experiment.recipe.batch_size = batch_size;
            experiment.recipe.length = length.parse().unwrap();
            experiment.validation_size = 100;
            experiment.check(&CpuEngine::new(), architecture, 221)
        };
        let refused = check(&normed, 60, "1ep").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "recipe.batch_size = 60: the last batch of an epoch of 121 examples has one example, and batch \
             normalisation 'bn1' would have no variance"
        );
        assert!(refused.hint().unwrap().contains("--batch-size 61"));
        assert!(check(&normed, 1, "3it").is_err());
        for (architecture, batch_size, length) in [
            (&plain, 60, "1ep"),
            (&plain, 1, "1ep"),
            (&normed, 60, "2it"),
            (&normed, 61, "1ep"),
            (&normed, 121, "1ep"),
        ] {
            check(architecture, batch_size, length).unwrap();
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_setting_and_a_hint() {
        let wrong: [(&str, Change); 26] = [
            ("pruning.densities = 0.003", |e| {
                e.pruning.procedure = Procedure::one_shot();
                e.pruning.excluded_layers.insert("fc3".to_owned());
                e.set("densities", "0.003").unwrap();
                e.rounds = 2;
            }),
            ("pruning.densities = 0.000005", |e| {
                e.pruning.procedure = Procedure::dynamic(lth_ticket::DuringTraining::RigL);
                e.set("densities", "0.000005").unwrap();
                e.rounds = 2;
            }),
            ("pruning.mask1_action = rewnd", |e| e.pruning.mask1_action = "rewnd".to_owned()),
            ("pruning.mask0_action = one", |e| e.pruning.mask0_action = "one".to_owned()),
            ("pruning.mask1_action = reinit", |e| {
                e.pruning.mask1_action = "reinit".to_owned();
                e.set("retraining", "fine-tuning").unwrap();
            }),
            ("pruning.keep_optimizer_state = true", |e| {
                e.set("rewind", "1ep").unwrap();
                e.set("keep_optimizer_state", "on").unwrap();
                e.set("retraining", "learning-rate-rewinding").unwrap();
            }),
            ("pruning.retraining = fine-tuning", |e| {
                e.recipe.schedule = Schedule::Cosine { end: 0.0 };
                e.set("retraining", "fine-tuning").unwrap();
            }),
            ("recipe.schedule = warmup:50ep+constant", |e| {
                e.recipe.schedule = "warmup:50ep".parse().unwrap();
            }),
            ("peak '2' is not valid", |e| {
                e.recipe.schedule = lth_model::Schedule::Triangular { peak: 2.0, start: 0.0, end: 0.0 };
            }),
            ("rounds = 0", |e| e.rounds = 0),
            ("rounds = 2000000000", |e| e.rounds = 2_000_000_000),
            ("replicates = 2000000000", |e| e.replicates = 2_000_000_000),
            ("controls = 9000", |e| {
                e.controls = (0..9_000)
                    .map(|draw| "random-reinit".parse::<crate::ControlKind>().unwrap().with_draw(draw))
                    .collect();
            }),
            ("replicates = 0", |e| e.replicates = 0),
            ("evaluate_every = 0", |e| e.evaluate_every = 0),
            ("validation_size = 60000", |e| e.validation_size = 60_000),
            ("batch size '0' is not valid", |e| e.recipe.batch_size = 0),
            ("recipe.batch_size = 55001", |e| e.recipe.batch_size = 55_001),
            ("length '0ep' is not valid", |e| e.recipe.length = Step::ZERO),
            ("learning rate '0' is not valid", |e| e.recipe.learning_rate = 0.0),
            ("learning rate 'NaN' is not valid", |e| e.recipe.learning_rate = f32::NAN),
            ("pruning.rewind = 50ep", |e| e.set("rewind", "50ep").unwrap()),
            ("pruning.keep_optimizer_state = true", |e| e.set("keep_optimizer_state", "on").unwrap()),
            ("pruning.criterion = large", |e| {
                e.pruning.procedure.of_trained_mut().unwrap().criterion = "large".to_owned();
            }),
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
