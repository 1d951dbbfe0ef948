//! The words of progress.

use std::path::PathBuf;

use lth_lab::{Activity, Found, Remedy, RoundRecord, TaskEvent, TaskName, TaskProgress};

use super::TimeLeft;
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

/// `2h07m left`; `2h07m left, then more` where nothing of the kind that follows has run yet.
pub(crate) fn left(time: &TimeLeft) -> String {
    let then = if time.leaves_out() { ", then more" } else { "" };
    format!("{} left{then}", duration(time.seconds()))
}

/// What is counted.
pub(crate) fn count_of(tasks: &[TaskName]) -> &'static str {
    match tasks {
        [first, others @ ..] if others.iter().all(|other| other.kind() == first.kind()) => {
            first.kind().plural()
        }
        _ => "tasks",
    }
}

/// How a task goes: time left, which one, and figures; the most important first.
pub(crate) fn progress(task: &TaskName, progress: &TaskProgress, alone: bool) -> Vec<String> {
    let mut parts = vec![format!("{} left", duration(progress.seconds_left))];
    if !alone {
        parts.push(task.to_string());
    }
    match progress.activity {
        Activity::Scoring { density } => {
            let done = 100.0 * progress.done as f64 / progress.of.max(1) as f64;
            parts.push(format!("pruned to density {} %", density_percent(density.get(), 1)));
            parts.push(format!("{done:>3.0} % done"));
        }
        Activity::Training { epoch, epochs, steps_per_second, validation_accuracy, density } => {
            parts.extend(validation_accuracy.map(|accuracy| format!("val {} %", percent(accuracy, 2))));
            parts.push(format!("epoch {epoch:>2}/{epochs}"));
            parts.push(format!("{steps_per_second:>6.0} steps/s"));
            if !alone {
                parts.push(format!("density {} %", density_percent(density.get(), 1)));
            }
        }
        Activity::Evaluating => parts.push(format!("{}/{}", progress.done, progress.of)),
    }
    parts
}

/// An event that is worth a line, without the name of its task.
pub(crate) fn event(event: &TaskEvent<'_>, alone: bool) -> Option<String> {
    Some(match event {
        TaskEvent::Finished { found, seconds } => finished(found, *seconds),
        TaskEvent::Skipped { .. } if alone => "it was trained before, this is what came out".to_owned(),
        TaskEvent::Skipped { found: Found::Round(record, _) } => {
            format!("{} (already there)", result(record))
        }
        TaskEvent::Skipped { .. } => "already there".to_owned(),
        TaskEvent::Shared { found: Found::Round(record, _), from } => {
            format!("{} (trained before, in {})", result(record), from.display())
        }
        TaskEvent::Shared { from, .. } => format!("done before, in {}", from.display()),
        TaskEvent::Incomplete { missing, remedy } => incomplete(missing, *remedy),
        TaskEvent::Stopped { saved_at: Some(iteration) } => {
            format!("stopped at iteration {iteration}, saved")
        }
        TaskEvent::Stopped { saved_at: None } => "stopped".to_owned(),
        TaskEvent::Busy { holder: Some(holder) } => format!("{holder} is at work on it"),
        TaskEvent::Busy { holder: None } => "another process is at work on it".to_owned(),
        TaskEvent::Failed { error } => error.to_string(),
        TaskEvent::Started { continued_at: Some(iteration) } => format!("goes on at iteration {iteration}"),
        TaskEvent::Started { continued_at: None } | TaskEvent::Progress(_) => return None,
    })
}

fn finished(found: &Found, seconds: f64) -> String {
    let time = duration(seconds);
    match found {
        Found::Files => time,
        Found::Round(record, Some(speed)) => format!("{}, {time} ({speed:.0} steps/s)", result(record)),
        Found::Round(record, None) => format!("{}, {time}", result(record)),
        Found::TestError(error) => format!("test error {} %, {time}", percent(*error, 2)),
        Found::Barrier(barrier) => format!("barrier of test errors {} pp, {time}", percent(*barrier, 2)),
        Found::Distance(distance) => format!("distance {distance:.2}, {time}"),
    }
}

/// Which files of a training are not there, and what is done about them.
fn incomplete(missing: &[PathBuf], remedy: Remedy) -> String {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().display().to_string();
    let names: Vec<String> = missing.iter().map(name).collect();
    format!("without {}: {remedy}", names.join(", "))
}

fn result(record: &RoundRecord) -> String {
    let outcome = record.early_stop.as_ref().unwrap_or(&record.end);
    let moment = if record.early_stop.is_some() { "early stop" } else { "end" };
    let collapse =
        collapse::emptied(record).map_or_else(String::new, |layers| format!(", no weight left in {layers}"));
    format!(
        "density {} %{collapse}, {moment} at iteration {}, test accuracy {} %",
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
