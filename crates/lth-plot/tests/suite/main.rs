//! Figures as their users meet them: well-formed, labelled, legible, the same every time, and never a panic.

mod axes;
mod coincidence;
mod comparisons;
mod fake;
mod layout;
mod levels;
mod limits;
mod networks;
mod pdf;
mod stability;

use lth_plot::{
    ColourScale, CurveSplit, DensityLimits, DensityPanel, Figure, Heading, Look, Measure, PageStyle,
    PixelMeasure, PlotError, Point, Series, SeriesStyle, Style, TrainingRound, cost_figure, density_figure,
    pixel_figure, rounds_figure, training_figure,
};
use lth_stats::Band;
use resvg::tiny_skia::Pixmap;

const SPLITS: [CurveSplit; 3] = [CurveSplit::Train, CurveSplit::Validation, CurveSplit::Test];

fn heading() -> Heading {
    Heading::new("Winning tickets", "lenet-300-100 on mnist, 5 replicates")
}

fn density(panels: &[DensityPanel]) -> Result<Figure, PlotError> {
    density_figure(&heading(), panels, &DensityLimits::default())
}

fn cost(series: &[Series]) -> Result<Figure, PlotError> {
    cost_figure(&heading(), "time a step (ms)", series, &DensityLimits::default())
}

