//! Many images at once, on all cores.

use std::path::PathBuf;

use image::RgbImage;
use rayon::prelude::*;

use super::{
    BrokenImage, ImageProblem,
    decode::{decode, planes, resize},
    layout::Labelled,
    listing::Listing,
};
use crate::DataError;

/// Images that are decoded between two reports.
const PORTION: usize = 1024;

/// Images of one half, decoded.
pub(super) struct DecodedHalf {
    /// `[example][channel][y][x]`, three channels.
    pub(super) bytes: Vec<u8>,
    pub(super) labels: Vec<u16>,
    /// How many of them have no colour.
    pub(super) grey: usize,
    pub(super) broken: Vec<BrokenImage>,
}

/// The size that all images must have, by the first image that could be decoded.
#[derive(Debug, Clone)]
pub(super) struct CommonSize {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) first: PathBuf,
}

enum Outcome {
    Sound { grey: bool },
    Broken(ImageProblem),
    OtherSize { width: u32, height: u32 },
}

/// One image, scaled if a side is given.
fn read(listing: &Listing, image: Labelled<'_>, side: Option<u32>) -> Result<(RgbImage, bool), ImageProblem> {
    let bytes = listing.read(image.file).map_err(ImageProblem::Unreadable)?;
    let decoded = decode(&bytes)?;
    let pixels = match side {
        Some(side) => resize(&decoded.pixels, side),
        None => decoded.pixels,
    };
    Ok((pixels, decoded.grey))
}

/// The size of the first sound image.
pub(super) fn common_size(
    listing: &Listing,
    images: &[Labelled<'_>],
    side: Option<u32>,
) -> Option<CommonSize> {
    images.iter().find_map(|&image| {
        let (pixels, _) = read(listing, image, side).ok()?;
        let (width, height) = pixels.dimensions();
        Some(CommonSize { width, height, first: listing.place(image.file) })
    })
}

/// Decodes images in their order; `progress` hears after each portion how many are done.
///
/// Broken images are left out of the result and listed in it.
pub(super) fn decode_all(
    listing: &Listing,
    images: &[Labelled<'_>],
    size: &CommonSize,
    side: Option<u32>,
    progress: &mut dyn FnMut(usize),
) -> Result<DecodedHalf, DataError> {
    let features = 3 * size.width as usize * size.height as usize;
    let mut half = DecodedHalf { bytes: Vec::new(), labels: Vec::new(), grey: 0, broken: Vec::new() };
    let too_large =
        || DataError::TooLarge { examples: images.len(), bytes: images.len() as u64 * features as u64 };
    half.bytes.try_reserve_exact(images.len() * features).map_err(|_| too_large())?;
    let mut done = 0;
    for portion in images.chunks(PORTION) {
        let start = half.bytes.len();
        half.bytes.resize(start + portion.len() * features, 0);
        let targets = half.bytes[start..].par_chunks_exact_mut(features);
        let outcomes: Vec<Outcome> = targets
            .zip(portion)
            .map(|(target, &image)| match read(listing, image, side) {
                Ok((pixels, _)) if pixels.dimensions() != (size.width, size.height) => {
                    Outcome::OtherSize { width: pixels.width(), height: pixels.height() }
                }
                Ok((pixels, grey)) => {
                    planes(&pixels, target);
                    Outcome::Sound { grey }
                }
                Err(problem) => Outcome::Broken(problem),
            })
            .collect();
        // Sound images move up into the places of broken ones.
        let mut end = start;
        for ((place, outcome), image) in outcomes.into_iter().enumerate().zip(portion) {
            match outcome {
                Outcome::Sound { grey } => {
                    let from = start + place * features;
                    if from != end {
                        half.bytes.copy_within(from..from + features, end);
                    }
                    end += features;
                    half.labels.push(image.label);
                    half.grey += usize::from(grey);
                }
                Outcome::Broken(problem) => {
                    half.broken.push(BrokenImage { path: listing.place(image.file), problem });
                }
                Outcome::OtherSize { width, height } => {
                    return Err(DataError::ImageSizes {
                        first: size.first.clone(),
                        first_size: (size.width, size.height),
                        other: listing.place(image.file),
                        other_size: (width, height),
                    });
                }
            }
        }
        half.bytes.truncate(end);
        done += portion.len();
        progress(done);
    }
    Ok(half)
}
