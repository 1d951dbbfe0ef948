//! A folder of images, for tests.

use std::{fs, io::Cursor, path::PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use lth_data::{DataError, DataOptions, Dataset, LayoutProblem, LoadProgress, load};
use lth_model::Hint;
use tempfile::{TempDir, tempdir};

pub fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

pub fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Red is the row, green the column, blue the number.
pub fn coloured(width: u32, height: u32, number: u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([y as u8, x as u8, number]))
}

/// `train` and `test` with two classes of PNG images, 3 wide and 2 high, and room for a cache.
pub struct Folder {
    pub place: TempDir,
}

impl Folder {
    pub fn sound() -> Self {
        let folder = Self { place: tempdir().unwrap() };
        for (number, path) in [
            "train/dog/1.png",
            "train/dog/2.png",
            "train/cat/z.png",
            "train/cat/b/a.png",
            "test/cat/1.png",
            "test/dog/1.png",
        ]
        .iter()
        .enumerate()
        {
            folder.write(path, &png(coloured(3, 2, number as u8)));
        }
        folder
    }

    pub fn path(&self) -> PathBuf {
        self.place.path().join("pets")
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn options(&self) -> DataOptions {
        DataOptions { cache: self.place.path().join("cache"), ..DataOptions::default() }
    }

    pub fn load_with(&self, options: &DataOptions) -> Result<Dataset, DataError> {
        load(&format!("image-folder:{}", self.path().display()), options, &mut |_| {})
    }

    pub fn load(&self) -> Result<Dataset, DataError> {
        self.load_with(&self.options())
    }

    /// Whether it was decoded, not read from the cache.
    pub fn decodes(&self) -> bool {
        let mut decoded = false;
        let name = format!("image-folder:{}", self.path().display());
        load(&name, &self.options(), &mut |progress| {
            decoded |= matches!(progress, LoadProgress::Decode { .. });
        })
        .unwrap();
        decoded
    }

    pub fn layout_problem(&self) -> LayoutProblem {
        let error = self.load().unwrap_err();
        assert!(error.to_string().starts_with(&format!("'{}' ", self.path().display())), "{error}");
        assert!(error.hint().is_some());
        match error {
            DataError::Layout { problem, .. } => problem,
            other => panic!("{other}"),
        }
    }

    pub fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
}
