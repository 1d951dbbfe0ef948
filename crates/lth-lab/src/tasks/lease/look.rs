//! Looking at the leases of others: who holds them, and who of them is alive.

use std::{collections::HashMap, fs, io::ErrorKind, path::PathBuf, thread, time::Instant};

use super::{Found, Holder, Leases, heart::BEATS, take_away};
use crate::{LabError, atomic::is_unfinished};

/// A lease that was looked at.
#[derive(Debug, Clone)]
pub(crate) struct SeenLease {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Who holds it; `None` where the file does not say who.
    pub(crate) holder: Option<Holder>,
    /// Whether the holder is dead.
    pub(crate) is_dead: bool,
    content: Vec<u8>,
}

impl Leases {
    /// Looks at every lease. Where no lock tells, its heartbeat is watched until it comes, or for a time-out, after which its holder is
    /// dead; `told` learns of each that is watched, before.
    pub(crate) fn look(&self, told: &dyn Fn(Option<&Holder>)) -> Vec<SeenLease> {
        let mut first: HashMap<PathBuf, Vec<u8>> = HashMap::new();
        loop {
            let (mut seen, mut is_decided) = (Vec::new(), true);
            let mut entries: Vec<_> = fs::read_dir(&self.folder).into_iter().flatten().flatten().collect();
            entries.retain(|entry| !is_unfinished(&entry.file_name()));
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                let (path, key) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
                let Ok(Some(found)) = Found::open(&path) else { continue };
                let holder = Holder::from_bytes(&found.content);
                let by_lock = holder.as_ref().is_some_and(Holder::lock_tells);
                let is_dead = if by_lock {
                    found.lock_says_dead()
                } else {
                    self.observed().is_still(&key, &found.content, Instant::now(), self.timeout)
                };
                match first.get(&path) {
                    _ if is_dead || by_lock => {}
                    Some(content) => is_decided &= *content != found.content,
                    None => {
                        told(holder.as_ref());
                        first.insert(path.clone(), found.content.clone());
                        is_decided = false;
                    }
                }
                seen.push(SeenLease { path, holder, is_dead, content: found.content });
            }
            if is_decided {
                return seen;
            }
            thread::sleep(self.timeout / BEATS);
        }
    }
}

impl SeenLease {
    /// Removes the file of a dead holder, if it still is what was seen; returns whether it did.
    ///
    /// # Errors
    /// When the folder of leases cannot be written.
    pub(crate) fn remove(&self) -> Result<bool, LabError> {
        match take_away(&self.path, |content| content == self.content) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(LabError::Write { path: self.path.clone(), source })
            }
            removed => Ok(removed.unwrap_or(false)),
        }
    }
}
