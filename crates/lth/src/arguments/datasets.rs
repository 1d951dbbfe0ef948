//! `lth datasets`.

use std::path::PathBuf;

use clap::Args;

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
    /// Download the data set if it is not there, into the folder or the cache, and check it
    #[arg(long, requires = "dataset")]
    pub(crate) download: bool,
    /// Download from this address instead of the official mirrors
    #[arg(long, value_name = "URL", requires = "download")]
    pub(crate) mirror: Option<String>,
}
