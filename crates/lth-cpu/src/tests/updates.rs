//! Update rules against the reference, and rules by name for other tests.

use lth_model::Optimizer;
use proptest::prelude::*;

use crate::{
    kernels::update::{Adam, Kept, Momentum, Parameters, Sgd, UpdateRule, apply_at},
    simd::{Isa, Kernel, LANES, Simd},
    tests::support::*,
};

/// An update rule of any kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Adam(Adam),
    Sgd(Sgd),
    Momentum(Momentum),
}

/// Runs an expression for the rule inside of a [`Rule`].
macro_rules! with_rule {
    ($rule:expr, |$inner:ident| $body:expr) => {
        match $rule {
            Rule::Adam($inner) => $body,
            Rule::Sgd($inner) => $body,
            Rule::Momentum($inner) => $body,
        }
    };
}
pub(super) use with_rule;

const RATE: f32 = 1.2e-3;

impl Rule {
    pub(super) const SGD: Sgd = Sgd { rate: RATE, l2: 0.0 };

    /// One of each, with step number 3.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        settings().map(|optimizer| Self::new(optimizer, RATE, 3))
    }

    /// The rule of an optimiser at a rate and step.
    fn new(optimizer: Optimizer, rate: f32, t: u64) -> Self {
        let adam = |beta1: f32, beta2: f32, epsilon, l2, shrink| {
            let correction = |beta: f32| 1.0 - f64::from(beta).powi(t as i32);
            Self::Adam(Adam {
                one_minus_beta1: (1.0 - f64::from(beta1)) as f32,
                beta2,
                one_minus_beta2: (1.0 - f64::from(beta2)) as f32,
                epsilon,
                step_size: (f64::from(rate) / correction(beta1)) as f32,
                root_correction: (1.0 / correction(beta2).sqrt()) as f32,
                l2,
                shrink,
            })
        };
        match optimizer {
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
                adam(beta1, beta2, epsilon, weight_decay, 1.0)
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let shrink = (1.0 - f64::from(rate) * f64::from(weight_decay)) as f32;
                adam(beta1, beta2, epsilon, 0.0, shrink)
            }
            Optimizer::Sgd { momentum: 0.0, weight_decay, .. } => Self::Sgd(Sgd { rate, l2: weight_decay }),
            Optimizer::Sgd { momentum, nesterov, weight_decay } => {
                Self::Momentum(Momentum { rate, l2: weight_decay, decay: momentum, nesterov })
            }
        }
    }
}

/// Every kind of optimiser, with settings that 32 bits hold exactly.
fn settings() -> impl Iterator<Item = Optimizer> {
    let (beta1, beta2, epsilon, l2) = (0.9, 0.999, 1e-8, 0.0625);
    let sgd = |momentum, nesterov, weight_decay| Optimizer::Sgd { momentum, nesterov, weight_decay };
    [
        Optimizer::ADAM,
        Optimizer::Adam { beta1, beta2, epsilon, weight_decay: l2 },
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay: l2 },
        sgd(0.0, false, 0.0),
        sgd(0.0, false, l2),
        sgd(0.9, false, l2),
        sgd(0.9, true, l2),
    ]
    .into_iter()
}

/// Stores the gradient as a rule would see it in place of the weight.
#[derive(Clone, Copy)]
pub(super) struct GradientOf<R>(std::marker::PhantomData<R>);

impl<R> GradientOf<R> {
    pub(super) fn of(_rule: R) -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<R: UpdateRule> UpdateRule for GradientOf<R> {
    const MOMENTS: usize = 0;
    const START: f32 = R::START;

    #[inline(always)]
    fn apply<S: Simd>(&self, s: S, g: S::V, [_w, first, second]: [S::V; 3], kept: Kept) -> [S::V; 3] {
        [kept.only(s, g), first, second]
    }
}

/// A rule on plain arrays, a multiple of 16 long.
struct Apply<'a, R> {
    gradient: &'a [f32],
    parameters: Parameters<'a>,
    rule: R,
}

impl<R: UpdateRule> Kernel for Apply<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        assert_eq!(self.gradient.len() % LANES, 0);
        self.parameters.check::<R>(self.gradient.len());
        for at in (0..self.gradient.len()).step_by(LANES) {
            // SAFETY: lengths are checked above.
            unsafe {
                let gradient = s.load(self.gradient.as_ptr().add(at));
                apply_at(s, &self.rule, gradient, self.parameters.slots(at), None);
            }
        }
    }
}

