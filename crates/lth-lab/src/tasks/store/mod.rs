//! Where the outputs of tasks lie below an output folder.

mod entries;
mod scan;
mod share;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::OnceLock,
};

use crate::{
    LabError,
    atomic::{create_folder, remove_file, write_file},
};
pub(crate) use entries::Entry;
use scan::{key_of, scan};
pub use share::share;

/// The outputs of tasks below an output folder, by the keys of the tasks.
///
/// An index, `<output>/.lth/tasks/<first two digits>/<key>`, names the folder of each. It is a cache: what it says is looked at
/// before it is believed, and it may be deleted at any time. Where it is missing, or wrong, the records below the output folder are
/// read instead, once.
#[derive(Debug)]
pub struct Store {
    output: PathBuf,
    scanned: OnceLock<HashMap<String, PathBuf>>,
}

impl Store {
    /// That of an output folder.
    pub fn of(output: &Path) -> Self {
        Self { output: output.to_owned(), scanned: OnceLock::new() }
    }

    /// The folder in which the output of a task lies, whole.
    pub fn find(&self, key: &str) -> Option<PathBuf> {
        let entry = self.entry(key)?;
        match fs::read_to_string(&entry) {
            Ok(line) => {
                if let Some(folder) = self.holding(key, Path::new(line.trim_end())) {
                    return Some(folder);
                }
                // Should another process have noted another folder meanwhile, the task is done once more.
                let _ = remove_file(&entry);
            }
            Err(_) if self.complete().exists() => return None,
            Err(_) => {}
        }
        let folder = self.holding(key, self.scanned().get(key)?)?;
        let _ = self.note(key, &folder);
        Some(folder)
    }

    /// Notes that the output of a task lies in a folder below the output folder.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn note(&self, key: &str, folder: &Path) -> Result<(), LabError> {
        let relative = folder.strip_prefix(&self.output).ok().filter(|path| stays_below(path));
        let (Some(entry), Some(relative)) = (self.entry(key), relative.and_then(Path::to_str)) else {
            debug_assert!(false, "'{key}' in '{}' cannot be noted", folder.display());
            return Ok(());
        };
        create_folder(entry.parent().unwrap_or(&self.output))?;
        write_file(&entry, format!("{relative}\n").as_bytes())
    }

    /// The folder, if it is one below the output folder that has a record with this key.
    fn holding(&self, key: &str, relative: &Path) -> Option<PathBuf> {
        let folder = self.output.join(relative);
        (stays_below(relative) && key_of(&folder).as_deref() == Some(key)).then_some(folder)
    }

    fn index(&self) -> PathBuf {
        self.output.join(".lth").join("tasks")
    }

    /// Written when all that was there is in the index.
    fn complete(&self) -> PathBuf {
        self.index().join("complete")
    }

    /// Where the index has a task; `None` where it can have none of this key.
    fn entry(&self, key: &str) -> Option<PathBuf> {
        let digits = key.len() > 2 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| self.index().join(&key[..2]).join(key))
    }

    /// What the records say, read once; the index is written anew as far as that works.
    fn scanned(&self) -> &HashMap<String, PathBuf> {
        self.scanned.get_or_init(|| {
            let found = scan(&self.output);
            let _ = self.rebuild(&found);
            found
        })
    }

    fn rebuild(&self, found: &HashMap<String, PathBuf>) -> std::io::Result<()> {
        for (key, folder) in found {
            let (Some(entry), Some(folder)) = (self.entry(key), folder.to_str()) else { continue };
            // An entry that is there may be newer than the scan. One that a loss of power leaves half-written is not believed.
            if !entry.exists() {
                fs::create_dir_all(entry.parent().unwrap_or(&self.output))?;
                fs::write(&entry, format!("{folder}\n"))?;
            }
        }
        fs::create_dir_all(self.index())?;
        fs::write(self.complete(), "")
    }
}

/// Whether a relative path cannot lead out of the folder that it is relative to.
fn stays_below(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}
