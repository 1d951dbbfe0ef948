//! What is said before a run begins: how long it will take, and how much disk.

use std::path::{Path, PathBuf};

use lth_lab::{EstimatedTime, RunEstimate};

use crate::{
    failure::Failure,
    output::{Messages, print},
    progress::duration,
};

/// Says what a run will take, and whether the disk has room for it.
pub(crate) fn announce(estimate: &RunEstimate, messages: &Messages) {
    messages.info(&sentence(estimate));
    if let Some(warning) = disk_warning(estimate) {
        messages.warning(&warning);
    }
}

/// What is said where the disk has no room for a run.
fn disk_warning(estimate: &RunEstimate) -> Option<String> {
    let free = estimate.free_bytes.filter(|_| estimate.exceeds_disk())?;
    Some(format!(
        "the disk has {} free, and the run writes {} more: make room, name a folder on another disk with --output-path, or \
         keep fewer weights (--keep tickets)",
        bytes(free),
        bytes(estimate.bytes.saturating_sub(estimate.present_bytes))
    ))
}

/// Where the work goes, for the end of the line that says what it is; a dry run says it last.
pub(crate) fn into(folder: &Path, dry_run: bool) -> String {
    if dry_run { String::new() } else { format!(", into {}", folder.display()) }
}

/// Says that nothing was done, and which folders the work will be in; where a dry run ends.
///
/// # Errors
/// When the folders are to be printed and cannot be.
pub(crate) fn end_dry_run(
    folders: &[PathBuf],
    print_folder: bool,
    messages: &Messages,
) -> Result<(), Failure> {
    for folder in folders {
        messages.info(&format!("the folder will be {}", folder.display()));
    }
    messages.info("dry run: nothing was trained or written");
    if print_folder {
        print(&folders.iter().map(|folder| format!("{}\n", folder.display())).collect::<String>())?;
    }
    Ok(())
}

/// Of fewer seconds none is counted: loading data takes as long.
const FEW: f64 = 3.0;

fn sentence(estimate: &RunEstimate) -> String {
    let disk = format!("{} of disk", bytes(estimate.bytes));
    let trainings = match estimate.trainings {
        0 if estimate.time == EstimatedTime::Seconds => {
            let takes = match estimate.present_bytes {
                0 => String::new(),
                present => format!("; the folder takes {}", bytes(present)),
            };
            return format!("nothing is left to train{takes}");
        }
        0 => "what is left takes".to_owned(),
        1 => "one training takes".to_owned(),
        count => format!("{count} trainings take"),
    };
    let time = match estimate.time {
        EstimatedTime::Seconds => "a few seconds".to_owned(),
        EstimatedTime::About(seconds) | EstimatedTime::AtMost(seconds) if seconds < FEW => {
            "a few seconds".to_owned()
        }
        EstimatedTime::About(seconds) => format!("about {}", duration(seconds)),
        EstimatedTime::AtMost(seconds) => format!("at most about {}", duration(seconds)),
    };
    let notes = match estimate.at_once {
        0 | 1 => String::new(),
        at_once => format!(" (up to {at_once} at a time)"),
    };
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
            at_once: 1,
            bytes: 28_000_000,
            present_bytes: 0,
            free_bytes: Some(28_000_000),
        };
        assert_eq!(sentence(&estimate), "20 trainings take about 7m05s and 28 MB of disk");
        let resumed = RunEstimate { present_bytes: 14_000_000, at_once: 2, ..estimate.clone() };
        assert_eq!(
            sentence(&resumed),
            "20 trainings take about 7m05s (up to 2 at a time) and 28 MB of disk, of which 14 MB are there"
        );
        let one = RunEstimate { trainings: 1, time: EstimatedTime::Seconds, ..estimate.clone() };
        assert_eq!(sentence(&one), "one training takes a few seconds and 28 MB of disk");
        let evaluations = RunEstimate { trainings: 0, ..resumed.clone() };
        assert!(sentence(&evaluations).starts_with("what is left takes about 7m05s (up to 2 at a time)"));
        let quick = RunEstimate { time: EstimatedTime::About(0.3), ..estimate.clone() };
        assert_eq!(sentence(&quick), "20 trainings take a few seconds and 28 MB of disk");
        let none = RunEstimate { time: EstimatedTime::Seconds, ..evaluations };
        assert_eq!(sentence(&none), "nothing is left to train; the folder takes 14 MB");

        assert_eq!(disk_warning(&estimate), None, "it just fits");
        let full = RunEstimate { free_bytes: Some(2_000_000), ..resumed };
        let warning = disk_warning(&full).unwrap();
        assert!(
            warning.starts_with("the disk has 2.0 MB free, and the run writes 14 MB more: "),
            "{warning}"
        );
        assert_eq!(disk_warning(&RunEstimate { free_bytes: None, ..full }), None);
    }
}
