//! The TOML file of a network of the user's own.

use std::{fs, ops::Range, path::Path};

use serde::Deserialize;
use toml::Spanned;

use super::{
    ModelError,
    custom::{Kind, Layer, Network, Units},
};
use crate::Window;

/// More than this is no description of a network.
const LARGEST_FILE: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkFile {
    name: Option<String>,
    input: Vec<usize>,
    classes: Option<usize>,
    layers: Vec<Spanned<LayerTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerTable {
    name: String,
    kind: KindName,
    input: Option<String>,
    inputs: Option<Vec<String>>,
    outputs: Option<UnitsValue>,
    kernel: Option<Sides>,
    stride: Option<Sides>,
    padding: Option<Sides>,
    bias: Option<bool>,
    momentum: Option<f32>,
    epsilon: Option<f32>,
    rate: Option<f32>,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum KindName {
    Conv2d,
    Linear,
    BatchNorm,
    Relu,
    MaxPool,
    AveragePool,
    GlobalAveragePool,
    Flatten,
    Add,
    Dropout,
}

#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "outputs are a number, or \"classes\"")]
enum UnitsValue {
    Fixed(usize),
    Word(Word),
}

#[derive(Clone, Copy, Deserialize)]
enum Word {
    #[serde(rename = "classes")]
    Classes,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged, expecting = "a size is a number, or [vertical, horizontal]")]
enum Sides {
    Both(usize),
    Each([usize; 2]),
}

impl Sides {
    fn pair(self) -> [usize; 2] {
        match self {
            Self::Both(side) => [side; 2],
            Self::Each(sides) => sides,
        }
    }
}

/// What is wrong at a layer.
struct Wrong {
    reason: String,
    hint: String,
}

impl LayerTable {
    /// The layer; `before` is what it reads if it does not say.
    fn layer(self, before: &str) -> Result<Layer, Wrong> {
        self.check_settings()?;
        let bias = self.bias.unwrap_or(true);
        let kind = match self.kind {
            KindName::Conv2d => Kind::Conv2d { outputs: self.outputs()?, window: self.window([1, 1])?, bias },
            KindName::Linear => Kind::Linear { outputs: self.outputs()?, bias },
            KindName::BatchNorm => Kind::BatchNorm {
                momentum: self.momentum.unwrap_or(0.1),
                epsilon: self.epsilon.unwrap_or(1e-5),
            },
            KindName::Relu => Kind::Relu,
            KindName::MaxPool => Kind::MaxPool(self.pool()?),
            KindName::AveragePool => Kind::AveragePool(self.pool()?),
            KindName::GlobalAveragePool => Kind::GlobalAveragePool,
            KindName::Flatten => Kind::Flatten,
            KindName::Add => Kind::Add,
            KindName::Dropout => {
                Kind::Dropout { rate: self.rate.ok_or_else(|| self.missing("rate", "rate = 0.5"))? }
            }
        };
        let inputs = self.inputs(before)?;
        Ok(Layer { name: self.name, kind, inputs })
    }

    /// Refuses settings that layers of this kind do not have.
    fn check_settings(&self) -> Result<(), Wrong> {
        let allowed: &[&str] = match self.kind {
            KindName::Conv2d => &["outputs", "kernel", "stride", "padding", "bias"],
            KindName::Linear => &["outputs", "bias"],
            KindName::BatchNorm => &["momentum", "epsilon"],
            KindName::MaxPool | KindName::AveragePool => &["kernel", "stride", "padding"],
            KindName::Dropout => &["rate"],
            _ => &[],
        };
        let given = [
            ("outputs", self.outputs.is_some()),
            ("kernel", self.kernel.is_some()),
            ("stride", self.stride.is_some()),
            ("padding", self.padding.is_some()),
            ("bias", self.bias.is_some()),
            ("momentum", self.momentum.is_some()),
            ("epsilon", self.epsilon.is_some()),
            ("rate", self.rate.is_some()),
        ];
        match given.into_iter().find(|(name, given)| *given && !allowed.contains(name)) {
            None => Ok(()),
            Some((setting, _)) => {
                let hint = match allowed {
                    [] => "it has no settings but name, kind and input".to_owned(),
                    _ => format!("its settings are {}", allowed.join(", ")),
                };
                Err(self.wrong(&format!("a layer of this kind has no setting '{setting}'"), hint))
            }
        }
    }

    fn inputs(&self, before: &str) -> Result<Vec<String>, Wrong> {
        let adds = self.kind == KindName::Add;
        match (&self.input, &self.inputs) {
            (None, None) if adds => Err(self.missing("inputs", "inputs = [\"bn2\", \"input\"]")),
            (None, None) => Ok(vec![before.to_owned()]),
            (Some(input), None) if !adds => Ok(vec![input.clone()]),
            (None, Some(inputs)) if inputs.len() == if adds { 2 } else { 1 } => Ok(inputs.clone()),
            _ => Err(self.wrong(
                if adds { "a sum reads two layers" } else { "it reads one layer" },
                "use input = \"relu1\", and for a sum inputs = [\"bn2\", \"relu1\"]",
            )),
        }
    }

    fn outputs(&self) -> Result<Units, Wrong> {
        match self.outputs {
            Some(UnitsValue::Fixed(units)) => Ok(Units::Fixed(units)),
            Some(UnitsValue::Word(Word::Classes)) => Ok(Units::Classes),
            None => Err(self.missing("outputs", "outputs = 64, or outputs = \"classes\" at the last layer")),
        }
    }

    fn window(&self, stride: [usize; 2]) -> Result<Window, Wrong> {
        let kernel = self.kernel.ok_or_else(|| self.missing("kernel", "kernel = 3, or kernel = [3, 5]"))?;
        Ok(Window {
            kernel: kernel.pair(),
            stride: self.stride.map_or(stride, Sides::pair),
            padding: self.padding.map_or([0, 0], Sides::pair),
        })
    }

    /// A pool moves by its kernel when nothing is said, as in PyTorch.
    fn pool(&self) -> Result<Window, Wrong> {
        self.window(self.kernel.map_or([1, 1], Sides::pair))
    }

    fn missing(&self, setting: &str, example: &str) -> Wrong {
        self.wrong(&format!("it has no '{setting}'"), format!("use for example {example}"))
    }

    fn wrong(&self, reason: &str, hint: impl Into<String>) -> Wrong {
        Wrong { reason: format!("layer '{}': {reason}", self.name), hint: hint.into() }
    }
}

/// Reads a network.
///
/// # Errors
/// [`ModelError::File`] with line and column, or the error of the graph.
pub(super) fn read(path: &Path) -> Result<Network, ModelError> {
    let shown = path.display().to_string();
    let unreadable = |reason: String| ModelError::File {
        place: format!("cannot read '{shown}'"),
        reason,
        hint: "check the path; a model of your own is a TOML file".to_owned(),
    };
    let size = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if size.len() > LARGEST_FILE {
        return Err(unreadable(format!(
            "it has {} bytes, a network takes less than {LARGEST_FILE}",
            size.len()
        )));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    parse(&shown, &stem, text)
}

/// The network in a text; `stem` is its name when the text gives none.
fn parse(path: &str, stem: &str, text: String) -> Result<Network, ModelError> {
    let file: NetworkFile = toml::from_str(&text).map_err(|error| ModelError::File {
        place: place(path, &text, error.span()),
        reason: error.message().trim().replace('\n', ", "),
        hint: "the guide 'Your own network' describes the file".to_owned(),
    })?;
    let mut layers: Vec<Layer> = Vec::with_capacity(file.layers.len());
    for table in file.layers {
        let span = table.span();
        let before = layers.last().map_or("input", |layer| layer.name.as_str());
        let layer = table.into_inner().layer(before).map_err(|Wrong { reason, hint }| ModelError::File {
            place: place(path, &text, Some(span)),
            reason,
            hint,
        })?;
        layers.push(layer);
    }
    let name = file.name.unwrap_or_else(|| stem.to_owned());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) || name.starts_with('.') {
        return Err(ModelError::File {
            place: path.to_owned(),
            reason: format!("'{name}' cannot be the name of a network"),
            hint: "write name = \"my-net\": letters, digits, '-', '_' and '.' only".to_owned(),
        });
    }
    let (input, classes) = (file.input, file.classes.unwrap_or(10));
    let network = Network::new(name, text, input.clone(), classes, layers)?;
    // A network that does not even fit the examples it was made for is refused here, once.
    network.build(&input, classes)?;
    Ok(network)
}

fn place(path: &str, text: &str, span: Option<Range<usize>>) -> String {
    let Some(span) = span else { return path.to_owned() };
    let before = &text[..text.floor_char_boundary(span.start.min(text.len()))];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{path}:{line}:{column}")
}
