//! Plain loops that say how far rounding may carry.
//!
//! That depends on the network, so it is measured: plain loops with deviations of 2^-20 of each layer's largest value, eight
//! times what a single rounding makes, twice. Networks in which a ReLU or a maximum is decided by less are passed over, since
//! on the other side of the decision is another gradient.

use lth_model::{Masks, Pruned, Tensors};
use proptest::{prelude::*, test_runner::TestCaseError};

use crate::graph::{
    plain::{Noise, Pass, Plain, Values},
    support::wide,
};

const NOISE: f64 = 1.0 / (1 << 20) as f64;
/// Times what the noise made, and of the largest value.
const SLACK: f64 = 8.0;
const FLOOR: f64 = 4e-6;
/// Of sums that are exactly zero: what terms of a few hundredths leave in 32 bits.
const ZERO: f64 = 3e-8;

/// The reference and two noisy ones.
pub(crate) struct Oracle {
    nets: [Plain; 3],
}

impl Oracle {
    pub(crate) fn new(exact: Plain) -> Self {
        let noisy = |seed| exact.noisy(Noise { size: NOISE, seed });
        Self { nets: [noisy(1), noisy(7_000_003), exact] }
    }

    /// Whether what a ReLU or a maximum decides in this pass is the same for every net.
    pub(crate) fn decides(pass: &Pass) -> bool {
        pass.margin > 2.0 * NOISE
    }

    /// The reference.
    pub(crate) fn exact(&self) -> &Plain {
        &self.nets[2]
    }

    /// Sets masks in every net.
    pub(crate) fn set_masks(&mut self, masks: &Masks, pruned: Pruned) {
        self.nets.iter_mut().for_each(|net| net.set_masks(masks, pruned));
    }

    /// Compares with what the last, exact net gives.
    pub(crate) fn compare(
        &mut self,
        what: &str,
        found: &[f32],
        result: impl Fn(&mut Plain) -> Vec<f64>,
    ) -> Result<(), TestCaseError> {
        let [a, b, exact] = self.nets.each_mut().map(result);
        within(what, found, &exact, &[a, b])
    }

    pub(crate) fn compare_all(
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
pub(crate) fn pruned_are_zero(tensors: &Tensors, masks: &Masks) -> bool {
    let zero = |(value, kept): (&f32, bool)| kept || value.to_bits() == 0;
    masks.iter().all(|(name, mask)| {
        let mine = tensors.iter().filter(|(tensor, _)| tensor.starts_with(name));
        mine.map(|(_, tensor)| tensor.data().iter().zip(mask.flags())).all(|mut pairs| pairs.all(zero))
    })
}
