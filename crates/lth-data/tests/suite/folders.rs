//! Data sets read from folders: every way in which files can be wrong is said clearly, with a hint.

use std::{fs, path::Path};

use crate::support::{Files, NAMES, gzip, images, info, labels, sound, write};
use lth_data::{DataError, DataOptions, Dataset, IdxProblem, load_dataset};
use lth_model::Hint;
use tempfile::{TempDir, tempdir};

fn load_folder(folder: &Path) -> Result<Dataset, DataError> {
    let options = DataOptions { folder: Some(folder.to_owned()), ..DataOptions::default() };
    load_dataset(&info(&sound()), &options, &mut |_| panic!("nothing is downloaded"))
}

/// A folder of sound files but for one, which has these bytes.
fn folder_with(name: &str, bytes: &[u8]) -> TempDir {
    let folder = tempdir().unwrap();
    write(folder.path(), &sound());
    fs::write(folder.path().join(name), bytes).unwrap();
    folder
}

/// The problem with this file, and the whole message with its hint.
fn problem(name: &str, bytes: &[u8]) -> (IdxProblem, String) {
    let folder = folder_with(name, bytes);
    let error = load_folder(folder.path()).unwrap_err();
    let message = format!("{error}\nhint: {}", error.hint().unwrap());
    assert!(message.starts_with(&format!("'{}' ", folder.path().join(name).display())), "{message}");
    match error {
        DataError::File { problem, .. } => (problem, message),
        other => panic!("{other}"),
    }
}

fn check_sound(dataset: &Dataset, files: &Files) {
    assert_eq!(dataset.train.bytes[..], files[0].1[16..]);
    assert_eq!(dataset.test.bytes[..], files[2].1[16..]);
    assert_eq!(dataset.train.labels.len(), 40);
    assert_eq!(dataset.test.labels[..], (0..20).map(|index| index % 10).collect::<Vec<u16>>());
    assert_eq!((dataset.train.features, dataset.classes), (784, 10));
    assert_eq!(dataset.shape, [1, 28, 28]);
}

#[test]
fn plain_gzip_and_dotted_names_give_the_same() {
    let files = sound();
    let names: [fn(&str) -> String; 4] = [
        str::to_owned,
        |name| format!("{name}.gz"),
        |name| name.replace("-idx", ".idx"),
        |name| name.replace("-idx", ".idx") + ".gz",
    ];
    for name in names {
        for packed in [false, true] {
            let folder = tempdir().unwrap();
            for (file, bytes) in &files {
                let bytes = if packed { gzip(bytes) } else { bytes.clone() };
                fs::write(folder.path().join(name(file)), bytes).unwrap();
            }
            let dataset = load_folder(folder.path()).unwrap();
            check_sound(&dataset, &files);
            assert_eq!(dataset.source, format!("folder '{}'", folder.path().display()));
            assert_eq!(Some(dataset.fingerprint.as_str()), info(&files).fingerprint);
        }
    }
}

#[test]
fn torchvisions_folders_are_understood() {
    for below in ["raw", "Small/raw"] {
        let folder = tempdir().unwrap();
        fs::create_dir_all(folder.path().join(below)).unwrap();
        write(&folder.path().join(below), &sound());
        check_sound(&load_folder(folder.path()).unwrap(), &sound());
    }
}

#[test]
fn other_examples_are_accepted_and_said_to_be_other() {
    let folder = folder_with(NAMES[3], &labels(&[9; 20]));
    let dataset = load_folder(folder.path()).unwrap();
    assert!(dataset.source.ends_with("(not the published examples)"), "{}", dataset.source);
    assert_ne!(Some(dataset.fingerprint.as_str()), info(&sound()).fingerprint);
}

#[test]
fn a_folder_that_is_missing_or_a_file() {
    let folder = tempdir().unwrap();
    let error = load_folder(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(error, DataError::FolderMissing { .. }), "{error}");
    assert!(error.to_string().ends_with("nowhere' does not exist") && error.hint().is_some());

    fs::write(folder.path().join("file"), b"x").unwrap();
    let error = load_folder(&folder.path().join("file")).unwrap_err();
    assert!(matches!(error, DataError::FolderIsFile { .. }), "{error}");
    assert!(error.to_string().ends_with("file' is a file, not a folder"));
    assert!(error.hint().unwrap().contains("the folder that holds"));
}

#[test]
fn a_missing_file_says_which_names_were_looked_for() {
    for missing in NAMES {
        let folder = tempdir().unwrap();
        write(folder.path(), &sound());
        fs::remove_file(folder.path().join(missing)).unwrap();
        let error = load_folder(folder.path()).unwrap_err();
        assert!(matches!(error, DataError::FileMissing { .. }), "{error}");
        let message = error.to_string();
        for name in [
            format!("'{missing}'"),
            format!("'{missing}.gz'"),
            format!("'{}'", missing.replace("-idx", ".idx")),
        ] {
            assert!(message.contains(&name), "{message}");
        }
        assert!(error.hint().unwrap().contains("four IDX files"));
    }
    let error = load_folder(tempdir().unwrap().path()).unwrap_err();
    assert!(matches!(error, DataError::FileMissing { .. }), "{error}");
}

#[test]
fn an_empty_file() {
    let (found, message) = problem(NAMES[0], &[]);
    assert!(matches!(found, IdxProblem::Empty));
    assert!(message.contains("is empty\nhint: the file was probably not fetched completely"), "{message}");
}

