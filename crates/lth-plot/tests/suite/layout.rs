//! Every kind of figure at every width: nothing is cut off, no text lies on another, and type is large enough for print.

use std::sync::Arc;

use lth_plot::{
    Bar, ColourScale, CurveSplit, DensityLimits, DensityPanel, Figure, Filters, Heading, HistogramOutline,
    HistogramPanel, LearningCurve, Legend, Look, PageStyle, PixelMeasure, Point, Remaining, Series,
    SeriesStyle, StabilityCell, StabilityMap, Style, SupermaskCurve, bars_figure, cost_figure,
    density_figure, filter_figure, histogram_figure, instability_figure, layer_density_figure,
    learning_figure, path_figure, pixel_figure, remaining_figure, rounds_figure, schedule_figure,
    stability_map_figure, supermask_figure, training_figure,
};
use resvg::usvg::{self, Group, Node, Rect};

use super::{SPLITS, check, fake, networks, stability};

const ROUNDS: usize = 21;

/// A figure of each kind, of the size that a real run has.
fn every_kind(look: Look) -> Vec<(&'static str, Figure)> {
    let heading = Heading::new("Winning tickets", "lenet-300-100 on mnist, 5 replicates").with_look(look);
    let ladder = fake::ladder(ROUNDS);
    let numbered: Vec<(usize, f64)> = ladder.iter().copied().enumerate().collect();
    let series = |label: &str, style, cost: f64| Series {
        label: label.to_owned(),
        style,
        points: ladder.iter().map(|density| (*density, cost * density + 0.1)).collect(),
    };
    let kept = |round: usize| {
        let weights = (266_200.0 * ladder[round]) as u64;
        Remaining { round, weights, flops: 2 * weights }
    };
    let kept: Vec<Remaining> = (0..ROUNDS).map(kept).collect();
    let outline = |label: &str, style| HistogramOutline {
        label: label.to_owned(),
        style,
        counts: (0..40usize).map(|bin| bin.abs_diff(20) * 3).collect(),
    };
    let histogram = |title: &str| HistogramPanel {
        title: title.to_owned(),
        low: -0.3,
        high: 0.3,
        outlines: vec![
            outline("kept, trained", SeriesStyle::Solid(0)),
            outline("pruned", SeriesStyle::Dashed(1)),
        ],
    };
    let points = fake::accuracy_panel(ROUNDS, 5).curves[1].points.clone();
    let masks = SupermaskCurve { label: "large-final".to_owned(), style: SeriesStyle::Solid(0), points };
    let paths = [
        stability::curve("dense", Style::Dense, 0.004, 3),
        stability::curve("ticket, 10.8 %", Style::Ticket, 0.001, 3),
    ];
    let training = fake::training_rounds(ROUNDS, 50_000);
    let filters = |channels, side| Filters { count: 64, channels, height: side, width: side };
    let rates: Vec<f64> = (0..500).map(|iteration| if iteration < 250 { 0.1 } else { 0.01 }).collect();
    let limits = DensityLimits::default();
    let pixels = fake::pixel_rounds(ROUNDS, 28);
    let image = (28, 28);
    let figures = [
        (
            "density",
            density_figure(
                &heading,
                &[fake::accuracy_panel(ROUNDS, 5), fake::iteration_panel(ROUNDS, 5)],
                &limits,
            ),
        ),
        ("training", training_figure(&heading, &training[7], None)),
        ("rounds", rounds_figure(&heading, &training, &SPLITS, None)),
        ("pixels", pixel_figure(&heading, image, PixelMeasure::KeptWeights, ColourScale::EachRound, &pixels)),
        (
            "shared-pixels",
            pixel_figure(&heading, image, PixelMeasure::MeanMagnitude, ColourScale::Shared, &pixels),
        ),
        ("filters", filter_figure(&heading, filters(3, 3), &networks::panels(filters(3, 3), &[1, 5, 90]))),
        (
            "large-filters",
            filter_figure(&heading, filters(1, 7), &networks::panels(filters(1, 7), &[1, 5, 90])),
        ),
        ("layers", layer_density_figure(&heading, &numbered, &networks::rows(20, ROUNDS))),
        ("few-layers", layer_density_figure(&heading, &numbered[..5], &networks::rows(3, 5))),
        ("two-rounds", layer_density_figure(&heading, &numbered[..2], &networks::rows(2, 2))),
        ("remaining", remaining_figure(&heading, kept[0], &kept)),
        (
            "cost",
            cost_figure(
                &heading,
                "CPU time a step (ms)",
                &[
                    series("tickets", SeriesStyle::Solid(0), 1.0),
                    series("dense", SeriesStyle::Dashed(1), 0.0),
                ],
                &limits,
            ),
        ),
        ("schedule", schedule_figure(&heading, &rates, 50)),
        ("paths", path_figure(&heading, &paths)),
        ("barriers", instability_figure(&heading, &stability::barriers(), 0.02)),
        ("facets", density_figure(&heading, &facets(), &limits)),
        ("bars", bars_figure(&heading, 0.107, &bars(), Some(0.980), None)),
        ("learning", learning_figure(&heading, CurveSplit::Test, 0.107, &learning(), None)),
        ("stability-map", stability_map_figure(&heading, &[stability_map("")], 0.02)),
        (
            "stability-maps",
            stability_map_figure(&heading, &["criterion random", "criterion snip"].map(stability_map), 0.02),
        ),
        (
            "supermasks",
            supermask_figure(
                &heading,
                &[
                    ("initial weights".to_owned(), vec![masks.clone()]),
                    ("signed constants".to_owned(), vec![masks]),
                ],
                0.1,
            ),
        ),
        ("histograms", histogram_figure(&heading, &[histogram("fc1.weight"), histogram("fc2.weight")])),
    ];
    figures
        .into_iter()
        .map(|(name, figure)| (name, figure.unwrap_or_else(|error| panic!("{name}: {error}"))))
        .collect()
}

