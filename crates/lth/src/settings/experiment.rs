//! A whole experiment from the flags of `find-winning-ticket`.

use lth_lab::{EarlyBirdSettings, Experiment, MaskUpdateSettings, Pruning, PruningSchedule};
use lth_model::{Architecture, Density, ParameterKind, Rate, nearest_name};

use lth_ticket::{Allocation, Keep, Mask1Action as _, Scope};

use super::{
    model::model,
    recipe::apply_training,
    values::{number, parse, positive},
};
use crate::{
    arguments::{FindTicketArguments, PruningArguments},
    failure::Failure,
};

/// The experiment that was asked for; the data set's name is canonical already.
///
/// # Errors
/// For the first flag that makes no sense. What depends on the data is checked when they are there.
pub(crate) fn experiment(arguments: &FindTicketArguments, dataset: &str) -> Result<Experiment, Failure> {
    let model = model(&arguments.data.model, &arguments.model)?;
    let mut experiment = Experiment::new(&model.name, dataset);
    apply_training(&arguments.recipe, &mut experiment)?;
    if let Some(seed) = &arguments.recipe.seed {
        experiment.first_seed = parse(seed)?;
    }
    if let Some(replicates) = &arguments.run.replicates {
        experiment.replicates =
            positive("number of replicates", replicates, "--replicates 5; their seeds follow from --seed")?;
    }
    if let Some(keep) = &arguments.run.keep {
        experiment.keep = parse(keep)?;
    }
    let network = model.build_as_made().map_err(Failure::bad_input)?;
    apply_pruning(&arguments.pruning, &network, &mut experiment)?;
    Ok(experiment)
}

