//! Paths as addresses have them.

use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What would end a path in an address, or say something else there.
const OTHER: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The path with forward slashes, encoded.
pub(crate) fn encoded_path(path: &Path) -> String {
    let parts = path.iter().map(|part| utf8_percent_encode(&part.to_string_lossy(), OTHER).to_string());
    parts.collect::<Vec<_>>().join("/").replacen("//", "/", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_an_address_is_encoded() {
        assert_eq!(encoded_path(Path::new("../a b/100%#1.csv")), "../a%20b/100%25%231.csv");
        assert_eq!(encoded_path(Path::new("/runs/x")), "/runs/x");
    }
}
