//! A data set by name, from wherever it is.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    DataError, Dataset, DatasetInfo, DatasetName, DownloadProgress, Format, NormalizationMethod, cache,
    dataset::Half,
    download,
    folder::{ImageArchive, load_images, read_folder},
    images::{self, Layout},
};

/// Where a data set may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataOptions {
    /// Read it from this folder, and from nowhere else.
    pub folder: Option<PathBuf>,
    /// Fetch it from a mirror (unless it is already in the cache), even if it is embedded or installed.
    pub download: bool,
    /// Addresses to fetch from, in place of the official ones; each the folder that holds the files.
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
    let name = DatasetName::parse(name)?;
    if options.image_size.is_some() && !matches!(name, DatasetName::ImageFolder(_)) {
        return Err(DataError::NotScaled { dataset: name.to_string() });
    }
    match name {
        DatasetName::Published(info) => load_dataset(info, options, progress),
        DatasetName::HalfOf(info, half) => Ok(load_dataset(info, options, progress)?.half(half)),
        DatasetName::ImageFolder(path) => load_image_folder(path, options, progress),
    }
}

fn load_image_folder(
    path: Option<PathBuf>,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    let folder = options.folder.clone().or(path).ok_or(DataError::NoImageFolder)?;
    let name = DatasetName::ImageFolder(Some(folder.clone())).to_string();
    let dataset = images::load_folder(&name, &folder, options, progress)?;
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
        return from_folder(info, folder, options, progress);
    }
    if options.download {
        download::fetch(info, options, &mut |report| progress(LoadProgress::Download(report)))?;
        return from_cache(info, options, progress);
    }
    if info.embedded {
        return embedded(info);
    }
    if let Some(folder) = info.system_folders.iter().map(Path::new).find(|folder| folder.is_dir()) {
        return from_folder(info, folder, options, progress);
    }
    if cache::is_complete(info, &options.cache) {
        return from_cache(info, options, progress);
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
    Ok(Dataset { source: "embedded".to_owned(), ..assemble(info, train, test) })
}

fn from_folder(
    info: &DatasetInfo,
    folder: &Path,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    let mut dataset = read(info, folder, options, progress)?;
    dataset.source = format!("folder '{}'", folder.display());
    let published = match info.fingerprint {
        Some(published) => published == dataset.fingerprint,
        None => is_like(info, &dataset),
    };
    if !published {
        dataset.source += " (not the published examples)";
    }
    Ok(dataset)
}

fn from_cache(
    info: &DatasetInfo,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    let folder = cache::folder(info, &options.cache);
    let dataset = read(info, &folder, options, progress)?;
    if info.fingerprint.is_none_or(|published| published == dataset.fingerprint) {
        Ok(Dataset { source: format!("cache '{}'", folder.display()), ..dataset })
    } else {
        Err(DataError::CacheDamaged { dataset: info.name, folder })
    }
}

/// Reads a data set in whichever form it is published, with its usual normalisation.
fn read(
    info: &DatasetInfo,
    folder: &Path,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    let (archive, below, unpacked, layout) = match info.format {
        Format::ClassFolders { archive, folder, unpacked } => {
            (archive, folder, unpacked, Layout::ClassFolders)
        }
        Format::TinyImagenet { archive, folder, unpacked } => {
            (archive, folder, unpacked, Layout::TinyImagenet)
        }
        _ => {
            let (train, test) = read_folder(info, folder)?;
            return Ok(assemble(info, train, test));
        }
    };
    let published = ImageArchive { archive, below, unpacked, layout };
    let dataset = load_images(info.name, &published, folder, options, progress)?;
    let described = |shape: &[usize], classes| format!("{shape:?} in {classes} classes");
    if dataset.shape != info.shape || dataset.classes != info.classes {
        return Err(DataError::OtherData {
            dataset: info.name,
            expected: described(&info.shape, info.classes),
            found_in: format!("'{}'", folder.display()),
            found: described(&dataset.shape, dataset.classes),
        });
    }
    let usual = NormalizationMethod::usual(dataset.channels());
    Ok(dataset.normalized(usual))
}

/// Whether mean and deviation are those of the published data.
fn is_like(info: &DatasetInfo, dataset: &Dataset) -> bool {
    let (found, known) = (dataset.statistics(), info.statistics);
    let pairs = found.mean.iter().zip(&known.mean).chain(found.deviation.iter().zip(&known.deviation));
    pairs.into_iter().all(|(found, known)| (found - known).abs() < 0.002)
}

fn assemble(info: &DatasetInfo, train: Half, test: Half) -> Dataset {
    let features = info.shape.iter().product();
    let (train, test) = (train.into_examples(features), test.into_examples(features));
    let classes = info.class_names.iter().map(|&name| name.to_owned()).collect();
    let dataset = Dataset::new(info.name, train, test, info.shape.to_vec(), classes, "");
    let usual = NormalizationMethod::usual(dataset.channels());
    dataset.normalized(usual)
}
