//! Figures of stability.

use lth_plot::{ControlKind, PlotError, Point, StabilityCurve, Style, instability_figure, path_figure};

use super::{assert_has, check, heading};

/// A path that rises by so much between ends of 2 %, with a range over pairs.
pub(crate) fn curve(label: &str, style: Style, rise: f64, pairs: usize) -> StabilityCurve {
    let error = |alpha: f64| 0.02 + 4.0 * rise * alpha * (1.0 - alpha);
    let points = |scale: f64| {
        let point = |index: u32| {
            let alpha = f64::from(index) / 29.0;
            Point::of_replicates(
                alpha,
                (0..pairs).map(|pair| scale * error(alpha) * (1.0 + 0.1 * pair as f64)),
            )
        };
        (0..30).map(point).collect()
    };
    StabilityCurve { label: label.to_owned(), style, round: None, train: points(0.5), test: points(1.0) }
}

#[test]
fn errors_along_paths() {
    let curves = [
        curve("dense", Style::Dense, 0.004, 3),
        curve("ticket, 10.8 %", Style::Ticket, 0.001, 3),
        curve("random-mask, 10.8 %", Style::Control(ControlKind::RandomMask), 0.12, 3),
    ];
    let figure = path_figure(&heading(), &curves).unwrap();
    let texts = check(&figure);
    assert_has(
        &texts,
        &["test error (%)", "training error (%)", "dense", "ticket, 10.8 %", "random-mask, 10.8 %"],
    );
    assert_has(&texts, &["place on the line", "Bands: minimum to maximum"]);
    let one = path_figure(&heading(), &[curve("dense", Style::Dense, 0.0, 1)]).unwrap();
    assert!(!check(&one).iter().any(|text| text.contains("Bands")));
}

/// Barriers of a dense network that fall with the iteration at which its copies part, and of a ticket at one.
pub(crate) fn barriers() -> [StabilityCurve; 2] {
    let barrier = |iteration: f64, barrier: f64| Point::of_replicates(iteration, [barrier, 1.3 * barrier]);
    let dense: Vec<Point> = [(0.0, 0.8), (100.0, 0.6), (500.0, 0.2), (2_000.0, 0.01)]
        .map(|(at, height)| barrier(at, height))
        .into();
    let curve = |label: &str, style, points: Vec<Point>| StabilityCurve {
        label: label.to_owned(),
        style,
        round: None,
        train: points.clone(),
        test: points,
    };
    [curve("dense", Style::Dense, dense), curve("ticket, 16.8 %", Style::Ticket, vec![barrier(500.0, 0.015)])]
}

#[test]
fn barriers_against_where_copies_part() {
    let curves = barriers();
    let figure = instability_figure(&heading(), &curves, 0.02).unwrap();
    let texts = check(&figure);
    assert_has(&texts, &["barrier of test errors (pp)", "2 percentage points", "2,000", "500", "0"]);
    let alone = instability_figure(&heading(), &curves[1..], 0.02);
    assert!(matches!(alone, Err(PlotError::NoData { .. })), "one place is no axis");
}

#[test]
fn without_finite_errors_there_is_no_figure() {
    let absent = vec![Point::of_replicates(0.5, [f64::NAN])];
    let curve = StabilityCurve {
        label: "dense".to_owned(),
        style: Style::Dense,
        round: None,
        train: absent.clone(),
        test: absent,
    };
    assert!(matches!(path_figure(&heading(), std::slice::from_ref(&curve)), Err(PlotError::NoData { .. })));
    assert!(matches!(instability_figure(&heading(), &[curve], 0.02), Err(PlotError::NoData { .. })));
}
