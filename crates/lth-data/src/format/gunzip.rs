//! gzip as the program of this name reads it: one member after the other, and zeros after the last.

use std::{
    error::Error,
    fmt,
    io::{self, BufRead, Read},
};

use flate2::bufread::GzDecoder;

/// The first bytes of every member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Unpacks gzip data. Zeros that follow a member (tapes and block devices pad with them) are passed over; anything else that
/// is no member is an error of [`TrailingGarbage`].
pub(crate) struct Gunzip<R> {
    /// The member that is read; none after the last.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gunzip<R> {
    pub(crate) fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.member =
                self.member.take().map(GzDecoder::into_inner).map(next_member).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// The member that follows, if any does.
fn next_member<R: BufRead>(mut packed: R) -> io::Result<Option<GzDecoder<R>>> {
    loop {
        let rest = packed.fill_buf()?;
        match rest.iter().position(|&byte| byte != 0) {
            None if rest.is_empty() => return Ok(None),
            None => {
                let zeros = rest.len();
                packed.consume(zeros);
            }
            Some(zeros) if rest[zeros] == MAGIC[0] => {
                packed.consume(zeros);
                return Ok(Some(GzDecoder::new(packed)));
            }
            Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, TrailingGarbage)),
        }
    }
}

/// What follows the last member is neither zeros nor gzip.
#[derive(Debug)]
pub(crate) struct TrailingGarbage;

impl TrailingGarbage {
    /// Whether an error of [`Gunzip`] is this one.
    pub(super) fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<Self>)
    }
}

impl fmt::Display for TrailingGarbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its gzip data are whole, but other bytes than zeros follow them")
    }
}

impl Error for TrailingGarbage {}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut found = Vec::new();
        // A buffer of three bytes, so that members and zeros begin anywhere in it.
        Gunzip::new(BufReader::with_capacity(3, packed)).read_to_end(&mut found).map(|_| found)
    }

    #[test]
    fn members_follow_each_other_and_zeros_them() {
        let (one, two) = (gzip(b"one"), gzip(b"two"));
        assert_eq!(unpacked(&one).unwrap(), b"one");
        for zeros in [0, 1, 7, 512] {
            let zeros = vec![0; zeros];
            assert_eq!(unpacked(&[&one[..], &zeros].concat()).unwrap(), b"one");
            assert_eq!(unpacked(&[&one[..], &zeros, &two, &zeros].concat()).unwrap(), b"onetwo");
        }
    }

    #[test]
    fn other_bytes_and_cut_members_are_errors() {
        let one = gzip(b"one");
        for end in [&b"x"[..], b"\0\0x", b"PK"] {
            assert!(TrailingGarbage::is(&unpacked(&[&one[..], end].concat()).unwrap_err()));
        }
        for length in [0, 1, 5, one.len() - 1] {
            let error = unpacked(&one[..length]).unwrap_err();
            assert!(!TrailingGarbage::is(&error), "{error}");
            let error = unpacked(&[&one[..], &one[..length.max(1)]].concat()).unwrap_err();
            assert!(!TrailingGarbage::is(&error), "{error}");
        }
    }
}
