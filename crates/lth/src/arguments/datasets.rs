//! `lth datasets`.

use std::path::PathBuf;

use clap::Args;

use super::FetchArguments;

/// List the data sets, or describe one.
#[derive(Debug, Clone, Args)]
pub(crate) struct DatasetsArguments {
    /// Describe this data set
    pub(crate) dataset: Option<String>,
    /// Read the data set from this folder instead: its files as published, or unpacked
    pub(crate) data_folder: Option<PathBuf>,
    /// Load it and print its counts, its fingerprint, and mean and deviation of its channels
    #[arg(long, requires = "dataset")]
    pub(crate) statistics: bool,
    #[command(flatten)]
    pub(crate) fetch: FetchArguments,
}
