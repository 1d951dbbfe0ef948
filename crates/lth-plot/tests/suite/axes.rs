//! What axes show: everything, unless limits say otherwise; and markers that no frame cuts.

use lth_plot::{
    ControlKind, Curve, CurveSplit, DensityPanel, Figure, Measure, Point, StabilityCurve, Style,
    instability_figure, path_figure, rounds_figure,
};
use roxmltree::Document;

use super::{assert_has, check, density, fake, heading, texts};

/// Left, top, right and bottom of each panel; the parts of a broken axis are one panel.
fn panels(document: &Document<'_>) -> Vec<[f64; 4]> {
    let mut panels: Vec<[f64; 4]> = Vec::new();
    for node in document.descendants().filter(|node| node.has_tag_name("rect")) {
        if node.attribute("stroke") != Some("#8c959f") || node.attribute("fill") != Some("none") {
            continue;
        }
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(node.attribute(name)));
        match panels.iter_mut().find(|panel| panel[0] == x && (y - panel[3]).abs() < 14.0) {
            Some(panel) => panel[3] = y + height,
            None => panels.push([x, y, x + width, y + height]),
        }
    }
    panels
}

pub(crate) fn number(text: Option<&str>) -> f64 {
    text.and_then(|text| text.parse().ok()).expect("a number")
}

/// Whether a circle of this radius lies in a panel.
fn holds(panels: &[[f64; 4]], (x, y): (f64, f64), radius: f64) -> bool {
    panels.iter().any(|[left, top, right, bottom]| {
        x - radius >= *left && x + radius <= *right && y - radius >= *top && y + radius <= *bottom
    })
}

/// Checks that markers lie inside of the panels with their rims; returns how many there are, without those of the legend.
pub(crate) fn markers_are_inside(figure: &Figure) -> usize {
    let document = Document::parse(figure.svg()).unwrap();
    let panels = panels(&document);
    let top = panels.iter().map(|panel| panel[1]).fold(f64::INFINITY, f64::min);
    let mut count = 0;
    // Markers that are no circles: paths with a rim.
    for path in document.descendants().filter(|node| node.has_tag_name("path")) {
        if path.attribute("stroke") != Some("#ffffff") {
            continue;
        }
        let corners = path.attribute("d").unwrap().trim_matches(['M', 'z']).split('L');
        let corners: Vec<(f64, f64)> = corners
            .map(|corner| corner.split_once(' ').map(|(x, y)| (number(Some(x)), number(Some(y)))).unwrap())
            .collect();
        if corners[0].1 > top - 10.0 {
            let is_inside = corners.iter().all(|corner| holds(&panels, *corner, 0.5));
            assert!(is_inside, "a marker at {corners:?} is cut by {panels:?}");
            count += 1;
        }
    }
    for circle in document.descendants().filter(|node| node.has_tag_name("circle")) {
        let [x, y, radius] = ["cx", "cy", "r"].map(|name| number(circle.attribute(name)));
        if y > top - 10.0 {
            assert!(holds(&panels, (x, y), radius + 0.5), "a marker at {x}, {y} is cut by {panels:?}");
            count += 1;
        }
    }
    count
}

/// Checks that every band lies inside of the panels and nothing is marked as cut off.
pub(crate) fn everything_is_inside(figure: &Figure) {
    markers_are_inside(figure);
    let document = Document::parse(figure.svg()).unwrap();
    let panels = panels(&document);
    let top = panels.iter().map(|panel| panel[1]).fold(f64::INFINITY, f64::min);
    for polygon in document.descendants().filter(|node| node.has_tag_name("polygon")) {
        let points = polygon.attribute("points").unwrap().split(' ').map(|pair| {
            let (x, y) = pair.split_once(',').unwrap();
            (number(Some(x)), number(Some(y)))
        });
        let points: Vec<(f64, f64)> = points.filter(|point| point.1 > top - 10.0).collect();
        assert!(points.len() != 3, "a curve is cut off");
        assert!(
            points.iter().all(|point| holds(&panels, *point, 0.0)),
            "a band leaves {panels:?}: {points:?}"
        );
    }
    let cut = texts(figure).into_iter().find(|text| text.contains('▼') || text.contains('▲'));
    assert_eq!(cut, None);
}

