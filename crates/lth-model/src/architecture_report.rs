//! What an architecture looks like, as a table.

use std::{
    fmt::{self, Write},
    iter,
};

use crate::{
    Architecture, Mask, Masks, Node, Op, Parameter, ParameterKind, Window, grouped::grouped,
    shape_inference::times,
};

/// A table of layers, output shapes, parameters and cost, with the sums below.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        let rows = layer_rows(self, |own| {
            let count: usize = own.iter().map(size).sum();
            let flops = own.iter().map(|parameter| self.flops_of(parameter, size(parameter))).sum();
            [number(count as u64), number(flops)]
        });
        write_table(f, &["name", "layer", "output", "parameters", "FLOPs"], &rows)?;
        writeln!(f, "  {} FLOPs an example forward: {COUNTED}", grouped(self.flops()))?;
        write!(f, "  {} weights{}", grouped(self.weight_count() as u64), others(self))
    }
}

/// What an architecture looks like under masks, from [`Architecture::at_masks`].
#[derive(Debug, Clone, Copy)]
pub struct MaskedReport<'a> {
    architecture: &'a Architecture,
    masks: &'a Masks,
}

impl Architecture {
    /// The table of this architecture under masks: weights and FLOPs of each layer, dense and kept, with the sums below. A
    /// weight without a mask is kept.
    ///
    /// ```
    /// use lth_model::{Mask, Masks, lenet_300_100};
    /// let masks = Masks::from([("fc1.weight".to_owned(), Mask::empty(vec![300, 784]))]);
    /// let table = lenet_300_100(10).at_masks(&masks).to_string();
    /// assert!(table.contains("62,000 of 532,400 FLOPs (11.65 %) an example forward"));
    /// ```
    pub fn at_masks<'a>(&'a self, masks: &'a Masks) -> MaskedReport<'a> {
        MaskedReport { architecture: self, masks }
    }
}

impl fmt::Display for MaskedReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { architecture, masks } = *self;
        let live = |weight: &Parameter| masks.get(&weight.name).map_or_else(|| size(weight), Mask::live);
        writeln!(f, "{}", architecture.name)?;
        let rows = layer_rows(architecture, |own| {
            // No layer has more than one weight.
            let Some(weight) = own.iter().find(|parameter| parameter.kind.is_prunable()) else {
                return std::array::from_fn(|_| String::new());
            };
            let (all, kept) = (size(weight), live(weight));
            let flops = [all, kept].map(|count| grouped(architecture.flops_of(weight, count)));
            let [dense, masked] = flops;
            [grouped(all as u64), grouped(kept as u64), percent(kept as u64, all as u64), dense, masked]
        });
        let header = ["name", "layer", "output", "weights", "kept", "density %", "FLOPs", "FLOPs kept"];
        write_table(f, &header, &rows)?;
        let (flops, kept_flops) = (architecture.flops(), architecture.flops_at(masks));
        writeln!(
            f,
            "  {} of {} FLOPs ({} %) an example forward: {COUNTED}",
            grouped(kept_flops),
            grouped(flops),
            percent(kept_flops, flops)
        )?;
        let weights = architecture.weight_count() as u64;
        let parameters = architecture.parameters();
        let kept: usize = parameters.iter().filter(|parameter| parameter.kind.is_prunable()).map(live).sum();
        write!(
            f,
            "  {} of {} weights ({} %){}",
            grouped(kept as u64),
            grouped(weights),
            percent(kept as u64, weights),
            others(architecture)
        )
    }
}

/// What the FLOPs of a table are.
const COUNTED: &str = "2 a weight and place; batch norm, pools and sums not counted";

/// A row a node: name, layer, output and what `numbers` makes of its parameters.
fn layer_rows<const N: usize>(
    architecture: &Architecture,
    numbers: impl Fn(&[Parameter]) -> [String; N],
) -> Vec<Vec<String>> {
    let parameters = architecture.parameters();
    let row = |(id, node): (usize, &Node)| {
        let own: Vec<Parameter> =
            parameters.iter().filter(|parameter| parameter.node == id).cloned().collect();
        let mut what = layer(&node.op);
        if own.iter().any(|parameter| parameter.kind == ParameterKind::Shortcut) {
            what += ", shortcut";
        }
        let mut row = vec![node.name.clone(), what, times(&node.shape)];
        row.extend(numbers(&own));
        row
    };
    architecture.nodes.iter().enumerate().map(row).collect()
}

