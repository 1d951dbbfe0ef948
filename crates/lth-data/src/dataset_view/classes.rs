//! Some of the classes.

use lth_model::nearest_name;

use super::{ViewError, parts::select};
use crate::Dataset;

/// The numbers of these classes, which are all given by name (`2`, or `2/` as a folder) or all by number (`2` or `+2`).
pub(super) fn numbers(dataset: &Dataset, classes: &[String]) -> Result<Vec<u16>, ViewError> {
    let names = &dataset.class_names;
    let called = |class: &str| names.iter().position(|name| name == class);
    let by_name = |class: &String| called(class).or_else(|| called(class.strip_suffix('/')?));
    let by_number = |class: &String| class.parse().ok().filter(|&number: &usize| number < dataset.classes);
    let all = |read: &dyn Fn(&String) -> Option<usize>| classes.iter().map(read).collect::<Option<Vec<_>>>();
    let found = match (all(&by_name), all(&by_number)) {
        (Some(named), Some(numbered)) if named != numbered => {
            let called =
                |numbers: Vec<usize>| numbers.into_iter().map(|number| names[number].clone()).collect();
            let (named, numbered) = (called(named), called(numbered));
            return Err(ViewError::AmbiguousClasses { classes: classes.to_vec(), named, numbered });
        }
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => return Err(unknown(dataset, classes, &by_name, &by_number)),
    };
    if let Some(repeated) = (1..found.len()).find(|&place| found[..place].contains(&found[place])) {
        return Err(ViewError::RepeatedClass { class: classes[repeated].clone() });
    }
    if found.len() == 1 {
        return Err(ViewError::OneClass);
    }
    Ok(found.into_iter().map(|number| number as u16).collect())
}

/// Why classes are neither all names nor all numbers.
fn unknown(
    dataset: &Dataset,
    classes: &[String],
    by_name: &dyn Fn(&String) -> Option<usize>,
    by_number: &dyn Fn(&String) -> Option<usize>,
) -> ViewError {
    let neither = classes.iter().find(|class| by_name(class).is_none() && by_number(class).is_none());
    let Some(class) = neither else {
        // Each is one of the two, and neither reading takes all.
        let only = |one: &dyn Fn(&String) -> Option<usize>| {
            classes.iter().find(|class| one(class).is_none()).cloned().unwrap_or_default()
        };
        return ViewError::MixedClasses { number: only(by_name), name: only(by_number) };
    };
    ViewError::UnknownClass {
        dataset: dataset.name.clone(),
        class: class.clone(),
        nearest: nearest_name(class, dataset.class_names.iter().map(String::as_str)).map(str::to_owned),
        classes: dataset.classes,
    }
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
    let own = &dataset.train.labels[dataset.training_examples()..];
    let validation = own.iter().filter(|&&label| renumbered[usize::from(label)].is_some()).count();
    Ok(dataset.with(half(&dataset.train), validation, half(&dataset.test), names))
}
