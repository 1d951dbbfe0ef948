//! `provenance.json`: which programs, commands and machines made a run folder.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::Layout;
use crate::{LabError, atomic::write_file};

/// A program, the command that it was given, and the machine it ran on. Nothing of it decides a bit of the results, so that it
/// stays out of the files that are exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// When work in the folder began, as RFC 3339 in UTC.
    pub begun: String,
    /// The program's version.
    pub version: String,
    /// The commit that it was built from, where that is known.
    pub commit: Option<String>,
    /// What it was built for.
    pub target: String,
    /// The compiler.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
    /// The engine, with its instruction set.
    pub engine: String,
    /// The command line, word by word.
    pub command: Vec<String>,
    /// The folder that it was given in.
    pub working_folder: String,
    /// The processor's name, where the system tells it.
    pub processor: Option<String>,
    /// How many cores the process may use.
    pub cores: usize,
    /// The operating system.
    pub system: String,
}

impl Provenance {
    /// What the folder says of all sittings, the first first; nothing where it says nothing that can be understood.
    pub fn of_run(layout: &Layout) -> Vec<Self> {
        read(&layout.provenance()).unwrap_or_default()
    }

    /// Adds what another folder of the run says to what this one says.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn join(from: &Layout, to: &Layout) -> Result<(), LabError> {
        let known = Self::of_run(to);
        Self::of_run(from)
            .iter()
            .filter(|entry| !known.contains(entry))
            .try_for_each(|entry| entry.add_to(to))
    }

    /// Adds this to what the folder says, unless the last entry differs in its date alone.
    ///
    /// A file that cannot be understood is left as it is: a run does not fail over it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn add_to(&self, layout: &Layout) -> Result<(), LabError> {
        let path = layout.provenance();
        let mut entries = match read(&path) {
            Ok(entries) => entries,
            Err(_) if path.exists() => return Ok(()),
            Err(_) => Vec::new(),
        };
        let same = |last: &Self| Self { begun: self.begun.clone(), ..last.clone() } == *self;
        if entries.last().is_some_and(same) {
            return Ok(());
        }
        entries.push(self.clone());
        let text = serde_json::to_string_pretty(&entries).expect("texts and numbers are plain values");
        write_file(&path, format!("{text}\n").as_bytes())
    }
}

fn read(path: &Path) -> Result<Vec<Provenance>, Box<dyn std::error::Error>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provenance(begun: &str, command: &str) -> Provenance {
        Provenance {
            begun: begun.to_owned(),
            version: "1.0.0".to_owned(),
            commit: Some("0123456789ab".to_owned()),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            rustc: "rustc 1.91.0".to_owned(),
            profile: "release".to_owned(),
            engine: "cpu (avx2)".to_owned(),
            command: command.split(' ').map(str::to_owned).collect(),
            working_folder: "/home/user".to_owned(),
            processor: None,
            cores: 2,
            system: "linux".to_owned(),
        }
    }

    #[test]
    fn another_command_is_added_and_the_same_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let first = provenance("2026-01-01T00:00:00Z", "lth run a.toml");
        first.add_to(&layout).unwrap();
        provenance("2026-01-02T00:00:00Z", "lth run a.toml").add_to(&layout).unwrap();
        assert_eq!(read(&layout.provenance()).unwrap(), std::slice::from_ref(&first));
        let longer = provenance("2026-01-03T00:00:00Z", "lth run b.toml");
        longer.add_to(&layout).unwrap();
        assert_eq!(read(&layout.provenance()).unwrap(), [first, longer]);
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        fs::write(layout.provenance(), "notes").unwrap();
        provenance("2026-01-01T00:00:00Z", "lth").add_to(&layout).unwrap();
        assert_eq!(fs::read_to_string(layout.provenance()).unwrap(), "notes");
    }
}