/// A curve over `rounds` densities that falls from `best` by up to `fall`, at first slowly.
fn curve(label: &str, style: Style, rounds: usize, best: f64, fall: f64, noise: &mut fake::Noise) -> Curve {
    let points = fake::ladder(rounds).into_iter().enumerate().map(|(round, x)| {
        let at = best - fall * (round as f64 / rounds as f64).powi(4);
        Point::of_replicates(x, (0..3).map(|_| (at + 0.004 * noise.draw()).clamp(0.0, 1.0)))
    });
    Curve { label: label.to_owned(), style, points: points.collect() }
}

#[test]
fn every_axis_holds_all_values_and_all_markers() {
    for seed in 0..60 {
        let mut noise = fake::Noise::new(seed);
        let mut part = |low: f64, high: f64| low + (high - low) * 0.5 * (noise.draw() + 1.0);
        let best = part(0.1, 1.0);
        let falls = [part(0.0, 0.02), part(0.0, 1.0), part(0.0, 1.0)].map(|fall| fall * best);
        let rounds = part(1.0, 25.0) as usize;
        let mut curves = vec![
            curve("dense", Style::Dense, 1, best, 0.0, &mut noise),
            curve("tickets", Style::Ticket, rounds, best, falls[0], &mut noise),
            curve("a run", Style::Run(1), rounds, best, falls[1], &mut noise),
            curve("reinit", Style::Control(ControlKind::RandomReinit), rounds, best, falls[2], &mut noise),
        ];
        let panel = |measure, curves: &[Curve]| DensityPanel {
            facet: String::new(),
            measure,
            curves: curves.to_vec(),
        };
        let accuracy = panel(Measure::EarlyStopAccuracy, &curves);
        for curve in &mut curves {
            for point in &mut curve.points {
                let scale = 50_000.0 * seed as f64;
                (point.mean, point.min, point.max) =
                    (scale * point.mean, scale * point.min, scale * point.max);
            }
        }
        let figure = density(&[accuracy, panel(Measure::EarlyStopIteration, &curves)]).unwrap();
        everything_is_inside(&figure);
        assert_eq!(markers_are_inside(&figure), 2 * 3 * rounds);
    }
}

#[test]
fn a_control_that_falls_far_breaks_the_axis_and_is_shown() {
    let mut panel = fake::accuracy_panel(21, 5);
    for point in &mut panel.curves[2].points[15..] {
        (point.mean, point.min, point.max) = (0.113, 0.098, 0.2);
    }
    let figure = density(&[panel]).unwrap();
    everything_is_inside(&figure);
    let texts = check(&figure);
    assert_has(&texts, &["98.0", "97.0", "50", "has a finer scale above"]);
    let plain = density(&[fake::accuracy_panel(21, 5)]).unwrap();
    assert!(
        !check(&plain).iter().any(|text| text.contains("finer")),
        "an axis that need not be broken is whole"
    );
}

#[test]
fn methods_that_all_fall_have_one_scale_down_to_chance() {
    let mut noise = fake::Noise::new(1);
    let curves =
        (0..4u8).map(|run| curve("m", Style::Run(run), 10, 0.97, 0.2 + 0.2 * f64::from(run), &mut noise));
    let mut curves: Vec<Curve> = curves.collect();
    for (run, curve) in curves.iter_mut().enumerate() {
        for (round, point) in curve.points.iter_mut().enumerate() {
            let fall = 0.08 * (round * (run + 1)) as f64;
            (point.mean, point.min, point.max) =
                ((0.97 - fall).max(0.1), (0.96 - fall).max(0.1), (0.98 - fall).max(0.1));
        }
    }
    let figure =
        density(&[DensityPanel { facet: String::new(), measure: Measure::EarlyStopAccuracy, curves }])
            .unwrap();
    everything_is_inside(&figure);
    let texts = check(&figure);
    assert_has(&texts, &["20", "40", "60", "80", "100"]);
    assert!(!texts.iter().any(|text| text.contains("finer")));
}