fn apply_pruning(
    arguments: &PruningArguments,
    network: &Architecture,
    experiment: &mut Experiment,
) -> Result<(), Failure> {
    let layers: Vec<&str> = network
        .parameters()
        .iter()
        .filter(|parameter| parameter.kind.is_prunable())
        .map(|parameter| network.nodes[parameter.node].name.as_str())
        .collect();
    let has_convolutions = network.parameters().iter().any(|parameter| parameter.kind == ParameterKind::Conv);
    let pruning = &mut experiment.pruning;
    if let Some(rounds) = &arguments.number_of_iterations {
        experiment.rounds = positive("number of rounds", rounds, "-i 20")?;
    }
    if let Some(rate) = &arguments.pruning_rate {
        pruning.linear_rate = parse(rate)?;
        // The papers prune the output layer at half the rate of the others.
        pruning.output_rate = Rate::new(pruning.linear_rate.get() / 2.0).map_err(Failure::bad_input)?;
        if has_convolutions {
            pruning.conv_rate = pruning.linear_rate;
        }
    }
    if let Some(rate) = &arguments.conv_rate {
        if !has_convolutions {
            return Err(Failure::input(
                format!("{} has no convolutions to prune at a rate of their own", network.name),
                "use --pruning-rate",
            ));
        }
        pruning.conv_rate = parse(rate)?;
    }
    if let Some(rate) = &arguments.output_pruning_rate {
        pruning.output_rate = parse(rate)?;
    }
    for text in &arguments.layer_rates {
        let (layer, rate) = layer_rate(text, &layers)?;
        pruning.layer_rates.insert(layer, rate);
    }
    for name in &arguments.excluded_layers {
        pruning.excluded_layers.insert(layer_name(name, &layers)?);
    }
    if let Some(scope) = &arguments.scope {
        pruning.scope = parse(scope)?;
    }
    if let Some(criterion) = &arguments.criterion {
        pruning.criterion =
            lth_ticket::find_criterion(criterion).map_err(Failure::bad_input)?.name().to_owned();
    }
    if arguments.one_shot {
        pruning.schedule = PruningSchedule::OneShot;
    }
    if let Some(method) = &arguments.before_training {
        let method = lth_ticket::find_before_training(method).map_err(Failure::bad_input)?;
        pruning.schedule = PruningSchedule::BeforeTraining;
        method.name().clone_into(&mut pruning.criterion);
        if arguments.scope.is_none() {
            pruning.scope = Scope::Global;
        }
    }
    if let Some(method) = &arguments.during_training {
        apply_during_training(method, arguments, pruning)?;
    }
    if arguments.early_bird {
        pruning.schedule = PruningSchedule::EarlyBird;
        Keep.name().into_owned().clone_into(&mut pruning.mask1_action);
        let mut settings = EarlyBirdSettings::default();
        if let Some(window) = &arguments.early_bird_window {
            settings.window = positive("number of epochs", window, "--early-bird-window 5")?;
        }
        if let Some(threshold) = &arguments.early_bird_threshold {
            settings.threshold = parse::<Density>(threshold)?.get();
        }
        pruning.early_bird = Some(settings);
    }
    if let Some(text) = &arguments.densities {
        pruning.densities = text.split(',').map(|density| parse(density.trim())).collect::<Result<_, _>>()?;
        experiment.rounds = pruning.densities.len() as u32 + 1;
    }
    if let Some(name) = &arguments.allocation {
        pruning.allocation = Some(parse(name)?);
    }
    if let Some(steps) = &arguments.pruning_steps {
        pruning.steps = Some(positive("number of pruning steps", steps, "--pruning-steps 100")?);
    }
    if let Some(text) = &arguments.grasp_temperature {
        let (what, example) = ("temperature of GraSP", "--grasp-temperature 200");
        let temperature = number(what, text, |value| value > 0.0, "a number above 0", example)?;
        pruning.grasp_temperature =
            Some(temperature).filter(|&given| f64::from(given) != lth_ticket::GRASP_TEMPERATURE);
        if pruning.criterion != "grasp" {
            return Err(Failure::input(
                format!("--grasp-temperature {text} belongs to GraSP, not to {}", pruning.criterion),
                "use --before-training grasp",
            ));
        }
    }
    pruning.inverted_scores = arguments.invert_scores;
    if let Some(name) = &arguments.mask1_action {
        let action = lth_ticket::find_mask1_action(name).map_err(Failure::bad_input)?;
        pruning.mask1_action = action.name().into_owned();
    }
    if let Some(name) = &arguments.mask0_action {
        let action = lth_ticket::find_mask0_action(name).map_err(Failure::bad_input)?;
        action.name().clone_into(&mut pruning.mask0_action);
    }
    if let Some(way) = &arguments.retrain {
        pruning.retraining = parse(way)?;
    }
    if let Some(step) = &arguments.rewind {
        pruning.rewind = parse(step)?;
    }
    pruning.keep_optimizer_state = arguments.keep_optimizer_state;
    for kind in &arguments.controls {
        let kind = parse(kind)?;
        if !experiment.controls.contains(&kind) {
            experiment.controls.push(kind);
        }
    }
    Ok(())
}

/// The method, its settings, and the defaults that follow from it.
fn apply_during_training(
    method: &str,
    arguments: &PruningArguments,
    pruning: &mut Pruning,
) -> Result<(), Failure> {
    let method = lth_ticket::find_during_training(method).map_err(Failure::bad_input)?;
    pruning.schedule = PruningSchedule::DuringTraining;
    method.name().clone_into(&mut pruning.criterion);
    if method.starts_sparse() {
        pruning.allocation = Some(Allocation::Erk);
    } else if arguments.scope.is_none() {
        pruning.scope = Scope::Global;
    }
    let mut updates = MaskUpdateSettings::default();
    if let Some(every) = &arguments.update_every {
        updates.every =
            positive("number of iterations between changes of masks", every, "--update-every 100")?;
    }
    if let Some(end) = &arguments.update_end {
        updates.end = parse(end)?;
    }
    if let Some(fraction) = &arguments.drop_fraction {
        updates.drop_fraction = parse(fraction)?;
    }
    pruning.updates = Some(updates);
    Ok(())
}

/// `fc1=0.3` or `fc1.weight=0.3`.
fn layer_rate(text: &str, layers: &[&str]) -> Result<(String, Rate), Failure> {
    let Some((name, rate)) = text.split_once('=') else {
        return Err(Failure::input(
            format!("the layer rate '{text}' has no '='"),
            "use for example --layer-rate fc1=0.3",
        ));
    };
    Ok((layer_name(name, layers)?, parse(rate)?))
}

