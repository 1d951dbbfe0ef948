//! Choosing exactly the lowest scores.

use lth_model::RandomStream;

/// Which are the `count` lowest scores; none is NaN. Where the boundary runs through equal scores, every subset of them is
/// equally likely, drawn from the stream; without ties nothing is drawn. The result depends on the order of scores only
/// through ties.
pub(super) fn lowest(scores: &[f32], count: usize, stream: &mut RandomStream) -> Vec<bool> {
    if count == 0 || count >= scores.len() {
        return vec![count > 0; scores.len()];
    }
    let boundary = nth_lowest(scores, count - 1);
    let mut chosen: Vec<bool> = scores.iter().map(|&score| score < boundary).collect();
    let needed = count - chosen.iter().filter(|&&chosen| chosen).count();
    let ties = scores.iter().enumerate().filter(|&(_, &score)| score == boundary);
    let mut ties: Vec<usize> = ties.map(|(place, _)| place).collect();
    if needed < ties.len() {
        for place in 0..needed {
            let other = place + stream.below((ties.len() - place) as u64) as usize;
            ties.swap(place, other);
        }
    }
    for &place in &ties[..needed] {
        chosen[place] = true;
    }
    chosen
}

/// The bits of a key that are looked at together: as many counters as stay in the first-level cache.
const DIGITS: [(u32, u32); 3] = [(21, 11), (10, 11), (0, 10)];

/// The score that has `place` others before it in order.
///
/// Counts digits of keys, from the highest: passes that move nothing, which is what lets pruning twenty million weights take
/// a fraction of a second.
fn nth_lowest(scores: &[f32], mut place: usize) -> f32 {
    let mut found = 0;
    for (shift, bits) in DIGITS {
        let mut counts = vec![0; 1 << bits];
        for &score in scores {
            let key = key(score);
            if u64::from(key) >> (shift + bits) == u64::from(found) {
                counts[(key >> shift & ((1 << bits) - 1)) as usize] += 1;
            }
        }
        let (digit, before) = digit_at(&counts, place);
        place -= before;
        found = found << bits | digit;
    }
    of_key(found)
}

/// The digit of the `place`-th of those that were counted, and how many have lower ones.
fn digit_at(counts: &[usize], place: usize) -> (u32, usize) {
    let mut before = 0;
    for (digit, &count) in counts.iter().enumerate() {
        if place < before + count {
            return (digit as u32, before);
        }
        before += count;
    }
    unreachable!("a place is below the number of scores")
}

/// A number whose order is that of scores; that of -0 and 0 is the same.
fn key(score: f32) -> u32 {
    let bits = (score + 0.0).to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

/// The score of a key.
fn of_key(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 0 { !key } else { key & !(1 << 31) })
}

#[cfg(test)]
mod tests {
    use lth_model::{Purpose, Seed};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_sorting_finds(
            scores in prop::collection::vec(prop_oneof![any::<f32>().prop_filter("a number", |x| !x.is_nan()), (-2i8..3i8).prop_map(f32::from), Just(-0.0f32)], 1..200),
            part in 0.0f64..1.0,
        ) {
            let place = (part * scores.len() as f64) as usize;
            let mut sorted = scores.clone();
            sorted.sort_by(|left, right| left.partial_cmp(right).unwrap());
            prop_assert_eq!(nth_lowest(&scores, place), sorted[place]);
            let chosen = lowest(&scores, place, &mut RandomStream::new(Seed(0), Purpose::Ties, 0));
            let chosen = scores.iter().zip(&chosen).filter(|&(_, &chosen)| chosen);
            let mut found: Vec<f32> = chosen.map(|(&score, _)| score).collect();
            found.sort_by(|left, right| left.partial_cmp(right).unwrap());
            prop_assert_eq!(found, &sorted[..place]);
        }
    }
}
