//! Sets that are evaluated again and again.

use lth_model::Examples;

use crate::{kernels::input::Scale, lanes::Lanes};

/// Examples a slab.
pub(crate) const SLAB: usize = 64;

/// A set of a trainer.
pub(crate) enum Set {
    /// Laid out once.
    Packed(EvaluationSet),
    /// Read anew each time, where bytes do not become numbers in the same way throughout.
    Plain(Examples, Vec<u32>),
}

impl Set {
    /// These examples in the form that suits their normalisation.
    pub(crate) fn new(examples: &Examples, indices: &[u32]) -> Self {
        match Scale::new(examples.normalization) {
            Some(scale) => Self::Packed(EvaluationSet::new(examples, indices, scale)),
            None => Self::Plain(examples.clone(), indices.to_vec()),
        }
    }
}

/// A set laid out once for evaluation: slabs of 64 examples that are alike, each with only the inputs that are not zero
/// throughout.
pub(crate) struct EvaluationSet {
    slabs: Vec<Slab>,
    bytes: Vec<u8>,
    features: Vec<u16>,
    labels: Vec<u16>,
    pub(crate) scale: Scale,
    pub(crate) examples: usize,
}

struct Slab {
    bytes: std::ops::Range<usize>,
    features: std::ops::Range<usize>,
    labels: std::ops::Range<usize>,
}

/// One slab, to be evaluated.
pub(crate) struct SlabOf<'a> {
    pub(crate) bytes: &'a [u8],
    /// The inputs that are there, ascending.
    pub(crate) features: &'a [u16],
    pub(crate) labels: &'a [u16],
}

impl EvaluationSet {
    /// Lays out these examples.
    pub(crate) fn new(examples: &Examples, indices: &[u32], scale: Scale) -> Self {
        let width = examples.features;
        let row = |index: u32| &examples.bytes[index as usize * width..][..width];
        let order = alike(examples, indices);
        let mut set = Self {
            slabs: Vec::new(),
            bytes: Vec::new(),
            features: Vec::new(),
            labels: order.iter().map(|&index| examples.labels[index as usize]).collect(),
            scale,
            examples: indices.len(),
        };
        for (number, chunk) in order.chunks(SLAB).enumerate() {
            let (first_byte, first_feature) = (set.bytes.len(), set.features.len());
            for feature in 0..width {
                if scale.keeps_zero() && chunk.iter().all(|&index| row(index)[feature] == 0) {
                    continue;
                }
                set.features.push(feature as u16);
                set.bytes.extend(chunk.iter().map(|&index| row(index)[feature]));
                set.bytes.resize(set.bytes.len() + SLAB - chunk.len(), 0);
            }
            set.slabs.push(Slab {
                bytes: first_byte..set.bytes.len(),
                features: first_feature..set.features.len(),
                labels: number * SLAB..number * SLAB + chunk.len(),
            });
        }
        set.bytes.shrink_to_fit();
        set
    }

    /// The slabs.
    pub(crate) fn slabs(&self) -> impl Iterator<Item = SlabOf<'_>> {
        self.slabs.iter().map(|slab| SlabOf {
            bytes: &self.bytes[slab.bytes.clone()],
            features: &self.features[slab.features.clone()],
            labels: &self.labels[slab.labels.clone()],
        })
    }

    /// The shape of a slab.
    pub(crate) fn lanes() -> Lanes {
        Lanes::of(SLAB)
    }
}

/// Sets up to this size are ordered finely; for a larger one that takes longer than it saves.
const FINE: usize = 20_000;

/// An order in which neighbours have many zeros in common: by class, and within a class by the direction in which its
/// examples differ most, halved again and again.
fn alike(examples: &Examples, indices: &[u32]) -> Vec<u32> {
    let mut order = indices.to_vec();
    order.sort_by_key(|&index| examples.labels[index as usize]);
    if indices.len() > FINE {
        return order;
    }
    let width = examples.features;
    let row = |index: u32| &examples.bytes[index as usize * width..][..width];
    let mut pending: Vec<&mut [u32]> = vec![&mut order];
    while let Some(part) = pending.pop() {
        if part.len() <= SLAB {
            continue;
        }
        let direction = main_direction(part, width, &row);
        let mut keyed: Vec<(i32, u32)> =
            part.iter().map(|&index| (along(row(index), &direction), index)).collect();
        keyed.sort_unstable();
        for (place, (_, index)) in part.iter_mut().zip(keyed) {
            *place = index;
        }
        let middle = part.len().div_ceil(SLAB).div_ceil(2) * SLAB;
        let (low, high) = part.split_at_mut(middle);
        pending.push(low);
        pending.push(high);
    }
    order
}

/// The largest entry of a direction; sums over 64 examples of 32,000 inputs stay below 2^31, and beyond that they wrap.
const LARGEST: i64 = 1000;

/// How far an example lies in a direction, by which of its inputs are not zero.
fn along(example: &[u8], direction: &[i32]) -> i32 {
    example.iter().zip(direction).map(|(&byte, &d)| if byte == 0 { 0 } else { d }).fold(0, i32::wrapping_add)
}

/// Roughly the first principal direction of which inputs are not zero, by power iteration on up to 64 of the examples.
///
/// In whole numbers, so that the order is the same on every machine.
fn main_direction<'a>(part: &[u32], width: usize, row: &impl Fn(u32) -> &'a [u8]) -> Vec<i32> {
    let sample: Vec<&[u8]> = part.iter().step_by(part.len().div_ceil(64)).map(|&index| row(index)).collect();
    let count = sample.len() as i32;
    let mut direction: Vec<i32> = (0..width as i32).map(|i| i.wrapping_mul(7919) % 201 - 100).collect();
    for _ in 0..4 {
        let distances: Vec<i32> = sample.iter().map(|example| along(example, &direction)).collect();
        let center = distances.iter().map(|&d| i64::from(d)).sum::<i64>() / i64::from(count);
        let mut next = vec![0i32; width];
        for (example, &distance) in sample.iter().zip(&distances) {
            let distance = distance.wrapping_sub(center as i32);
            // Distances from the centre add up to zero, so inputs need not be centred.
            for (n, &byte) in next.iter_mut().zip(*example) {
                *n = n.wrapping_add(if byte == 0 { 0 } else { distance });
            }
        }
        let largest = next.iter().map(|n| i64::from(n.unsigned_abs())).max().unwrap_or(0).max(1);
        direction = next.iter().map(|&n| (i64::from(n) * LARGEST / largest) as i32).collect();
    }
    direction
}
