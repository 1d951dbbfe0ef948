//! A figure at a place of the user's choice: as SVG and PNG, or as PDF.

use std::path::{Path, PathBuf};

use lth_lab::write_file;
use lth_plot::Figure;

use super::PNG_SCALE;
use crate::{failure::Failure, output::print};

/// Writes a figure as [`write_chosen`] does, and prints the paths.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_and_print(base: &Path, figure: &Figure) -> Result<(), Failure> {
    write_chosen(base, figure)?.iter().try_for_each(|path| print(&format!("{}\n", path.display())))
}

/// Writes a figure as PDF where the path ends so, else as SVG and PNG; the paths.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_chosen(base: &Path, figure: &Figure) -> Result<Vec<PathBuf>, Failure> {
    let write = |ending, bytes: &[u8]| -> Result<PathBuf, Failure> {
        let path = with_ending(base, ending)?;
        write_file(&path, bytes).map_err(Failure::failed_work)?;
        Ok(path)
    };
    if base.extension().is_some_and(|extension| extension == "pdf") {
        return Ok(vec![write("pdf", &figure.pdf()?)?]);
    }
    Ok(vec![write("svg", figure.svg().as_bytes())?, write("png", &figure.png(PNG_SCALE)?)?])
}

/// `schedule` and `schedule.svg` both become `schedule.png`; other dots belong to the name.
///
/// # Errors
/// When the path names a folder, where the file would be a hidden one.
pub(super) fn with_ending(base: &Path, ending: &str) -> Result<PathBuf, Failure> {
    let text = base.to_string_lossy();
    if matches!(text.rsplit(std::path::is_separator).next(), None | Some("" | "." | "..")) {
        return Err(Failure::input(
            format!("'{text}' names a folder, not a figure"),
            "give the name of the figure, too: --output FOLDER/figure",
        ));
    }
    Ok(match base.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png" | "pdf") => base.with_extension(ending),
        _ => PathBuf::from(format!("{text}.{ending}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_added_or_exchanged() {
        for (base, expected) in
            [("a", "a.png"), ("a.svg", "a.png"), ("a/b.1", "a/b.1.png"), ("a.pdf", "a.png")]
        {
            assert_eq!(with_ending(Path::new(base), "png").unwrap(), Path::new(expected));
        }
        for base in ["a/", "", "..", "a/."] {
            let failure = with_ending(Path::new(base), "png").unwrap_err();
            let (message, hint) = failure.words().unwrap();
            assert!(message.contains("names a folder") && hint.unwrap().contains("--output"), "{base}");
        }
    }
}
