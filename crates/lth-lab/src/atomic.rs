//! Files, read with their path in errors and written so that they are whole or not there: the only way this crate writes.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

use crate::LabError;

/// What the names of unfinished files start and end in; see [`remove_unfinished`].
const PREFIX: &str = ".lth-";
const SUFFIX: &str = ".unfinished";

/// Writes a file as a whole: a temporary file in the same folder, fsync, rename over the old one, fsync of the folder.
///
/// Whoever looks, at any moment and after any crash, finds the old file or the new one.
///
/// # Errors
/// [`LabError::Write`] with the path, when the folder cannot be written or the disk is full; the old file is then as it
/// was and nothing else is left behind.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    write_synced(path, bytes).map_err(|source| LabError::Write { path: path.to_owned(), source })
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary_file(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// A new file with the name of an unfinished one, removed when it is dropped.
pub(crate) fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = unfinished();
    // Temporary files are private by default; results are as readable as the user's other files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Makes files with the names of unfinished ones.
pub(crate) fn unfinished() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// The name of an unfinished file; see [`remove_unfinished`].
pub(crate) fn unfinished_name(middle: &str) -> String {
    format!("{PREFIX}{middle}{SUFFIX}")
}

/// Whether a file has the name of an unfinished one.
pub(crate) fn is_unfinished(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// The bytes of a file.
///
/// # Errors
/// [`LabError::Read`] with the path.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, LabError> {
    fs::read(path).map_err(|source| LabError::Read { path: path.to_owned(), source })
}

/// The text of a file.
///
/// # Errors
/// [`LabError::Read`] with the path, also when it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, LabError> {
    fs::read_to_string(path).map_err(|source| LabError::Read { path: path.to_owned(), source })
}

/// Makes a folder and those above it.
///
/// # Errors
/// [`LabError::Write`] with the path.
pub fn create_folder(path: &Path) -> Result<(), LabError> {
    fs::create_dir_all(path).map_err(|source| LabError::Write { path: path.to_owned(), source })
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`LabError::Write`] with the path.
pub fn remove_file(path: &Path) -> Result<(), LabError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(LabError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Removes the temporary files that a killed process left in a folder and those below it.
///
/// # Errors
/// [`LabError::Write`] with the path.
pub(crate) fn remove_unfinished(folder: &Path) -> Result<(), LabError> {
    let failed = |source| LabError::Write { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            remove_unfinished(&entry.path())?;
        } else if is_unfinished(&entry.file_name()) {
            remove_file(&entry.path())?;
        }
    }
    Ok(())
}

/// Makes what was renamed in a folder outlast a loss of power.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    let _ = File::open;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::Hint;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_file(&path, b"old").unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn files_are_as_readable_as_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
        write_file(&ours, b"").unwrap();
        fs::write(&theirs, b"").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&theirs));
    }

    #[test]
    fn a_failed_write_names_the_path_and_keeps_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the file's place: rename fails after the temporary file was written.
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        let error = write_file(&path, b"x").unwrap_err();
        assert!(error.to_string().contains("taken"), "{error}");
        assert!(error.hint().is_some());
        assert_eq!(names(folder.path()), ["taken"]);
        let missing = folder.path().join("missing/file");
        assert!(matches!(write_file(&missing, b"x"), Err(LabError::Write { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_without_space_is_an_error_with_a_hint() {
        use std::io::Write as _;
        let source = File::create("/dev/full").unwrap().write_all(b"x").unwrap_err();
        let error = LabError::Write { path: "x".into(), source };
        assert!(error.hint().unwrap().contains("space"), "{error}");
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/.lth-Ab12.unfinished"), b"half").unwrap();
        fs::write(folder.path().join("below/.mine"), b"whole").unwrap();
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(names(&folder.path().join("below")), [".mine"]);
    }
}
