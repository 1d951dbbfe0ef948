//! What can go wrong with a data set, and what to do about it.

use std::{io, path::PathBuf};

use lth_mnist::UnpackError;
use lth_model::Hint;
use thiserror::Error;

use crate::{
    ArchiveProblem, BrokenImage, CifarProblem, DatasetInfo, IdxProblem, LayoutProblem, MatProblem,
    MirrorFailure, images::describe,
};

/// Why there is no data set.
#[derive(Debug, Error)]
pub enum DataError {
    /// No data set has this name.
    #[error("there is no data set '{name}'")]
    UnknownDataset {
        /// The name as it was given.
        name: String,
        /// The data set that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The embedded data cannot be unpacked.
    #[error(transparent)]
    Embedded(#[from] UnpackError),
    /// The data set is neither embedded nor found on this machine, and downloading was not asked for.
    #[error("data set '{dataset}' is not on this machine; looked in {}", list(looked_in))]
    NotInstalled {
        /// Its name.
        dataset: &'static str,
        /// The folders that could have had it.
        looked_in: Vec<PathBuf>,
        /// The distribution's package that would bring it.
        package: Option<&'static str>,
    },
    /// The data folder does not exist.
    #[error("data folder '{}' does not exist", path.display())]
    FolderMissing {
        /// Which folder.
        path: PathBuf,
    },
    /// The data folder is something else than a folder.
    #[error("data folder '{}' is a file, not a folder", path.display())]
    FolderIsFile {
        /// Which file.
        path: PathBuf,
    },
    /// The data folder cannot be looked into.
    #[error("cannot read data folder '{}': {source}", path.display())]
    FolderUnreadable {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder does not hold the data set, and it could not be fetched into it.
    #[error("'{}' does not hold {}, and fetching it failed: {problem}", folder.display(), info.name)]
    NotInFolder {
        /// The data set.
        info: Box<DatasetInfo>,
        /// The folder that was named.
        folder: PathBuf,
        /// The folder into which it would have been fetched.
        place: PathBuf,
        /// What is there of the version that is not read.
        python: Option<PathBuf>,
        /// Why it could not be fetched.
        problem: Box<DataError>,
    },
    /// Only the version for Python is there, which is not read.
    #[error("'{}' is the Python version of the data set, which is not read", path.display())]
    PythonVersion {
        /// The folder or archive.
        path: PathBuf,
        /// The archive that is read.
        archive: &'static str,
    },
    /// A file is not there, under any of its names.
    #[error("data folder '{}' has none of {}", folder.display(), list(names))]
    FileMissing {
        /// The folder.
        folder: PathBuf,
        /// The names that were looked for.
        names: Vec<String>,
    },
    /// A file is there, but not as it must be.
    #[error("'{}' {problem}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: IdxProblem,
    },
    /// Images and labels that do not belong together.
    #[error(
        "'{}' has {image_count} images, but '{}' has {label_count} labels",
        images.display(),
        labels.display()
    )]
    CountMismatch {
        /// The file of images.
        images: PathBuf,
        /// How many images.
        image_count: usize,
        /// The file of labels.
        labels: PathBuf,
        /// How many labels.
        label_count: usize,
    },
    /// The copy in the cache is not the published data set.
    #[error("the copy of '{dataset}' in '{}' is not the published data set", folder.display())]
    CacheDamaged {
        /// Its name.
        dataset: &'static str,
        /// The cache's folder of this data set.
        folder: PathBuf,
    },
    /// The cache cannot be used.
    #[error("cannot {action} '{}': {source}", path.display())]
    Cache {
        /// What was tried: `create`, `write`.
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A mirror that is not an address.
    #[error("mirror '{url}' is not an http:// or https:// address")]
    InvalidMirror {
        /// As it was given.
        url: String,
    },
    /// No mirror gave the file.
    #[error("cannot download '{file}': {}", failures(failed))]
    Download {
        /// The file, as mirrors name it.
        file: String,
        /// What each mirror did.
        failed: Vec<MirrorFailure>,
        /// Bytes that were received and kept for the next try.
        kept: u64,
    },
    /// A folder of images without a folder.
    #[error("image-folder needs a folder")]
    NoImageFolder,
    /// Scaling what has a size of its own.
    #[error("the images of '{dataset}' cannot be scaled")]
    NotScaled {
        /// The data set.
        dataset: String,
    },
    /// Files that do not lie as those of a data set must.
    #[error("'{}' {problem}", folder.display())]
    Layout {
        /// The folder, or the archive.
        folder: PathBuf,
        /// What is wrong.
        problem: LayoutProblem,
    },
    /// An archive that is refused.
    #[error("'{}' {problem}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        problem: ArchiveProblem,
    },
    /// A batch of CIFAR that is not as it must be.
    #[error("'{}' {problem}", path.display())]
    Cifar {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: CifarProblem,
    },
    /// A MATLAB file that is not as it must be.
    #[error("'{}' {problem}", path.display())]
    Mat {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: MatProblem,
    },
    /// Images of another size or number of classes than the data set's.
    #[error("'{dataset}' has images of {expected}, {found_in} holds images of {found}")]
    OtherData {
        /// The data set.
        dataset: &'static str,
        /// Shape and classes of the data set.
        expected: String,
        /// Where they were found.
        found_in: String,
        /// Shape and classes that were found.
        found: String,
    },
    /// Image files that cannot be read.
    #[error("{} cannot be read: {}", counted(broken.len(), "image file"), describe(broken))]
    BrokenImages {
        /// All of them.
        broken: Vec<BrokenImage>,
    },
    /// Images of more than one size.
    #[error(
        "images differ in size: '{}' has {} x {} pixels, '{}' {} x {}",
        first.display(), first_size.0, first_size.1, other.display(), other_size.0, other_size.1
    )]
    ImageSizes {
        /// The first image.
        first: PathBuf,
        /// Its width and height.
        first_size: (u32, u32),
        /// The first that differs.
        other: PathBuf,
        /// Its width and height.
        other_size: (u32, u32),
    },
    /// More than fits into memory.
    #[error(
        "{} of {} x {} pixels do not fit into memory: they need {needed}, and {free} are free",
        counted(*examples, "image"), size.0, size.1
    )]
    TooLarge {
        /// How many images.
        examples: usize,
        /// Their width and height.
        size: (u32, u32),
        /// The memory that loading them takes, in words.
        needed: String,
        /// The memory that is free, in words.
        free: String,
    },
    /// The validation set would leave nothing to train on.
    #[error("{validation} validation examples leave none of the {count} training examples to train on")]
    ValidationTooLarge {
        /// Validation examples that were asked for.
        validation: usize,
        /// Examples there are.
        count: usize,
    },
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn list<T: AsRef<std::ffi::OsStr>>(items: &[T]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("'{}'", item.as_ref().display())).collect();
    quoted.join(", ")
}

