//! Sets that are evaluated again and again.

// Fast only where all of it is inlined into the function that enables the instructions.
#![allow(clippy::inline_always)]

use std::sync::OnceLock;

use lth_model::{EvaluationSet, Examples};

use crate::{
    kernels::input::Scale,
    simd::{Isa, Kernel, Simd},
};

/// Examples a slab.
pub(crate) const SLAB: usize = 64;

/// Bytes of the largest set that is laid out: that takes a copy of it.
const MOST_BYTES: usize = 128 << 20;

/// The layout of a set, made when it is evaluated first.
#[derive(Default)]
pub(crate) struct Prepared(OnceLock<Option<Packed>>);

/// The layout of a set; `None` where it is read as it is: where there are many examples, or bytes do not become numbers in the
/// same way throughout.
pub(crate) fn packed(set: &EvaluationSet, isa: Isa) -> Option<&Packed> {
    let Prepared(layout) = set.copy()?;
    let pack = || {
        let (examples, indices) = (set.data().examples(), set.indices());
        let scale =
            Scale::new(examples.normalization).filter(|_| indices.len() * examples.features <= MOST_BYTES)?;
        Some(isa.run(Pack { examples, indices, scale }))
    };
    layout.get_or_init(pack).as_ref()
}

/// A set laid out once for evaluation: slabs of 64 examples that are alike, each with only the inputs that are not zero
/// throughout.
pub(crate) struct Packed {
    slabs: Vec<Slab>,
    bytes: Vec<u8>,
    features: Vec<u16>,
    labels: Vec<u16>,
    pub(crate) scale: Scale,
    pub(crate) largest_label: u16,
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

impl Packed {
    /// The slabs.
    pub(crate) fn slabs(&self) -> impl Iterator<Item = SlabOf<'_>> {
        self.slabs.iter().map(|slab| SlabOf {
            bytes: &self.bytes[slab.bytes.clone()],
            features: &self.features[slab.features.clone()],
            labels: &self.labels[slab.labels.clone()],
        })
    }
}

/// Lays out these examples. All of it is plain arithmetic of whole numbers, compiled for each instruction set.
struct Pack<'a> {
    examples: &'a Examples,
    indices: &'a [u32],
    scale: Scale,
}

impl Kernel for Pack<'_> {
    type Output = Packed;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Packed {
        let Self { examples, indices, scale } = self;
        let width = examples.features;
        let order = alike(examples, indices);
        let mut set = Packed {
            slabs: Vec::new(),
            bytes: Vec::new(),
            features: Vec::new(),
            labels: order.iter().map(|&index| examples.labels[index as usize]).collect(),
            scale,
            largest_label: 0,
        };
        // The examples of a slab side by side, and which inputs are not zero in all of them.
        let (mut rows, mut any) = (vec![0; SLAB * width], vec![0; width]);
        for (number, chunk) in order.chunks(SLAB).enumerate() {
            let (first_byte, first_feature) = (set.bytes.len(), set.features.len());
            rows[chunk.len() * width..].fill(0);
            any.fill(u8::from(!scale.keeps_zero()));
            for (row, &index) in rows.chunks_exact_mut(width.max(1)).zip(chunk) {
                row.copy_from_slice(row_of(examples, index));
                any.iter_mut().zip(row).for_each(|(any, byte)| *any |= *byte);
            }
            for feature in (0..width).filter(|&feature| any[feature] != 0) {
                set.features.push(feature as u16);
                let column: [u8; SLAB] = std::array::from_fn(|lane| rows[lane * width + feature]);
                set.bytes.extend_from_slice(&column);
            }
            set.slabs.push(Slab {
                bytes: first_byte..set.bytes.len(),
                features: first_feature..set.features.len(),
                labels: number * SLAB..number * SLAB + chunk.len(),
            });
        }
        set.largest_label = set.labels.iter().copied().max().unwrap_or(0);
        set.bytes.shrink_to_fit();
        set
    }
}

#[inline(always)]
fn row_of(examples: &Examples, index: u32) -> &[u8] {
    &examples.bytes[index as usize * examples.features..][..examples.features]
}

/// An order in which neighbours have many zeros in common: by class, and within a class by the direction in which its
/// examples differ most, halved again and again.
#[inline(always)]
fn alike(examples: &Examples, indices: &[u32]) -> Vec<u32> {
    let mut order = indices.to_vec();
    order.sort_by_key(|&index| examples.labels[index as usize]);
    let mut pending: Vec<&mut [u32]> = vec![&mut order];
    while let Some(part) = pending.pop() {
        if part.len() <= SLAB {
            continue;
        }
        let direction = main_direction(examples, part);
        // A loop, since what an iterator collects is not compiled for the instruction set.
        let mut keyed: Vec<(i32, u32)> = Vec::with_capacity(part.len());
        for &index in &*part {
            keyed.push((along(row_of(examples, index), &direction), index));
        }
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
#[inline(always)]
fn along(example: &[u8], direction: &[i32]) -> i32 {
    let mut sum = 0_i32;
    for (&byte, &d) in example.iter().zip(direction) {
        sum = sum.wrapping_add(if byte == 0 { 0 } else { d });
    }
    sum
}

/// Roughly the first principal direction of which inputs are not zero, by power iteration on up to 64 of the examples.
///
/// In whole numbers, so that the order is the same on every machine.
#[inline(always)]
fn main_direction(examples: &Examples, part: &[u32]) -> Vec<i32> {
    let width = examples.features;
    let sample: Vec<&[u8]> =
        part.iter().step_by(part.len().div_ceil(64)).map(|&index| row_of(examples, index)).collect();
    let count = sample.len() as i32;
    let mut direction: Vec<i32> = (0..width as i32).map(|i| i.wrapping_mul(7919) % 201 - 100).collect();
    for _ in 0..4 {
        let mut distances = vec![0; sample.len()];
        for (distance, example) in distances.iter_mut().zip(&sample) {
            *distance = along(example, &direction);
        }
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
