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
    /// Its name is not that of an image.
    #[error("is not a .png, .jpg or .jpeg file")]
    OtherName,
    /// Its contents are not those of an image.
    #[error("is neither a PNG nor a JPEG image")]
    OtherFormat,
    /// It ends too early.
    #[error("is cut short")]
    Truncated,
    /// It cannot be decoded.
    #[error("cannot be decoded: {0}")]
    Damaged(String),
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
