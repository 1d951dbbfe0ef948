//! What identifies a network.

use std::fmt::Write;

use crate::{Architecture, Node, Op, Window};

impl Architecture {
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

#[cfg(test)]
mod tests {
    use crate::{lenet_300_100, mlp, mlp_with_dropout};

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
}
