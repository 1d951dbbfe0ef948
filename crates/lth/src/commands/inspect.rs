//! `lth inspect`.

use std::path::Path;

use lth_model::{GivenFile, TensorFault, TensorFile};
use lth_ticket::Connectivity;
use serde_json::{Map, Value, json};

use super::{
    inspect_histograms::Moments,
    inspect_model::{Origin, origin},
    inspect_units,
};
use crate::{
    arguments::{InspectArguments, InspectFormat},
    failure::Failure,
    figures::write_chosen,
    output::{Messages, print},
    settings::given_with_masks,
    table::{self, count, density_percent, sparsity_percent, table},
};

/// Shows what a safetensors file holds.
pub(crate) fn run(arguments: &InspectArguments, messages: &Messages) -> Result<(), Failure> {
    let given = given_with_masks(&arguments.file, messages)?;
    let mut file = given.contents().clone();
    let tensors = file.tensors.len();
    file.tensors.retain(|name, _| !name.starts_with(OPTIMIZER));
    if arguments.histograms {
        let moments = Moments::of(&file, &arguments.file)?;
        // Before anything is said: what cannot be written is the only thing to say then.
        let drawn =
            arguments.output.as_ref().map(|base| write_chosen(base, &moments.figure(&arguments.file)?));
        let drawn = drawn.transpose()?.into_iter().flatten();
        return print(&match arguments.format {
            InspectFormat::Table => {
                let paths: String = drawn.map(|path| format!("{}\n", path.display())).collect();
                let gap = if paths.is_empty() { "" } else { "\n" };
                format!("{}{gap}{paths}", moments.text())
            }
            InspectFormat::Json => format!("{:#}\n", moments.json()),
        });
    }
    let summary = Summary::of(&file, &given, &arguments.file, tensors - file.tensors.len());
    print(&match arguments.format {
        InspectFormat::Table => summary.to_text(),
        InspectFormat::Json => summary.to_json(),
    })
}

/// What the names of the optimiser's tensors begin with.
const OPTIMIZER: &str = "optimizer.";

/// One tensor, its mask, or both.
struct Row {
    name: String,
    shape: Vec<usize>,
    values: usize,
    live: usize,
    counted: bool,
    non_zero: Option<usize>,
}

/// What a file holds.
struct Summary<'a> {
    kind: &'a str,
    origin: Origin,
    rows: Vec<Row>,
    optimizer_tensors: usize,
    file: &'a TensorFile,
    given: &'a GivenFile,
}

impl<'a> Summary<'a> {
    fn of(file: &'a TensorFile, given: &'a GivenFile, path: &Path, optimizer_tensors: usize) -> Self {
        let origin = origin(file, path);
        let shape = match (file.tensors.is_empty(), file.masks.is_empty()) {
            (true, true) => "nothing",
            (true, false) => "masks",
            (false, true) => "weights",
            (false, false) => "weights and masks",
        };
        let kind = file.metadata.get("kind").map_or(shape, String::as_str);
        let mut names: Vec<&String> = match &origin {
            Origin::Network(_, architecture) => {
                let order = architecture.state_names();
                let mut names: Vec<&String> = file.tensors.keys().chain(file.masks.keys()).collect();
                names.sort_by_key(|name| order.iter().position(|other| other == *name));
                names
            }
            _ => file.tensors.keys().chain(file.masks.keys()).collect(),
        };
        names.dedup();
        let mut rows: Vec<Row> = Vec::new();
        for name in names {
            if rows.iter().any(|row| row.name == *name) {
                continue;
            }
            let (tensor, mask) = (file.tensors.get(name), file.masks.get(name));
            let shape =
                tensor.map(lth_model::Tensor::shape).or(mask.map(lth_model::Mask::shape)).unwrap_or_default();
            let values = shape.iter().product();
            rows.push(Row {
                name: name.clone(),
                shape: shape.to_vec(),
                values,
                live: mask.map_or(values, lth_model::Mask::live),
                // Biases have one dimension; density counts weights.
                counted: shape.len() > 1,
                non_zero: tensor.map(|tensor| tensor.data().iter().filter(|value| **value != 0.0).count()),
            });
        }
        Self { kind, origin, rows, optimizer_tensors, file, given }
    }

    fn totals(&self) -> (usize, usize) {
        self.rows
            .iter()
            .filter(|row| row.counted)
            .fold((0, 0), |(live, all), row| (live + row.live, all + row.values))
    }

