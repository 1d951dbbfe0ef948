//! Faults of an engine, and what they make of what it is given.

use lth_model::{Architecture, Batch, Op, Optimizer, Pruned, Seed, Start, Tensors, Update, View};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    NoWeightDecay,
    NoNesterov,
    NoClip,
    NoSmoothing,
    Epsilon,
    NormMomentum,
    NoDropout,
    OtherSeed,
    CountLost,
    MemoryKept,
    PrunedLeaks,
    FrozenMoves,
    FrozenForgotten,
    MemoryLostInRemask,
    RemaskGrowsValues,
    LiveIsAll,
    UpdatesForget,
    SecondRate,
    LastReportMissing,
    SetWithoutLast,
    NeverStops,
    EvaluationTrains,
    BatchSizeIgnored,
    StoppedEstimateCounts,
    ViewsMirrorNever,
    LabelsWrap,
    UnknownTensorsPass,
    FirstNetworkOnly,
    SameSeeds,
}

/// An architecture whose layers are a little different.
pub(crate) fn spoil(architecture: &Architecture, fault: Fault) -> Architecture {
    let mut architecture = architecture.clone();
    for node in &mut architecture.nodes {
        match (&mut node.op, fault) {
            (Op::BatchNorm { epsilon, .. }, Fault::Epsilon) => *epsilon *= 2.0,
            (Op::BatchNorm { momentum, .. }, Fault::NormMomentum) => *momentum *= 0.99,
            (Op::Dropout { rate }, Fault::NoDropout) => *rate = 0.0,
            _ => {}
        }
    }
    architecture
}

pub(crate) fn spoil_optimizer(optimizer: Optimizer, fault: Fault) -> Optimizer {
    match (optimizer, fault) {
        (Optimizer::Sgd { momentum, nesterov, .. }, Fault::NoWeightDecay) => {
            Optimizer::Sgd { momentum, nesterov, weight_decay: 0.0 }
        }
        (Optimizer::Sgd { momentum, weight_decay, .. }, Fault::NoNesterov) => {
            Optimizer::Sgd { momentum, nesterov: false, weight_decay }
        }
        _ => optimizer,
    }
}

pub(crate) fn spoil_start<'a>(start: &Start<'a>, weights: &'a Tensors, fault: Fault) -> Start<'a> {
    Start {
        weights,
        seed: if fault == Fault::OtherSeed { Seed(start.seed.0 ^ 1) } else { start.seed },
        pruned: if fault == Fault::FrozenForgotten { Pruned::Zero } else { start.pruned },
        ..*start
    }
}

pub(crate) fn spoil_update<'a>(update: &Update<'a>, first: f32, fault: Fault) -> Update<'a> {
    match (fault, update.batch) {
        (Fault::SecondRate, batch) => Update { batch, rate: first },
        (Fault::LabelsWrap, Batch::Values { inputs, .. }) => Update {
            batch: Batch::Values { inputs, labels: &[0, 0][..update.batch.len().min(2)] },
            ..*update
        },
        (Fault::ViewsMirrorNever, Batch::Stored { data, indices, views })
            if views.iter().any(|v| v.mirrored) =>
        {
            const STRAIGHT: [View; 70] = [View { down: 0, right: 0, mirrored: false }; 70];
            Update { batch: Batch::Stored { data, indices, views: &STRAIGHT[..views.len()] }, ..*update }
        }
        _ => *update,
    }
}
