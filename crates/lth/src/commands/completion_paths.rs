//! Completion of runs, tickets and experiment files: of all paths, those that an argument can take.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use clap_complete::{CompletionCandidate, PathCompleter, engine::ValueCompleter};
use lth_lab::Layout;

/// What a path has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A run folder.
    Run,
    /// A file of tensors, or the run folder that it may lie in.
    Ticket,
    /// A file of settings.
    Settings,
}

/// Offers the paths that are wanted below a folder: those that begin as was typed, those of `runs`, and the folders on the way to
/// more where nothing is found yet.
#[derive(Debug)]
pub(super) struct Paths {
    /// What is wanted.
    pub(super) wanted: Wanted,
    /// The folder that paths are relative to; `None` for the one that the program works in.
    pub(super) folder: Option<PathBuf>,
}

impl ValueCompleter for Paths {
    fn complete(&self, typed: &OsStr) -> Vec<CompletionCandidate> {
        let folder = self.folder.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        let wanted = self.wanted;
        let mut found = wanted.below_runs(&folder);
        found.retain(|path| path.to_string_lossy().starts_with(&*typed.to_string_lossy()));
        let paths = PathCompleter::any().current_dir(folder.clone()).filter(move |path| wanted.is(path));
        let mut on_the_way = Vec::new();
        for candidate in paths.complete(typed) {
            let path = PathBuf::from(candidate.get_value());
            // The folder itself is offered as a dot.
            if path == Path::new(".") {
                continue;
            }
            match wanted.is(&folder.join(&path)) {
                true if !found.contains(&path) => found.push(path),
                true => {}
                false => on_the_way.push(candidate),
            }
        }
        if wanted == Wanted::Ticket || found.is_empty() {
            found.iter().map(|path| wanted.candidate(&folder, path)).chain(on_the_way).collect()
        } else {
            found.iter().map(|path| wanted.candidate(&folder, path)).collect()
        }
    }
}

impl Wanted {
    fn is(self, path: &Path) -> bool {
        let ends = |extension: &str| path.extension().is_some_and(|own| own == extension) && path.is_file();
        match self {
            Self::Run => Layout::new(path).is_run(),
            Self::Ticket => Layout::new(path).is_run() || ends("safetensors"),
            Self::Settings => ends("toml"),
        }
    }

    /// What is wanted of the runs in the usual place, in order of names.
    fn below_runs(self, folder: &Path) -> Vec<PathBuf> {
        let runs = Path::new("runs");
        let entries = fs::read_dir(folder.join(runs)).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| runs.join(entry.file_name()))
            .filter(|run| Layout::new(folder.join(run)).is_run())
            .map(|run| if self == Self::Settings { Layout::new(run).experiment() } else { run })
            .collect();
        found.sort();
        found
    }

    /// A word for the shell: one goes on typing after the slash behind a run in which tickets lie.
    fn candidate(self, folder: &Path, path: &Path) -> CompletionCandidate {
        // Of the same components, without a slash at the end.
        let mut path: PathBuf = path.components().collect();
        if self == Self::Ticket && folder.join(&path).is_dir() {
            path.push("");
        }
        CompletionCandidate::new(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with two runs in the usual place, one elsewhere, and what is no run.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for run in ["runs/lenet-mnist-b", "runs/lenet-mnist-a", "mine/deep/net-c"] {
            file(&format!("{run}/experiment.toml"));
            file(&format!("{run}/summary.csv"));
            file(&format!("{run}/replicate-0/initial.safetensors"));
            file(&format!("{run}/replicate-0/round-01/ticket.safetensors"));
            file(&format!("{run}/replicate-0/round-01/round.json"));
        }
        file("runs/notes/notes.txt");
        file("mine/sweep.toml");
        file("weights.safetensors");
        file("README.md");
        folder
    }

    fn offered(wanted: Wanted, typed: &str) -> Vec<String> {
        let folder = folder();
        let paths = Paths { wanted, folder: Some(folder.path().to_owned()) };
        let value =
            |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().replace('\\', "/");
        paths.complete(OsStr::new(typed)).iter().map(value).collect()
    }

    #[test]
    fn run_folders_are_offered_and_no_other_file() {
        let both = ["runs/lenet-mnist-a", "runs/lenet-mnist-b"];
        for typed in ["", "ru", "runs/", "runs/lenet-mnist-"] {
            assert_eq!(offered(Wanted::Run, typed), both, "{typed}");
        }
        assert_eq!(offered(Wanted::Run, "runs/lenet-mnist-b"), both[1..]);
        // Under what was typed, step by step where there is none yet.
        assert_eq!(offered(Wanted::Run, "mi"), ["mine/"]);
        assert_eq!(offered(Wanted::Run, "mine/"), ["mine/deep/"]);
        assert_eq!(offered(Wanted::Run, "mine/deep/"), ["mine/deep/net-c"]);
        assert!(offered(Wanted::Run, "README").is_empty());
    }

    #[test]
    fn tickets_are_offered_as_runs_and_files() {
        assert_eq!(
            offered(Wanted::Ticket, ""),
            ["runs/lenet-mnist-a/", "runs/lenet-mnist-b/", "weights.safetensors", "mine/", "runs/"]
        );
        assert_eq!(
            offered(Wanted::Ticket, "runs/lenet-mnist-a/replicate-0/"),
            [
                "runs/lenet-mnist-a/replicate-0/initial.safetensors",
                "runs/lenet-mnist-a/replicate-0/round-01/"
            ]
        );
        assert_eq!(
            offered(Wanted::Ticket, "runs/lenet-mnist-a/replicate-0/round-01/"),
            ["runs/lenet-mnist-a/replicate-0/round-01/ticket.safetensors"]
        );
    }

    #[test]
    fn experiment_files_are_offered() {
        let of_runs = ["runs/lenet-mnist-a/experiment.toml", "runs/lenet-mnist-b/experiment.toml"];
        assert_eq!(offered(Wanted::Settings, ""), of_runs);
        assert_eq!(offered(Wanted::Settings, "mine/"), ["mine/sweep.toml"]);
    }
}
