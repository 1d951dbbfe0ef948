//! What an architecture looks like: its table, its cost, its fingerprint.

use std::fmt::{self, Write};

use crate::{Architecture, Masks, Node, Op, Window};

impl Architecture {
    /// Multiplications and additions of one example's forward pass, two per weight, biases not counted; a backward pass
    /// takes about twice as many.
    pub fn flops(&self) -> u64 {
        self.flops_at(&Masks::new())
    }

    /// As [`Architecture::flops`], pruned weights not counted: what the forward pass of a ticket costs.
    ///
    /// ```
    /// use lth_model::{Mask, Masks, lenet_300_100};
    /// let lenet = lenet_300_100(10);
    /// assert_eq!(lenet.flops(), 2 * 266_200);
    /// let masks = Masks::from([("fc1.weight".to_owned(), Mask::empty(vec![300, 784]))]);
    /// assert_eq!(lenet.flops_at(&masks), 2 * (266_200 - 300 * 784));
    /// ```
    pub fn flops_at(&self, masks: &Masks) -> u64 {
        let prunable = self.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
        prunable
            .map(|parameter| {
                let dense = || parameter.shape.iter().product();
                let live: usize = masks.get(&parameter.name).map_or_else(dense, crate::Mask::live);
                // A weight is used once an example for each place of its output map.
                let places: usize = self.nodes[parameter.node].shape.iter().skip(1).product();
                2 * (live * places) as u64
            })
            .sum()
    }

    /// The BLAKE3 hash, in hexadecimal, of what the network computes: layers, names, shapes and connections, not the
    /// architecture's name. Equal for equal networks in every version of this program.
    pub fn fingerprint(&self) -> String {
        blake3::hash(self.canonical().as_bytes()).to_hex().to_string()
    }

    /// One line a layer. This text is hashed: it must never change for a layer that exists.
    fn canonical(&self) -> String {
        self.nodes.iter().fold(String::new(), |mut text, node| {
            let Node { name, inputs, shape, .. } = node;
            writeln!(text, "{name:?} {} {inputs:?} {shape:?}", describe(&node.op))
                .expect("a String takes all text");
            text
        })
    }
}

/// What a node does, as hashed.
fn describe(op: &Op) -> String {
    match op {
        Op::Input => "input".to_owned(),
        Op::Flatten => "flatten".to_owned(),
        Op::Linear { inputs, outputs, bias } => format!("linear {inputs} {outputs} bias={bias}"),
        Op::Conv2d { inputs, outputs, window, bias } => {
            let Window { kernel, stride, padding } = window;
            format!(
                "conv2d {inputs} {outputs} kernel={kernel:?} stride={stride:?} padding={padding:?} bias={bias}"
            )
        }
        Op::BatchNorm { channels, momentum, epsilon } => {
            format!("batch-norm {channels} momentum={momentum:?} epsilon={epsilon:?}")
        }
        Op::Relu => "relu".to_owned(),
        Op::MaxPool { window } | Op::AveragePool { window } => {
            let Window { kernel, stride, padding } = window;
            let name = if matches!(op, Op::MaxPool { .. }) { "max-pool" } else { "average-pool" };
            format!("{name} kernel={kernel:?} stride={stride:?} padding={padding:?}")
        }
        Op::GlobalAveragePool => "global-average-pool".to_owned(),
        Op::Add => "add".to_owned(),
        Op::Dropout { rate } => format!("dropout {rate:?}"),
    }
}

/// A table of layers, output shapes and parameters, with the sums below.
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters();
        let rows: Vec<[String; 4]> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(id, node)| {
                let own = parameters.iter().filter(|parameter| parameter.node == id);
                let count: usize = own.map(|parameter| parameter.shape.iter().product::<usize>()).sum();
                let shape = node.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
                [
                    node.name.clone(),
                    layer(&node.op),
                    shape,
                    if count == 0 { String::new() } else { grouped(count) },
                ]
            })
            .collect();
        let header = ["name", "layer", "output", "parameters"].map(str::to_owned);
        let width = |column: usize| {
            [&header].into_iter().chain(&rows).map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths = [width(0), width(1), width(2), width(3)];

        writeln!(f, "{}", self.name)?;
        for row in [&header].into_iter().chain(&rows) {
            let [name, layer, output, count] = row;
            let line = format!(
                "  {name:w0$}  {layer:w1$}  {output:w2$}  {count:>w3$}",
                w0 = widths[0],
                w1 = widths[1],
                w2 = widths[2],
                w3 = widths[3]
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        let weights = self.weight_count();
        let others = self.parameter_count() - weights;
        write!(f, "  {} weights + {} biases", grouped(weights), grouped(others))
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
    use crate::{Mask, lenet_300_100, mlp, mlp_with_dropout};

    #[test]
    fn the_table_of_lenet() {
        assert_eq!(
            lenet_300_100(10).to_string(),
            "\
lenet-300-100
  name     layer              output       parameters
  input    input              1 x 28 x 28
  flatten  flatten            784
  fc1      linear 784 -> 300  300             235,500
  relu1    ReLU               300
  fc2      linear 300 -> 100  100              30,100
  relu2    ReLU               100
  fc3      linear 100 -> 10   10                1,010
  266,200 weights + 410 biases"
        );
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    /// Run folders and tickets carry this fingerprint: it may never change.
    #[test]
    fn fingerprints_are_frozen() {
        assert_eq!(
            lenet_300_100(10).canonical(),
            r#""input" input [] [1, 28, 28]
"flatten" flatten [0] [784]
"fc1" linear 784 300 bias=true [1] [300]
"relu1" relu [2] [300]
"fc2" linear 300 100 bias=true [3] [100]
"relu2" relu [4] [100]
"fc3" linear 100 10 bias=true [5] [10]
"#
        );
        assert_eq!(
            lenet_300_100(10).fingerprint(),
            "8cc5255bdeca0f0169e07e4cc1d9fb55636b7f470d75915f8b64668f275d44a0"
        );
    }

    #[test]
    fn fingerprints_tell_networks_apart_but_not_names() {
        let base = mlp("a", &[4], &[3], 2);
        assert_eq!(base.fingerprint(), mlp("b", &[4], &[3], 2).fingerprint());
        let others = [
            mlp("a", &[5], &[3], 2),
            mlp("a", &[4], &[4], 2),
            mlp("a", &[4], &[3], 3),
            mlp("a", &[2, 2], &[3], 2),
            mlp_with_dropout("a", &[4], &[3], 2, 0.5),
        ];
        for other in &others {
            assert_ne!(base.fingerprint(), other.fingerprint(), "{other}");
        }
        let other = mlp_with_dropout("a", &[4], &[3], 2, 0.25);
        assert_ne!(others[4].fingerprint(), other.fingerprint());
    }

    #[test]
    fn flops_count_live_weights() {
        let net = mlp("net", &[4], &[3], 2);
        assert_eq!(net.flops(), 2 * (12 + 6));
        let mut masks = Masks::from([("fc1.weight".to_owned(), Mask::empty(vec![3, 4]))]);
        masks["fc1.weight"].set(5, true);
        assert_eq!(net.flops_at(&masks), 2 * (1 + 6));
    }
}
