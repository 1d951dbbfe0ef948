//! A network as the file of a network of one's own.

use std::fmt::Write as _;

use crate::{Architecture, Node, Op, Window};

impl Architecture {
    /// The network as a TOML file, as the guide 'Your own network' describes it and [`crate::find_model`] reads it.
    ///
    /// ```
    /// use lth_model::{find_model, lenet_300_100};
    /// let folder = std::env::temp_dir().join(format!("lth-doc-{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// let path = folder.join("net.toml");
    /// std::fs::write(&path, lenet_300_100(10).to_toml())?;
    /// let read = find_model(path.to_str().unwrap()).unwrap().build_as_made().unwrap();
    /// assert_eq!(read.nodes, lenet_300_100(10).nodes);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "name = {}\ninput = {:?}\nclasses = {}\n",
            quoted(&self.name),
            self.nodes[0].shape,
            self.classes()
        );
        let last =
            self.nodes.iter().rposition(|node| matches!(node.op, Op::Linear { .. } | Op::Conv2d { .. }));
        for (place, node) in self.nodes.iter().enumerate().skip(1) {
            text.push_str(&self.layer(place, node, Some(place) == last));
        }
        text
    }

    fn layer(&self, place: usize, node: &Node, is_last: bool) -> String {
        let mut text =
            format!("\n[[layers]]\nname = {}\nkind = \"{}\"\n", quoted(&node.name), kind(&node.op));
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name} = {value}");
        };
        let inputs: Vec<String> = node.inputs.iter().map(|&input| quoted(&self.nodes[input].name)).collect();
        if inputs.len() > 1 {
            line("inputs", format!("[{}]", inputs.join(", ")));
        } else if node.inputs.first().is_some_and(|&input| input + 1 != place) {
            line("input", inputs.concat());
        }
        let units = |outputs: usize| if is_last { "\"classes\"".to_owned() } else { outputs.to_string() };
        match &node.op {
            Op::Linear { outputs, bias, .. } => {
                line("outputs", units(*outputs));
                line("bias", bias.to_string());
            }
            Op::Conv2d { outputs, window, bias, .. } => {
                line("outputs", units(*outputs));
                lines_of(window, &mut line);
                line("bias", bias.to_string());
            }
            Op::BatchNorm { momentum, epsilon, .. } => {
                line("momentum", momentum.to_string());
                line("epsilon", epsilon.to_string());
            }
            Op::MaxPool { window } | Op::AveragePool { window } => lines_of(window, &mut line),
            Op::Dropout { rate } => line("rate", rate.to_string()),
            Op::Input | Op::Flatten | Op::Relu | Op::GlobalAveragePool | Op::Add => (),
        }
        text
    }
}

fn lines_of(window: &Window, line: &mut impl FnMut(&str, String)) {
    for (name, sides) in [("kernel", window.kernel), ("stride", window.stride), ("padding", window.padding)] {
        line(name, format!("{sides:?}"));
    }
}

fn kind(op: &Op) -> &'static str {
    match op {
        Op::Input => "input",
        Op::Flatten => "flatten",
        Op::Linear { .. } => "linear",
        Op::Conv2d { .. } => "conv2d",
        Op::BatchNorm { .. } => "batch-norm",
        Op::Relu => "relu",
        Op::MaxPool { .. } => "max-pool",
        Op::AveragePool { .. } => "average-pool",
        Op::GlobalAveragePool => "global-average-pool",
        Op::Add => "add",
        Op::Dropout { .. } => "dropout",
    }
}

/// A string of TOML; names of layers have no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{MODELS, find_model};

    #[test]
    fn every_model_is_read_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        for model in MODELS {
            let network = model.build_as_made().unwrap();
            let path = folder.path().join(format!("{}.toml", model.name));
            fs::write(&path, network.to_toml()).unwrap();
            let read = find_model(&path.display().to_string()).unwrap().build_as_made().unwrap();
            assert_eq!(read.nodes, network.nodes, "{}", model.name);
        }
    }
}
