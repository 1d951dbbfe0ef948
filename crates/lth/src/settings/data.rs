//! The data set, loaded.

use std::{path::PathBuf, time::Instant};

use lth_data::{DataOptions, Dataset, DatasetName, DatasetView, NormalizationMethod};
use lth_lab::Experiment;
use lth_model::{Architecture, ModelInfo};

use super::loading_bar::LoadingBar;
use crate::{
    arguments::{DataArguments, FetchArguments, SourceArguments},
    failure::Failure,
    output::Messages,
};

/// Where the data set is to come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataSource {
    /// A folder of its files.
    pub(crate) folder: Option<PathBuf>,
    /// Whether the folder is one into which data are put: what is not there may come from elsewhere, or is downloaded into it.
    pub(crate) fill: bool,
    /// Whether and from where it is downloaded, and what becomes of files that cannot be read.
    pub(crate) fetch: FetchArguments,
}

impl DataSource {
    /// From the flags of a command on runs, which know their data sets.
    pub(crate) fn of_run(SourceArguments { data_folder, fetch }: &SourceArguments) -> Self {
        Self { folder: data_folder.clone(), fill: false, fetch: fetch.clone() }
    }

    /// From the flags.
    pub(crate) fn of(DataArguments { data_folder, fetch, .. }: &DataArguments) -> Self {
        Self { folder: data_folder.clone(), fill: true, fetch: fetch.clone() }
    }
}

/// The canonical name of the data set that was asked for, with its path, in its one form, if it is a folder of images.
///
/// # Errors
/// When there is none of this name.
pub(crate) fn dataset_name(arguments: &DataArguments) -> Result<String, Failure> {
    let name = match DatasetName::parse(&arguments.dataset).map_err(Failure::bad_input)? {
        DatasetName::ImageFolder(path) => {
            DatasetName::ImageFolder(path.or_else(|| arguments.data_folder.clone()))
        }
        name => name,
    };
    Ok(name.located().to_string())
}

/// Notes in an experiment on a folder of images where it lies: the folder that was asked for, else the one of its file.
pub(crate) fn place_data(source: &DataSource, experiment: &mut Experiment) {
    let Ok(DatasetName::ImageFolder(label)) = DatasetName::parse(&experiment.dataset) else { return };
    let named = |path: &PathBuf| DatasetName::ImageFolder(Some(path.clone())).located();
    let placed = match (&source.folder, &experiment.data_folder) {
        (Some(folder), _) => named(folder),
        // By hand, relative to where the program runs; what a run has noted keeps its label.
        (None, Some(folder)) if folder.is_relative() => {
            experiment.dataset = named(folder).label();
            named(folder)
        }
        _ => return,
    };
    if label.is_none() {
        experiment.dataset = placed.label();
    }
    // A path that is no text cannot be written into the file.
    experiment.data_folder = placed.folder().and_then(|path| path.to_str()).map(PathBuf::from);
}

/// Loads the data set of an experiment, normalised and seen as it says; a download and the decoding of images show how far
/// they are.
///
/// # Errors
/// When it cannot be had, or is not as it must be.
pub(crate) fn load(
    experiment: &Experiment,
    mut source: DataSource,
    messages: &Messages,
) -> Result<Dataset, Failure> {
    source.folder = source.folder.or_else(|| experiment.data_folder.clone());
    load_named(&experiment.dataset, experiment.normalization, &experiment.view, source, messages)
}

/// As [`load`], by the name of the data set.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_named(
    name: &str,
    normalization: NormalizationMethod,
    view: &DatasetView,
    source: DataSource,
    messages: &Messages,
) -> Result<Dataset, Failure> {
    let options = DataOptions {
        folder: source.folder,
        fill_folder: source.fill,
        download: source.fetch.download,
        mirrors: source.fetch.mirror.into_iter().collect(),
        images: view.image_options(),
        skip_broken: source.fetch.skip_broken,
        ..DataOptions::default()
    };
    let mut bar = LoadingBar::default();
    let begun = Instant::now();
    let dataset = lth_data::load(name, &options, &mut |progress| bar.show(&progress, messages));
    bar.finish();
    let dataset = dataset.map_err(Failure::bad_input)?;
    for note in &dataset.notes {
        messages.warning(note);
    }
    let dataset = view.apply(&dataset.normalized(normalization)).map_err(Failure::bad_input)?;
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
pub(crate) fn network(model: &ModelInfo, dataset: &Dataset) -> Result<Architecture, Failure> {
    model.build(&dataset.shape, dataset.classes).map_err(Failure::bad_input)
}

/// Makes data that are not the published ones part of the experiment's identity, and their own validation set the
/// experiment's.
///
/// # Errors
/// When another validation set was asked for.
pub(crate) fn note_data(dataset: &Dataset, experiment: &mut Experiment) -> Result<(), Failure> {
    if dataset.validation > 0 && experiment.validation_size != dataset.validation {
        let asked = experiment.validation_size;
        if asked != Experiment::new(&experiment.model, &experiment.dataset).validation_size {
            return Err(Failure::input(
                format!(
                    "the validation set is the folder's own, val, which has {} images, not {asked}",
                    dataset.validation
                ),
                "leave --validation (validation_size in a file) out, or move the folder val away",
            ));
        }
        experiment.validation_size = dataset.validation;
    }
    if !dataset.is_published() && experiment.dataset_fingerprint.is_none() {
        experiment.dataset_fingerprint = Some(dataset.fingerprint.clone());
    }
    Ok(())
}
