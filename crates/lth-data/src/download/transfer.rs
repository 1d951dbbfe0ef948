//! One request for one file, from where the part file ends.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use ureq::{
    Agent, Body,
    http::{Response, StatusCode, header},
};

use crate::{DataError, TransferProblem};

/// What is fetched, from where, to where.
pub(crate) struct Transfer<'a> {
    pub(crate) agent: &'a Agent,
    /// The address of the file.
    pub(crate) url: &'a str,
    /// Where it arrives.
    pub(crate) part: &'a Path,
    /// More bytes than this are not taken.
    pub(crate) limit: u64,
}

/// The mirror says that the file is complete.
pub(crate) struct Received {
    /// Whether its start is from an earlier transfer.
    pub(crate) resumed: bool,
}

/// The file is not complete.
pub(crate) enum Interruption {
    /// The mirror's fault.
    Mirror {
        problem: TransferProblem,
        /// Whether it sent anything.
        progressed: bool,
    },
    /// Our own: the disk.
    Local(DataError),
}

impl From<TransferProblem> for Interruption {
    fn from(problem: TransferProblem) -> Self {
        Self::Mirror { problem, progressed: false }
    }
}

impl Transfer<'_> {
    /// Fetches the rest of the file, or all of it when there is no part yet or the mirror cannot continue.
    pub(crate) fn run(&self, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<Received, Interruption> {
        let kept = self.kept();
        let mut request = self.agent.get(self.url);
        if kept > 0 {
            request = request.header(header::RANGE, format!("bytes={kept}-"));
        }
        let mut response = request.call().map_err(|error| self.mirror_problem(error, kept, None))?;
        let (start, total) = match (response.status(), content_range(&response)) {
            (StatusCode::OK, _) => (0, response.body().content_length()),
            (StatusCode::PARTIAL_CONTENT, Some((first, total))) if first == kept => (kept, total),
            (StatusCode::PARTIAL_CONTENT, _) if kept > 0 => {
                // Another part than was asked for: this mirror cannot continue.
                self.discard().map_err(Interruption::Local)?;
                return self.run(progress);
            }
            // Nothing lies behind the part: it is complete, or wrong, which its sum will tell.
            (StatusCode::RANGE_NOT_SATISFIABLE, _) if kept > 0 => return Ok(Received { resumed: true }),
            (status, _) => return Err(TransferProblem::Status(status.as_u16()).into()),
        };
        let mut part = self.open(start).map_err(|error| self.local(error))?;
        self.copy(&mut response, &mut part, start, total, progress)?;
        Ok(Received { resumed: start > 0 })
    }

    /// Bytes that have arrived so far.
    pub(crate) fn kept(&self) -> u64 {
        fs::metadata(self.part).map_or(0, |metadata| metadata.len())
    }

    /// Throws away what has arrived.
    pub(crate) fn discard(&self) -> Result<(), DataError> {
        fs::remove_file(self.part).map_err(|source| DataError::Cache {
            action: "remove",
            path: self.part.to_owned(),
            source,
        })
    }

    /// The part file, cut to this length, to be continued there.
    fn open(&self, length: u64) -> io::Result<File> {
        let mut part = File::options().create(true).truncate(false).write(true).open(self.part)?;
        part.set_len(length)?;
        part.seek(SeekFrom::End(0))?;
        Ok(part)
    }

    fn copy(
        &self,
        response: &mut Response<Body>,
        part: &mut File,
        start: u64,
        total: Option<u64>,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), Interruption> {
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut received = start;
        let interrupted = |problem, received| Interruption::Mirror { problem, progressed: received > start };
        progress(received, total);
        loop {
            let read = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let problem = self.mirror_problem(error.into(), received, total);
                    return Err(interrupted(problem, received));
                }
            };
            received += read as u64;
            if received > self.limit {
                self.discard().map_err(Interruption::Local)?;
                return Err(interrupted(TransferProblem::TooLong(self.limit), received));
            }
            part.write_all(&buffer[..read]).map_err(|error| self.local(error))?;
            progress(received, total);
        }
        match total {
            Some(total) if received < total => {
                Err(interrupted(TransferProblem::BrokenOff { received, total: Some(total) }, received))
            }
            _ => Ok(()),
        }
    }

    fn local(&self, source: io::Error) -> Interruption {
        Interruption::Local(DataError::Cache { action: "write", path: self.part.to_owned(), source })
    }

    /// What the client library's errors mean here.
    fn mirror_problem(&self, error: ureq::Error, received: u64, total: Option<u64>) -> TransferProblem {
        match error {
            ureq::Error::Timeout(_) => TransferProblem::TimedOut(self.timeout()),
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe => TransferProblem::BrokenOff { received, total },
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    TransferProblem::TimedOut(self.timeout())
                }
                _ => TransferProblem::Unreachable(error.to_string()),
            },
            error => TransferProblem::Unreachable(error.to_string()),
        }
    }

    fn timeout(&self) -> std::time::Duration {
        self.agent.config().timeout_per_read().unwrap_or_default()
    }
}

/// First byte and total length of `Content-Range: bytes FIRST-LAST/TOTAL`.
fn content_range(response: &Response<Body>) -> Option<(u64, Option<u64>)> {
    let value = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.parse().ok()?, total.parse().ok()))
}
