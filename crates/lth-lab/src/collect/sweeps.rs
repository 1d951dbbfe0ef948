//! The folders of sweeps.

use std::{fs, path::Path};

use crate::{
    LabError,
    atomic::{create_folder, write_file},
    read_file,
};

/// Copies what the folders of sweeps at or right below a path say of their runs, where it is not here. Returns whether there is one.
///
/// # Errors
/// When files cannot be read or written.
pub(super) fn copy(path: &Path, output: &Path) -> Result<bool, LabError> {
    let is_sweep = |folder: &Path| folder.join("sweep.toml").is_file() && folder.join("runs.csv").is_file();
    let mut folders = vec![path.to_owned()];
    let below = fs::read_dir(path).into_iter().flatten().flatten();
    folders.extend(below.map(|entry| entry.path()));
    folders.retain(|folder| is_sweep(folder));
    for folder in &folders {
        let Some(name) = folder.file_name() else { continue };
        let target = output.join(name);
        for file in ["sweep.toml", "runs.csv"] {
            copy_new(&folder.join(file), &target.join(file))?;
        }
    }
    Ok(!folders.is_empty())
}

fn copy_new(from: &Path, to: &Path) -> Result<(), LabError> {
    if to.exists() {
        return Ok(());
    }
    let bytes = read_file(from)?;
    create_folder(to.parent().unwrap_or(to))?;
    write_file(to, &bytes)
}