/// The texts of a figure, read as XML.
fn texts(figure: &Figure) -> Vec<String> {
    let document = roxmltree::Document::parse(figure.svg()).expect("well-formed");
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// Checks what holds for every figure; returns its texts.
fn check(figure: &Figure) -> Vec<String> {
    assert!(!figure.svg().contains("NaN") && !figure.svg().contains("inf"), "positions are finite");
    let (width, height) = figure.size();
    let pixmap = Pixmap::decode_png(&figure.png(0.5).unwrap()).expect("a PNG");
    assert_eq!(f64::from(pixmap.width()), (width * 0.5).round());
    assert_eq!(f64::from(pixmap.height()), (height * 0.5).round());
    let inked = pixmap.pixels().iter().filter(|pixel| pixel.green() < 200).count();
    assert!(inked as f64 > 0.004 * pixmap.pixels().len() as f64, "blank: {inked} dark pixels");
    pdf::check(figure);
    let texts = texts(figure);
    assert!(texts.iter().all(|text| !text.is_empty()));
    texts
}

fn assert_has(texts: &[String], wanted: &[&str]) {
    for text in wanted {
        assert!(texts.iter().any(|own| own.contains(text)), "'{text}' is not among {texts:?}");
    }
}

#[test]
fn on_paper_a_figure_has_the_width_of_a_column_type_of_seven_points_and_no_title() {
    let panels = [fake::accuracy_panel(21, 5), fake::iteration_panel(21, 5)];
    for (style, inches) in [(PageStyle::Paper, 3.25), (PageStyle::PaperWide, 6.75)] {
        let look = Look { band: Band::Confidence, ..Look::of(style) };
        let figure = density_figure(&heading().with_look(look), &panels, &DensityLimits::default()).unwrap();
        assert!(figure.svg().contains(&format!("width=\"{inches}in\"")), "{}", &figure.svg()[..200]);
        let texts = check(&figure);
        assert!(texts.iter().all(|text| !text.contains("Winning tickets")), "{texts:?}");
        assert_has(&texts, &["Lines: mean over replicates. Bands: 95 % intervals"]);
        let points = inches * 72.0 / figure.size().0;
        let smallest = figure
            .svg()
            .split("font-size=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok())
            .fold(f64::INFINITY, f64::min);
        assert!(smallest * points >= 7.0, "{} points", smallest * points);
    }
    let plain = density_figure(&heading(), &panels, &DensityLimits::default()).unwrap();
    let rows: Vec<&str> = plain.data().unwrap().lines().collect();
    assert_eq!(rows[0], "measure,curve,density,mean,low,high");
    assert!(rows.len() > 40 && rows[1].starts_with("early_stop_test_accuracy,"), "{}", rows[1]);
}

#[test]
fn accuracy_and_early_stop_against_density() {
    let panels = [fake::accuracy_panel(21, 5), fake::iteration_panel(21, 5)];
    let figure = density(&panels).unwrap();
    let texts = check(&figure);
    assert_has(&texts, &["Winning tickets", "lenet-300-100 on mnist", "test accuracy at early stop (%)"]);
    assert_has(&texts, &["early-stop iteration", "density (%), log scale", "sparsity (%)"]);
    assert_has(
        &texts,
        &["winning tickets", "random reinit", "random mask", "dense network", "98.00 %", "8,400"],
    );
    assert_has(&texts, &["100", "64.0", "1.2", "Bands: minimum to maximum"]);
    assert_eq!(figure, density(&panels).unwrap(), "the same data give the same bytes");
}

#[test]
fn accuracy_at_the_end_has_its_own_label() {
    let panel =
        DensityPanel { facet: String::new(), measure: Measure::FinalAccuracy, ..fake::accuracy_panel(5, 2) };
    assert_has(&check(&density(&[panel]).unwrap()), &["test accuracy at the end (%)"]);
}

#[test]
fn few_replicates_and_rounds_are_drawn() {
    let texts = check(&density(&[fake::accuracy_panel(21, 1)]).unwrap());
    assert!(!texts.iter().any(|text| text.contains("Bands")), "one replicate has no band to explain");
    for rounds in 1..4 {
        check(&density(&[fake::accuracy_panel(rounds, 5), fake::iteration_panel(rounds, 1)]).unwrap());
    }
}

#[test]
fn absent_rounds_leave_gaps() {
    let mut panel = fake::accuracy_panel(9, 3);
    let whole = density(std::slice::from_ref(&panel)).unwrap();
    panel.curves[2].points[4] =
        Point { x: panel.curves[2].points[4].x, mean: f64::NAN, min: f64::NAN, max: f64::NAN };
    panel.curves[3].points.remove(3);
    let gaps = density(&[panel]).unwrap();
    check(&gaps);
    let count = |figure: &Figure, what: &str| figure.svg().matches(what).count();
    // A gap parts one line and its band in two; an absent round is bridged. The markers of both, which are no circles, are gone.
    assert_eq!(count(&gaps, "<path"), count(&whole, "<path") + 1 - 2);
    assert_eq!(count(&gaps, "<polygon"), count(&whole, "<polygon") + 1);
    assert_eq!(count(&gaps, "<circle"), count(&whole, "<circle"));
}

#[test]
fn absurd_values_are_no_panic() {
    let mut panel = fake::accuracy_panel(5, 2);
    panel.curves[1].points[0] = Point { x: 1e-300, mean: 1e300, min: f64::NEG_INFINITY, max: f64::INFINITY };
    panel.curves[1].points[1] = Point { x: 0.0, mean: 0.5, min: 0.9, max: 0.1 };
    panel.curves[2].points[0] = Point { x: -1.0, mean: f64::NEG_INFINITY, min: 0.0, max: 0.0 };
    density(&[panel]).unwrap().png(0.5).unwrap();
    let points = vec![(1.0, 1e300), (1e-12, 1e-300), (f64::NAN, 1.0), (0.5, -1.0)];
    let series = Series { label: "wild".into(), style: SeriesStyle::Solid(250), points };
    cost(&[series]).unwrap().png(0.5).unwrap();
}

#[test]
fn long_and_strange_texts_stay_on_the_page() {
    let mut panel = fake::accuracy_panel(9, 3);
    panel.curves[1].label = "a name that goes on ".repeat(30);
    panel.curves[2].label = "<b> & \"quotes\" \u{0} \u{1F39F} ünïcödé".into();
    let long = Heading::new("title ".repeat(60), "subtitle ".repeat(90));
    let figure = density_figure(&long, &[panel], &DensityLimits::default()).unwrap();
    let texts = check(&figure);
    assert_has(&texts, &["a name that goes on", "<b> & \"quotes\"", "ünïcödé"]);
    // DejaVu Sans is less than 0.65 font sizes wide on average.
    let room = figure.size().0 / (16.0 * 0.45);
    assert!(texts.iter().all(|text| (text.chars().count() as f64) < room), "{texts:?}");
}

#[test]
fn trainings_of_one_round() {
    let round = &fake::training_rounds(8, 50_000)[7];
    let texts = check(&training_figure(&heading(), round, None).unwrap());
    assert_has(&texts, &["loss (nats), log scale", "accuracy (%)", "iteration", "early stop: 3,7", "50,000"]);
    assert_has(&texts, &["training (running mean)", "validation", "test"]);

    let mut short = fake::training_rounds(1, 3).remove(0);
    short.early_stop = None;
    short.splits[0].1[1].loss = f64::NAN;
    short.splits[1].1[3].loss = 0.0;
    short.splits.remove(2);
    let texts = check(&training_figure(&heading(), &short, None).unwrap());
    assert!(!texts.iter().any(|text| text.contains("early stop") || text == "test"));
}

#[test]
fn trainings_of_all_rounds() {
    let rounds = fake::training_rounds(21, 50_000);
    let figure = rounds_figure(&heading(), &rounds, &SPLITS, None).unwrap();
    let texts = check(&figure);
    assert_has(&texts, &["training (running mean)", "validation", "test", "remaining (%)", "100", "1.2"]);
    assert_has(&texts, &["early-stop iteration"]);
    assert!(figure.svg().len() < 800_000, "{} bytes", figure.svg().len());
    let narrow = rounds_figure(&heading(), &rounds[..1], &[CurveSplit::Validation], None).unwrap();
    assert!(!check(&narrow).contains(&"test".to_owned()) && narrow.size().0 < figure.size().0 / 2.0);
}

#[test]
fn kept_weights_of_every_round() {
    let rounds = fake::pixel_rounds(21, 28);
    let draw = |measure, scale| pixel_figure(&heading(), (28, 28), measure, scale, &rounds).unwrap();
    let own = draw(PixelMeasure::KeptWeights, ColourScale::EachRound);
    let greatest = rounds[20].values.iter().copied().fold(0.0, f64::max);
    assert_has(
        &check(&own),
        &["round 0: 100 %", "round 20: 1.2 %", "kept weights", &format!("max. {greatest}")],
    );
    let shared = draw(PixelMeasure::MeanMagnitude, ColourScale::Shared);
    let texts = check(&shared);
    assert_has(&texts, &["mean |weight|", "All images share one colour scale", "300"]);
    assert!(!texts.iter().any(|text| text.starts_with("max.")));
}

#[test]
fn kept_weights_have_the_right_colours_in_the_right_places() {
    let values = vec![0.0, 10.0, f64::NAN, 10.0, 0.0, 5.0];
    let round = lth_plot::PixelRound { round: 3, density: 0.5, values };
    let figure =
        pixel_figure(&heading(), (2, 3), PixelMeasure::KeptWeights, ColourScale::EachRound, &[round])
            .unwrap();
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let path = |fill: &str| {
        let node = document.descendants().find(|node| node.attribute("fill") == Some(fill));
        node.and_then(|node| node.attribute("d")).map(str::to_owned)
    };
    assert_eq!(path("#440154").as_deref(), Some("M0 0h1v1h-1zM1 1h1v1h-1z"));
    assert_eq!(path("#fde725").as_deref(), Some("M1 0h1v1h-1zM0 1h1v1h-1z"));
    assert_eq!(path("#d0d4d9").as_deref(), Some("M2 0h1v1h-1z"));
    assert_has(&texts(&figure), &["Grey: no value."]);
}

#[test]
fn costs_against_density() {
    let series = |label: &str, style, cost: fn(f64) -> f64| Series {
        label: label.to_owned(),
        style,
        points: fake::ladder(21).into_iter().map(|density| (density, cost(density))).collect(),
    };
    let all = [
        series("dense kernels", SeriesStyle::Dashed(1), |_| 0.41),
        series("sparse kernels", SeriesStyle::Solid(0), |density| 0.012 + 1.1 * density),
        series("chosen", SeriesStyle::Highlight, |density| (0.012 + 1.1 * density).min(0.41)),
    ];
    let texts = check(&cost(&all).unwrap());
    assert_has(
        &texts,
        &["time a step (ms), log scale", "dense kernels", "sparse kernels", "chosen", "0.05", "0.2", "1"],
    );
}

#[test]
fn nothing_to_draw_is_an_error_with_a_hint() {
    let empty_round = TrainingRound { round: 0, density: 1.0, early_stop: None, splits: vec![] };
    let mut nan = fake::accuracy_panel(3, 1);
    nan.curves.iter_mut().flat_map(|curve| &mut curve.points).for_each(|point| point.mean = f64::NAN);
    let level_at_zero = {
        let mut panel = fake::accuracy_panel(3, 1);
        panel.curves.retain(|curve| curve.style == Style::Dense);
        panel.curves[0].points[0].x = 0.0;
        panel
    };
    let failures = [
        density(&[]),
        density(&[nan]),
        density(&[level_at_zero]),
        training_figure(&heading(), &empty_round, None),
        rounds_figure(&heading(), &[], &SPLITS, None),
        rounds_figure(&heading(), &[empty_round], &SPLITS, None),
        rounds_figure(&heading(), &fake::training_rounds(2, 10), &[], None),
        pixel_figure(&heading(), (28, 28), PixelMeasure::KeptWeights, ColourScale::Shared, &[]),
        cost(&[]),
    ];
    for failure in failures {
        let error = failure.unwrap_err();
        assert!(matches!(error, PlotError::NoData { .. }), "{error}");
        assert!(error.to_string().contains("Winning tickets") && !error.hint().is_empty());
    }
}

#[test]
fn images_of_another_size_and_impossible_scales_are_refused() {
    let rounds = fake::pixel_rounds(2, 20);
    let error = pixel_figure(&heading(), (28, 28), PixelMeasure::KeptWeights, ColourScale::Shared, &rounds)
        .unwrap_err();
    assert_eq!(error.to_string(), "round 0 has 400 pixel values, an image of 28 x 28 needs 784");
    let figure = density(&[fake::accuracy_panel(3, 1)]).unwrap();
    for scale in [0.0, -1.0, f64::NAN, 1e-9, 1e9] {
        assert!(matches!(figure.png(scale), Err(PlotError::Scale { .. })), "{scale}");
    }
}
