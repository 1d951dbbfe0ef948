//! Figures of a network's layers: filters, densities, weights and FLOPs.

use lth_plot::{
    FilterPanel, Filters, LayerRow, PlotError, Remaining, filter_figure, layer_density_figure,
    remaining_figure,
};

use crate::{assert_has, check, fake, heading};

/// Panels of filters of which every `keep`-th weight is kept, and none in the first filter.
pub(crate) fn panels(filters: Filters, keep: &[usize]) -> Vec<FilterPanel> {
    let of_filter = filters.channels * filters.height * filters.width;
    let panel = |(round, every): (usize, &usize)| {
        let mut noise = fake::Noise::new(5);
        let len = filters.count * of_filter;
        FilterPanel {
            round,
            density: 1.0 / *every as f64,
            moment: "before training".to_owned(),
            weights: (0..len).map(|_| 0.3 * noise.draw() as f32).collect(),
            kept: (0..len).map(|at| *every == 1 || at >= of_filter && at % every == 0).collect(),
        }
    };
    keep.iter().enumerate().map(panel).collect()
}

pub(crate) fn rows(layers: usize, rounds: usize) -> Vec<LayerRow> {
    let row = |layer: usize| {
        let total = 432 * (layer + 1);
        let rate = 0.6 + 0.35 / (layer + 1) as f64;
        let live =
            (0..rounds).map(|round| (total as f64 * rate.powi(round as i32)).round() as usize).collect();
        LayerRow { name: format!("layer1.{layer}.conv1"), total, live }
    };
    (0..layers).map(row).collect()
}

fn ladder(rounds: usize) -> Vec<(usize, f64)> {
    fake::ladder(rounds).into_iter().enumerate().collect()
}

#[test]
fn filters_of_three_rounds() {
    for filters in [
        Filters { count: 64, channels: 3, height: 3, width: 3 },
        Filters { count: 6, channels: 1, height: 5, width: 5 },
        Filters { count: 64, channels: 3, height: 7, width: 7 },
        Filters { count: 1, channels: 1, height: 1, width: 2 },
    ] {
        let figure = filter_figure(&heading(), filters, &panels(filters, &[1, 5, 90])).unwrap();
        let texts = check(&figure);
        assert_has(&texts, &["round 0: 100 %, before training", "round 1: 20.0 %", "layer 100 %", "1 empty"]);
        assert_has(&texts, &["Hatched", "middle grey is 0"]);
        let dense = filter_figure(&heading(), filters, &panels(filters, &[1])).unwrap();
        assert!(!check(&dense).iter().any(|text| text.contains("Hatched") || text.contains("empty")));
    }
}

#[test]
fn weights_have_the_right_colours_in_the_right_places() {
    let filters = Filters { count: 1, channels: 3, height: 1, width: 2 };
    let panel = FilterPanel {
        round: 3,
        density: 0.5,
        moment: "trained".to_owned(),
        // Two places each of red, green and blue.
        weights: vec![0.5, 0.5, -0.5, 9.0, 0.0, 9.0],
        kept: vec![true, true, true, false, true, false],
    };
    let figure = filter_figure(&heading(), filters, &[panel]).unwrap();
    let document = roxmltree::Document::parse(figure.svg()).unwrap();
    let path = |fill: &str| {
        let node = document.descendants().find(|node| node.attribute("fill") == Some(fill));
        node.and_then(|node| node.attribute("d")).map(str::to_owned).unwrap_or_default()
    };
    let shape = |path: String| path.split_once('h').map(|(_, rest)| rest.to_owned());
    assert_eq!(shape(path("#ff0080")).as_deref(), Some("22v22h-22z"), "all three are kept");
    assert_eq!(shape(path("#ff8080")).as_deref(), Some("22v7h-22z"), "one of three is kept");
    assert_eq!(shape(path("url(#d1)")).as_deref(), Some("22v15h-22z"), "two of three are pruned");
}

#[test]
fn densities_of_few_and_of_many_layers() {
    for (layers, rounds) in [(1, 1), (3, 2), (9, 15), (17, 21), (112, 30)] {
        let figure = layer_density_figure(&heading(), &ladder(rounds), &rows(layers, rounds)).unwrap();
        let texts = check(&figure);
        assert_has(&texts, &["all weights remaining", "round", "layer1.0.conv1", "432", "100"]);
        let (width, height) = figure.size();
        assert!(width < 1200.0 && height < 1100.0, "{layers} x {rounds}: {width} x {height}");
    }
    let said = check(&layer_density_figure(&heading(), &ladder(15), &rows(9, 15)).unwrap());
    assert!(
        said.iter().filter(|text| text.as_str() == "77.5").count() == 1,
        "cells say their density: {said:?}"
    );
}

#[test]
fn a_layer_that_is_gone_is_grey() {
    let row = LayerRow { name: "fc".to_owned(), total: 10, live: vec![10, 0] };
    let figure = layer_density_figure(&heading(), &ladder(2), &[row]).unwrap();
    assert_has(&check(&figure), &["Grey: no weight of the layer is left."]);
}

#[test]
fn weights_and_flops_of_each_round() {
    let dense = Remaining { round: 0, weights: 4_300_992, flops: 87_600_000 };
    let kept = |round: i32| Remaining {
        round: round as usize,
        weights: (4_300_992.0 * 0.8f64.powi(round)) as u64,
        flops: (87_600_000.0 * 0.85f64.powi(round)) as u64,
    };
    let rounds: Vec<Remaining> = (0..21).map(kept).collect();
    let texts = check(&remaining_figure(&heading(), dense, &rounds).unwrap());
    assert_has(&texts, &["weights: 4.30 M to 49.6 k (1.2 %)", "87.6 M to 3.40 M (3.9 %)", "49.6 k"]);
    let texts = check(&remaining_figure(&heading(), dense, &rounds[..1]).unwrap());
    assert_has(&texts, &["weights: 4.30 M", "FLOPs, forward: 87.6 M"]);
    assert!(!texts.iter().any(|text| text.contains(" to ")));
    let gone = Remaining { round: 1, weights: 0, flops: 0 };
    check(&remaining_figure(&heading(), dense, &[dense, gone]).unwrap());
}

#[test]
fn nothing_and_wrong_shapes_are_errors_with_a_hint() {
    let filters = Filters { count: 2, channels: 3, height: 3, width: 3 };
    let two = Filters { channels: 2, ..filters };
    let none = Remaining { round: 0, weights: 0, flops: 0 };
    for failure in [
        filter_figure(&heading(), filters, &[]),
        filter_figure(&heading(), two, &panels(two, &[1])),
        layer_density_figure(&heading(), &[], &rows(2, 0)),
        layer_density_figure(&heading(), &ladder(2), &[]),
        remaining_figure(&heading(), none, &[]),
        remaining_figure(&heading(), none, &[none]),
    ] {
        let error = failure.unwrap_err();
        assert!(matches!(error, PlotError::NoData { .. }) && !error.hint().is_empty(), "{error}");
    }
    let error =
        filter_figure(&heading(), Filters { count: 3, ..filters }, &panels(filters, &[1])).unwrap_err();
    assert_eq!(error.to_string(), "round 0 has 54 weights or flags of filters, their shape needs 81");
    assert!(!error.hint().is_empty());
}
