//! Many images at once, on all cores.

use std::path::PathBuf;

use rayon::prelude::*;

use super::{
    BrokenImage, ImageProblem,
    decode::{Decoded, decode, planes},
    layout::Labelled,
    listing::Listing,
    options::ImageOptions,
};
use crate::{DataError, memory};

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

/// The most memory that one image takes.
const MEMORY: u64 = 1 << 29;

/// How images are read.
pub(super) struct Reading<'a> {
    pub(super) listing: &'a Listing,
    pub(super) options: ImageOptions,
    /// The most memory that decoding one image may take.
    memory: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(listing: &'a Listing, options: ImageOptions) -> Self {
        let share = memory::free() / (3 * rayon::current_num_threads() as u64);
        Self { listing, options, memory: share.clamp(1 << 24, MEMORY) }
    }

    fn decode(&self, image: Labelled<'_>) -> Result<Decoded, ImageProblem> {
        let bytes = self.listing.read(image.file).map_err(ImageProblem::Unreadable)?;
        decode(&bytes, self.options.upright, self.memory)
    }

    /// One image in its final size.
    fn read(&self, image: Labelled<'_>) -> Result<Decoded, ImageProblem> {
        let decoded = self.decode(image)?;
        Ok(Decoded { pixels: self.options.fit(decoded.pixels), ..decoded })
    }

    /// The size that images will have, by the options or the first sound image, for so many images altogether.
    ///
    /// # Errors
    /// When so many do not fit into memory.
    pub(super) fn common_size(&self, images: &[Labelled<'_>], count: usize) -> Result<CommonSize, DataError> {
        let first = images.iter().find_map(|&image| {
            let (width, height) = self.decode(image).ok()?.pixels.dimensions();
            Some(CommonSize { width, height, first: self.listing.place(image.file) })
        });
        // Without a single sound image any size will do to list what is wrong with each.
        let own = first.unwrap_or(CommonSize { width: 1, height: 1, first: self.listing.root.clone() });
        let side = self.options.size;
        let size = CommonSize { width: side.unwrap_or(own.width), height: side.unwrap_or(own.height), ..own };
        // Examples are copied once, a half at a time; images are scaled on all cores.
        let one = (u64::from(size.width) * u64::from(size.height)).saturating_mul(3);
        let working = self.options.working_bytes(own.width, own.height);
        let needed = one
            .saturating_mul(2 * count as u64)
            .saturating_add(working.saturating_mul(rayon::current_num_threads() as u64));
        let free = memory::free();
        if needed > free {
            return Err(DataError::TooLarge {
                examples: count,
                size: (size.width, size.height),
                needed: memory::in_words(needed),
                free: memory::in_words(free),
            });
        }
        Ok(size)
    }
}

/// Decodes images in their order; `progress` hears after each portion how many are done.
///
/// Broken images are left out of the result and listed in it.
pub(super) fn decode_all(
    reading: &Reading<'_>,
    images: &[Labelled<'_>],
    size: &CommonSize,
    progress: &mut dyn FnMut(usize),
) -> Result<DecodedHalf, DataError> {
    let features = 3 * size.width as usize * size.height as usize;
    let mut half = DecodedHalf { bytes: Vec::new(), labels: Vec::new(), grey: 0, broken: Vec::new() };
    // That there is room was looked at before ([`Reading::common_size`]).
    half.bytes.reserve_exact(images.len() * features);
    let mut done = 0;
    for portion in images.chunks(PORTION) {
        let start = half.bytes.len();
        half.bytes.resize(start + portion.len() * features, 0);
        let targets = half.bytes[start..].par_chunks_exact_mut(features);
        let outcomes: Vec<Outcome> = targets
            .zip(portion)
            .map(|(target, &image)| match reading.read(image) {
                Ok(Decoded { pixels, .. }) if pixels.dimensions() != (size.width, size.height) => {
                    Outcome::OtherSize { width: pixels.width(), height: pixels.height() }
                }
                Ok(Decoded { pixels, grey }) => {
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
                    half.broken.push(BrokenImage { path: reading.listing.place(image.file), problem });
                }
                Outcome::OtherSize { width, height } => {
                    return Err(DataError::ImageSizes {
                        first: size.first.clone(),
                        first_size: (size.width, size.height),
                        other: reading.listing.place(image.file),
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
