//! The words of progress.

use std::path::PathBuf;

use lth_lab::{Remedy, RoundRecord, RunEvent, ScoringProgress, Stage, StageProgress, Timing, Variant};

use crate::{
    collapse,
    table::{density_percent, percent},
};

/// A time left: `12s`, `3m05s`, `2h07m`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s}s"),
        (0, m, s) => format!("{m}m{s:02}s"),
        (h, m, _) => format!("{h}h{m:02}m"),
    }
}

/// Which training: `replicate 0  round  3/20  random-reinit`.
pub(crate) fn stage(stage: Stage, rounds: u32) -> String {
    let variant = match stage.variant {
        Variant::Ticket => String::new(),
        Variant::Control(kind) => format!("  {kind}"),
    };
    format!("replicate {}  round {:>2}/{}{variant}", stage.replicate, stage.round, rounds.saturating_sub(1))
}

/// `2h07m left`.
pub(crate) fn left(seconds: f64) -> String {
    format!("{} left", duration(seconds))
}

/// How the pruning of an untrained network goes: time left, which one, density; the most important first.
pub(crate) fn scoring(progress: &ScoringProgress) -> [String; 4] {
    [
        left(progress.seconds_left),
        stage(progress.stage, progress.rounds),
        format!("pruned to density {} %", density_percent(progress.density.get(), 1)),
        format!("{:>3.0} % done", 100.0 * progress.fraction),
    ]
}

/// How a training goes: time left, which one, accuracy, epoch, speed, density; the most important first.
pub(crate) fn figures(progress: &StageProgress) -> [String; 6] {
    let [time, rest @ ..] = training(progress);
    let [accuracy, epoch, speed] = rest;
    let density = format!("density {} %", density_percent(progress.density.get(), 1));
    [time, stage(progress.stage, progress.rounds), accuracy, epoch, speed, density]
}

/// The same of the only training.
pub(crate) fn training(progress: &StageProgress) -> [String; 4] {
    let accuracy = progress.validation_accuracy;
    [
        left(progress.seconds_left),
        accuracy.map_or_else(String::new, |accuracy| format!("val {} %", percent(accuracy, 2))),
        format!("epoch {:>2}/{}", progress.epoch, progress.epochs),
        format!("{:>6.0} steps/s", progress.steps_per_second),
    ]
}

/// A line about an event that is worth one.
pub(crate) fn event(event: &RunEvent<'_>) -> Option<String> {
    Some(match event {
        RunEvent::Finished { stage, record, timing, run_seconds_left } => {
            let left = match *run_seconds_left {
                left if left > 0.0 => format!(", {} left", duration(left)),
                _ => String::new(),
            };
            format!("{stage}: {}{left}", result(record, Some(timing)))
        }
        RunEvent::Skipped { stage, record } => format!("{stage}: {} (already there)", result(record, None)),
        RunEvent::Incomplete { stage, missing, remedy } => {
            format!("{stage}: {}", incomplete(missing, *remedy))
        }
        RunEvent::Stopped { stage, iteration } => format!("{stage}: stopped at iteration {iteration}, saved"),
        RunEvent::Failed { stage, error } => format!("{stage}: {error}"),
        RunEvent::Started { stage, iteration } if *iteration > 0 => {
            format!("{stage}: goes on at iteration {iteration}")
        }
        RunEvent::Started { .. }
        | RunEvent::Planned { .. }
        | RunEvent::Scoring(_)
        | RunEvent::Progress(_) => return None,
    })
}

/// Which files of a training are not there, and what is done about them.
pub(crate) fn incomplete(missing: &[PathBuf], remedy: Remedy) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().display().to_string();
    let names: Vec<String> = missing.iter().map(name).collect();
    format!("without {}: {remedy}", names.join(", "))
}

fn result(record: &RoundRecord, timing: Option<&Timing>) -> String {
    let outcome = record.early_stop.as_ref().unwrap_or(&record.end);
    let moment = if record.early_stop.is_some() { "early stop" } else { "end" };
    let timing = timing.map_or_else(String::new, |timing| {
        format!(", {} ({:.0} steps/s)", duration(timing.seconds), timing.steps_per_second())
    });
    let collapse =
        collapse::emptied(record).map_or_else(String::new, |layers| format!(", no weight left in {layers}"));
    format!(
        "density {} %{collapse}, {moment} at iteration {}, test accuracy {} %{timing}",
        density_percent(record.density.get(), 1),
        outcome.iteration,
        percent(outcome.test_accuracy, 2),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        for (seconds, expected) in [
            (0.2, "0s"),
            (59.4, "59s"),
            (60.0, "1m00s"),
            (3725.0, "1h02m"),
            (f64::INFINITY, "?"),
            (f64::NAN, "?"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