/// Applies a rule to weights and moments of any length.
pub(super) fn apply(rule: Rule, gradient: &[f32], parameters: &mut [Vec<f32>; 3]) {
    apply_on(Isa::detect(), rule, gradient, parameters);
}

fn apply_on(isa: Isa, rule: Rule, gradient: &[f32], parameters: &mut [Vec<f32>; 3]) {
    let len = gradient.len();
    let mut gradient = gradient.to_vec();
    gradient.resize(len.next_multiple_of(LANES), 0.0);
    for part in parameters.iter_mut() {
        part.resize(gradient.len(), 0.0);
    }
    let [w, first, second] = &mut *parameters;
    with_rule!(rule, |rule| isa.run(Apply {
        gradient: &gradient,
        parameters: Parameters { w, first, second },
        rule,
    }));
    for part in parameters {
        part.truncate(len);
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn rules_are_the_references(t in 1_u64..20_000, rate in 1e-5_f32..0.5, exponent in -9_i32..3, seed: u64) {
        let mut stream = stream(seed);
        let size = 10_f32.powi(exponent);
        let g: Vec<f32> = noise(&mut stream, 48).into_iter().map(|g| g * size).collect();
        let w = noise(&mut stream, 48);
        let first: Vec<f32> = noise(&mut stream, 48).into_iter().map(|m| m * size).collect();
        let second: Vec<f32> = noise(&mut stream, 48).into_iter().map(|v| v * v * size * size).collect();
        for optimizer in settings() {
            let rule = Rule::new(optimizer, rate, t);
            let found = everywhere(|isa| {
                let mut parameters = [w.clone(), first.clone(), second.clone()];
                apply_on(isa, rule, &g, &mut parameters);
                parameters.concat()
            });
            let [mut w64, mut first64, mut second64] = [&w, &first, &second].map(|part| wide(part));
            let count = match rule { Rule::Adam(_) => 2, Rule::Momentum(_) => 1, Rule::Sgd(_) => 0 };
            for at in 0..w64.len() {
                let mut moments = [first64[at], second64[at]];
                let moments = &mut moments[..count];
                lth_reference::update(optimizer, rate.into(), t, &mut w64[at], moments, g[at].into());
                first64[at] = moments.first().copied().unwrap_or_default();
                second64[at] = moments.get(1).copied().unwrap_or_default();
            }

            // What goes into a sum bounds its error; the divisor is free of cancellation.
            let bound = |index: usize| {
                let (w, g) = (f64::from(w[index]).abs(), f64::from(g[index]).abs());
                let moment = g + w * 0.0625 + f64::from(first[index]).abs();
                let step = match optimizer {
                    Optimizer::Adam { beta1, beta2, epsilon, .. } | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
                        let correction = |beta: f32| 1.0 - f64::from(beta).powi(t as i32);
                        let root = (second64[index] / correction(beta2)).sqrt();
                        f64::from(rate) / correction(beta1) / (root + f64::from(epsilon))
                    }
                    Optimizer::Sgd { .. } => f64::from(rate) * 2.0,
                };
                (HALF_ULP * (3.0 * w + 16.0 * step * moment), HALF_ULP * 4.0 * moment)
            };
            let what = |part: &str| format!("{part} of {optimizer:?}");
            assert_close(&found[..48], &w64, |i| bound(i).0, &what("weight"));
            if let Rule::Adam(_) | Rule::Momentum(_) = rule {
                assert_close(&found[48..96], &first64, |i| bound(i).1, &what("first moment"));
            }
            if let Rule::Adam(_) = rule {
                // Squares cancel nothing, but the gradient may have, when L2 was added to it.
                let slack = |i: usize| {
                    let g = f64::from(g[i]).abs() + f64::from(w[i]).abs() * 0.0625;
                    HALF_ULP * (8.0 * second64[i] + 4e-3 * g * g) + 1e-35
                };
                assert_close(&found[96..], &second64, slack, &what("second moment"));
            }
        }
    }
}

#[test]
fn nothing_comes_of_nothing() {
    for optimizer in settings() {
        let rule = Rule::new(optimizer, RATE, 7);
        for isa in Isa::available() {
            let mut parameters = [vec![0.0; 16], vec![0.0; 16], vec![0.0; 16]];
            apply_on(isa, rule, &[0.0; 16], &mut parameters);
            assert_same_bits(&parameters[0], &[0.0; 16], &format!("{rule:?} on {isa}"));
            assert_same_bits(&parameters[1], &[0.0; 16], &format!("{rule:?} on {isa}"));
        }
    }
}
