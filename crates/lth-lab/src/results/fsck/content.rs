//! Whether a file is whole, by itself.

use lth_model::TensorFile;
use serde::de::IgnoredAny;

use super::place::Place;
use crate::metrics::read_event_file;

/// Finds that the bytes of a file are not what its place says.
///
/// # Errors
/// Says, in words, what is wrong with them.
pub(super) fn check(place: Place, bytes: &[u8]) -> Result<(), String> {
    match place {
        Place::Json => json(bytes),
        Place::Csv => csv(bytes),
        Place::Tensors => tensors(bytes).map(drop),
        Place::OtherEvents | Place::Events(_) => read_event_file(bytes).map(drop),
        Place::Svg => svg(bytes),
        Place::Png => png(bytes),
        Place::Pdf => pdf(bytes),
        _ => Ok(()),
    }
}

/// Texts end with a line, so that one that was cut off anywhere is known.
pub(super) fn ends(bytes: &[u8]) -> Result<(), String> {
    match bytes.last() {
        None => Err("it is empty".to_owned()),
        Some(b'\n') => Ok(()),
        Some(_) => Err("its last line has no end: it was cut off".to_owned()),
    }
}

fn json(bytes: &[u8]) -> Result<(), String> {
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| error.to_string())?;
    ends(bytes)
}

/// A table with a header, whose rows are as long as it.
fn csv(bytes: &[u8]) -> Result<(), String> {
    ends(bytes)?;
    for row in ::csv::Reader::from_reader(bytes).records() {
        row.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Finds that a text is no TOML.
pub(super) fn toml(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    ::toml::de::DeTable::parse(text).map_err(|error| error.message().to_owned())?;
    if bytes.is_empty() { ends(bytes) } else { Ok(()) }
}

/// Reads a file of tensors.
pub(super) fn tensors(bytes: &[u8]) -> Result<TensorFile, String> {
    const NAME: &str = "the file";
    TensorFile::from_bytes(bytes, NAME).map_err(|error| error.to_string().replace(&format!("'{NAME}'"), "it"))
}

fn svg(bytes: &[u8]) -> Result<(), String> {
    let is_whole = bytes.trim_ascii().ends_with(b"</svg>");
    is_whole.then_some(()).ok_or_else(|| "it does not end as a picture ends: it was cut off".to_owned())
}

fn pdf(bytes: &[u8]) -> Result<(), String> {
    let is_whole = bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF");
    is_whole.then_some(()).ok_or_else(|| "it does not begin and end as a PDF: it was cut off".to_owned())
}

/// Goes from chunk to chunk: the last is the end of the picture and of the file.
fn png(bytes: &[u8]) -> Result<(), String> {
    let cut_off = || "it was cut off".to_owned();
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").ok_or("it does not begin as a PNG begins")?;
    loop {
        let length = rest.split_off(..4).and_then(|four| four.first_chunk()).ok_or_else(cut_off)?;
        let kind = rest.split_off(..4).ok_or_else(cut_off)?;
        let length = u32::from_be_bytes(*length) as usize;
        rest.split_off(..length.saturating_add(4)).ok_or_else(cut_off)?;
        if kind == b"IEND" {
            return rest.is_empty().then_some(()).ok_or_else(|| "it goes on after its end".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_anywhere_is_found() {
        let png = {
            let chunk = |kind: &[u8; 4], length: usize| {
                [&(length as u32).to_be_bytes()[..], kind, &vec![7; length], &[0; 4]].concat()
            };
            [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", 13), chunk(b"IDAT", 5), chunk(b"IEND", 0)].concat()
        };
        let files: [(Place, &[u8]); 5] = [
            (Place::Json, b"{ \"a\": [1, 2] }\n"),
            (Place::Csv, b"a,b\n1,2\n"),
            (Place::Svg, b"<svg><g/></svg>"),
            (Place::Png, &png),
            (Place::Pdf, b"%PDF-1.7\nxref\n%%EOF"),
        ];
        for (place, bytes) in files {
            check(place, bytes).unwrap();
            for length in 0..bytes.len() {
                // A table may end with any of its lines.
                let is_table = place == Place::Csv && bytes[..length].ends_with(b"\n");
                assert_eq!(check(place, &bytes[..length]).is_ok(), is_table, "{place:?} {length}");
            }
        }
        let error = check(Place::Tensors, b"1234567").unwrap_err();
        assert!(error.starts_with("it is not a valid safetensors file"), "{error}");
    }
}
