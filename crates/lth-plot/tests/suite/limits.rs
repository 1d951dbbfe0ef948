//! Limits that the user asks for: they hold in every panel, and what they cut is told.

use lth_plot::{
    AxisLimits, Bar, CurveSplit, DensityLimits, Figure, PlotError, bars_figure, density_figure,
    learning_figure, rounds_figure, training_figure,
};

use super::{
    SPLITS, assert_has,
    axes::{everything_is_inside, markers_are_inside},
    check, density, fake, heading, layout,
};

/// How many arrows a figure has.
fn arrows(figure: &Figure) -> usize {
    let polygons = figure.svg().lines().filter(|line| line.starts_with("<polygon"));
    polygons.filter(|line| line.matches(',').count() == 3).count()
}

#[test]
fn limits_are_kept_and_what_they_cut_is_told() {
    let limits = |low, high| AxisLimits::new(low, high);
    let panels = [fake::accuracy_panel(21, 5), fake::iteration_panel(21, 5)];
    let draw = |density, accuracy| density_figure(&heading(), &panels, &DensityLimits { density, accuracy });
    let figure = draw(None, limits(0.98, 0.985)).unwrap();
    markers_are_inside(&figure);
    let said = check(&figure);
    assert_has(&said, &["▼ random reinit reaches below the axis of test accuracy", "98.5", "98.0"]);
    assert!(
        figure.svg().matches("<circle").count() < density(&panels).unwrap().svg().matches("<circle").count()
    );

    let figure = draw(limits(0.05, 0.5), None).unwrap();
    everything_is_inside(&figure);
    let said = check(&figure);
    assert_has(&said, &["41.0", "dense network"]);
    assert!(!said.iter().any(|text| text == "100" || text == "1.2"), "{said:?}");

    for (density, accuracy, axis) in
        [(limits(1e-5, 1e-4), None, "density"), (None, limits(0.1, 0.2), "accuracy")]
    {
        let error = draw(density, accuracy).unwrap_err();
        assert!(matches!(error, PlotError::Limits { .. }) && error.to_string().contains(axis), "{error}");
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn limits_hold_in_every_panel_of_trainings_and_what_they_cut_is_told() {
    let rounds = fake::training_rounds(5, 1_000);
    let limits = AxisLimits::new(0.97, 0.975);
    let figure = rounds_figure(&heading(), &rounds, &SPLITS, limits).unwrap();
    let said = check(&figure);
    assert_eq!(said.iter().filter(|text| *text == "97.5").count(), 3, "each panel has the limits: {said:?}");
    for split in ["training (running mean)", "validation", "test"] {
        assert_has(&said, &[&format!("▼ {split} reaches below the axis of accuracy (%), to ")]);
    }
    // Each line starts at the bottom.
    assert!(arrows(&figure) >= 3 * rounds.len(), "{}", arrows(&figure));
    markers_are_inside(&figure);
    let figure = training_figure(&heading(), &rounds[2], AxisLimits::new(0.2, 0.3)).unwrap();
    assert_has(
        &check(&figure),
        &["▼ validation reaches below", "▲ validation reaches above the axis of accuracy"],
    );
    assert_eq!(arrows(&figure), 6, "below and above, a line");

    let curves = layout::learning();
    let draw = |limits| learning_figure(&heading(), CurveSplit::Test, 0.2, &curves, limits);
    let figure = draw(AxisLimits::new(0.9, 0.94)).unwrap();
    assert_has(&check(&figure), &["▲ criterion random reaches above the axis of test accuracy (%), to 9"]);
    assert_eq!(arrows(&figure), 2 * curves.len());
    assert!(matches!(draw(AxisLimits::new(0.99, 1.0)), Err(PlotError::Limits { .. })));
    assert_eq!(arrows(&draw(None).unwrap()), 0);
}

#[test]
fn bars_that_leave_limits_are_marked_and_told_of() {
    let bar = |label: &str, accuracies: [f64; 2]| Bar {
        label: label.to_owned(),
        place: 0,
        accuracies: accuracies.to_vec(),
    };
    let bars = [bar("low", [0.90, 0.91]), bar("inside", [0.972, 0.974]), bar("high", [0.975, 0.995])];
    let draw = |limits| {
        let figure = bars_figure(&heading(), 0.107, &bars, Some(0.999), limits).unwrap();
        (arrows(&figure), check(&figure))
    };
    let (count, said) = draw(AxisLimits::new(0.97, 0.98));
    assert_has(&said, &["← low reaches below the axis of test accuracy (%), to 90.00 %."]);
    assert_has(
        &said,
        &["→ high reaches above", "to 99.50 %", "→ dense reaches above", "Bars begin at 97.0 %"],
    );
    assert_has(&said, &["that is on the axis.", "98.50"]);
    assert!(count == 2 && !said.iter().any(|text| text.contains("inside reaches")), "{count}: {said:?}");
    let (count, said) = draw(None);
    assert!(count == 0 && !said.iter().any(|text| text.contains("reaches")), "{count}: {said:?}");
}
