//! How image files become examples.

use image::{RgbImage, imageops};

use super::decode::LARGEST_SIDE;

/// How image files become examples of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ImageOptions {
    /// Pixels on either side; unless [`ImageOptions::resize`] is given, images are squashed to a square. Without it all must
    /// have one size of their own.
    pub size: Option<u32>,
    /// Scale images to so many pixels on the shorter side first, then cut `size` pixels out of the middle.
    pub resize: Option<u32>,
    /// Turn images as their EXIF data say.
    pub upright: bool,
}

impl ImageOptions {
    /// The largest size and resize.
    pub const LARGEST: u32 = LARGEST_SIDE;

    /// An image in the size that is asked for: bilinear with antialiasing, as torchvision's `Resize((size, size))`, or
    /// `Resize(resize)` followed by `CenterCrop(size)`.
    pub(super) fn fit(self, image: RgbImage) -> RgbImage {
        let Some(size) = self.size else { return image };
        let Some(shorter) = self.resize else { return scaled(&image, size, size) };
        let (width, height) = image.dimensions();
        let longer = |long: u32, short: u32| (u64::from(shorter) * u64::from(long) / u64::from(short)) as u32;
        let (width, height) =
            if width <= height { (shorter, longer(height, width)) } else { (longer(width, height), shorter) };
        let (left, top) = (middle(width, size), middle(height, size));
        imageops::crop_imm(&scaled(&image, width, height), left, top, size, size).to_image()
    }

    /// Bytes that scaling an image of this width and height takes, the image itself among them.
    pub(super) fn working_bytes(self, width: u32, height: u32) -> u64 {
        let (width, height) = (u64::from(width), u64::from(height));
        let (size, resize) = (u64::from(self.size.unwrap_or(0)), u64::from(self.resize.unwrap_or(0)));
        let side = size.max(resize);
        // Three bytes a pixel; between the two passes four numbers of 32 bits, which is at most six times as much.
        let [whole, between, scaled] = [width * height, width.max(side) * side, side * side];
        whole.saturating_add(between.saturating_mul(6)).saturating_add(scaled).saturating_mul(3)
    }
}

fn scaled(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    imageops::resize(image, width, height, imageops::FilterType::Triangle)
}

/// Where the middle part begins; halves are rounded to even, as Python's `round` does.
fn middle(whole: u32, part: u32) -> u32 {
    (f64::from(whole.saturating_sub(part)) / 2.0).round_ties_even() as u32
}
