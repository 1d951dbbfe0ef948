//! MNIST, all 60,000 + 10,000 examples, compressed and embedded.
//!
//! The four files of the data set are compiled in, packed by Zstandard, and unpacked in memory on request; nothing
//! is read from disk or network. The data is by Y. LeCun and C. Cortes, CC BY-SA 3.0; see `LICENCE.md`.
//!
//! ```
//! let mnist = lth_mnist::load().unwrap();
//! assert_eq!(mnist.train_images.len(), 60_000 * 28 * 28);
//! assert_eq!(mnist.train_labels[..5], [5, 0, 4, 1, 9]);
//! ```

mod file;

pub use file::{File, UnpackError};

/// Rows and columns of an image.
pub const SIDE: usize = 28;

/// Number of classes: the digits 0 to 9.
pub const CLASSES: usize = 10;

/// Header of an IDX file of images: magic, count, rows, columns.
const IMAGES_HEADER: usize = 16;

/// Header of an IDX file of labels: magic, count.
const LABELS_HEADER: usize = 8;

/// The whole data set, without the headers of its files.
///
/// Images are `[example][row][column]`, one byte a pixel, 0 (background) to 255 (ink); labels are one digit an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mnist {
    /// 60,000 images of 28 x 28 bytes.
    pub train_images: Vec<u8>,
    /// 60,000 digits.
    pub train_labels: Vec<u8>,
    /// 10,000 images of 28 x 28 bytes.
    pub test_images: Vec<u8>,
    /// 10,000 digits.
    pub test_labels: Vec<u8>,
}

/// Unpacks the data set.
///
/// The test set is unpacked by a second thread while this one unpacks the training set.
///
/// # Errors
/// When the embedded data is damaged, that is, when the build is broken.
pub fn load() -> Result<Mnist, UnpackError> {
    let values = |file: File, header| {
        file.unpack().map(|mut bytes| {
            bytes.drain(..header);
            bytes
        })
    };
    std::thread::scope(|scope| {
        let test_images = scope.spawn(|| values(File::TestImages, IMAGES_HEADER));
        Ok(Mnist {
            train_images: values(File::TrainImages, IMAGES_HEADER)?,
            train_labels: values(File::TrainLabels, LABELS_HEADER)?,
            test_labels: values(File::TestLabels, LABELS_HEADER)?,
            test_images: test_images.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
        })
    })
}
