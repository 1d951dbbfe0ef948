//! How much is done, what stays of it, and what it is called.

use super::super::setting::{ENTRY, Flag, Gives, Group, Kind, Role, Setting};
use super::super::value::{Refusal, Value};
use crate::Keep;

const GROUP: Setting = Setting { group: Group::Run, heading: "Run", role: Role::Extends, ..ENTRY };

pub(super) const RUN: &[Setting] = &[
    Setting {
        key: "rounds",
        heading: "Pruning",
        flags: &[Flag { short: Some('i'), also: &["rounds"], ..Flag::new("number-of-iterations", "N") }],
        help: "Train-prune rounds, the dense one included; may grow: run the same command again",
        default: "20",
        example: "20",
        kind: Kind::Whole,
        common: true,
        get: |e| Some(Value::of(e.rounds)),
        set: |e, v| {
            e.rounds = v.whole(1)?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "replicates",
        flags: &[Flag { also: &["seeds"], ..Flag::new("replicates", "N") }],
        help: "How often to repeat the experiment, with seeds SEED, SEED+1, ...; may grow",
        default: "1",
        example: "5",
        kind: Kind::Whole,
        common: true,
        get: |e| Some(Value::of(e.replicates)),
        set: |e, v| {
            e.replicates = v.whole(1)?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "keep",
        flags: &[Flag::new("keep", "POLICY")],
        help: "Which weights stay on disk: tickets, last, best or all\n\n\
               tickets: what each round starts from, and the trained dense network, from which other runs cut tickets too; all else can \
               be trained again from them, to the same bits. last: also the trained weights of the last round. best: also those of the round with the best validation accuracy. all: also those \
               of every round and control. For lenet-300-100 a ticket takes 1.3 MB and trained weights 1.1 MB",
        default: "tickets",
        example: "all",
        kind: Kind::Name(|| Keep::ALL.map(|keep| keep.to_string()).to_vec()),
        get: |e| Some(Value::of(e.keep)),
        set: |e, v| {
            e.keep = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "name",
        flags: &[Flag::new("name", "NAME")],
        help: "What you call the run, in lists and legends; its folder keeps its name",
        example: "baseline",
        get: |e| e.name.as_ref().map(Value::of),
        set: |e, v| {
            let name = v.text()?.trim();
            if name.is_empty() || name.contains(char::is_control) {
                return Err(Refusal::new("a name has letters, on one line", "for example baseline"));
            }
            e.name = Some(name.to_owned());
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "tags",
        flags: &[Flag { gives: Gives::More, ..Flag::new("tag", "TAG") }],
        help: "A word by which `lth runs` finds the run; repeatable",
        example: "paper",
        kind: Kind::List(Vec::new),
        get: |e| Value::list(&e.tags),
        set: |e, v| {
            e.tags = v.set();
            Ok(())
        },
        ..GROUP
    },
];