/// The layer of this name, or of the weight of this name.
fn layer_name(name: &str, layers: &[&str]) -> Result<String, Failure> {
    let wanted = name.strip_suffix(".weight").unwrap_or(name);
    if layers.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    let hint = match nearest_name(wanted, layers.iter().copied()) {
        Some(near) => format!("did you mean '{near}'? The layers are {}", layers.join(", ")),
        None => format!("the layers are {}", layers.join(", ")),
    };
    Err(Failure::input(format!("there is no layer '{name}' to prune"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Command, CommandLine};
    use clap::Parser;

    fn of(flags: &str) -> Result<Experiment, Failure> {
        of_model("lenet-300-100", flags)
    }

    fn of_model(model: &str, flags: &str) -> Result<Experiment, Failure> {
        let words = format!("lth find-ticket {model} mnist {flags}");
        let Command::FindWinningTicket(arguments) =
            CommandLine::try_parse_from(words.split_whitespace()).unwrap().command
        else {
            panic!("another command");
        };
        experiment(&arguments, "mnist")
    }

    /// Every model, data set and option of the PyTorch tool (lecode-official/pytorch-lottery-ticket-hypothesis), as its README
    /// and its help print them; the last four models are what it called Conv-2, -4, -6 and VGG-19 before its first release.
    #[test]
    fn the_command_lines_of_the_pytorch_tool_are_understood() {
        let options = [
            "",
            "-i 3 -e 2 -b 30 -l 0.002",
            "--number-of-iterations 3 --number-of-epochs 2 --batch-size 30 --learning-rate 0.002",
            "--verbosity debug --disable-progress-bar --logging-path log --output-path out",
        ];
        let models = [
            ("lenet-300-100", "lenet-300-100"),
            ("lenet-5", "lenet-5"),
            ("conv-2", "conv-2"),
            ("conv-4", "conv-4"),
            ("conv-6", "conv-6"),
            ("vgg19", "vgg-19"),
            ("vgg5", "conv-2"),
            ("vgg7", "conv-4"),
            ("vgg9", "conv-6"),
            ("vgg17", "vgg-19"),
        ];
        for (given, model) in models {
            for (data, dataset) in [("mnist", "mnist"), ("cifar10", "cifar-10"), ("cifar-10", "cifar-10")] {
                for flags in options {
                    let words = format!("lth find-ticket {given} {data} ./datasets {flags}");
                    let line = CommandLine::try_parse_from(words.split_whitespace()).unwrap();
                    let Command::FindWinningTicket(arguments) = line.command else { panic!("{words}") };
                    let name = super::super::dataset_name(&arguments.data).unwrap();
                    assert_eq!(
                        arguments.data.data_folder.as_deref(),
                        Some(std::path::Path::new("./datasets"))
                    );
                    let found = experiment(&arguments, &name).unwrap();
                    let mut expected = Experiment::new(model, dataset);
                    if flags.contains("0.002") {
                        (expected.rounds, expected.recipe.batch_size) = (3, 30);
                        expected.recipe.length = lth_model::Step::from_epochs(2);
                        expected.recipe.learning_rate = 0.002;
                    }
                    assert_eq!(found, expected, "{words}");
                }
            }
        }
    }

    #[test]
    fn without_flags_it_is_the_papers() {
        assert_eq!(of("").unwrap(), Experiment::new("lenet-300-100", "mnist"));
    }

    #[test]
    fn the_output_layer_follows_at_half_the_rate() {
        let pruning = of("--pruning-rate 0.4").unwrap().pruning;
        assert_eq!((pruning.linear_rate.get(), pruning.output_rate.get()), (0.4, 0.2));
        let pruning = of("--pruning-rate 0.4 --output-pruning-rate 0.3").unwrap().pruning;
        assert_eq!(pruning.output_rate.get(), 0.3);
    }

    #[test]
    fn convolutions_follow_the_rate_unless_they_have_one() {
        let rates = |flags| {
            let pruning = of_model("conv-2", flags).unwrap().pruning;
            [pruning.linear_rate, pruning.conv_rate, pruning.output_rate].map(Rate::get)
        };
        assert_eq!(rates(""), [0.2, 0.1, 0.1]);
        assert_eq!(rates("--pruning-rate 0.4"), [0.4, 0.4, 0.2]);
        assert_eq!(rates("--pruning-rate 0.4 --conv-rate 0.3"), [0.4, 0.3, 0.2]);
        assert!(of("--conv-rate 0.3").is_err(), "there is no convolution");
        let changed = of("--pruning-rate 0.4").unwrap();
        assert_eq!(
            changed.pruning.conv_rate.get(),
            0.2,
            "or runs from before there were convolutions would move"
        );
    }

    #[test]
    fn options_of_a_model_are_part_of_its_name() {
        let experiment = of_model("conv-2", "--batch-norm on --width-factor 2").unwrap();
        assert_eq!(experiment.model, "conv-2+batch-norm+width-2");
    }

    #[test]
    fn a_layer_is_named_with_or_without_weight() {
        for name in ["fc1", "fc1.weight"] {
            let pruning = of(&format!("--layer-rate {name}=0.3")).unwrap().pruning;
            assert_eq!(pruning.layer_rates["fc1"].get(), 0.3);
            let pruning = of(&format!("--exclude-layer {name}")).unwrap().pruning;
            assert!(pruning.excluded_layers.contains("fc1"));
        }
        let experiment = of("--layer-rate fc1=0.3 --exclude-layer fc3").unwrap();
        experiment.check(&lth_cpu::CpuEngine::new(), &lth_model::lenet_300_100(10), 60_000).unwrap();
        let failure = of("--layer-rate fc9=0.3").unwrap_err();
        assert!(failure.words().unwrap().1.unwrap().contains("fc1, fc2, fc3"));
        assert!(of("--layer-rate fc1").is_err());
        assert!(of("--layer-rate fc1=1").is_err());
    }

    #[test]
    fn the_usual_temperature_of_grasp_is_no_setting() {
        let grasp = |flags: &str| of(&format!("--before-training grasp {flags}")).unwrap();
        assert_eq!(grasp("--grasp-temperature 200"), grasp(""));
        let other = grasp("--grasp-temperature 1.5");
        assert_eq!(other.pruning.grasp_temperature, Some(1.5));
        assert_ne!(other.folder_name(), grasp("").folder_name());
        other.check(&lth_cpu::CpuEngine::new(), &lth_model::lenet_300_100(10), 60_000).unwrap();
        for flags in ["snip --grasp-temperature 1", "grasp --grasp-temperature 0"] {
            assert!(of(&format!("--before-training {flags}")).is_err(), "{flags}");
        }
    }

    #[test]
    fn controls_are_counted_once() {
        let experiment = of("--control random-reinit --control random-reinit").unwrap();
        assert_eq!(experiment.controls.len(), 1);
    }

    #[test]
    fn nonsense_is_refused_with_a_hint() {
        for flags in [
            "-i 0",
            "--during-training rigel",
            "--early-bird --early-bird-window 0",
            "--early-bird --early-bird-threshold 2",
            "--during-training rigl --update-every 0",
            "--during-training rigl --drop-fraction 1.5",
            "--during-training rigl --update-end 0",
            "-i -1",
            "-e 0",
            "-b 0",
            "-b -60",
            "-l 0",
            "-l -1",
            "-l nan",
            "--pruning-rate 0",
            "--pruning-rate 1",
            "--pruning-rate 1.5",
            "--pruning-rate -0.2",
            "--length 50",
            "--rewind x",
            "--scope everywhere",
            "--criterion larg-final",
            "--control reinit",
            "--init xavier",
            "--bias-init ones",
            "--optimizer lion",
            "--seed -1",
            "--replicates 0",
            "--keep some",
            "--validation -5",
            "--evaluate-every 0",
            "--schedule cosin",
            "--schedule milestones:20000,0.1",
            "--warmup 5",
            "--label-smoothing 1",
            "--gradient-clip 0",
            "--crop-padding 128",
            "--crop-padding -1",
            "--normalization units",
            "--exclude-layer fc9",
            "--conv-rate 0.1",
            "--batch-norm on",
        ] {
            let failure = of(flags).expect_err(flags);
            let (message, hint) = failure.words().unwrap();
            assert!(!message.is_empty() && hint.is_some_and(|hint| !hint.is_empty()), "{flags}: {failure:?}");
        }
    }
}
