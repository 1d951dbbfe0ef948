//! A data set by name, from wherever it is.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    DataError, Dataset, DatasetInfo, DatasetName, DownloadProgress, NormalizationMethod, cache, dataset::Half,
    download,
    folder::read_folder,
    images::{self, Layout},
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
    /// Scale image files to this many pixels on either side.
    pub image_size: Option<u32>,
    /// Leave out image files that cannot be read, instead of refusing the data set.
    pub skip_broken: bool,
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
            image_size: None,
            skip_broken: false,
            timeout: Duration::from_secs(30),
        }
    }
}

/// What is going on while a data set is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadProgress {
    /// A file arrives.
    Download(DownloadProgress),
    /// Image files are decoded.
    Decode {
        /// How many are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
}

/// The data set of this name ([`DatasetName`]): one of the registry ([`load_dataset`]), a half of one, or a folder of
/// images. It has its usual normalisation ([`NormalizationMethod::usual`]).
///
/// # Errors
/// When the name is unknown, and as [`load_dataset`].
pub fn load(
    name: &str,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    match DatasetName::parse(name)? {
        DatasetName::Published(info) => load_dataset(info, options, progress),
        DatasetName::ImageFolder(path) => load_images(path, options, progress),
    }
}

fn load_images(
    path: Option<PathBuf>,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    let folder = options.folder.clone().or(path).ok_or(DataError::NoImageFolder)?;
    let name = DatasetName::ImageFolder(Some(folder.clone())).to_string();
    let dataset = images::load_folder(&name, &folder, Layout::ClassFolders, options, progress)?;
    let usual = NormalizationMethod::usual(dataset.channels());
    Ok(dataset.normalized(usual))
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
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    if let Some(folder) = &options.folder {
        return from_folder(info, folder);
    }
    if options.download {
        download::fetch(info, options, &mut |report| progress(LoadProgress::Download(report)))?;
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
    if info.fingerprint.is_some_and(|published| published != dataset.fingerprint) {
        dataset.source += " (not the published examples)";
    }
    Ok(dataset)
}

fn from_cache(info: &DatasetInfo, cache: &Path) -> Result<Dataset, DataError> {
    let folder = cache::folder(info, cache);
    let (train, test) = read_folder(info, &folder)?;
    let dataset = assemble(info, train, test, format!("cache '{}'", folder.display()));
    if info.fingerprint.is_none_or(|published| published == dataset.fingerprint) {
        Ok(dataset)
    } else {
        Err(DataError::CacheDamaged { dataset: info.name, folder })
    }
}

fn assemble(info: &DatasetInfo, train: Half, test: Half, source: String) -> Dataset {
    let features = info.shape.iter().product();
    let (train, test) = (train.into_examples(features), test.into_examples(features));
    let classes = info.class_names.iter().map(|&name| name.to_owned()).collect();
    let dataset = Dataset::new(info.name, train, test, info.shape.to_vec(), classes, &source);
    let usual = NormalizationMethod::usual(dataset.channels());
    dataset.normalized(usual)
}