/// Panels of runs on two data sets.
fn facets() -> [DensityPanel; 2] {
    ["lenet-300-100 on mnist, 50ep", "lenet-300-100 on fashion-mnist, 50ep"]
        .map(|facet| DensityPanel { facet: facet.to_owned(), ..fake::accuracy_panel(ROUNDS, 5) })
}

/// Nine criteria of five seeds each, one with a long name.
pub(crate) fn bars() -> Vec<Bar> {
    let mut noise = fake::Noise::new(4);
    let names = "large-final movement magnitude-increase random small-final large-init gradient snip";
    let long = "criterion large-final, learning rate 0.0012, scope global, rewind 500it";
    let bar = |(place, label): (usize, &str)| {
        let mut accuracy = || 0.978 - 0.004 * place as f64 + 0.002 * noise.draw();
        Bar { label: label.to_owned(), place: place as u8, accuracies: (0..5).map(|_| accuracy()).collect() }
    };
    names.split(' ').chain([long]).enumerate().map(bar).collect()
}

/// Trainings of three runs of three replicates.
pub(crate) fn learning() -> Vec<LearningCurve> {
    let curve = |(place, label): (usize, &str)| {
        let mut noise = fake::Noise::new(place as u64 + 9);
        let mut points = |value: &dyn Fn(f64) -> f64| {
            let point = |step: u32| {
                let at = f64::from(step) * 100.0;
                Point::of_replicates(at, (0..3).map(|_| value(at / 20_000.0) * (1.0 + 0.01 * noise.draw())))
            };
            (0..=200).map(point).collect()
        };
        let speed = 1.0 + place as f64;
        let loss = points(&|part| 0.1 + 2.2 * (-12.0 * part * speed).exp());
        let accuracy = points(&|part| 0.96 - 0.86 * (-14.0 * part * speed).exp());
        LearningCurve { label: label.to_owned(), place: place as u8, loss, accuracy }
    };
    ["criterion large-final", "criterion movement", "criterion random"]
        .into_iter()
        .enumerate()
        .map(curve)
        .collect()
}

/// Four rewind points at five densities, of which two were not measured.
pub(crate) fn stability_map(facet: &str) -> StabilityMap {
    let mut cells = Vec::new();
    for (column, iteration) in [0, 100, 500, 2_000].into_iter().enumerate() {
        for (row, density) in [1.0, 0.512, 0.21, 0.086, 0.035].into_iter().enumerate() {
            let barrier = 0.12 * (row as f64 + 1.0) / (1.0 + 3.0 * column as f64).powi(2);
            cells.push(StabilityCell { run: facet.to_owned(), seed: 0, iteration, density, barrier });
        }
    }
    cells.truncate(18);
    StabilityMap { facet: facet.to_owned(), cells }
}

/// The boxes of a figure's texts, in its units.
fn boxes(figure: &Figure) -> Vec<(String, Rect)> {
    let mut fonts = usvg::fontdb::Database::new();
    for file in ["DejaVuSans.subset.ttf", "DejaVuSans-Bold.subset.ttf"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file);
        fonts.load_font_data(std::fs::read(path).unwrap());
    }
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(figure.svg(), &options).unwrap();
    let scale = figure.size().0 as f32 / tree.size().width();
    let mut found = Vec::new();
    collect(tree.root(), scale, &mut found);
    found
}

