//! What is served: the runs of a folder, and their files.

use std::path::{Path, PathBuf};

use lth_lab::{Layout, runs_of_sweep};
use lth_report::{Runs, page::PageData};

use crate::{failure::Failure, percent::encoded_path, report_data::ReportMaker};

/// Below this address files are found.
pub(crate) const FILES: &str = "files";

/// A folder that is watched.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// What was asked for.
    path: PathBuf,
    /// What files are served of.
    pub(crate) root: PathBuf,
}

impl Folder {
    /// Of a run, a sweep, or an output folder.
    ///
    /// # Errors
    /// When it is no folder, or a sweep's list of runs is damaged.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        if !path.is_dir() {
            return Err(Failure::input(
                format!("'{}' is no folder", path.display()),
                "give a run, a sweep, or the folder in which runs lie or will lie",
            ));
        }
        // The runs of a sweep lie beside it.
        let is_sweep = runs_of_sweep(path).map_err(Failure::bad_input)?.is_some();
        let root = if is_sweep { Layout::new(path).output() } else { path.to_owned() };
        Ok(Self { path: path.to_owned(), root })
    }

    /// All that its page shows now; `None` as long as there is no run. Runs of which a file is damaged are left out, and named.
    ///
    /// # Errors
    /// When nothing can be read, or a file of every run is damaged.
    pub(crate) fn data(&self, maker: &ReportMaker) -> Result<Option<PageData>, Failure> {
        let (runs, damaged) =
            Runs::read_undamaged(std::slice::from_ref(&self.path)).map_err(Failure::bad_input)?;
        let mut left_out: Vec<Failure> = damaged.into_iter().map(Failure::bad_input).collect();
        let make = |runs: &Runs| maker.data(runs, &|path| self.address(path));
        if runs.all.is_empty() && left_out.is_empty() {
            return Ok(None);
        }
        let mut data = if let Ok(data) = make(&runs) {
            data
        } else {
            // Each run alone tells whether it is its files that are damaged.
            let mut good = Vec::new();
            for run in runs.all {
                let alone = Runs { all: vec![run] };
                match make(&alone) {
                    Ok(_) => good.extend(alone.all),
                    Err(failure) => left_out.push(failure),
                }
            }
            if good.is_empty() {
                return Err(left_out.swap_remove(0));
            }
            make(&Runs { all: good })?
        };
        left_out.iter().filter_map(note).for_each(|line| data.note(line));
        Ok(Some(data))
    }

    /// Where a file is served; a folder is not.
    fn address(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.root).ok().filter(|_| path.is_file())?;
        Some(format!("{FILES}/{}", encoded_path(inside)))
    }
}

/// What the page says of a run that it does not show.
fn note(failure: &Failure) -> Option<String> {
    let (message, hint) = failure.words()?;
    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
    Some(format!("A run is left out: {message}{hint}"))
}
