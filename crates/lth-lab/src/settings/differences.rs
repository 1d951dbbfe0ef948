//! The settings in which experiments differ, in words: for legends, titles and lists.

use rayon::prelude::*;

use super::{Experiment, setting::Setting, short_name, table::settings};

/// A setting in which experiments differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingSetting {
    /// Its key in `experiment.toml`.
    pub key: &'static str,
    /// What it is: `criterion`, `learning rate`.
    pub name: String,
    /// Its value in each experiment, in their order. Empty where an experiment does without it.
    pub values: Vec<String>,
    /// The setting with its value in each experiment, in their order: `criterion movement`. Empty where an experiment does
    /// without it.
    pub texts: Vec<String>,
}

/// Settings that say most, in this order; the others follow in the order of the table.
const FIRST: [&str; 4] = ["model", "dataset", "pruning.procedure", "pruning.criterion"];

/// The settings in which experiments differ, those first that say most. What follows from the model, the data set or another
/// setting is left out, because each experiment has its own default; so is what only extends a run, as the number of rounds.
///
/// ```
/// use lth_lab::{Experiment, Procedure, differing_settings};
/// let mut other = Experiment::new("lenet-300-100", "mnist");
/// other.pruning.procedure.of_trained_mut().unwrap().criterion = "movement".to_owned();
/// let differing = differing_settings(&[&Experiment::new("lenet-300-100", "mnist"), &other]);
/// assert_eq!(differing.len(), 1);
/// assert_eq!(differing[0].texts, ["criterion large-final", "criterion movement"]);
/// ```
pub fn differing_settings(experiments: &[&Experiment]) -> Vec<DifferingSetting> {
    let changed: Vec<_> = experiments.par_iter().map(|experiment| experiment.changed_settings()).collect();
    let is_led = |setting: &Setting| !changed.iter().any(|settings| settings.contains_key(setting.key));
    let mut differing: Vec<DifferingSetting> = Vec::new();
    for setting in settings() {
        // Views of a data set are told by its title.
        let of_data = setting.key == "dataset_fingerprint" || setting.key.starts_with("view.");
        let always = ["model", "dataset"].contains(&setting.key);
        if of_data || setting.role == super::setting::Role::Extends || (!always && is_led(setting)) {
            continue;
        }
        let values: Vec<Option<String>> =
            experiments.iter().map(|experiment| value_in_words(setting, experiment)).collect();
        if values.windows(2).any(|pair| pair[0] != pair[1]) {
            differing.push(in_words(setting, experiments, &values));
        }
    }
    let place = |key| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    differing.sort_by_key(|setting| place(setting.key));
    differing
}

/// The value of a setting as people write it: hashes and numbers shortened, model and data set without folders.
fn value_in_words(setting: &Setting, experiment: &Experiment) -> Option<String> {
    const HASH: usize = 32;
    match setting.key {
        "model" => Some(short_name(&experiment.model).to_owned()),
        "dataset" => Some(experiment.data_title()),
        _ => setting.value(experiment).map(|value| {
            let text = value.to_string();
            let is_hash = text.len() >= HASH && text.bytes().all(|sign| sign.is_ascii_hexdigit());
            match text.as_str() {
                "true" => "on".to_owned(),
                "false" => "off".to_owned(),
                _ if is_hash => text[..8].to_owned(),
                _ => short_number(text),
            }
        }),
    }
}

/// A number with many zeros by its power of ten: `1e30`, `1e-8`.
fn short_number(text: String) -> String {
    let Ok(value) = text.parse::<f64>() else { return text };
    let power = format!("{value:e}");
    // Of integers that no `f64` has, no digit may get lost.
    if power.len() < text.len() / 2 && value.to_string() == text { power } else { text }
}

fn in_words(setting: &Setting, experiments: &[&Experiment], values: &[Option<String>]) -> DifferingSetting {
    let name = setting.label();
    let text = |(experiment, value): (&&Experiment, &Option<String>)| match (setting.key, value) {
        ("initial_weights", None) => "fresh weights".to_owned(),
        (_, None) => String::new(),
        ("model" | "dataset", Some(value)) => value.clone(),
        ("seed", _) if experiment.replicates > 1 => {
            let last = experiment.seed(experiment.replicates - 1);
            format!("seeds {} to {last}", experiment.first_seed)
        }
        (_, Some(value)) => format!("{name} {value}"),
    };
    let texts = experiments.iter().zip(values).map(text).collect();
    let values = values.iter().map(|value| value.clone().unwrap_or_default()).collect();
    DifferingSetting { key: setting.key, name, values, texts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::{Optimizer, Rate, Seed};

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
            e.set("criterion", "movement").unwrap();
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
            (|e| e.set("rewind", "500it").unwrap(), "rewind point 0ep", "rewind point 500it"),
            (
                |e| e.set("keep_optimizer_state", "on").unwrap(),
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
                "pruning rates of layers fc1=0.5",
            ),
        ];
        for (change, one, other) in changes {
            assert_eq!(texts(&[experiment(), with(change)]), [[one], [other]]);
        }
    }

    #[test]
    fn numbers_are_short_and_exact() {
        for (text, short) in [
            ("0.0012", "0.0012"),
            ("50435", "50435"),
            ("100000000", "1e8"),
            ("0.00000001", "1e-8"),
            ("10000000000000000001", "10000000000000000001"),
            ("500it", "500it"),
        ] {
            assert_eq!(short_number(text.to_owned()), short);
        }
        let far = with(|e| e.recipe.learning_rate = 1e30);
        assert_eq!(texts(&[experiment(), far]), [["learning rate 0.0012"], ["learning rate 1e30"]]);
    }

    #[test]
    fn what_follows_from_the_model_or_from_a_flag_is_not_told() {
        let conv = Experiment::new("conv-2", "cifar-10");
        assert_eq!(texts(&[experiment(), conv]), [["lenet-300-100", "mnist"], ["conv-2", "cifar-10"]]);
        let faster = with(|e| {
            e.set("pruning.rate", "0.4").unwrap();
        });
        assert_eq!(texts(&[experiment(), faster]), [["pruning rate 0.2"], ["pruning rate 0.4"]]);
        let sgd = with(|e| {
            e.recipe.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 }
        });
        assert_eq!(texts(&[experiment(), sgd]), [["optimiser adam", ""], ["optimiser sgd", "momentum 0.9"]]);
        let usual = with(|e| e.set("optimizer", "sgd").unwrap());
        assert_eq!(texts(&[experiment(), usual]), [["optimiser adam"], ["optimiser sgd"]]);
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
