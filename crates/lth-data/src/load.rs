//! A data set by name, from wherever it is.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    DataError, Dataset, DatasetInfo, DownloadProgress, cache, dataset::Half, download, find_dataset,
    fingerprint, folder::read_folder,
};

/// Where a data set may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataOptions {
    /// Read it from this folder, and from nowhere else.
    pub folder: Option<PathBuf>,
    /// Fetch it from a mirror (unless it is already in the cache), even if it is embedded or installed.
    pub download: bool,
    /// Addresses to fetch from, in place of the official ones; each the folder that holds the `.gz` files.
    pub mirrors: Vec<String>,
    /// Where fetched files are kept; each data set has a folder of its own there.
    pub cache: PathBuf,
    /// How long a mirror may take to connect, to answer, and to send the next bytes.
    pub timeout: Duration,
}

impl Default for DataOptions {
    /// No folder, no download, official mirrors, [`cache::default_cache`], 30 seconds.
    fn default() -> Self {
        Self {
            folder: None,
            download: false,
            mirrors: Vec::new(),
            cache: cache::default_cache(),
            timeout: Duration::from_secs(30),
        }
    }
}

/// The data set of this name ([`find_dataset`]); see [`load_dataset`].
///
/// # Errors
/// When the name is unknown, and as [`load_dataset`].
pub fn load(
    name: &str,
    options: &DataOptions,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<Dataset, DataError> {
    load_dataset(find_dataset(name)?, options, progress)
}

/// A data set from the first of these places: the folder in the options; with `download`, the cache and then the
/// mirrors; without, what is embedded, the folders of distributions' packages, the cache.
///
/// `progress` is called while a file arrives, several times a second.
///
/// # Errors
/// When the data set is nowhere, and when what is found (or fetched) is not as it must be; then nothing is searched
/// further.
pub fn load_dataset(
    info: &DatasetInfo,
    options: &DataOptions,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<Dataset, DataError> {
    if let Some(folder) = &options.folder {
        return from_folder(info, folder);
    }
    if options.download {
        download::fetch(info, options, progress)?;
        return from_cache(info, &options.cache);
    }
    if info.embedded {
        return embedded(info);
    }
    if let Some(folder) = info.system_folders.iter().map(Path::new).find(|folder| folder.is_dir()) {
        return from_folder(info, folder);
    }
    if cache::is_complete(info, &options.cache) {
        return from_cache(info, &options.cache);
    }
    let cached = cache::folder(info, &options.cache);
    Err(DataError::NotInstalled {
        dataset: info.name,
        looked_in: info.system_folders.iter().map(PathBuf::from).chain([cached]).collect(),
        package: info.package,
    })
}

fn embedded(info: &DatasetInfo) -> Result<Dataset, DataError> {
    let mnist = lth_mnist::load()?;
    let train = Half { images: mnist.train_images, labels: mnist.train_labels };
    let test = Half { images: mnist.test_images, labels: mnist.test_labels };
    Ok(assemble(info, train, test, "embedded".to_owned()))
}

fn from_folder(info: &DatasetInfo, folder: &Path) -> Result<Dataset, DataError> {
    let (train, test) = read_folder(info, folder)?;
    let mut dataset = assemble(info, train, test, format!("folder '{}'", folder.display()));
    if dataset.fingerprint != info.fingerprint {
        dataset.source += " (not the published examples)";
    }
    Ok(dataset)
}

fn from_cache(info: &DatasetInfo, cache: &Path) -> Result<Dataset, DataError> {
    let folder = cache::folder(info, cache);
    let (train, test) = read_folder(info, &folder)?;
    let dataset = assemble(info, train, test, format!("cache '{}'", folder.display()));
    if dataset.fingerprint == info.fingerprint {
        Ok(dataset)
    } else {
        Err(DataError::CacheDamaged { dataset: info.name, folder })
    }
}

fn assemble(info: &DatasetInfo, train: Half, test: Half, source: String) -> Dataset {
    let features = info.shape.iter().product();
    let (train, test) = (train.into_examples(features), test.into_examples(features));
    let fingerprint = fingerprint(&train, &test);
    Dataset {
        name: info.name.to_owned(),
        train,
        test,
        shape: info.shape.to_vec(),
        classes: info.classes,
        source,
        fingerprint,
    }
}
