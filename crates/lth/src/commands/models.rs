//! `lth models`.

use std::path::Path;

use lth_lab::write_file;
use lth_model::{
    Architecture, BiasInit, GivenFile, InitScheme, MODELS, ModelInfo, Purpose, Seed, TensorFile, find_model,
    initialize,
};

use crate::{
    arguments::ModelsArguments,
    build_info::version_and_commit,
    failure::Failure,
    output::{Messages, print},
    settings::{self, parse, positive},
    table::{self, count, table},
};

/// Lists the models, or shows the layers of one.
pub(crate) fn run(arguments: &ModelsArguments, messages: &Messages) -> Result<(), Failure> {
    let Some(name) = &arguments.model else { return list(arguments) };
    let model = settings::model(name, &arguments.options)?;
    let file = arguments.masks.as_ref().map(|path| settings::given(path, None, messages)).transpose()?;
    let network = network(arguments, &model, file.as_ref().map(GivenFile::contents))?;
    if let Some(path) = &arguments.save_weights {
        let seed = arguments.seed.as_deref().map_or(Ok(Seed(0)), parse)?;
        save(path, &model, &network, seed)?;
        messages.info(&format!("initial weights of seed {seed} saved to {}", path.display()));
    }
    match (&arguments.masks, file) {
        (Some(path), Some(file)) => {
            let masks = settings::masks(path, file, &network)?;
            print(&format!("{}\n", network.at_masks(&masks)))
        }
        _ => print(&format!("{network}\n")),
    }
}

/// The network of the flags; where they say nothing of examples and classes, that of the ticket, or of the model as made.
fn network(
    arguments: &ModelsArguments,
    model: &ModelInfo,
    ticket: Option<&TensorFile>,
) -> Result<Architecture, Failure> {
    if arguments.input.is_none() && arguments.classes.is_none() {
        let of_ticket = ticket.and_then(|ticket| settings::network_of_ticket(model, ticket));
        if let Some(network) = of_ticket {
            return Ok(network);
        }
    }
    let input = match &arguments.input {
        Some(text) => shape(text)?,
        None => model.input.to_vec(),
    };
    let classes = match &arguments.classes {
        Some(text) => positive("number of classes", text, "--classes 10")?,
        None => model.classes,
    };
    model.build(&input, classes).map_err(Failure::bad_input)
}

/// One line a model.
fn list(arguments: &ModelsArguments) -> Result<(), Failure> {
    if !arguments.options.is_empty() {
        return Err(Failure::input(
            "options without a model",
            "name the model, for example `lth models conv-4 --batch-norm on`",
        ));
    }
    let mut rows = table(&["model", "weights", "aliases", "description"], usize::MAX).spare(&["aliases"]);
    for model in MODELS {
        rows.add_row(row(&model.name, model)?);
    }
    rows.add_row(row("mlp-A-B-C", &find_model("mlp-100").map_err(Failure::bad_input)?)?);
    rows.add_row(["NET.toml", "", "custom:NET.toml", "a network of your own, from a TOML file"]);
    print(&table::text(&rows))
}

fn row(name: &str, model: &ModelInfo) -> Result<[String; 4], Failure> {
    let network = model.build_as_made().map_err(Failure::bad_input)?;
    // A placeholder for many networks has no count of its own.
    let weights = if name == model.name { count(network.weight_count()) } else { String::new() };
    Ok([name.to_owned(), weights, model.aliases.join(", "), model.description.to_string()])
}

/// `1x28x28` or `784`.
fn shape(text: &str) -> Result<Vec<usize>, Failure> {
    let sides: Option<Vec<usize>> = text.split('x').map(|side| side.parse().ok()).collect();
    sides.filter(|sides| matches!(sides.len(), 1 | 3) && !sides.contains(&0)).ok_or_else(|| {
        Failure::input(
            format!("the shape '{text}' is not that of an example"),
            "use channels x height x width, for example --input 1x28x28, or a number of features",
        )
    })
}

/// The weights from which `train` starts with this seed and the default initialisation.
fn save(path: &Path, model: &ModelInfo, network: &Architecture, seed: Seed) -> Result<(), Failure> {
    settings::check_ending(path)?;
    let tensors = initialize(network, InitScheme::GlorotNormal, BiasInit::Zero, seed, Purpose::Init, 0);
    let mut file = TensorFile { tensors, ..TensorFile::default() };
    let metadata = [
        ("kind", "initial".to_owned()),
        ("created-by", version_and_commit()),
        ("model", model.name.to_string()),
        ("seed", seed.to_string()),
    ];
    file.metadata.extend(metadata.map(|(key, value)| (key.to_owned(), value)));
    write_file(path, &file.to_bytes()).map_err(Failure::bad_input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read() {
        assert_eq!(shape("1x28x28").unwrap(), [1, 28, 28]);
        assert_eq!(shape("784").unwrap(), [784]);
        for text in ["", "x", "28x28", "0x28x28", "1x2x3x4", "-1", "1 x 28 x 28", "1x28x"] {
            assert!(shape(text).is_err(), "{text}");
        }
    }
}
