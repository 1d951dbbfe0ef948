//! The update of a convolution's weights and bias.

use crate::{
    kernels::{
        apply::Apply,
        update::{Parameters, UpdateRule},
    },
    layers::conv::{layer::Conv, weights::Weights},
    layout::shared::Shared,
    simd::LANES,
    threads::Machine,
};

/// Weights that are updated as one task.
const SHARE: usize = 64 * 1024;

impl Conv {
    /// The update from the gradients that were made last.
    pub(crate) fn update<R: UpdateRule>(&mut self, machine: Machine<'_>, rule: R) {
        let Weights { stored, kept, gradient, version, .. } = &mut self.weights;
        apply(machine, stored.parameters(), gradient, kept, rule);
        *version += 1;
        if let Some(bias) = &mut self.bias {
            let gradient = &self.bias_gradient[..bias.w.len()];
            machine.isa.run(Apply { parameters: bias.parameters(), gradient, kept: None, rule });
        }
    }
}

/// The update of many weights, in shares.
fn apply<R: UpdateRule>(
    machine: Machine<'_>,
    parameters: Parameters<'_>,
    gradient: &[f32],
    kept: &[u16],
    rule: R,
) {
    let Parameters { w, first, second } = parameters;
    let [w, first, second] = [w, first, second].map(Shared::new);
    machine.threads.run(gradient.len().div_ceil(SHARE), |_, task| {
        let start = task * SHARE;
        let len = SHARE.min(gradient.len() - start);
        // SAFETY: each task has its own share; a moment that the optimiser does not keep is empty.
        #[allow(unsafe_code)]
        let [w, first, second] =
            [w, first, second].map(|of| if of.len() == 0 { &mut [] } else { unsafe { of.part(start, len) } });
        let parameters = Parameters { w, first, second };
        let gradient = &gradient[start..start + len];
        machine.isa.run(Apply { parameters, gradient, kept: Some(&kept[start / LANES..]), rule });
    });
}
