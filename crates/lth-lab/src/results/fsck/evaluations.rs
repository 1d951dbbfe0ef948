//! The evaluations of a training in the four files that have them, and which of these is wrong.

use lth_model::Density;
use lth_ticket::{MetricRow, Split, at_end, early_stop};

use crate::{
    Outcome, RoundRecord, Timestamps,
    metrics::{ReadScalar, lec_csv, scalars_of},
};

/// What the files say: `round.json`, `metrics.csv`, and, where they are whole, `metrics-lec.csv` and the event file.
pub(super) struct Evaluations<'a> {
    pub(super) record: &'a RoundRecord,
    pub(super) history: &'a [MetricRow],
    pub(super) lec: Option<Vec<u8>>,
    pub(super) events: Option<Vec<ReadScalar>>,
    /// Whether early stop is among some of the evaluations only.
    pub(super) settles: bool,
}

/// Which files are doubtful, in the order of [`Evaluations`], and why.
pub(super) struct Doubtful {
    pub(super) doubtful: [bool; 4],
    pub(super) reason: &'static str,
}

const NONE: [bool; 4] = [false; 4];
const RECORD: [bool; 4] = [true, false, false, false];
const METRICS: [bool; 4] = [false, true, false, false];
const RECORD_AND_METRICS: [bool; 4] = [true, true, false, false];
const METRICS_AND_LEC: [bool; 4] = [false, true, true, false];
const LEC: [bool; 4] = [false, false, true, false];
const EVENTS: [bool; 4] = [false, false, false, true];

/// Compares the files. The event file has the values of all evaluations in single precision, under checksums; `metrics-lec.csv` has
/// all digits, without those of the test set.
pub(super) fn check_evaluations(files: &Evaluations<'_>) -> Doubtful {
    let Evaluations { record, history, lec, events, settles } = files;
    let early = early_stop(history).filter(|point| point.validation_loss.is_some()).map(Outcome::from);
    let end = at_end(history).map(Outcome::from);
    let of_record = end == Some(record.end) && (*settles || early == record.early_stop);
    // Differences that single precision does not show the event file cannot decide on.
    let is_nearly = end.map(rounded) == Some(rounded(record.end))
        && (*settles || early.map(rounded) == record.early_stop.map(rounded));
    let by_events = events.as_ref().map(|events| compare_events(events, history));
    let by_lec = lec.as_ref().map(|lec| compare_lec(lec, history, record.density));
    let (doubtful, reason) = match (of_record, by_events, by_lec) {
        (false, Some(Fit::Same), _) if !is_nearly => {
            (RECORD, "its results are not those of metrics.csv and of the event file")
        }
        (false, Some(_), by_lec) if by_lec != Some(Fit::Same) => {
            (METRICS, "its values are not those of the event file and of the other tables")
        }
        (false, ..) => (RECORD_AND_METRICS, "round.json and metrics.csv have different results"),
        (true, Some(Fit::Other), Some(Fit::Same)) => {
            (EVENTS, "its values are not those of metrics.csv and metrics-lec.csv")
        }
        (true, Some(Fit::Other | Fit::OtherTests | Fit::Nearly), _) => {
            (METRICS, "its values are not those of the event file")
        }
        (true, None, Some(Fit::Other | Fit::OtherTests)) | (true, _, Some(Fit::Nearly)) => {
            (METRICS_AND_LEC, "metrics.csv and metrics-lec.csv have different values")
        }
        (true, Some(Fit::Same), Some(Fit::Other | Fit::OtherTests)) => {
            (LEC, "its values are not those of metrics.csv and of the event file")
        }
        (true, _, Some(Fit::Same) | None) => (NONE, ""),
    };
    Doubtful { doubtful, reason }
}

/// The figures in single precision.
fn rounded(outcome: Outcome) -> (u64, [Option<f32>; 4]) {
    let Outcome { iteration, validation_loss, validation_accuracy, test_loss, test_accuracy } = outcome;
    let all = [validation_loss, validation_accuracy, Some(test_loss), Some(test_accuracy)];
    (iteration, all.map(|figure| figure.map(|figure| figure as f32)))
}

/// How a file's values are those of `metrics.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Same,
    /// In single precision.
    Nearly,
    /// But for those on the test set.
    OtherTests,
    Other,
}

fn compare_events(events: &[ReadScalar], history: &[MetricRow]) -> Fit {
    let expected = scalars_of(history);
    if events.len() != expected.len() {
        return Fit::Other;
    }
    let test = format!("{}/", Split::Test.name());
    let mut fit = Fit::Same;
    for (found, expected) in events.iter().zip(&expected) {
        if (&found.0, found.1, found.2.to_bits()) == (&expected.0, expected.1, expected.2.to_bits()) {
            continue;
        }
        if !found.0.starts_with(&test) || !expected.0.starts_with(&test) {
            return Fit::Other;
        }
        fit = Fit::OtherTests;
    }
    fit
}

/// All columns but the first: when each evaluation was made is in no other file.
fn compare_lec(found: &[u8], history: &[MetricRow], density: Density) -> Fit {
    let rows = |bytes: &[u8]| -> Option<Vec<csv::StringRecord>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        reader.records().collect::<Result<_, _>>().ok()
    };
    let expected = lec_csv(history, &Timestamps::default(), density);
    let (Some(found), Some(expected)) = (rows(found), rows(&expected)) else { return Fit::Other };
    if found.len() != expected.len() || found.first() != expected.first() {
        return Fit::Other;
    }
    let mut fit = Fit::Same;
    for (found, expected) in found.iter().zip(&expected).skip(1) {
        let is_time = found.get(0).is_some_and(|time| time.parse::<f64>().is_ok_and(f64::is_finite));
        if !is_time || found.len() != expected.len() {
            return Fit::Other;
        }
        for (found, expected) in found.iter().zip(expected).skip(1).filter(|(found, own)| found != own) {
            match (found.parse::<f64>(), expected.parse::<f64>()) {
                (Ok(found), Ok(expected)) if found == expected => {}
                (Ok(found), Ok(expected)) if found as f32 == expected as f32 => fit = Fit::Nearly,
                _ => return Fit::Other,
            }
        }
    }
    fit
}
