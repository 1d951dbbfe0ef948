//! The densities of the papers' networks, round by round, as the papers print them.

use lth_lab::Experiment;
use lth_model::{Architecture, Masks, Purpose, RandomStream, Seed, Tensor, Tensors, find_model};
use lth_ticket::{density_ladder, prune};

fn network(model: &str) -> Architecture {
    find_model(model).unwrap().build(&[3, 32, 32], 10).unwrap()
}

/// The ladder of a model under its defaults, in percent with these decimals.
fn ladder(model: &str, rounds: u64, decimals: usize) -> Vec<String> {
    let experiment = Experiment::new(model, "cifar-10");
    density_ladder(&network(model), experiment.pruning.scope, &experiment.rates(), rounds)
        .unwrap()
        .into_iter()
        .map(|density| format!("{:.decimals$}", 100.0 * density.get()))
        .collect()
}

fn assert_ladder(model: &str, printed: &str) {
    let printed: Vec<&str> = printed.split(' ').collect();
    assert_eq!(ladder(model, printed.len() as u64 - 1, 1), printed, "{model}");
}

#[test]
fn conv_nets_go_down_the_papers_ladders() {
    assert_ladder(
        "conv-2",
        "100.0 80.1 64.2 51.4 41.2 33.0 26.5 21.2 17.0 13.7 11.0 8.8 7.1 5.7 4.6 3.7 3.0 2.4 1.9 1.6",
    );
    assert_ladder(
        "conv-4",
        "100.0 81.1 65.8 53.5 43.6 35.6 29.1 23.9 19.6 16.2 13.3 11.1 9.2 7.7 6.4 5.4 4.5 3.8 3.2 2.7",
    );
    assert_ladder("conv-6", "100.0 82.5 68.2 56.4 46.7 38.7 32.1 26.6 22.1 18.4 15.3 12.7 10.6 8.9");
}

#[test]
fn resnet_counts_what_it_does_not_prune() {
    assert_ladder("resnet-20", "100.0 80.2 64.4 51.8 41.7 33.6 27.1 21.9 17.8 14.4 11.8");
}

#[test]
fn vgg_keeps_four_fifths_a_round() {
    let ladder = ladder("vgg-19", 19, 1);
    for (round, printed) in [(0, "100.0"), (1, "80.0"), (12, "6.9"), (15, "3.5"), (19, "1.5")] {
        assert_eq!(ladder[round], printed, "round {round}");
    }
}

#[test]
fn pruning_reaches_the_ladder_to_the_last_weight() {
    for model in ["resnet-20", "lenet-5"] {
        let experiment = Experiment::new(model, "cifar-10");
        let (net, scope, rates) = (network(model), experiment.pruning.scope, experiment.rates());
        let expected = density_ladder(&net, scope, &rates, 6).unwrap();
        let mut masks = Masks::new();
        for (round, density) in expected.into_iter().enumerate() {
            assert_eq!(net.density(&masks), density, "{model}, round {round}");
            masks = prune(&scores(&net, round), &masks, &net, scope, &rates, Seed(0), round as u64).unwrap();
        }
    }
}

#[test]
fn shortcuts_and_output_of_a_resnet_stay_whole() {
    let experiment = Experiment::new("resnet-20", "cifar-10");
    let net = network("resnet-20");
    let rates = experiment.rates();
    let masks =
        prune(&scores(&net, 0), &Masks::new(), &net, experiment.pruning.scope, &rates, Seed(0), 0).unwrap();
    let whole: Vec<&str> =
        masks.iter().filter(|(_, mask)| mask.live() == mask.len()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(whole, ["layer2.0.downsample.0.weight", "layer3.0.downsample.0.weight", "fc.weight"]);
    let pruned = 267_696 - masks.values().map(|mask| mask.len() - mask.live()).sum::<usize>();
    assert_eq!(pruned, 214_157, "20 % of the other 267,696 weights are pruned, rounded half to even");
}

fn scores(net: &Architecture, round: usize) -> Tensors {
    let mut stream = RandomStream::new(Seed(1), Purpose::RandomScores, round as u64);
    let weights = net.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    weights
        .map(|parameter| {
            let count = parameter.shape.iter().product();
            let data = (0..count).map(|_| stream.uniform() as f32).collect();
            (parameter.name, Tensor::new(parameter.shape, data))
        })
        .collect()
}
