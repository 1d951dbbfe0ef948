//! What runs take on disk.

use std::{collections::HashMap, fs, path::Path};

use serde::Serialize;

/// The bytes of a folder's files, by what they are. A file that has several names in the folder counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// What trainings start from: weights and masks.
    pub tickets: u64,
    /// What they ended with, or go on from.
    pub trained: u64,
    /// Tables, records and event files.
    pub metrics: u64,
    /// Pictures.
    pub figures: u64,
    /// Settings, and files of other programs.
    pub other: u64,
    /// Files that have more names than one.
    #[serde(skip)]
    links: HashMap<FileId, Linked>,
}

/// A file of this system: device and number.
type FileId = (u64, u64);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Linked {
    bytes: u64,
    names_here: u64,
    names: u64,
}

impl Usage {
    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.tickets + self.trained + self.metrics + self.figures + self.other
    }

    /// The bytes that files outside of the folder share.
    pub fn shared(&self) -> u64 {
        self.links.values().filter(|file| file.names > file.names_here).map(|file| file.bytes).sum()
    }

    fn add(&mut self, path: &Path, metadata: &fs::Metadata) {
        let bytes = metadata.len();
        if let Some((id, names)) = linked(metadata) {
            let file = self.links.entry(id).or_insert(Linked { bytes, names_here: 0, names });
            file.names_here += 1;
            if file.names_here > 1 {
                return;
            }
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        *match &*extension {
            "safetensors" if name.starts_with("trained") || name.starts_with("checkpoint") => {
                &mut self.trained
            }
            "safetensors" => &mut self.tickets,
            "svg" | "png" => &mut self.figures,
            "csv" | "json" | "lth" => &mut self.metrics,
            _ => &mut self.other,
        } += bytes;
    }
}

/// What a folder takes. What vanishes meanwhile, or cannot be read, is not counted.
pub fn usage(folder: &Path) -> Usage {
    let mut usage = Usage::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                usage.add(&entry.path(), &metadata);
            }
        }
    }
    usage
}

/// What folders take together: a file that several of them share counts once.
pub fn taken_bytes<'a>(usages: impl IntoIterator<Item = &'a Usage>) -> u64 {
    let (alone, links) = together(usages);
    alone + links.values().map(|file| file.bytes).sum::<u64>()
}

/// What is free once these folders are gone: a file that others share stays.
pub fn freed_bytes<'a>(usages: impl IntoIterator<Item = &'a Usage>) -> u64 {
    let (alone, links) = together(usages);
    alone + links.values().filter(|file| file.names_here >= file.names).map(|file| file.bytes).sum::<u64>()
}

/// The bytes of files of one name, and the other files.
fn together<'a>(usages: impl IntoIterator<Item = &'a Usage>) -> (u64, HashMap<FileId, Linked>) {
    let mut alone = 0;
    let mut links: HashMap<FileId, Linked> = HashMap::new();
    for usage in usages {
        alone += usage.bytes() - usage.links.values().map(|file| file.bytes).sum::<u64>();
        for (id, file) in &usage.links {
            links.entry(*id).and_modify(|known| known.names_here += file.names_here).or_insert(file.clone());
        }
    }
    (alone, links)
}

/// The file's identity and how many names it has, where those are several.
#[cfg(unix)]
fn linked(metadata: &fs::Metadata) -> Option<(FileId, u64)> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| ((metadata.dev(), metadata.ino()), metadata.nlink()))
}

#[cfg(not(unix))]
fn linked(_metadata: &fs::Metadata) -> Option<(FileId, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn write(folder: &Path, name: &str, bytes: usize) -> PathBuf {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![0; bytes]).unwrap();
        path
    }

    #[test]
    fn files_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("experiment.toml", 1),
            ("summary.csv", 10),
            ("figures/a.svg", 100),
            ("replicate-0/initial.safetensors", 1_000),
            ("replicate-0/round-00/ticket.safetensors", 10_000),
            ("replicate-0/round-00/trained.safetensors", 100_000),
            ("replicate-0/tensorboard/ticket/round-00/events.out.tfevents.lth", 1_000_000),
        ] {
            write(root.path(), name, bytes);
        }
        let found = usage(root.path());
        let parts = [found.other, found.metrics, found.figures, found.tickets, found.trained];
        assert_eq!(parts, [1, 1_000_010, 100, 11_000, 100_000]);
        assert_eq!((found.bytes(), found.shared()), (1_111_111, 0));
        assert_eq!(freed_bytes([&found]), 1_111_111);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_several_names_counts_once() {
        let root = tempfile::tempdir().unwrap();
        let ticket = write(root.path(), "a/ticket.safetensors", 1_000);
        write(root.path(), "b/summary.csv", 10);
        fs::hard_link(&ticket, root.path().join("a/again.safetensors")).unwrap();
        fs::hard_link(&ticket, root.path().join("b/ticket.safetensors")).unwrap();
        let [a, b] = ["a", "b"].map(|name| usage(&root.path().join(name)));
        assert_eq!((a.bytes(), a.shared(), b.bytes(), b.shared()), (1_000, 1_000, 1_010, 1_000));
        assert_eq!((freed_bytes([&a]), freed_bytes([&b]), freed_bytes([&a, &b])), (0, 10, 1_010));
        assert_eq!(taken_bytes([&a, &b]), 1_010);
    }
}
