//! Data sets in the forms in which they are published: archives and what they unpack to.

use std::{
    fs,
    io::{Cursor, Write},
    path::Path,
};

use crate::support::{gzip, images, labels, md5};
use image::{ImageFormat, Rgb, RgbImage};
use lth_data::{
    ArchiveProblem, ChannelStatistics, Checksum, CifarProblem, DataError, DataOptions, Dataset, DatasetInfo,
    Format, PublishedFile, load_dataset,
};
use lth_model::Hint;
use tempfile::{TempDir, tempdir};

fn tar_gz(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        writer.start_file(path.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn file(name: &'static str, bytes: &[u8]) -> PublishedFile {
    let checksum = Checksum::File(Box::leak(md5(bytes).into_boxed_str()));
    PublishedFile { name, limit: bytes.len() as u64, checksum }
}

fn info(format: Format, shape: [usize; 3], class_names: &'static [&'static str]) -> DatasetInfo {
    DatasetInfo {
        name: "small",
        aliases: &[],
        description: "made for tests",
        licence: "MIT",
        homepage: "",
        examples: [0, 0],
        shape,
        classes: class_names.len(),
        class_names,
        format,
        statistics: ChannelStatistics { mean: [0.5; 3], deviation: [0.3; 3] },
        fingerprint: None,
        embedded: false,
        system_folders: &[],
        package: None,
        mirrors: &[],
        torchvision: "",
    }
}

/// A folder for data and one for the cache.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = tempdir().unwrap();
        fs::create_dir(place.path().join("data")).unwrap();
        Self(place)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join("data").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn load(&self, info: &DatasetInfo) -> Result<Dataset, DataError> {
        let options = DataOptions {
            folder: Some(self.0.path().join("data")),
            cache: self.0.path().join("cache"),
            ..DataOptions::default()
        };
        load_dataset(info, &options, &mut |_| {})
    }
}

/// Records with one label (or a coarse one before it) and an image that is the label everywhere in its first plane.
fn batch(labels: &[u8], coarse: bool) -> Vec<u8> {
    let record = |&label: &u8| {
        let image = [[label; 1024], [100; 1024], [200; 1024]].concat();
        [if coarse { vec![0, label] } else { vec![label] }, image].concat()
    };
    labels.iter().flat_map(record).collect()
}

const TEN: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn cifar_files() -> Vec<(String, Vec<u8>)> {
    [("one.bin", batch(&[3, 9], false)), ("two.bin", batch(&[0], false)), ("test.bin", batch(&[1, 2], false))]
        .map(|(name, bytes)| (format!("cifar-small/{name}"), bytes))
        .to_vec()
}

fn cifar(archive: PublishedFile) -> DatasetInfo {
    let (train, test) = (&["one.bin", "two.bin"][..], "test.bin");
    info(Format::Cifar { archive, folder: "cifar-small", train, test, labels: 1 }, [3, 32, 32], TEN)
}

#[test]
fn cifar_is_read_from_its_archive_its_folder_and_its_files() {
    let archive = tar_gz(&cifar_files());
    let info = cifar(file("cifar-small.tar.gz", &archive));
    let packed = Place::new();
    packed.write("cifar-small.tar.gz", &archive);
    let (below, direct) = (Place::new(), Place::new());
    for (path, bytes) in cifar_files() {
        below.write(&path, &bytes);
        direct.write(path.split_once('/').unwrap().1, &bytes);
    }
    for place in [packed, below, direct] {
        let dataset = place.load(&info).unwrap();
        assert_eq!((&dataset.train.labels[..], &dataset.test.labels[..]), (&[3, 9, 0][..], &[1, 2][..]));
        assert_eq!(dataset.train.bytes[..1025], [[3; 1024].as_slice(), &[100]].concat());
        assert_eq!(dataset.train.features, 3072);
        assert!(dataset.source.ends_with("(not the published examples)"), "{}", dataset.source);
    }
}

