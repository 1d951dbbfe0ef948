//! Folders of image files: read as torchvision's ImageFolder, and every way in which they can be wrong is said.

use std::{fs, path::Path};

use crate::support::image_folder::{Folder, coloured, encoded, png};
use image::{GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use lth_data::{DataError, DataOptions, ImageOptions, ImageProblem, LayoutProblem, load};
use lth_model::{Hint, Normalization};
use tempfile::tempdir;

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
    assert_eq!(dataset.name, "image-folder:pets");
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
    for file in crate::support::listing(&folder.options().cache) {
        let path = folder.options().cache.join(file);
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 3;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    assert!(folder.decodes());
    assert!(!folder.decodes());
}

/// Equal lengths and times of modification must not hide that files have changed.
#[test]
fn the_cache_sees_files_and_folders_that_change_places() {
    let folder = Folder::sound();
    let flat = |value: u8| [b"P6 3 2 255\n".to_vec(), vec![value; 18]].concat();
    for (path, value) in [("train/cat/x.ppm", 10), ("train/dog/x.ppm", 20), ("train/dog/y.ppm", 30)] {
        folder.write(path, &flat(value));
    }
    let set_back = || {
        for path in crate::support::listing(&folder.path()) {
            let file = fs::File::options().write(true).open(folder.path().join(path)).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }
    };
    let swap = |one: &str, other: &str| {
        let [one, other, between] = [one, other, "between"].map(|path| folder.path().join(path));
        fs::rename(&one, &between).unwrap();
        fs::rename(&other, &one).unwrap();
        fs::rename(&between, &other).unwrap();
    };
    let fresh = || {
        let empty = DataOptions { cache: folder.place.path().join("empty"), ..folder.options() };
        let found = folder.load_with(&empty).unwrap();
        let _ = fs::remove_dir_all(folder.place.path().join("empty"));
        (found.fingerprint, found.train.labels)
    };
    set_back();
    let mut seen = vec![fresh()];
    assert_eq!(folder.load().unwrap().fingerprint, seen[0].0);
    let changes: [&dyn Fn(); 3] =
        [&|| swap("train/cat", "train/dog"), &|| swap("train/cat/x.ppm", "train/dog/x.ppm"), &|| {
            folder.write("train/cat/y.ppm", &flat(31));
        }];
    for change in changes {
        change();
        set_back();
        let (found, truth) = (folder.load().unwrap(), fresh());
        assert_eq!((found.fingerprint, found.train.labels), truth);
        assert!(!seen.contains(&truth));
        seen.push(truth);
    }
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
fn every_usual_format_is_read() {
    let formats = [
        ("bmp", ImageFormat::Bmp),
        ("gif", ImageFormat::Gif),
        ("tif", ImageFormat::Tiff),
        ("TIFF", ImageFormat::Tiff),
        ("webp", ImageFormat::WebP),
        ("ppm", ImageFormat::Pnm),
    ];
    let reference = Folder::sound().load().unwrap();
    for (ending, format) in formats {
        let folder = Folder { place: tempdir().unwrap() };
        let source = Folder::sound();
        for path in crate::support::listing(&source.path()) {
            let image = image::open(source.path().join(&path)).unwrap().into_rgb8();
            folder.write(path.with_extension(ending).to_str().unwrap(), &encoded(image, format));
        }
        let found = folder.load().unwrap_or_else(|error| panic!("{ending}: {error}"));
        assert_eq!(found.fingerprint, reference.fingerprint, "{ending}");
    }
    let folder = Folder::sound();
    folder.write("train/cat/z.png", &encoded(GrayImage::from_pixel(3, 2, Luma([7])), ImageFormat::Pnm));
    folder.write("train/cat/b/a.pgm", &encoded(GrayImage::from_pixel(3, 2, Luma([8])), ImageFormat::Pnm));
    assert_eq!(folder.load().unwrap().train.bytes[..18], [7; 18]);
}

#[test]
fn what_is_not_read_is_named_as_what_it_is() {
    let folder = Folder::sound();
    folder.remove("train/cat");
    folder.write("train/cat/1.svg", b"<svg/>");
    folder.write("train/dog/2.png", b"<?xml version='1.0'?><svg></svg>");
    folder.write("train/dog/3.jpg", b"\0\0\0\x20ftypheic\0\0\0\0");
    let error = folder.load().unwrap_err();
    let message = error.to_string();
    for part in [
        "1.svg' is a .svg file, which is not read",
        "2.png' is an SVG image, which is not read",
        "3.jpg' is an HEIC image, which is not read",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(
        error.hint().unwrap().contains("convert or remove the others, or leave them out with --skip-broken")
    );
    // Nothing is left of the class.
    let error = folder.load_with(&DataOptions { skip_broken: true, ..folder.options() }).unwrap_err();
    assert!(error.to_string().ends_with("has no image of class 'cat' in 'train'"), "{error}");
}

#[cfg(unix)]
#[test]
fn what_has_no_bytes_or_no_name_can_be_skipped() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener};

    let folder = Folder::sound();
    let link = folder.path().join("train/cat/gone.png");
    symlink("nowhere.png", &link).unwrap();
    let error = folder.load().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "1 image file cannot be read: '{}' is a link to 'nowhere.png', which does not exist",
            link.display()
        )
    );
    assert!(error.hint().unwrap().contains("--skip-broken"));
    let strange = folder.path().join("train/dog").join(std::ffi::OsStr::from_bytes(b"\xff.png"));
    let named = fs::write(&strange, png(coloured(3, 2, 0))).is_ok();
    let _socket = UnixListener::bind(folder.path().join("test/dog/5.png")).unwrap();
    let message = folder.load().unwrap_err().to_string();
    assert!(!named || message.contains("has a name that is not UTF-8"), "{message}");
    assert!(message.contains("5.png' is neither a file nor a folder"), "{message}");
    let options = DataOptions { skip_broken: true, ..folder.options() };
    let dataset = folder.load_with(&options).unwrap();
    assert_eq!(dataset.fingerprint, Folder::sound().load().unwrap().fingerprint);
    assert!(dataset.notes[0].contains("broken files were left out: "), "{:?}", dataset.notes);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_above_is_said() {
    let folder = Folder::sound();
    std::os::unix::fs::symlink("..", folder.path().join("train/cat/up")).unwrap();
    let error = folder.load().unwrap_err();
    assert!(error.to_string().ends_with("folders are nested too deep"), "{error}");
    assert!(error.hint().unwrap().contains("link that leads back"));
}

