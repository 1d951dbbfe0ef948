//! Softmax, loss, accuracy and the gradient of logits.

use lth_reference::Objective;
use proptest::prelude::*;

use crate::{
    kernels::softmax::{Score, Softmax},
    layout::lanes::{Lanes, slab_rows},
    simd::Isa,
    tests::support::*,
};

/// Logits replaced by gradients if `scale` is given, and the score.
fn run(isa: Isa, logits: &[f32], labels: &[u16], classes: usize, scale: Option<f32>) -> (Vec<f32>, Score) {
    let lanes = Lanes::of(labels.len());
    let mut slab = to_slabs(logits, classes, lanes, 0.25);
    let len = slab_rows(classes) * lanes.width();
    let kernel =
        Softmax { logits: &mut slab[..len], classes, vectors: lanes.vectors, labels, scale, smoothing: 0.0 };
    let score = isa.run(kernel);
    if scale.is_some() {
        let beyond = (0..classes * lanes.width()).filter(|at| at % lanes.width() >= labels.len());
        assert!(
            beyond.map(|at| slab[at]).all(|value| value == 0.0),
            "lanes beyond the batch have no gradient"
        );
    }
    (from_slabs(&slab, classes, lanes), score)
}

/// `[a][b]` to `[b][a]`.
fn exchange(values: &[f64], a: usize, b: usize) -> Vec<f64> {
    (0..b).flat_map(|j| (0..a).map(move |i| values[i * b + j])).collect()
}

/// Gradients, loss and correct examples on every instruction set, with the same bits.
fn score_everywhere(logits: &[f32], labels: &[u16], classes: usize, scale: f32) -> (Vec<f32>, Score) {
    let gradients = everywhere(|isa| run(isa, logits, labels, classes, Some(scale)).0);
    let score = run(Isa::detect(), logits, labels, classes, Some(scale)).1;
    for isa in Isa::available() {
        let (same, evaluated) = run(isa, logits, labels, classes, None);
        assert_same_bits(&same, logits, "without a scale the logits stay");
        assert_eq!(evaluated, score, "{isa}");
    }
    (gradients, score)
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn loss_accuracy_and_gradient(n in 1_usize..=64, classes in 1_usize..=33, spread in 0.01_f64..50.0, seed: u64) {
        let mut stream = stream(seed);
        let logits: Vec<f32> = (0..n * classes).map(|_| (stream.normal() * spread) as f32).collect();
        let labels: Vec<u16> = (0..n).map(|_| stream.below(classes as u64) as u16).collect();
        let scale = 1.0 / n as f32;
        let (gradients, score) = score_everywhere(&logits, &labels, classes, scale);

        let by_class = exchange(&wide(&logits), n, classes);
        let exact = lth_reference::Score::of(&by_class, &labels, 0.0);
        let loss = Objective::Loss { labels: &labels, temperature: 1.0, smoothing: 0.0, examples: n };
        let expected = exchange(&loss.gradient(&by_class, n), classes, n);
        let target = |at: usize| f64::from(u8::from(usize::from(labels[at / classes]) == at % classes));
        let p: Vec<f64> = expected.iter().enumerate().map(|(at, slope)| slope * n as f64 + target(at)).collect();

        prop_assert_eq!(score.correct, exact.correct);
        // The differences to the highest logit are rounded, exponentials are within 2 ulp, and sums add.
        let error = HALF_ULP * (classes as f64 + 6.0 + 8.0 * spread);
        let off = (score.loss_sum - exact.loss_sum).abs();
        prop_assert!(off <= n as f64 * error, "{} {}", score.loss_sum, exact.loss_sum);
        let bound = |i: usize| f64::from(scale) * ((p[i] + 1e-9) * 4.0 * error + HALF_ULP * 4.0);
        assert_close(&gradients, &expected, bound, "dlogits");
    }

    #[test]
    fn the_first_of_equal_logits_wins(n in 1_usize..=64, classes in 1_usize..=12, seed: u64) {
        let mut stream = stream(seed);
        let logits: Vec<f32> = (0..n * classes).map(|_| stream.below(3) as f32 - 1.0).collect();
        let labels: Vec<u16> = (0..n).map(|_| stream.below(classes as u64) as u16).collect();
        let (_, score) = score_everywhere(&logits, &labels, classes, 1.0);
        let exact = lth_reference::Score::of(&exchange(&wide(&logits), n, classes), &labels, 0.0);
        prop_assert_eq!(score.correct, exact.correct);
    }
}

#[test]
fn logits_far_apart_are_no_trouble() {
    let logits = [1e4_f32, -1e4, 0.0, -1e4, 1e4, 0.0];
    let (gradients, score) = score_everywhere(&logits, &[0, 0], 3, 0.5);
    assert_eq!(score.correct, 1);
    assert!((score.loss_sum - 2e4).abs() < 1e-2);
    let expected = [0.0, 0.0, 0.0, -0.5, 0.5, 0.0];
    assert_close(&gradients, &expected, |_| 1e-24, "dlogits");
}

#[test]
fn a_logit_that_is_not_a_number_is_seen_in_the_loss() {
    for class in 0..4 {
        for isa in Isa::available() {
            let mut logits = vec![0.5; 4 * 3];
            logits[4 + class] = f32::NAN;
            let (_, score) = run(isa, &logits, &[0, 1, 2], 4, None);
            assert!(score.loss_sum.is_nan(), "{isa}, class {class}");
        }
    }
}