#[test]
fn damaged_cifar_files_are_named() {
    let archive = tar_gz(&cifar_files());
    let info = cifar(file("cifar-small.tar.gz", &archive));
    let load = |files: &[(String, Vec<u8>)]| {
        let place = Place::new();
        for (path, bytes) in files {
            place.write(path, bytes);
        }
        place.load(&info).unwrap_err()
    };
    let mut files = cifar_files();
    files[1].1.pop();
    let error = load(&files);
    let expected = CifarProblem::Length { length: 3072, record: 3073 };
    assert!(
        matches!(&error, DataError::Cifar { path, problem } if path.ends_with("cifar-small/two.bin") && *problem == expected)
    );
    assert!(error.hint().is_some());
    files.remove(1);
    assert!(load(&files).to_string().contains("'two.bin'"));
    let error = load(&[]);
    assert!(error.to_string().contains("'cifar-small.tar.gz'"), "{error}");

    // Another archive than the published one, also when it is only cut.
    for bytes in [tar_gz(&cifar_files()[..2]), archive[..archive.len() / 2].to_vec()] {
        let error = load(&[("cifar-small.tar.gz".to_owned(), bytes)]);
        assert!(
            matches!(&error, DataError::Archive { problem: ArchiveProblem::Checksum { .. }, .. }),
            "{error}"
        );
    }
    let without = tar_gz(&cifar_files()[..2]);
    let place = Place::new();
    place.write("cifar-small.tar.gz", &without);
    let error = place.load(&cifar(file("cifar-small.tar.gz", &without))).unwrap_err();
    assert!(
        matches!(&error, DataError::Archive { problem: ArchiveProblem::Missing(name), .. } if name == "cifar-small/test.bin"),
        "{error}"
    );
}

#[test]
fn the_second_label_of_cifar_100_counts() {
    let place = Place::new();
    let (train, test) = (batch(&[3, 7], true), batch(&[9], true));
    place.write("train.bin", &train);
    place.write("test.bin", &test);
    let archive = file("x.tar.gz", b"");
    let format = Format::Cifar { archive, folder: "x", train: &["train.bin"], test: "test.bin", labels: 2 };
    let dataset = place.load(&info(format, [3, 32, 32], TEN)).unwrap();
    assert_eq!((&dataset.train.labels[..], &dataset.test.labels[..]), (&[3, 7][..], &[9][..]));
}

#[test]
fn svhn_is_read_and_damage_is_named() {
    let bytes = include_bytes!("../fixtures/svhn-small.mat");
    let info = info(Format::Svhn([file("train.mat", bytes), file("test.mat", bytes)]), [3, 32, 32], TEN);
    let place = Place::new();
    place.write("train.mat", bytes);
    assert!(place.load(&info).unwrap_err().to_string().contains("'test.mat'"));
    place.write("test.mat", bytes);
    let dataset = place.load(&info).unwrap();
    assert_eq!(dataset.test.labels[..], [0, 1, 9]);
    place.write("test.mat", &bytes[..400]);
    let error = place.load(&info).unwrap_err();
    assert!(matches!(&error, DataError::Archive { path, .. } if path.ends_with("test.mat")), "{error}");
}

/// A split of two classes whose labels begin at 1.
fn emnist_files() -> Vec<(String, Vec<u8>)> {
    let name = |half: &str, what: &str| format!("gzip/emnist-tiny-{half}-{what}-ubyte.gz");
    vec![
        (name("train", "images-idx3"), gzip(&images(3, 28, 28))),
        (name("train", "labels-idx1"), gzip(&labels(&[1, 2, 1]))),
        (name("test", "images-idx3"), gzip(&images(1, 28, 28))),
        (name("test", "labels-idx1"), gzip(&labels(&[2]))),
        ("gzip/emnist-other-train-images-idx3-ubyte.gz".to_owned(), vec![1, 2, 3]),
    ]
}

#[test]
fn emnist_stands_up_and_counts_from_zero() {
    let archive = zip(&emnist_files());
    let format = Format::Emnist { archive: file("gzip.zip", &archive), split: "tiny", first_label: 1 };
    let info = info(format, [1, 28, 28], &["a", "b"]);
    let (packed, unpacked) = (Place::new(), Place::new());
    packed.write("gzip.zip", &archive);
    for (path, bytes) in emnist_files() {
        unpacked.write(&path, &bytes);
    }
    for place in [&packed, &unpacked] {
        let dataset = place.load(&info).unwrap();
        assert_eq!((&dataset.train.labels[..], &dataset.test.labels[..]), (&[0, 1, 0][..], &[1][..]));
        let lying = images(3, 28, 28);
        assert_eq!(dataset.train.bytes[28 * 5 + 9], lying[16 + 28 * 9 + 5]);
    }
    unpacked.write("gzip/emnist-tiny-test-labels-idx1-ubyte.gz", &gzip(&labels(&[0])));
    let error = unpacked.load(&info).unwrap_err();
    assert!(error.to_string().contains("label 0 of example 0"), "{error}");
}

