//! The training recipe.

use lth_data::NormalizationMethod;
use lth_lab::Experiment;
use lth_model::{Optimizer, Recipe, Step, nearest_name};

use super::values::{number, parse, positive, whole};
use crate::{
    arguments::{RecipeArguments, Switch},
    failure::Failure,
};

/// The rate of SGD, when it is not the papers' optimiser for the model and no rate is given.
const SGD_LEARNING_RATE: f32 = 0.1;
/// The same of Adam and AdamW.
const ADAM_LEARNING_RATE: f32 = 1.2e-3;
/// The widest padding of crops: shifts are kept in a signed byte.
const MOST_PADDING: u8 = 127;

/// Changes how an experiment trains, evaluates and normalises, as the flags say; the seed is the caller's.
///
/// # Errors
/// For the first flag that makes no sense, alone or with the others.
pub(crate) fn apply_training(
    arguments: &RecipeArguments,
    experiment: &mut Experiment,
) -> Result<(), Failure> {
    apply_recipe(arguments, &mut experiment.recipe)?;
    if let Some(size) = &arguments.validation {
        experiment.validation_size = whole("validation size", size, "--validation 5000")?;
    }
    if let Some(every) = &arguments.evaluate_every {
        let what = "number of iterations between evaluations";
        experiment.evaluate_every = positive(what, every, "--evaluate-every 100")?;
    }
    if let Some(method) = &arguments.normalization {
        experiment.normalization = normalization(method)?;
    }
    Ok(())
}

/// A way of normalising by its name.
///
/// # Errors
/// When there is none of this name.
fn normalization(name: &str) -> Result<NormalizationMethod, Failure> {
    let found = NormalizationMethod::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, method)| *method).ok_or_else(|| {
        let names = NormalizationMethod::ALL.map(|(name, _)| name);
        let hint = match nearest_name(name, names) {
            Some(near) => format!("did you mean '{near}'? There are {}", names.join(", ")),
            None => format!("there are {}", names.join(", ")),
        };
        Failure::input(format!("there is no normalization '{name}'"), hint)
    })
}

/// Changes a recipe as the flags say.
///
/// # Errors
/// For the first flag that makes no sense, alone or with the others.
pub(crate) fn apply_recipe(arguments: &RecipeArguments, recipe: &mut Recipe) -> Result<(), Failure> {
    if let Some(epochs) = &arguments.number_of_epochs {
        recipe.length = Step::from_epochs(positive("number of epochs", epochs, "-e 50")?);
    }
    if let Some(length) = &arguments.length {
        recipe.length = parse(length)?;
        if recipe.length.is_zero() {
            return Err(Failure::input(
                format!("the length '{length}' is no training at all"),
                "use for example --length 50ep",
            ));
        }
    }
    if let Some(size) = &arguments.batch_size {
        recipe.batch_size = positive("batch size", size, "-b 60")?;
    }
    let papers = recipe.optimizer;
    recipe.optimizer = optimizer(arguments, recipe.optimizer)?;
    if let Some(rate) = &arguments.learning_rate {
        recipe.learning_rate = number("learning rate", rate, |x| x > 0.0, "a positive number", "-l 0.0012")?;
    } else if is_sgd(recipe.optimizer) != is_sgd(papers) {
        recipe.learning_rate = if is_sgd(recipe.optimizer) { SGD_LEARNING_RATE } else { ADAM_LEARNING_RATE };
    }
    apply_schedule(arguments, recipe)?;
    apply_regularisation(arguments, recipe)?;
    if let Some(init) = &arguments.init {
        recipe.init = parse(init)?;
    }
    if let Some(init) = &arguments.bias_init {
        recipe.bias_init = parse(init)?;
    }
    Ok(())
}

/// The schedule, and the warm-up before it: one that is given replaces that of the model or of the schedule's own text.
fn apply_schedule(arguments: &RecipeArguments, recipe: &mut Recipe) -> Result<(), Failure> {
    if let Some(schedule) = &arguments.schedule {
        recipe.schedule = parse(schedule)?;
    }
    if let Some(warmup) = &arguments.warmup {
        recipe.schedule = recipe.schedule.clone().with_warmup(parse(warmup)?);
    }
    Ok(())
}

fn apply_regularisation(arguments: &RecipeArguments, recipe: &mut Recipe) -> Result<(), Failure> {
    if let Some(text) = &arguments.label_smoothing {
        let range = "a number of at least 0 and below 1";
        let valid = |x| (0.0..1.0).contains(&x);
        recipe.label_smoothing = number("label smoothing", text, valid, range, "--label-smoothing 0.1")?;
    }
    if let Some(text) = &arguments.gradient_clip {
        let norm = number("norm of gradients", text, |x| x > 0.0, "a positive number", "--gradient-clip 1")?;
        recipe.gradient_clip = Some(norm);
    }
    if let Some(text) = &arguments.crop_padding {
        let padding: u8 = whole("padding of crops", text, "--crop-padding 4")?;
        if padding > MOST_PADDING {
            return Err(Failure::input(
                format!("the padding of crops {padding} is more than {MOST_PADDING} pixels"),
                "use for example --crop-padding 4",
            ));
        }
        recipe.augmentation.crop_padding = padding;
    }
    if let Some(flip) = arguments.flip {
        recipe.augmentation.horizontal_flip = flip == Switch::On;
    }
    Ok(())
}

fn is_sgd(optimizer: Optimizer) -> bool {
    matches!(optimizer, Optimizer::Sgd { .. })
}

