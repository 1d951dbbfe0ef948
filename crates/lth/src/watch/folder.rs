//! What is served: the runs of a folder, and their files.

use std::path::{Path, PathBuf};

use lth_lab::{Layout, runs_of_sweep};
use lth_report::{page::PageData, run_folders_of};

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

    /// All that its page shows now; `None` as long as there is no run.
    ///
    /// # Errors
    /// When nothing can be read, or a file of every run is damaged.
    pub(crate) fn data(&self, maker: &ReportMaker) -> Result<Option<PageData>, Failure> {
        let paths = std::slice::from_ref(&self.path);
        if run_folders_of(paths).map_err(Failure::bad_input)?.is_empty() {
            return Ok(None);
        }
        let (data, _) = maker.of(paths, &[], &|path| self.address(path))?;
        Ok(Some(data))
    }

    /// Where a file is served; a folder is not.
    fn address(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.root).ok().filter(|_| path.is_file())?;
        Some(format!("{FILES}/{}", encoded_path(inside)))
    }
}
