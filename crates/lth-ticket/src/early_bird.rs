//! Early-bird tickets: when the mask that pruning would draw stops changing.

use std::collections::VecDeque;

use lth_model::Masks;

/// The fraction of weights that two networks' masks do not agree on: their Hamming distance over the number of weights. A
/// tensor without a mask in one of them counts for nothing; of no weights it is 0.
///
/// Two masks of density d are never further apart than 2 d or 2 (1 - d).
pub fn mask_distance(a: &Masks, b: &Masks) -> f64 {
    let (mut different, mut all) = (0_usize, 0_usize);
    for (name, mask) in a {
        let Some(other) = b.get(name) else { continue };
        different += mask.flags().zip(other.flags()).filter(|(x, y)| x != y).count();
        all += mask.len().min(other.len());
    }
    if all == 0 { 0.0 } else { different as f64 / all as f64 }
}

/// Watches the masks that pruning would draw after each epoch, and says when the ticket is drawn: as soon as the newest mask
/// is near all others of the last few (You et al. 2020).
///
/// The paper prunes channels by the factors of batch normalisation; here masks may be any. At a density below half the
/// threshold every two masks are near (see [`mask_distance`]): use a smaller threshold there.
///
/// ```
/// use lth_model::{Mask, Masks};
/// use lth_ticket::EarlyBird;
/// let mask = |kept: usize| Masks::from([("fc.weight".to_owned(), Mask::from_flags(vec![4, 5], (0..20).map(|at| at < kept)))]);
/// let mut watch = EarlyBird::default();
/// let drawn: Vec<_> = [9, 14, 11, 11, 12, 12, 12].into_iter().map(|kept| watch.push(&mask(kept))).collect();
/// assert_eq!(drawn, [None, None, None, None, None, Some(6), Some(6)]);
/// ```
#[derive(Debug, Clone)]
pub struct EarlyBird {
    window: usize,
    threshold: f64,
    last: VecDeque<Masks>,
    epochs: u64,
    drawn: Option<u64>,
}

impl EarlyBird {
    /// Watches the last `window` masks (2 or more, the newest included) for distances of `threshold` at most.
    pub fn new(window: usize, threshold: f64) -> Self {
        Self { window: window.max(2), threshold, last: VecDeque::new(), epochs: 0, drawn: None }
    }

    /// Takes the mask after one more epoch. Gives the epoch, counted from 1, at which the ticket was drawn, once it is;
    /// later masks change nothing.
    pub fn push(&mut self, masks: &Masks) -> Option<u64> {
        self.epochs += 1;
        if self.last.len() == self.window {
            self.last.pop_front();
        }
        self.last.push_back(masks.clone());
        let near = self.last.len() == self.window
            && self.distances().into_iter().all(|distance| distance <= self.threshold);
        if self.drawn.is_none() && near {
            self.drawn = Some(self.epochs);
        }
        self.drawn
    }

    /// The distances of the newest mask from the others of the last few, oldest first.
    pub fn distances(&self) -> Vec<f64> {
        let Some(newest) = self.last.back() else { return Vec::new() };
        self.last.iter().take(self.last.len() - 1).map(|masks| mask_distance(masks, newest)).collect()
    }

    /// The epoch at which the ticket was drawn.
    pub fn drawn(&self) -> Option<u64> {
        self.drawn
    }
}

impl Default for EarlyBird {
    /// The paper's: five masks, 0.1.
    fn default() -> Self {
        Self::new(5, 0.1)
    }
}

#[cfg(test)]
mod tests {
    use lth_model::Mask;

    use super::*;

    fn masks(flags: [bool; 4], other: [bool; 4]) -> Masks {
        Masks::from([
            ("a".to_owned(), Mask::from_flags(vec![4], flags)),
            ("b".to_owned(), Mask::from_flags(vec![2, 2], other)),
        ])
    }

    #[test]
    fn distances_are_over_all_weights() {
        let one = masks([true, true, false, false], [true; 4]);
        let other = masks([true, false, true, false], [true, true, true, false]);
        assert!((mask_distance(&one, &other) - 3.0 / 8.0).abs() < 1e-12);
        assert!(mask_distance(&one, &one).abs() < 1e-12);
        assert!(mask_distance(&one, &Masks::new()).abs() < 1e-12);
    }

    #[test]
    fn a_ticket_is_not_drawn_before_the_window_is_full_or_while_one_mask_is_far() {
        let calm = masks([true; 4], [true; 4]);
        let far = masks([true, false, true, true], [true; 4]);
        let mut watch = EarlyBird::default();
        let drawn: Vec<_> = (0..4).map(|_| watch.push(&calm)).collect();
        assert_eq!(drawn, [None; 4], "four masks are not five");
        assert_eq!(watch.push(&far), None, "one of eight weights is more than 0.1");
        // The far mask leaves the window after four more.
        let drawn: Vec<_> = (0..5).map(|_| watch.push(&calm)).collect();
        assert_eq!(drawn, [None, None, None, None, Some(10)]);
        assert_eq!(watch.drawn(), Some(10));
        assert_eq!(EarlyBird::new(2, 0.2).push(&calm), None);
    }

    #[test]
    fn the_threshold_itself_is_near() {
        let (calm, far) = (masks([true; 4], [true; 4]), masks([true, false, true, true], [true; 4]));
        let mut watch = EarlyBird::new(2, 0.125);
        watch.push(&calm);
        assert_eq!(watch.push(&far), Some(2));
        assert_eq!(watch.distances(), [0.125]);
    }
}
