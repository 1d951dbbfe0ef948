//! Lines that lie under others are still seen, by their colours and without.

use lth_plot::{
    CurveSplit, DensityLimits, Figure, Heading, LearningCurve, Legend, Look, PageStyle, Point, Series,
    SeriesStyle, Style, SupermaskCurve, cost_figure, density_figure, instability_figure, learning_figure,
    path_figure, supermask_figure,
};
use proptest::prelude::*;
use resvg::tiny_skia::Pixmap;

use super::{check, fake, stability, texts};

/// The first colours of the palette.
const COLOURS: [[u8; 3]; 4] =
    [[0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00], [0x00, 0x9E, 0x73], [0xCC, 0x79, 0xA7]];
/// Fewer pixels of a colour, at 200 dots an inch, are a speck.
const SEEN: usize = 60;

/// A heading of a figure for a column of a paper, without a legend: whatever colour is in it, a line has.
fn heading() -> Heading {
    let look = Look { legend: Legend::None, ..Look::of(PageStyle::Paper) };
    Heading::new("Early stop", "").with_look(look)
}

/// How many pixels of a figure have each of the colours, at 200 dots an inch.
fn pixels(figure: &Figure) -> [usize; 4] {
    let dots = 200.0 * 3.25 / figure.size().0;
    let picture = Pixmap::decode_png(&figure.png(dots).unwrap()).unwrap();
    COLOURS.map(|colour| {
        let near = |own: u8, of: u8| own.abs_diff(of) < 12;
        let is_it = |p: &&resvg::tiny_skia::PremultipliedColorU8| {
            near(p.red(), colour[0]) && near(p.green(), colour[1]) && near(p.blue(), colour[2])
        };
        picture.pixels().iter().filter(is_it).count()
    })
}

/// A figure of lines of these values over the same places, of each kind.
fn figures(lines: &[Vec<f64>]) -> Vec<(&'static str, Figure)> {
    let densities = fake::ladder(lines[0].len());
    let points = |values: &[f64], at: &dyn Fn(usize) -> f64| -> Vec<Point> {
        let values = values.iter().enumerate();
        values.map(|(index, value)| Point::of_replicates(at(index), [*value])).collect()
    };
    let over_density = |values: &[f64]| points(values, &|index| densities[index]);
    let style = |place: usize| Style::Run(place as u8);
    let named = |place: usize| format!("run {place}");
    let lines = || lines.iter().enumerate();

    let mut panel = fake::accuracy_panel(1, 1);
    panel.curves = lines()
        .map(|(place, values)| lth_plot::Curve {
            label: named(place),
            style: style(place),
            points: over_density(values),
        })
        .collect();
    let learning: Vec<LearningCurve> = lines()
        .map(|(place, values)| {
            let accuracy = points(values, &|index| 100.0 * index as f64);
            LearningCurve { label: named(place), place: place as u8, loss: accuracy.clone(), accuracy }
        })
        .collect();
    let series = |place: usize| SeriesStyle::Solid(place as u8);
    let costs: Vec<Series> = lines()
        .map(|(place, values)| Series {
            label: named(place),
            style: series(place),
            points: densities.iter().copied().zip(values.iter().copied()).collect(),
        })
        .collect();
    let masks: Vec<SupermaskCurve> = lines()
        .map(|(place, values)| SupermaskCurve {
            label: named(place),
            style: series(place),
            points: over_density(values),
        })
        .collect();
    let copies: Vec<_> = lines()
        .map(|(place, values)| {
            let test = points(values, &|index| index as f64 / (values.len() - 1) as f64);
            lth_plot::StabilityCurve {
                label: named(place),
                style: style(place),
                round: None,
                train: test.clone(),
                test,
            }
        })
        .collect();
    let limits = DensityLimits::default();
    vec![
        ("density", density_figure(&heading(), &[panel], &limits).unwrap()),
        ("learning", learning_figure(&heading(), CurveSplit::Test, 0.2, &learning, None).unwrap()),
        ("cost", cost_figure(&heading(), "time a step (ms)", &costs, &limits).unwrap()),
        ("supermasks", supermask_figure(&heading(), &[("initial weights".to_owned(), masks)], 0.1).unwrap()),
        ("paths", path_figure(&heading(), &copies).unwrap()),
        ("barriers", instability_figure(&heading(), &copies, 0.02).unwrap()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Of lines of which some are copies of others, but for a change that is too small to be seen, each shows its colour, and each copy is named.
    #[test]
    fn every_line_is_seen_though_others_lie_on_it(
        first in prop::collection::vec(0.3..0.9f64, 3..12),
        steps in prop::collection::vec((any::<bool>(), -1e-5..1e-5f64, 0.02..0.09f64), 1..4),
    ) {
        let mut lines = vec![first];
        let mut copies = 0;
        for (is_copy, change, step) in steps {
            let change = if is_copy { change } else { step };
            copies += usize::from(is_copy);
            let next = lines[lines.len() - 1].iter().map(|value| value + change).collect();
            lines.push(next);
        }
        for (name, figure) in figures(&lines) {
            let seen = pixels(&figure);
            prop_assert!(seen[..lines.len()].iter().all(|count| *count >= SEEN), "{name}: {seen:?}");
            let notes = texts(&figure).join(" ");
            prop_assert!(copies == 0 || notes.contains("Drawn wider"), "{name}: {notes}");
        }
    }
}

#[test]
fn a_line_that_runs_apart_is_drawn_as_always() {
    let curves = [
        stability::curve("dense", Style::Dense, 0.004, 3),
        stability::curve("ticket", Style::Ticket, 0.001, 3),
    ];
    let figure = path_figure(&heading(), &curves).unwrap();
    assert!(!check(&figure).join(" ").contains("Drawn wider"));
}
