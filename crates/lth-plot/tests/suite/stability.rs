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

#[test]
fn networks_are_told_apart_without_colours() {
    let ticket = |round: u8| StabilityCurve {
        round: Some(round),
        ..curve(&format!("ticket, round {round}"), Style::Ticket, 0.004 * f64::from(round), 1)
    };
    let control = |name: &str, kind| curve(name, Style::Control(kind), 0.05, 1);
    let mut curves = vec![curve("dense", Style::Dense, 0.1, 1)];
    curves.extend((0..4).map(ticket));
    curves.extend([
        control("random-mask", ControlKind::RandomMask),
        control("random-reinit", ControlKind::RandomReinit),
    ]);
    let shape = |curve: &StabilityCurve| {
        let figure = path_figure(&heading(), std::slice::from_ref(curve)).unwrap();
        let document = roxmltree::Document::parse(figure.svg()).unwrap();
        let rimmed = document.descendants().filter(|node| node.attribute("stroke") == Some("#ffffff"));
        // A shape without its place: the path between its first two corners.
        let markers = rimmed.map(|node| {
            let corners = node.attribute("d").unwrap_or_default().trim_matches(['M', 'z']).split('L');
            let corners: Vec<(f64, f64)> = corners
                .filter_map(|corner| corner.split_once(' '))
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .collect();
            let side = |a: (f64, f64), b: (f64, f64)| format!("{:.1} {:.1}", b.0 - a.0, b.1 - a.1);
            (node.tag_name().name().to_owned(), corners.windows(2).map(|two| side(two[0], two[1])).collect())
        });
        let dashes = document.descendants().find_map(|node| node.attribute("stroke-dasharray"));
        (markers.collect::<std::collections::BTreeSet<(String, Vec<String>)>>(), dashes.map(str::to_owned))
    };
    let mut shapes: Vec<_> = curves.iter().map(shape).collect();
    assert!(shapes[0].0.is_empty() && shapes[1..].iter().all(|shape| !shape.0.is_empty()), "{shapes:?}");
    shapes.sort();
    shapes.dedup();
    assert_eq!(shapes.len(), curves.len(), "{shapes:?}");
    check(&path_figure(&heading(), &curves).unwrap());
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
