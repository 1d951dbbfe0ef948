//! Some of the classes.

use lth_model::nearest_name;

use super::{ViewError, parts::select};
use crate::Dataset;

/// The numbers of these classes, which are given by name or number. A name goes before a number.
pub(super) fn numbers(dataset: &Dataset, classes: &[String]) -> Result<Vec<u16>, ViewError> {
    let mut numbers = Vec::new();
    for class in classes {
        let named = dataset.class_names.iter().position(|name| name == class);
        let number = named.or_else(|| class.parse().ok().filter(|&number: &usize| number < dataset.classes));
        let number = number.ok_or_else(|| ViewError::UnknownClass {
            dataset: dataset.name.clone(),
            class: class.clone(),
            nearest: nearest_name(class, dataset.class_names.iter().map(String::as_str)).map(str::to_owned),
            classes: dataset.classes,
        })? as u16;
        if numbers.contains(&number) {
            return Err(ViewError::RepeatedClass { class: class.clone() });
        }
        numbers.push(number);
    }
    if numbers.len() == 1 { Err(ViewError::OneClass) } else { Ok(numbers) }
}

/// The examples of these classes, renumbered in the order given.
pub(super) fn subset(dataset: &Dataset, classes: &[String]) -> Result<Dataset, ViewError> {
    let numbers = numbers(dataset, classes)?;
    let mut renumbered = vec![None; dataset.classes];
    for (new, &old) in numbers.iter().enumerate() {
        renumbered[usize::from(old)] = Some(new as u16);
    }
    let half = |examples: &lth_model::Examples| {
        let kept: Vec<u32> = (0..examples.len() as u32)
            .filter(|&index| renumbered[usize::from(examples.labels[index as usize])].is_some())
            .collect();
        let mut part = select(examples, &kept);
        part.labels = part.labels.iter().filter_map(|&label| renumbered[usize::from(label)]).collect();
        part
    };
    let names = numbers.iter().map(|&number| dataset.class_names[usize::from(number)].clone()).collect();
    Ok(dataset.with(half(&dataset.train), half(&dataset.test), names))
}
