//! A data set by name, from wherever it is.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    DataError, Dataset, DatasetInfo, DatasetName, DownloadProgress, Format, NormalizationMethod, cache,
    dataset::Half,
    download,
    folder::{ImageArchive, check_folder, find_place, load_images, python_version, read_folder, usual_place},
    images::{self, ImageOptions, Layout},
};

/// Where a data set may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataOptions {
    /// Read it from this folder, and from nowhere else unless [`DataOptions::fill_folder`] is set.
    pub folder: Option<PathBuf>,
    /// A published data set that the folder does not hold may be embedded, installed or cached; else it is fetched into the
    /// folder (which need not exist). With [`DataOptions::download`] it is fetched into it in any case.
    pub fill_folder: bool,
    /// Fetch it from a mirror (unless it is already in the cache), even if it is embedded or installed.
    pub download: bool,
    /// Addresses to fetch from, in place of the official ones; each the folder that holds the files.
    pub mirrors: Vec<String>,
    /// Where fetched files are kept; each data set has a folder of its own there.
    pub cache: PathBuf,
    /// How the files of a folder of images become examples.
    pub images: ImageOptions,
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
            fill_folder: false,
            download: false,
            mirrors: Vec::new(),
            cache: cache::default_cache(),
            images: ImageOptions::default(),
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
    /// The folder in the options does not hold the data set; it comes from elsewhere.
    Elsewhere {
        /// The data set.
        dataset: &'static str,
        /// The folder.
        folder: PathBuf,
        /// [`Dataset::source`].
        source: String,
    },
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
    if options.images != ImageOptions::default() && !matches!(name, DatasetName::ImageFolder(_)) {
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
    let folder = options.folder.clone().or_else(|| path.clone()).ok_or(DataError::NoImageFolder)?;
    let name = DatasetName::ImageFolder(path.or_else(|| Some(folder.clone()))).label();
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
        return if options.fill_folder {
            filled_folder(info, folder, options, progress)
        } else {
            check_folder(folder)?;
            let place = find_place(info, folder);
            from_folder(info, place.as_deref().unwrap_or(folder), options, progress)
        };
    }
    let cached = cache::folder(info, &options.cache);
    if options.download {
        download::fetch(info, &cached, options, &mut |report| progress(LoadProgress::Download(report)))?;
        return from_cache(info, options, progress);
    }
    if let Some(dataset) = at_hand(info, options, progress)? {
        return Ok(dataset);
    }
    Err(DataError::NotInstalled {
        dataset: info.name,
        looked_in: info.system_folders.iter().map(PathBuf::from).chain([cached]).collect(),
        package: info.package,
    })
}

/// What is embedded, installed or cached.
fn at_hand(
    info: &DatasetInfo,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Option<Dataset>, DataError> {
    let installed = info.system_folders.iter().map(Path::new).find(|folder| folder.is_dir());
    match installed {
        _ if info.embedded => embedded(info).map(Some),
        Some(folder) => from_folder(info, folder, options, progress).map(Some),
        None if cache::is_complete(info, &options.cache) => from_cache(info, options, progress).map(Some),
        None => Ok(None),
    }
}

/// A data set for which a folder is the place where data are put: from there, from what is at hand, or fetched into it.
fn filled_folder(
    info: &DatasetInfo,
    folder: &Path,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    match check_folder(folder) {
        Ok(()) | Err(DataError::FolderMissing { .. }) => {}
        Err(error) => return Err(error),
    }
    let there = find_place(info, folder);
    if let (Some(place), false) = (&there, options.download) {
        return from_folder(info, place, options, progress);
    }
    let python = python_version(info, folder);
    if let (Some(path), [archive, ..]) = (&python, info.format.files())
        && path == folder
    {
        return Err(DataError::PythonVersion { path: path.clone(), archive: archive.name });
    }
    if !options.download
        && let Some(dataset) = at_hand(info, options, progress)?
    {
        let source = dataset.source.clone();
        progress(LoadProgress::Elsewhere { dataset: info.name, folder: folder.to_owned(), source });
        return Ok(dataset);
    }
    let place = there.unwrap_or_else(|| usual_place(info, folder));
    let fetched =
        download::fetch(info, &place, options, &mut |report| progress(LoadProgress::Download(report)));
    match fetched {
        Ok(()) => from_folder(info, &place, options, progress),
        Err(problem @ DataError::Download { .. }) => {
            cache::forget(&place, folder);
            Err(DataError::NotInFolder {
                info: Box::new(*info),
                folder: folder.to_owned(),
                place,
                python,
                problem: Box::new(problem),
            })
        }
        Err(error) => Err(error),
    }
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
