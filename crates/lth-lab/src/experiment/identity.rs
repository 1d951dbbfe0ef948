//! The name of a run's folder: what makes two runs the same run.

use std::{collections::BTreeMap, mem::discriminant};

use lth_model::Optimizer;
use serde_json::Value;

use super::{Experiment, short_name};

/// Settings that extend a run, or say what stays of it or where its data lie; changing them makes no other run.
const EXTENSIBLE: [&str; 6] = ["rounds", "replicates", "controls", "mask_runs", "keep", "data_folder"];

impl Experiment {
    /// `<model>-<dataset>-<hash>`, of models and data sets that are paths the last part: the first 8 hex digits of BLAKE3 over the settings that are not at their default, or
    /// `default` where all are.
    ///
    /// Settings at their default stay out of it, so that a setting that a later version adds moves no folder.
    pub fn folder_name(&self) -> String {
        let changed = self.changed_settings();
        let suffix = if changed.is_empty() {
            "default".to_owned()
        } else {
            blake3::hash(lines(&changed).as_bytes()).to_hex()[..8].to_owned()
        };
        format!("{}-{}-{suffix}", short_name(&self.model), short_name(&self.dataset))
    }

    /// Every setting, by its path in `experiment.toml`, and its value as JSON.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let mut flat = BTreeMap::new();
        let value = serde_json::to_value(self).expect("settings are plain values");
        flatten(&value, String::new(), &mut flat);
        flat
    }

    /// The settings that identify a run, by their path in `experiment.toml`, and their values as JSON.
    pub fn identity(&self) -> BTreeMap<String, String> {
        let mut settings = self.settings();
        settings.retain(|name, _| !EXTENSIBLE.contains(&name.as_str()));
        settings
    }

    /// The settings that identify a run and are not at their default, one a line.
    pub(crate) fn identity_text(&self) -> String {
        let changed = self.changed_settings();
        let settings = lines(&changed);
        format!("model={}\ndataset={}\n{settings}", self.model, self.dataset)
    }

    /// The settings that identify a run and are not at the default of its model and data set.
    pub(super) fn changed_settings(&self) -> BTreeMap<String, String> {
        let mut default = Self::new(&self.model, &self.dataset);
        let usual = default.settings();
        // The settings of another optimiser are compared with its own defaults.
        if discriminant(&self.recipe.optimizer) != discriminant(&default.recipe.optimizer) {
            default.recipe.optimizer = match self.recipe.optimizer {
                Optimizer::Adam { .. } => Optimizer::ADAM,
                Optimizer::AdamW { .. } => Optimizer::ADAMW,
                Optimizer::Sgd { .. } => Optimizer::SGD,
            };
        }
        let mut default = default.settings();
        let name = "recipe.optimizer.name".to_owned();
        default.insert(name.clone(), usual[&name].clone());
        let mut changed = self.identity();
        changed.retain(|name, value| default.get(name) != Some(value));
        changed
    }
}

fn flatten(value: &Value, path: String, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(value, if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, flat);
            }
        }
        // 32-bit numbers arrive widened; their shortest form in 32 bits is what the user wrote.
        Value::Number(number) if number.is_f64() => {
            let wide = number.as_f64().unwrap_or(f64::NAN);
            let text =
                if f64::from(wide as f32) == wide { (wide as f32).to_string() } else { wide.to_string() };
            flat.insert(path, text);
        }
        other => {
            flat.insert(path, other.to_string());
        }
    }
}

