//! The names under which data sets are asked for.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::{DataError, DatasetInfo, Half, find_dataset};

/// How folders of images are called: `image-folder:PATH`.
const IMAGE_FOLDER: &str = "image-folder";

/// A name that means a data set. Displays as its canonical form: `mnist`, `cifar-10a`, `image-folder:photos`.
#[derive(Debug, Clone)]
pub enum DatasetName {
    /// One of the registry.
    Published(&'static DatasetInfo),
    /// Half of the training set of one of the registry: `cifar-10a`, see [`crate::Dataset::half`].
    HalfOf(&'static DatasetInfo, Half),
    /// A folder of images; without a path it is that of [`crate::DataOptions::folder`].
    ImageFolder(Option<PathBuf>),
}

impl DatasetName {
    /// Understands a name; case does not matter but in paths.
    ///
    /// # Errors
    /// [`DataError::UnknownDataset`] when it is none.
    ///
    /// ```
    /// use lth_data::DatasetName;
    /// assert_eq!(DatasetName::parse("FashionMNIST")?.to_string(), "fashion-mnist");
    /// assert_eq!(DatasetName::parse("image-folder:my/photos")?.short(), "photos");
    /// assert_eq!(DatasetName::parse("cifar10b")?.to_string(), "cifar-10b");
    /// assert!(DatasetName::parse("imagenet").is_err());
    /// # Ok::<(), lth_data::DataError>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self, DataError> {
        let (start, path) = name.split_once(':').map_or((name, None), |(start, path)| (start, Some(path)));
        if start.eq_ignore_ascii_case(IMAGE_FOLDER) {
            return Ok(Self::ImageFolder(path.filter(|path| !path.is_empty()).map(PathBuf::from)));
        }
        let of_half = |letter: char, half| {
            let whole = find_dataset(name.strip_suffix([letter, letter.to_ascii_uppercase()])?).ok()?;
            Some(Self::HalfOf(whole, half))
        };
        match find_dataset(name) {
            Ok(info) => Ok(Self::Published(info)),
            Err(error) => of_half('a', Half::A).or_else(|| of_half('b', Half::B)).ok_or(error),
        }
    }

    /// The name of the data in results, without a place: of a folder of images `image-folder:` and the folder's own name.
    /// Which images they are is told by their fingerprint.
    ///
    /// ```
    /// use lth_data::DatasetName;
    /// assert_eq!(DatasetName::parse("image-folder:my/photos/")?.label(), "image-folder:photos");
    /// assert_eq!(DatasetName::parse("CIFAR10")?.label(), "cifar-10");
    /// # Ok::<(), lth_data::DataError>(())
    /// ```
    pub fn label(&self) -> String {
        match self {
            Self::ImageFolder(Some(path)) if path.file_name().is_some() => {
                format!("{IMAGE_FOLDER}:{}", self.short())
            }
            Self::ImageFolder(_) => IMAGE_FOLDER.to_owned(),
            Self::Published(_) | Self::HalfOf(..) => self.to_string(),
        }
    }

    /// The folder of a folder of images.
    pub fn folder(&self) -> Option<&Path> {
        if let Self::ImageFolder(path) = self { path.as_deref() } else { None }
    }

    /// The same with the path of a folder of images in its one form: absolute, and without links and `..` where it exists.
    #[must_use]
    pub fn located(self) -> Self {
        match self {
            Self::ImageFolder(Some(path)) => Self::ImageFolder(Some(located(&path))),
            other => other,
        }
    }

    /// A name that can be part of a file's name: of a folder of images, the folder's own name.
    pub fn short(&self) -> String {
        match self {
            Self::Published(_) | Self::HalfOf(..) => self.to_string(),
            Self::ImageFolder(path) => {
                let last = path.as_deref().and_then(Path::file_name);
                last.map_or(IMAGE_FOLDER.to_owned(), |name| name.to_string_lossy().into_owned())
            }
        }
    }
}

fn located(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(info) => f.write_str(info.name),
            Self::HalfOf(info, half) => write!(f, "{}{}", info.name, half.letter()),
            Self::ImageFolder(None) => f.write_str(IMAGE_FOLDER),
            Self::ImageFolder(Some(path)) => write!(f, "{IMAGE_FOLDER}:{}", path.display()),
        }
    }
}
