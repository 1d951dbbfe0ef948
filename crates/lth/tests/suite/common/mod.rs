//! What the tests share: a folder of their own, and data so small that a training takes no time.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;

/// Training examples of [`Sandbox::data`].
pub(crate) const TRAIN: usize = 300;
/// Test examples of [`Sandbox::data`].
pub(crate) const TEST: usize = 100;

/// A folder that is removed at the end.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, below: &str) -> PathBuf {
        self.path().join(below)
    }

    /// A call of the program in this folder; flags are split at blanks.
    pub(crate) fn lth(&self, flags: &str) -> Command {
        let mut command = Command::cargo_bin("lth").unwrap();
        command
            .current_dir(self.path())
            .env("XDG_CACHE_HOME", self.join("cache"))
            .args(flags.split_whitespace());
        command
    }

    /// Standard output of a call that must succeed.
    pub(crate) fn output(&self, flags: &str) -> String {
        let output = self.lth(flags).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    }

    /// A call that must be refused: exit code 2, `error:` with this text, `hint:` with that, nothing on standard output.
    pub(crate) fn refused(&self, flags: &str, error: &str, hint: &str) {
        self.fails(flags, 2, error, hint);
    }

    /// As [`Sandbox::refused`], with any exit code.
    pub(crate) fn fails(&self, flags: &str, code: i32, error: &str, hint: &str) {
        let assert = self.lth(flags).assert();
        let output = assert.get_output();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{flags}\n{stdout}\n{stderr}");
        let line = |start: &str| stderr.lines().find(|line| line.starts_with(start)).map(str::to_owned);
        let said = line("error: ").unwrap_or_else(|| panic!("no error: in\n{stderr}"));
        assert!(said.contains(error), "'{error}' is not in\n{stderr}");
        let advice = line("hint: ").unwrap_or_else(|| panic!("no hint: in\n{stderr}"));
        assert!(advice.contains(hint), "'{hint}' is not in\n{stderr}");
        assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
        if code == 2 {
            assert_eq!(stdout, "", "{flags}");
        }
    }

    /// A folder `data` of small IDX files that a network can learn: class c lights the rows near 2c.
    pub(crate) fn data(&self) -> &Self {
        self.data_of(TRAIN, TEST)
    }

    /// The same with so many examples.
    pub(crate) fn data_of(&self, train: usize, test: usize) -> &Self {
        let folder = self.join("data");
        fs::create_dir_all(&folder).unwrap();
        for (name, count, salt) in [("train", train, 1), ("t10k", test, 2)] {
            let labels: Vec<u8> = (0..count).map(|index| (index * 7 % 10) as u8).collect();
            fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images(&labels, salt)).unwrap();
            let mut bytes = vec![0, 0, 8, 1];
            bytes.extend((count as u32).to_be_bytes());
            bytes.extend(&labels);
            fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), bytes).unwrap();
        }
        self
    }
}

fn images(labels: &[u8], salt: u32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    for dimension in [labels.len() as u32, 28, 28] {
        bytes.extend(dimension.to_be_bytes());
    }
    let mut noise = salt;
    for &label in labels {
        for pixel in 0..784 {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let lit = (pixel / 28) / 2 == usize::from(label) + 2;
            bytes.push((noise >> 26) as u8 + if lit { 150 } else { 0 });
        }
    }
    bytes
}

/// Flags of an experiment on [`Sandbox::data`] that takes well under a second.
pub(crate) const SMALL: &str =
    "lenet-300-100 mnist data --validation 60 -b 20 --length 24it --evaluate-every 12";

/// Every file below a folder, with its bytes, in order of paths.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
}

/// The files that have the same bytes in each repetition: all that hold no times.
pub(crate) fn exact_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let timed = |name: &str| {
        ["timing.json", "timing.csv", "metrics-lec.csv", "provenance.json", ".lock"]
            .iter()
            .any(|end| name.ends_with(end))
            || name.contains("tfevents")
            || name.contains("step-time")
            || name.starts_with(".lth")
    };
    files(folder).into_iter().filter(|(name, _)| !timed(name)).collect()
}

/// What is in a folder but for hidden files, in order of names.
pub(crate) fn visible(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    paths.sort();
    paths
}

/// The only folder below `runs`.
pub(crate) fn run_folder(sandbox: &Sandbox) -> PathBuf {
    let mut folders = visible(&sandbox.join("runs"));
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}
