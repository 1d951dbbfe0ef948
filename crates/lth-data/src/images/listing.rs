//! What files there are, on disk or out of an archive.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::{
    ArchiveProblem, DataError,
    format::{Entry, read_archive},
};

/// Folders deeper than this are taken for a loop of links.
const DEEPEST: usize = 16;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    /// In a file.
    OnDisk {
        /// Its length.
        length: u64,
        /// When it was changed last, in nanoseconds since 1970.
        modified: u128,
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
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// The folder, or the archive.
    pub(crate) root: PathBuf,
    /// The files, in no order.
    pub(crate) files: Vec<ListedFile>,
    /// Every folder, even if it is empty: `train`, `train/cat`.
    pub(crate) folders: BTreeSet<String>,
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
            return Err(at(folder)(io::Error::other("folders are nested too deep")));
        }
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let entry = entry.map_err(at(folder))?;
            let path = entry.path();
            // Hidden files are of file managers and editors, not of the data set.
            let Some(below) = entry.file_name().to_str().map(str::to_owned) else {
                return Err(at(&path)(io::Error::other("its name is not UTF-8")));
            };
            if below.starts_with('.') || below == "Thumbs.db" {
                continue;
            }
            let below = format!("{name}/{below}");
            // Follows links, as torchvision does.
            let metadata = fs::metadata(&path).map_err(at(&path))?;
            if metadata.is_dir() {
                self.walk(&path, below, deepest - 1)?;
            } else {
                let stored = Stored::OnDisk { length: metadata.len(), modified: modified(&metadata) };
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

    /// What tells this state of the files from any other: their paths, lengths and times.
    pub(crate) fn stamp(&self) -> String {
        let mut lines: Vec<String> = self.folders.iter().map(|folder| format!("{folder}/\n")).collect();
        lines.extend(self.files.iter().map(|file| match &file.stored {
            Stored::OnDisk { length, modified } => format!("{}\0{length} {modified}\n", file.path),
            Stored::InMemory(bytes) => format!("{}\0{}\n", file.path, blake3::hash(bytes)),
        }));
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
            Stored::OnDisk { .. } => fs::read(self.place(file)).map(Cow::Owned),
            Stored::InMemory(bytes) => Ok(Cow::Borrowed(bytes)),
        }
    }
}

/// When a file was changed last, in nanoseconds since 1970; 0 where that is not known.
pub(crate) fn modified(metadata: &fs::Metadata) -> u128 {
    let time = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    time.map_or(0, |time| time.as_nanos())
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
