//! A data set of image files, decoded or out of the cache.

use std::{fs, path::Path};

use lth_model::{Examples, Normalization};

use super::{
    BrokenImage, ImageProblem, Layout, Listing,
    broken::describe,
    cached,
    decode_all::{DecodedHalf, Reading, decode_all},
    layout::{Arranged, Labelled, arrange, ending},
    stamp::stamp,
};
use crate::{DataError, DataOptions, Dataset, LoadProgress, folder::check_folder};

/// Where image files are.
pub(crate) enum Source<'a> {
    /// In a folder.
    Folder(Listing),
    /// In an archive.
    Archive {
        /// The file.
        path: &'a Path,
        /// The most that it unpacks to, in bytes.
        unpacked: u64,
        /// Looks whether it is the right one.
        check: &'a mut dyn FnMut() -> Result<(), DataError>,
    },
}

/// The data set in a folder of image files.
pub(crate) fn load_folder(
    name: &str,
    folder: &Path,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    check_folder(folder)?;
    let listing = Listing::of_folder(folder, &["train", "test", "val"])?;
    load(name, Source::Folder(listing), Layout::ClassFolders, options, progress)
}

/// The data set that these files are, from the cache if they have been decoded before.
pub(crate) fn load(
    name: &str,
    source: Source<'_>,
    layout: Layout,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    let (root, stamp) = match &source {
        Source::Folder(listing) => (listing.root.clone(), listing.stamp()),
        Source::Archive { path, .. } => {
            let stamp = fs::metadata(path).map(|metadata| stamp(path, &metadata));
            ((*path).to_owned(), stamp.unwrap_or_default())
        }
    };
    let said = format!("images in '{}'", root.display());
    let how = format!("{layout:?} {:?} {}", options.images, options.skip_broken);
    let kept = cached::place(&options.cache, &root, &stamp, &how);
    if let Some(dataset) = cached::read(&kept, name, &said) {
        return Ok(dataset);
    }
    let mut listing = match source {
        Source::Folder(listing) => listing,
        Source::Archive { path, unpacked, check } => {
            check()?;
            let problem = |problem| DataError::Archive { path: path.to_owned(), problem };
            Listing::of_archive(path, unpacked).map_err(problem)?
        }
    };
    let broken = std::mem::take(&mut listing.broken);
    let arranged =
        arrange(&listing, layout).map_err(|problem| DataError::Layout { folder: root.clone(), problem })?;
    let mut dataset = decode(name, &said, &listing, &arranged, broken, options, progress)?;
    if let Err(error) = cached::write(&kept, &dataset) {
        dataset.notes.push(format!("the decoded images cannot be kept in '{}': {error}", kept.display()));
    }
    Ok(dataset)
}

fn decode(
    name: &str,
    source: &str,
    listing: &Listing,
    arranged: &Arranged<'_>,
    mut broken: Vec<BrokenImage>,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    broken.extend(arranged.strange.iter().map(|file| BrokenImage {
        path: listing.place(file),
        problem: ImageProblem::OtherName(ending(&file.path).to_owned()),
    }));
    let labels = |images: &[Labelled<'_>]| images.iter().map(|image| image.label).collect::<Vec<u16>>();
    let own = arranged.validation.as_deref().unwrap_or_default();
    if broken.is_empty() {
        let sets = [labels(&arranged.train), labels(own), labels(&arranged.test)];
        whole_classes(listing, arranged, sets.each_ref().map(Vec::as_slice))?;
    }
    let [before, between] = [arranged.train.len(), own.len()];
    let total = before + between + arranged.test.len();
    let reading = Reading::new(listing, options.images);
    let size = reading.common_size(&arranged.train, total)?;
    progress(LoadProgress::Decode { done: 0, total });
    let mut report = |done| progress(LoadProgress::Decode { done, total });
    let mut train = decode_all(&reading, &arranged.train, &size, &mut report)?;
    let mut validation = decode_all(&reading, own, &size, &mut |done| report(before + done))?;
    let mut test = decode_all(&reading, &arranged.test, &size, &mut |done| report(before + between + done))?;
    broken.append(&mut train.broken);
    broken.append(&mut validation.broken);
    broken.append(&mut test.broken);
    let mut notes = Vec::new();
    if !broken.is_empty() {
        if !options.skip_broken {
            return Err(DataError::BrokenImages { broken });
        }
        notes.push(format!("{} broken files were left out: {}", broken.len(), describe(&broken)));
        whole_classes(listing, arranged, [&train.labels, &validation.labels, &test.labels])?;
    }
    let validation_size = validation.labels.len();
    train.bytes.append(&mut validation.bytes);
    train.labels.append(&mut validation.labels);
    let grey = train.grey + validation.grey + test.grey;
    let sound = train.labels.len() + test.labels.len();
    let channels = if grey == sound { 1 } else { 3 };
    if channels == 3 && grey > 0 {
        notes.push(format!("{grey} of {sound} images are grey; they were given three equal channels"));
    }
    let shape = vec![channels, size.height as usize, size.width as usize];
    let (train, test) = (examples(train, channels), examples(test, channels));
    let dataset = Dataset::new(name, train, test, shape, arranged.classes.clone(), source);
    Ok(Dataset { notes, ..dataset.with_validation(validation_size) })
}

/// Every class has an image among those with these labels: of the training set, the validation set if there is one, and the
/// test set.
fn whole_classes(listing: &Listing, arranged: &Arranged<'_>, labels: [&[u16]; 3]) -> Result<(), DataError> {
    let sets = [("train", true), ("val", arranged.validation.is_some()), (arranged.test_half, true)];
    let sets = sets.into_iter().zip(labels).filter(|((_, is_there), _)| *is_there);
    for ((half, _), labels) in sets {
        let mut seen = vec![false; arranged.classes.len()];
        for &label in labels {
            seen[usize::from(label)] = true;
        }
        if let Some(empty) = seen.iter().position(|&seen| !seen) {
            let class = arranged.classes[empty].clone();
            let problem = super::LayoutProblem::EmptyClass { half: half.to_owned(), class };
            return Err(DataError::Layout { folder: listing.root.clone(), problem });
        }
    }
    Ok(())
}

/// Grey images keep one of their three equal channels.
fn examples(half: DecodedHalf, channels: usize) -> Examples {
    let count = half.labels.len().max(1);
    let features = half.bytes.len() / count;
    let bytes = match channels {
        1 => half
            .bytes
            .chunks_exact(features.max(1))
            .flat_map(|image| &image[..features / 3])
            .copied()
            .collect(),
        _ => half.bytes.into(),
    };
    let features = features / 3 * channels;
    Examples { bytes, labels: half.labels.into(), features, normalization: Normalization::UNIT }
}
