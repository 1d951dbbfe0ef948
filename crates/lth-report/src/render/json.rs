//! JSON.

use lth_stats::Interval;
use serde_json::{Value, json};

use crate::{Mark, ResultTable, TableCell};

/// The table with all that is known of each cell, numbers with all their digits and without percent.
pub fn json(table: &ResultTable) -> String {
    let rows = table.rows.iter().zip(&table.cells).flat_map(|(row, cells)| {
        table
            .columns
            .iter()
            .zip(cells)
            .filter_map(move |(column, cell)| Some(object(row, column, cell.as_ref()?)))
    });
    let value = json!({
        "metric": table.cell.metric.name(),
        "rows": table.row_name,
        "columns": table.column_name,
        "cells": rows.collect::<Vec<Value>>(),
    });
    format!("{value:#}\n")
}

fn object(row: &str, column: &str, cell: &TableCell) -> Value {
    let ends = |interval: Option<Interval>| interval.map(|interval| [interval.low, interval.high]);
    let sample = &cell.sample;
    json!({
        "row": row,
        "column": column,
        "n": sample.count(),
        "missing": sample.missing(),
        "mean": sample.mean(),
        "median": sample.median(),
        "min": sample.min(),
        "max": sample.max(),
        "sd": sample.standard_deviation(),
        "interval_95": ends(sample.t_interval()),
        "bootstrap_95": ends(sample.bootstrap_interval(0)),
        "best": cell.mark == Mark::Best,
        "not_told_apart_from_best": cell.mark == Mark::Noise,
        "not_tested": cell.mark == Mark::Untested,
    })
}
