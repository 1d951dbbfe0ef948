//! A run folder that is open for writing: locked, of this experiment, free of unfinished files.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::Layout;
use crate::{
    Experiment, LabError, Value,
    atomic::{create_folder, remove_unfinished, write_file},
};

/// A run folder that this process alone works in, until it is dropped.
#[derive(Debug)]
pub struct RunFolder {
    layout: Layout,
    _lock: RunLock,
}

/// The lock on a folder; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: File,
}

impl RunFolder {
    /// Makes or opens a run folder for an experiment and writes its `experiment.toml`.
    ///
    /// A folder that holds the same experiment is extended: rounds and replicates become the larger of what it had and
    /// what is asked for, controls are added, the keep policy becomes what is asked for.
    ///
    /// # Errors
    /// When the folder cannot be written, another process works in it, a newer version wrote it, or it holds another
    /// experiment (with the first setting that differs).
    pub fn open(root: &Path, experiment: &Experiment) -> Result<(Self, Experiment), LabError> {
        let layout = Layout::new(root);
        create_folder(root)?;
        let lock = RunLock::take(&layout)?;
        remove_unfinished(root)?;
        let path = layout.experiment();
        let mut extended = experiment.clone();
        if path.exists() {
            let found = Experiment::read(&path)?;
            same_identity(root, &found.identity(), &experiment.identity())?;
            extended.rounds = extended.rounds.max(found.rounds);
            extended.replicates = extended.replicates.max(found.replicates);
            extended.controls.extend(found.controls);
            extended.mask_runs = joined(found.mask_runs, extended.mask_runs);
            extended.name = extended.name.or(found.name);
            extended.tags.extend(found.tags);
        }
        extended.check_size()?;
        extended.controls.sort_by_key(ToString::to_string);
        extended.controls.dedup();
        let text = extended.to_toml();
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            write_file(&path, text.as_bytes())?;
        }
        Ok((Self { layout, _lock: lock }, extended))
    }

    /// Where the files lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

/// The first, and those of the others that are not among them: a draw keeps its number.
fn joined(mut first: Vec<PathBuf>, others: Vec<PathBuf>) -> Vec<PathBuf> {
    first.extend(others.into_iter().filter(|other| !first.contains(other)).collect::<Vec<_>>());
    first
}

/// How often a lock that is held is tried again, and after which time.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(25);

impl RunLock {
    /// Takes the lock of a run folder.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written.
    pub(crate) fn take(layout: &Layout) -> Result<Self, LabError> {
        let path = layout.lock();
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| LabError::Write { path: path.clone(), source })?;
        let mut tried = file.try_lock();
        // A process that was started by this one has a copy of the lock for as long as its own program is not loaded, so that a
        // lock which was just given up may be held for a moment.
        for _ in 0..TRIES {
            if !matches!(tried, Err(TryLockError::WouldBlock)) {
                break;
            }
            thread::sleep(PAUSE);
            tried = file.try_lock();
        }
        match tried {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LabError::Locked { path: layout.root().to_owned() }),
            // Some network file systems have no locks; two copies at once are the rarer trouble.
            Err(TryLockError::Error(source)) if source.kind() == std::io::ErrorKind::Unsupported => {
                Ok(Self { _file: file })
            }
            Err(TryLockError::Error(source)) => Err(LabError::Write { path, source }),
        }
    }

    /// Whether a process works in a run folder.
    pub(crate) fn is_held(layout: &Layout) -> bool {
        let shared = File::open(layout.lock()).map(|file| file.try_lock_shared());
        matches!(shared, Ok(Err(TryLockError::WouldBlock)))
    }
}