/// Columns as wide as their widest cell; the first three to the left, numbers to the right.
fn write_table(f: &mut fmt::Formatter<'_>, header: &[&str], rows: &[Vec<String>]) -> fmt::Result {
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let lines = || iter::once(&header).chain(rows);
    let width = |column: usize| lines().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    for row in lines() {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column < 3 {
                write!(line, "  {cell:width$}")?;
            } else {
                write!(line, "  {cell:>width$}")?;
            }
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The parameters that are no weights, summed.
fn others(architecture: &Architecture) -> String {
    let parameters = architecture.parameters();
    let sum = |kinds: &[ParameterKind]| {
        let own = parameters.iter().filter(|parameter| kinds.contains(&parameter.kind));
        grouped(own.map(size).sum::<usize>() as u64)
    };
    format!(
        " + {} biases + {} normalisation parameters",
        sum(&[ParameterKind::Bias]),
        sum(&[ParameterKind::NormWeight, ParameterKind::NormBias])
    )
}

fn size(parameter: &Parameter) -> usize {
    parameter.shape.iter().product()
}

/// A count, nothing for none.
fn number(count: u64) -> String {
    if count == 0 { String::new() } else { grouped(count) }
}

/// A part in percent: `11.65`.
fn percent(part: u64, whole: u64) -> String {
    format!("{:.2}", 100.0 * part as f64 / whole.max(1) as f64)
}

/// What a node does, for people.
fn layer(op: &Op) -> String {
    match op {
        Op::Input => "input".to_owned(),
        Op::Flatten => "flatten".to_owned(),
        Op::Linear { inputs, outputs, bias } => {
            format!("linear {inputs} -> {outputs}{}", if *bias { "" } else { ", no bias" })
        }
        Op::Conv2d { inputs, outputs, window, bias } => {
            format!("conv {inputs} -> {outputs}{}{}", moves(window), if *bias { "" } else { ", no bias" })
        }
        Op::BatchNorm { channels, .. } => format!("batch norm {channels}"),
        Op::Relu => "ReLU".to_owned(),
        Op::MaxPool { window } => format!("max pool{}", moves(window)),
        Op::AveragePool { window } => format!("average pool{}", moves(window)),
        Op::GlobalAveragePool => "global average pool".to_owned(),
        Op::Add => "add".to_owned(),
        Op::Dropout { rate } => format!("dropout {rate}"),
    }
}

/// A window, for people: ` 3x3, stride 2, padding 1`.
fn moves(window: &Window) -> String {
    let pair = |[a, b]: [usize; 2]| if a == b { a.to_string() } else { format!("{a}x{b}") };
    let mut text = format!(" {}x{}", window.kernel[0], window.kernel[1]);
    if window.stride != [1, 1] {
        text += &format!(", stride {}", pair(window.stride));
    }
    if window.padding != [0, 0] {
        text += &format!(", padding {}", pair(window.padding));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lenet_300_100;

    #[test]
    fn the_table_of_lenet() {
        assert_eq!(
            lenet_300_100(10).to_string(),
            "\
lenet-300-100
  name     layer              output       parameters    FLOPs
  input    input              1 x 28 x 28
  flatten  flatten            784
  fc1      linear 784 -> 300  300             235,500  470,400
  relu1    ReLU               300
  fc2      linear 300 -> 100  100              30,100   60,000
  relu2    ReLU               100
  fc3      linear 100 -> 10   10                1,010    2,000
  532,400 FLOPs an example forward: 2 a weight and place; batch norm, pools and sums not counted
  266,200 weights + 410 biases + 0 normalisation parameters"
        );
    }

    #[test]
    fn the_table_under_masks_counts_what_is_kept() {
        let mut masks = Masks::from([("fc2.weight".to_owned(), Mask::empty(vec![100, 300]))]);
        (0..1500).for_each(|index| masks["fc2.weight"].set(index * 20, true));
        assert_eq!(
            lenet_300_100(10).at_masks(&masks).to_string(),
            "\
lenet-300-100
  name     layer              output       weights     kept  density %    FLOPs  FLOPs kept
  input    input              1 x 28 x 28
  flatten  flatten            784
  fc1      linear 784 -> 300  300          235,200  235,200     100.00  470,400     470,400
  relu1    ReLU               300
  fc2      linear 300 -> 100  100           30,000    1,500       5.00   60,000       3,000
  relu2    ReLU               100
  fc3      linear 100 -> 10   10             1,000    1,000     100.00    2,000       2,000
  475,400 of 532,400 FLOPs (89.29 %) an example forward: 2 a weight and place; batch norm, pools and sums not counted
  237,700 of 266,200 weights (89.29 %) + 410 biases + 0 normalisation parameters"
        );
    }
}
