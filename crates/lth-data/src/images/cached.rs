//! Decoded images, kept as one file: decoding is done once.
//!
//! `CACHE/images/KEY.lth`, where the key is a hash of what was decoded and how. The file is a line that says what it is,
//! the length of a description (8 bytes, little-endian), the description as JSON, the bytes of both halves and their
//! labels (16 bits, little-endian). The fingerprint in the description tells whether it is whole.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use lth_model::{Examples, Normalization};
use serde::{Deserialize, Serialize};

use crate::Dataset;

const MAGIC: &[u8] = b"lth decoded images 2\n";

#[derive(Serialize, Deserialize)]
struct Description {
    fingerprint: String,
    shape: Vec<usize>,
    classes: Vec<String>,
    train: usize,
    validation: usize,
    test: usize,
    notes: Vec<String>,
}

/// Where the decoded images of a folder or archive are kept, by a stamp of its files: any change of them gives another
/// place.
pub(super) fn place(cache: &Path, root: &Path, stamp: &str, how: &str) -> PathBuf {
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let key = blake3::hash(format!("{}\n{how}\n{stamp}", root.display()).as_bytes());
    cache.join("images").join(format!("{}.lth", &key.to_hex()[..32]))
}

/// What is kept there, if it is whole.
pub(super) fn read(path: &Path, name: &str, source: &str) -> Option<Dataset> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).ok()?;
    let mut description = [0; 8];
    file.read_exact(&mut description).ok()?;
    let described = u64::from_le_bytes(description);
    if magic != *MAGIC || described > length {
        return None;
    }
    let mut text = vec![0; described as usize];
    file.read_exact(&mut text).ok()?;
    let description: Description = serde_json::from_slice(&text).ok()?;
    let product = |product: usize, &length: &usize| product.checked_mul(length);
    let features = description.shape.iter().try_fold(1, product)?;
    let examples = description.train.checked_add(description.test)?;
    let values = examples.checked_mul(features.checked_add(2)?)?;
    if Some(values as u64) != length.checked_sub(described + (MAGIC.len() + 8) as u64) {
        return None;
    }
    let mut half = |count: usize| -> Option<Examples> {
        let mut bytes = vec![0; count * features];
        file.read_exact(&mut bytes).ok()?;
        let mut labels = vec![0; count * 2];
        file.read_exact(&mut labels).ok()?;
        let labels = labels.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        Some(Examples {
            bytes: bytes.into(),
            labels: labels.collect(),
            features,
            normalization: Normalization::UNIT,
        })
    };
    if description.validation > description.train {
        return None;
    }
    let (train, test) = (half(description.train)?, half(description.test)?);
    let dataset = Dataset::new(name, train, test, description.shape, description.classes, source);
    let dataset = dataset.with_validation(description.validation);
    (dataset.fingerprint == description.fingerprint)
        .then_some(Dataset { notes: description.notes, ..dataset })
}

/// Keeps a data set there.
pub(super) fn write(path: &Path, dataset: &Dataset) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Another process may write the same file at the same time.
    let part = folder.join(format!("{}.part", std::process::id()));
    let written = write_to(&part, dataset).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn write_to(path: &Path, dataset: &Dataset) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let description = serde_json::to_vec(&Description {
        fingerprint: dataset.fingerprint.clone(),
        shape: dataset.shape.clone(),
        classes: dataset.class_names.clone(),
        train: dataset.train.len(),
        validation: dataset.validation,
        test: dataset.test.len(),
        notes: dataset.notes.clone(),
    })?;
    file.write_all(MAGIC)?;
    file.write_all(&(description.len() as u64).to_le_bytes())?;
    file.write_all(&description)?;
    for half in [&dataset.train, &dataset.test] {
        file.write_all(&half.bytes)?;
        let labels: Vec<u8> = half.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        file.write_all(&labels)?;
    }
    file.flush()
}
