//! The curves of a comparison, as its figure and its tables show them.

use lth_report::{
    TableAxis,
    reproduce::{Published, Quantity, Results, Series},
};

/// Curves that are shown together.
pub(super) struct Group<'a> {
    /// The study that they are of; empty where there is one group.
    pub(super) study: &'a str,
    /// What each is called there, and its values.
    pub(super) curves: Vec<(String, Series)>,
}

/// The curves of a quantity: one group, or one for each study where several have names, which curves do not repeat then.
pub(super) fn by_study<'a>(one: &'a Published, quantity: Quantity, results: &Results) -> Vec<Group<'a>> {
    let series = results.series(quantity);
    let mut places: Vec<(&str, String)> = series.iter().map(|own| place_of(one, &own.name)).collect();
    let of_one = places.iter().all(|(study, _)| *study == places[0].0);
    if of_one || places.iter().any(|(study, _)| study.is_empty()) {
        places = series.iter().map(|own| ("", own.name.clone())).collect();
    }
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (own, (study, name)) in series.into_iter().zip(places) {
        let group = groups.iter().position(|group| group.study == study).unwrap_or_else(|| {
            groups.push(Group { study, curves: Vec::new() });
            groups.len() - 1
        });
        groups[group].curves.push((label(one, &name), own));
    }
    groups
}

/// The study that a curve is of, if that has a name, and the curve's name without it.
fn place_of<'a>(one: &'a Published, name: &str) -> (&'a str, String) {
    one.studies
        .iter()
        .filter(|study| !study.name.is_empty())
        .find_map(|study| {
            let (before, after) = name.split_once(&format!(", {}, ", study.name))?;
            Some((study.name.as_str(), format!("{before}, {after}")))
        })
        .unwrap_or(("", name.to_owned()))
}

/// What a curve is called: a number alone says nothing without its setting.
pub(super) fn label(one: &Published, name: &str) -> String {
    match one.columns {
        TableAxis::Setting(_) if name.starts_with(|sign: char| sign.is_ascii_digit()) => {
            format!("{} {name}", one.columns.name())
        }
        _ => name.to_owned(),
    }
}
