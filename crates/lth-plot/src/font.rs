//! The embedded font, and how wide its texts are.
//!
//! Subsets (Latin, Greek, Cyrillic, signs) of DejaVu Sans 2.37; the licence lies beside them.

use resvg::usvg::fontdb;
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

const REGULAR: &[u8] = include_bytes!("../assets/DejaVuSans.subset.ttf");
const BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.subset.ttf");

/// The width of a sign that the font lacks, in font sizes.
const UNKNOWN_ADVANCE: f32 = 0.6;

/// A database that holds the embedded font and nothing of the system, so that PNGs are the same everywhere.
pub(super) fn database() -> fontdb::Database {
    let mut database = fontdb::Database::new();
    database.load_font_data(REGULAR.to_vec());
    database.load_font_data(BOLD.to_vec());
    database.set_sans_serif_family("DejaVu Sans");
    database
}

/// Whether the font has no picture of a sign.
pub(super) fn lacks(sign: char) -> bool {
    let font = FontRef::new(REGULAR).expect("the embedded font is sound, as tests show");
    !sign.is_control() && font.charmap().map(sign).is_none()
}

/// How wide `text` is at this font size, without kerning.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let font =
        FontRef::new(if bold { BOLD } else { REGULAR }).expect("the embedded font is sound, as tests show");
    let (charmap, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
    let ems: f32 = text
        .chars()
        .map(|sign| {
            charmap.map(sign).and_then(|glyph| metrics.advance_width(glyph)).unwrap_or(UNKNOWN_ADVANCE)
        })
        .sum();
    f64::from(ems) * size
}

/// `text`, or its start and an ellipsis, whichever fits.
pub(super) fn shorten(text: &str, size: f64, bold: bool, available: f64) -> String {
    if width(text, size, bold) <= available {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let shorter = format!("{}…", kept.iter().collect::<String>().trim_end());
        if width(&shorter, size, bold) <= available {
            return shorter;
        }
    }
    "…".to_owned()
}

/// `text` in lines no wider than `available`, broken at spaces and line ends; at most `lines` of them, the last one
/// shortened if there is more.
pub(super) fn wrap(text: &str, size: f64, bold: bool, available: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || width(&longer, size, bold) <= available {
                line = longer;
            } else {
                wrapped.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        if !line.is_empty() {
            wrapped.push(line);
        }
    }
    if wrapped.len() > lines {
        let rest = wrapped.split_off(lines - 1).join(" ");
        wrapped.push(rest);
    }
    wrapped.iter().map(|line| shorten(line, size, bold, available)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_the_width_the_font_states() {
        // 1303 of 2048 units in DejaVu Sans, 1425 in its bold.
        assert!((width("00", 10.0, false) - 2.0 * 10.0 * 1303.0 / 2048.0).abs() < 1e-4);
        assert!((width("0", 10.0, true) - 10.0 * 1425.0 / 2048.0).abs() < 1e-4);
    }

    #[test]
    fn shortened_texts_fit_and_short_ones_stay() {
        assert_eq!(shorten("winning ticket", 16.0, false, 500.0), "winning ticket");
        let long = shorten(&"winning ticket ".repeat(20), 16.0, false, 200.0);
        assert!(long.ends_with('…') && width(&long, 16.0, false) <= 200.0);
        assert!(width(&long, 16.0, false) > 170.0, "no more is cut than must be: {long}");
    }

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text = "lenet-300-100 on mnist, 5 replicates\nAdam 1.2e-3, batch 60";
        let lines = wrap(text, 16.0, false, 220.0, 9);
        assert!(lines.iter().all(|line| width(line, 16.0, false) <= 220.0));
        assert_eq!(lines.join(" ").split_whitespace().count(), text.split_whitespace().count());
        assert_eq!(wrap(text, 16.0, false, 220.0, 2).len(), 2);
    }
}
