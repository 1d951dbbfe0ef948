//! The training recipe.

use lth_model::{Optimizer, Recipe, Step, nearest_name};

use super::values::{number, parse, positive};
use crate::{arguments::RecipeArguments, failure::Failure};

/// The rate of SGD when none is given: the papers' rate is Adam's.
const SGD_LEARNING_RATE: f32 = 0.1;

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
    recipe.optimizer = optimizer(arguments, recipe.optimizer)?;
    if let Some(rate) = &arguments.learning_rate {
        recipe.learning_rate = number("learning rate", rate, |x| x > 0.0, "a positive number", "-l 0.0012")?;
    } else if arguments.optimizer.is_some() && matches!(recipe.optimizer, Optimizer::Sgd { .. }) {
        recipe.learning_rate = SGD_LEARNING_RATE;
    }
    if let Some(init) = &arguments.init {
        recipe.init = parse(init)?;
    }
    if let Some(init) = &arguments.bias_init {
        recipe.bias_init = parse(init)?;
    }
    Ok(())
}

fn optimizer(arguments: &RecipeArguments, default: Optimizer) -> Result<Optimizer, Failure> {
    const NAMES: [&str; 3] = ["adam", "adamw", "sgd"];
    let mut optimizer = match arguments.optimizer.as_deref() {
        None => default,
        Some("adam") => Optimizer::ADAM,
        Some("adamw") => Optimizer::ADAMW,
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
            *nesterov = arguments.nesterov;
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
