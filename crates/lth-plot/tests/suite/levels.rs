//! Levels of dense networks, and their values beside them.

use lth_plot::{Curve, Point, Style};
use roxmltree::Document;

use super::{axes::number, check, density, fake};

#[test]
fn each_run_has_a_dense_level_of_its_colour_and_values_that_do_not_overlap() {
    let level = |run, at| Curve {
        label: "dense, in the colour of its run".to_owned(),
        style: Style::DenseRun(run),
        points: vec![Point::of_replicates(1.0, [at])],
    };
    let mut panel = fake::accuracy_panel(9, 1);
    panel.curves.remove(0);
    panel.curves.extend([level(0, 0.9801), level(1, 0.98015), level(2, 0.9802)]);
    let figure = density(&[panel]).unwrap();
    let document = Document::parse(figure.svg()).unwrap();
    let colours = |text: &str| {
        let node = document.descendants().find(|node| node.text() == Some(text)).unwrap();
        (node.attribute("fill").unwrap().to_owned(), number(node.attribute("y")))
    };
    let values = ["98.01 %", "98.02 %"].map(colours);
    assert!((values[0].1 - values[1].1).abs() >= 14.0, "{values:?}");
    assert_eq!(values[0].0, "#0072B2");
    let levels = document.descendants().filter(|node| {
        node.has_tag_name("line")
            && node.attribute("stroke") == Some("#D55E00")
            && node.attribute("stroke-dasharray").is_some()
    });
    assert!(levels.count() >= 1, "the second run's level has its colour");
    assert_eq!(check(&figure).iter().filter(|text| text.starts_with("dense, in")).count(), 1);
}

#[test]
fn dense_levels_of_one_value_have_one_text_and_close_ones_none() {
    let said = |levels: &[f64]| {
        let mut panel = fake::accuracy_panel(9, 1);
        panel.curves.remove(0);
        panel.curves.extend(levels.iter().zip(0..).map(|(level, run)| Curve {
            label: "dense, in the colour of its run".to_owned(),
            style: Style::DenseRun(run),
            points: vec![Point::of_replicates(1.0, [*level])],
        }));
        let texts = check(&density(&[panel]).unwrap());
        texts.into_iter().filter(|text| text.ends_with(" %") && text.starts_with('9')).collect::<Vec<_>>()
    };
    assert_eq!(said(&[0.98, 0.98, 0.975, 0.98]), ["98.00 %", "97.50 %"]);
    let many: Vec<f64> = (0..10).map(|run| 0.98 + 1e-4 * f64::from(run)).collect();
    assert_eq!(said(&many), [""; 0], "no text stands far from its level");
}

#[test]
fn dense_levels_stand_in_the_legend_in_the_order_of_their_runs() {
    let level = |run: u8| Curve {
        label: format!("dense: seed {run}"),
        style: Style::DenseRun(run),
        points: vec![Point::of_replicates(1.0, [0.98 + 0.001 * f64::from(run)])],
    };
    let mut panel = fake::accuracy_panel(9, 1);
    panel.curves.remove(0);
    panel.curves.extend([0, 1, 2].map(level));
    let said = check(&density(&[panel]).unwrap());
    let named: Vec<&String> = said.iter().filter(|text| text.starts_with("dense: seed")).collect();
    assert_eq!(named, ["dense: seed 0", "dense: seed 1", "dense: seed 2"]);
}
