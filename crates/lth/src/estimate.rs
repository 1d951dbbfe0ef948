//! What is said before a run begins: how long it will take, and how much disk.

use lth_lab::{EstimatedTime, RunEstimate};

use crate::{output::Messages, progress::duration};

/// Says what a run will take.
pub(crate) fn announce(estimate: &RunEstimate, jobs: usize, messages: &Messages) {
    messages.info(&sentence(estimate, jobs));
}

/// Says that nothing was done; where a dry run ends.
pub(crate) fn end_dry_run(messages: &Messages) {
    messages.info("dry run: nothing was trained or written");
}

fn sentence(estimate: &RunEstimate, jobs: usize) -> String {
    let disk = format!("{} of disk", bytes(estimate.bytes));
    let trainings = match estimate.trainings {
        0 => return format!("nothing is left to train; the folder takes {}", bytes(estimate.present_bytes)),
        1 => "one training takes".to_owned(),
        count => format!("{count} trainings take"),
    };
    let time = match estimate.time {
        EstimatedTime::Seconds => "a few seconds".to_owned(),
        EstimatedTime::About(seconds) => format!("about {}", duration(seconds)),
        EstimatedTime::AtMost(seconds) => format!("at most about {}", duration(seconds)),
    };
    let mut notes = Vec::new();
    if jobs.min(estimate.trainings) > 1 {
        notes.push(format!("up to {jobs} at a time"));
    }
    if let Some(what) = estimate.not_counted {
        notes.push(format!("{what} not counted"));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    let present = match estimate.present_bytes {
        0 => String::new(),
        present => format!(", of which {} are there", bytes(present)),
    };
    format!("{trainings} {time}{notes} and {disk}{present}")
}

/// A number of bytes in two digits or more: `340 kB`, `2.8 MB`, `28 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    let decimals = usize::from(value < 9.95 && unit != "B");
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits_or_more() {
        for (count, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (340_123, "340 kB"),
            (999_600, "1.0 MB"),
            (2_840_000, "2.8 MB"),
            (27_900_000, "28 MB"),
            (5_000_000_000_000_000, "5000 TB"),
        ] {
            assert_eq!(bytes(count), expected);
        }
    }

    #[test]
    fn the_sentence_tells_what_is_left() {
        let estimate = RunEstimate {
            trainings: 20,
            time: EstimatedTime::About(425.0),
            not_counted: None,
            bytes: 28_000_000,
            present_bytes: 0,
        };
        assert_eq!(sentence(&estimate, 1), "20 trainings take about 7m05s and 28 MB of disk");
        let resumed =
            RunEstimate { present_bytes: 14_000_000, not_counted: Some("scoring"), ..estimate.clone() };
        assert_eq!(
            sentence(&resumed, 2),
            "20 trainings take about 7m05s (up to 2 at a time, scoring not counted) and 28 MB of disk, of which 14 MB are there"
        );
        let one = RunEstimate { trainings: 1, time: EstimatedTime::Seconds, ..estimate.clone() };
        assert_eq!(sentence(&one, 2), "one training takes a few seconds and 28 MB of disk");
        let none = RunEstimate { trainings: 0, ..resumed };
        assert_eq!(sentence(&none, 2), "nothing is left to train; the folder takes 14 MB");
    }
}
