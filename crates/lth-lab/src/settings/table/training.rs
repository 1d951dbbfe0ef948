//! How networks are trained: length, batches, the optimiser and its constants.

use std::mem::discriminant;

use lth_model::{Optimizer, Step, nearest_name};

use super::super::{
    Experiment,
    setting::{ENTRY, Flag, Gives, Group, Kind, Role, Setting},
    value::{Refusal, Value},
};

const GROUP: Setting = Setting { group: Group::Recipe, heading: "Training", ..ENTRY };

/// The rate of SGD, when it is not the papers' optimiser for the model and no rate is given.
const SGD_LEARNING_RATE: f32 = 0.1;
/// The same of Adam and AdamW.
const ADAM_LEARNING_RATE: f32 = 1.2e-3;
/// Optimisers by name.
const OPTIMIZERS: [(&str, Optimizer); 3] =
    [("adam", Optimizer::ADAM), ("adamw", Optimizer::ADAMW), ("sgd", Optimizer::SGD)];
/// A fraction in words.
const BELOW_ONE: &str = "a number of at least 0 and below 1";

fn is_below_one(x: f64) -> bool {
    (0.0..1.0).contains(&x)
}

fn optimizer_name(optimizer: Optimizer) -> &'static str {
    let same = |other: &Optimizer| discriminant(other) == discriminant(&optimizer);
    OPTIMIZERS.iter().find(|(_, other)| same(other)).map_or("", |(name, _)| name)
}

/// Another optimiser, with PyTorch's settings; the experiment's own, named, keeps those that it has. Between SGD and the others
/// the rate changes too.
fn set_optimizer(experiment: &mut Experiment, value: &Value) -> Result<(), Refusal> {
    let name = value.text()?;
    let names = OPTIMIZERS.map(|(name, _)| name);
    let Some((_, optimizer)) = OPTIMIZERS.into_iter().find(|(own, _)| *own == name) else {
        let hint = nearest_name(name, names).map(|near| format!("did you mean '{near}'? "));
        let hint = format!("{}There are adam, adamw and sgd", hint.unwrap_or_default());
        return Err(Refusal::new("there is no optimizer of this name", hint));
    };
    let recipe = &mut experiment.recipe;
    let is_sgd = |optimizer| matches!(optimizer, Optimizer::Sgd { .. });
    if is_sgd(optimizer) != is_sgd(recipe.optimizer) {
        recipe.learning_rate = if is_sgd(optimizer) { SGD_LEARNING_RATE } else { ADAM_LEARNING_RATE };
    }
    if discriminant(&recipe.optimizer) != discriminant(&optimizer) {
        recipe.optimizer = optimizer;
    }
    Ok(())
}

/// The momentum of SGD and whether it is Nesterov's.
fn momentum(experiment: &mut Experiment) -> Result<(&mut f32, &mut bool), Refusal> {
    match &mut experiment.recipe.optimizer {
        Optimizer::Sgd { momentum, nesterov, .. } => Ok((momentum, nesterov)),
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => {
            Err(Refusal::new("it is a setting of SGD", "add --optimizer sgd, or leave it out"))
        }
    }
}

/// The constants of Adam: decays of its means, and what is added to the root.
fn adam(experiment: &mut Experiment) -> Result<[&mut f32; 3], Refusal> {
    match &mut experiment.recipe.optimizer {
        Optimizer::Adam { beta1, beta2, epsilon, .. } | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
            Ok([beta1, beta2, epsilon])
        }
        Optimizer::Sgd { .. } => {
            Err(Refusal::new("it is a setting of Adam", "add --optimizer adam, or leave it out"))
        }
    }
}

fn constants_of_adam(experiment: &Experiment) -> Option<[f32; 3]> {
    match experiment.recipe.optimizer {
        Optimizer::Adam { beta1, beta2, epsilon, .. } | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
            Some([beta1, beta2, epsilon])
        }
        Optimizer::Sgd { .. } => None,
    }
}

fn weight_decay(optimizer: &mut Optimizer) -> &mut f32 {
    match optimizer {
        Optimizer::Adam { weight_decay, .. }
        | Optimizer::AdamW { weight_decay, .. }
        | Optimizer::Sgd { weight_decay, .. } => weight_decay,
    }
}

