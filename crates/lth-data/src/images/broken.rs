//! Files that are no images, or not whole.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

/// How many broken files an error names.
const NAMED: usize = 10;

/// What is wrong with an image file. Reads as the end of a sentence that begins with the file's name.
#[derive(Debug, Error)]
pub enum ImageProblem {
    /// The system does not give its bytes.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It has no bytes.
    #[error("is empty")]
    Empty,
    /// Its ending is not that of an image that is read.
    #[error("is {}", of_ending(.0))]
    OtherName(String),
    /// Its contents are not those of an image that is read; what they are, if it can be told.
    #[error("is {}", .0.map_or_else(|| "no image of a kind that is read".to_owned(), not_read))]
    OtherFormat(Option<&'static str>),
    /// A link whose target does not exist.
    #[error("is a link to '{}', which does not exist", .0.display())]
    DanglingLink(PathBuf),
    /// Its name cannot be written.
    #[error("has a name that is not UTF-8")]
    OtherEncoding,
    /// A pipe, a socket or a device.
    #[error("is neither a file nor a folder")]
    Special,
    /// It ends too early.
    #[error("is cut short")]
    Truncated,
    /// It cannot be decoded.
    #[error("cannot be decoded: {0}")]
    Damaged(String),
}

fn not_read(kind: &str) -> String {
    format!("{kind}, which is not read")
}

fn of_ending(ending: &str) -> String {
    if ending.is_empty() { "no image by its name".to_owned() } else { not_read(&format!("a .{ending} file")) }
}

impl ImageProblem {
    /// Whether other software could turn the file into one that is read.
    pub(crate) fn is_of_another_kind(&self) -> bool {
        matches!(self, Self::OtherName(_) | Self::OtherFormat(_))
    }
}

/// A file and what is wrong with it.
#[derive(Debug)]
pub struct BrokenImage {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: ImageProblem,
}

impl fmt::Display for BrokenImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' {}", self.path.display(), self.problem)
    }
}

/// All of them up to [`NAMED`], then how many more.
pub(crate) fn describe(broken: &[BrokenImage]) -> String {
    let mut text: Vec<String> = broken.iter().take(NAMED).map(ToString::to_string).collect();
    if broken.len() > NAMED {
        text.push(format!("and {} more", broken.len() - NAMED));
    }
    text.join("; ")
}
