//! Fetching the small data set into a cache, and looking at what is there then.

use std::{path::Path, time::Duration};

use lth_data::{DataError, DataOptions, Dataset, DatasetInfo, TransferProblem, load_dataset};
use lth_model::Hint;

use super::server::Mirror;

pub const IMAGES: &str = super::NAMES[0];

pub fn options(cache: &Path, mirrors: &[&Mirror]) -> DataOptions {
    DataOptions {
        folder: None,
        fill_folder: false,
        download: true,
        mirrors: mirrors.iter().map(|mirror| mirror.url.clone()).collect(),
        cache: cache.to_owned(),
        images: lth_data::ImageOptions::default(),
        skip_broken: false,
        timeout: Duration::from_millis(500),
    }
}

pub fn small() -> DatasetInfo {
    super::info(&super::sound())
}

pub fn fetch(cache: &Path, mirrors: &[&Mirror]) -> Result<Dataset, DataError> {
    load_dataset(&small(), &options(cache, mirrors), &mut |_| {})
}

pub fn names(cache: &Path) -> Vec<String> {
    let folder = cache.join("small");
    super::listing(&folder)
        .iter()
        .map(|path| path.display().to_string())
        .filter(|name| name != ".lock")
        .collect()
}

/// The only mirror's problem; the file is not there under its name.
pub fn only_problem(cache: &Path, mirror: &Mirror) -> TransferProblem {
    let error = fetch(cache, &[mirror]).unwrap_err();
    assert!(!names(cache).contains(&format!("{IMAGES}.gz")), "{:?}", names(cache));
    assert!(error.hint().is_some_and(|hint| hint.contains("--mirror")), "{error}");
    match error {
        DataError::Download { mut failed, .. } if failed.len() == 1 => failed.remove(0).problem,
        other => panic!("{other}"),
    }
}

pub fn all_files() -> Vec<String> {
    let mut names: Vec<String> = super::NAMES.map(|name| format!("{name}.gz")).to_vec();
    names.sort();
    names
}
