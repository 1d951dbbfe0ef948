//! The data set, loaded.

use std::{path::PathBuf, sync::Mutex, time::Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lth_data::{DataOptions, Dataset, DatasetInfo, DownloadProgress, load_dataset};
use lth_lab::Experiment;
use lth_model::{Architecture, ModelInfo};

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
    let shown = Mutex::new(None);
    let begun = Instant::now();
    let dataset = load_dataset(info, &options, &mut |progress| show(&shown, &progress, messages));
    if let Ok(Some(bar)) = shown.into_inner() {
        bar.finish_and_clear();
    }
    let dataset = dataset.map_err(Failure::bad_input)?;
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

fn show(shown: &Mutex<Option<ProgressBar>>, progress: &DownloadProgress, messages: &Messages) {
    let Ok(mut shown) = shown.lock() else { return };
    let bar = shown.get_or_insert_with(|| {
        messages.info(&format!("downloading from {}", progress.mirror));
        let bar = messages.bars().add(ProgressBar::new(0));
        let template = "{prefix}  {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        bar.set_style(
            ProgressStyle::with_template(template).expect("the template is valid").progress_chars("=> "),
        );
        bar
    });
    bar.set_prefix(format!("{}/{} {}", progress.number, progress.of, progress.file));
    if let Some(total) = progress.total {
        bar.set_length(total);
    }
    bar.set_position(progress.received);
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
    if dataset.fingerprint != info.fingerprint && experiment.dataset_fingerprint.is_none() {
        experiment.dataset_fingerprint = Some(dataset.fingerprint.clone());
    }
}
