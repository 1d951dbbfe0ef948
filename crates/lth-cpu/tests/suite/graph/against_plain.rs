//! The engine against plain loops on random networks: outputs, gradients, and a step of every optimiser.

use lth_cpu::CpuEngine;
use lth_model::{Batch, Gradients};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::graph::{
    oracle::{Oracle, pruned_are_zero},
    plain::{Mode, Plain, Settings},
    random_net::{Spec, spec},
    support::*,
};

fn settings() -> impl Strategy<Value = Settings> {
    let clip = prop_oneof![Just(None), (0.01..2.0).prop_map(Some)];
    (0..OPTIMIZERS.len(), prop_oneof![Just(0.0), Just(0.1)], clip).prop_map(|(which, smoothing, clip)| {
        let (optimizer, rate) = OPTIMIZERS[which];
        let clip = clip.map(|clip: f64| f64::from(clip as f32));
        let smoothing = f64::from(smoothing as f32);
        Settings { smoothing, clip, ..Settings::new(optimizer, rate) }
    })
}

fn check(spec: &Spec, settings: &Settings, engine: CpuEngine) -> Result<(), TestCaseError> {
    let architecture = spec.architecture();
    let weights = weights(&architecture, spec.seed);
    let masks = masks(&architecture, &spec.densities, spec.seed);
    let mut stream = stream(spec.seed, 3);
    let inputs: Vec<f32> =
        (0..spec.examples * architecture.input_features()).map(|_| stream.normal() as f32).collect();
    let labels: Vec<u16> = (0..spec.examples).map(|_| stream.below(spec.classes as u64) as u16).collect();
    let batch = Batch::Values { inputs: &inputs, labels: &labels };
    let x = wide(&inputs);
    let mode = settings.mode();

    let exact = Plain::new(&architecture, &weights, &masks);
    prop_assume!(Oracle::decides(&exact.forward(&x, mode)));
    let mut oracle = Oracle::new(exact);
    let mut trainer = trainer(engine, &architecture, settings, &weights, &masks);

    oracle.compare("logits", &trainer.logits(batch).unwrap(), |net| net.logits(&x, Mode::Evaluation))?;
    let all = trainer.gradients(batch, Gradients::All).unwrap();
    oracle.compare_all("gradient", &all, |net| net.gradients(&x, &labels, mode, settings.smoothing))?;
    let live = trainer.gradients(batch, Gradients::Live).unwrap();
    oracle.compare_all("live gradient", &live, |net| {
        net.live(net.gradients(&x, &labels, mode, settings.smoothing))
    })?;
    prop_assert!(pruned_are_zero(&live, &masks));

    let report = trainer.step(batch, settings.rate as f32).unwrap();
    oracle.compare("loss", &[report.loss_sum as f32], |net| vec![net.step(&x, &labels, settings)])?;
    oracle.compare_all("after the step", &trainer.weights(), |net| net.values.clone())?;
    let state = trainer.state();
    oracle.compare_all("memory", &state.optimizer.tensors, |net| net.moments.clone())?;
    prop_assert!(pruned_are_zero(&state.weights, &masks));
    prop_assert!(pruned_are_zero(&state.optimizer.tensors, &masks));
    oracle.compare("logits after", &trainer.logits(batch).unwrap(), |net| net.logits(&x, Mode::Evaluation))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn as_layers_are_chosen(spec in spec(), settings in settings()) {
        check(&spec, &settings, CpuEngine::new())?;
    }

    #[test]
    fn all_layers_dense(spec in spec(), settings in settings()) {
        check(&spec, &settings, CpuEngine::new().with_crossover(0.0))?;
    }

    #[test]
    fn all_masked_layers_sparse(spec in spec(), settings in settings()) {
        check(&spec, &settings, CpuEngine::new().with_crossover(2.0))?;
    }
}
