//! `lth report`.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf, absolute},
};

use lth_lab::{Layout, runs_of_sweep, write_file};
use lth_report::{
    Runs,
    page::{MARK, page},
};

use super::{chosen::chosen, runs::wanted};
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
    let paths = chosen(&wanted(&arguments.paths), &arguments.conditions)?;
    let runs = Runs::read(&paths).map_err(Failure::bad_input)?;
    let whole = absolute(&file).unwrap_or_else(|_| file.clone());
    let from = whole.parent().unwrap_or(Path::new("/"));
    let link = |path: &Path| Some(address(path, from));
    let data = ReportMaker::new(&arguments.source, messages).data(&runs, &link)?;
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
    let Ok(open) = File::open(file) else { return Ok(()) };
    let read = open.take(MARK.len() as u64).read_to_end(&mut begin);
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
    let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
    let relative = pathdiff::diff_paths(&whole, from).unwrap_or(whole);
    crate::percent::encoded_path(&relative)
}
