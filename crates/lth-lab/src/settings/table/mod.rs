//! Every setting of an experiment, declared once. To add one, add an entry to the file of its group, and the code that uses it.
//!
//! The order of entries is the order in which values are given to an experiment: a setting that [`Role::Leads`] comes before
//! those whose defaults follow from it.

mod data;
mod methods;
mod noted;
mod procedure;
mod pruning;
mod recipe;
mod run;
mod training;

use lth_model::nearest_name;

use super::{
    Experiment,
    setting::{Flag, Setting},
    value::Value,
};
use crate::LabError;

/// Every setting.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    let groups = [
        noted::NOTED,
        data::DATA,
        procedure::PROCEDURE,
        methods::METHODS,
        pruning::PRUNING,
        training::TRAINING,
        recipe::RECIPE,
        run::RUN,
    ];
    groups.into_iter().flatten()
}

/// The setting of this key, of this last part of a key, or of this flag.
///
/// ```
/// for name in ["recipe.batch_size", "batch_size", "batch-size", "--batch-size"] {
///     assert_eq!(lth_lab::find_setting(name).unwrap().key, "recipe.batch_size");
/// }
/// assert!(lth_lab::find_setting("batchsize").is_err());
/// ```
///
/// # Errors
/// When there is none; the hint names the nearest.
pub fn find_setting(name: &str) -> Result<&'static Setting, LabError> {
    let flag = name.trim_start_matches('-').replace('_', "-");
    let key = flag.replace('-', "_");
    let has = |names: &[&str]| names.contains(&flag.as_str());
    let is_flag = |own: &Flag| own.long == flag || has(own.also) || has(own.aliases);
    settings()
        .find(|setting| setting.key == key)
        .or_else(|| settings().find(|setting| setting.name() == key))
        .or_else(|| settings().find(|setting| setting.flags.iter().any(is_flag)))
        .ok_or_else(|| {
            let keys = settings().flat_map(|setting| [setting.key, setting.name()]);
            LabError::Setting {
                setting: "set",
                value: name.to_owned(),
                reason: "there is no setting of this name".to_owned(),
                hint: nearest_name(&key, keys).map_or_else(
                    || "`lth schema` lists them".to_owned(),
                    |near| format!("did you mean '{near}'?"),
                ),
            }
        })
}

impl Experiment {
    /// Gives one setting, by the names that [`find_setting`] knows, a value as it is typed.
    ///
    /// ```
    /// let mut experiment = lth_lab::Experiment::new("lenet-300-100", "mnist");
    /// experiment.set("criterion", "movement").unwrap();
    /// assert!(experiment.set("pruning.steps", "5").is_err(), "that belongs to pruning at initialisation");
    /// ```
    ///
    /// # Errors
    /// [`LabError::Setting`], when there is no such setting or the value is refused.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LabError> {
        find_setting(name)?.give(self, &Value::of(value))
    }

    /// Gives settings their values, in the order of the table, whatever that of the list; of a setting that is there twice the
    /// last counts.
    ///
    /// # Errors
    /// [`LabError::Setting`] for the first that is refused.
    pub fn give(&mut self, given: &[(&'static Setting, Value)]) -> Result<(), LabError> {
        for setting in settings() {
            if let Some((_, value)) = given.iter().rev().find(|(own, _)| own.key == setting.key) {
                setting.give(self, value)?;
            }
        }
        let is_given = |key| given.iter().any(|(setting, _)| setting.key == key);
        if is_given("pruning.densities") && !is_given("rounds") {
            self.rounds = self.pruning.procedure.densities().len() as u32 + 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::setting::Group, *};

    #[test]
    fn keys_and_flags_are_there_once() {
        let mut keys = BTreeSet::new();
        let mut flags = BTreeSet::new();
        for setting in settings() {
            assert!(keys.insert(setting.key), "{}", setting.key);
            assert!(!setting.help.is_empty() && !setting.help.ends_with('.'), "{}", setting.key);
            assert!(setting.group == Group::Noted || !setting.example.is_empty(), "{}", setting.key);
            for flag in setting.flags {
                for name in [&[flag.long], flag.also, flag.aliases].concat() {
                    assert!(flags.insert(name), "--{name} is there twice");
                }
            }
        }
    }

    #[test]
    fn an_example_is_a_value() {
        for setting in settings().filter(|setting| !setting.example.is_empty()) {
            let of = |procedure: &str, optimizer: &str, criterion: &str| {
                let mut experiment = Experiment::new("conv-2", "cifar-10");
                let lead = |key, value: &str| (find_setting(key).unwrap(), Value::of(value));
                experiment
                    .give(&[
                        lead("pruning.procedure", procedure),
                        lead("recipe.optimizer", optimizer),
                        lead("pruning.criterion", criterion),
                    ])
                    .unwrap();
                setting.give(&mut experiment, &Value::of(setting.example))
            };
            let tried = [
                of("iterative", "adam", "large-final"),
                of("at-init", "sgd", "grasp"),
                of("dynamic", "sgd", "rigl"),
                of("early-bird", "adam", "large-final"),
            ];
            assert!(tried.iter().any(Result::is_ok), "{}: {tried:?}", setting.key);
        }
    }
}
