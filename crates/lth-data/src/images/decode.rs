//! One image file to pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::ImageProblem;

/// No image is larger than this on a side.
pub(super) const LARGEST_SIDE: u32 = 1 << 14;

/// The formats that are read.
const FORMATS: [ImageFormat; 7] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Bmp,
    ImageFormat::Gif,
    ImageFormat::Tiff,
    ImageFormat::WebP,
    ImageFormat::Pnm,
];

/// A decoded image. Transparency is dropped and 16 bits become 8, as Pillow's `convert("RGB")` does. Of several pictures in
/// a file it is the first.
pub(super) struct Decoded {
    pub(super) pixels: RgbImage,
    /// Whether the file has no colour.
    pub(super) grey: bool,
}

/// Decodes the bytes of an image file with at most so many bytes of memory; turns it as its EXIF data say if it is to be
/// `upright`.
pub(super) fn decode(bytes: &[u8], upright: bool, memory: u64) -> Result<Decoded, ImageProblem> {
    if bytes.is_empty() {
        return Err(ImageProblem::Empty);
    }
    let format = match image::guess_format(bytes) {
        Ok(format) if FORMATS.contains(&format) => format,
        _ => return Err(ImageProblem::OtherFormat(kind_of(bytes))),
    };
    // The JPEG decoder fills what is missing with grey.
    if format == ImageFormat::Jpeg && !jpeg_has_end(bytes) {
        return Err(ImageProblem::Truncated);
    }
    let image = pixels(bytes, format, upright, memory).map_err(|error| match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ImageProblem::Truncated
        }
        error => ImageProblem::Damaged(error.to_string()),
    })?;
    Ok(Decoded { grey: !image.color().has_color(), pixels: image.into_rgb8() })
}

fn pixels(bytes: &[u8], format: ImageFormat, upright: bool, memory: u64) -> Result<DynamicImage, ImageError> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    limits.reserve(decoder.total_bytes())?;
    decoder.set_limits(limits)?;
    let orientation = if upright { Some(decoder.orientation()?) } else { None };
    let mut image = DynamicImage::from_decoder(decoder)?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// What a file is by its first bytes, of those that people take for images.
fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).to_lowercase();
    if start.contains("<svg") {
        return Some("an SVG image");
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(match bytes.get(8..12) {
            Some(b"avif" | b"avis") => "an AVIF image",
            Some(b"heic" | b"heix" | b"mif1" | b"msf1") => "an HEIC image",
            _ => "a video",
        });
    }
    let kinds: [(&[u8], &str); 9] = [
        (b"\0\0\x01\0", "an icon (ICO)"),
        (b"8BPS", "a Photoshop image"),
        (b"%PDF", "a PDF document"),
        (b"\xff\x0a", "a JPEG XL image"),
        (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
        (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
        (b"#?RADIANCE", "a Radiance image"),
        (b"\x76\x2f\x31\x01", "an OpenEXR image"),
        (b"<", "a web page or another text"),
    ];
    kinds.iter().find(|(start, _)| bytes.starts_with(start)).map(|&(_, kind)| kind)
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
