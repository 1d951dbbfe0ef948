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
    /// Download the data set if it is not there
    #[arg(long, help_heading = "Data")]
    pub(crate) download: bool,
    /// Download from this address instead of the official mirrors
    #[arg(long, help_heading = "Data", value_name = "URL", requires = "download", hide_short_help = true)]
    pub(crate) mirror: Option<String>,
    /// Which part of the data set is used.
    #[command(flatten)]
    pub(crate) view: ViewArguments,
    /// Leave out image files that cannot be read, instead of refusing the folder
    #[arg(long, help_heading = "Data", hide_short_help = true)]
    pub(crate) skip_broken: bool,
}

/// Which part of the data set is used, and what is changed in it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ViewArguments {
    /// Use only these classes, all by name or all by number: cat,dog or 3,5
    #[arg(
        long,
        help_heading = "Data",
        hide_short_help = true,
        value_name = "CLASSES",
        value_delimiter = ','
    )]
    pub(crate) classes: Vec<String>,
    /// Use only this fraction of the training examples of each class
    #[arg(long, help_heading = "Data", hide_short_help = true, value_name = "FRACTION")]
    pub(crate) fraction: Option<String>,
    /// Give training examples a random label with this probability
    #[arg(long, help_heading = "Data", hide_short_help = true, value_name = "RATE")]
    pub(crate) random_labels: Option<String>,
    /// Renumber the classes at random
    #[arg(long, help_heading = "Data", hide_short_help = true)]
    pub(crate) permute_labels: bool,
    /// Draw fraction, random labels and permutation by this seed instead of 0
    #[arg(long, help_heading = "Data", hide_short_help = true, value_name = "SEED")]
    pub(crate) data_seed: Option<String>,
    /// Scale the images of a folder to this many pixels on either side
    #[arg(long, help_heading = "Data", hide_short_help = true, value_name = "PIXELS")]
    pub(crate) image_size: Option<String>,
    /// Scale the shorter side of images to this many pixels first, then cut --image-size pixels out of the middle
    #[arg(
        long,
        help_heading = "Data",
        hide_short_help = true,
        value_name = "PIXELS",
        requires = "image_size"
    )]
    pub(crate) resize: Option<String>,
    /// Turn images as their EXIF data say
    #[arg(long, help_heading = "Data", hide_short_help = true)]
    pub(crate) exif_orientation: bool,
}
