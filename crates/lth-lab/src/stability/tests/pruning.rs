//! How far tickets are from the dense network.

use super::*;

/// Copy 0 of a start.
fn copy_0(study: &Study<'_>, point: &StartPoint) -> lth_model::Tensors {
    study.read_copy(point, 0).unwrap().weights
}

#[test]
fn tickets_and_random_masks_of_the_same_weights_are_compared_with_the_dense_network() {
    let mut experiment = experiment();
    experiment.controls.push("random-reinit".parse().unwrap());
    let toy = Toy::new(&experiment, &[8]);
    let settings = toy.settings();
    let report = toy.study(&settings);
    let starts: Vec<String> = report.prunings.iter().map(|pruning| pruning.start.to_string()).collect();
    assert_eq!(
        starts,
        ["replicate 0, round 2", "replicate 0, round 2 (random-mask)"],
        "other initial weights have no dense network"
    );
    let context = toy.context(&Silent, Stop::default());
    let study = Study::new(&settings, &toy.results.experiment, &toy.results.layout, &context);
    for pruning in &report.prunings {
        let (dense, ticket) =
            (copy_0(&study, &StartPoint::of_round(0, Variant::Ticket, 0)), copy_0(&study, &pruning.start));
        let [mut apart, mut along, mut of_dense, mut of_ticket] = [0.0_f64; 4];
        for (name, mask) in &study.round_start(&pruning.start).unwrap().masks {
            for ((&x, &y), _) in
                dense[name].data().iter().zip(ticket[name].data()).zip(mask.flags()).filter(|(_, kept)| *kept)
            {
                let (x, y) = (f64::from(x), f64::from(y));
                apart += (x - y).powi(2);
                along += x * y;
                of_dense += x * x;
                of_ticket += y * y;
            }
        }
        assert!((pruning.distance - apart.sqrt()).abs() < 1e-9 && apart > 0.0, "{pruning:?}");
        let angle = (along / (of_dense * of_ticket).sqrt()).acos().to_degrees();
        assert!((pruning.angle.unwrap() - angle).abs() < 1e-6, "{pruning:?}");
        let pair = report.pairs.iter().find(|pair| pair.start == pruning.start).unwrap();
        assert_eq!((&pair.weights[0], pair.density), (&pruning.weights[1], pruning.density));
    }
    let csv = fs::read(report.folder.join("stability.csv")).unwrap();
    let mut table = csv::Reader::from_reader(&csv[..]);
    let column = table.headers().unwrap().iter().position(|name| name == "pruning_distance").unwrap();
    let cells: Vec<String> = table.records().map(|row| row.unwrap()[column].to_owned()).collect();
    let [ticket, random_mask] = [0, 1].map(|place| report.prunings[place].distance.to_string());
    assert_eq!(cells, ["", &ticket, &random_mask, ""], "neither dense network nor random-reinit has one");
}

#[test]
fn a_dense_network_that_was_not_kept_is_trained_again_and_estimated() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = StabilitySettings { rounds: vec![2], variants: vec![Variant::Ticket], ..toy.settings() };
    let whole = toy.study(&settings);
    fs::remove_dir_all(toy.results.layout.root().join("stability")).unwrap();
    let estimated = |settings: &StabilitySettings| {
        estimate_stability(settings, &toy.results, &toy.context(&Silent, Stop::default())).unwrap().trainings
    };
    assert_eq!(estimated(&settings), 2, "copies of the ticket; the run has the dense network");
    crate::remove_file(&toy.results.layout.trained(0, Variant::Ticket, 0)).unwrap();
    assert_eq!(estimated(&settings), 3);
    let worked = Worked::default();
    let report = stability(&settings, &toy.results, &toy.context(&worked, Stop::default())).unwrap();
    let mut names = worked.0.into_inner().unwrap();
    names.sort();
    assert_eq!(
        names,
        [
            "replicate 0, round 0, copy 0",
            "replicate 0, round 2, copy 0",
            "replicate 0, round 2, copy 1",
            "replicate 0, round 2, distance from the dense network",
            "replicate 0, round 2, path from copy 0 to 1",
        ]
    );
    assert_eq!(report.prunings, whole.prunings, "to the same bits");
}

#[test]
fn rewound_tickets_are_compared_from_the_rewind_point_on() {
    let mut experiment = experiment();
    let crate::Procedure::Iterative(iterative) = &mut experiment.pruning.procedure else {
        panic!("the usual")
    };
    iterative.rewind = Step::from_iterations(5);
    let toy = Toy::new(&experiment, &[8]);
    let report = toy.study(&toy.settings());
    let iterations: Vec<(Variant, u64)> =
        report.prunings.iter().map(|pruning| (pruning.start.variant, pruning.iteration)).collect();
    assert_eq!(iterations, [(Variant::Ticket, 5), (Variant::Control(experiment.controls[0]), 5)]);
}

#[test]
fn a_distance_of_other_weights_is_not_taken_for_theirs() {
    let toy = Toy::new(&experiment(), &[8]);
    let settings = StabilitySettings { rounds: vec![1], variants: vec![Variant::Ticket], ..toy.settings() };
    toy.study(&settings);
    let path = toy.results.layout.root().join("stability/copies/replicate-0/round-01-ticket/pruning.json");
    let mut found: PruningResult = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    found.weights[0].clear();
    fs::write(&path, serde_json::to_vec(&found).unwrap()).unwrap();
    let report = stability(&settings, &toy.results, &toy.context(&Silent, Stop::default())).unwrap();
    assert!(report.failures[0].to_string().contains("measured of other weights"), "{:?}", report.failures);
}
