//! `lth compare`.

use std::collections::BTreeSet;

use lth_model::{Masks, Tensors};
use lth_ticket::{MaskOverlap, SignAgreement, angle, distance};
use serde::Serialize;

use super::compare_source::{Compared, Source};
use crate::{
    arguments::{CompareArguments, CompareFormat},
    failure::Failure,
    output::{Messages, print},
    settings::whole,
    table::{density_percent, percent, table, text},
};

/// One comparison, of whole networks or of one layer.
#[derive(Debug, Serialize)]
struct Row {
    other: String,
    round: Option<u32>,
    other_round: Option<u32>,
    layer: Option<String>,
    density: f64,
    other_density: f64,
    /// Of the weights that the first keeps, those that the other keeps too.
    kept_in_both: f64,
    jaccard: f64,
    jaccard_by_chance: f64,
    times_chance: Option<f64>,
    same_sign: Option<f64>,
    distance: f64,
    angle_degrees: Option<f64>,
    trained_weights: bool,
    accuracy: Option<f64>,
    other_accuracy: Option<f64>,
}

/// Compares tickets.
pub(crate) fn run(arguments: &CompareArguments, messages: &Messages) -> Result<(), Failure> {
    let round =
        arguments.round.as_deref().map(|text| whole::<u32>("round", text, "--round 7")).transpose()?;
    let [first_replicate, other_replicate] = replicates(arguments.replicates.as_deref())?;
    let (first, others) = arguments.tickets.split_first().expect("two are required");
    let first = Source::open(first, first_replicate, messages)?;
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    for path in others {
        let other = Source::open(path, other_replicate, messages)?;
        notes.extend(first.differences(&other));
        for (a, b) in first.pairs(&other, round)? {
            same_shapes(&a, &b)?;
            rows.push(row(&a, &b, None));
            if arguments.layers {
                rows.extend(a.masks.keys().map(|layer| row(&a, &b, Some(layer))));
            }
        }
    }
    match arguments.format {
        CompareFormat::Table => print(&as_table(&first, &rows, &notes)),
        CompareFormat::Csv => print(&as_csv(&rows)),
        CompareFormat::Json => {
            let text = serde_json::to_string_pretty(&rows).expect("rows are plain values");
            print(&format!("{text}\n"))
        }
    }
}

fn replicates(text: Option<&str>) -> Result<[u32; 2], Failure> {
    let Some(text) = text else { return Ok([0, 0]) };
    let of = |text: &str| whole::<u32>("replicate", text.trim(), "--replicates 0,1");
    match text.split(',').collect::<Vec<_>>()[..] {
        [both] => Ok([of(both)?; 2]),
        [first, other] => Ok([of(first)?, of(other)?]),
        _ => Err(Failure::input(
            format!("'{text}' are not two replicates"),
            "use for example --replicates 0,1: of the first run, and of the others",
        )),
    }
}

/// Refuses tickets of other networks.
fn same_shapes(a: &Compared, b: &Compared) -> Result<(), Failure> {
    for (name, mask) in &a.masks {
        let shape = b.masks.get(name).map(lth_model::Mask::shape);
        if shape != Some(mask.shape()) {
            let other = shape.map_or("no such tensor".to_owned(), |shape| format!("{shape:?}"));
            return Err(Failure::input(
                format!("'{name}' is {:?} in {} and {other} in {}", mask.shape(), a.label, b.label),
                "compare tickets of the same network",
            ));
        }
    }
    if let Some(name) = b.masks.keys().find(|name| !a.masks.contains_key(*name)) {
        return Err(Failure::input(
            format!("'{name}' of {} is not in {}", b.label, a.label),
            "compare tickets of the same network",
        ));
    }
    Ok(())
}

fn row(a: &Compared, b: &Compared, layer: Option<&String>) -> Row {
    let is_counted = |name: &str| a.masks.contains_key(name) && layer.is_none_or(|layer| layer == name);
    let sizes: usize = a.masks.iter().filter(|(name, _)| is_counted(name)).map(|(_, mask)| mask.len()).sum();
    let overlap = MaskOverlap::of(&a.masks, &b.masks, layer.map(String::as_str)).unwrap_or(MaskOverlap {
        first: 0,
        second: 0,
        both: 0,
        by_chance: 0.0,
    });
    let part = |count: usize| count as f64 / sizes.max(1) as f64;
    let trained = a.trained.is_some() && b.trained.is_some();
    let weights = |of: &'_ Compared| -> Tensors {
        of.trained.clone().filter(|_| trained).unwrap_or_else(|| of.weights.clone())
    };
    let (first, second) = (weights(a), weights(b));
    let comparable = first.keys().filter(|name| is_counted(name)).all(|name| second.contains_key(name));
    let (far, angle) = if comparable && !first.is_empty() {
        (distance(&first, &second, is_counted), angle(&first, &second, None, is_counted))
    } else {
        (f64::NAN, None)
    };
    Row {
        other: b.label.clone(),
        round: a.round,
        other_round: b.round,
        layer: layer.cloned(),
        density: part(overlap.first),
        other_density: part(overlap.second),
        kept_in_both: overlap.both as f64 / overlap.first.max(1) as f64,
        jaccard: overlap.jaccard(),
        jaccard_by_chance: overlap.jaccard_by_chance(),
        times_chance: overlap.over_chance(),
        same_sign: signs(&a.masks, &b.masks, &first, &second, &is_counted).fraction(),
        distance: far,
        angle_degrees: angle,
        trained_weights: trained,
        accuracy: a.accuracy,
        other_accuracy: b.accuracy,
    }
}

