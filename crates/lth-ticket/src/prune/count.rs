//! How many weights go.

use lth_model::Rate;

/// How many of these live weights a rate prunes: round-half-even(rate x live), but never the last one.
pub(super) fn pruned_count(live: usize, rate: Rate) -> usize {
    let count = (rate.get() * live as f64).round_ties_even() as usize;
    count.min(live.saturating_sub(1))
}

/// How many of these weights remain after some rounds at this rate.
///
/// ```
/// use lth_model::Rate;
/// use lth_ticket::live_after;
/// assert_eq!(live_after(1000, Rate::new(0.1).unwrap(), 3), 729);
/// ```
pub fn live_after(live: usize, rate: Rate, rounds: u64) -> usize {
    let mut live = live;
    for _ in 0..rounds {
        let pruned = pruned_count(live, rate);
        if pruned == 0 {
            break;
        }
        live -= pruned;
    }
    live
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rate: f64) -> Rate {
        Rate::new(rate).unwrap()
    }

    #[test]
    fn halves_go_to_the_even_number() {
        for (live, pruned) in [(1, 0), (3, 2), (5, 2), (7, 4), (9, 4), (10, 5)] {
            assert_eq!(pruned_count(live, rate(0.5)), pruned, "half of {live}");
        }
        assert_eq!(pruned_count(25, rate(0.1)), 2);
        assert_eq!(pruned_count(35, rate(0.1)), 4);
        assert_eq!(pruned_count(235_200, rate(0.2)), 47_040);
    }

    #[test]
    fn the_last_weight_stays() {
        assert_eq!(pruned_count(0, rate(0.9)), 0);
        assert_eq!(pruned_count(1, rate(0.99)), 0);
        assert_eq!(pruned_count(2, rate(0.99)), 1);
        assert_eq!(live_after(1_000, rate(0.99), 50), 1);
    }

    #[test]
    fn rounds_end_where_nothing_more_goes() {
        assert_eq!(live_after(100, rate(0.2), 0), 100);
        assert_eq!(live_after(100, rate(0.2), u64::MAX), 2);
    }
}
