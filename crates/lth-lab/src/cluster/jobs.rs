//! The jobs that a sweep was given to a cluster as.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{LabError, atomic::write_file};

const HEADER: &str = "submitted,job,script,trainings\n";

/// `jobs.csv`: a row for each job, of earlier submissions too.
pub(super) struct Jobs {
    path: PathBuf,
    text: String,
}

impl Jobs {
    /// That of a folder, with what it has.
    pub(super) fn of(folder: &Path) -> Self {
        let path = folder.join("jobs.csv");
        let text = fs::read_to_string(&path).unwrap_or_else(|_| HEADER.to_owned());
        Self { path, text }
    }

    /// Notes a job.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn note(&mut self, job: &str, script: &str, trainings: usize) -> Result<(), LabError> {
        let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
        self.text.push_str(&format!("{now},{job},{script},{trainings}\n"));
        write_file(&self.path, self.text.as_bytes())
    }
}
