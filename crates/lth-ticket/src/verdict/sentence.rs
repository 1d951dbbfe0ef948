//! The verdict in words.

use std::fmt;

use lth_model::{Density, density_percent, grouped};

use super::{Cause, Difference, RoundVerdict, Ruling, Verdict};
use lth_stats::proportion_noise;

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut judged = self.rounds.iter().filter(|round| round.ruling.is_verdict()).peekable();
        let unjudged = self.unjudged();
        match (self.winner(), self.sparsest(Ruling::NotDistinguished)) {
            (Some(winner), open) => {
                let means = if winner.seeds > 1 { "by its means " } else { "" };
                write!(f, "{} is {means}the smallest winning ticket: {}.", named(winner), figures(winner))?;
                write!(f, " {}", noise(winner))?;
                if let Some(open) = open.filter(|open| open.density < winner.density) {
                    let difference = points(&open.accuracy);
                    write!(f, " Sparser, round {} ({})", open.round, density(open.density))?;
                    write!(f, " is not distinguished from the dense network ({difference}).")?;
                }
            }
            (None, Some(open)) => {
                write!(f, "There is no winning ticket beyond noise. ")?;
                write!(
                    f,
                    "{} is the sparsest that is not distinguished from the dense network: ",
                    named(open)
                )?;
                write!(f, "{}. {}", figures(open), noise(open))?;
            }
            (None, None) if judged.peek().is_some() => {
                f.write_str("There is no winning ticket: ")?;
                let mut all =
                    self.group(|ruling| ruling == Ruling::LowerAccuracy).map_or_else(Vec::new, |rounds| {
                        vec![format!("the test accuracy of {rounds} is lower than the dense network's")]
                    });
                all.extend(self.group(|ruling| ruling == Ruling::Later).map(|rounds| {
                    format!("the minimum validation loss of {rounds} is later than the dense network's")
                }));
                write!(f, "{}.", all.join(", "))?;
            }
            (None, None) if unjudged.is_empty() => {
                f.write_str("There is no pruned network to compare the dense one with.")?;
            }
            (None, None) => {}
        }
        if judged.peek().is_some() && !unjudged.is_empty() {
            f.write_str(" ")?;
        }
        if unjudged.is_empty() { Ok(()) } else { write!(f, "No verdict on {}.", unjudged.join("; ")) }
    }
}

impl Verdict {
    /// The rounds without a verdict, each group with its reason.
    fn unjudged(&self) -> Vec<String> {
        let mut found: Vec<Ruling> = Vec::new();
        for round in &self.rounds {
            if !round.ruling.is_verdict() && round.ruling != Ruling::Dense && !found.contains(&round.ruling) {
                found.push(round.ruling);
            }
        }
        let text = |ruling: Ruling| {
            let rounds = self.group(|other| other == ruling)?;
            Some(format!("{rounds}: {}", self.reason(ruling)))
        };
        found.into_iter().filter_map(text).collect()
    }

    fn reason(&self, ruling: Ruling) -> String {
        let of = |cause: Cause| {
            let seeds = self.rounds.iter().map(|round| round.seeds).max().unwrap_or(1);
            let network = if cause.dense { "the dense network" } else { "the network" };
            let of = if seeds > 1 { format!(" of {} of {seeds} seeds", cause.seeds) } else { String::new() };
            format!("{network}{of}")
        };
        match ruling {
            Ruling::Unpruned => "nothing was pruned".to_owned(),
            Ruling::NoValidation => {
                "without validation examples there is no early stop to compare".to_owned()
            }
            Ruling::AtChance(cause) => format!(
                "{} is at chance level: no better than naming the most frequent class ({} % ± {})",
                of(cause),
                percent(self.test.chance),
                percent(proportion_noise(self.test.chance, self.test.examples)),
            ),
            Ruling::StillImproving(cause) => {
                format!("{} was still improving when training ended: lengthen it", of(cause))
            }
            _ => String::new(),
        }
    }

