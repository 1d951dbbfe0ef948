//! Random matrices and masks, and their way into slabs and panels and back.

use lth_model::{Mask, Purpose, RandomStream, Seed};
use proptest::{prelude::*, test_runner::Config};

use crate::{
    kernels::transpose::{Slab, ToPanels, ToVectors},
    layout::{
        buffer::Buffer,
        ellpack::Layout,
        lanes::{Lanes, slab_rows},
        panels::Panels,
    },
    simd::Isa,
};

/// Half a unit in the last place, relative.
pub(super) const HALF_ULP: f64 = f32::EPSILON as f64 / 2.0;

/// So many random cases, without files about failures: a case is told by its arguments.
pub(super) fn cases(count: u32) -> Config {
    Config { cases: count, failure_persistence: None, ..Config::default() }
}

/// Sizes at which something changes: vectors, tiles and panels full, one more, one less.
pub(super) fn size(largest: usize) -> impl Strategy<Value = usize> {
    let edges = [1, 2, 3, 4, 5, 15, 16, 17, 19, 20, 21, 31, 32, 33, 40, 41];
    let edges: Vec<usize> = edges.into_iter().filter(|&edge| edge <= largest).collect();
    prop_oneof![proptest::sample::select(edges), 1..=largest]
}

/// Densities, nothing and everything among them.
pub(super) fn density() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..1.0]
}

/// A batch size: all numbers of vectors and slabs, full and ragged.
pub(super) fn examples() -> impl Strategy<Value = usize> {
    prop_oneof![proptest::sample::select(vec![1, 16, 17, 48, 60, 64, 65, 128, 129]), 1_usize..=130]
}

pub(super) fn stream(seed: u64) -> RandomStream {
    RandomStream::new(Seed(seed), Purpose::Init, 0)
}

/// Normal noise.
pub(super) fn noise(stream: &mut RandomStream, count: usize) -> Vec<f32> {
    (0..count).map(|_| stream.normal() as f32).collect()
}

/// A random mask; some rows and columns are empty.
pub(super) fn mask(stream: &mut RandomStream, rows: usize, columns: usize, density: f64) -> Mask {
    let part = if density < 1.0 { 0.8 } else { 1.0 };
    let row: Vec<bool> = (0..rows).map(|_| stream.uniform() < part).collect();
    let column: Vec<bool> = (0..columns).map(|_| stream.uniform() < part).collect();
    let flags = (0..rows * columns)
        .map(|index| row[index / columns] && column[index % columns] && stream.uniform() < density);
    Mask::from_flags(vec![rows, columns], flags)
}

/// The values of kept weights, zero elsewhere.
pub(super) fn masked(values: &[f32], mask: &Mask) -> Vec<f32> {
    values.iter().zip(mask.flags()).map(|(&value, kept)| if kept { value } else { 0.0 }).collect()
}

pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// Magnitudes in 64 bits.
pub(super) fn sizes(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(value.abs())).collect()
}

/// Runs something on every instruction set; all must give the same bits.
pub(super) fn everywhere(what: impl Fn(Isa) -> Vec<f32>) -> Vec<f32> {
    let mut available = Isa::available().into_iter();
    let first = available.next().expect("plain is always there");
    let expected = what(first);
    for isa in available {
        assert_same_bits(&what(isa), &expected, &format!("{isa} against {first}"));
    }
    expected
}

#[track_caller]
pub(super) fn assert_same_bits(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(a.to_bits() == b.to_bits(), "{what}: value {index} is {a:e}, expected {b:e}");
    }
}

/// Every value is within its bound.
#[track_caller]
pub(super) fn assert_close(found: &[f32], expected: &[f64], bound: impl Fn(usize) -> f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let (difference, bound) = ((f64::from(a) - b).abs(), bound(index));
        assert!(
            difference <= bound,
            "{what}: value {index} is {a:e}, expected {b:e}, off by {difference:e} > {bound:e}"
        );
    }
}

/// The bound of a 32-bit sum of `terms` products with a start, given the sum of magnitudes.
pub(super) fn sum_bound(terms: usize, magnitude: f64) -> f64 {
    (terms + 2) as f64 * HALF_ULP * magnitude * 1.01 + f64::from(f32::MIN_POSITIVE)
}

/// How far off, in units in the last place of the exact value.
pub(super) fn ulps(found: f32, exact: f64) -> f64 {
    let size = (exact.abs() as f32).max(f32::MIN_POSITIVE);
    let unit = f64::from(f32::from_bits(size.to_bits() + 1)) - f64::from(size);
    (f64::from(found) - exact).abs() / unit
}

