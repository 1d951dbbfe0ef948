//! The commands with few arguments.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::{OfFile, ScheduleArguments, SettingFlags, SourceArguments};

/// Run the experiment that a TOML file describes.
///
/// Each run folder has such a file: `experiment.toml`. Running it again continues or repeats that experiment.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth run runs/NAME/experiment.toml")]
pub(crate) struct RunFileArguments {
    /// The file
    #[arg(value_name = "FILE.toml")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) settings: SettingFlags<OfFile>,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}

/// Show what a ticket holds.
///
/// Shows the architecture, live weights and density of each layer, parent, seed and other metadata. Files of masks only and plain weights are shown too.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth inspect runs/NAME/replicate-0/round-07/ticket.safetensors")]
pub(crate) struct InspectArguments {
    /// A safetensors file
    pub(crate) file: PathBuf,
    /// Show how kept and pruned weights are distributed, initial and trained, and how they moved
    ///
    /// Trained weights are those beside the ticket (`--keep all`), initial ones those of its run.
    #[arg(long)]
    pub(crate) histograms: bool,
    /// Draw the histograms too, to FILE.svg and FILE.png, or to FILE where it ends in .pdf
    #[arg(long, short = 'o', value_name = "FILE", requires = "histograms")]
    pub(crate) output: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: InspectFormat,
}

/// What `inspect` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Describe every setting of an experiment.
///
/// As a JSON Schema of experiment.toml, which editors use to complete and check such files, or as a table: key, flag, what it is, default.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth schema > experiment.schema.json\n  \
    lth schema --format markdown")]
pub(crate) struct SchemaArguments {
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "json")]
    pub(crate) format: SchemaFormat,
}

/// What `schema` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// A JSON Schema
    Json,
    /// A table for a page of documentation
    Markdown,
}

/// Print a script that teaches a shell to complete `lth` commands.
///
/// The script asks the program what may stand in a place: commands, flags, models, data sets, criteria, actions, methods and controls by
/// name; run folders (those below `runs` at once), tickets, experiment files and folders by path.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth completions bash > ~/.local/share/bash-completion/completions/lth\n  \
    lth completions zsh > \"${fpath[1]}/_lth\"\n  \
    lth completions fish > ~/.config/fish/completions/lth.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Write man pages, one for each command.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth man ~/.local/share/man/man1")]
pub(crate) struct ManArguments {
    /// The folder to write them to
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
