//! The settings in which experiments differ, in words: for legends and titles.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::Value;

use super::{Experiment, short_name};

/// A setting in which experiments differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingSetting {
    /// What it is: `criterion`, `learning rate`.
    pub name: String,
    /// The setting with its value in each experiment, in their order: `criterion movement`. Empty where an experiment does
    /// without it.
    pub texts: Vec<String>,
}

/// What a setting is called where its path in `experiment.toml` would not say it, those first that say most.
const NAMES: [(&str, &str); 23] = [
    ("model", "model"),
    ("dataset", "data"),
    ("dataset_fingerprint", "data"),
    ("pruning.criterion", "criterion"),
    ("pruning.schedule", "pruning"),
    ("pruning.mask1_action", "mask-1 action"),
    ("pruning.mask0_action", "mask-0 action"),
    ("pruning.linear_rate", "pruning rate"),
    ("pruning.conv_rate", "pruning rate of convolutions"),
    ("pruning.output_rate", "pruning rate of the output layer"),
    ("pruning.rewind", "rewind point"),
    ("recipe.optimizer", "optimiser"),
    ("recipe.learning_rate", "learning rate"),
    ("recipe.schedule", "learning-rate schedule"),
    ("recipe.init", "initialisation"),
    ("recipe.bias_init", "initialisation of biases"),
    ("normalization", "normalisation"),
    ("pruning.keep_optimizer_state", "kept optimiser state"),
    ("pruning.updates.every", "mask updates every"),
    ("pruning.updates.end", "mask updates until"),
    ("start", "start from"),
    ("evaluate_every", "evaluation every"),
    ("first_seed", "seed"),
];

/// Rates that are usually set by one flag: the first that differs stands for the others.
const RATES: [&str; 3] = ["pruning.linear_rate", "pruning.conv_rate", "pruning.output_rate"];

/// The settings in which experiments differ, those first that say most. What follows from the model or the data set, because
/// each experiment has its own default, is left out; so is what only extends a run, as the number of rounds.
///
/// ```
/// use lth_lab::{Experiment, differing_settings};
/// let mut other = Experiment::new("lenet-300-100", "mnist");
/// other.pruning.criterion = "movement".to_owned();
/// let differing = differing_settings(&[&Experiment::new("lenet-300-100", "mnist"), &other]);
/// assert_eq!(differing.len(), 1);
/// assert_eq!(differing[0].texts, ["criterion large-final", "criterion movement"]);
/// ```
pub fn differing_settings(experiments: &[&Experiment]) -> Vec<DifferingSetting> {
    let both = |experiment: &&Experiment| (settings_of(experiment), changed_paths(experiment));
    let (settings, changed): (Vec<_>, Vec<_>) = experiments.par_iter().map(both).unzip();
    let changed: BTreeSet<String> = changed.into_iter().flatten().collect();
    let paths: BTreeSet<&String> = settings.iter().flat_map(BTreeMap::keys).collect();
    let values = |path: &str| settings.iter().map(|all| all.get(path)).collect::<Vec<_>>();
    let differs = |path: &str| values(path).windows(2).any(|pair| pair[0] != pair[1]);
    let of_data = differs("dataset");
    let of_rates = RATES.into_iter().find(|path| differs(path));
    let mut told: Vec<&String> = paths
        .into_iter()
        .filter(|path| {
            differs(path) && (changed.contains(*path) || ["model", "dataset"].contains(&path.as_str()))
        })
        .filter(|path| !(of_data && *path == "dataset_fingerprint"))
        .filter(|path| {
            let first = of_rates.filter(|_| RATES.contains(&path.as_str()));
            first.is_none_or(|first| first == path.as_str() || !same_groups(&values(first), &values(path)))
        })
        .collect();
    let place = |path: &str| NAMES.iter().position(|(own, _)| *own == path).unwrap_or(NAMES.len());
    told.sort_by_key(|path| place(path));
    told.into_iter().map(|path| in_words(path, experiments, &values(path))).collect()
}

/// Settings that identify an experiment, by path, as texts for people; optimiser and schedule are one setting each.
fn settings_of(experiment: &Experiment) -> BTreeMap<String, String> {
    let mut settings: BTreeMap<String, String> = experiment
        .identity()
        .into_iter()
        .filter(|(path, _)| group(path) == *path && !path.starts_with("view."))
        .map(|(path, value)| (path, plain(&value)))
        .collect();
    let recipe = &experiment.recipe;
    settings.insert("recipe.optimizer".to_owned(), recipe.optimizer.to_string());
    settings.insert("recipe.schedule".to_owned(), recipe.schedule.to_string());
    settings.insert("model".to_owned(), short_name(&experiment.model).to_owned());
    settings.insert("dataset".to_owned(), experiment.data_title());
    settings
}

/// The paths of settings that are not at their default.
fn changed_paths(experiment: &Experiment) -> Vec<String> {
    experiment.changed_settings().into_keys().map(|path| group(&path).to_owned()).collect()
}

