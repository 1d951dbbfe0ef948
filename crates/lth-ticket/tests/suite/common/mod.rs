//! Trainings with the reference engine: a softmax regression whose inputs are dropped by (seed, update), so that a training that
//! forgets any of its state ends with other bits.

// Each test file uses its part.
#![allow(dead_code, unused_imports)]

mod at;
mod fixture;
mod watched;

use lth_model::{
    Architecture, ArchitectureBuilder, DataSet, Engine, EngineError, EvaluationSet, Examples, Normalization,
    Placement, Program, Purpose, RandomStream, Seed, Start, Trainer, Window,
};

pub(crate) use at::{At, stop_at};
pub(crate) use fixture::{Fixture, LAST, finish};
pub(crate) use lth_reference::ReferenceEngine;
pub(crate) use watched::{Views, WatchedEngine};

pub(crate) const FEATURES: usize = 4;
pub(crate) const CLASSES: usize = 3;

pub(crate) fn architecture() -> Architecture {
    let net =
        ArchitectureBuilder::new("regression", &[FEATURES]).dropout("dropout1", 0.05).linear("fc1", CLASSES);
    net.build().unwrap()
}

/// A network with a convolution and a batch normalisation before the regression.
pub(crate) fn normed_architecture() -> Architecture {
    ArchitectureBuilder::new("normed", &[1, 2, 2])
        .conv2d_without_bias("conv1", 1, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .relu("relu1")
        .flatten("flatten")
        .linear("fc1", CLASSES)
        .build()
        .unwrap()
}

/// Random bytes; the class is the largest of the first three, so that there is something to learn.
pub(crate) fn examples(count: usize, seed: u64) -> Examples {
    let mut stream = RandomStream::new(Seed(seed), Purpose::Augmentation, 0);
    let bytes: Vec<u8> = (0..count * FEATURES).map(|_| stream.next_u32() as u8).collect();
    let class = |example: &[u8]| (0..CLASSES).max_by_key(|&class| example[class]).unwrap() as u16;
    let labels: Vec<u16> = bytes.chunks(FEATURES).map(class).collect();
    Examples {
        bytes: bytes.into(),
        labels: labels.into(),
        features: FEATURES,
        normalization: Normalization::UNIT,
    }
}

/// An engine with the networks of [`ReferenceEngine`], so many a trainer, and so many updates between two looks.
pub(crate) struct ManyEngine {
    pub(crate) networks: usize,
    pub(crate) updates: usize,
}

impl Engine for ManyEngine {
    fn name(&self) -> String {
        "many".to_owned()
    }

    fn numerics(&self) -> &'static str {
        ReferenceEngine.numerics()
    }

    fn supports(&self, program: &Program<'_>) -> Result<(), EngineError> {
        ReferenceEngine.supports(program)
    }

    fn placement(&self, _program: &Program<'_>) -> Placement {
        Placement { trainers: 1, networks: self.networks, updates: self.updates }
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        ReferenceEngine.upload(examples)
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        ReferenceEngine.evaluation_set(data, indices)
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        assert!(starts.len() <= self.networks);
        ReferenceEngine.trainer(program, starts)
    }
}
