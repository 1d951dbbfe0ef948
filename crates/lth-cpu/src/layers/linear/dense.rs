//! A dense linear layer cut into parts, for several workers: rows of a product, panels of an update.

use crate::{
    kernels::{
        matmul::{End, Matmul},
        outer::Outer,
        update::{Parameters, UpdateRule},
    },
    layers::linear::{
        batch_major::{BatchMajor, Input},
        weights::Dense,
    },
    layout::{
        lanes::Lanes,
        panels::{PANEL, VECTOR},
        shared::Shared,
    },
    simd::LANES,
    threads::Machine,
};

/// Tasks for several workers; one takes all at once, which reads inputs less often.
const TASKS: usize = 8;

fn tasks(machine: Machine<'_>) -> usize {
    if machine.threads.workers() == 1 { 1 } else { TASKS }
}

/// What a product reads, and how many rows it makes.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a> {
    /// Whether rows are outputs.
    pub(crate) forward: bool,
    pub(crate) rows: usize,
    pub(crate) terms: &'a [u16],
    pub(crate) x: &'a [f32],
    /// What each row starts from.
    pub(crate) start: Option<&'a [f32]>,
    pub(crate) vectors: usize,
    pub(crate) end: End<'a>,
}

impl Dense {
    /// One slab of the product, all rows.
    pub(crate) fn product(&self, machine: Machine<'_>, product: Product<'_>, y: &mut [f32]) {
        let Product { forward, rows, terms, x, start, vectors, end } = product;
        let part = rows.div_ceil(tasks(machine)).next_multiple_of(if forward { PANEL } else { VECTOR });
        let width = vectors * LANES;
        let y = Shared::new(y);
        machine.threads.run(rows.div_ceil(part), |_, task| {
            let first = task * part;
            let rows = part.min(rows - first);
            // SAFETY: each task has its own rows.
            #[allow(unsafe_code)]
            let y = unsafe { y.part(first * width, rows * width) };
            machine.isa.run(Matmul {
                weights: &self.stored.w,
                panels: self.panels,
                forward,
                first,
                rows,
                terms,
                x,
                y,
                start: start.map(|start| &start[first..]),
                vectors,
                end: match end {
                    End::Gate(gate) => End::Gate(&gate[first * width..]),
                    other => other,
                },
            });
        });
    }

    /// The weight gradient of a batch with its update.
    pub(crate) fn update<R: UpdateRule>(
        &mut self,
        machine: Machine<'_>,
        lanes: Lanes,
        batch_major: &mut BatchMajor,
        (dy, outputs): (&[f32], usize),
        (input, inputs): (&Input<'_>, usize),
        rule: R,
    ) {
        let blocks = batch_major.fill(machine.isa, lanes, (dy, outputs), (input, inputs));
        let (panels, kept, reverse) = (self.panels, self.kept.as_deref(), self.reverse);
        self.reverse = !reverse;
        let part = panels.count().div_ceil(tasks(machine));
        let (of_dy, of_weights) = ((blocks.rows + 1) * PANEL, PANEL * panels.width());
        let Parameters { w, first, second } = self.stored.parameters();
        let parameters = [w, first, second].map(Shared::new);
        machine.threads.run(panels.count().div_ceil(part), |_, task| {
            let from = task * part;
            let count = part.min(panels.count() - from);
            // SAFETY: each task has its own panels; a moment that the optimiser does not keep is empty.
            #[allow(unsafe_code)]
            let [w, first, second] = parameters.map(|of| {
                if of.len() == 0 {
                    &mut []
                } else {
                    unsafe { of.part(from * of_weights, count * of_weights) }
                }
            });
            machine.isa.run(Outer {
                dy: &blocks.dy[from * of_dy..],
                x: blocks.x,
                rows: blocks.rows,
                panels: panels.part(from, count),
                reverse,
                active: blocks.active,
                parameters: Parameters { w, first, second },
                kept: kept.map(|kept| &kept[from * of_weights / LANES..]),
                rule,
            });
        });
    }
}