/// `name=value`, one a line.
fn lines(settings: &BTreeMap<String, String>) -> String {
    settings.iter().flat_map(|(name, value)| [name, "=", value, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ControlKind;
    use lth_model::{Rate, Seed, Step};

    fn experiment() -> Experiment {
        Experiment::new("lenet-300-100", "mnist")
    }

    #[test]
    fn names_are_frozen() {
        let mut other = experiment();
        assert_eq!(other.folder_name(), "lenet-300-100-mnist-default");
        other.recipe.learning_rate = 1e-3;
        other.pruning.rewind = Step::from_iterations(500);
        assert_eq!(
            other.changed_settings().into_iter().collect::<Vec<_>>(),
            [
                ("pruning.rewind".to_owned(), "\"500it\"".to_owned()),
                ("recipe.learning_rate".to_owned(), "0.001".to_owned())
            ]
        );
        assert_eq!(other.folder_name(), "lenet-300-100-mnist-ef001773");
        other.recipe.optimizer = Optimizer::SGD;
        assert_eq!(other.folder_name(), "lenet-300-100-mnist-908939cb");
    }

    #[test]
    fn what_extends_a_run_does_not_rename_it() {
        let mut longer = experiment();
        longer.rounds = 25;
        longer.replicates = 5;
        longer.controls = ControlKind::all().take(1).collect();
        longer.mask_runs = vec!["runs/other".into()];
        longer.keep = super::super::Keep::All;
        assert_eq!(longer.folder_name(), experiment().folder_name());
    }

    #[test]
    fn the_defaults_of_each_family_are_the_default() {
        for (model, dataset) in
            [("resnet-20", "cifar-10"), ("vgg-19", "cifar-100"), ("conv-2+batch-norm", "svhn")]
        {
            assert_eq!(Experiment::new(model, dataset).folder_name(), format!("{model}-{dataset}-default"));
        }
        let mut plain = Experiment::new("resnet-20", "cifar-10");
        plain.recipe.optimizer = Optimizer::SGD;
        let changed: Vec<String> = plain.changed_settings().into_keys().collect();
        assert_eq!(changed, ["recipe.optimizer.momentum", "recipe.optimizer.weight_decay"]);
    }

    #[test]
    fn paths_stay_out_of_the_name() {
        let experiment = Experiment::new("custom:nets/small.toml", "image-folder:/data/photos");
        assert_eq!(experiment.folder_name(), "small-photos-default");
    }

    #[test]
    fn every_other_setting_renames_it() {
        let changes: [fn(&mut Experiment); 28] = [
            |e| e.pruning.grasp_temperature = Some(1.0),
            |e| e.pruning.mask1_action = "reinit".to_owned(),
            |e| e.pruning.mask0_action = "freeze-init".to_owned(),
            |e| e.pruning.inverted_scores = true,
            |e| e.initial_weights = Some("ab".to_owned()),
            |e| e.pruning.early_bird = Some(crate::EarlyBirdSettings::default()),
            |e| e.pruning.updates = Some(crate::MaskUpdateSettings::default()),
            |e| e.pruning.retraining = super::super::Retraining::FineTuning,
            |e| e.normalization = lth_data::NormalizationMethod::PerImage,
            |e| e.view.fraction = Some(0.5),
            |e| e.pruning.conv_rate = Rate::new(0.1).unwrap(),
            |e| e.recipe.schedule = lth_model::Schedule::Cosine { end: 0.0 },
            |e| e.recipe.schedule = "warmup:100it".parse().unwrap(),
            |e| e.recipe.augmentation.horizontal_flip = true,
            |e| e.recipe.gradient_clip = Some(1.0),
            |e| e.first_seed = Seed(1),
            |e| e.validation_size = 0,
            |e| e.order = lth_ticket::DataOrder::Stored,
            |e| e.start = Some("initialization".to_owned()),
            |e| e.evaluate_every = 50,
            |e| e.dataset_fingerprint = Some("ab".to_owned()),
            |e| e.pruning.linear_rate = Rate::new(0.3).unwrap(),
            |e| e.pruning.schedule = super::super::PruningSchedule::OneShot,
            |e| e.pruning.keep_optimizer_state = true,
            |e| e.pruning.layer_rates = [("fc1".to_owned(), Rate::new(0.3).unwrap())].into(),
            |e| e.recipe.batch_size = 61,
            |e| e.recipe.optimizer = Optimizer::ADAMW,
            |e| {
                e.recipe.optimizer =
                    Optimizer::Adam { beta1: 0.8, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 };
            },
        ];
        let mut names = vec![experiment().folder_name()];
        for change in changes {
            let mut changed = experiment();
            change(&mut changed);
            assert!(!names.contains(&changed.folder_name()), "{changed:?}");
            names.push(changed.folder_name());
        }
    }
}