    /// `rounds 1 to 3, 5` of which this was found.
    fn group(&self, of: impl Fn(Ruling) -> bool) -> Option<String> {
        let rounds: Vec<u64> =
            self.rounds.iter().filter(|round| of(round.ruling)).map(|round| round.round).collect();
        let runs: Vec<String> = rounds
            .chunk_by(|left, right| left + 1 == *right)
            .map(|run| match run {
                [only] => only.to_string(),
                [first, .., last] => format!("{first} to {last}"),
                [] => String::new(),
            })
            .collect();
        let s = if rounds.len() == 1 { "" } else { "s" };
        (!rounds.is_empty()).then(|| format!("round{s} {}", runs.join(", ")))
    }
}

fn named(round: &RoundVerdict) -> String {
    format!("Round {} (density {})", round.round, density(round.density))
}

/// What a round reached, and the dense network.
fn figures(round: &RoundVerdict) -> String {
    let iteration = |value: Option<f64>| value.map_or("-".to_owned(), rounded);
    let mean = if round.seeds > 1 { format!("means of {} seeds, ", round.seeds) } else { String::new() };
    format!(
        "{mean}minimum validation loss at iteration {} (dense: {}), test accuracy there {} % (dense: {} %)",
        iteration(round.ticket.early_stop_iteration),
        iteration(round.dense.early_stop_iteration),
        percent(round.ticket.test_accuracy),
        percent(round.dense.test_accuracy),
    )
}

/// Whether the differences exceed noise.
fn noise(round: &RoundVerdict) -> String {
    let of = |noise: Option<f64>| noise.map_or("?".to_owned(), percent);
    if round.seeds == 1 {
        let exceeds = if round.accuracy.is_distinguished() { "" } else { "only " };
        return format!(
            "The accuracies differ by {exceeds}{} points. One seed: not distinguished from noise below {} points, and how \
             much seeds differ is not known.",
            signed(&round.accuracy),
            of(round.accuracy.noise),
        );
    }
    let verb = |difference: &Difference| if difference.is_distinguished() { "exceeds" } else { "is within" };
    let mut text = format!(
        "The difference in accuracy of {} points {} the noise of {} seeds (± {}, 95 % interval paired by seed)",
        signed(&round.accuracy),
        verb(&round.accuracy),
        round.seeds,
        of(round.accuracy.noise),
    );
    if let Some(stop) = &round.early_stop {
        let noise = stop.noise.map_or("?".to_owned(), rounded);
        text.push_str(&format!(", that of {:+.0} iterations {} it (± {noise})", stop.mean, verb(stop)));
    }
    text.push('.');
    text
}

/// `+0.31 ± 0.10 points`.
fn points(difference: &Difference) -> String {
    let noise = difference.noise.map_or(String::new(), |noise| format!(" ± {}", percent(noise)));
    format!("{}{noise} points", signed(difference))
}

fn signed(difference: &Difference) -> String {
    format!("{:+.2}", 100.0 * difference.mean)
}

/// `13.5 %`, and two digits of smaller ones.
fn density(density: Density) -> String {
    format!("{} %", density_percent(density.get(), 1))
}

fn percent(fraction: f64) -> String {
    format!("{:.2}", 100.0 * fraction)
}

/// A count, or a mean of counts, with commas between thousands.
fn rounded(number: f64) -> String {
    grouped(number.round_ties_even() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_rounded_and_grouped_and_small_densities_keep_two_digits() {
        for (number, text) in
            [(0.0, "0"), (999.4, "999"), (999.5, "1,000"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")]
        {
            assert_eq!(rounded(number), text);
        }
        for (value, text) in [(1.0, "100.0 %"), (0.012, "1.2 %"), (0.0096, "0.96 %"), (0.00999, "1.0 %")] {
            assert_eq!(density(Density::new(value).unwrap()), text);
        }
    }
}
