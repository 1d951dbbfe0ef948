//! Figures as PDF: the same picture, with texts that can be searched.

use std::io::Read;

use flate2::read::ZlibDecoder;
use lth_plot::{DensityLimits, Figure, Look, PageStyle, density_figure};

use super::{fake, heading, texts};

/// What the streams of a document hold, those that are no font as text.
fn streams(pdf: &[u8]) -> Vec<String> {
    let find = |from: usize, what: &[u8]| {
        pdf[from..].windows(what.len()).position(|window| window == what).map(|at| from + at + what.len())
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = find(at, b"\nstream\n") {
        let mut bytes = Vec::new();
        ZlibDecoder::new(&pdf[begin..]).read_to_end(&mut bytes).expect("compressed");
        found.push(String::from_utf8_lossy(&bytes).into_owned());
        at = find(begin, b"endstream").expect("an end");
    }
    found
}

/// Checks what holds for the PDF of every figure; returns what it draws.
pub(crate) fn check(figure: &Figure) -> String {
    let pdf = figure.pdf().unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF"));
    let found = streams(&pdf);
    let drawn = found.iter().find(|stream| stream.contains("BT\n")).expect("texts").clone();
    assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "positions are finite");
    assert!(drawn.matches("BT\n").count() >= texts(figure).len(), "every text is one");
    assert_eq!(
        drawn.matches("\nq").count() + 1,
        drawn.matches("\nQ").count() + usize::from(!drawn.starts_with('q'))
    );
    drawn
}

#[test]
fn a_document_has_the_size_of_the_figure_its_title_and_its_texts_with_their_font() {
    let panels = [fake::accuracy_panel(21, 5)];
    let heading = heading().with_look(Look::of(PageStyle::Paper));
    let figure = density_figure(&heading, &panels, &DensityLimits::default()).unwrap();
    let pdf = figure.pdf().unwrap();
    assert_eq!(pdf, figure.pdf().unwrap(), "the same bytes");
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/MediaBox [0 0 234 "), "3.25 inches are 234 points");
    assert!(text.contains("/Title (Winning tickets"), "{}", &text[..400]);
    assert!(text.contains("+DejaVuSans\n") && text.contains("/FontFile2"));
    assert!(pdf.len() < 60_000, "{} bytes: only the signs that are used", pdf.len());
    let drawn = check(&figure);
    assert!(drawn.contains(" d\n") && drawn.contains(" gs\n"), "dashes and bands");
    let words = streams(&pdf).into_iter().find(|stream| stream.contains("beginbfchar")).unwrap();
    for sign in "winning".chars() {
        assert!(words.contains(&format!("<{:04X}>", u32::from(sign))), "{sign} is not in\n{words}");
    }
}
