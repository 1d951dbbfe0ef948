//! How much room there is on the disk.

use std::path::Path;

/// Bytes that a user may still write to the file system that a folder is or will be on; `None` where the system does not tell.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let absolute = std::path::absolute(folder).ok()?;
    absolute.ancestors().find(|ancestor| ancestor.exists()).and_then(free_at)
}

#[cfg(unix)]
fn free_at(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
fn free_at(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_it_will_be_in() {
        let folder = tempfile::tempdir().unwrap();
        let known = |path: &Path| free_bytes(path).unwrap();
        assert!(known(folder.path()) > 0);
        let below = known(&folder.path().join("runs/not/yet"));
        // Others write too.
        assert!(below.abs_diff(known(folder.path())) < 1 << 30);
        assert!(free_bytes(Path::new("runs")).is_some());
    }
}