/// `[example][feature]` to slabs of `slab_rows(features)` rows; `filling` in every place that is no example's.
pub(super) fn to_slabs(values: &[f32], features: usize, lanes: Lanes, filling: f32) -> Buffer {
    let stride = slab_rows(features) * lanes.width();
    let mut slabs = Buffer::zeros(stride * lanes.slabs);
    slabs.fill(filling);
    for (example, row) in values.chunks_exact(features).enumerate() {
        let (slab, lane) = (example / lanes.width(), example % lanes.width());
        for (feature, &value) in row.iter().enumerate() {
            slabs[slab * stride + feature * lanes.width() + lane] = value;
        }
    }
    slabs
}

/// Slabs to `[example][feature]`.
pub(super) fn from_slabs(slabs: &[f32], features: usize, lanes: Lanes) -> Vec<f32> {
    let stride = slab_rows(features) * lanes.width();
    (0..lanes.examples * features)
        .map(|index| {
            let (example, feature) = (index / features, index % features);
            slabs[example / lanes.width() * stride + feature * lanes.width() + example % lanes.width()]
        })
        .collect()
}

/// `[output][input]` to panels, zeros as filling.
pub(super) fn to_panels(values: &[f32], panels: Panels, inputs: usize) -> Buffer {
    let mut to = Buffer::zeros(panels.len());
    for (index, &value) in values.iter().enumerate() {
        to[panels.index(index / inputs, index % inputs)] = value;
    }
    to
}

/// Panels to `[output][input]`.
pub(super) fn from_panels(values: &[f32], panels: Panels, inputs: usize) -> Vec<f32> {
    let at = |index: usize| values[panels.index(index / inputs, index % inputs)];
    (0..panels.outputs() * inputs).map(at).collect()
}

/// The kept bits of panels, one word for 16 weights.
pub(super) fn kept_words(mask: &Mask, panels: Panels, inputs: usize) -> Vec<u16> {
    let mut words = vec![0; panels.len() / 16];
    for index in mask.live_indices() {
        let at = panels.index(index / inputs, index % inputs);
        words[at / 16] |= 1 << (at % 16);
    }
    words
}

/// The slot of each weight of a matrix of `len`, `None` for pruned ones.
pub(super) fn slots_of(layout: &Layout, len: usize) -> Vec<Option<usize>> {
    let mut slots = vec![None; len];
    for (slot, &origin) in layout.origin.iter().enumerate().filter(|&(_, &origin)| origin != u32::MAX) {
        slots[origin as usize] = Some(slot);
    }
    slots
}

/// `[output][input]` to the slots of a layout, and 16 zeros.
pub(super) fn to_slots(values: &[f32], layout: &Layout) -> Buffer {
    let mut to = Buffer::zeros(layout.slots() + 16);
    for (value, &origin) in to.iter_mut().zip(&layout.origin) {
        *value = if origin == u32::MAX { 0.0 } else { values[origin as usize] };
    }
    to
}

/// Slots to `[output][input]`, zero for pruned weights.
pub(super) fn from_slots(values: &[f32], layout: &Layout, len: usize) -> Vec<f32> {
    slots_of(layout, len).into_iter().map(|slot| slot.map_or(0.0, |slot| values[slot])).collect()
}

fn slab_of(slabs: &[f32], features: usize, lanes: Lanes, slab: usize) -> Slab<'_> {
    Slab {
        values: &slabs[slab * slab_rows(features) * lanes.width()..],
        features,
        vectors: lanes.vectors,
        first: slab * lanes.width(),
        rows: lanes.slabs * lanes.width(),
    }
}

/// Slabs of gradients to panels `[panel][row][20]`, as the weight gradient reads them.
pub(super) fn panel_rows(isa: Isa, slabs: &[f32], features: usize, lanes: Lanes) -> Buffer {
    let mut to = Buffer::zeros(ToPanels::len(features, lanes.slabs * lanes.width()));
    to.fill(7.0);
    for slab in 0..lanes.slabs {
        isa.run(ToPanels { slab: slab_of(slabs, features, lanes, slab), to: &mut to });
    }
    to
}

/// Slabs of inputs to `[vector][row][16]`, as the weight gradient reads them.
pub(super) fn vector_rows(isa: Isa, slabs: &[f32], features: usize, lanes: Lanes) -> Buffer {
    let mut to = Buffer::zeros(features.next_multiple_of(16) * lanes.slabs * lanes.width());
    to.fill(7.0);
    for slab in 0..lanes.slabs {
        isa.run(ToVectors { slab: slab_of(slabs, features, lanes, slab), to: &mut to });
    }
    to
}
