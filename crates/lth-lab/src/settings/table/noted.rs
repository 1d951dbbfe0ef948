//! Model and data set, and what a run notes by itself.

use std::path::PathBuf;

use super::super::{
    setting::{ENTRY, Kind, Role, Setting},
    value::Value,
};

pub(super) const NOTED: &[Setting] = &[
    Setting {
        key: "model",
        help: "The network; `lth models` lists what there is",
        example: "lenet-300-100",
        kind: Kind::OpenName(|| lth_model::MODELS.iter().map(|model| model.name.to_string()).collect()),
        role: Role::Leads,
        get: |e| Some(Value::of(&e.model)),
        set: |e, v| {
            v.text()?.clone_into(&mut e.model);
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "network_fingerprint",
        help: "The fingerprint of your own network when the run began",
        get: |e| e.network_fingerprint.as_ref().map(Value::of),
        set: |e, v| {
            e.network_fingerprint = Some(v.text()?.to_owned());
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "dataset",
        help: "The data; `lth datasets` lists what there is",
        example: "mnist",
        label: "data",
        kind: Kind::OpenName(|| lth_data::DATASETS.iter().map(|data| data.name.to_owned()).collect()),
        role: Role::Leads,
        get: |e| Some(Value::of(&e.dataset)),
        set: |e, v| {
            v.text()?.clone_into(&mut e.dataset);
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "data_folder",
        help: "Where the images were read last; they may be moved: see --data-folder",
        role: Role::Extends,
        get: |e| e.data_folder.as_ref().map(|folder| Value::of(folder.display())),
        set: |e, v| {
            e.data_folder = Some(PathBuf::from(v.text()?));
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "dataset_fingerprint",
        help: "The data are not the published ones; this is their fingerprint",
        label: "data",
        get: |e| e.dataset_fingerprint.as_ref().map(Value::of),
        set: |e, v| {
            e.dataset_fingerprint = Some(v.text()?.to_owned());
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "start",
        help: "A plain training: what it starts from. Rounds, controls and pruning do not apply",
        label: "start from",
        get: |e| e.start.as_ref().map(Value::of),
        set: |e, v| {
            e.start = Some(v.text()?.to_owned());
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "initial_weights",
        help: "The hash of the pretrained weights that the run begins with; they are in replicate-0/initial.safetensors",
        get: |e| e.initial_weights.as_ref().map(Value::of),
        set: |e, v| {
            e.initial_weights = Some(v.text()?.to_owned());
            Ok(())
        },
        ..ENTRY
    },
    Setting {
        key: "mask_runs",
        help: "Whose masks the control other-run-mask takes, one a draw",
        kind: Kind::List(Vec::new),
        role: Role::Extends,
        get: |e| Value::list(e.mask_runs.iter().map(|path| path.display())),
        set: |e, v| {
            e.mask_runs = v.words().into_iter().map(PathBuf::from).collect();
            Ok(())
        },
        ..ENTRY
    },
];
