//! Which model on which data.

use std::path::PathBuf;

use clap::Args;

/// MODEL DATASET \[DATA_FOLDER\] and where data may come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArguments {
    /// The model, for example lenet-300-100; `lth models` lists all
    pub(crate) model: String,
    /// The data set, for example mnist; `lth datasets` lists all
    pub(crate) dataset: String,
    /// The folder of data sets: read from there, as published, unpacked or laid out by torchvision; downloaded into it if absent
    pub(crate) data_folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fetch: FetchArguments,
}

/// Where the data sets of runs come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SourceArguments {
    /// Read data sets from this folder
    #[arg(long, help_heading = "Data", value_name = "FOLDER")]
    pub(crate) data_folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fetch: FetchArguments,
}

/// How a data set is had.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FetchArguments {
    /// Download data sets that are not there, and check them
    #[arg(long, help_heading = "Data")]
    pub(crate) download: bool,
    /// Download from this address instead of the official mirrors
    #[arg(long, help_heading = "Data", value_name = "URL", requires = "download", hide_short_help = true)]
    pub(crate) mirror: Option<String>,
    /// Leave out image files that cannot be read, instead of refusing the folder
    #[arg(long, help_heading = "Data", hide_short_help = true)]
    pub(crate) skip_broken: bool,
}