fn collect(group: &Group, scale: f32, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => collect(group, scale, found),
            Node::Text(text) => {
                let words = text.chunks().iter().map(usvg::TextChunk::text).collect();
                let own = text.abs_bounding_box();
                let sides = [own.left(), own.top(), own.right(), own.bottom()].map(|side| side * scale);
                let [left, top, right, bottom] = sides;
                found.push((words, Rect::from_ltrb(left, top, right, bottom).unwrap()));
            }
            _ => {}
        }
    }
}

/// Boxes hold the whole height of a line; signs are lower.
const LINE_ROOM: f32 = 3.0;

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.left() < b.right() - 0.5
        && b.left() < a.right() - 0.5
        && a.top() < b.bottom() - LINE_ROOM
        && b.top() < a.bottom() - LINE_ROOM
}

#[test]
fn nothing_is_cut_or_overlaps_at_any_width() {
    for style in PageStyle::ALL {
        for (name, figure) in every_kind(Look::of(style)) {
            check(&figure);
            let (width, height) = figure.size();
            let boxes = boxes(&figure);
            for (at, (text, own)) in boxes.iter().enumerate() {
                let inside = own.left() >= 0.0 && own.top() >= 0.0;
                let inside = inside && own.right() <= width as f32 && own.bottom() <= height as f32;
                assert!(inside, "{name}, {style:?}: '{text}' is cut off: {own:?} on {width} x {height}");
                let other = boxes[..at].iter().find(|(_, other)| overlap(own, other));
                assert!(!text.contains('…'), "{name}, {style:?}: '{text}' is shortened");
                assert!(other.is_none(), "{name}, {style:?}: '{text}' lies on {other:?}: {own:?}");
            }
        }
    }
}

#[test]
fn on_paper_every_figure_fits_the_columns_and_the_height_of_a_page_with_type_of_seven_points() {
    for (style, inches) in [(PageStyle::Paper, 3.25), (PageStyle::PaperWide, 6.75)] {
        for (name, figure) in every_kind(Look::of(style)) {
            assert!(
                figure.svg().contains(&format!("width=\"{inches}in\"")),
                "{name}, {style:?}: {:?}",
                figure.size()
            );
            let points = inches * 72.0 / figure.size().0;
            assert!(
                figure.size().1 * points <= 9.0 * 72.0,
                "{name}, {style:?}: {:?} is too high",
                figure.size()
            );
            let sizes = figure.svg().split("font-size=\"").skip(1);
            let smallest = sizes
                .filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok())
                .fold(f64::INFINITY, f64::min);
            assert!(smallest * points >= 7.0, "{name}, {style:?}: {} points", smallest * points);
            assert!(!figure.svg().contains("Winning tickets</text>"), "{name}: a caption has the title");
        }
    }
}

#[test]
fn every_figure_gives_its_numbers() {
    for (name, figure) in every_kind(Look::default()) {
        let mut lines = figure.data().unwrap_or_else(|| panic!("{name}")).lines();
        let header = lines.next().unwrap();
        assert!(
            header.split(',').all(|column| !column.is_empty()) && header.contains(','),
            "{name}: {header}"
        );
        let rows: Vec<&str> = lines.collect();
        assert!(rows.len() > 3, "{name}: {} rows", rows.len());
    }
}

#[test]
fn a_legend_stands_above_below_or_nowhere() {
    let look = |legend| Look { legend, ..Look::default() };
    let place = |figure: &Figure, label: &str| {
        boxes(figure).into_iter().find(|(text, _)| text == label).map(|(_, own)| f64::from(own.top()))
    };
    for (name, label) in [
        ("density", "random mask"),
        ("training", "validation"),
        ("paths", "ticket, 10.8 %"),
        ("cost", "dense"),
    ] {
        let drawn = |legend| every_kind(look(legend)).into_iter().find(|(own, _)| *own == name).unwrap().1;
        let [above, below, none] = [Legend::Top, Legend::Bottom, Legend::None].map(drawn);
        let half = above.size().1 / 2.0;
        assert!(place(&above, label).unwrap() < half && place(&below, label).unwrap() > half, "{name}");
        assert!(place(&none, label).is_none() && none.size().1 < above.size().1, "{name}");
    }
}
