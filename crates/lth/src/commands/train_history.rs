//! The evaluations of one training: a table for people, CSV for programs.

use std::fmt::Write as _;

use lth_ticket::{MetricRow, Split};

use crate::table::{self, percent, table};

const SPLITS: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

/// How many evaluations are shown; `metrics.csv` has all.
const SHOWN: usize = 20;

/// One row an evaluation, one column a split and figure.
pub(super) fn history_csv(history: &[MetricRow]) -> String {
    let mut text = String::from("iteration");
    for split in SPLITS {
        let _ = write!(text, ",{split}_loss,{split}_accuracy");
    }
    text.push('\n');
    for rows in evaluations(history) {
        let _ = write!(text, "{}", rows[0].iteration);
        for split in SPLITS {
            match rows.iter().find(|row| row.split == split) {
                Some(row) => drop(write!(text, ",{},{}", row.loss, row.accuracy)),
                None => text.push_str(",,"),
            }
        }
        text.push('\n');
    }
    text
}

/// The same to be read: rounded, of many evaluations some at even distances with the first, the last and that of early stop.
pub(super) fn history_table(history: &[MetricRow], early_stop: Option<u64>) -> String {
    let mut header = vec!["iteration".to_owned()];
    header.extend(SPLITS.iter().flat_map(|split| [format!("{split} loss"), format!("{split} acc. %")]));
    let mut rows = table(&header.iter().map(String::as_str).collect::<Vec<_>>(), 0);
    let all: Vec<&[MetricRow]> = evaluations(history).collect();
    let last = all.len().saturating_sub(1);
    let step = last.div_ceil(SHOWN - 1).max(1);
    for (place, evaluation) in all.iter().enumerate() {
        let iteration = evaluation[0].iteration;
        let is_shown = place.is_multiple_of(step) || place == last || early_stop == Some(iteration);
        if !is_shown {
            continue;
        }
        let mut cells = vec![iteration.to_string()];
        for split in SPLITS {
            let row = evaluation.iter().find(|row| row.split == split);
            let text = |value: &dyn Fn(&MetricRow) -> String| row.map_or_else(|| "-".to_owned(), value);
            cells.extend([text(&|row| format!("{:.4}", row.loss)), text(&|row| percent(row.accuracy, 2))]);
        }
        rows.add_row(cells);
    }
    let hidden = all.len() - rows.row_count();
    let note =
        if hidden > 0 { format!("({hidden} more evaluations in metrics.csv)\n") } else { String::new() };
    format!("{}{note}", table::text(&rows))
}

fn evaluations(history: &[MetricRow]) -> impl Iterator<Item = &[MetricRow]> {
    history.chunk_by(|left, right| left.iteration == right.iteration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(iteration: u64, split: Split, loss: f64) -> MetricRow {
        MetricRow { iteration, split, loss, accuracy: 0.5 }
    }

    #[test]
    fn the_history_has_a_column_for_each_split() {
        let history =
            [row(100, Split::Train, 0.25), row(100, Split::Test, 0.5), row(200, Split::Validation, 1.0)];
        assert_eq!(
            history_csv(&history),
            "iteration,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy\n\
             100,0.25,0.5,,,0.5,0.5\n\
             200,,,1,0.5,,\n"
        );
    }

    #[test]
    fn people_see_sensible_digits() {
        let history = [row(100, Split::Train, 0.123_456_789), row(100, Split::Test, 2.0 / 3.0)];
        let text = history_table(&history, None);
        let words: Vec<&str> = text.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(words, ["100", "0.1235", "50.00", "-", "-", "0.6667", "50.00"]);
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn of_many_evaluations_people_see_some_and_the_one_that_matters() {
        let history: Vec<MetricRow> = (1..=458).map(|n| row(100 * n, Split::Test, 1.0)).collect();
        let text = history_table(&history, Some(3400));
        let shown: Vec<&str> =
            text.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert!(shown.len() <= SHOWN + 3, "{text}");
        for iteration in ["100", "3400", "45800"] {
            assert!(shown.contains(&iteration), "{iteration} is not in\n{text}");
        }
        assert!(text.ends_with("more evaluations in metrics.csv)\n"), "{text}");
    }
}
