//! What tells one state of a file from any other, without reading it where that is possible.

use std::{
    fs::{File, Metadata},
    path::Path,
};

/// Files that were changed less than so many seconds ago are read: within one tick of the file system's clock a file can
/// change twice.
#[cfg(unix)]
const YOUNG: i64 = 2;

/// Differs whenever the file has other contents.
///
/// On Unix: number of the file (inode), length, and the time of the last change of its contents *or* of anything that is
/// known of it (ctime), in nanoseconds. Programs can set the time of modification back (`tar`, `cp -p`, `touch`), not this
/// one; and two files that change places keep their numbers.
#[cfg(unix)]
pub(super) fn stamp(path: &Path, metadata: &Metadata) -> String {
    use std::time::{SystemTime, UNIX_EPOCH};

    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64);
    stamp_at(now, path, metadata)
}

/// As [`stamp`] so many seconds after 1970.
#[cfg(unix)]
fn stamp_at(now: i64, path: &Path, metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;

    // Also where the clock of a file server is ahead.
    if metadata.ctime() > now - YOUNG {
        return hashed(path, metadata);
    }
    let (seconds, nanoseconds) = (metadata.ctime(), metadata.ctime_nsec());
    format!("{} {} {} {seconds}.{nanoseconds:09}", metadata.dev(), metadata.ino(), metadata.len())
}

/// Differs whenever the file has other contents: their hash, for the times that other systems keep can be set at will.
#[cfg(not(unix))]
pub(super) fn stamp(path: &Path, metadata: &Metadata) -> String {
    hashed(path, metadata)
}

/// The hash of the contents; of what is no plain file (a pipe would wait for ever), or cannot be read, its length.
fn hashed(path: &Path, metadata: &Metadata) -> String {
    let mut hasher = blake3::Hasher::new();
    let read =
        metadata.is_file().then(|| File::open(path).and_then(|file| hasher.update_reader(file).map(drop)));
    match read {
        Some(Ok(())) => hasher.finalize().to_hex().to_string(),
        _ => format!("unreadable {}", metadata.len()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt, time::SystemTime};

    use super::*;

    #[test]
    fn a_change_shows_though_length_and_time_of_modification_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.png");
        let write = |text: &str| {
            fs::write(&path, text).unwrap();
            File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
            fs::metadata(&path).unwrap()
        };
        let first = write("one");
        let young = stamp(&path, &first);
        assert_ne!(stamp(&path, &write("two")), young);
        // The contents decide while a file is young, its times afterwards.
        let last = write("one");
        assert_eq!(stamp(&path, &last), young);
        let later = last.ctime() + 10;
        let old = stamp_at(later, &path, &last);
        assert_ne!(old, young);
        assert_eq!(stamp_at(later + 1, &path, &last), old);
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_ne!(stamp_at(later, &path, &write("one")), old);
    }
}
