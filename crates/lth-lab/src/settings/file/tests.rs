use super::*;
use crate::{AtInit, ControlKind, Procedure};
use lth_model::{Augmentation, Density, Hint, Optimizer, Rate, Schedule, Seed};

fn read(text: &str) -> Result<Experiment, LabError> {
    Experiment::from_toml(text, Path::new("experiment.toml"))
}

fn rich() -> Experiment {
    let mut experiment = Experiment::new("lenet-300-100", "mnist");
    experiment.data_folder = Some("photographs".into());
    experiment.dataset_fingerprint = Some("00ff".to_owned());
    experiment.network_fingerprint = Some("ff00".to_owned());
    experiment.controls = ControlKind::all().take(2).collect();
    experiment.mask_runs = vec!["runs/other".into()];
    experiment.first_seed = Seed(7);
    experiment.start = Some("initialization".to_owned());
    experiment.initial_weights = Some("00aa".to_owned());
    experiment.name = Some("the \"first\"".to_owned());
    experiment.tags = ["paper".to_owned(), "b".to_owned()].into();
    experiment.set("rewind", "2ep100it").unwrap();
    experiment.set("retraining", "fine-tuning").unwrap();
    experiment.pruning.excluded_layers.insert("fc3".to_owned());
    experiment.pruning.layer_rates.insert("fc1".to_owned(), Rate::new(0.35).unwrap());
    experiment.pruning.mask1_action = "reshuffle".to_owned();
    experiment.pruning.mask0_action = "freeze-init".to_owned();
    experiment.pruning.inverted_scores = true;
    experiment.recipe.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 };
    experiment.recipe.schedule = "warmup:100it+milestones:80ep,0.1".parse().unwrap();
    experiment.recipe.label_smoothing = 0.1;
    experiment.recipe.gradient_clip = Some(1.0);
    experiment
}

/// Everything that a default has is taken away.
fn bare() -> Experiment {
    let mut experiment = Experiment::new("resnet-20", "cifar-10");
    experiment.pruning.excluded_layers.clear();
    experiment.recipe.augmentation = Augmentation::default();
    experiment.recipe.schedule = Schedule::Constant;
    experiment
}

#[test]
fn reads_what_it_wrote() {
    let usual =
        ["lenet-300-100", "conv-6", "vgg-19", "resnet-20"].map(|model| Experiment::new(model, "cifar-10"));
    let procedures = Procedure::NAMES.map(|name| {
        let mut experiment = Experiment::new("conv-2", "cifar-10");
        experiment.set("pruning.procedure", name).unwrap();
        if let Some(densities) = experiment.pruning.procedure.densities_mut() {
            *densities = vec![Density::new(0.5).unwrap(), Density::new(0.25).unwrap()];
        }
        experiment
    });
    let mut grasp = Experiment::new("lenet-300-100", "mnist");
    grasp.pruning.procedure = Procedure::AtInit(AtInit {
        method: "grasp".to_owned(),
        densities: Vec::new(),
        allocation: Some(lth_ticket::Allocation::Erk),
        steps: Some(7),
        grasp_temperature: Some(1.5),
    });
    for experiment in usual.into_iter().chain(procedures).chain([rich(), bare(), grasp]) {
        let text = experiment.to_toml();
        assert_eq!(read(&text).unwrap(), experiment, "{text}");
    }
}

#[test]
fn is_written_for_people() {
    let text = rich().to_toml();
    for part in [
        "format = 2\n",
        "learning_rate = 0.0012\n",
        "length = \"50ep\"\n",
        "layer_rates = { \"fc1\" = 0.35 }\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for setting in settings().filter(|setting| setting.value(&rich()).is_some()) {
        assert_eq!(text.matches(&format!("{}\n", comment(setting))).count(), 1, "{}\n{text}", setting.key);
    }
}

#[test]
fn what_is_left_out_has_its_default() {
    let text = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n[recipe]\nbatch_size = 100\n";
    let mut expected = Experiment::new("lenet-300-100", "mnist");
    expected.recipe.batch_size = 100;
    assert_eq!(read(text).unwrap(), expected);
}

#[test]
fn an_unknown_key_is_shown_with_its_place_and_the_nearest() {
    let head = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";
    let error = read(&format!("{head}[recipe]\n  batchsize = 60\n")).unwrap_err();
    assert!(error.to_string().starts_with("experiment.toml:4:3: unknown setting 'batchsize'"), "{error}");
    assert_eq!(error.hint().unwrap(), "did you mean 'batch_size'?");
    let error = read(&format!("{head}replicats = 5\n")).unwrap_err();
    assert!(error.to_string().starts_with("experiment.toml:3:1:"), "{error}");
    assert_eq!(error.hint().unwrap(), "did you mean 'replicates'?");
}

#[test]
fn bad_values_are_shown_with_their_place() {
    let head = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";
    for (line, place, part) in [
        ("rounds = \"many\"", "3:10", "it must be a whole number of at least 1"),
        ("rounds = -1", "3:10", "rounds = -1"),
        ("rounds = [1, 2]", "3:10", "it takes one value"),
        ("keep = \"some\"", "3:8", "keep = some"),
        ("[pruning]\nrate = 1.5", "4:8", "strictly between 0 and 1"),
        ("[pruning]\nsteps = 3", "4:9", "it belongs to pruning at initialisation"),
        ("[pruning]\nrewind = \"5\"", "4:10", "a unit is missing"),
        ("rounds = ", "3:", ""),
    ] {
        let error = read(&format!("{head}{line}\n")).unwrap_err();
        assert!(error.to_string().starts_with(&format!("experiment.toml:{place}")), "{line}: {error}");
        assert!(error.to_string().contains(part), "{line}: {error}");
        assert!(error.hint().is_some());
    }
    assert!(read("rounds = 3").unwrap_err().hint().unwrap().contains("model"));
}

#[test]
fn another_format_is_refused_before_its_unknown_keys() {
    let error = read("format = 3\nmodel = 1\nnews = true\n").unwrap_err();
    assert!(matches!(error, LabError::Newer { found: 3, supported: FORMAT, .. }), "{error}");
    let error = read("format = 1\nmodel = 1\nolds = true\n").unwrap_err();
    assert!(matches!(error, LabError::Older { found: 1, supported: FORMAT, .. }), "{error}");
    assert!(error.hint().unwrap().contains("the same command"));
}
