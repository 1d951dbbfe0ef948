//! Data sets: what there is, how it is read or fetched, how it is split.
//!
//! [`load`] gives a [`Dataset`] by name: from a folder of IDX files, from what is embedded, installed or cached, or by
//! download. [`validation_split`] carves validation examples from the training set.
//!
//! ```
//! use lth_data::{DataOptions, load, validation_split};
//! use lth_model::Seed;
//!
//! let mnist = load("mnist", &DataOptions::default(), &mut |_| {})?;
//! assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
//!
//! let (train, validation) = validation_split(mnist.train.len(), 5_000, Seed(0))?;
//! assert_eq!((train.len(), validation.len()), (55_000, 5_000));
//! # Ok::<(), lth_data::DataError>(())
//! ```

mod cache;
mod class_names;
mod dataset;
mod dataset_name;
mod dataset_view;
mod download;
mod error;
mod folder;
mod format;
mod images;
mod load;
mod memory;
mod normalization;
mod published;
mod registry;
mod split;
mod stand_in;

pub use cache::default_cache;
pub use dataset::{Dataset, fingerprint};
pub use dataset_name::DatasetName;
pub use dataset_view::{DatasetView, Half, ViewError, ViewSeed};
pub use download::{DownloadProgress, MirrorFailure, TransferProblem};
pub use error::DataError;
pub use format::{ArchiveProblem, CifarProblem, IdxProblem, MatProblem};
pub use images::{BrokenImage, ImageOptions, ImageProblem, LayoutProblem};
pub use load::{DataOptions, LoadProgress, load, load_dataset};
pub use memory::{free as free_memory, in_words as memory_in_words};
pub use normalization::{ChannelStatistics, NormalizationMethod};
pub use registry::{Checksum, DATASETS, DatasetInfo, Format, PublishedFile, find_dataset};
pub use split::validation_split;
