//! Update rules: what an optimiser does to one vector of weights. The arithmetic is PyTorch's.

use crate::simd::Simd;

/// A gradient that changes nothing, but keeps moments away from subnormal numbers.
const TINY: f32 = 1e-20;

/// The same for squares of gradients.
const TINY_SQUARE: f32 = 1e-36;

/// Which of 16 weights are kept, a bit each; all of them where there is no mask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept(pub(crate) Option<u16>);

impl Kept {
    /// The value where a weight is kept, zero where it is pruned.
    #[inline(always)]
    pub(crate) fn only<S: Simd>(self, s: S, value: S::V) -> S::V {
        self.or(s, value, s.splat(0.0))
    }

    /// The value where a weight is kept, `pruned` where it is not.
    ///
    /// A `match`, since a closure would not have the instructions of its caller, and each of them would be a call.
    #[inline(always)]
    fn or<S: Simd>(self, s: S, value: S::V, pruned: S::V) -> S::V {
        match self.0 {
            Some(bits) => s.select(bits, value, pruned),
            None => value,
        }
    }
}

/// An optimiser's rule for one step, with everything that depends on the step folded into constants.
pub(crate) trait UpdateRule: Copy + Send + Sync {
    /// How many moments it keeps for each weight: 0, 1 or 2.
    const MOMENTS: usize;

    /// What the sum of a gradient starts from.
    ///
    /// Moments that decay towards zero would end as subnormal numbers, on which processors take a hundred times longer; with
    /// [`TINY`] added to each gradient they end there instead. A rate times `TINY` over epsilon is far below what a weight
    /// can resolve.
    const START: f32;

    /// The new `[weight, first moment, second moment]`. The moments of a pruned weight stay zero, and the weight stays what it is.
    fn apply<S: Simd>(&self, s: S, g: S::V, state: [S::V; 3], kept: Kept) -> [S::V; 3];
}

/// Adam and AdamW: `m += (1 - b1) (g - m)`, `v = b2 v + (1 - b2) g^2`, `w -= rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adam {
    pub(crate) one_minus_beta1: f32,
    pub(crate) beta2: f32,
    pub(crate) one_minus_beta2: f32,
    pub(crate) epsilon: f32,
    /// `rate / (1 - b1^t)`
    pub(crate) step_size: f32,
    /// `1 / sqrt(1 - b2^t)`
    pub(crate) root_correction: f32,
    /// Added to the gradient as `l2 * w`.
    pub(crate) l2: f32,
    /// The weight is multiplied by this first: `1 - rate * decay` for AdamW, else 1.
    pub(crate) shrink: f32,
}

impl UpdateRule for Adam {
    const MOMENTS: usize = 2;
    const START: f32 = TINY;

    #[inline(always)]
    fn apply<S: Simd>(&self, s: S, g: S::V, [w, first, second]: [S::V; 3], kept: Kept) -> [S::V; 3] {
        let g = kept.only(s, s.fma(s.splat(self.l2), w, g));
        let w = s.mul(w, kept.or(s, s.splat(self.shrink), s.splat(1.0)));
        let m = s.fma(s.splat(self.one_minus_beta1), s.sub(g, first), first);
        let decayed = s.fma(second, s.splat(self.beta2), kept.only(s, s.splat(TINY_SQUARE)));
        let v = s.fma(s.mul(g, s.splat(self.one_minus_beta2)), g, decayed);
        let d = s.fma(s.sqrt(v), s.splat(self.root_correction), s.splat(self.epsilon));
        [s.fnma(s.div(m, d), s.splat(self.step_size), w), m, v]
    }
}

/// Stochastic gradient descent without momentum: `w -= rate (g + l2 w)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sgd {
    pub(crate) rate: f32,
    pub(crate) l2: f32,
}

impl UpdateRule for Sgd {
    const MOMENTS: usize = 0;
    const START: f32 = 0.0;

