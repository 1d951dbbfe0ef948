//! Archives of files, `.tar.gz` and `.zip`, read into memory. Nothing is written, so nothing can land anywhere; an
//! archive that tries to is refused all the same.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Component, Path},
};

use thiserror::Error;

use super::Gunzip;

/// Why an archive is refused. Reads as the end of a sentence that begins with its name.
#[derive(Debug, Error)]
pub enum ArchiveProblem {
    /// The system does not give its bytes.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is no such archive, or cut short.
    #[error("is a damaged archive: {0}")]
    Damaged(String),
    /// A path that leads out of the folder.
    #[error("has an entry '{0}' that leads out of its folder")]
    Escapes(String),
    /// A link.
    #[error("has a link '{0}', where only files and folders may be")]
    Link(String),
    /// It unpacks to too much.
    #[error("unpacks to more than {limit} bytes")]
    TooLarge {
        /// The most that the data set can have.
        limit: u64,
    },
    /// It is whole, but lacks a file.
    #[error("has no file '{0}'")]
    Missing(String),
    /// It is not the published file.
    #[error("is not the published file: its MD5 sum is {found} instead of {expected}")]
    Checksum {
        /// The published sum.
        expected: &'static str,
        /// Its sum.
        found: String,
    },
}

impl ArchiveProblem {
    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "check the file's permissions and the disk",
            Self::Damaged(_) => "the file was probably not fetched completely; fetch it again",
            Self::Escapes(_) | Self::Link(_) | Self::TooLarge { .. } => {
                "this is not the published archive; fetch it from the official address"
            }
            Self::Missing(_) | Self::Checksum { .. } => "fetch it again from the official address",
        }
    }
}

/// A file of an archive.
pub(crate) struct Entry {
    /// Its path with slashes, without `./` at the start.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// Reads those files that are wanted, by their paths, in the archive's order. The names of the others are looked at all
/// the same, and they count for the limit.
pub(crate) fn read_archive(
    path: &Path,
    limit: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Entry>, ArchiveProblem> {
    let file = File::open(path).map_err(ArchiveProblem::Unreadable)?;
    let file = BufReader::with_capacity(1 << 16, file);
    if path.extension().is_some_and(|extension| extension == "zip") {
        read_zip(file, limit, wanted)
    } else {
        read_tar_gz(file, limit, wanted)
    }
}

fn damaged(error: impl ToString) -> ArchiveProblem {
    ArchiveProblem::Damaged(error.to_string())
}

/// The path in one form; refuses absolute ones and those with `..`.
fn checked(path: &Path) -> Result<String, ArchiveProblem> {
    let shown = path.to_string_lossy().into_owned();
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            _ => return Err(ArchiveProblem::Escapes(shown)),
        }
    }
    // Paths of Windows are plain names elsewhere.
    if shown.contains('\\') || parts.first().is_some_and(|part| part.ends_with(':')) {
        return Err(ArchiveProblem::Escapes(shown));
    }
    Ok(parts.join("/"))
}

/// Counts what entries announce against the limit.
struct Budget {
    limit: u64,
    left: u64,
}

impl Budget {
    fn take(&mut self, size: u64) -> Result<(), ArchiveProblem> {
        self.left = self.left.checked_sub(size).ok_or(ArchiveProblem::TooLarge { limit: self.limit })?;
        Ok(())
    }
}

/// Exactly the announced bytes; memory grows with what there is, not with what is announced.
fn exactly(entry: &mut dyn Read, size: u64) -> Result<Vec<u8>, ArchiveProblem> {
    let mut bytes = Vec::new();
    entry.take(size + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(damaged("an entry is not as long as it says")) }
}

fn read_tar_gz(
    file: impl io::BufRead,
    limit: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Entry>, ArchiveProblem> {
    // The archive's own headers are at most as long as its files are many; names of any length must not fill the memory.
    let mut archive = tar::Archive::new(Gunzip::new(file).take(limit.saturating_mul(2) + (1 << 20)));
    let mut budget = Budget { limit, left: limit };
    let mut found = Vec::new();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = checked(&entry.path().map_err(damaged)?)?;
        let kind = entry.header().entry_type();
        if kind.is_symlink() || kind.is_hard_link() {
            return Err(ArchiveProblem::Link(path));
        }
        let size = entry.size();
        budget.take(size)?;
        if kind.is_file() && wanted(&path) {
            let bytes = exactly(&mut entry, size)?;
            found.push(Entry { path, bytes });
        }
    }
    Ok(found)
}

