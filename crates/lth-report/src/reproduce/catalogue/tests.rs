use std::collections::BTreeMap;

use lth_lab::{Experiment, Variant};
use lth_model::{Hint, Rate, find_model};
use lth_ticket::Scope;

use super::*;
use crate::{
    TableAxis,
    reproduce::{Claim, Series, SeriesPoint, XAxis, claim::Side},
};

#[test]
fn every_file_has_sweeps_and_compares_what_they_make() {
    let all = published().unwrap();
    assert!(all.len() >= 8);
    for one in &all {
        for quick in [false, true] {
            let sweep = one.sweep(quick).unwrap_or_else(|error| panic!("{}: {error}", one.key));
            assert!(!sweep.experiments().unwrap().is_empty(), "{}", one.key);
        }
        assert!(!one.series.is_empty() || !one.claims.is_empty(), "{}", one.key);
        for series in &one.series {
            let is_fraction = series.points.iter().all(|[density, _]| *density > 0.0 && *density <= 1.0);
            assert!(is_fraction || one.x != XAxis::Density, "{}: {}", one.key, series.name);
            assert!(!series.source.is_empty(), "{}: {}", one.key, series.name);
        }
    }
}

/// A curve that no run makes would leave its claims without a verdict, whatever is trained.
#[test]
fn curves_that_are_named_are_made() {
    for one in published().unwrap().iter().filter(|one| one.studies.is_empty()) {
        let points = one.sweep(false).unwrap().experiments().unwrap();
        let made = |(_, experiment): &(_, Experiment)| match one.columns {
            TableAxis::Setting(setting) => vec![setting.value(experiment).unwrap().exact()],
            _ => experiment
                .variants()
                .map(|variant| match variant {
                    Variant::Ticket => "ticket".to_owned(),
                    Variant::Control(kind) => kind.name().to_owned(),
                })
                .collect(),
        };
        let made: Vec<String> = points.iter().flat_map(made).collect();
        let series = one.series.iter().map(|series| series.name.as_str());
        for name in series.chain(one.claims.iter().flat_map(Claim::curves)) {
            assert!(made.iter().any(|own| own == name), "{}: '{name}' is none of {made:?}", one.key);
        }
    }
}

#[test]
fn each_paper_has_something() {
    let all = published().unwrap();
    for paper in [
        "frankle-2019",
        "frankle-2019-stabilizing",
        "frankle-2020",
        "zhou-2019",
        "morcos-2019",
        "renda-2020",
        "tanaka-2020",
        "evci-2020",
        "you-2020",
    ] {
        assert!(all.iter().any(|one| one.key.split('/').next() == Some(paper)), "{paper}");
    }
}

#[test]
fn the_beginning_of_a_key_is_enough_where_no_other_has_it() {
    assert_eq!(find_published("frankle-2019/figure-4").unwrap().key, "frankle-2019/figure-4-one-shot");
    assert_eq!(find_published("frankle-2019/figure-3").unwrap().key, "frankle-2019/figure-3");
    let hint = |key| find_published(key).err().unwrap().hint().unwrap();
    let convs = [2, 4, 6].map(|layers| format!("'frankle-2019/figure-5-conv-{layers}'")).join(", ");
    assert_eq!(hint("frankle-2019/figure-5"), format!("there are {convs}"));
    assert!(hint("frankle-2019/fig").starts_with("did you mean"), "a name is not cut off within a word");
}

#[test]
fn an_unknown_key_names_the_nearest() {
    let error = find_published("frankle-2019/figure-33").err().unwrap();
    assert!(error.to_string().contains("figure-33"));
    assert!(error.hint().unwrap().contains("frankle-2019/figure-3'"), "{error}");
}

fn first_run(one: &Published, quick: bool) -> Experiment {
    one.sweep(quick).unwrap().experiments().unwrap().remove(0).1
}

/// A claim of a density that no round has would never get a verdict. Quick sweeps have fewer rounds, and reach some.
#[test]
fn sweeps_reach_the_densities_of_their_claims() {
    for one in published().unwrap().iter().filter(|one| one.x == XAxis::Density) {
        let at = |claim: &Claim| match claim.of {
            Side::At(_, density) => Some(density / 100.0),
            _ => None,
        };
        let wanted: Vec<f64> = one.claims.iter().filter_map(at).collect();
        for quick in [false, true] {
            let experiment = first_run(one, quick);
            if experiment.rounds == 1 {
                // Its masks are those of a study.
                continue;
            }
            let model = find_model(&experiment.model).unwrap();
            let architecture = model.build(&model.input, model.classes).unwrap();
            let rounds = (0..experiment.rounds)
                .map(|round| experiment.density_of(round, &architecture).unwrap().get());
            let rounds: Vec<SeriesPoint> =
                rounds.map(|x| SeriesPoint { x, by_seed: BTreeMap::new() }).collect();
            let series = Series { name: String::new(), points: rounds };
            let missed: Vec<&f64> = wanted.iter().filter(|&&x| series.near(x).is_none()).collect();
            let reached = missed.is_empty() || quick && missed.len() < wanted.len();
            assert!(reached, "{}, quick {quick}: {missed:?} of {:?}", one.key, series.points);
        }
    }
}

#[test]
fn quick_sweeps_prune_layers_in_the_proportion_of_the_full_ones() {
    let mut compared = 0;
    for one in published().unwrap() {
        let [full, quick] = [false, true].map(|quick| first_run(&one, quick));
        if full.model != quick.model || full.pruning.scope != Scope::Layer || quick.rounds == 1 {
            continue;
        }
        // Rounds of the full sweep that make one of a quick one, by the rates of each kind of layer.
        let rounds = |full: Rate, quick: Rate| (1.0 - quick.get()).ln() / (1.0 - full.get()).ln();
        let (full, quick) = (&full.pruning, &quick.pruning);
        let linear = rounds(full.rate, quick.rate);
        for (full, quick) in [(full.conv_rate, quick.conv_rate), (full.output_rate, quick.output_rate)] {
            let of_kind = rounds(full, quick);
            assert!((of_kind / linear - 1.0).abs() < 0.2, "{}: {linear} and {of_kind} rounds", one.key);
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}