fn failures(failed: &[MirrorFailure]) -> String {
    let each: Vec<String> = failed.iter().map(ToString::to_string).collect();
    each.join("; ")
}

impl Hint for DataError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownDataset { nearest: Some(nearest), .. } => {
                format!("did you mean '{nearest}'? `lth datasets` lists all")
            }
            Self::UnknownDataset { nearest: None, .. } => "`lth datasets` lists all".to_owned(),
            Self::Embedded(_) => "the program is damaged; build or install it again".to_owned(),
            Self::NotInstalled { package, .. } => {
                let package = package.map_or_else(String::new, |name| format!("`apt install {name}`, "));
                format!("{package}give the folder of its files, or let it be fetched with --download")
            }
            Self::FolderMissing { .. } => {
                "check the spelling of the folder; where the data of a run have moved, say so with --data-folder".to_owned()
            }
            Self::FolderIsFile { .. } => {
                "give the folder that holds the data set's files, not a file".to_owned()
            }
            Self::FolderUnreadable { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => "check the folder's permissions".to_owned(),
                io::ErrorKind::InvalidInput => {
                    "remove the link that leads back to a folder above it, or folders without images".to_owned()
                }
                _ => "check the disk".to_owned(),
            },
            Self::NotInFolder { info, place, python, problem, .. } => {
                let files: Vec<&str> = info.format.files().iter().map(|file| file.name).collect();
                let from = info.mirrors.first().map_or(info.homepage, |mirror| mirror);
                let or = info.format.unpacked().map_or(String::new(), |folder| format!(" (or what it unpacks to, {folder})"));
                let python = python.as_ref().map_or(String::new(), |path| {
                    format!("; the Python version in '{}' is not read", path.display())
                });
                let again = match **problem {
                    Self::Download { kept: 1.., .. } => "; the same command goes on with what was received",
                    _ => "",
                };
                format!("put {}{or} from {from} into '{}'{python}{again}", files.join(", "), place.display())
            }
            Self::PythonVersion { archive, .. } => {
                format!("the binary version is read: {archive}, or what it unpacks to")
            }
            Self::FileMissing { names, .. } if names.iter().any(|name| name.contains("-idx")) => {
                "the folder must hold the data set's published files: training and test images and labels, four IDX \
                 files, plain or .gz"
                    .to_owned()
            }
            Self::FileMissing { .. } => {
                "the folder must hold the data set's published archive, or what it unpacks to".to_owned()
            }
            Self::File { problem, .. } => problem.advice().to_owned(),
            Self::CountMismatch { .. } => {
                "the two files must come from the same data set; fetch them again together".to_owned()
            }
            Self::CacheDamaged { folder, .. } => {
                format!("delete '{}', or repair it with --download", folder.display())
            }
            Self::Cache { .. } => "check free space and permissions of the cache folder".to_owned(),
            Self::InvalidMirror { .. } => {
                "give the address of the folder that holds the files: --mirror https://example.org/mnist/"
                    .to_owned()
            }
            Self::Download { kept: 0, .. } => {
                "check the network, name another mirror with --mirror URL, or give a folder".to_owned()
            }
            Self::Download { kept, .. } => {
                format!(
                    "the same command goes on from the {kept} bytes received so far; or name another mirror \
                     with --mirror URL"
                )
            }
            Self::Archive { problem, .. } => problem.advice().to_owned(),
            Self::Cifar { .. } | Self::Mat { .. } => {
                "the file was not fetched completely, or is of another data set; fetch it again".to_owned()
            }
            Self::OtherData { .. } => "load other images as image-folder:PATH".to_owned(),
            Self::NoImageFolder => "give it as image-folder:PATH".to_owned(),
            Self::NotScaled { .. } => "only those of image-folder:PATH can; leave --image-size out".to_owned(),
            Self::Layout { problem, .. } => problem.advice().to_owned(),
            Self::BrokenImages { broken } if broken.iter().any(|file| file.problem.is_of_another_kind()) => {
                "PNG, JPEG, BMP, GIF, TIFF, WebP and PNM files are read; convert or remove the others, or leave them \
                 out with --skip-broken"
                    .to_owned()
            }
            Self::BrokenImages { .. } => "fetch or remove them, or leave them out with --skip-broken".to_owned(),
            Self::ImageSizes { .. } => "scale all images to one size, for example with --image-size 32".to_owned(),
            Self::TooLarge { .. } => "scale the images down: a smaller --image-size, for example 64".to_owned(),
            Self::ValidationTooLarge { .. } => {
                "ask for fewer validation examples; 0 for none, the papers use 5000".to_owned()
            }
        })
    }
}
