//! The same bits on every instruction set, with any number of threads, and after going on from a state.

use lth_cpu::{CpuEngine, Isa};
use lth_model::{Batch, Gradients, TrainerState};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::graph::{
    plain::Settings,
    random_net::{Spec, spec_with_dropout},
    support::*,
};

/// Batches of a net: of the given size, and of a smaller one.
struct Data {
    inputs: Vec<f32>,
    labels: Vec<u16>,
    features: usize,
}

impl Data {
    fn new(spec: &Spec) -> Self {
        let features = spec.input.iter().product();
        let mut stream = stream(spec.seed, 4);
        Self {
            inputs: (0..spec.examples * features).map(|_| stream.normal() as f32).collect(),
            labels: (0..spec.examples).map(|_| stream.below(spec.classes as u64) as u16).collect(),
            features,
        }
    }

    fn batch(&self, number: usize) -> Batch<'_> {
        // One example alone has no variance.
        let half = self.labels.len().div_ceil(2).max(2);
        let count = if number.is_multiple_of(2) { self.labels.len() } else { half };
        Batch::Values { inputs: &self.inputs[..count * self.features], labels: &self.labels[..count] }
    }
}

fn settings_of(spec: &Spec) -> Settings {
    let (optimizer, rate) = OPTIMIZERS[spec.seed as usize % OPTIMIZERS.len()];
    Settings { smoothing: 0.1, clip: Some(1.0), ..Settings::new(optimizer, rate) }
}

/// Everything that three steps leave.
fn train(spec: &Spec, engine: CpuEngine) -> (TrainerState, Vec<f32>, lth_model::Tensors) {
    let architecture = spec.architecture();
    let weights = weights(&architecture, spec.seed);
    let masks = masks(&architecture, &spec.densities, spec.seed);
    let settings = settings_of(spec);
    let mut trainer = trainer(engine, &architecture, &settings, &weights, &masks);
    let data = Data::new(spec);
    for number in 0..3 {
        trainer.step(data.batch(number), settings.rate as f32).unwrap();
    }
    let gradients = trainer.gradients(data.batch(0), Gradients::All).unwrap();
    (trainer.state(), trainer.logits(data.batch(0)).unwrap(), gradients)
}

fn assert_same(spec: &Spec, engine: CpuEngine, expected: CpuEngine, what: &str) -> Result<(), TestCaseError> {
    let (found, expected) = (train(spec, engine), train(spec, expected));
    prop_assert_eq!(same_bits(&found.0.weights, &expected.0.weights), Ok(()), "{}: weights", what);
    prop_assert_eq!(
        same_bits(&found.0.optimizer.tensors, &expected.0.optimizer.tensors),
        Ok(()),
        "{}: memory",
        what
    );
    prop_assert_eq!(same_bits(&found.2, &expected.2), Ok(()), "{}: gradients", what);
    let bits = |logits: &[f32]| logits.iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
    prop_assert_eq!(bits(&found.1), bits(&expected.1), "{}: logits", what);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn instruction_sets(spec in spec_with_dropout(), crossover in prop_oneof![Just(0.0), Just(0.4), Just(2.0)]) {
        let engine = |isa| CpuEngine::with_instructions(isa).with_crossover(crossover);
        let mut sets = Isa::available().into_iter();
        let first = sets.next().unwrap();
        for isa in sets {
            assert_same(&spec, engine(isa), engine(first), &isa.to_string())?;
        }
    }

    #[test]
    fn threads(spec in spec_with_dropout(), crossover in prop_oneof![Just(0.0), Just(0.4), Just(2.0)]) {
        let engine = |threads| CpuEngine::new().with_crossover(crossover).with_threads(threads);
        for threads in [2, 3] {
            assert_same(&spec, engine(threads), engine(1), &format!("{threads} threads"))?;
        }
    }

    #[test]
    fn going_on_from_a_state(spec in spec_with_dropout(), stop in 0..3usize) {
        let architecture = spec.architecture();
        let weights = weights(&architecture, spec.seed);
        let masks = masks(&architecture, &spec.densities, spec.seed);
        let settings = settings_of(&spec);
        let data = Data::new(&spec);
        let new = || trainer(CpuEngine::new(), &architecture, &settings, &weights, &masks);
        let steps = |trainer: &mut crate::shared::Network, numbers: std::ops::Range<usize>| {
            for number in numbers {
                trainer.step(data.batch(number), settings.rate as f32).unwrap();
            }
        };
        let mut whole = new();
        steps(&mut whole, 0..4);

        let mut before = new();
        steps(&mut before, 0..stop);
        let state = before.state();
        // Another trainer, which has been elsewhere.
        let mut after = new();
        steps(&mut after, 0..1);
        after.load(&state.weights, &masks, Some(&state.optimizer)).unwrap();
        prop_assert_eq!(same_bits(&after.state().weights, &state.weights), Ok(()), "loaded");
        steps(&mut after, stop..4);
        let (found, expected) = (after.state(), whole.state());
        prop_assert_eq!(same_bits(&found.weights, &expected.weights), Ok(()), "weights");
        prop_assert_eq!(same_bits(&found.optimizer.tensors, &expected.optimizer.tensors), Ok(()), "memory");
        prop_assert_eq!(found.optimizer.updates, 4);
    }
}
