//! `lth export`.

use std::{collections::BTreeMap, path::Path};

use lth_lab::{Provenance, write_file};
use lth_model::{Architecture, Masks, TensorFile};
use lth_ticket::{Compact, compact, complete_masks, mask_weights};

use super::{
    export_table::{Sizes, sizes_text},
    inspect_model::{Origin, origin, run_of},
};
use crate::{
    arguments::ExportArguments,
    build_info::version_and_commit,
    failure::Failure,
    interrupt::quoted,
    output::{Messages, print},
    settings::{check_ending, given},
};

/// Writes the weights of a ticket, or a compact network.
pub(crate) fn run(arguments: &ExportArguments, messages: &Messages) -> Result<(), Failure> {
    check_ending(&arguments.output)?;
    let path = &arguments.ticket;
    let file = given(path, None, messages)?.into_file().map_err(Failure::bad_input)?;
    let architecture = network(&file, path)?;
    let frozen = file.metadata.get("pruned-weights").is_some_and(|what| what == "frozen");
    if arguments.compact && frozen {
        return Err(Failure::input(
            format!(
                "the pruned weights of '{}' are frozen at values, and take part in every output",
                path.display()
            ),
            "export it without --compact",
        ));
    }
    let network_path = arguments.output.with_extension("toml");
    let outputs = [Some(&arguments.output), arguments.compact.then_some(&network_path)];
    for output in outputs.into_iter().flatten() {
        let there = output.exists() && !arguments.force;
        if there {
            return Err(Failure::input(
                format!("'{}' is there already", output.display()),
                "give another name, or --force to overwrite it",
            ));
        }
    }
    let masks = complete_masks(&architecture, &file.masks);
    let mut weights = architecture.ordered(file.tensors.clone());
    if !frozen {
        mask_weights(&mut weights, &masks);
    }
    if !arguments.compact {
        let masks = if arguments.masks { masks } else { Masks::new() };
        let exported = TensorFile { tensors: weights, masks, metadata: metadata(&file, path, &architecture) };
        write_file(&arguments.output, &exported.to_bytes()).map_err(Failure::failed_work)?;
        return print(&format!("{}\n", arguments.output.display()));
    }

    let small: Compact = compact(&architecture, &weights, &masks).map_err(Failure::bad_input)?;
    let before = Sizes::of(&architecture, &weights, &masks)?;
    let after = Sizes::of(&small.architecture, &small.weights, &small.masks)?;
    let exported = TensorFile {
        metadata: metadata(&file, path, &small.architecture),
        masks: if arguments.masks { small.masks.clone() } else { Masks::new() },
        tensors: small.weights.clone(),
    };
    write_file(&network_path, small.architecture.to_toml().as_bytes()).map_err(Failure::failed_work)?;
    write_file(&arguments.output, &exported.to_bytes()).map_err(Failure::failed_work)?;
    print(&sizes_text(&small, &before, &after))?;
    print(&format!("\n{}\n{}\n", arguments.output.display(), network_path.display()))
}

fn network(file: &TensorFile, path: &Path) -> Result<Architecture, Failure> {
    match origin(file, path) {
        Origin::Network(_, architecture) if !file.tensors.is_empty() => Ok(architecture),
        Origin::Network(..) => Err(Failure::input(
            format!("'{}' holds masks only, no weights", path.display()),
            "give a ticket or trained weights",
        )),
        Origin::Name(name) => Err(Failure::input(
            format!("the network '{name}' of '{}' is in no file that was found", path.display()),
            "a ticket of a network of your own is exported from its run folder",
        )),
        Origin::Unknown => Err(Failure::input(
            format!("'{}' is of no model that lth knows", path.display()),
            "`lth models` lists them; a network of your own is a TOML file",
        )),
    }
}

/// Where the weights come from: which network, and the sitting that began the run of a file. Nothing in it is of the moment, so that the
/// same export has the same bytes.
fn metadata(file: &TensorFile, path: &Path, architecture: &Architecture) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::from([
        ("kind".to_owned(), "weights".to_owned()),
        ("created-by".to_owned(), version_and_commit()),
        ("model".to_owned(), architecture.name.clone()),
    ]);
    for key in ["data", "round", "seed"].into_iter().chain(RUN) {
        if let Some(value) = file.metadata.get(key) {
            metadata.insert(key.to_owned(), value.clone());
        }
    }
    let sittings = run_of(path).map(|layout| Provenance::of_run(&layout)).unwrap_or_default();
    if let Some(first) = sittings.into_iter().next() {
        let words: Vec<String> = first.command.iter().map(|word| quoted(word)).collect();
        let said =
            [Some(first.version), first.commit, Some(first.begun), Some(words.join(" ")), first.processor];
        for (key, value) in RUN.into_iter().zip(said) {
            metadata.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    metadata
}

/// What metadata says of the run: the program's version and commit, when it began, its command line and its machine.
const RUN: [&str; 5] = ["run-version", "run-commit", "run-begun", "run-command", "run-processor"];
