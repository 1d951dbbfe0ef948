//! Fetching a data set's files from its mirrors.
//!
//! A file arrives under the name `FILE.part`; it gets its own name only when it, or what is in it, has the right MD5 sum.
//! A part that remains from a broken transfer is continued, by the same mirror or another.

mod failure;
mod transfer;

use std::{path::Path, time::Duration};

use ureq::{Agent, config::AutoHeaderValue};

pub use failure::{MirrorFailure, TransferProblem};

use crate::{DataError, DataOptions, DatasetInfo, PublishedFile, cache};
use transfer::{Interruption, Transfer};

/// How often one mirror may break off one file before the next mirror is asked.
const TRIES: usize = 3;

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadProgress {
    /// The file, as mirrors name it.
    pub file: String,
    /// The mirror that sends it.
    pub mirror: String,
    /// Bytes received, with those of an earlier, broken transfer.
    pub received: u64,
    /// Bytes the file has, if the mirror says so.
    pub total: Option<u64>,
    /// Which file this is, from 1.
    pub number: usize,
    /// How many files there are.
    pub of: usize,
}

/// Brings the files of a data set into a folder; those that are there already are checked and kept.
pub(crate) fn fetch(
    info: &DatasetInfo,
    folder: &Path,
    options: &DataOptions,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<(), DataError> {
    let mirrors = mirrors(info, options)?;
    let _lock = cache::lock(folder)?;
    let agent = agent(options.timeout);
    let files = info.format.files();
    for (number, file) in (1..).zip(files) {
        let target = cache::place(folder, file);
        if target.is_file() && cache::verify(&target, file).is_ok() {
            continue;
        }
        fetch_file(&agent, &mirrors, file, &target, &mut |mirror, received, total| {
            progress(DownloadProgress {
                file: file.name.to_owned(),
                mirror: mirror.to_owned(),
                received,
                total,
                number,
                of: files.len(),
            });
        })?;
    }
    Ok(())
}

/// The addresses to ask, each ending in a slash.
fn mirrors(info: &DatasetInfo, options: &DataOptions) -> Result<Vec<String>, DataError> {
    let official = || info.mirrors.iter().map(|&url| url.to_owned()).collect();
    let chosen = if options.mirrors.is_empty() { official() } else { options.mirrors.clone() };
    chosen
        .into_iter()
        .map(|url| {
            let address = url.parse::<ureq::http::Uri>().ok();
            let scheme = address.as_ref().and_then(|address| address.scheme_str());
            if matches!(scheme, Some("http" | "https")) {
                Ok(if url.ends_with('/') { url } else { url + "/" })
            } else {
                Err(DataError::InvalidMirror { url })
            }
        })
        .collect()
}

/// No time limit on a whole file, only on each wait. Statuses are judged here, and nothing is unpacked on the way.
fn agent(timeout: Duration) -> Agent {
    Agent::config_builder()
        .timeout_resolve(Some(timeout))
        .timeout_connect(Some(timeout))
        .timeout_send_request(Some(timeout))
        .timeout_recv_response(Some(timeout))
        .timeout_per_read(Some(timeout))
        .http_status_as_error(false)
        .accept_encoding(AutoHeaderValue::from("identity"))
        .user_agent(concat!("lth/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Asks one mirror after the other until the file is there.
fn fetch_file(
    agent: &Agent,
    mirrors: &[String],
    file: &PublishedFile,
    target: &Path,
    progress: &mut dyn FnMut(&str, u64, Option<u64>),
) -> Result<(), DataError> {
    let part = target.with_file_name(format!("{}.part", file.name));
    let mut failed = Vec::new();
    let mut kept = 0;
    for mirror in mirrors {
        let url = format!("{mirror}{}", file.name);
        let transfer = Transfer { agent, url: &url, part: &part, limit: file.limit };
        let mut report = |received, total| progress(mirror, received, total);
        let outcome = from_mirror(&transfer, file, &mut report)?;
        kept = transfer.kept();
        match outcome {
            Ok(()) => return cache::publish(&part, target),
            Err(problem) => failed.push(MirrorFailure { url, problem }),
        }
    }
    Err(DataError::Download { file: file.name.to_owned(), failed, kept })
}

/// Has one mirror send the file, resuming where it broke off, and checks what arrived. The outer error is ours (disk),
/// the inner one the mirror's.
fn from_mirror(
    transfer: &Transfer<'_>,
    file: &PublishedFile,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<Result<(), TransferProblem>, DataError> {
    let mut tries = 0;
    loop {
        match transfer.run(progress) {
            Ok(received) => match cache::verify(transfer.part, file) {
                Ok(()) => return Ok(Ok(())),
                Err(problem) => {
                    // Nothing of it can be trusted. If its start was from another time or mirror, that may be the fault.
                    transfer.discard()?;
                    if !received.resumed {
                        return Ok(Err(problem));
                    }
                }
            },
            Err(Interruption::Local(error)) => return Err(error),
            Err(Interruption::Mirror { problem, progressed }) => {
                tries += 1;
                let again = progressed && matches!(problem, TransferProblem::BrokenOff { .. });
                if !again || tries == TRIES {
                    return Ok(Err(problem));
                }
            }
        }
    }
}