#[test]
fn images_that_do_not_fit_into_memory_are_refused() {
    let folder = Folder::sound();
    for images in [
        ImageOptions { size: Some(u32::MAX), ..ImageOptions::default() },
        ImageOptions { size: Some(8), resize: Some(u32::MAX), ..ImageOptions::default() },
    ] {
        let error = folder.load_with(&DataOptions { images, ..folder.options() }).unwrap_err();
        assert!(matches!(error, DataError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains(" do not fit into memory: they need "), "{error}");
    }
}

/// As torchvision: the shorter side is scaled, the middle cut out.
#[test]
fn images_are_scaled_and_cut_as_torchvision_does() {
    let folder = Folder::sound();
    let wide = RgbImage::from_fn(12, 4, |x, y| Rgb([20 * x as u8, 60 * y as u8, 7]));
    for path in crate::support::listing(&folder.path()) {
        folder.write(path.to_str().unwrap(), &png(wide.clone()));
    }
    let load = |size, resize| {
        let images = ImageOptions { size: Some(size), resize, upright: false };
        folder.load_with(&DataOptions { images, ..folder.options() }).unwrap()
    };
    // Nothing to scale: columns 4 to 7.
    let cut = load(4, Some(4));
    assert_eq!(cut.shape, [3, 4, 4]);
    assert_eq!(cut.train.bytes[..8], [80, 100, 120, 140, 80, 100, 120, 140]);
    // (12 - 3) / 2 = 4.5 and (4 - 3) / 2 = 0.5 are rounded to even: 4 and 0.
    assert_eq!(load(3, Some(4)).train.bytes[..3], [80, 100, 120]);
    assert_eq!(load(3, Some(4)).train.bytes[9..12], [0, 0, 0]);
    // What Pillow gives for resize((6, 2), BILINEAR), columns 2 and 3.
    let halved = load(2, Some(2));
    assert_eq!(halved.train.bytes[..4], [90, 130, 90, 130]);
}

/// A JPEG file with orientation 6 (turn right) is turned where that is asked for.
#[test]
fn exif_orientation_is_followed_on_request() {
    let folder = Folder::sound();
    let exif = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let dark_left = RgbImage::from_fn(16, 8, |x, _| Rgb([if x < 8 { 0 } else { 200 }; 3]));
    let jpeg = encoded(dark_left, ImageFormat::Jpeg);
    for path in crate::support::listing(&folder.path()) {
        folder.write(path.to_str().unwrap(), &[&jpeg[..2], &exif[..], &jpeg[2..]].concat());
    }
    assert_eq!(folder.load().unwrap().shape, [3, 8, 16]);
    let images = ImageOptions { upright: true, ..ImageOptions::default() };
    let turned = folder.load_with(&DataOptions { images, ..folder.options() }).unwrap();
    assert_eq!(turned.shape, [3, 16, 8]);
    assert!(turned.train.bytes[0] < 20 && turned.train.bytes[127] > 180, "dark above");
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
    for path in crate::support::listing(&folder.path()) {
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
    let options =
        DataOptions { images: ImageOptions { size: Some(8), ..ImageOptions::default() }, ..folder.options() };
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
    assert!(matches!(problem("text.png"), ImageProblem::OtherFormat(None)));
    assert!(matches!(problem("cut.png"), ImageProblem::Truncated | ImageProblem::Damaged(_)));
    assert!(matches!(problem("cut.jpg"), ImageProblem::Truncated));
    assert!(matches!(problem("readme.txt"), ImageProblem::OtherName(ending) if ending == "txt"));
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
    assert_eq!(message.matches("is no image of a kind that is read").count(), 10);
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
