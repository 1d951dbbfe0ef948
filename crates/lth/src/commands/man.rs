//! `lth man`.

use clap::CommandFactory;
use lth_lab::{create_folder, write_file};

use super::experiment_run::refused;
use crate::{
    arguments::{CommandLine, ManArguments},
    failure::Failure,
    output::Messages,
};

/// Writes a man page for each command.
pub(crate) fn run(arguments: &ManArguments, messages: &Messages) -> Result<(), Failure> {
    let folder = &arguments.folder;
    create_folder(folder).map_err(refused)?;
    let mut root = CommandLine::command().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    collect(&root, &mut pages);
    for page in &pages {
        let mut text = Vec::new();
        page.render(&mut text)?;
        write_file(&folder.join(page.get_filename()), &text).map_err(refused)?;
    }
    messages.info(&format!("{} pages are in {}; read them with man -l", pages.len(), folder.display()));
    Ok(())
}

fn collect(command: &clap::Command, pages: &mut Vec<clap_mangen::Man>) {
    if command.is_hide_set() {
        return;
    }
    pages.push(clap_mangen::Man::new(command.clone()));
    for below in command.get_subcommands() {
        collect(below, pages);
    }
}
