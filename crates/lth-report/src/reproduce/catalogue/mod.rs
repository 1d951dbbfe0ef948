//! The published figures and tables that are known: the files of `papers/`.

use include_dir::{Dir, include_dir};
use lth_lab::LabError;
use lth_model::nearest_name;

use super::Published;

static PAPERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/papers");

/// All that is known, by key.
///
/// # Errors
/// When a file says something that cannot be; a test reads them all.
pub fn published() -> Result<Vec<Published>, LabError> {
    let mut all = Vec::new();
    for paper in PAPERS.dirs() {
        for file in paper.files() {
            let key = file.path().with_extension("").display().to_string().replace('\\', "/");
            all.push(Published::read(&key, file.contents_utf8().unwrap_or_default())?);
        }
    }
    all.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(all)
}

/// The one with this key, or the only one whose key begins with it: `frankle-2019/figure-4` is `frankle-2019/figure-4-one-shot`.
///
/// # Errors
/// When there is none, or several; the hint names them, or the nearest.
pub fn find_published(key: &str) -> Result<Published, LabError> {
    let mut all = published()?;
    let begins = |one: &Published| one.key.strip_prefix(key).is_some_and(|rest| rest.starts_with(['-', '/']));
    let places: Vec<usize> = match all.iter().position(|one| one.key == key) {
        Some(place) => vec![place],
        None => (0..all.len()).filter(|place| begins(&all[*place])).collect(),
    };
    let hint = match places[..] {
        [place] => return Ok(all.swap_remove(place)),
        [] => nearest_name(key, all.iter().map(|one| one.key.as_str())).map_or_else(
            || "`lth reproduce` lists them".to_owned(),
            |near| format!("did you mean '{near}'? `lth reproduce` lists all"),
        ),
        _ => {
            let names: Vec<String> = places.iter().map(|place| format!("'{}'", all[*place].key)).collect();
            format!("there are {}", names.join(", "))
        }
    };
    Err(LabError::Refused { reason: format!("no published figure or table is called '{key}' here"), hint })
}

#[cfg(test)]
mod tests;
