//! Calling a cluster's programs.

use std::{ffi::OsStr, io::ErrorKind, process::Command};

use crate::LabError;

/// What a user can do where there is no such cluster.
const WITHOUT: &str =
    "`--print-tasks` prints a command for each training, for any other program that distributes them";

/// Calls a program; returns what it printed.
///
/// # Errors
/// When it is not there, with what to do about that, or refuses, with what it said.
pub(super) fn call<S: AsRef<OsStr>>(
    program: &str,
    words: &[S],
    where_it_is: &str,
) -> Result<String, LabError> {
    let failed = |reason: String, hint: String| LabError::Refused { reason, hint };
    let output = Command::new(program).args(words).output().map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::NotFound => format!("there is no program '{program}' here"),
            _ => format!("cannot run '{program}': {error}"),
        };
        failed(reason, format!("{where_it_is}; {WITHOUT}"))
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = if said.is_empty() { output.status.to_string() } else { said.join("; ") };
    Err(failed(format!("{program}: {said}"), format!("nothing was queued; {WITHOUT}")))
}
