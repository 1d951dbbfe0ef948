//! The thread that raises the counters of the leases that a process holds.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::holder::{Holder, counter};

/// So many heartbeats in one time-out.
pub(super) const BEATS: u32 = 12;

/// A lease that is held: what its file is, and whether it is still there.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) path: PathBuf,
    pub(super) nonce: String,
    /// Open, and locked where that works, for as long as the lease is held.
    pub(super) file: File,
    pub(super) lost: AtomicBool,
}

impl Held {
    /// Whether these bytes are those of this lease.
    pub(super) fn is_own(&self, content: &[u8]) -> bool {
        Holder::from_bytes(content).is_some_and(|holder| holder.nonce == self.nonce)
    }

    /// Raises the counter, or finds that the lease is another's.
    fn beat(&self, beat: u64) {
        let alive = match fs::read(&self.path) {
            Ok(content) if self.is_own(&content) => self.write(beat),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => {
                self.lost.store(true, Ordering::Release);
                Ok(())
            }
        };
        // A file system that is away may be back at the next beat; if not, others find this process dead, and it learns of that.
        drop(alive);
    }

    fn write(&self, beat: u64) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(counter(beat).as_bytes())?;
        // Other machines see what has left this one.
        file.sync_data()
    }
}

/// The leases of a process, and whether there is a thread for them.
#[derive(Debug, Default)]
pub(super) struct Heart(Mutex<Beating>);

#[derive(Debug, Default)]
struct Beating {
    leases: Vec<Weak<Held>>,
    has_thread: bool,
}

impl Heart {
    /// Keeps a lease alive until it is dropped.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub(super) fn keep(self: &Arc<Self>, lease: &Arc<Held>, timeout: Duration) -> io::Result<()> {
        let mut beating = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beating.leases.push(Arc::downgrade(lease));
        if !beating.has_thread {
            let heart = Arc::clone(self);
            thread::Builder::new().name("leases".to_owned()).spawn(move || heart.run(timeout / BEATS))?;
            beating.has_thread = true;
        }
        Ok(())
    }

    /// Beats until no lease is left.
    fn run(&self, pause: Duration) {
        for beat in 1.. {
            thread::sleep(pause);
            let leases = {
                let mut beating = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                beating.leases.retain(|lease| lease.strong_count() > 0);
                beating.has_thread = !beating.leases.is_empty();
                beating.leases.clone()
            };
            if leases.is_empty() {
                return;
            }
            leases.iter().filter_map(Weak::upgrade).for_each(|lease| lease.beat(beat));
        }
    }
}