#[test]
fn a_truncated_file() {
    let whole = images(40, 28, 28);
    for length in [17, 16 + 784, whole.len() - 1] {
        let (found, message) = problem(NAMES[0], &whole[..length]);
        assert!(
            matches!(found, IdxProblem::Truncated { expected: 31_376, found } if found == length as u64),
            "{found}"
        );
        assert!(
            message.contains(&format!("is cut short: it has {length} of 31376 bytes\nhint: ")),
            "{message}"
        );
    }
    for length in [1, 3, 4, 15] {
        let (found, _) = problem(NAMES[0], &whole[..length]);
        assert!(matches!(found, IdxProblem::Truncated { expected: 16, .. }), "{found}");
    }
    let (found, _) = problem(NAMES[1], &labels(&[0; 40])[..30]);
    assert!(matches!(found, IdxProblem::Truncated { expected: 48, found: 30 }), "{found}");
    // Truncated before it was packed: the gzip wrapper is sound.
    let (found, _) = problem(NAMES[0], &gzip(&whole[..1000]));
    assert!(matches!(found, IdxProblem::Truncated { expected: 31_376, found: 1000 }), "{found}");
}

#[test]
fn a_header_that_claims_gigabytes_takes_no_memory() {
    let mut header = images(0, 28, 28);
    header[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    let (found, _) = problem(NAMES[0], &header);
    assert!(
        matches!(found, IdxProblem::Truncated { expected, found: 16 } if expected == 16 + 784 * u64::from(u32::MAX))
    );
}

#[test]
fn a_file_with_the_wrong_magic() {
    let (found, message) = problem(NAMES[0], &labels(&[0; 40]));
    assert!(
        matches!(found, IdxProblem::WrongMagic { what: "images", expected: 0x803, found: 0x801 }),
        "{found}"
    );
    assert!(message.contains("starts with 0x00000801 instead of 0x00000803\nhint: "), "{message}");
    let (found, _) = problem(NAMES[1], &images(40, 28, 28));
    assert!(matches!(found, IdxProblem::WrongMagic { what: "labels", .. }), "{found}");
    let (found, _) = problem(NAMES[3], b"<html>not found</html>");
    assert!(matches!(found, IdxProblem::WrongMagic { .. }), "{found}");
    let (found, _) = problem(NAMES[3], b"nope");
    assert!(matches!(found, IdxProblem::WrongMagic { .. }), "{found}");
}

#[test]
fn a_file_that_is_too_long() {
    let mut long = images(40, 28, 28);
    long.push(0);
    let (found, message) = problem(NAMES[0], &long);
    assert!(matches!(found, IdxProblem::TooLong { expected: 31_376 }), "{found}");
    assert!(message.contains("is too long") && message.contains("hint: "), "{message}");
    let (found, _) = problem(NAMES[0], &gzip(&long));
    assert!(matches!(found, IdxProblem::TooLong { .. }), "{found}");
}

#[test]
fn images_of_another_size() {
    let (found, message) = problem(NAMES[2], &images(20, 32, 24));
    assert!(matches!(found, IdxProblem::ImageSize { expected: (28, 28), found: (32, 24) }), "{found}");
    assert!(message.contains("holds images of 32 x 24 pixels instead of 28 x 28\nhint: "), "{message}");
}

#[test]
fn no_examples() {
    let (found, message) = problem(NAMES[0], &images(0, 28, 28));
    assert!(matches!(found, IdxProblem::NoExamples), "{found}");
    assert!(message.contains("holds no example\nhint: "), "{message}");
}

#[test]
fn a_label_that_is_no_class() {
    let mut classes = [3; 40];
    classes[17] = 10;
    let (found, message) = problem(NAMES[1], &labels(&classes));
    assert!(matches!(found, IdxProblem::LabelOutOfRange { example: 17, label: 10, classes: 10 }), "{found}");
    assert!(message.contains("label 10 of example 17 is not one of the classes 0 to 9\nhint: "), "{message}");
}

#[test]
fn counts_that_do_not_match() {
    let folder = folder_with(NAMES[1], &labels(&[0; 39]));
    let error = load_folder(folder.path()).unwrap_err();
    assert!(matches!(error, DataError::CountMismatch { image_count: 40, label_count: 39, .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("has 40 images, but '") && message.ends_with("has 39 labels"), "{message}");
    assert!(error.hint().unwrap().contains("same data set"));
}

#[test]
fn a_damaged_gzip_file() {
    let packed = gzip(&images(40, 28, 28));
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    let mut wrong_sum = packed.clone();
    let trailer = wrong_sum.len() - 6;
    wrong_sum[trailer] ^= 1;
    for bytes in [&packed[..packed.len() / 2], &packed[..5], &flipped, &wrong_sum] {
        let (found, message) = problem(NAMES[0], bytes);
        assert!(matches!(found, IdxProblem::Gzip(_)), "{found}");
        assert!(message.contains("is a damaged gzip file") && message.contains("hint: "), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with(NAMES[1], &labels(&[0; 40]));
    let path = folder.path().join(NAMES[1]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // the superuser reads everything
    }
    let error = load_folder(folder.path()).unwrap_err();
    assert!(matches!(error, DataError::File { problem: IdxProblem::Unreadable(_), .. }), "{error}");
}
