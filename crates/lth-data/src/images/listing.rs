//! What files there are, on disk or out of an archive.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::{BrokenImage, ImageProblem, stamp::stamp};
use crate::{
    ArchiveProblem, DataError,
    format::{Entry, read_archive},
    memory::read_file,
};

/// Folders deeper than this are taken for a loop of links.
const DEEPEST: usize = 16;

/// No file of an image is larger.
const LARGEST_FILE: u64 = 1 << 29;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// In a file.
    OnDisk {
        /// What tells this state of it from any other.
        stamp: String,
    },
    /// Out of an archive.
    InMemory(Vec<u8>),
}

/// A file of a listing.
#[derive(Debug, Clone)]
pub(crate) struct ListedFile {
    /// Its path from the root, with slashes: `train/cat/1.png`.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) stored: Stored,
}

/// Files and folders below a root.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The folder, or the archive.
    pub(crate) root: PathBuf,
    /// The files, in no order.
    pub(crate) files: Vec<ListedFile>,
    /// Every folder, even if it is empty: `train`, `train/cat`.
    pub(crate) folders: BTreeSet<String>,
    /// What is no file that can be read.
    pub(crate) broken: Vec<BrokenImage>,
}

impl Listing {
    /// Everything below these folders of a root; files of the root itself are not listed.
    pub(crate) fn of_folder(root: &Path, below: &[&str]) -> Result<Self, DataError> {
        let mut listing = Self { root: root.to_owned(), ..Self::default() };
        for name in below {
            let folder = root.join(name);
            if folder.is_dir() {
                listing
                    .walk(&folder, (*name).to_owned(), DEEPEST)
                    .map_err(|(path, source)| DataError::FolderUnreadable { path, source })?;
            }
        }
        Ok(listing)
    }

    fn walk(&mut self, folder: &Path, name: String, deepest: usize) -> Result<(), (PathBuf, io::Error)> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| (path, error)
        };
        if deepest == 0 {
            let reason = "folders are nested too deep";
            return Err(at(folder)(io::Error::new(io::ErrorKind::InvalidInput, reason)));
        }
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let entry = entry.map_err(at(folder))?;
            let path = entry.path();
            // Hidden files are of file managers and editors, not of the data set.
            let Some(below) = entry.file_name().to_str().map(str::to_owned) else {
                self.broken.push(BrokenImage { path, problem: ImageProblem::OtherEncoding });
                continue;
            };
            if below.starts_with('.') || below == "Thumbs.db" {
                continue;
            }
            let below = format!("{name}/{below}");
            // Follows links, as torchvision does.
            let metadata = match fs::metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) => {
                    let problem = unreachable_file(&path, error);
                    self.broken.push(BrokenImage { path, problem });
                    continue;
                }
            };
            if metadata.is_dir() {
                self.walk(&path, below, deepest - 1)?;
            } else if !metadata.is_file() {
                self.broken.push(BrokenImage { path, problem: ImageProblem::Special });
            } else {
                let stored = Stored::OnDisk { stamp: stamp(&path, &metadata) };
                self.files.push(ListedFile { path: below, stored });
            }
        }
        self.folders.insert(name);
        Ok(())
    }

    /// The files of an archive that are below `train`, `test` or `val`, wherever in it these lie.
    pub(crate) fn of_archive(archive: &Path, unpacked: u64) -> Result<Self, ArchiveProblem> {
        let wanted = |path: &str| below_half(path).is_some();
        let mut listing = Self { root: archive.to_owned(), ..Self::default() };
        for Entry { path, bytes } in read_archive(archive, unpacked, &wanted)? {
            let Some(path) = below_half(&path).map(str::to_owned) else { continue };
            let mut folder = path.as_str();
            while let Some((parent, _)) = folder.rsplit_once('/') {
                listing.folders.insert(parent.to_owned());
                folder = parent;
            }
            listing.files.push(ListedFile { path, stored: Stored::InMemory(bytes) });
        }
        Ok(listing)
    }

    /// What tells this state of the files from any other: the path and the [`stamp`] of each.
    pub(crate) fn stamp(&self) -> String {
        let mut lines: Vec<String> = self.folders.iter().map(|folder| format!("{folder}/\n")).collect();
        lines.extend(self.files.iter().map(|file| match &file.stored {
            Stored::OnDisk { stamp } => format!("{}\0{stamp}\n", file.path),
            Stored::InMemory(bytes) => format!("{}\0{}\n", file.path, blake3::hash(bytes)),
        }));
        lines.extend(self.broken.iter().map(|broken| format!("{broken}\n")));
        lines.sort_unstable();
        lines.concat()
    }

    /// A file by its path.
    pub(crate) fn find(&self, path: &str) -> Option<&ListedFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// A file's name for people.
    pub(crate) fn place(&self, file: &ListedFile) -> PathBuf {
        self.root.join(&file.path)
    }

    /// A file's bytes.
    pub(crate) fn read<'a>(&self, file: &'a ListedFile) -> io::Result<Cow<'a, [u8]>> {
        match &file.stored {
            Stored::OnDisk { .. } => read_file(&self.place(file), LARGEST_FILE).map(Cow::Owned),
            Stored::InMemory(bytes) => Ok(Cow::Borrowed(bytes)),
        }
    }
}

/// Why nothing is known of a file.
fn unreachable_file(path: &Path, error: io::Error) -> ImageProblem {
    match fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => ImageProblem::DanglingLink(target),
        _ => ImageProblem::Unreadable(error),
    }
}

/// The path from the first folder that is called as a half: `val/images/1.JPEG` of `tiny-imagenet-200/val/images/1.JPEG`.
fn below_half(path: &str) -> Option<&str> {
    let mut rest = path;
    loop {
        let (first, below) = rest.split_once('/')?;
        if ["train", "test", "val"].contains(&first) {
            return Some(rest);
        }
        rest = below;
    }
}
