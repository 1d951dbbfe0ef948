//! Which passes over maps are left out, because a convolution does their work as it reads or writes.

use crate::{
    layout::place::PlaceId,
    network::plan::{Kind, Stage},
};

/// What convolutions do for a batch normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fused {
    /// The convolution that makes its input, which nobody else reads: it sums what it writes.
    pub(crate) before: Option<usize>,
    /// The convolution that writes the last part of the gradient of its output: it makes it zero where the ReLU was closed, and
    /// sums it.
    pub(crate) after: Option<usize>,
    /// Whether that convolution alone reads its output: it normalises what it reads, and the output is never stored.
    pub(crate) unstored: bool,
    /// Whether the convolution before can normalise what it writes where statistics are known, in an evaluation: what else is
    /// added to it is made before.
    pub(crate) folds: bool,
}

impl Fused {
    /// Whether the convolution before makes the gradient of the input as it reads that of the output.
    pub(crate) fn gradient_unstored(self) -> bool {
        self.before.is_some() && self.after.is_some()
    }
}

/// Of each stage that is a normalisation of narrow slabs.
pub(crate) fn fused(stages: &[Stage], wide: &[bool], output: PlaceId) -> Vec<Option<Fused>> {
    let readers = |place: PlaceId| {
        let reads = move |stage: &Stage| stage.input == place || stage.other == Some(place);
        stages.iter().enumerate().filter(move |(_, stage)| reads(stage)).map(|(index, _)| index)
    };
    let is_convolution = |index: usize| matches!(stages[index].kind, Kind::Conv(_));
    let of = |index: usize, stage: &Stage| {
        if !matches!(stage.kind, Kind::Norm { .. }) || wide[stage.output] || stage.output == output {
            return None;
        }
        let alone = readers(stage.input).eq([index]) && stage.other != Some(stage.input);
        let maker = stages.iter().position(|maker| maker.output == stage.input);
        let plain = |maker: &usize| is_convolution(*maker) && !stages[*maker].relu && !stages[*maker].pool;
        let before = maker.filter(plain).filter(|_| alone);
        // Gradients are made from the last reader to the first.
        let after = readers(stage.output).next().filter(|&reader| is_convolution(reader));
        let alone = stage.other.is_none() && readers(stage.output).count() == 1;
        let unstored = before.is_some() && after.is_some() && alone;
        let made_before = |before: usize| {
            let maker = stages.iter().position(|maker| Some(maker.output) == stage.other);
            maker.is_none_or(|maker| maker < before)
        };
        Some(Fused { before, after, unstored, folds: before.is_some_and(made_before) })
    };
    stages.iter().enumerate().map(|(index, stage)| of(index, stage)).collect()
}
