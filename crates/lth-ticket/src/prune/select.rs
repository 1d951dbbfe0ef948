//! Choosing exactly the lowest scores.

use lth_model::RandomStream;

/// A live weight and its score, which is not NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) score: f32,
    /// The weight's tensor, counted by the caller.
    pub(super) tensor: u32,
    /// The weight's flat index.
    pub(super) index: u32,
}

/// The `count` lowest scores. Where the boundary runs through equal scores, every subset of them is equally likely, drawn
/// from the stream; without ties nothing is drawn. The result depends on the order of `weights` only through ties.
pub(super) fn lowest(mut weights: Vec<Scored>, count: usize, stream: &mut RandomStream) -> Vec<Scored> {
    if count == 0 {
        return Vec::new();
    }
    if count >= weights.len() {
        return weights;
    }
    let mut scores: Vec<f32> = weights.iter().map(|weight| weight.score).collect();
    let by_value = |left: &f32, right: &f32| {
        // Not total_cmp: -0 and 0 are equal scores.
        left.partial_cmp(right).expect("NaN was refused before")
    };
    let boundary = *scores.select_nth_unstable_by(count - 1, by_value).1;

    let mut ties: Vec<Scored> = weights.iter().copied().filter(|weight| weight.score == boundary).collect();
    weights.retain(|weight| weight.score < boundary);
    let needed = count - weights.len();
    if needed < ties.len() {
        for place in 0..needed {
            let other = place + stream.below((ties.len() - place) as u64) as usize;
            ties.swap(place, other);
        }
        ties.truncate(needed);
    }
    weights.extend(ties);
    weights
}
