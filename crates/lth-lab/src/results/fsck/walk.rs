//! The files of a run folder, and those in it that no command writes.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    Finding, FindingKind, Repair,
    place::{self, Place},
};
use crate::{LabError, atomic::is_unfinished, disk::QUARANTINE};

/// So much two clocks may differ without being told.
const TOLERANCE: Duration = Duration::from_mins(1);

/// What lies in a run folder.
#[derive(Default)]
pub(super) struct Walk {
    /// The files that the run has.
    pub(super) files: Vec<(PathBuf, Place)>,
    /// Whatever else is there.
    pub(super) findings: Vec<Finding>,
    /// How many files are dated in the future.
    ahead: usize,
}

impl Walk {
    /// Goes through a run folder, but for what is in quarantine. Folders of other programs are not looked into.
    pub(super) fn of(folder: &Path) -> Self {
        let mut walk = Self::default();
        walk.below(folder, &mut Vec::new());
        walk.files.sort_by(|one, other| one.0.cmp(&other.0));
        if walk.ahead > 0 {
            let files =
                if walk.ahead == 1 { "one file is".to_owned() } else { format!("{} files are", walk.ahead) };
            let reason = format!(
                "{files} dated in the future: a clock was changed, or that of another machine is ahead; no result depends on it"
            );
            walk.findings.push(Finding::new(folder, FindingKind::Future, reason, Repair::Nothing));
        }
        walk
    }

    fn below(&mut self, folder: &Path, steps: &mut Vec<String>) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(source) => return self.refused(folder, source),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            steps.push(entry.file_name().to_string_lossy().into_owned());
            self.visit(&path, steps);
            steps.pop();
        }
    }

    fn visit(&mut self, path: &Path, steps: &mut Vec<String>) {
        if steps.len() == 1 && steps[0] == QUARANTINE {
            return;
        }
        let names: Vec<&str> = steps.iter().map(String::as_str).collect();
        let place = place::file(&names);
        let foreign = |reason: &str| Finding::new(path, FindingKind::Foreign, reason, Repair::Nothing);
        if path.is_dir() {
            if place::is_folder(&names) {
                return self.below(path, steps);
            }
            return self.findings.push(match place {
                Some(_) => Finding::damaged(path, "a folder lies in its place"),
                None => foreign("lth did not make this folder"),
            });
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            // It was there a moment ago, or is a link to nowhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return,
            Err(source) => return self.refused(path, source),
        };
        if metadata.modified().is_ok_and(|date| date > SystemTime::now() + TOLERANCE) {
            self.ahead += 1;
        }
        if path.file_name().is_some_and(is_unfinished) {
            let reason = "a process that was ended left it half-written";
            let finding = Finding::new(path, FindingKind::Unfinished, reason, Repair::Remove);
            return self.findings.push(finding);
        }
        match place {
            Some(place) if metadata.is_file() => self.files.push((path.to_owned(), place)),
            Some(_) => self.findings.push(Finding::damaged(path, "it is no file of bytes")),
            None => self.findings.push(foreign("lth did not write this file")),
        }
    }

    fn refused(&mut self, path: &Path, source: io::Error) {
        let error = LabError::Read { path: path.to_owned(), source };
        self.findings.push(Finding::unreadable(path, &error));
    }
}
