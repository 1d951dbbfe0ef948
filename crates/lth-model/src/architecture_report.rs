//! What an architecture looks like, as a table.

use std::fmt;

use crate::{Architecture, Op, ParameterKind, Window, shape_inference::times};

/// A table of layers, output shapes, parameters and cost, with the sums below.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters();
        let number = |count: u64| if count == 0 { String::new() } else { grouped(count as usize) };
        let rows: Vec<[String; 5]> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(id, node)| {
                let own = || parameters.iter().filter(|parameter| parameter.node == id);
                let count: usize = own().map(|parameter| parameter.shape.iter().product::<usize>()).sum();
                let shortcut = own().any(|parameter| parameter.kind == ParameterKind::Shortcut);
                let mut what = layer(&node.op);
                if shortcut {
                    what += ", shortcut";
                }
                let flops = own().map(|parameter| self.flops_of(parameter, None)).sum();
                [node.name.clone(), what, times(&node.shape), number(count as u64), number(flops)]
            })
            .collect();
        let header = ["name", "layer", "output", "parameters", "FLOPs"].map(str::to_owned);
        let width = |column: usize| {
            [&header].into_iter().chain(&rows).map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths: [usize; 5] = std::array::from_fn(width);

        writeln!(f, "{}", self.name)?;
        for row in [&header].into_iter().chain(&rows) {
            let [name, layer, output, count, flops] = row;
            let line = format!(
                "  {name:w0$}  {layer:w1$}  {output:w2$}  {count:>w3$}  {flops:>w4$}",
                w0 = widths[0],
                w1 = widths[1],
                w2 = widths[2],
                w3 = widths[3],
                w4 = widths[4]
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        let sum = |kinds: &[ParameterKind]| {
            let own = parameters.iter().filter(|parameter| kinds.contains(&parameter.kind));
            grouped(own.map(|parameter| parameter.shape.iter().product::<usize>()).sum())
        };
        writeln!(
            f,
            "  {} FLOPs an example forward: 2 a weight and place; batch norm, pools and sums not counted",
            grouped(self.flops() as usize)
        )?;
        write!(
            f,
            "  {} weights + {} biases + {} normalisation parameters",
            grouped(self.weight_count()),
            sum(&[ParameterKind::Bias]),
            sum(&[ParameterKind::NormWeight, ParameterKind::NormBias])
        )
    }
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

/// A number with a comma between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
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
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