pub(super) const TRAINING: &[Setting] = &[
    Setting {
        key: "recipe.length",
        flags: &[
            Flag {
                short: Some('e'),
                also: &["epochs"],
                gives: Gives::Epochs,
                help: "Epochs of each training [default: 50 for LeNet; others have the papers' iterations]",
                ..Flag::new("number-of-epochs", "N")
            },
            Flag::new("length", "STEP"),
        ],
        help: "Length of each training in epochs, iterations or both: 50ep, 500it, 2ep100it",
        example: "50ep",
        common: true,
        get: |e| Some(Value::of(e.recipe.length)),
        set: |e, v| {
            let length: Step = v.parse()?;
            if length.is_zero() {
                return Err(Refusal::new("it is no training at all", "for example 50ep"));
            }
            e.recipe.length = length;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.batch_size",
        flags: &[Flag { short: Some('b'), ..Flag::new("batch-size", "N") }],
        help: "Examples a batch",
        default: "the papers', 60 for LeNet and Conv, 128 for ResNet, 64 for VGG",
        example: "60",
        kind: Kind::Whole,
        common: true,
        get: |e| Some(Value::of(e.recipe.batch_size)),
        set: |e, v| {
            e.recipe.batch_size = v.whole(1)?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.optimizer",
        flags: &[Flag { aliases: &["optim"], ..Flag::new("optimizer", "NAME") }],
        help: "adam, adamw or sgd; their arithmetic equals PyTorch's",
        default: "adam; sgd for ResNet and VGG",
        example: "sgd",
        label: "optimiser",
        kind: Kind::Name(|| OPTIMIZERS.map(|(name, _)| name.to_owned()).to_vec()),
        role: Role::Leads,
        common: true,
        get: |e| Some(Value::of(optimizer_name(e.recipe.optimizer))),
        set: set_optimizer,
        ..GROUP
    },
    Setting {
        key: "recipe.learning_rate",
        flags: &[Flag { short: Some('l'), also: &["lr"], ..Flag::new("learning-rate", "RATE") }],
        help: "Learning rate",
        default: "the papers', 0.0012 for lenet-300-100; with another optimizer than theirs 0.0012, or 0.1 for SGD",
        example: "0.0012",
        kind: Kind::Number,
        common: true,
        get: |e| Some(Value::of(e.recipe.learning_rate)),
        set: |e, v| {
            e.recipe.learning_rate = v.number(|x| x > 0.0, "a positive number")?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "seed",
        flags: &[Flag::new("seed", "N")],
        help: "The seed of everything random; equal seeds give equal bits. Replicates have the seeds that follow",
        default: "0",
        example: "0",
        kind: Kind::Whole,
        common: true,
        get: |e| Some(Value::of(e.first_seed)),
        set: |e, v| {
            e.first_seed = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.momentum",
        flags: &[Flag::new("momentum", "X")],
        help: "Momentum of SGD, in [0, 1)",
        default: "0; 0.9 for ResNet and VGG",
        example: "0.9",
        kind: Kind::Number,
        get: |e| match e.recipe.optimizer {
            Optimizer::Sgd { momentum, .. } => Some(Value::of(momentum)),
            _ => None,
        },
        set: |e, v| {
            let value = v.number(is_below_one, BELOW_ONE)?;
            *momentum(e)?.0 = value;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.nesterov",
        flags: &[Flag::fixed("nesterov", "on")],
        help: "Nesterov's momentum, with SGD",
        example: "off",
        kind: Kind::Switch,
        get: |e| match e.recipe.optimizer {
            Optimizer::Sgd { nesterov, .. } => Some(Value::of(nesterov)),
            _ => None,
        },
        set: |e, v| {
            let on = v.switch()?;
            let (momentum, nesterov) = momentum(e)?;
            if on && *momentum == 0.0 {
                return Err(Refusal::new("it needs a momentum", "for example --nesterov --momentum 0.9"));
            }
            *nesterov = on;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.beta1",
        flags: &[Flag::new("beta1", "X")],
        help: "Decay of Adam's running mean of gradients",
        default: "0.9",
        example: "0.9",
        kind: Kind::Number,
        paper: "Kingma and Ba 2015",
        get: |e| constants_of_adam(e).map(|[beta1, ..]| Value::of(beta1)),
        set: |e, v| {
            let value = v.number(is_below_one, BELOW_ONE)?;
            *adam(e)?[0] = value;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.beta2",
        flags: &[Flag::new("beta2", "X")],
        help: "Decay of Adam's running mean of squared gradients",
        default: "0.999",
        example: "0.999",
        kind: Kind::Number,
        paper: "Kingma and Ba 2015",
        get: |e| constants_of_adam(e).map(|[_, beta2, _]| Value::of(beta2)),
        set: |e, v| {
            let value = v.number(is_below_one, BELOW_ONE)?;
            *adam(e)?[1] = value;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.epsilon",
        flags: &[Flag::new("epsilon", "X")],
        help: "What Adam adds to the root of the second moment",
        default: "1e-8",
        example: "0.00000001",
        kind: Kind::Number,
        paper: "Kingma and Ba 2015",
        get: |e| constants_of_adam(e).map(|[.., epsilon]| Value::of(epsilon)),
        set: |e, v| {
            let value = v.number(|x| x > 0.0, "a positive number")?;
            *adam(e)?[2] = value;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.weight_decay",
        flags: &[Flag { aliases: &["wd"], ..Flag::new("weight-decay", "X") }],
        help: "Weight decay: L2 with Adam and SGD, decoupled with AdamW",
        default: "0; AdamW: 0.01; ResNet and VGG: 0.0001",
        example: "0.0001",
        kind: Kind::Number,
        get: |e| Some(Value::of(*weight_decay(&mut e.recipe.optimizer.clone()))),
        set: |e, v| {
            *weight_decay(&mut e.recipe.optimizer) = v.number(|x| x >= 0.0, "a number of at least 0")?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.label_smoothing",
        flags: &[Flag::new("label-smoothing", "X")],
        help: "Fraction of the target that is spread over all classes",
        default: "0",
        example: "0.1",
        kind: Kind::Number,
        paper: "Szegedy et al. 2016",
        get: |e| Some(Value::of(e.recipe.label_smoothing)),
        set: |e, v| {
            e.recipe.label_smoothing = v.number(is_below_one, BELOW_ONE)?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.gradient_clip",
        flags: &[Flag { aliases: &["grad-clip", "clip-grad-norm"], ..Flag::new("gradient-clip", "NORM") }],
        help: "Shorten gradients to this Euclidean norm, all parameters together",
        default: "none",
        example: "1",
        kind: Kind::Number,
        get: |e| e.recipe.gradient_clip.map(Value::of),
        set: |e, v| {
            e.recipe.gradient_clip = Some(v.number(|x| x > 0.0, "a positive number")?);
            Ok(())
        },
        ..GROUP
    },
];
