//! A run folder that is open for writing: locked, of this experiment, free of unfinished files.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{Layout, Writer};
use crate::{
    Experiment, LabError, Value,
    atomic::{create_folder, remove_unfinished, write_file},
};

/// A run folder in which this process works, until it is dropped.
#[derive(Debug)]
pub struct RunFolder {
    layout: Layout,
    lock: RunLock,
}

/// The lock on a folder; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct RunLock {
    file: File,
    /// Whether nobody else has it; false where the file system has no locks.
    alone: bool,
}

impl RunFolder {
    /// Makes or opens a run folder for an experiment and writes its `experiment.toml`. Others may open it too: who does which task,
    /// leases tell.
    ///
    /// A folder that holds the same experiment is extended: rounds and replicates become the larger of what it had and
    /// what is asked for, controls are added, the keep policy becomes what is asked for.
    ///
    /// # Errors
    /// When the folder cannot be written, a process works in it alone, a newer version wrote it, or it holds another
    /// experiment (with the first setting that differs).
    pub fn open(root: &Path, experiment: &Experiment) -> Result<(Self, Experiment), LabError> {
        let layout = Layout::new(root);
        create_folder(root)?;
        let mut lock = RunLock::alone_or_shared(&layout)?;
        if lock.alone {
            remove_unfinished(root)?;
        }
        let _writer = Writer::of(&layout.output())?;
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
        lock.share(&layout)?;
        Ok((Self { layout, lock }, extended))
    }

    /// Where the files lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Drop for RunFolder {
    /// Who leaves last removes what killed processes have left.
    fn drop(&mut self) {
        if self.lock.file.try_lock().is_ok() {
            let _ = remove_unfinished(self.layout.root());
        }
    }
}

/// The first, and those of the others that are not among them: a draw keeps its number.
fn joined(mut first: Vec<PathBuf>, others: Vec<PathBuf>) -> Vec<PathBuf> {
    first.extend(others.into_iter().filter(|other| !first.contains(other)).collect::<Vec<_>>());
    first
}

/// How often a lock that is held is tried again, and after which time: a process that opens the folder has it alone for a moment,
/// and one that was started by a process with a lock has a copy for as long as its own program is not loaded.
const TRIES: usize = 40;
const PAUSE: Duration = Duration::from_millis(25);
/// The same where a lock is only looked at.
const LOOKS: usize = 3;
const LOOK_PAUSE: Duration = Duration::from_millis(10);

impl RunLock {
    /// Takes the lock of a run folder for this process alone.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written.
    pub(crate) fn alone(layout: &Layout) -> Result<Self, LabError> {
        let mut lock = Self { file: file_of(layout)?, alone: false };
        lock.alone = lock.repeatedly(layout, File::try_lock)?;
        Ok(lock)
    }

    /// Takes it alone where nobody has it, otherwise with others.
    fn alone_or_shared(layout: &Layout) -> Result<Self, LabError> {
        let mut lock = Self { file: file_of(layout)?, alone: false };
        match lock.file.try_lock() {
            Ok(()) => lock.alone = true,
            Err(_) => drop(lock.repeatedly(layout, File::try_lock_shared)?),
        }
        Ok(lock)
    }

    /// From now on others may have it too.
    fn share(&mut self, layout: &Layout) -> Result<(), LabError> {
        if self.alone {
            self.repeatedly(layout, File::try_lock_shared)?;
            self.alone = false;
        }
        Ok(())
    }

    /// Tries a lock for a while. Returns whether there are locks: some network file systems have none, and two copies at once are
    /// the rarer trouble.
    fn repeatedly(
        &self,
        layout: &Layout,
        lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<bool, LabError> {
        let mut tried = lock(&self.file);
        for _ in 0..TRIES {
            if !matches!(tried, Err(TryLockError::WouldBlock)) {
                break;
            }
            thread::sleep(PAUSE);
            tried = lock(&self.file);
        }
        match tried {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Err(LabError::Locked { path: layout.root().to_owned() }),
            Err(TryLockError::Error(source)) if source.kind() == std::io::ErrorKind::Unsupported => Ok(false),
            Err(TryLockError::Error(source)) => Err(LabError::Write { path: layout.lock(), source }),
        }
    }
}

impl Layout {
    /// Whether a process has the lock of the run folder, as every one that works in it has, and not just the copy of one.
    pub fn is_locked(&self) -> bool {
        let path = self.lock();
        // Locks of network file systems want a file that may be written, but another user's may not be.
        let file = File::options().write(true).open(&path).or_else(|_| File::open(&path));
        let Ok(file) = file else { return false };
        let is_held = || matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        is_held()
            && (0..LOOKS).all(|_| {
                thread::sleep(LOOK_PAUSE);
                is_held()
            })
    }
}

fn file_of(layout: &Layout) -> Result<File, LabError> {
    let path = layout.lock();
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    open.map_err(|source| LabError::Write { path, source })
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
    fn who_wants_a_folder_alone_waits_until_all_others_are_done() {
        let output = tempfile::tempdir().unwrap();
        let root = output.path().join("run");
        let (first, _) = RunFolder::open(&root, &experiment()).unwrap();
        let (second, _) = RunFolder::open(&root, &experiment()).unwrap();
        drop(first);
        let layout = second.layout().clone();
        let error = RunLock::alone(&layout).unwrap_err();
        assert!(error.to_string().starts_with("another lth is at work in"), "{error}");
        assert!(error.hint().is_some());
        assert!(layout.is_locked());
        drop(second);
        let alone = RunLock::alone(&layout).unwrap();
        let error = RunFolder::open(&root, &experiment()).unwrap_err();
        assert!(error.to_string().starts_with("another lth is at work in"), "{error}");
        assert!(layout.is_locked());
        drop(alone);
        assert!(!layout.is_locked());
    }

    #[test]
    fn unfinished_files_are_removed_by_who_is_alone() {
        let output = tempfile::tempdir().unwrap();
        let root = output.path().join("run");
        let (first, _) = RunFolder::open(&root, &experiment()).unwrap();
        let unfinished = root.join(".lth-abc.unfinished");
        fs::write(&unfinished, "half").unwrap();
        let (second, _) = RunFolder::open(&root, &experiment()).unwrap();
        assert!(unfinished.exists(), "the first may be writing it");
        drop(first);
        assert!(unfinished.exists(), "so may the second");
        drop(second);
        assert!(!unfinished.exists(), "nobody is left");
        fs::write(&unfinished, "half").unwrap();
        let (_third, _) = RunFolder::open(&root, &experiment()).unwrap();
        assert!(!unfinished.exists(), "nobody was there");
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