fn same_identity(
    root: &Path,
    found: &BTreeMap<&'static str, Value>,
    expected: &BTreeMap<&'static str, Value>,
) -> Result<(), LabError> {
    // Folders of images are told apart by their fingerprints, whatever they are called.
    let image_folders = [found, expected].iter().all(|settings| {
        settings["dataset"].exact().starts_with("image-folder")
            && settings.contains_key("dataset_fingerprint")
    });
    let differs = found
        .keys()
        .chain(expected.keys())
        .find(|name| found.get(*name) != expected.get(*name) && !(image_folders && **name == "dataset"));
    let Some(setting) = differs else { return Ok(()) };
    let value = |settings: &BTreeMap<&'static str, Value>| {
        settings.get(setting).map_or_else(|| "not set".to_owned(), Value::exact)
    };
    Err(LabError::OtherExperiment {
        path: root.to_owned(),
        setting: (*setting).to_owned(),
        found: value(found),
        expected: value(expected),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::Hint;

    fn experiment() -> Experiment {
        Experiment::new("lenet-300-100", "mnist")
    }

    #[test]
    fn a_second_copy_is_refused_until_the_first_is_done() {
        let root = tempfile::tempdir().unwrap();
        let (first, _) = RunFolder::open(root.path(), &experiment()).unwrap();
        let error = RunFolder::open(root.path(), &experiment()).unwrap_err();
        assert!(error.to_string().starts_with("another lth is at work in"), "{error}");
        assert!(error.hint().is_some());
        drop(first);
        RunFolder::open(root.path(), &experiment()).unwrap();
    }

    #[test]
    fn more_rounds_and_replicates_extend_and_fewer_do_not_shrink() {
        let root = tempfile::tempdir().unwrap();
        let mut asked = experiment();
        RunFolder::open(root.path(), &asked).unwrap();
        asked.rounds = 25;
        asked.replicates = 3;
        assert_eq!(RunFolder::open(root.path(), &asked).unwrap().1.rounds, 25);
        let (folder, extended) = RunFolder::open(root.path(), &experiment()).unwrap();
        assert_eq!((extended.rounds, extended.replicates), (25, 3));
        assert_eq!(Experiment::read(&folder.layout().experiment()).unwrap(), extended);
    }

    #[test]
    fn another_experiment_is_refused_with_the_setting() {
        let root = tempfile::tempdir().unwrap();
        RunFolder::open(root.path(), &experiment()).unwrap();
        let before = fs::read(Layout::new(root.path()).experiment()).unwrap();
        let mut other = experiment();
        other.recipe.batch_size = 61;
        let error = RunFolder::open(root.path(), &other).unwrap_err();
        assert!(error.to_string().ends_with("its recipe.batch_size is 60, not 61"), "{error}");
        assert_eq!(fs::read(Layout::new(root.path()).experiment()).unwrap(), before);
    }

    #[test]
    fn a_folder_of_images_is_told_by_its_fingerprint() {
        let root = tempfile::tempdir().unwrap();
        let images = |path: &str, fingerprint: &str| {
            let mut experiment = Experiment::new("conv-2", path);
            experiment.dataset_fingerprint = Some(fingerprint.to_owned());
            experiment
        };
        let first = images("image-folder:/a/photos.v1", "00ff");
        RunFolder::open(root.path(), &first).unwrap();
        let moved = images("image-folder:/b/photos.v2/", "00ff");
        assert_eq!(first.folder_name(), moved.folder_name());
        assert_eq!(RunFolder::open(root.path(), &moved).unwrap().1.data_folder, moved.data_folder);
        let other = images("image-folder:/a/photos.v1", "ff00");
        assert_ne!(first.folder_name(), other.folder_name());
        let error = RunFolder::open(root.path(), &other).unwrap_err();
        assert!(error.to_string().contains("dataset_fingerprint"), "{error}");
    }

    #[test]
    fn a_newer_folder_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = Layout::new(root.path()).experiment();
        fs::write(&path, "format = 99\n").unwrap();
        assert!(matches!(
            RunFolder::open(root.path(), &experiment()),
            Err(LabError::Newer { found: 99, .. })
        ));
        assert_eq!(fs::read_to_string(path).unwrap(), "format = 99\n");
    }

    #[test]
    fn a_file_in_the_folders_place_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(matches!(RunFolder::open(&path, &experiment()), Err(LabError::Write { .. })));
    }
}
