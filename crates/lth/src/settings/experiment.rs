//! A whole experiment from the flags of `find-winning-ticket`.

use lth_lab::Experiment;

use super::model::model;
use crate::{arguments::FindTicketArguments, failure::Failure};

/// The experiment that was asked for; the data set's name is canonical already.
///
/// # Errors
/// For the first flag that makes no sense. What depends on the data is checked when they are there.
pub(crate) fn experiment(arguments: &FindTicketArguments, dataset: &str) -> Result<Experiment, Failure> {
    let model = model(&arguments.data.model, &arguments.model)?;
    let mut experiment = Experiment::new(&model.name, dataset);
    arguments.settings.apply(&mut experiment)?;
    experiment.view.check().map_err(Failure::bad_input)?;
    Ok(experiment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Command, CommandLine};
    use clap::Parser;
    use lth_model::{Hint, Optimizer, Rate};

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

    fn check(experiment: &Experiment) -> Result<(), lth_lab::LabError> {
        experiment.check(&lth_cpu::CpuEngine::new(), &lth_model::lenet_300_100(10), 60_000)
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
        assert_eq!((pruning.rate.get(), pruning.output_rate.get()), (0.4, 0.2));
        let pruning = of("--pruning-rate 0.4 --output-pruning-rate 0.3").unwrap().pruning;
        assert_eq!(pruning.output_rate.get(), 0.3);
    }

    #[test]
    fn convolutions_follow_the_rate_unless_they_have_one() {
        let rates = |flags| {
            let pruning = of_model("conv-2", flags).unwrap().pruning;
            [pruning.rate, pruning.conv_rate, pruning.output_rate].map(Rate::get)
        };
        assert_eq!(rates(""), [0.2, 0.1, 0.1]);
        assert_eq!(rates("--pruning-rate 0.4"), [0.4, 0.4, 0.2]);
        assert_eq!(rates("--pruning-rate 0.4 --conv-rate 0.3"), [0.4, 0.3, 0.2]);
        assert!(check(&of("--conv-rate 0.3").unwrap()).is_err(), "there is no convolution");
        check(&of("--pruning-rate 0.4").unwrap()).unwrap();
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
        check(&experiment).unwrap();
        let error = check(&of("--layer-rate fc9=0.3").unwrap()).unwrap_err();
        assert!(error.hint().unwrap().contains("fc1, fc2, fc3"), "{error}");
        assert!(check(&of("--exclude-layer fc9").unwrap()).is_err());
        assert!(of("--layer-rate fc1").is_err());
        assert!(of("--layer-rate fc1=1").is_err());
    }

    #[test]
    fn the_usual_temperature_of_grasp_is_no_setting() {
        let grasp = |flags: &str| of(&format!("--at-init grasp {flags}")).unwrap();
        assert_eq!(grasp("--grasp-temperature 200"), grasp(""));
        let other = grasp("--grasp-temperature 1.5");
        assert_ne!(other.folder_name(), grasp("").folder_name());
        check(&other).unwrap();
        for flags in ["snip --grasp-temperature 1", "grasp --grasp-temperature 0"] {
            assert!(of(&format!("--at-init {flags}")).is_err(), "{flags}");
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
            "--pruning-steps 5",
            "--at-init snip --rewind 1ep",
            "--early-bird-window 3",
            "--early-bird --early-bird-window 0",
            "--early-bird --early-bird-threshold 2",
            "--early-bird --retrain fine-tuning",
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
            "--batch-norm on",
        ] {
            let failure = of(flags).expect_err(flags);
            let (message, hint) = failure.words().unwrap();
            assert!(!message.is_empty() && hint.is_some_and(|hint| !hint.is_empty()), "{flags}: {failure:?}");
        }
    }

    #[test]
    fn sgd_has_a_rate_of_its_own_unless_one_is_given() {
        let recipe = |flags| of(flags).unwrap().recipe;
        assert_eq!(recipe("--optimizer sgd").learning_rate, 0.1);
        let nesterov = recipe("--optimizer sgd -l 0.8 --momentum 0.9 --nesterov");
        assert_eq!(nesterov.learning_rate, 0.8);
        assert_eq!(nesterov.optimizer, Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 });
    }

    #[test]
    fn the_papers_optimizer_named_keeps_their_settings() {
        let recipe = |flags| of_model("resnet-20", flags).unwrap().recipe;
        assert_eq!(recipe("--optimizer sgd"), recipe(""));
        assert_eq!(recipe("--optimizer adam").optimizer, Optimizer::ADAM);
        assert_eq!(recipe("--optimizer adam").learning_rate, 1.2e-3);
    }

    #[test]
    fn a_warmup_comes_before_any_schedule() {
        for (flags, expected) in [
            ("--warmup 100it", "warmup:100it+constant"),
            ("--schedule cosine --warmup 1ep", "warmup:1ep+cosine"),
            ("--schedule warmup:1ep+cosine --warmup 0it", "cosine"),
            ("--schedule milestones:5ep,0.1", "milestones:5ep,0.1"),
        ] {
            assert_eq!(of(flags).unwrap().recipe.schedule.to_string(), expected);
        }
    }

    #[test]
    fn images_gradients_and_targets_are_treated_as_asked() {
        let recipe =
            of("--label-smoothing 0.1 --gradient-clip 2.5 --crop-padding 4 --flip on").unwrap().recipe;
        assert_eq!((recipe.label_smoothing, recipe.gradient_clip), (0.1, Some(2.5)));
        assert_eq!((recipe.augmentation.crop_padding, recipe.augmentation.horizontal_flip), (4, true));
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        for flags in ["--momentum 0.9", "--nesterov", "--optimizer sgd --nesterov", "--length 0it"] {
            assert!(of(flags).is_err(), "{flags}");
        }
    }

    #[test]
    fn any_setting_can_be_set_by_its_key() {
        let flags = of("-b 100 --criterion movement --control random-mask").unwrap();
        let set =
            of("--set batch_size=100 --set pruning.criterion=movement --set controls=random-mask").unwrap();
        assert_eq!(flags, set);
        assert_eq!(of("-b 50 --set batch-size=100").unwrap().recipe.batch_size, 100);
    }
}
