//! Which round is the smallest winning ticket.

use std::fmt;

use lth_model::Density;

/// What a round reached; figures may be means over replicates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundResult {
    /// The round; 0 is dense.
    pub round: u64,
    /// The fraction of weights that it trained.
    pub density: Density,
    /// The iteration of its minimum validation loss.
    pub early_stop_iteration: f64,
    /// The fraction of the test set that it classified correctly there.
    pub test_accuracy: f64,
}

/// The smallest winning ticket of an experiment, or that there is none.
///
/// A winning ticket reaches its minimum validation loss no later than the dense network, with no lower test accuracy
/// there (Frankle and Carbin 2019, Section 1). Its text is one sentence with the figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Round 0.
    pub dense: RoundResult,
    /// How many pruned networks there are.
    pub pruned: usize,
    /// The winning ticket of least density; of equal densities, that of the last round.
    pub winner: Option<RoundResult>,
}

/// Accuracies that differ by less are equal: means of the same counts may differ in their last bits.
const SAME_ACCURACY: f64 = 1e-12;

impl Verdict {
    /// `None` when round 0 is not among the rounds.
    pub fn of(rounds: &[RoundResult]) -> Option<Self> {
        let dense = *rounds.iter().find(|round| round.round == 0)?;
        let pruned: Vec<&RoundResult> = rounds.iter().filter(|round| round.round > 0).collect();
        let winner = pruned
            .iter()
            .filter(|round| {
                round.early_stop_iteration <= dense.early_stop_iteration
                    && round.test_accuracy + SAME_ACCURACY >= dense.test_accuracy
            })
            .min_by(|left, right| {
                left.density.get().total_cmp(&right.density.get()).then(right.round.cmp(&left.round))
            })
            .map(|&&winner| winner);
        Some(Self { dense, pruned: pruned.len(), winner })
    }
}

/// The winning ticket of least density; `None` when there is none, or no round 0 to compare with.
pub fn smallest_winning_ticket(rounds: &[RoundResult]) -> Option<RoundResult> {
    Verdict::of(rounds)?.winner
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (iteration, accuracy) =
            (grouped(self.dense.early_stop_iteration), percent(self.dense.test_accuracy));
        match &self.winner {
            _ if self.pruned == 0 => f.write_str("There is no pruned network to compare the dense one with."),
            Some(winner) => write!(
                f,
                "Round {} (density {}) is the smallest winning ticket: it reaches its minimum validation loss at \
                 iteration {} (dense: {iteration}) with {} test accuracy (dense: {accuracy}).",
                winner.round,
                density(winner.density),
                grouped(winner.early_stop_iteration),
                percent(winner.test_accuracy),
            ),
            None => write!(
                f,
                "There is no winning ticket: none of the {} pruned networks reaches its minimum validation loss at \
                 iteration {iteration} or before with {accuracy} test accuracy or more, as the dense network does.",
                self.pruned
            ),
        }
    }
}

/// `13.5 %`, and two digits below 1 %.
pub(crate) fn density(density: Density) -> String {
    let percent = 100.0 * density.get();
    if percent < 0.995 { format!("{percent:.2} %") } else { format!("{percent:.1} %") }
}

fn percent(fraction: f64) -> String {
    format!("{:.2} %", 100.0 * fraction)
}

/// A whole number with commas between thousands.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(round: u64, density: f64, early_stop_iteration: f64, test_accuracy: f64) -> RoundResult {
        RoundResult { round, density: Density::new(density).unwrap(), early_stop_iteration, test_accuracy }
    }

    #[test]
    fn needs_both_speed_and_accuracy() {
        let dense = round(0, 1.0, 4900.0, 0.981);
        for (iteration, accuracy, wins) in [
            (4900.0, 0.981, true),
            (3000.0, 0.982, true),
            (4901.0, 0.999, false),
            (100.0, 0.9809, false),
            (f64::NAN, 0.99, false),
            (100.0, f64::NAN, false),
        ] {
            let found = smallest_winning_ticket(&[dense, round(1, 0.8, iteration, accuracy)]);
            assert_eq!(found.is_some(), wins, "{iteration} {accuracy}");
        }
    }

    #[test]
    fn is_the_least_dense_even_beyond_losers() {
        let rounds = [
            round(2, 0.641, 100.0, 0.5),
            round(0, 1.0, 4900.0, 0.981),
            round(3, 0.513, 3300.0, 0.983),
            round(1, 0.8, 4000.0, 0.982),
            round(4, 0.411, 5000.0, 0.99),
        ];
        assert_eq!(smallest_winning_ticket(&rounds).unwrap().round, 3);
        assert_eq!(smallest_winning_ticket(&rounds[..1]), None);
    }

    #[test]
    fn means_of_the_same_counts_are_equal() {
        let (one, other) = (0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1);
        assert_ne!(one, other);
        for (dense, ticket) in [(one, other), (other, one)] {
            assert!(
                smallest_winning_ticket(&[round(0, 1.0, 1.0, dense), round(1, 0.8, 1.0, ticket)]).is_some()
            );
        }
    }

    #[test]
    fn says_it_in_a_sentence() {
        let dense = round(0, 1.0, 4900.0, 0.9805);
        let won = Verdict::of(&[dense, round(9, 0.1351, 3300.0, 0.9826)]).unwrap();
        assert_eq!(
            won.to_string(),
            "Round 9 (density 13.5 %) is the smallest winning ticket: it reaches its minimum validation loss at iteration \
             3,300 (dense: 4,900) with 98.26 % test accuracy (dense: 98.05 %)."
        );
        let lost = Verdict::of(&[dense, round(1, 0.8, 3300.0, 0.97), round(2, 0.64, 3300.0, 0.96)]).unwrap();
        assert_eq!(
            lost.to_string(),
            "There is no winning ticket: none of the 2 pruned networks reaches its minimum validation loss at iteration \
             4,900 or before with 98.05 % test accuracy or more, as the dense network does."
        );
        let alone = Verdict::of(&[dense]).unwrap();
        assert_eq!(alone.to_string(), "There is no pruned network to compare the dense one with.");
    }

    #[test]
    fn numbers_are_grouped_and_small_densities_keep_two_digits() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (value, text) in [(1.0, "100.0 %"), (0.012, "1.2 %"), (0.0096, "0.96 %"), (0.00999, "1.0 %")] {
            assert_eq!(density(Density::new(value).unwrap()), text);
        }
    }
}
