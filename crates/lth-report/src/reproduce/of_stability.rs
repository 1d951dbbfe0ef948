//! What `stability` found, as results: of pairs of copies, and of networks and the dense one.

use lth_lab::{PairResult, PruningResult, StartPoint, Variant};

use super::{Quantity, Results, XAxis, results::joined};

impl Results {
    /// Adds pairs of copies that `stability` compared; over iterations at the one where they part. A curve is of a network: `dense`, `ticket`
    /// or a control, after `label` unless that is empty.
    pub fn add_pairs(&mut self, label: &str, x: XAxis, pairs: &[PairResult]) {
        for pair in pairs {
            let place = x.place(pair.density.get(), pair.iteration);
            for quantity in Quantity::OF_PAIRS {
                if let Some(value) = quantity.of_pair(pair) {
                    self.add(joined(label, network(&pair.start)), quantity, place, pair.seed, value);
                }
            }
        }
    }

    /// Adds how far networks are from the dense one, which `stability` measured; places and curves are those of [`Results::add_pairs`].
    pub fn add_prunings(&mut self, label: &str, x: XAxis, prunings: &[PruningResult]) {
        for pruning in prunings {
            let place = x.place(pruning.density.get(), pruning.iteration);
            for quantity in Quantity::OF_PRUNINGS {
                if let Some(value) = quantity.of_pruning(pruning) {
                    self.add(joined(label, network(&pruning.start)), quantity, place, pruning.seed, value);
                }
            }
        }
    }
}

/// What the network of a start is called in the names of curves.
fn network(start: &StartPoint) -> &'static str {
    match start.variant {
        _ if start.round == 0 => "dense",
        Variant::Ticket => "ticket",
        Variant::Control(kind) => kind.name(),
    }
}

/// Two copies of the network of a round, for tests.
#[cfg(test)]
pub(super) fn pair_of(
    round: u32,
    seed: u64,
    copies: [u32; 2],
    iteration: u64,
    test_barrier: f64,
) -> PairResult {
    PairResult {
        start: StartPoint::of_round(0, Variant::Ticket, round),
        seed: lth_model::Seed(seed),
        density: lth_model::Density::new(0.5).unwrap(),
        iteration,
        pair: copies,
        weights: [String::new(), String::new()],
        distance: 2.0,
        distance_from_start: 1.0,
        angle: None,
        angle_from_start: None,
        next_mask_overlap: None,
        train_barrier: 0.0,
        test_barrier,
        path: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use lth_model::{Density, Seed};

    use super::*;

    #[test]
    fn pairs_of_one_seed_are_one_value_at_the_place_where_they_part() {
        let mut results = Results::default();
        let pairs =
            [pair_of(3, 5, [0, 1], 0, 0.5), pair_of(3, 5, [0, 2], 0, 0.3), pair_of(3, 5, [0, 1], 500, 0.01)];
        results.add_pairs("", XAxis::Iteration, &pairs);
        let series = results.series(Quantity::TestBarrier);
        assert_eq!(series.len(), 1);
        assert_eq!((series[0].name.as_str(), series[0].points.len()), ("ticket", 2));
        assert_eq!(series[0].near(0.0).unwrap().by_seed[&Seed(5)], 0.4);
        assert_eq!(series[0].near(510.0).unwrap().x, 500.0);
        assert!(series[0].near(700.0).is_none());
        assert!(results.series(Quantity::Angle).is_empty(), "none has an angle");

        let mut by_density = Results::default();
        by_density.add_pairs("0.1", XAxis::Density, &pairs);
        let series = by_density.series(Quantity::Distance);
        assert_eq!((series[0].name.as_str(), series[0].points.len()), ("0.1, ticket", 1));
    }

    #[test]
    fn distances_from_the_dense_network_have_curves_of_their_own() {
        let mut results = Results::default();
        let pruning = |variant: Variant, seed: u64, distance: f64| PruningResult {
            start: StartPoint::of_round(0, variant, 3),
            seed: Seed(seed),
            density: Density::new(0.5).unwrap(),
            iteration: 0,
            weights: [String::new(), String::new()],
            distance,
            angle: (seed == 5).then_some(53.0),
        };
        let random_mask = Variant::Control("random-mask".parse().unwrap());
        let prunings = [
            pruning(Variant::Ticket, 5, 48.0),
            pruning(Variant::Ticket, 6, 50.0),
            pruning(random_mask, 5, 75.0),
        ];
        results.add_prunings("", XAxis::None, &prunings);
        let series = results.series("pruning_distance".parse().unwrap());
        let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["ticket", "random-mask"]);
        assert_eq!(series[0].points[0].by_seed, [(Seed(5), 48.0), (Seed(6), 50.0)].into());
        assert_eq!(results.series(Quantity::PruningAngle)[0].points[0].by_seed, [(Seed(5), 53.0)].into());
        assert!(results.series(Quantity::Distance).is_empty(), "copies are something else");
    }
}
