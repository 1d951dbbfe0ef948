//! Axes of a sweep: which settings get which values.

use lth_model::Hint;

use crate::{LabError, Setting, Value, find_setting, settings::Role};

/// One axis: a setting with its values, or several settings whose values go together (`zip`).
#[derive(Clone)]
pub struct Axis {
    /// The settings.
    pub settings: Vec<&'static Setting>,
    /// For each step along the axis a value of each setting.
    pub steps: Vec<Vec<Value>>,
}

impl Axis {
    /// An axis as it is typed: `criterion=movement,large-final`. Values that have commas themselves are parted by semicolons:
    /// `schedule=cosine;milestones:20ep,0.1`.
    ///
    /// ```
    /// let axis: lth_lab::Axis = lth_lab::Axis::parse("learning-rate=1e-3,2e-3").unwrap();
    /// assert_eq!((axis.settings[0].key, axis.steps.len()), ("recipe.learning_rate", 2));
    /// ```
    ///
    /// # Errors
    /// When there is no such setting, or no value.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        let Some((name, values)) = text.split_once('=') else {
            let hint = "for example criterion=movement,large-final";
            return Err(refused(text, "it has no '='", hint));
        };
        let sign = if values.contains(';') { ';' } else { ',' };
        let values = values.split(sign).map(str::trim).filter(|value| !value.is_empty());
        Self::of(name.trim(), values.map(|value| Value::One(value.to_owned())).collect())
    }

    /// An axis of one setting, by a name that [`find_setting`] knows.
    pub(super) fn of(name: &str, values: Vec<Value>) -> Result<Self, LabError> {
        let setting = setting(name)?;
        if values.is_empty() {
            return Err(refused(name, "it has no values", format!("for example {name}={}", setting.example)));
        }
        Ok(Self { settings: vec![setting], steps: values.into_iter().map(|value| vec![value]).collect() })
    }

    /// Several axes of one setting each, as one: their values go together.
    pub(super) fn zipped(axes: Vec<Self>) -> Result<Self, LabError> {
        let lengths: Vec<usize> = axes.iter().map(|axis| axis.steps.len()).collect();
        let settings: Vec<&'static Setting> =
            axes.iter().flat_map(|axis| axis.settings.iter().copied()).collect();
        if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
            let names: Vec<String> = axes
                .iter()
                .map(|axis| format!("{} has {}", axis.settings[0].key, axis.steps.len()))
                .collect();
            let names = names.join(", ");
            return Err(refused(
                &names,
                "values that go together are as many",
                "give each setting as many values",
            ));
        }
        let length = lengths.first().copied().unwrap_or(0);
        let steps = (0..length)
            .map(|place| axes.iter().flat_map(|axis| axis.steps[place].iter().cloned()).collect())
            .collect();
        Ok(Self { settings, steps })
    }
}

/// A setting that may be on an axis.
pub(super) fn setting(name: &str) -> Result<&'static Setting, LabError> {
    let setting = find_setting(name).map_err(|error| {
        refused(name, "there is no setting of this name", error.hint().unwrap_or_default())
    })?;
    let lab = ["keep", "name", "tags"];
    if setting.example.is_empty() || lab.contains(&setting.key) {
        return Err(refused(name, "runs do not differ by it", "sweep over what decides what a run finds"));
    }
    if setting.key == "replicates" || setting.role == Role::Extends && setting.key != "rounds" {
        let hint = "give it once, beside the axes: every run has it";
        return Err(refused(name, "it extends a run and makes no other", hint));
    }
    Ok(setting)
}

fn refused(value: &str, reason: &str, hint: impl Into<String>) -> LabError {
    LabError::Setting {
        setting: "axis",
        value: value.to_owned(),
        reason: reason.to_owned(),
        hint: hint.into(),
    }
}

/// Every combination of steps, the last axis fastest: a value for each setting of each axis.
pub(super) fn combinations(axes: &[Axis]) -> impl Iterator<Item = Vec<(&'static Setting, Value)>> + '_ {
    let count: usize = axes.iter().map(|axis| axis.steps.len()).product();
    (0..count).map(|number| {
        let mut rest = number;
        let mut places: Vec<usize> = axes
            .iter()
            .rev()
            .map(|axis| {
                let place = rest % axis.steps.len();
                rest /= axis.steps.len();
                place
            })
            .collect();
        places.reverse();
        axes.iter()
            .zip(places)
            .flat_map(|(axis, place)| axis.settings.iter().copied().zip(axis.steps[place].iter().cloned()))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axes: &[Axis]) -> Vec<String> {
        combinations(axes)
            .map(|values| values.iter().map(|(_, value)| value.exact()).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn every_combination_is_there_once() {
        let criteria = Axis::parse("criterion=a,b").unwrap();
        let rates = Axis::parse("lr=1,2,3").unwrap();
        assert_eq!(texts(&[criteria, rates]), ["a 1", "a 2", "a 3", "b 1", "b 2", "b 3"]);
        assert_eq!(texts(&[]), [""], "without an axis there is one run");
    }

    #[test]
    fn values_with_commas_are_parted_by_semicolons() {
        let axis = Axis::parse("schedule=cosine;milestones:2ep,0.1").unwrap();
        assert_eq!(texts(&[axis]), ["cosine", "milestones:2ep,0.1"]);
    }

    #[test]
    fn values_that_go_together_are_as_many() {
        let (a, b) = (Axis::parse("lr=1,2").unwrap(), Axis::parse("batch-size=10,20").unwrap());
        assert_eq!(texts(&[Axis::zipped(vec![a.clone(), b]).unwrap()]), ["1 10", "2 20"]);
        assert!(Axis::zipped(vec![a, Axis::parse("batch-size=10").unwrap()]).is_err());
    }

    #[test]
    fn what_is_no_axis_is_refused_with_a_hint() {
        for text in ["criterium=a", "criterion", "criterion=", "keep=all", "replicates=1,2", "data_folder=x"]
        {
            let error = Axis::parse(text).err().unwrap_or_else(|| panic!("{text}"));
            assert!(!error.hint().unwrap_or_default().is_empty(), "{error}");
        }
    }
}