    #[inline(always)]
    fn apply<S: Simd>(&self, s: S, g: S::V, [w, first, second]: [S::V; 3], kept: Kept) -> [S::V; 3] {
        let g = kept.only(s, s.fma(s.splat(self.l2), w, g));
        [s.fnma(g, s.splat(self.rate), w), first, second]
    }
}

/// SGD with momentum, no dampening: `b = decay b + g`, `w -= rate b`, or with Nesterov `w -= rate (g + decay b)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Momentum {
    pub(crate) rate: f32,
    pub(crate) l2: f32,
    pub(crate) decay: f32,
    /// Nesterov looks one step ahead.
    pub(crate) nesterov: bool,
}

impl UpdateRule for Momentum {
    const MOMENTS: usize = 1;
    const START: f32 = TINY;

    #[inline(always)]
    fn apply<S: Simd>(&self, s: S, g: S::V, [w, first, second]: [S::V; 3], kept: Kept) -> [S::V; 3] {
        let g = kept.only(s, s.fma(s.splat(self.l2), w, g));
        let b = s.fma(first, s.splat(self.decay), g);
        let direction = if self.nesterov { s.fma(b, s.splat(self.decay), g) } else { b };
        [s.fnma(direction, s.splat(self.rate), w), b, second]
    }
}

/// No update: the "weight" becomes the gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreGradient;

impl UpdateRule for StoreGradient {
    const MOMENTS: usize = 0;
    const START: f32 = 0.0;

    #[inline(always)]
    fn apply<S: Simd>(&self, s: S, g: S::V, [_w, first, second]: [S::V; 3], kept: Kept) -> [S::V; 3] {
        [kept.only(s, g), first, second]
    }
}

/// Applies a rule to the 16 weights at these pointers.
///
/// # Safety
/// 16 floats must be readable and writable at each pointer; moments that the rule does not keep are not touched.
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) unsafe fn apply_at<S: Simd, R: UpdateRule>(s: S, rule: &R, g: S::V, at: Slots, kept: Option<u16>) {
    // SAFETY: the caller's promise.
    unsafe {
        let zero = s.splat(0.0);
        let w = s.load(at.w);
        let first = if R::MOMENTS > 0 { s.load(at.first) } else { zero };
        let second = if R::MOMENTS > 1 { s.load(at.second) } else { zero };
        let [w, first, second] = rule.apply(s, g, [w, first, second], Kept(kept));
        s.store(at.w, w);
        if R::MOMENTS > 0 {
            s.store(at.first, first);
        }
        if R::MOMENTS > 1 {
            s.store(at.second, second);
        }
    }
}

/// Where 16 weights and their moments are.
#[derive(Clone, Copy)]
pub(crate) struct Slots {
    pub(crate) w: *mut f32,
    pub(crate) first: *mut f32,
    pub(crate) second: *mut f32,
}

/// Weights with their moments; moments may be empty where the optimiser keeps none.
pub(crate) struct Parameters<'a> {
    pub(crate) w: &'a mut [f32],
    pub(crate) first: &'a mut [f32],
    pub(crate) second: &'a mut [f32],
}

impl Parameters<'_> {
    /// Panics unless all that the rule touches is at least this long.
    #[inline(always)]
    pub(crate) fn check<R: UpdateRule>(&self, len: usize) {
        assert!(self.w.len() >= len);
        assert!(R::MOMENTS < 1 || self.first.len() >= len);
        assert!(R::MOMENTS < 2 || self.second.len() >= len);
    }

    /// Pointers to the slots from `at` on.
    #[inline(always)]
    pub(crate) fn slots(&mut self, at: usize) -> Slots {
        Slots {
            w: self.w.as_mut_ptr().wrapping_add(at),
            first: self.first.as_mut_ptr().wrapping_add(at),
            second: self.second.as_mut_ptr().wrapping_add(at),
        }
    }
}
