//! The data set, loaded.

use std::{path::PathBuf, time::Instant};

use lth_data::{DataOptions, Dataset, DatasetInfo, load_dataset};
use lth_lab::Experiment;
use lth_model::{Architecture, ModelInfo};

use super::loading_bar::LoadingBar;
use crate::{failure::Failure, output::Messages};

/// Where the data set is to come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataSource {
    /// A folder of IDX files.
    pub(crate) folder: Option<PathBuf>,
    /// Whether it may be downloaded.
    pub(crate) download: bool,
    /// An address to download from, instead of the official ones.
    pub(crate) mirror: Option<String>,
}

/// Loads a data set; a download shows how far it is.
///
/// # Errors
/// When it cannot be had, or is not as it must be.
pub(crate) fn load(info: &DatasetInfo, source: DataSource, messages: &Messages) -> Result<Dataset, Failure> {
    let options = DataOptions {
        folder: source.folder,
        download: source.download,
        mirrors: source.mirror.into_iter().collect(),
        ..DataOptions::default()
    };
    let mut bar = LoadingBar::default();
    let begun = Instant::now();
    let dataset = load_dataset(info, &options, &mut |progress| bar.show(&progress, messages));
    bar.finish();
    let dataset = dataset.map_err(Failure::bad_input)?;
    for note in &dataset.notes {
        messages.warning(note);
    }
    messages.debug(&format!(
        "data set {}: {} + {} examples, {}, {:.1} s",
        dataset.name,
        dataset.train.len(),
        dataset.test.len(),
        dataset.source,
        begun.elapsed().as_secs_f64()
    ));
    Ok(dataset)
}

/// The model's network for a data set.
///
/// # Errors
/// Names the first layer that does not fit the examples.
pub(crate) fn network(model: &ModelInfo, info: &DatasetInfo) -> Result<Architecture, Failure> {
    model.build(&info.shape, info.classes).map_err(Failure::bad_input)
}

/// Makes data that are not the published ones part of the experiment's identity.
pub(crate) fn note_data(dataset: &Dataset, info: &DatasetInfo, experiment: &mut Experiment) {
    if info.fingerprint != Some(&dataset.fingerprint) && experiment.dataset_fingerprint.is_none() {
        experiment.dataset_fingerprint = Some(dataset.fingerprint.clone());
    }
}
