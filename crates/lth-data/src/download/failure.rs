//! What a mirror did wrong.

use std::{fmt, io, time::Duration};

use thiserror::Error;

/// Why a mirror did not give a file. Reads as the end of a sentence that begins with the address.
#[derive(Debug, Error)]
pub enum TransferProblem {
    /// No connection, no such host, a broken answer.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It answers that it does not have the file, or something else that is not the file.
    #[error("answers with HTTP status {0}")]
    Status(u16),
    /// Nothing came for too long.
    #[error("sends nothing for {} seconds", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The connection ended in the middle.
    #[error("breaks off after {received} of {} bytes", total.map_or("?".to_owned(), |total| total.to_string()))]
    BrokenOff {
        /// Bytes received, with those of earlier transfers.
        received: u64,
        /// Bytes of the whole file, if known.
        total: Option<u64>,
    },
    /// It sends more than the file can have.
    #[error("sends more than {0} bytes")]
    TooLong(u64),
    /// What it sent is not a sound .gz file.
    #[error("sends a file that cannot be unpacked: {0}")]
    Damaged(io::Error),
    /// What it sent is, or unpacks to, something else.
    #[error("sends another file: it has the MD5 sum {found} instead of {expected}")]
    Checksum {
        /// The published sum.
        expected: &'static str,
        /// The sum of what arrived.
        found: String,
    },
}

/// A mirror that did not give a file.
#[derive(Debug)]
pub struct MirrorFailure {
    /// The address of the file.
    pub url: String,
    /// What it did.
    pub problem: TransferProblem,
}

impl fmt::Display for MirrorFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.url, self.problem)
    }
}
