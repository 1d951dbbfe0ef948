//! Leases: which process works on which task.
//!
//! A task is taken by making the file `<output>/.lth/leases/<key>`, which says who took it. The holder has the system's lock on
//! the file and raises a counter in it every few seconds. A holder on the same start of the same machine is dead as soon as its
//! lock can be taken; any other, and every holder on a file system without locks, when the counter has not changed for a
//! time-out of the observer's own monotonic clock. No clocks of two machines are compared, and their jumps do not matter.
//!
//! Whoever takes a dead lease over renames its file away and looks whether it is the one that was found dead; if it is not, it
//! is put back, though never over another. A holder whose file is gone all the same is told at its next heartbeat and may finish:
//! what two processes do at once has the same bits, and is written atomically.

mod heart;
mod holder;
mod look;
mod observed;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tempfile::TempPath;

use crate::{
    LabError,
    atomic::{create_folder, is_unfinished, temporary_file, unfinished_name},
};
use heart::{Heart, Held};
pub use holder::{Holder, host_name};
pub(crate) use look::SeenLease;
use observed::Observed;

/// After this time without a heartbeat a holder counts as dead. It is twelve heartbeats long.
pub const LEASE_TIMEOUT: Duration = Duration::from_mins(1);

/// How often a task is tried for that dies, or is given up, while one looks.
const TRIES: usize = 8;

/// The leases below an output folder, as one process sees them. A process has one of these: it has the thread that beats.
#[derive(Debug)]
pub struct Leases {
    output: PathBuf,
    folder: PathBuf,
    timeout: Duration,
    locks: bool,
    heart: Arc<Heart>,
    observed: Mutex<Observed>,
}

/// What came of asking for a task.
#[derive(Debug)]
pub enum Acquired {
    /// It is this process's.
    Held(Lease),
    /// Somebody works on it; `None` where the file does not say who.
    Busy(Option<Holder>),
}

/// A task that is this process's until this is dropped.
#[derive(Debug)]
pub struct Lease(Arc<Held>);

impl Lease {
    /// Whether somebody took the task over, because this process seemed dead. The work may be finished all the same.
    pub fn lost(&self) -> bool {
        self.0.lost.load(Ordering::Acquire)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A file that stays is that of a dead holder as soon as this one is closed.
        let _ = take_away(&self.0.path, |content| self.0.is_own(content));
    }
}

/// The file of a lease, as it was found.
struct Found {
    content: Vec<u8>,
    file: File,
}

impl Leases {
    /// Those below an output folder, with the usual time-out.
    pub fn of(output: &Path) -> Self {
        Self {
            output: output.to_owned(),
            folder: output.join(".lth").join("leases"),
            timeout: LEASE_TIMEOUT,
            // There a file that is locked cannot be read by others.
            locks: !cfg!(windows),
            heart: Arc::default(),
            observed: Mutex::default(),
        }
    }

    /// With another time-out; all processes that share a folder have the same.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// By heartbeats alone, as on a file system without locks.
    #[must_use]
    pub fn without_locks(self) -> Self {
        Self { locks: false, ..self }
    }

    /// The output folder.
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// Takes the task with this key, whose output is made in a folder (relative to the output folder), unless somebody has it. Whether
    /// it is done already is to be asked again once it is held.
    ///
    /// A dead holder on another machine is only found by looking several times, over a time-out at least.
    ///
    /// # Errors
    /// When the folder of leases cannot be read or written.
    pub fn acquire(&self, key: &str, folder: &Path) -> Result<Acquired, LabError> {
        self.acquire_at(key, folder, Instant::now())
    }

    fn acquire_at(&self, key: &str, folder: &Path, now: Instant) -> Result<Acquired, LabError> {
        let path = self.folder.join(key);
        let mut busy = None;
        for _ in 0..TRIES {
            let found = Found::open(&path).map_err(|source| LabError::Read { path: path.clone(), source })?;
            let Some(found) = found else {
                self.observed().forget(key);
                match self.create(&path, folder)? {
                    Some(lease) => return Ok(Acquired::Held(lease)),
                    None => continue,
                }
            };
            busy = Holder::from_bytes(&found.content);
            // The lock, once taken, is held until the file is away, so that of several observers one does that.
            let dead =
                found.lock_says_dead() || self.observed().is_still(key, &found.content, now, self.timeout);
            if !dead {
                break;
            }
            take_away(&path, |content| content == found.content)
                .map_err(|source| LabError::Write { path: path.clone(), source })?;
        }
        Ok(Acquired::Busy(busy))
    }

