//! `lth report`.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Component, Path, PathBuf, absolute},
};

use lth_lab::{Layout, runs_of_sweep, write_file};
use lth_report::page::{MARK, page};

use super::runs::wanted;
use crate::{
    arguments::ReportArguments,
    failure::Failure,
    output::{Messages, print},
    report_data::ReportMaker,
};

/// Writes the page of runs.
pub(crate) fn run(arguments: &ReportArguments, messages: &Messages) -> Result<(), Failure> {
    let file = file(arguments)?;
    check_free(&file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let from = whole(folder);
    let link = |path: &Path| Some(address(path, &from));
    let maker = ReportMaker::new(&arguments.source, messages);
    let (data, lines) = maker.of(&wanted(&arguments.paths), &arguments.conditions, &link)?;
    for line in &lines {
        messages.warning(line);
    }
    write_file(&file, page(&data).as_bytes()).map_err(Failure::failed_work)?;
    print(&format!("{}\n", file.display()))
}

/// Where the page goes.
///
/// # Errors
/// When a sweep's list of runs is damaged.
fn file(arguments: &ReportArguments) -> Result<PathBuf, Failure> {
    const NAME: &str = "report.html";
    Ok(match (&arguments.output, &arguments.paths[..]) {
        (Some(file), _) => file.clone(),
        (None, [path]) if arguments.conditions.is_empty() => {
            let is_own =
                Layout::new(path).is_run() || runs_of_sweep(path).map_err(Failure::bad_input)?.is_some();
            if is_own { path.join(NAME) } else { NAME.into() }
        }
        (None, _) => NAME.into(),
    })
}

/// A page that is made again replaces the former; no other file is written over.
fn check_free(file: &Path) -> Result<(), Failure> {
    let mut begin = Vec::new();
    // What is neither file nor folder, as a pipe, may never end.
    let read = match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Ok(data) if data.is_file() => {
            File::open(file).and_then(|open| open.take(MARK.len() as u64).read_to_end(&mut begin))
        }
        _ => Ok(0),
    };
    if read.is_ok() && begin == MARK.as_bytes() {
        return Ok(());
    }
    Err(Failure::input(
        format!("'{}' is there and is no report of lth", file.display()),
        "give another name with --output",
    ))
}

/// The address of a file as a page in a folder has it: relative, so that both may move together.
fn address(path: &Path, from: &Path) -> String {
    let whole = whole(path);
    let relative = pathdiff::diff_paths(&whole, from).unwrap_or(whole);
    crate::percent::encoded_path(&relative)
}

/// A path from the root on. Links stay as they are, unless the path goes up: there a browser would leave the link and the system its
/// target.
fn whole(path: &Path) -> PathBuf {
    let goes_up = path.components().any(|part| part == Component::ParentDir);
    let resolved = if goes_up { fs::canonicalize(path).ok() } else { None };
    resolved.or_else(|| absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}
