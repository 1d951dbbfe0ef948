//! Softmax and mean cross-entropy.

#![allow(unsafe_code)]

use crate::{
    kernels::math,
    simd::{Kernel, LANES, Simd},
};

/// Losses and, if asked for, gradients of one slab of logits.
pub(crate) struct Softmax<'a> {
    /// `[class][lane]`; replaced by the gradient of the mean loss if `scale` is given.
    pub(crate) logits: &'a mut [f32],
    pub(crate) classes: usize,
    pub(crate) vectors: usize,
    /// The class of each example; lanes beyond get gradient zero.
    pub(crate) labels: &'a [u16],
    /// `1 / examples of the whole batch`.
    pub(crate) scale: Option<f32>,
    /// Fraction of the target that is spread over all classes.
    pub(crate) smoothing: f32,
}

/// Sums over the examples of a slab.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Score {
    pub(crate) loss_sum: f64,
    pub(crate) correct: usize,
}

impl Score {
    pub(crate) fn add(&mut self, other: Self) {
        self.loss_sum += other.loss_sum;
        self.correct += other.correct;
    }
}

impl Kernel for Softmax<'_> {
    type Output = Score;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Score {
        let lanes = self.vectors * LANES;
        assert!(self.classes > 0 && self.logits.len() >= self.classes * lanes && self.labels.len() <= lanes);
        assert!(self.labels.iter().all(|&label| usize::from(label) < self.classes));
        let mut score = Score::default();
        for vector in 0..self.vectors {
            let at = |class: usize| class * lanes + vector * LANES;
            let labels = self.labels.get(vector * LANES..).unwrap_or(&[]);
            let labels = &labels[..labels.len().min(LANES)];
            // SAFETY: `at(class)` is inside of the logits, checked above.
            unsafe {
                let logits = self.logits.as_mut_ptr();
                let mut highest = s.load(logits.add(at(0)));
                for class in 1..self.classes {
                    highest = s.max(s.load(logits.add(at(class))), highest);
                }
                let mut tops = [0.0; LANES];
                s.store(tops.as_mut_ptr(), highest);
                let mut chosen = [0.0; LANES];
                for (lane, &label) in labels.iter().enumerate() {
                    chosen[lane] = *logits.add(at(usize::from(label)) + lane);
                    // The first of equals wins, as in argmax.
                    let first = (0..self.classes).find(|&class| *logits.add(at(class) + lane) == tops[lane]);
                    score.correct += usize::from(first == Some(usize::from(label)));
                }
                let mut total = s.splat(0.0);
                for class in 0..self.classes {
                    total = s.add(total, probability(s, s.load(logits.add(at(class))), highest));
                }
                let mut totals = [0.0; LANES];
                s.store(totals.as_mut_ptr(), total);
                for lane in 0..labels.len() {
                    let mut target = f64::from(chosen[lane]);
                    if self.smoothing > 0.0 {
                        let smoothing = f64::from(self.smoothing);
                        let sum: f64 =
                            (0..self.classes).map(|class| f64::from(*logits.add(at(class) + lane))).sum();
                        target += smoothing * (sum / self.classes as f64 - target);
                    }
                    score.loss_sum += libm::log(f64::from(totals[lane])) + f64::from(tops[lane]) - target;
                }
                if let Some(scale) = self.scale {
                    let factor = s.div(s.splat(scale), total);
                    let inside = s.splat(0.0);
                    let spread = scale * self.smoothing / self.classes as f32;
                    let bits = ((1u32 << labels.len()) - 1) as u16;
                    for class in 0..self.classes {
                        let e = probability(s, s.load(logits.add(at(class))), highest);
                        let p = s.sub(s.mul(e, factor), s.splat(spread));
                        s.store(logits.add(at(class)), s.select(bits, p, inside));
                    }
                    for (lane, &label) in labels.iter().enumerate() {
                        *logits.add(at(usize::from(label)) + lane) -= scale * (1.0 - self.smoothing);
                    }
                }
            }
        }
        score
    }
}

/// `e^(logit - highest)`, at least e^-60: smaller ones would make gradients subnormal, on which processors are slow.
#[inline(always)]
fn probability<S: Simd>(s: S, logit: S::V, highest: S::V) -> S::V {
    math::exp(s, s.max(s.splat(-60.0), s.sub(logit, highest)))
}
