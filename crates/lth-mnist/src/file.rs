//! The four files of the data set, as they are embedded.

use ruzstd::decoding::{FrameDecoder, errors::FrameDecoderError};
use thiserror::Error;

/// One of the four IDX files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// 60,000 images.
    TrainImages,
    /// 60,000 labels.
    TrainLabels,
    /// 10,000 images.
    TestImages,
    /// 10,000 labels.
    TestLabels,
}

/// The embedded bytes of a file cannot be unpacked; the build is broken.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// The decoder refuses the bytes.
    #[error("the embedded MNIST file '{name}' is damaged: {source}")]
    Damaged {
        /// The file's published name.
        name: &'static str,
        /// What the decoder says.
        source: FrameDecoderError,
    },
    /// The bytes unpack to another length than the file has.
    #[error("the embedded MNIST file '{name}' is damaged: it unpacks to {found} bytes instead of {expected}")]
    Length {
        /// The file's published name.
        name: &'static str,
        /// The published length.
        expected: usize,
        /// What came out.
        found: usize,
    },
}

impl File {
    /// All four.
    pub const ALL: [Self; 4] = [Self::TrainImages, Self::TrainLabels, Self::TestImages, Self::TestLabels];

    /// The published name, without `.gz`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainImages => "train-images-idx3-ubyte",
            Self::TrainLabels => "train-labels-idx1-ubyte",
            Self::TestImages => "t10k-images-idx3-ubyte",
            Self::TestLabels => "t10k-labels-idx1-ubyte",
        }
    }

    /// The published MD5 sum of the unpacked file, in hexadecimal.
    pub fn md5(self) -> &'static str {
        match self {
            Self::TrainImages => "6bbc9ace898e44ae57da46a324031adb",
            Self::TrainLabels => "a25bea736e30d166cdddb491f175f624",
            Self::TestImages => "2646ac647ad5339dbf082846283269ea",
            Self::TestLabels => "27ae3e4e09519cfbb04c329615203637",
        }
    }

    /// Length of the unpacked file, in bytes.
    pub fn unpacked_len(self) -> usize {
        match self {
            Self::TrainImages => 16 + 60_000 * 28 * 28,
            Self::TrainLabels => 8 + 60_000,
            Self::TestImages => 16 + 10_000 * 28 * 28,
            Self::TestLabels => 8 + 10_000,
        }
    }

    /// The file as it is embedded: one Zstandard frame.
    pub fn packed(self) -> &'static [u8] {
        match self {
            Self::TrainImages => include_bytes!("../data/train-images-idx3-ubyte.zst"),
            Self::TrainLabels => include_bytes!("../data/train-labels-idx1-ubyte.zst"),
            Self::TestImages => include_bytes!("../data/t10k-images-idx3-ubyte.zst"),
            Self::TestLabels => include_bytes!("../data/t10k-labels-idx1-ubyte.zst"),
        }
    }

    /// The unpacked file, byte for byte as published, with its IDX header.
    ///
    /// # Errors
    /// When the embedded bytes are damaged.
    pub fn unpack(self) -> Result<Vec<u8>, UnpackError> {
        self.unpack_from(self.packed())
    }

    fn unpack_from(self, packed: &[u8]) -> Result<Vec<u8>, UnpackError> {
        let name = self.name();
        let expected = self.unpacked_len();
        let mut bytes = vec![0; expected];
        let found = FrameDecoder::new()
            .decode_all(packed, &mut bytes)
            .map_err(|source| UnpackError::Damaged { name, source })?;
        if found == expected { Ok(bytes) } else { Err(UnpackError::Length { name, expected, found }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_damaged_frame() {
        let packed = File::TestLabels.packed();
        let short = File::TestLabels.unpack_from(&packed[..packed.len() / 2]);
        assert!(matches!(short, Err(UnpackError::Damaged { .. })), "{short:?}");
        let nonsense = File::TestLabels.unpack_from(b"not a frame");
        assert!(matches!(nonsense, Err(UnpackError::Damaged { .. })), "{nonsense:?}");
    }

    #[test]
    fn refuses_the_frame_of_another_file() {
        let short = File::TrainLabels.unpack_from(File::TestLabels.packed());
        assert!(
            matches!(short, Err(UnpackError::Length { expected: 60_008, found: 10_008, .. })),
            "{short:?}"
        );
        let long = File::TestLabels.unpack_from(File::TrainLabels.packed());
        assert!(matches!(long, Err(UnpackError::Damaged { .. })), "{long:?}");
    }
}
