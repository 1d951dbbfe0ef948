//! Data sets of image files in a folder, or in their archive there.

use std::path::Path;

use super::{check_archive, check_folder, missing};
use crate::{
    DataError, DataOptions, Dataset, LoadProgress, PublishedFile,
    images::{ImageOptions, Layout, Listing, Source, load},
};

/// A data set of image files in an archive.
pub(crate) struct ImageArchive {
    pub(crate) archive: PublishedFile,
    /// The folder that unpacking makes.
    pub(crate) below: &'static str,
    /// The most that the archive unpacks to.
    pub(crate) unpacked: u64,
    pub(crate) layout: Layout,
}

/// Reads the images from the folder itself, from the one that unpacking makes in it, or from the archive in it.
pub(crate) fn load_images(
    name: &str,
    published: &ImageArchive,
    folder: &Path,
    options: &DataOptions,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<Dataset, DataError> {
    check_folder(folder)?;
    // They are used as they are published.
    let options = DataOptions { images: ImageOptions::default(), ..options.clone() };
    let below = folder.join(published.below);
    for place in [folder, below.as_path()] {
        if place.join("train").is_dir() {
            let listing = Listing::of_folder(place, &["train", "test", "val"])?;
            let source = Source::Folder(listing);
            return load(name, source, published.layout, &options, progress);
        }
    }
    let path = folder.join(published.archive.name);
    if !path.is_file() {
        let names = ["train", published.below, published.archive.name].map(str::to_owned);
        return Err(missing(folder, &names));
    }
    let check = &mut || check_archive(folder, &published.archive);
    let source = Source::Archive { path: &path, unpacked: published.unpacked, check };
    load(name, source, published.layout, &options, progress)
}
