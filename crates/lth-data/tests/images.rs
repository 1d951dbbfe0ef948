//! Folders of image files: read as torchvision's ImageFolder, and every way in which they can be wrong is said.

mod support;

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use lth_data::{DataError, DataOptions, Dataset, ImageProblem, LayoutProblem, LoadProgress, load};
use lth_model::{Hint, Normalization};
use tempfile::{TempDir, tempdir};

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Red is the row, green the column, blue the number.
fn coloured(width: u32, height: u32, number: u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([y as u8, x as u8, number]))
}

/// `train` and `test` with two classes of PNG images, 3 wide and 2 high, and room for a cache.
struct Folder {
    place: TempDir,
}

impl Folder {
    fn sound() -> Self {
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

    fn path(&self) -> PathBuf {
        self.place.path().join("pets")
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn options(&self) -> DataOptions {
        DataOptions { cache: self.place.path().join("cache"), ..DataOptions::default() }
    }

    fn load_with(&self, options: &DataOptions) -> Result<Dataset, DataError> {
        load(&format!("image-folder:{}", self.path().display()), options, &mut |_| {})
    }

    fn load(&self) -> Result<Dataset, DataError> {
        self.load_with(&self.options())
    }

    /// Whether it was decoded, not read from the cache.
    fn decodes(&self) -> bool {
        let mut decoded = false;
        let name = format!("image-folder:{}", self.path().display());
        load(&name, &self.options(), &mut |progress| {
            decoded |= matches!(progress, LoadProgress::Decode { .. });
        })
        .unwrap();
        decoded
    }

    fn layout_problem(&self) -> LayoutProblem {
        let error = self.load().unwrap_err();
        assert!(error.to_string().starts_with(&format!("'{}' ", self.path().display())), "{error}");
        assert!(error.hint().is_some());
        match error {
            DataError::Layout { problem, .. } => problem,
            other => panic!("{other}"),
        }
    }

    fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
}

#[test]
fn images_are_planes_and_classes_are_sorted() {
    let folder = Folder::sound();
    let dataset = folder.load().unwrap();
    assert_eq!(dataset.class_names, ["cat", "dog"]);
    assert_eq!((dataset.shape.as_slice(), dataset.classes), (&[3, 2, 3][..], 2));
    assert_eq!((&dataset.train.labels[..], &dataset.test.labels[..]), (&[0, 0, 1, 1][..], &[0, 1][..]));
    // Files of a folder come before those of folders in it, as in Python's sorted(os.walk(...)).
    let numbers: Vec<u8> = dataset.train.bytes.chunks_exact(18).map(|image| image[12]).collect();
    assert_eq!(numbers, [2, 3, 0, 1]);
    assert_eq!(dataset.train.bytes[..18], [0, 0, 0, 1, 1, 1, 0, 1, 2, 0, 1, 2, 2, 2, 2, 2, 2, 2]);
    assert!(matches!(dataset.train.normalization, Normalization::Channels { mean, .. } if mean[0] > 0.0));
    assert_eq!(dataset.name, format!("image-folder:{}", folder.path().display()));
    assert!(dataset.notes.is_empty());
}

#[test]
fn the_cache_gives_the_same_until_a_file_changes() {
    let folder = Folder::sound();
    let decoded = folder.load().unwrap();
    assert!(!folder.decodes());
    let cached = folder.load().unwrap();
    assert_eq!(cached.fingerprint, decoded.fingerprint);
    assert_eq!((cached.class_names, cached.train.labels), (decoded.class_names, decoded.train.labels));

    folder.write("train/dog/3.png", &png(coloured(3, 2, 9)));
    assert!(folder.decodes());
    assert!(!folder.decodes());
    // A damaged cache is made anew.
    for file in support::listing(&folder.options().cache) {
        let path = folder.options().cache.join(file);
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 3;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    assert!(folder.decodes());
    assert!(!folder.decodes());
}

#[test]
fn jpeg_and_val_and_upper_case_are_understood() {
    let folder = Folder::sound();
    fs::rename(folder.path().join("test"), folder.path().join("val")).unwrap();
    folder.remove("val/dog/1.png");
    let flat = RgbImage::from_pixel(3, 2, Rgb([200, 100, 50]));
    folder.write("val/dog/1.JPEG", &encoded(flat, ImageFormat::Jpeg));
    folder.write("val/dog/.hidden", b"x");
    let dataset = folder.load().unwrap();
    let jpeg = &dataset.test.bytes[18..];
    assert!(
        jpeg.iter()
            .zip([200, 100, 50].iter().flat_map(|value| [*value; 6]))
            .all(|(&found, sent)| found.abs_diff(sent) <= 4),
        "{jpeg:?}"
    );
}

#[test]
fn grey_images_become_coloured_among_coloured_ones_only() {
    let folder = Folder::sound();
    folder.write("train/cat/z.png", &png(GrayImage::from_pixel(3, 2, Luma([7]))));
    let dataset = folder.load().unwrap();
    assert_eq!(dataset.train.bytes[..18], [7; 18]);
    assert_eq!(dataset.notes, ["1 of 6 images are grey; they were given three equal channels"]);
    assert_eq!(folder.load().unwrap().notes, dataset.notes);

    let folder = Folder::sound();
    for path in support::listing(&folder.path()) {
        folder.write(path.to_str().unwrap(), &png(GrayImage::from_pixel(3, 2, Luma([9]))));
    }
    let dataset = folder.load().unwrap();
    assert_eq!((dataset.shape.as_slice(), &dataset.train.bytes[..]), (&[1, 2, 3][..], &[9; 24][..]));
    assert_eq!(dataset.train.normalization, Normalization::UNIT);
    assert!(dataset.notes.is_empty());
}

#[test]
fn images_of_different_sizes_are_refused_or_scaled() {
    let folder = Folder::sound();
    folder.write("test/dog/1.png", &png(coloured(5, 4, 0)));
    let error = folder.load().unwrap_err();
    let (first, other) = (folder.path().join("train/cat/z.png"), folder.path().join("test/dog/1.png"));
    assert_eq!(
        error.to_string(),
        format!("images differ in size: '{}' has 3 x 2 pixels, '{}' 5 x 4", first.display(), other.display())
    );
    assert!(error.hint().unwrap().contains("--image-size"));
    let options = DataOptions { image_size: Some(8), ..folder.options() };
    assert_eq!(folder.load_with(&options).unwrap().shape, [3, 8, 8]);
}

#[test]
fn broken_files_are_all_named_and_can_be_skipped() {
    let folder = Folder::sound();
    let sound = fs::read(folder.path().join("train/dog/1.png")).unwrap();
    let noise =
        RgbImage::from_fn(40, 40, |x, y| Rgb([(x * 31 + y * 17) as u8, (x * y) as u8, (x ^ y) as u8]));
    let jpeg = encoded(noise, ImageFormat::Jpeg);
    folder.write("train/cat/empty.png", b"");
    folder.write("train/cat/text.png", b"not an image");
    folder.write("train/dog/cut.png", &sound[..sound.len() / 2]);
    folder.write("train/dog/cut.jpg", &jpeg[..jpeg.len() / 2]);
    folder.write("test/dog/readme.txt", b"hello");
    let error = folder.load().unwrap_err();
    let message = error.to_string();
    assert!(error.hint().unwrap().contains("--skip-broken"));
    let DataError::BrokenImages { broken } = error else { panic!("{message}") };
    assert_eq!(broken.len(), 5, "{message}");
    let problem = |name: &str| &broken.iter().find(|one| one.path.ends_with(name)).unwrap().problem;
    assert!(matches!(problem("empty.png"), ImageProblem::Empty));
    assert!(matches!(problem("text.png"), ImageProblem::OtherFormat));
    assert!(matches!(problem("cut.png"), ImageProblem::Truncated | ImageProblem::Damaged(_)));
    assert!(matches!(problem("cut.jpg"), ImageProblem::Truncated));
    assert!(matches!(problem("readme.txt"), ImageProblem::OtherName));
    for one in &broken {
        assert!(message.contains(&one.path.display().to_string()), "{message}");
    }

    let options = DataOptions { skip_broken: true, ..folder.options() };
    let dataset = folder.load_with(&options).unwrap();
    assert_eq!(dataset.fingerprint, Folder::sound().load().unwrap().fingerprint);
    assert!(dataset.notes[0].starts_with("5 broken files were left out: "), "{:?}", dataset.notes);
}

#[test]
fn more_than_ten_broken_files_are_counted() {
    let folder = Folder::sound();
    for number in 0..14 {
        folder.write(&format!("train/cat/x{number}.jpg"), b"nothing");
    }
    let message = folder.load().unwrap_err().to_string();
    assert_eq!(message.matches("is neither a PNG nor a JPEG image").count(), 10);
    assert!(
        message.starts_with("14 image files cannot be read") && message.ends_with("and 4 more"),
        "{message}"
    );
}

#[test]
fn skipping_must_leave_every_class_an_image() {
    let folder = Folder::sound();
    folder.write("test/dog/1.png", b"broken");
    let error = folder.load_with(&DataOptions { skip_broken: true, ..folder.options() }).unwrap_err();
    assert!(error.to_string().ends_with("has no image of class 'dog' in 'test'"), "{error}");
}

#[test]
fn folders_that_are_no_data_set_are_refused() {
    let folder = Folder::sound();
    folder.remove("test");
    assert_eq!(folder.layout_problem(), LayoutProblem::MissingHalf("'test' or 'val'"));

    let folder = Folder::sound();
    folder.remove("train");
    assert_eq!(folder.layout_problem(), LayoutProblem::MissingHalf("'train'"));

    let folder = Folder::sound();
    folder.remove("train/cat");
    folder.remove("train/dog");
    folder.write("train/loose.png", &png(coloured(3, 2, 0)));
    assert_eq!(folder.layout_problem(), LayoutProblem::NoClass("train".to_owned()));

    let folder = Folder::sound();
    folder.remove("test/dog/1.png");
    let (half, class) = ("test".to_owned(), "dog".to_owned());
    assert_eq!(folder.layout_problem(), LayoutProblem::EmptyClass { half, class });

    let folder = Folder::sound();
    folder.write("test/eel/1.png", &png(coloured(3, 2, 0)));
    folder.remove("test/dog");
    let problem = folder.layout_problem();
    assert_eq!(
        problem.to_string(),
        "has 2 classes in train and 2 in test: only train has 'dog'; only test has 'eel'"
    );
}

#[test]
fn a_missing_folder_or_name_is_said() {
    let error = load("image-folder", &DataOptions::default(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, DataError::NoImageFolder), "{error}");
    let error = load("image-folder:/no/such/place", &DataOptions::default(), &mut |_| {}).unwrap_err();
    assert!(matches!(error, DataError::FolderMissing { path } if path == Path::new("/no/such/place")));
}
