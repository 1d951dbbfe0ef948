//! `compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Compare tickets: which weights do both keep, with which signs?
///
/// The first is compared with each of the others: tickets of other seeds, criteria, actions or data, of the same network. Of runs all rounds that both have are
/// compared, of a file that ticket. Overlaps stand beside what masks of the same densities, layer by layer, would have by chance. Weights are
/// the trained ones where both have kept them (`--keep all`), otherwise those that training starts from.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth compare runs/A runs/B\n  \
    lth compare runs/A runs/A --replicates 0,1\n  \
    lth compare a/ticket.safetensors b/ticket.safetensors --layers")]
pub(crate) struct CompareArguments {
    /// Run folders or ticket files
    #[arg(value_name = "TICKET", required = true, num_args = 2..)]
    pub(crate) tickets: Vec<PathBuf>,
    /// Compare this round only
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) round: Option<String>,
    /// Of the first run and of the others, take these replicates [default: 0,0]
    #[arg(long, value_name = "A,B", allow_negative_numbers = true)]
    pub(crate) replicates: Option<String>,
    /// A row for each layer too
    #[arg(long)]
    pub(crate) layers: bool,
    /// How to print the results
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CompareFormat,
}

/// What `compare` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// For people
    Table,
    /// A row a comparison
    Csv,
    /// For programs
    Json,
}
