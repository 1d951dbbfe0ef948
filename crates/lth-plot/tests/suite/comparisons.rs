//! Figures that compare runs: bars, learning curves, maps of stability, facets.

use std::collections::BTreeSet;

use lth_plot::{
    AxisLimits, Bar, CurveSplit, DensityLimits, Heading, Look, PageStyle, PlotError, Style, bars_figure,
    density_figure, learning_figure, stability_map_figure,
};

use super::{assert_has, check, fake, heading, layout};

#[test]
fn bars_have_names_means_and_every_seed() {
    let bars = layout::bars();
    let figure = bars_figure(&heading(), 0.107, &bars, Some(0.98), None).unwrap();
    let texts = check(&figure);
    let mean = bars[0].accuracies.iter().sum::<f64>() / 5.0;
    assert_has(
        &texts,
        &["large-final", "magnitude-increase", "test accuracy (%)", "dense: 98.00 %", "a seed"],
    );
    assert_has(&texts, &[&format!("{:.2}", 100.0 * mean), "Bars begin at", "Whiskers: minimum to maximum."]);
    // A dot a seed, and that of the legend.
    assert_eq!(figure.svg().matches("<circle").count(), 5 * bars.len() + 1);
    let outside = bars_figure(&heading(), 0.107, &bars, None, AxisLimits::new(0.1, 0.2));
    assert!(matches!(outside, Err(PlotError::Limits { .. })));
    let none = Bar { label: "none".to_owned(), place: 0, accuracies: vec![f64::NAN] };
    assert!(matches!(bars_figure(&heading(), 0.107, &[none], None, None), Err(PlotError::NoData { .. })));
}

#[test]
fn the_density_of_bars_and_learning_curves_stands_below_them_and_in_their_numbers() {
    let heading = heading().with_look(Look::of(PageStyle::Paper));
    let bars = bars_figure(&heading, 0.107, &layout::bars(), Some(0.98), None).unwrap();
    let curves = learning_figure(&heading, CurveSplit::Test, 0.107, &layout::learning(), None).unwrap();
    assert_has(&check(&bars), &["Density: 10.7 %. Bars begin at"]);
    assert_has(&check(&curves), &["Trainings at a density of 10.7 %."]);
    let rows: Vec<&str> = bars.data().unwrap().lines().collect();
    assert_eq!(rows[0], "bar,density,replicate,test_accuracy,mean,low,high,dense");
    assert!(rows[1].starts_with("large-final,0.107,0,") && rows[1].ends_with(",0.98"), "{}", rows[1]);
    let row: Vec<f64> = rows[1].split(',').skip(3).map(|cell| cell.parse().unwrap()).collect();
    let [accuracy, mean, low, high, _] = row[..] else { panic!("{row:?}") };
    assert!(low < mean && mean < high && (low..=high).contains(&accuracy));
    assert!(curves.data().unwrap().starts_with("curve,density,split,"));
}

#[test]
fn learning_curves_are_told_apart_without_colours() {
    let curves = layout::learning();
    let figure = learning_figure(&heading(), CurveSplit::Test, 0.107, &curves, None).unwrap();
    let texts = check(&figure);
    assert_has(
        &texts,
        &["test loss (nats), log scale", "test accuracy (%)", "iteration", "criterion movement"],
    );
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let lines = document.descendants().filter(|node| node.has_tag_name("path"));
    let mut dashes: Vec<Option<&str>> = lines.map(|node| node.attribute("stroke-dasharray")).collect();
    assert_eq!(dashes.len(), 2 * curves.len());
    dashes.sort_unstable();
    dashes.dedup();
    assert_eq!(dashes.len(), curves.len(), "each run has dashes of its own");
    assert!(matches!(
        learning_figure(&heading(), CurveSplit::Test, 0.107, &[], None),
        Err(PlotError::NoData { .. })
    ));
}