/// The signs of weights that both keep.
fn signs(
    a: &Masks,
    b: &Masks,
    first: &Tensors,
    second: &Tensors,
    is_counted: &dyn Fn(&str) -> bool,
) -> SignAgreement {
    let mut pairs = Vec::new();
    for (name, mask) in a.iter().filter(|(name, _)| is_counted(name)) {
        let (Some(other), Some(x), Some(y)) = (b.get(name), first.get(name), second.get(name)) else {
            continue;
        };
        let both = mask.live_indices().filter(|&index| other.is_live(index));
        pairs.extend(both.map(|index| (x.data()[index], y.data()[index])));
    }
    SignAgreement::of(pairs)
}

fn as_table(first: &Source, rows: &[Row], notes: &[String]) -> String {
    let mut all = table(
        &[
            "with",
            "round",
            "layer",
            "density %",
            "its density %",
            "kept in both %",
            "Jaccard",
            "by chance",
            "times chance",
            "same sign %",
            "distance",
            "angle",
            "accuracy %",
            "its accuracy %",
        ],
        3,
    );
    let optional = |value: Option<f64>, decimals: usize| {
        value.filter(|value| value.is_finite()).map_or(String::new(), |value| format!("{value:.decimals$}"))
    };
    let hundred = |value: Option<f64>| value.map_or(String::new(), |value| percent(value, 2));
    for row in rows {
        let round = match (row.round, row.other_round) {
            (Some(a), Some(b)) if a != b => format!("{a}, {b}"),
            (Some(round), _) | (None, Some(round)) => round.to_string(),
            (None, None) => String::new(),
        };
        all.add_row([
            row.other.clone(),
            round,
            row.layer.clone().unwrap_or_else(|| "all".to_owned()),
            density_percent(row.density, 2),
            density_percent(row.other_density, 2),
            percent(row.kept_in_both, 1),
            format!("{:.3}", row.jaccard),
            format!("{:.3}", row.jaccard_by_chance),
            optional(row.times_chance, 2),
            row.same_sign.map_or(String::new(), |part| percent(part, 1)),
            optional(Some(row.distance), 2),
            optional(row.angle_degrees, 1),
            hundred(row.accuracy),
            hundred(row.other_accuracy),
        ]);
    }
    let which: BTreeSet<&str> = rows
        .iter()
        .map(|row| if row.trained_weights { "trained weights" } else { "weights that training starts from" })
        .collect();
    let mut words =
        format!("{} compared with others, by {}.\n\n", first.label(), Vec::from_iter(which).join(" or "));
    words.push_str(&text(&all));
    if !notes.is_empty() {
        words.push_str("\nSettings that differ:\n");
        for note in notes {
            words.push_str(&format!("  {note}\n"));
        }
    }
    words
}

fn as_csv(rows: &[Row]) -> String {
    let mut text =
        "other,round,other_round,layer,density,other_density,kept_in_both,jaccard,jaccard_by_chance,\
                    times_chance,same_sign,distance,angle_degrees,trained_weights,accuracy,other_accuracy\n"
            .to_owned();
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let round = |value: Option<u32>| value.map_or(String::new(), |value| value.to_string());
    for row in rows {
        let cells = [
            format!("\"{}\"", row.other.replace('"', "\"\"")),
            round(row.round),
            round(row.other_round),
            row.layer.clone().unwrap_or_default(),
            row.density.to_string(),
            row.other_density.to_string(),
            row.kept_in_both.to_string(),
            row.jaccard.to_string(),
            row.jaccard_by_chance.to_string(),
            number(row.times_chance),
            number(row.same_sign),
            number(Some(row.distance).filter(|value| value.is_finite())),
            number(row.angle_degrees),
            row.trained_weights.to_string(),
            number(row.accuracy),
            number(row.other_accuracy),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
