//! How much memory is free: what files and users ask for is measured against it before it is taken.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes that can be taken without pushing others out of memory, and without crossing the limit of a container.
pub fn free() -> u64 {
    let only = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(only);
    let of_container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    match system.available_memory().min(of_container) {
        // Not known on this system.
        0 => u64::MAX,
        free => free,
    }
}

/// A file's bytes; an error of the kind [`io::ErrorKind::FileTooLarge`] when it has more than `limit`, or more than is free.
pub(crate) fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // A growing buffer may for a moment take three times what it holds.
    let limit = limit.min(free() / 3);
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    if length <= limit {
        bytes.try_reserve_exact(length as usize)?;
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    if length > limit || bytes.len() as u64 > limit {
        let reason = format!("it has more than {limit} bytes, the most that fits");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

/// Bytes in words: `30.0 GB`.
pub fn in_words(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{bytes} bytes"),
        10_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_free_and_large_files_are_not_read() {
        assert!(free() > 1 << 20);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let file = File::create(&path).unwrap();
        file.set_len(100).unwrap();
        assert_eq!(read_file(&path, 100).unwrap(), [0; 100]);
        assert_eq!(read_file(&path, 99).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        // A hole: the file takes no room on the disk, but would in memory.
        file.set_len(1 << 42).unwrap();
        assert_eq!(read_file(&path, u64::MAX).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
