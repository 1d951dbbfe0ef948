//! The name of a run's folder: what makes two runs the same run.

use std::collections::BTreeMap;

use super::{
    Experiment,
    setting::{Role, Setting},
    short_name,
    table::settings,
    value::Value,
};

impl Experiment {
    /// `<model>-<dataset>-<hash>`, of models and data sets that are paths the last part: the first 8 hex digits of BLAKE3 over the
    /// settings that are not at their default, or `default` where all are.
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

    /// The settings that identify a run, by their key, and their values.
    pub fn identity(&self) -> BTreeMap<&'static str, Value> {
        identifying().filter_map(|setting| Some((setting.key, setting.value(self)?))).collect()
    }

    /// The settings that identify a run and are not at their default, one a line.
    pub(crate) fn identity_text(&self) -> String {
        format!("model={}\ndataset={}\n{}", self.model, self.dataset, lines(&self.changed_settings()))
    }

    /// The settings that identify a run and are not at the default that follows from its model, its data set and the settings that
    /// lead others.
    pub(super) fn changed_settings(&self) -> BTreeMap<&'static str, Value> {
        let plain = Self::new(&self.model, &self.dataset);
        let mut led = plain.clone();
        for setting in identifying().filter(|setting| setting.role == Role::Leads) {
            if let Some(value) = setting.value(self) {
                setting.give(&mut led, &value).expect("it is the value of an experiment");
            }
        }
        let changed = |setting: &'static Setting| {
            let value = setting.value(self)?;
            let default = if setting.role == Role::Leads { &plain } else { &led };
            (setting.value(default).as_ref() != Some(&value)).then_some((setting.key, value))
        };
        identifying().filter_map(changed).collect()
    }
}

fn identifying() -> impl Iterator<Item = &'static Setting> {
    settings().filter(|setting| setting.role != Role::Extends)
}

/// `key=value`, one a line.
fn lines(settings: &BTreeMap<&'static str, Value>) -> String {
    settings.iter().map(|(key, value)| format!("{key}={}\n", value.exact())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ControlKind;
    use lth_model::Optimizer;

    fn experiment() -> Experiment {
        Experiment::new("lenet-300-100", "mnist")
    }

    #[test]
    fn names_are_frozen() {
        let mut other = experiment();
        assert_eq!(other.folder_name(), "lenet-300-100-mnist-default");
        other.recipe.learning_rate = 1e-3;
        other.set("rewind", "500it").unwrap();
        assert_eq!(
            other.changed_settings().into_iter().map(|(key, value)| (key, value.exact())).collect::<Vec<_>>(),
            [("pruning.rewind", "500it".to_owned()), ("recipe.learning_rate", "0.001".to_owned())]
        );
        assert_eq!(other.folder_name(), "lenet-300-100-mnist-044414ac");
        other.recipe.optimizer = Optimizer::SGD;
        assert_eq!(other.folder_name(), "lenet-300-100-mnist-1cd7b142");
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
        let changed: Vec<&str> = plain.changed_settings().into_keys().collect();
        assert_eq!(changed, ["recipe.momentum", "recipe.weight_decay"]);
    }

    #[test]
    fn paths_stay_out_of_the_name() {
        let experiment = Experiment::new("custom:nets/small.toml", "image-folder:/data/photos");
        assert_eq!(experiment.folder_name(), "small-photos-default");
    }

    #[test]
    fn every_other_setting_renames_it() {
        let mut names = vec![experiment().folder_name()];
        for setting in
            identifying().filter(|setting| !["model", "dataset", "recipe.warmup"].contains(&setting.key))
        {
            let owner = match setting.key {
                "pruning.allocation" | "pruning.steps" => "at-init",
                "pruning.grasp_temperature" => "grasp",
                "pruning.densities" => "one-shot",
                "pruning.update_every" | "pruning.update_end" | "pruning.drop_fraction" => "dynamic",
                "pruning.early_bird_window" | "pruning.early_bird_threshold" => "early-bird",
                _ => "iterative",
            };
            let mut changed = experiment();
            if owner == "grasp" {
                changed.pruning.procedure = super::super::Procedure::at_init(owner);
            } else {
                changed.set("pruning.procedure", owner).unwrap();
            }
            if ["recipe.momentum", "recipe.nesterov"].contains(&setting.key) {
                changed.set("optimizer", "sgd").unwrap();
            }
            let before = changed.folder_name();
            let other = match setting.key {
                "recipe.nesterov" => {
                    changed.set("momentum", "0.5").unwrap();
                    "on"
                }
                "recipe.length" => "3ep",
                "recipe.batch_size" => "61",
                "recipe.learning_rate" | "recipe.momentum" => "0.25",
                "seed" => "7",
                "validation_size" => "0",
                "evaluate_every" | "pruning.update_every" => "50",
                "pruning.rate" | "pruning.update_end" | "pruning.drop_fraction" => "0.4",
                "pruning.output_rate" => "0.3",
                "pruning.early_bird_window" => "3",
                "pruning.early_bird_threshold" | "recipe.beta1" | "recipe.beta2" => "0.2",
                "recipe.epsilon" => "0.001",
                _ if setting.example.is_empty() => "ab",
                _ => setting.example,
            };
            setting.give(&mut changed, &Value::of(other)).unwrap();
            assert_ne!(changed.folder_name(), before, "{}", setting.key);
            assert!(!names.contains(&changed.folder_name()), "{}: {changed:?}", setting.key);
            names.push(changed.folder_name());
        }
    }
}