    /// Who works below the output folder: every holder of which it is not certain that it is dead.
    pub fn holders(&self) -> Vec<Holder> {
        self.held().into_iter().map(|(holder, _)| holder).collect()
    }

    /// The holders, each with the time since its last heartbeat, where that can be told: by the clock of the file system alone, which
    /// dates a file that is made now as it dates heartbeats.
    pub fn heartbeats(&self) -> Vec<(Holder, Option<Duration>)> {
        let dated = |file: &File| file.metadata().and_then(|metadata| metadata.modified()).ok();
        let held = self.held();
        let now = if held.is_empty() { None } else { temporary_file(&self.folder).ok() };
        let now = now.and_then(|file| dated(file.as_file()));
        let silence = |file: &File| now?.duration_since(dated(file)?).ok();
        held.iter().map(|(holder, file)| (holder.clone(), silence(file))).collect()
    }

    fn held(&self) -> Vec<(Holder, File)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let whole = entries.filter(|entry| !is_unfinished(&entry.file_name()));
        let found = whole.filter_map(|entry| Found::open(&entry.path()).ok().flatten());
        found
            .filter(|found| !found.lock_says_dead())
            .filter_map(|found| Some((Holder::from_bytes(&found.content)?, found.file)))
            .collect()
    }

    /// Makes the file of a lease, whole and locked from its first moment; `None` when there is one.
    fn create(&self, path: &Path, folder: &Path) -> Result<Option<Lease>, LabError> {
        create_folder(&self.folder)?;
        let failed = |source| LabError::Write { path: path.to_owned(), source };
        let mut file = temporary_file(&self.folder).map_err(failed)?;
        let mut holder = Holder::here(folder);
        // Nobody else knows the file, so that what fails is locking itself: then heartbeats do.
        holder.locked = self.locks && file.as_file().try_lock().is_ok();
        file.write_all(&holder.to_bytes()).map_err(failed)?;
        let file = match file.persist_noclobber(path) {
            Ok(file) => file,
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(failed(error.error)),
        };
        let held = Held { path: path.to_owned(), nonce: holder.nonce, file, lost: AtomicBool::new(false) };
        let lease = Lease(Arc::new(held));
        self.heart.keep(&lease.0, self.timeout).map_err(failed)?;
        Ok(Some(lease))
    }

    fn observed(&self) -> std::sync::MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    /// `None` when there is no such file.
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut options = File::options();
        options.read(true);
        // Locks of network file systems want a file that may be written, but another user's may not be.
        let mut file = match options.clone().write(true).open(path).or_else(|_| options.open(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(Some(Self { content, file }))
    }

    /// Whether the lock of a holder on this machine is free, so that it is dead; the lock is then taken until this is dropped.
    fn lock_says_dead(&self) -> bool {
        Holder::from_bytes(&self.content).is_some_and(|holder| holder.lock_tells())
            && self.file.try_lock().is_ok()
    }
}

/// Removes the file if it has the right content, whatever others do at the same time; returns whether it did.
fn take_away(path: &Path, is_right: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
    let found = |path: &Path| match fs::read(path) {
        Ok(content) => Ok(is_right(&content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    };
    if !found(path)? {
        return Ok(false);
    }
    // It may have become another file since: what was renamed is looked at again.
    let away = TempPath::try_from_path(path.with_file_name(unfinished_name(&holder::nonce())))?;
    match fs::rename(path, &away) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        renamed => renamed?,
    }
    let right = found(&away);
    if !matches!(right, Ok(true)) {
        // Somebody may have a new lease in its place; then this one is lost, which its holder learns.
        let _ = away.persist_noclobber(path);
    }
    right
}
