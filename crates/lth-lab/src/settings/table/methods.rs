//! What only one procedure has: pruning at initialisation, during training, early-bird tickets.

use lth_ticket::GRASP_TEMPERATURE;

use super::{
    super::{
        Experiment,
        procedure::{AtInit, Dynamic, EarlyBird, Procedure},
        setting::{ENTRY, Flag, Group, Kind, Setting},
        value::{Refusal, Value},
    },
    procedure::{AT_INIT, DYNAMIC, EARLY_BIRD, elsewhere},
};

const GROUP: Setting = Setting { group: Group::Pruning, ..ENTRY };

fn at_init(experiment: &mut Experiment) -> Result<&mut AtInit, Refusal> {
    let refused = elsewhere(experiment, "pruning at initialisation (at-init)", "use --at-init METHOD");
    match &mut experiment.pruning.procedure {
        Procedure::AtInit(settings) => Ok(settings),
        _ => Err(refused),
    }
}

fn dynamic(experiment: &mut Experiment) -> Result<&mut Dynamic, Refusal> {
    let owner = "masks that change during training (dynamic)";
    let refused = elsewhere(experiment, owner, "use --dynamic gradual, set or rigl");
    match &mut experiment.pruning.procedure {
        Procedure::Dynamic(settings) => Ok(settings),
        _ => Err(refused),
    }
}

fn early_bird(experiment: &mut Experiment) -> Result<&mut EarlyBird, Refusal> {
    let refused = elsewhere(experiment, "early-bird tickets (early-bird)", "use --early-bird");
    match &mut experiment.pruning.procedure {
        Procedure::EarlyBird(settings) => Ok(settings),
        _ => Err(refused),
    }
}

pub(super) const METHODS: &[Setting] = &[
    Setting {
        key: "pruning.steps",
        heading: AT_INIT,
        flags: &[Flag::new("pruning-steps", "N")],
        help: "At initialisation, prune in so many steps, scoring again before each",
        default: "100 for synflow, else 1",
        example: "100",
        kind: Kind::Whole,
        paper: "Tanaka et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::AtInit(settings) => settings.steps.map(Value::of),
            _ => None,
        },
        set: |e, v| {
            at_init(e)?.steps = Some(v.whole(1)?);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.grasp_temperature",
        heading: AT_INIT,
        flags: &[Flag::new("grasp-temperature", "T")],
        help: "For GraSP, what logits are divided by before the softmax of its loss",
        default: "200, as in the authors' code",
        example: "1.5",
        kind: Kind::Number,
        paper: "Wang et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::AtInit(settings) => settings.grasp_temperature.map(Value::of),
            _ => None,
        },
        set: |e, v| {
            let temperature: f32 = v.number(|x| x > 0.0, "a number above 0: logits are divided by it")?;
            let settings = at_init(e)?;
            if settings.method != "grasp" {
                let reason = format!("it belongs to GraSP, not to {}", settings.method);
                return Err(Refusal::new(reason, "use --at-init grasp"));
            }
            settings.grasp_temperature =
                Some(temperature).filter(|&given| f64::from(given) != GRASP_TEMPERATURE);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.update_every",
        heading: DYNAMIC,
        flags: &[Flag::new("update-every", "N")],
        help: "During training, iterations from one change of masks to the next",
        default: "100",
        example: "100",
        label: "mask updates every",
        kind: Kind::Whole,
        paper: "Evci et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::Dynamic(settings) => Some(Value::of(settings.updates.every)),
            _ => None,
        },
        set: |e, v| {
            let every = v.whole(1)?;
            dynamic(e)?.updates.every = every;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.update_end",
        heading: DYNAMIC,
        flags: &[Flag::new("update-end", "FRACTION")],
        help: "During training, the part of the training after which masks stay",
        default: "0.75",
        example: "0.75",
        label: "mask updates until",
        kind: Kind::Number,
        paper: "Evci et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::Dynamic(settings) => Some(Value::of(settings.updates.end)),
            _ => None,
        },
        set: |e, v| {
            let end = v.parse()?;
            dynamic(e)?.updates.end = end;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.drop_fraction",
        heading: DYNAMIC,
        flags: &[Flag::new("drop-fraction", "FRACTION")],
        help: "During training, the fraction of a layer's weights that set and rigl replace first; it falls as a cosine",
        default: "0.3",
        example: "0.3",
        kind: Kind::Number,
        paper: "Evci et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::Dynamic(settings) => Some(Value::of(settings.updates.drop_fraction)),
            _ => None,
        },
        set: |e, v| {
            let fraction = v.parse()?;
            dynamic(e)?.updates.drop_fraction = fraction;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.early_bird_window",
        heading: EARLY_BIRD,
        flags: &[Flag::new("early-bird-window", "N")],
        help: "For early-bird tickets, compare the masks of so many epochs",
        default: "5",
        example: "5",
        kind: Kind::Whole,
        paper: "You et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::EarlyBird(settings) => Some(Value::of(settings.window)),
            _ => None,
        },
        set: |e, v| {
            // A mask alone has no distance from others.
            let window = v.whole(2)?;
            early_bird(e)?.window = window;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.early_bird_threshold",
        heading: EARLY_BIRD,
        flags: &[Flag::new("early-bird-threshold", "FRACTION")],
        help: "For early-bird tickets, the largest mask distance (fraction of differing weights) to the masks in the window",
        default: "0.1",
        example: "0.1",
        kind: Kind::Number,
        paper: "You et al. 2020",
        get: |e| match &e.pruning.procedure {
            Procedure::EarlyBird(settings) => Some(Value::of(settings.threshold)),
            _ => None,
        },
        set: |e, v| {
            let threshold =
                v.number(|x| (0.0..=1.0).contains(&x), "a fraction of all weights, from 0 to 1")?;
            early_bird(e)?.threshold = threshold;
            Ok(())
        },
        ..GROUP
    },
];
