//! Which files are served: those of the folder, wherever links lead.

use std::{
    fs::{self, Metadata},
    future::ready,
    io::{Error, ErrorKind},
    path::{Path, PathBuf},
};

use lth_lab::Layout;
use tower_http::services::fs::{Backend, TokioBackend};

/// The files below a folder. Of those that are elsewhere only those of a run that the folder has a link to.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    root: PathBuf,
    files: TokioBackend,
}

impl Inside {
    /// Of a folder.
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), files: TokioBackend }
    }

    fn has(&self, path: &Path) -> bool {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let (Some(root), Some(file)) = (real(&self.root), real(path)) else { return false };
        // The folder of a run may be a link, as the list of runs has it.
        let is_in_linked_run = |run: &Path| {
            let place = run.parent().and_then(real);
            Layout::new(run).is_run()
                && place.is_some_and(|place| place.starts_with(&root))
                && real(run).is_some_and(|run| file.starts_with(run))
        };
        file.starts_with(&root) || path.ancestors().any(is_in_linked_run)
    }
}

impl Backend for Inside {
    type File = <TokioBackend as Backend>::File;
    type Metadata = Metadata;
    type OpenFuture = <TokioBackend as Backend>::OpenFuture;
    type MetadataFuture = <TokioBackend as Backend>::MetadataFuture;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        if self.has(&path) { self.files.open(path) } else { Box::pin(ready(Err(not_found()))) }
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        if self.has(&path) { self.files.metadata(path) } else { Box::pin(ready(Err(not_found()))) }
    }
}

fn not_found() -> Error {
    ErrorKind::NotFound.into()
}
