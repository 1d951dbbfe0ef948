//! Paths as addresses have them.

use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

/// What would end a path in an address, or say something else there: `a:` is a scheme, and browsers take `\` for a slash.
const OTHER: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`');

/// The path with forward slashes, encoded.
pub(crate) fn encoded_path(path: &Path) -> String {
    let parts = path.iter().map(|part| percent_encode(part.as_encoded_bytes(), OTHER).to_string());
    parts.collect::<Vec<_>>().join("/").replacen("//", "/", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_an_address_is_encoded() {
        assert_eq!(encoded_path(Path::new("../a b/100%#1.csv")), "../a%20b/100%25%231.csv");
        assert_eq!(encoded_path(Path::new("/runs/x")), "/runs/x");
        assert_eq!(encoded_path(Path::new(r"a:b\c")), "a%3Ab%5Cc");
    }
}