    /// Units on no path, where the network is known and the file has masks.
    fn connectivity(&self) -> Option<Connectivity> {
        match &self.origin {
            Origin::Network(_, architecture) => inspect_units::connectivity(architecture, self.file),
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        let kind = self.kind;
        let mut text = match &self.origin {
            Origin::Network(model, _) => format!("{kind} of {model}\n\n"),
            Origin::Name(model) => format!(
                "{kind} of {model}\n\n\
                 The network of this name is in no file that was found here: layers are in the order of their names, and\n\
                 that they fit each other is not checked.\n\n"
            ),
            Origin::Unknown => format!("{kind} of no model that lth knows\n\n"),
        };
        let mut rows = table(&["tensor", "shape", "weights", "live", "density %", "sparsity %"], 2);
        for row in &self.rows {
            let mut cells = vec![row.name.clone(), dimensions(&row.shape), count(row.values)];
            if row.counted {
                cells.extend(fractions(row.live, row.values));
            } else {
                cells.extend(["", "", ""].map(str::to_owned));
            }
            rows.add_row(cells);
        }
        let (live, all) = self.totals();
        let mut cells = vec!["all weights".to_owned(), String::new(), count(all)];
        cells.extend(fractions(live, all));
        rows.add_row(cells);
        text.push_str(&table::text(&rows));
        if let Some(found) = self.connectivity() {
            text.push('\n');
            text.push_str(&inspect_units::text(&found));
        }
        if self.optimizer_tensors > 0 {
            text.push_str(&format!("and the optimiser's memory: {} tensors\n", self.optimizer_tensors));
        }
        if !self.given.others().is_empty() {
            text.push('\n');
            let mut rows = table(&["neither weights nor masks", "shape", "type"], usize::MAX);
            for other in self.given.others() {
                rows.add_row([other.name.clone(), dimensions(&other.shape), other.dtype.clone()]);
            }
            text.push_str(&table::text(&rows));
        }
        if !self.given.faults().is_empty() {
            text.push_str("\nNo training can start from this file:\n");
            for fault in self.given.faults() {
                text.push_str(&format!("  {fault}\n"));
            }
        }
        if !self.file.metadata.is_empty() {
            text.push('\n');
            let mut rows = table(&["metadata", ""], usize::MAX);
            for (key, value) in &self.file.metadata {
                rows.add_row([key, value]);
            }
            text.push_str(&table::text(&rows));
        }
        text
    }

    fn to_json(&self) -> String {
        let (live, all) = self.totals();
        let tensors: Map<String, Value> = self
            .rows
            .iter()
            .map(|row| {
                let mut value = json!({ "shape": row.shape, "values": row.values });
                if row.counted {
                    value["live"] = json!(row.live);
                    value["density"] = json!(density(row.live, row.values));
                }
                if let Some(non_zero) = row.non_zero {
                    value["non_zero"] = json!(non_zero);
                }
                (row.name.clone(), value)
            })
            .collect();
        let model = match &self.origin {
            Origin::Network(model, _) | Origin::Name(model) => Some(model),
            Origin::Unknown => None,
        };
        let value = json!({
            "kind": self.kind,
            "model": model,
            "weights": all,
            "live": live,
            "density": density(live, all),
            "tensors": tensors,
            "other_tensors": self.given.others().iter().map(|other| {
                json!({ "name": other.name, "shape": other.shape, "type": other.dtype })
            }).collect::<Vec<_>>(),
            "faults": self.given.faults().iter().map(fault_json).collect::<Vec<_>>(),
            "units": self.connectivity().as_ref().map(inspect_units::json),
            "optimizer_tensors": self.optimizer_tensors,
            "metadata": self.file.metadata,
        });
        format!("{value:#}\n")
    }
}

fn dimensions(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

fn fault_json(fault: &TensorFault) -> Value {
    let what = fault.to_string();
    match fault {
        TensorFault::NotFinite { name, index, value, count } => {
            json!({ "tensor": name, "index": index, "value": value.to_string(), "count": count, "what": what })
        }
        TensorFault::MaskValue { name, index, value } => {
            json!({ "tensor": name, "index": index, "value": value, "what": what })
        }
        TensorFault::MaskShape { name, .. } => json!({ "tensor": name, "what": what }),
    }
}

fn density(live: usize, all: usize) -> f64 {
    lth_model::Density::of(live, all).get()
}

fn fractions(live: usize, all: usize) -> [String; 3] {
    let density = density(live, all);
    [count(live), density_percent(density, 2), sparsity_percent(density, 2)]
}
