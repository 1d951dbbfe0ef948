//! A figure at a place of the user's choice, as SVG and PNG.

use std::path::{Path, PathBuf};

use lth_lab::write_file;
use lth_plot::Figure;

use super::PNG_SCALE;
use crate::{failure::Failure, output::print};

/// Writes both files and prints their paths.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_pair(base: &Path, figure: &Figure) -> Result<(), Failure> {
    write_both(base, figure)?.iter().try_for_each(|path| print(&format!("{}\n", path.display())))
}

/// Writes a figure as SVG and PNG; their paths.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_both(base: &Path, figure: &Figure) -> Result<[PathBuf; 2], Failure> {
    let paths = ["svg", "png"].map(|ending| with_ending(base, ending));
    let png = figure.png(PNG_SCALE)?;
    for (path, bytes) in paths.iter().zip([figure.svg().as_bytes(), &png]) {
        write_file(path, bytes).map_err(Failure::failed_work)?;
    }
    Ok(paths)
}

/// `schedule` and `schedule.svg` both become `schedule.png`; other dots belong to the name.
pub(super) fn with_ending(base: &Path, ending: &str) -> PathBuf {
    match base.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => base.with_extension(ending),
        _ => PathBuf::from(format!("{}.{ending}", base.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_added_or_exchanged() {
        for (base, expected) in
            [("a", "a.png"), ("a.svg", "a.png"), ("a/b.1", "a/b.1.png"), ("a.png", "a.png")]
        {
            assert_eq!(with_ending(Path::new(base), "png"), Path::new(expected));
        }
    }
}
