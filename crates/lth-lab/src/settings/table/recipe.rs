//! Schedule, initial weights, evaluation and images: what else the recipe has.

use lth_data::NormalizationMethod;
use lth_model::{BiasInit, InitScheme};

use super::super::{
    Experiment,
    setting::{ENTRY, Flag, Group, Kind, Setting},
    value::{Refusal, Value},
};

const GROUP: Setting = Setting { group: Group::Recipe, ..ENTRY };
const SCHEDULE: &str = "Learning-rate schedule";
const INITIALISATION: &str = "Initialisation";
const EVALUATION: &str = "Evaluation";
const IMAGES: &str = "Images";

/// The widest padding of crops: shifts are kept in a signed byte.
const MOST_PADDING: u8 = 127;

fn normalizations() -> Vec<String> {
    NormalizationMethod::ALL.map(|(name, _)| name.to_owned()).to_vec()
}

fn set_normalization(experiment: &mut Experiment, value: &Value) -> Result<(), Refusal> {
    let name = value.text()?;
    let found = NormalizationMethod::ALL.iter().find(|(known, _)| *known == name);
    let Some((_, method)) = found else {
        let hint = format!("there are {}", normalizations().join(", "));
        return Err(Refusal::new("there is no normalization of this name", hint));
    };
    experiment.normalization = *method;
    Ok(())
}

pub(super) const RECIPE: &[Setting] = &[
    Setting {
        key: "recipe.schedule",
        heading: SCHEDULE,
        flags: &[Flag { aliases: &["lr-schedule", "scheduler"], ..Flag::new("schedule", "SCHEDULE") }],
        help: "How the learning rate changes: constant, milestones:20000it,25000it,0.1, cosine, linear, exponential:0.95,1ep, \
               one-cycle or triangular\n\n\
               milestones: multiply by the last number at each of the steps. cosine and linear: down to 0, or to the fraction that \
               follows, as in cosine:0.01. exponential: multiply once in each step. one-cycle and triangular: up to the rate at 30 % \
               of the training (one-cycle:0.3) and down again. `lth plot --schedule MODEL DATASET` shows it",
        default: "constant; drops for ResNet and VGG",
        example: "cosine",
        label: "learning-rate schedule",
        get: |e| Some(Value::of(&e.recipe.schedule)),
        set: |e, v| {
            e.recipe.schedule = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.warmup",
        heading: SCHEDULE,
        flags: &[Flag::new("warmup", "STEP")],
        help: "Raise the rate linearly from 0 over this step, before the schedule; 0it for none. It becomes part of the schedule",
        default: "none; VGG and ResNet have one",
        example: "500it",
        paper: "Goyal et al. 2017",
        // The schedule tells it.
        get: |_| None,
        set: |e, v| {
            e.recipe.schedule = e.recipe.schedule.clone().with_warmup(v.parse()?);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.init",
        heading: INITIALISATION,
        flags: &[Flag::new("init", "SCHEME")],
        help: "How weights are drawn, for example kaiming-normal-fan-in",
        default: "glorot-normal",
        example: "kaiming-normal-fan-in",
        label: "initialisation",
        kind: Kind::Name(|| InitScheme::ALL.map(|scheme| scheme.to_string()).to_vec()),
        get: |e| Some(Value::of(e.recipe.init)),
        set: |e, v| {
            e.recipe.init = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.bias_init",
        heading: INITIALISATION,
        flags: &[Flag::new("bias-init", "SCHEME")],
        help: "How biases are drawn: zero or pytorch",
        default: "zero",
        example: "pytorch",
        label: "initialisation of biases",
        kind: Kind::Name(|| BiasInit::ALL.map(|scheme| scheme.to_string()).to_vec()),
        get: |e| Some(Value::of(e.recipe.bias_init)),
        set: |e, v| {
            e.recipe.bias_init = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "validation_size",
        heading: EVALUATION,
        flags: &[Flag { aliases: &["validation-size"], ..Flag::new("validation", "N") }],
        help: "Training examples held out for validation, chosen by the seed; a folder of images with train, val and test has its own, \
               val",
        default: "5000",
        example: "5000",
        kind: Kind::Whole,
        get: |e| Some(Value::of(e.validation_size)),
        set: |e, v| {
            e.validation_size = v.whole(0)?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "evaluate_every",
        heading: EVALUATION,
        flags: &[Flag::new("evaluate-every", "N")],
        help: "Iterations between evaluations of validation and test set",
        default: "100",
        example: "100",
        label: "evaluation every",
        kind: Kind::Whole,
        get: |e| Some(Value::of(e.evaluate_every)),
        set: |e, v| {
            e.evaluate_every = v.whole(1)?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "normalization",
        heading: IMAGES,
        flags: &[Flag::new("normalization", "METHOD")],
        help: "Bytes of images to numbers: unit (0 to 1), standard (each channel's mean 0, deviation 1) or per-image",
        default: "unit for grey images, standard for coloured ones",
        example: "standard",
        label: "normalisation",
        kind: Kind::Name(normalizations),
        get: |e| Some(Value::of(e.normalization.name())),
        set: set_normalization,
        ..GROUP
    },
    Setting {
        key: "recipe.crop_padding",
        heading: IMAGES,
        flags: &[Flag::new("crop-padding", "PIXELS")],
        help: "Crop training images at random after padding them by this many pixels",
        default: "0; 4 for ResNet and VGG on photographs",
        example: "4",
        kind: Kind::Whole,
        get: |e| Some(Value::of(e.recipe.augmentation.crop_padding)),
        set: |e, v| {
            let padding: u8 = v.whole(0)?;
            if padding > MOST_PADDING {
                return Err(Refusal::new(format!("it is more than {MOST_PADDING} pixels"), ""));
            }
            e.recipe.augmentation.crop_padding = padding;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "recipe.horizontal_flip",
        heading: IMAGES,
        flags: &[Flag::new("flip", "on|off")],
        help: "Mirror half of the training images",
        default: "off; on for ResNet and VGG on photographs",
        example: "on",
        kind: Kind::Switch,
        get: |e| Some(Value::of(e.recipe.augmentation.horizontal_flip)),
        set: |e, v| {
            e.recipe.augmentation.horizontal_flip = v.switch()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "order",
        help: "The order of the examples of an epoch: shuffled (anew each epoch, by the seed) or stored",
        example: "stored",
        kind: Kind::Name(|| ["shuffled", "stored"].map(str::to_owned).to_vec()),
        get: |e| Some(Value::of(e.order)),
        set: |e, v| {
            e.order = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
];
