//! Who has a lease, and how that is written into its file.

use std::{
    fmt, fs,
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    process,
};

use serde::{Deserialize, Serialize};

/// A process that works on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The machine's name.
    pub host: String,
    /// Which start of the machine; `None` where the system does not tell.
    pub boot: Option<String>,
    /// The number of the process there.
    pub process: u32,
    /// Where the output of the task is made, relative to the output folder.
    pub folder: PathBuf,
    /// Whether it has the system's lock on the file.
    pub(super) locked: bool,
    /// A random text that no other lease has.
    pub(super) nonce: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

impl Holder {
    /// This process, at work in a folder, under a new nonce.
    pub(super) fn here(folder: &Path) -> Self {
        Self {
            host: host_name(),
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned()),
            process: process::id(),
            folder: folder.to_owned(),
            locked: false,
            nonce: nonce(),
        }
    }

    /// Whether it is on this machine since its last start, with a lock, which the system takes away when the process ends.
    pub(super) fn lock_tells(&self) -> bool {
        let here = Self::here(Path::new(""));
        self.locked && self.boot.is_some() && self.boot == here.boot && self.host == here.host
    }

    /// The bytes of the file, before the first heartbeat.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let text = serde_json::to_string(self).expect("texts and numbers are plain values");
        [counter(0).as_bytes(), text.as_bytes(), b"\n"].concat()
    }

    /// Reads the bytes of a file; `None` where they are not whole.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let line = bytes.iter().position(|&byte| byte == b'\n')?;
        serde_json::from_slice(&bytes[line..]).ok()
    }
}

/// The first line of the file, the counter of heartbeats, which is overwritten in place: it always has the same length.
pub(super) fn counter(beat: u64) -> String {
    format!("{beat:016x}\n")
}

/// A text that is not drawn twice.
pub(super) fn nonce() -> String {
    // The keys of hashers come from the system's source of randomness.
    let draw = || RandomState::new().hash_one(process::id());
    format!("{:016x}{:016x}", draw(), draw())
}

/// This machine's name in its network, as the system knows it.
#[cfg(unix)]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// This machine's name in its network, as the system knows it.
#[cfg(not(unix))]
pub fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}