#[test]
fn a_map_of_stability_says_each_barrier_and_frames_the_stable_ones() {
    let map = layout::stability_map("");
    let figure = stability_map_figure(&heading(), std::slice::from_ref(&map), 0.02).unwrap();
    let texts = check(&figure);
    assert_has(
        &texts,
        &["rewind point (iteration)", "2,000", "8.6", "12.0", "Framed: below 2", "Hatched: not measured."],
    );
    let stable = map.cells.iter().filter(|cell| cell.barrier < 0.02).count();
    let bold = figure.svg().matches("font-size=\"14\"").count();
    assert!(stable > 3 && bold > stable);
    let framed = figure
        .svg()
        .lines()
        .filter(|line| line.starts_with("<rect") && line.contains("stroke-width=\"1.6\""));
    assert_eq!(framed.count(), stable);
    let mut whole = map.clone();
    whole.cells.truncate(5);
    let texts = check(&stability_map_figure(&heading(), &[whole.clone()], 0.02).unwrap());
    assert!(!texts.iter().any(|text| text.contains("Hatched") || text.contains("Means")), "{texts:?}");
    whole.cells.iter_mut().for_each(|cell| cell.barrier = f64::NAN);
    assert!(matches!(stability_map_figure(&heading(), &[whole], 0.02), Err(PlotError::NoData { .. })));
}

#[test]
fn seeds_are_means_and_other_settings_have_maps_of_their_own() {
    let mut map = layout::stability_map("criterion random");
    let again: Vec<_> =
        map.cells.iter().cloned().map(|cell| lth_plot::StabilityCell { seed: 1, ..cell }).collect();
    map.cells.extend(again);
    let figure = stability_map_figure(&heading(), std::slice::from_ref(&map), 0.02).unwrap();
    assert_has(&check(&figure), &["Means over pairs of copies.", "Hatched: not measured."]);

    let mut other = layout::stability_map("criterion snip");
    other.cells.iter_mut().for_each(|cell| cell.barrier = 0.5);
    let figure = stability_map_figure(&heading(), &[map, other], 0.02).unwrap();
    let texts = check(&figure);
    assert_has(&texts, &["criterion random", "criterion snip", "12.0"]);
    assert_eq!(texts.iter().filter(|text| *text == "50.0").count(), 18, "no means over criteria: {texts:?}");
    let rows: Vec<&str> = figure.data().unwrap().lines().collect();
    assert_eq!((rows[0], rows.len()), ("run,seed,iteration,density,test_barrier", 1 + 3 * 18));
    assert!(rows[19].starts_with("criterion random,1,0,1,"), "{}", rows[19]);
}

#[test]
fn facets_stand_above_their_panels_and_in_their_numbers() {
    let mut panels = [fake::accuracy_panel(5, 3), fake::accuracy_panel(5, 3)];
    panels[0].facet = "on mnist".to_owned();
    panels[1].facet = "on cifar-10".to_owned();
    let heading = Heading::new("Tickets", "two data sets");
    let figure = density_figure(&heading, &panels, &DensityLimits::default()).unwrap();
    assert_has(&check(&figure), &["on mnist", "on cifar-10"]);
    let data = figure.data().unwrap();
    assert!(data.starts_with("runs,measure,curve,") && data.contains("\non cifar-10,early_stop"), "{data}");
}

#[test]
fn runs_have_markers_of_their_own_shapes() {
    let mut panel = fake::accuracy_panel(9, 3);
    panel.curves = vec![panel.curves[1].clone(); 5];
    for (place, curve) in panel.curves.iter_mut().enumerate() {
        curve.style = Style::Run(place as u8);
        curve.label = format!("run {place}");
    }
    let figure = density_figure(&heading(), &[panel], &DensityLimits::default()).unwrap();
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let rimmed = document.descendants().filter(|node| node.attribute("stroke") == Some("#ffffff"));
    let colours_of = |name: &str| {
        let own = rimmed.clone().filter(|node| node.has_tag_name(name));
        own.filter_map(|node| node.attribute("fill")).collect::<Vec<_>>()
    };
    // Nine points and the legend's of each run.
    assert_eq!((colours_of("circle").len(), colours_of("path").len()), (10, 40));
    let shapes: BTreeSet<(usize, bool)> = rimmed
        .filter_map(|node| node.attribute("d"))
        .map(|path| (path.matches('L').count(), path.starts_with('M')))
        .collect();
    assert_eq!(shapes.len(), 2, "triangles and shapes of four corners");
}
