//! Which network each round's mask is cut from, and what only that way has.

use lth_model::Step;
use lth_ticket::{
    Allocation, BEFORE_TRAINING, CRITERIA, DuringTraining, Keep, Mask1Action as _, Scope,
    find_before_training, find_criterion, find_during_training,
};

use super::super::{
    Experiment,
    procedure::{AtInit, EarlyBird, OfTrained, Procedure, Retraining},
    setting::{ENTRY, Flag, Group, Kind, Role, Setting},
    value::{Refusal, Value},
};

const GROUP: Setting = Setting { group: Group::Pruning, heading: "Pruning", ..ENTRY };
const REWINDING: &str = "Rewinding and retraining";
pub(super) const AT_INIT: &str = "Pruning at initialisation";
pub(super) const DYNAMIC: &str = "Pruning during training";
pub(super) const EARLY_BIRD: &str = "Early-bird tickets";

/// A setting of a procedure that the experiment does not have.
pub(super) fn elsewhere(experiment: &Experiment, owner: &str, hint: &str) -> Refusal {
    let name = experiment.pruning.procedure.name();
    Refusal::new(format!("it belongs to {owner}, and the procedure is {name}"), hint)
}

fn of_trained(experiment: &mut Experiment) -> Result<&mut OfTrained, Refusal> {
    let owner = "tickets that are cut from trained networks (iterative or one-shot)";
    let refused = elsewhere(experiment, owner, "leave it out");
    experiment.pruning.procedure.of_trained_mut().ok_or(refused)
}

fn criteria() -> Vec<String> {
    let methods = BEFORE_TRAINING.iter().map(|method| method.name());
    let changes = DuringTraining::ALL.map(DuringTraining::name);
    CRITERIA
        .iter()
        .map(|criterion| criterion.name())
        .chain(methods)
        .chain(changes)
        .map(str::to_owned)
        .collect()
}

/// The procedure of this name; scope and mask-1 action get its defaults.
fn set_procedure(experiment: &mut Experiment, value: &Value) -> Result<(), Refusal> {
    let name = value.text()?;
    if name == experiment.pruning.procedure.name() {
        return Ok(());
    }
    let usual = super::super::defaults::pruning(&experiment.model);
    let pruning = &mut experiment.pruning;
    pruning.procedure = Procedure::by_name(name)?;
    pruning.scope = if name == "at-init" { Scope::Global } else { usual.scope };
    pruning.mask1_action = if name == "early-bird" { Keep.name().into_owned() } else { usual.mask1_action };
    Ok(())
}

/// The criterion, or the method of the procedure.
fn set_criterion(experiment: &mut Experiment, value: &Value) -> Result<(), Refusal> {
    let criterion = || Ok::<_, Refusal>(value.name(find_criterion)?.name().to_owned());
    match &mut experiment.pruning.procedure {
        Procedure::Iterative(OfTrained { criterion: own, .. })
        | Procedure::OneShot(OfTrained { criterion: own, .. }, _)
        | Procedure::EarlyBird(EarlyBird { criterion: own, .. }) => *own = criterion()?,
        Procedure::AtInit(AtInit { method, .. }) => {
            value.name(find_before_training)?.name().clone_into(method);
        }
        Procedure::Dynamic(own) => {
            own.method = value.name(find_during_training)?;
            own.allocation = own.method.starts_sparse().then_some(Allocation::Erk);
            if !own.method.starts_sparse() {
                experiment.pruning.scope = Scope::Global;
            }
        }
    }
    Ok(())
}

fn set_allocation(experiment: &mut Experiment, value: &Value) -> Result<(), Refusal> {
    let owner = "networks that are sparse before they are trained";
    let refused = elsewhere(experiment, owner, "use --at-init METHOD, or --dynamic set or rigl");
    let allocation = value.parse()?;
    match &mut experiment.pruning.procedure {
        Procedure::AtInit(settings) => settings.allocation = Some(allocation),
        Procedure::Dynamic(settings) if settings.method.starts_sparse() => {
            settings.allocation = Some(allocation);
        }
        _ => return Err(refused),
    }
    Ok(())
}