#[test]
fn dots_near_the_edge_of_a_low_panel_are_whole() {
    let mut rounds = fake::training_rounds(3, 1_000);
    // The axis is broken, and the early stop of one round is the lowest value of all.
    for (_, points) in &mut rounds[2].splits {
        for point in &mut *points {
            point.accuracy = point.accuracy.max(0.95);
        }
        points[0].accuracy = 0.05;
    }
    rounds[2].early_stop = Some(0);
    let look = lth_plot::Look::of(lth_plot::PageStyle::Paper);
    let figure = rounds_figure(&heading().with_look(look), &rounds, &[CurveSplit::Test], None).unwrap();
    let document = Document::parse(figure.svg()).unwrap();
    let is_clipped = |node: &roxmltree::Node<'_, '_>| {
        node.ancestors().any(|ancestor| ancestor.attribute("clip-path").is_some())
    };
    let mut dots = document.descendants().filter(|node| node.has_tag_name("circle"));
    assert!(dots.clone().count() > 6 && !dots.any(|dot| is_clipped(&dot)));
}

#[test]
fn markers_at_the_first_and_the_last_iteration_are_whole() {
    let mut rounds = fake::training_rounds(5, 1_000);
    for (round, stop) in rounds.iter_mut().zip([0, 1_000, 500, 1_000, 0]) {
        round.early_stop = Some(stop);
    }
    for split in [CurveSplit::Train, CurveSplit::Test] {
        let figure = rounds_figure(&heading(), &rounds, &[split], None).unwrap();
        assert!(markers_are_inside(&figure) >= 10);
    }
}

fn barriers(heights: &[(f64, f64)]) -> StabilityCurve {
    let points: Vec<Point> =
        heights.iter().map(|(at, height)| Point::of_replicates(*at, [*height, 1.1 * height])).collect();
    StabilityCurve {
        label: "dense".to_owned(),
        style: Style::Dense,
        round: None,
        train: points.clone(),
        test: points,
    }
}

#[test]
fn small_barriers_fill_their_axis_and_large_ones_do_not_hide_them() {
    let small = barriers(&[(0.0, 0.0005), (100.0, 0.0), (500.0, 0.0002)]);
    let figure = instability_figure(&heading(), &[small], 0.02).unwrap();
    everything_is_inside(&figure);
    let texts = check(&figure);
    assert_has(&texts, &["0.1", "beyond these axes", "(pp)"]);
    assert!(!texts.iter().any(|text| text == "2.0" || text == "50"), "{texts:?}");

    let mixed = barriers(&[(0.0, 0.85), (100.0, 0.3), (500.0, 0.0005)]);
    let figure = instability_figure(&heading(), &[mixed], 0.02).unwrap();
    everything_is_inside(&figure);
    assert_has(
        &check(&figure),
        &["has a finer scale below 3", "Below the dotted line, 2 percentage points", "1", "75"],
    );
}

#[test]
fn a_flat_path_is_drawn_close_and_beside_a_hill_with_a_scale_of_its_own() {
    let path = |rise: f64| {
        let error = |alpha: f64| 0.018 + 4.0 * rise * alpha * (1.0 - alpha);
        let points: Vec<Point> = (0..30)
            .map(|index| f64::from(index) / 29.0)
            .map(|alpha| Point::of_replicates(alpha, [error(alpha)]))
            .collect();
        StabilityCurve {
            label: format!("rise {rise}"),
            style: Style::Ticket,
            round: None,
            train: points.clone(),
            test: points,
        }
    };
    let flat = check(&path_figure(&heading(), &[path(0.0005)]).unwrap());
    assert!(!flat.iter().any(|text| text == "0.5" || text == "10" || text == "100"), "{flat:?}");
    assert_has(&flat, &["1.8", "1.9"]);
    let both = check(&path_figure(&heading(), &[path(0.0005), path(0.5)]).unwrap());
    assert_has(&both, &["20", "40", "has a finer scale below"]);
}