fn read_zip(
    file: impl Read + io::Seek,
    limit: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Entry>, ArchiveProblem> {
    let mut archive = zip::ZipArchive::new(file).map_err(damaged)?;
    let mut budget = Budget { limit, left: limit };
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let path = checked(Path::new(&*entry.name().map_err(damaged)?))?;
        if entry.is_symlink() {
            return Err(ArchiveProblem::Link(path));
        }
        let size = entry.size();
        budget.take(size)?;
        if entry.is_file() && wanted(&path) {
            let bytes = exactly(&mut entry, size)?;
            found.push(Entry { path, bytes });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use flate2::{Compression, write::GzEncoder};
    use tempfile::tempdir;

    use super::*;

    /// A tar header with any path, which the `tar` crate would not write.
    fn tar(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for &(path, kind, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(kind);
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, bytes).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for &(path, bytes) in entries {
            writer.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(name: &str, bytes: &[u8], limit: u64) -> Result<Vec<String>, ArchiveProblem> {
        let folder = tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let entries = read_archive(&path, limit, &|path| !path.ends_with("skipped"))?;
        Ok(entries.into_iter().map(|entry| format!("{}={}", entry.path, entry.bytes.len())).collect())
    }

    const FILE: tar::EntryType = tar::EntryType::Regular;

    #[test]
    fn wanted_files_are_read() {
        let bytes = tar(&[("./a/1", FILE, b"abc"), ("a/skipped", FILE, b"x"), ("b", FILE, b"")]);
        assert_eq!(read("x.tar.gz", &bytes, 4).unwrap(), ["a/1=3", "b=0"]);
        let bytes = zip(&[("a/1", b"abc"), ("skipped", b"x"), ("b", b"")]);
        assert_eq!(read("x.zip", &bytes, 4).unwrap(), ["a/1=3", "b=0"]);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["../x", "/etc/x", "a/../../x", "..\\x", "a/../skipped", "C:/x"] {
            let problem =
                read("x.tar.gz", &tar(&[("fine", FILE, b"1"), (path, FILE, b"1")]), 100).unwrap_err();
            assert!(matches!(&problem, ArchiveProblem::Escapes(found) if found == path), "{path}: {problem}");
            let problem = read("x.zip", &zip(&[("fine", b"1"), (path, b"1")]), 100).unwrap_err();
            assert!(matches!(&problem, ArchiveProblem::Escapes(found) if found == path), "{path}: {problem}");
        }
    }

    #[test]
    fn links_are_refused() {
        for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
            let problem = read("x.tar.gz", &tar(&[("a", kind, b"")]), 100).unwrap_err();
            assert!(matches!(problem, ArchiveProblem::Link(_)), "{problem}");
        }
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let zeros = vec![0; 1 << 20];
        for name in ["a", "skipped"] {
            let bytes = tar(&[(name, FILE, &zeros), ("b", FILE, b"1")]);
            assert!(bytes.len() < 1 << 14);
            assert!(read("x.tar.gz", &bytes, (1 << 20) + 1).is_ok());
            let problem = read("x.tar.gz", &bytes, 1 << 20).unwrap_err();
            assert!(matches!(problem, ArchiveProblem::TooLarge { limit: 0x10_0000 }), "{problem}");
            let problem = read("x.zip", &zip(&[(name, &zeros), ("b", b"1")]), 1 << 20).unwrap_err();
            assert!(matches!(problem, ArchiveProblem::TooLarge { .. }), "{problem}");
        }
        // A size in a zip's directory that is a lie.
        let mut lying = zip(&[("a", &zeros)]);
        let size = (1u32 << 20).to_le_bytes();
        for at in 0..lying.len() - 4 {
            if lying[at..at + 4] == size {
                lying[at..at + 4].copy_from_slice(&10u32.to_le_bytes());
            }
        }
        let problem = read("x.zip", &lying, 1 << 20).unwrap_err();
        assert!(matches!(problem, ArchiveProblem::Damaged(_)), "{problem}");
    }

    #[test]
    fn what_follows_an_archive_does_not_matter() {
        let one = tar(&[("a", FILE, b"abc")]);
        for end in [&[0; 700][..], b"garbage"] {
            let bytes = [&one[..], end].concat();
            assert_eq!(read("x.tar.gz", &bytes, 100).unwrap(), ["a=3"]);
            let bytes = [&zip(&[("a", b"abc")])[..], end].concat();
            assert_eq!(read("x.zip", &bytes, 100).unwrap(), ["a=3"]);
        }
        // Two members of one archive, as parallel compressors write them.
        let mut plain = Vec::new();
        Gunzip::new(&one[..]).read_to_end(&mut plain).unwrap();
        let member = |bytes: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let halves = [member(&plain[..600]), member(&plain[600..])].concat();
        assert_eq!(read("x.tar.gz", &halves, 100).unwrap(), ["a=3"]);
    }

    #[test]
    fn truncated_archives_are_refused() {
        let noise: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (name, bytes) in [("x.tar.gz", tar(&[("a", FILE, &noise)])), ("x.zip", zip(&[("a", &noise)]))] {
            assert!(read(name, &bytes, 1 << 20).is_ok());
            for length in [0, 10, bytes.len() / 2] {
                let problem = read(name, &bytes[..length], 1 << 20).unwrap_err();
                assert!(matches!(problem, ArchiveProblem::Damaged(_)), "{name} {length}: {problem}");
            }
        }
    }
}