pub(super) const PROCEDURE: &[Setting] = &[
    Setting {
        key: "pruning.procedure",
        flags: &[
            Flag {
                help: "Prune each round's density from the dense training at once, instead of round after round",
                ..Flag::fixed("one-shot", "one-shot")
            },
            Flag {
                heading: EARLY_BIRD,
                help: "Cut each round's ticket from the dense network as soon as its mask stops changing (You et al. 2020)\n\n\
                       After every epoch the network is pruned on paper to the round's density. When the newest mask is near those of \
                       the last epochs the ticket is drawn; its kept weights go on from there, unless --mask1-action says otherwise.",
                ..Flag::fixed("early-bird", "early-bird")
            },
        ],
        help: "Which network each round's mask is cut from: iterative (the one of the round before), one-shot (the dense one), \
               at-init (the untrained one), dynamic (masks change while a round trains) or early-bird (the young dense one)",
        example: "one-shot",
        label: "pruning",
        kind: Kind::Name(|| Procedure::NAMES.map(str::to_owned).to_vec()),
        role: Role::Leads,
        get: |e| Some(Value::of(e.pruning.procedure.name())),
        set: set_procedure,
        ..GROUP
    },
    Setting {
        key: "pruning.criterion",
        flags: &[
            Flag::new("criterion", "NAME"),
            Flag {
                besides: &[("pruning.procedure", "at-init")],
                aliases: &["before-training"],
                heading: AT_INIT,
                help: "Prune before any training, each density by itself: random, magnitude, snip, grasp or synflow\n\n\
                       Each round is then the untrained network pruned to one density and trained. All layers are ranked together \
                       unless --scope or --allocation says otherwise. SNIP and GraSP look at 10 training examples of each class. \
                       Sanity checks (Frankle et al. 2021): --control random-mask shuffles the mask within each layer, --control \
                       random-reinit draws fresh weights, --invert-scores.",
                ..Flag::new("at-init", "METHOD")
            },
            Flag {
                besides: &[("pruning.procedure", "dynamic")],
                aliases: &["during-training"],
                heading: DYNAMIC,
                help: "Prune during training, each density by itself: gradual, set or rigl\n\n\
                       gradual (Zhu and Gupta 2017) begins with the dense network and prunes it little by little. set (Mocanu et al. \
                       2018) and rigl (Evci et al. 2020) begin with a random sparse network, spread by --allocation, and move its \
                       weights. The mask that training ends with is in each round's trained.safetensors. With --control random-mask a \
                       network that stays as sparse as it began is trained beside.",
                ..Flag::new("dynamic", "METHOD")
            },
        ],
        help: "What decides which weights stay; `lth criteria` lists all",
        default: "large-final, the magnitude after training",
        example: "movement",
        kind: Kind::Name(criteria),
        role: Role::Leads,
        common: true,
        paper: "Zhou et al. 2019",
        get: |e| Some(Value::of(e.pruning.procedure.criterion())),
        set: set_criterion,
        ..GROUP
    },
    Setting {
        key: "pruning.densities",
        flags: &[Flag::new("densities", "DENSITIES")],
        help: "The densities of the rounds, for example 0.5,0.2,0.05; not with iterative pruning",
        default: "what the rates lead to",
        example: "0.5,0.2",
        kind: Kind::Numbers,
        get: |e| Value::list(e.pruning.procedure.densities()),
        set: |e, v| {
            let hint = "use --one-shot, --at-init or --dynamic, or --pruning-rate";
            let refused = Refusal::new("iterative pruning follows its rates from round to round", hint);
            *e.pruning.procedure.densities_mut().ok_or(refused)? = v.all()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.allocation",
        flags: &[Flag::new("allocation", "NAME")],
        help: "Spread the density over layers without looking at scores: uniform, er, erk or balanced",
        default: "erk for set and rigl",
        example: "erk",
        kind: Kind::Name(|| Allocation::ALL.map(|allocation| allocation.name().to_owned()).to_vec()),
        paper: "Evci et al. 2020",
        get: |e| e.pruning.procedure.allocation().map(Value::of),
        set: set_allocation,
        ..GROUP
    },
    Setting {
        key: "pruning.rewind",
        heading: REWINDING,
        flags: &[Flag::new("rewind", "STEP")],
        help: "Rewind tickets to this step of the dense training, for example 500it",
        default: "0it, initialisation",
        example: "500it",
        label: "rewind point",
        common: true,
        paper: "Frankle et al. 2019",
        get: |e| e.pruning.procedure.of_trained().map(|trained| Value::of(trained.rewind)),
        set: |e, v| {
            let step: Step = v.parse()?;
            of_trained(e)?.rewind = step;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.keep_optimizer_state",
        heading: REWINDING,
        flags: &[Flag::fixed("keep-optimizer-state", "on")],
        help: "On rewinding restore the optimiser's state of that step, instead of starting it afresh",
        example: "on",
        label: "kept optimiser state",
        kind: Kind::Switch,
        get: |e| e.pruning.procedure.of_trained().map(|trained| Value::of(trained.keep_optimizer_state)),
        set: |e, v| {
            let on = v.switch()?;
            of_trained(e)?.keep_optimizer_state = on;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.retraining",
        heading: REWINDING,
        flags: &[Flag { aliases: &["retraining"], ..Flag::new("retrain", "WAY") }],
        help: "How tickets are trained: weight-rewinding, learning-rate-rewinding or fine-tuning\n\n\
               The last two keep the trained weights (Renda et al. 2020). All three train from the step of `--rewind` to the end: with \
               learning-rate rewinding by the schedule from there on, with fine-tuning at its last rate",
        default: "weight-rewinding",
        example: "fine-tuning",
        kind: Kind::Name(|| Retraining::ALL.map(|(name, _)| name.to_owned()).to_vec()),
        paper: "Renda et al. 2020",
        get: |e| e.pruning.procedure.of_trained().map(|trained| Value::of(trained.retraining)),
        set: |e, v| {
            let way = v.parse()?;
            of_trained(e)?.retraining = way;
            Ok(())
        },
        ..GROUP
    },
];