/// The path of the setting that is told as a whole.
fn group(path: &str) -> &str {
    ["recipe.optimizer", "recipe.schedule"]
        .into_iter()
        .find(|whole| path.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.')))
        .unwrap_or(path)
}

/// A value as people write it; of a list the first and the last, and hashes shortened.
fn plain(json: &str) -> String {
    const HASH: usize = 32;
    match serde_json::from_str(json) {
        Ok(Value::String(text))
            if text.len() >= HASH && text.bytes().all(|sign| sign.is_ascii_hexdigit()) =>
        {
            text[..8].to_owned()
        }
        Ok(Value::String(text)) => text,
        Ok(Value::Bool(on)) => if on { "on" } else { "off" }.to_owned(),
        Ok(Value::Array(values)) => match &values[..] {
            [] => "none".to_owned(),
            [.., _] if values.len() > 3 => {
                let end = |value: &Value| plain(&value.to_string());
                format!("{} to {}", end(&values[0]), end(&values[values.len() - 1]))
            }
            few => few.iter().map(|value| plain(&value.to_string())).collect::<Vec<_>>().join("/"),
        },
        _ => json.to_owned(),
    }
}

/// Whether two settings have equal values in the same experiments.
fn same_groups(a: &[Option<&String>], b: &[Option<&String>]) -> bool {
    (0..a.len()).all(|i| (0..i).all(|j| (a[i] == a[j]) == (b[i] == b[j])))
}

fn in_words(path: &str, experiments: &[&Experiment], values: &[Option<&String>]) -> DifferingSetting {
    let name = name_of(path);
    let text = |(experiment, value): (&&Experiment, Option<&String>)| match (path, value) {
        (_, None) if path == "initial_weights" => "fresh weights".to_owned(),
        (_, None) => String::new(),
        ("model" | "dataset", Some(value)) => (*value).clone(),
        ("first_seed", _) if experiment.replicates > 1 => {
            let last = experiment.seed(experiment.replicates - 1);
            format!("seeds {} to {last}", experiment.first_seed)
        }
        (_, Some(value)) => format!("{name} {value}"),
    };
    let texts = experiments.iter().zip(values.iter().copied()).map(text).collect();
    DifferingSetting { name, texts }
}

fn name_of(path: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(own, _)| *own == path) {
        return (*name).to_owned();
    }
    if let Some(layer) = path.strip_prefix("pruning.layer_rates.") {
        return format!("pruning rate of {layer}");
    }
    path.rsplit('.').next().unwrap_or(path).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::{Optimizer, Rate, Seed, Step};

    /// A change of a setting, and the legends without it and with it.
    type Change = (fn(&mut Experiment), &'static str, &'static str);

    fn experiment() -> Experiment {
        Experiment::new("lenet-300-100", "mnist")
    }

    fn with(change: impl FnOnce(&mut Experiment)) -> Experiment {
        let mut changed = experiment();
        change(&mut changed);
        changed
    }

    fn texts(experiments: &[Experiment]) -> Vec<Vec<String>> {
        let differing = differing_settings(&experiments.iter().collect::<Vec<_>>());
        (0..experiments.len())
            .map(|place| differing.iter().map(|setting| setting.texts[place].clone()).collect())
            .collect()
    }

    #[test]
    fn seeds_are_called_seeds() {
        let runs = [with(|e| e.first_seed = Seed(5)), with(|e| e.first_seed = Seed(6))];
        assert_eq!(texts(&runs), [["seed 5"], ["seed 6"]]);
        let several = with(|e| {
            e.first_seed = Seed(10);
            e.replicates = 5;
        });
        assert_eq!(texts(&[experiment(), several]), [["seed 0"], ["seeds 10 to 14"]]);
    }

    #[test]
    fn every_setting_that_differs_is_told_with_its_name() {
        let movement = with(|e| {
            e.pruning.criterion = "movement".to_owned();
            e.recipe.learning_rate = 0.003;
        });
        assert_eq!(
            texts(&[experiment(), movement]),
            [
                ["criterion large-final", "learning rate 0.0012"],
                ["criterion movement", "learning rate 0.003"]
            ]
        );
        let changes: [Change; 8] = [
            (|e| e.pruning.rewind = Step::from_iterations(500), "rewind point 0ep", "rewind point 500it"),
            (
                |e| e.pruning.keep_optimizer_state = true,
                "kept optimiser state off",
                "kept optimiser state on",
            ),
            (|e| e.recipe.batch_size = 100, "batch size 60", "batch size 100"),
            (|e| e.recipe.gradient_clip = Some(1.0), "", "gradient clip 1"),
            (|e| e.initial_weights = Some("ab".repeat(32)), "fresh weights", "initial weights abababab"),
            (|e| e.view.fraction = Some(0.5), "mnist", "mnist-fraction-0.5"),
            (
                |e| e.pruning.excluded_layers = ["fc3".to_owned()].into(),
                "excluded layers none",
                "excluded layers fc3",
            ),
            (
                |e| e.pruning.layer_rates = [("fc1".to_owned(), Rate::new(0.5).unwrap())].into(),
                "",
                "pruning rate of fc1 0.5",
            ),
        ];
        for (change, one, other) in changes {
            assert_eq!(texts(&[experiment(), with(change)]), [[one], [other]]);
        }
    }

    #[test]
    fn what_follows_from_the_model_or_from_a_flag_is_not_told() {
        let conv = Experiment::new("conv-2", "cifar-10");
        assert_eq!(texts(&[experiment(), conv]), [["lenet-300-100", "mnist"], ["conv-2", "cifar-10"]]);
        let faster = with(|e| {
            e.pruning.linear_rate = Rate::new(0.4).unwrap();
            e.pruning.output_rate = Rate::new(0.2).unwrap();
        });
        assert_eq!(texts(&[experiment(), faster]), [["pruning rate 0.2"], ["pruning rate 0.4"]]);
        let sgd = with(|e| {
            e.recipe.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 }
        });
        let words = texts(&[experiment(), sgd]);
        assert_eq!((words[0].len(), words[0][0].starts_with("optimiser Adam")), (1, true), "{words:?}");
        assert!(words[1][0].starts_with("optimiser SGD") && words[1][0].contains("0.9"), "{words:?}");
    }

    #[test]
    fn equal_experiments_and_longer_ones_do_not_differ() {
        let longer = with(|e| {
            e.rounds = 3;
            e.replicates = 7;
        });
        assert_eq!(differing_settings(&[&experiment(), &longer]), []);
        assert_eq!(differing_settings(&[]), []);
    }
}
