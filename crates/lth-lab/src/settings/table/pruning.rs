//! How much is pruned where, and what kept and pruned weights become.

use lth_model::Rate;
use lth_ticket::{MASK0_ACTIONS, MASK1_ACTIONS, Mask1Action as _, find_mask0_action, find_mask1_action};

use super::super::{
    setting::{ENTRY, Flag, Gives, Group, Kind, Role, Setting},
    value::{Refusal, Value},
};
use crate::ControlKind;

const GROUP: Setting = Setting { group: Group::Pruning, heading: "Pruning", ..ENTRY };
const REWINDING: &str = "Rewinding and retraining";

/// The layer of a weight, or the layer itself.
fn layer(name: &str) -> String {
    name.strip_suffix(".weight").unwrap_or(name).to_owned()
}

pub(super) const PRUNING: &[Setting] = &[
    Setting {
        key: "pruning.rate",
        flags: &[Flag { aliases: &["prune-rate"], ..Flag::new("pruning-rate", "RATE") }],
        help: "Fraction of each layer's live weights that a round prunes; in the global scope, of all",
        default: "0.2",
        example: "0.2",
        label: "pruning rate",
        kind: Kind::Number,
        role: Role::Leads,
        common: true,
        paper: "Frankle and Carbin 2019",
        get: |e| Some(Value::of(e.pruning.rate)),
        set: |e, v| {
            let rate: Rate = v.parse()?;
            if rate == e.pruning.rate {
                return Ok(());
            }
            // The papers prune the output layer at half the rate of the others.
            let half = Rate::new(rate.get() / 2.0).map_err(Refusal::from)?;
            (e.pruning.rate, e.pruning.conv_rate, e.pruning.output_rate) = (rate, rate, half);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.conv_rate",
        flags: &[Flag::new("conv-rate", "RATE")],
        help: "The same for convolutions",
        default: "the pruning rate; without one 0.1 for conv-2 and conv-4, 0.15 for conv-6",
        example: "0.1",
        label: "pruning rate of convolutions",
        kind: Kind::Number,
        get: |e| Some(Value::of(e.pruning.conv_rate)),
        set: |e, v| {
            e.pruning.conv_rate = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.output_rate",
        flags: &[Flag::new("output-pruning-rate", "RATE")],
        help: "The same for the output layer",
        default: "half of the pruning rate",
        example: "0.1",
        label: "pruning rate of the output layer",
        kind: Kind::Number,
        get: |e| Some(Value::of(e.pruning.output_rate)),
        set: |e, v| {
            e.pruning.output_rate = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.layer_rates",
        flags: &[Flag { gives: Gives::More, ..Flag::new("layer-rate", "NAME=RATE") }],
        help: "The same for one layer, for example fc1=0.3; repeatable",
        example: "fc1=0.3",
        label: "pruning rates of layers",
        kind: Kind::Map,
        get: |e| Value::map(&e.pruning.layer_rates),
        set: |e, v| {
            e.pruning.layer_rates =
                v.by_name()?.into_iter().map(|(name, rate)| (layer(&name), rate)).collect();
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.excluded_layers",
        flags: &[Flag { gives: Gives::More, ..Flag::new("exclude-layer", "NAME") }],
        help: "Never prune this layer; density counts its weights all the same; repeatable",
        default: "the output of ResNet and VGG",
        example: "fc3",
        kind: Kind::List(Vec::new),
        get: |e| Some(Value::List(e.pruning.excluded_layers.iter().cloned().collect())),
        set: |e, v| {
            e.pruning.excluded_layers = v.set().iter().map(|name| layer(name)).collect();
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.scope",
        flags: &[Flag::new("scope", "SCOPE")],
        help: "layer: each layer its own rate; global: all layers ranked together",
        default: "layer; global for ResNet and VGG, and at initialisation",
        example: "global",
        kind: Kind::Name(|| ["layer", "global"].map(str::to_owned).to_vec()),
        get: |e| Some(Value::of(e.pruning.scope)),
        set: |e, v| {
            e.pruning.scope = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.inverted_scores",
        flags: &[Flag::fixed("invert-scores", "on")],
        help: "Prune the highest scores instead of the lowest: a sanity check",
        example: "on",
        kind: Kind::Switch,
        paper: "Frankle et al. 2021",
        get: |e| Some(Value::of(e.pruning.inverted_scores)),
        set: |e, v| {
            e.pruning.inverted_scores = v.switch()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.mask1_action",
        heading: REWINDING,
        flags: &[Flag::new("mask1-action", "NAME")],
        help: "What kept weights restart from: rewind, reinit, reshuffle, constant-same-sign, noise-0.5, ...\n\n\
               `lth criteria` lists the mask-1 actions (Zhou et al. 2019) with their formulas",
        default: "rewind; keep for early-bird tickets",
        example: "reinit",
        label: "mask-1 action",
        kind: Kind::OpenName(|| MASK1_ACTIONS.iter().map(|action| action.name().into_owned()).collect()),
        paper: "Zhou et al. 2019",
        get: |e| Some(Value::of(&e.pruning.mask1_action)),
        set: |e, v| {
            e.pruning.mask1_action = v.name(find_mask1_action)?.name().into_owned();
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "pruning.mask0_action",
        heading: REWINDING,
        flags: &[Flag::new("mask0-action", "NAME")],
        help: "What pruned weights are while the others train: zero, freeze-init, ...\n\n\
               `lth criteria` lists the mask-0 actions (Zhou et al. 2019). With frozen weights the forward pass costs what the dense network's costs",
        default: "zero",
        example: "freeze-init",
        label: "mask-0 action",
        kind: Kind::Name(|| MASK0_ACTIONS.iter().map(|action| action.name().to_owned()).collect()),
        paper: "Zhou et al. 2019",
        get: |e| Some(Value::of(&e.pruning.mask0_action)),
        set: |e, v| {
            v.name(find_mask0_action)?.name().clone_into(&mut e.pruning.mask0_action);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "controls",
        heading: "Controls",
        flags: &[Flag { gives: Gives::More, ..Flag::new("control", "KIND") }],
        help: "Also train a control beside each ticket: random-reinit, random-mask, ...; repeatable",
        example: "random-reinit",
        kind: Kind::List(|| ControlKind::all().map(|kind| kind.to_string()).collect()),
        role: Role::Extends,
        common: true,
        paper: "Frankle and Carbin 2019",
        get: |e| Some(Value::List(e.controls.iter().map(ToString::to_string).collect())),
        set: |e, v| {
            e.controls = v.all()?;
            Ok(())
        },
        ..GROUP
    },
];
