//! Lines of progress that fit the terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal::message_width;

/// Columns of a bar.
const BAR: usize = 16;

/// The look of the bar of everything. Its message is the time left; what follows can be cut off.
pub(crate) fn style_of_all(what: &str) -> ProgressStyle {
    style(&format!("{{bar:{BAR}}} {{msg}}  {{pos}}/{{len}} {what}  {{elapsed_precise}} gone"))
}

/// The look of the bar of one training or task; [`show`] says what stands behind it.
pub(crate) fn style_of_one() -> ProgressStyle {
    style(&format!("{{bar:{BAR}}} {{wide_msg}}"))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates here are valid").progress_chars("=> ")
}

/// Shows, of these parts, those that there is room for behind the bar; the first is the last to go.
pub(crate) fn show(bar: &ProgressBar, parts: &[String]) {
    bar.set_message(fitted(parts, message_width().map(|width| width.saturating_sub(BAR + 1))));
}

/// As many of the first parts as have room, but one at least.
pub(super) fn fitted(parts: &[String], room: Option<usize>) -> String {
    let mut text = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let gap = if text.is_empty() { "" } else { "  " };
        let length = text.chars().count() + gap.len() + part.chars().count();
        if !text.is_empty() && room.is_some_and(|room| length > room) {
            break;
        }
        text.push_str(gap);
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_the_last_to_go() {
        let parts = ["2h07m left", "replicate 0  round  3/20", "", "val 97.31 %", "1234 steps/s"];
        let parts = parts.map(str::to_owned);
        let whole = "2h07m left  replicate 0  round  3/20  val 97.31 %  1234 steps/s";
        for (columns, expected) in [
            (None, whole),
            (Some(130), whole),
            (Some(110), whole),
            (Some(80), whole),
            (Some(79), "2h07m left  replicate 0  round  3/20  val 97.31 %"),
            (Some(60), "2h07m left  replicate 0  round  3/20"),
            (Some(40), "2h07m left"),
            (Some(5), "2h07m left"),
        ] {
            let room = columns.map(|columns: usize| columns.saturating_sub(BAR + 1));
            assert_eq!(fitted(&parts, room), expected, "{columns:?}");
        }
    }
}