fn png(number: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(2, 2, Rgb([number, 0, 255])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn first_bytes(dataset: &Dataset) -> Vec<u8> {
    dataset.train.bytes.chunks(12).chain(dataset.test.bytes.chunks(12)).map(|image| image[0]).collect()
}

#[test]
fn archives_of_class_folders_are_read_and_kept_decoded() {
    let paths = ["train/b/1.png", "train/a/1.png", "valid/a/1.png", "test/a/1.png", "test/b/1.png"];
    let files: Vec<(String, Vec<u8>)> =
        paths.iter().zip(0..).map(|(path, number)| (format!("./{path}"), png(number))).collect();
    let archive = tar_gz(&files);
    let archive_file = file("small.tar.gz", &archive);
    let format = Format::ClassFolders { archive: archive_file, folder: "small", unpacked: 1 << 20 };
    let small = info(format, [3, 2, 2], &["a", "b"]);
    let place = Place::new();
    place.write("small.tar.gz", &archive);
    let dataset = place.load(&small).unwrap();
    assert_eq!(first_bytes(&dataset), [1, 0, 3, 4]);
    // The second time without the archive's contents.
    assert_eq!(place.load(&small).unwrap().fingerprint, dataset.fingerprint);

    let format = Format::ClassFolders { archive: archive_file, folder: "small", unpacked: 100 };
    let error = Place::new();
    error.write("small.tar.gz", &archive);
    let error = error.load(&info(format, [3, 2, 2], &["a", "b"])).unwrap_err();
    assert!(
        matches!(&error, DataError::Archive { problem: ArchiveProblem::TooLarge { limit: 100 }, .. }),
        "{error}"
    );

    let error = place.load(&DatasetInfo { shape: [3, 32, 32], ..small }).unwrap_err();
    assert!(matches!(error, DataError::OtherData { .. }), "{error}");
}

#[test]
fn tiny_imagenets_validation_set_is_the_test_set() {
    let text = "v1.JPEG\tn02\t0\t0\t62\t62\nv0.JPEG\tn01\t0\t0\t62\t62\n";
    let files = |annotations: &str| {
        [
            ("train/n02/images/n02_0.JPEG", png(1)),
            ("train/n02/n02_boxes.txt", b"n02_0.JPEG\t0\t0\t1\t1".to_vec()),
            ("train/n01/images/n01_0.JPEG", png(2)),
            ("val/images/v0.JPEG", png(3)),
            ("val/images/v1.JPEG", png(4)),
            ("val/val_annotations.txt", annotations.as_bytes().to_vec()),
            ("test/images/t0.JPEG", png(5)),
        ]
        .map(|(path, bytes)| (format!("tiny/{path}"), bytes))
        .to_vec()
    };
    let load = |annotations: &str, packed: bool| {
        let place = Place::new();
        let archive = zip(&files(annotations));
        let archive_file = file("tiny.zip", &archive);
        if packed {
            place.write("tiny.zip", &archive);
        } else {
            for (path, bytes) in files(annotations) {
                place.write(&path, &bytes);
            }
        }
        let format = Format::TinyImagenet { archive: archive_file, folder: "tiny", unpacked: 1 << 20 };
        place.load(&DatasetInfo { classes: 2, ..info(format, [3, 2, 2], &[]) })
    };
    for packed in [true, false] {
        let dataset = load(text, packed).unwrap();
        assert_eq!(dataset.class_names, ["n01", "n02"]);
        assert_eq!(first_bytes(&dataset), [2, 1, 3, 4]);
        assert_eq!(dataset.test.labels[..], [0, 1]);
    }
    let error = load("v0.JPEG\tn01\nv9.JPEG\tn02\n", false).unwrap_err();
    assert!(error.to_string().contains("line 2 in val/val_annotations.txt"), "{error}");
}

#[test]
fn a_place_that_is_no_folder_is_said() {
    let info = cifar(file("x.tar.gz", b""));
    let options =
        DataOptions { folder: Some(Path::new("/no/such/place").to_owned()), ..DataOptions::default() };
    assert!(matches!(load_dataset(&info, &options, &mut |_| {}), Err(DataError::FolderMissing { .. })));
}
