//! One image file to pixels.

use std::io::Cursor;

use image::{ImageError, ImageFormat, ImageReader, Limits, RgbImage, imageops};

use super::ImageProblem;

/// No image is larger than this on a side, and none takes more memory than this to decode.
const LARGEST_SIDE: u32 = 1 << 14;
const MEMORY: u64 = 1 << 29;

/// A decoded image. Transparency is dropped and 16 bits become 8, as Pillow's `convert("RGB")` does; a note in the file
/// that it is to be turned is not followed, as torchvision does not.
pub(super) struct Decoded {
    pub(super) pixels: RgbImage,
    /// Whether the file has no colour.
    pub(super) grey: bool,
}

/// Decodes the bytes of a PNG or JPEG file.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, ImageProblem> {
    if bytes.is_empty() {
        return Err(ImageProblem::Empty);
    }
    let Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) = image::guess_format(bytes) else {
        return Err(ImageProblem::OtherFormat);
    };
    // The JPEG decoder fills what is missing with grey.
    if format == ImageFormat::Jpeg && !jpeg_has_end(bytes) {
        return Err(ImageProblem::Truncated);
    }
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageProblem::Truncated
        }
        error => ImageProblem::Damaged(error.to_string()),
    })?;
    Ok(Decoded { grey: !image.color().has_color(), pixels: image.into_rgb8() })
}

/// Whether the end-of-image marker follows the first scan. In the coded data a byte FF is never followed by D9.
fn jpeg_has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        let length = usize::from(high) << 8 | usize::from(low);
        at += 2 + length;
        if marker == 0xda {
            return bytes.get(at..).is_some_and(|rest| rest.windows(2).any(|pair| pair == [0xff, 0xd9]));
        }
        // Fill bytes before a marker are rare and legal; the decoder judges such files.
        if marker == 0xff {
            return true;
        }
    }
    false
}

/// Scales an image to `side` x `side` pixels, bilinear with antialiasing, as torchvision's `Resize((side, side))`.
pub(super) fn resize(image: &RgbImage, side: u32) -> RgbImage {
    imageops::resize(image, side, side, imageops::FilterType::Triangle)
}

/// Writes an image as planes: `[channel][y][x]`.
pub(super) fn planes(image: &RgbImage, target: &mut [u8]) {
    let plane = target.len() / 3;
    let (red, rest) = target.split_at_mut(plane);
    let (green, blue) = rest.split_at_mut(plane);
    let targets = red.iter_mut().zip(green).zip(blue);
    for (pixel, ((red, green), blue)) in image.as_raw().chunks_exact(3).zip(targets) {
        (*red, *green, *blue) = (pixel[0], pixel[1], pixel[2]);
    }
}
