//! The engine against plain loops on random networks: outputs, gradients, and a step of every optimiser.
//!
//! How far rounding may carry depends on the network, so it is measured: plain loops with deviations of 2^-20 of each layer's
//! largest value, eight times what a single rounding makes, twice. Networks in which a ReLU or a maximum is decided by less
//! are passed over, since on the other side of the decision is another gradient.

use lth_cpu::CpuEngine;
use lth_model::{Batch, Gradients, Masks, Tensors};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::{
    plain::{Mode, Noise, Plain, Settings, Values},
    random_net::{Spec, spec},
    support::*,
};

const NOISE: f64 = 1.0 / (1 << 20) as f64;
/// Times what the noise made, and of the largest value.
const SLACK: f64 = 8.0;
const FLOOR: f64 = 4e-6;
/// Of sums that are exactly zero: what terms of a few hundredths leave in 32 bits.
const ZERO: f64 = 3e-8;

fn settings() -> impl Strategy<Value = Settings> {
    let clip = prop_oneof![Just(None), (0.01..2.0).prop_map(Some)];
    (0..OPTIMIZERS.len(), prop_oneof![Just(0.0), Just(0.1)], clip, any::<bool>(), any::<bool>()).prop_map(
        |(which, smoothing, clip, frozen, really)| {
            let (optimizer, rate) = OPTIMIZERS[which];
            let clip = clip.map(|clip: f64| f64::from(clip as f32));
            let smoothing = f64::from(smoothing as f32);
            Settings { smoothing, clip, frozen_norm: frozen && really, ..Settings::new(optimizer, rate) }
        },
    )
}

/// The reference and two noisy ones.
struct Oracle {
    nets: [Plain; 3],
}

impl Oracle {
    fn new(exact: Plain) -> Self {
        let noisy = |seed| exact.noisy(Noise { size: NOISE, seed });
        Self { nets: [noisy(1), noisy(7_000_003), exact] }
    }

    /// Compares with what the last, exact net gives.
    fn compare(
        &mut self,
        what: &str,
        found: &[f32],
        result: impl Fn(&mut Plain) -> Vec<f64>,
    ) -> Result<(), TestCaseError> {
        let [a, b, exact] = self.nets.each_mut().map(result);
        within(what, found, &exact, &[a, b])
    }

    fn compare_all(
        &mut self,
        what: &str,
        found: &Tensors,
        result: impl Fn(&mut Plain) -> Values,
    ) -> Result<(), TestCaseError> {
        let [a, b, exact] = self.nets.each_mut().map(result);
        prop_assert_eq!(found.len(), exact.len(), "{}: number of tensors", what);
        for (name, tensor) in found {
            within(
                &format!("{what} {name}"),
                tensor.data(),
                &exact[name],
                &[a[name].clone(), b[name].clone()],
            )?;
        }
        Ok(())
    }
}

fn within(what: &str, found: &[f32], exact: &[f64], noisy: &[Vec<f64>]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), exact.len(), "{}", what);
    let distance = |values: &[f64]| values.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let carried = noisy.iter().map(|noisy| distance(noisy)).fold(0.0, f64::max);
    let largest = exact.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let allowed = SLACK * carried + FLOOR * largest + ZERO;
    let found = wide(found);
    let difference = distance(&found);
    let all_numbers = found.iter().all(|value| value.is_finite());
    prop_assert!(
        all_numbers && difference <= allowed,
        "{}: off by {:.2e}, allowed {:.2e}, largest {:.2e}",
        what,
        difference,
        allowed,
        largest
    );
    Ok(())
}

/// Whether every pruned weight, or its moment, is the positive zero.
fn pruned_are_zero(tensors: &Tensors, masks: &Masks) -> bool {
    let zero = |(value, kept): (&f32, bool)| kept || value.to_bits() == 0;
    masks.iter().all(|(name, mask)| {
        let mine = tensors.iter().filter(|(tensor, _)| tensor.starts_with(name));
        mine.map(|(_, tensor)| tensor.data().iter().zip(mask.flags())).all(|mut pairs| pairs.all(zero))
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
    let mode = if settings.frozen_norm { Mode::Evaluation } else { Mode::Training };

    let exact = Plain::new(&architecture, &weights, &masks);
    prop_assume!(exact.forward(&x, mode).margin > 2.0 * NOISE);
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