fn optimizer(arguments: &RecipeArguments, default: Optimizer) -> Result<Optimizer, Failure> {
    const NAMES: [&str; 3] = ["adam", "adamw", "sgd"];
    let mut optimizer = match arguments.optimizer.as_deref() {
        None => default,
        // The papers' own optimiser, named, keeps their settings.
        Some("adam") if matches!(default, Optimizer::Adam { .. }) => default,
        Some("adam") => Optimizer::ADAM,
        Some("adamw") => Optimizer::ADAMW,
        Some("sgd") if is_sgd(default) => default,
        Some("sgd") => Optimizer::SGD,
        Some(name) => {
            let hint = nearest_name(name, NAMES).map_or_else(
                || "one of adam, adamw, sgd".to_owned(),
                |near| format!("did you mean '{near}'? There are adam, adamw and sgd"),
            );
            return Err(Failure::input(format!("there is no optimizer '{name}'"), hint));
        }
    };
    let unit = |x: f32| (0.0..1.0).contains(&x);
    if let Some(text) = &arguments.weight_decay {
        let decay =
            number("weight decay", text, |x| x >= 0.0, "a number of at least 0", "--weight-decay 0.0001")?;
        match &mut optimizer {
            Optimizer::Adam { weight_decay, .. }
            | Optimizer::AdamW { weight_decay, .. }
            | Optimizer::Sgd { weight_decay, .. } => *weight_decay = decay,
        }
    }
    match &mut optimizer {
        Optimizer::Sgd { momentum, nesterov, .. } => {
            if let Some(text) = &arguments.momentum {
                *momentum = number("momentum", text, unit, "a number from 0 to below 1", "--momentum 0.9")?;
            }
            *nesterov |= arguments.nesterov;
            if *nesterov && *momentum == 0.0 {
                return Err(Failure::input(
                    "--nesterov needs a momentum",
                    "use for example --nesterov --momentum 0.9",
                ));
            }
        }
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => {
            if arguments.momentum.is_some() || arguments.nesterov {
                return Err(Failure::input(
                    "--momentum and --nesterov are settings of SGD",
                    "add --optimizer sgd, or leave them out",
                ));
            }
        }
    }
    Ok(optimizer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_lab::Experiment;

    fn apply(change: impl Fn(&mut RecipeArguments)) -> Result<Recipe, Failure> {
        let mut arguments = RecipeArguments::default();
        change(&mut arguments);
        let mut recipe = Experiment::new("lenet-300-100", "mnist").recipe;
        apply_recipe(&arguments, &mut recipe)?;
        Ok(recipe)
    }

    #[test]
    fn without_flags_it_is_the_papers() {
        assert_eq!(apply(|_| ()).unwrap(), Experiment::new("lenet-300-100", "mnist").recipe);
    }

    #[test]
    fn sgd_has_a_rate_of_its_own_unless_one_is_given() {
        let sgd = Some("sgd".to_owned());
        assert_eq!(apply(|a| a.optimizer.clone_from(&sgd)).unwrap().learning_rate, 0.1);
        let recipe = apply(|a| {
            a.optimizer.clone_from(&sgd);
            a.learning_rate = Some("0.8".to_owned());
            a.momentum = Some("0.9".to_owned());
            a.nesterov = true;
        })
        .unwrap();
        assert_eq!(recipe.learning_rate, 0.8);
        assert_eq!(recipe.optimizer, Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 });
    }

    #[test]
    fn the_papers_optimizer_named_keeps_their_settings() {
        let arguments = RecipeArguments { optimizer: Some("sgd".to_owned()), ..RecipeArguments::default() };
        let mut recipe = Experiment::new("resnet-20", "cifar-10").recipe;
        apply_recipe(&arguments, &mut recipe).unwrap();
        assert_eq!(recipe, Experiment::new("resnet-20", "cifar-10").recipe);
        let arguments = RecipeArguments { optimizer: Some("adam".to_owned()), ..arguments };
        apply_recipe(&arguments, &mut recipe).unwrap();
        assert_eq!((recipe.optimizer, recipe.learning_rate), (Optimizer::ADAM, ADAM_LEARNING_RATE));
    }

    #[test]
    fn a_warmup_comes_before_any_schedule() {
        let text = |schedule: Option<&str>, warmup: Option<&str>| {
            let recipe = apply(|a| {
                a.schedule = schedule.map(str::to_owned);
                a.warmup = warmup.map(str::to_owned);
            });
            recipe.unwrap().schedule.to_string()
        };
        assert_eq!(text(None, Some("100it")), "warmup:100it+constant");
        assert_eq!(text(Some("cosine"), Some("1ep")), "warmup:1ep+cosine");
        assert_eq!(text(Some("warmup:1ep+cosine"), Some("0it")), "cosine");
        assert_eq!(text(Some("milestones:5ep,0.1"), None), "milestones:5ep,0.1");
    }

    #[test]
    fn images_gradients_and_targets_are_treated_as_asked() {
        let recipe = apply(|a| {
            a.label_smoothing = Some("0.1".to_owned());
            a.gradient_clip = Some("2.5".to_owned());
            a.crop_padding = Some("4".to_owned());
            a.flip = Some(Switch::On);
        })
        .unwrap();
        assert_eq!((recipe.label_smoothing, recipe.gradient_clip), (0.1, Some(2.5)));
        assert_eq!((recipe.augmentation.crop_padding, recipe.augmentation.horizontal_flip), (4, true));
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        assert!(apply(|a| a.momentum = Some("0.9".to_owned())).is_err());
        assert!(apply(|a| a.nesterov = true).is_err());
        assert!(
            apply(|a| {
                a.optimizer = Some("sgd".to_owned());
                a.nesterov = true;
            })
            .is_err()
        );
        assert!(apply(|a| a.length = Some("0it".to_owned())).is_err());
    }
}
