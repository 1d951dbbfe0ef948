//! Which image is of which class, in which half.

use std::{cmp::Ordering, collections::BTreeMap};

use thiserror::Error;

use super::listing::{ListedFile, Listing};

/// How a data set's files lie below its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `train/CLASS/...` and `test/CLASS/...`, as torchvision's `ImageFolder`; `val/CLASS/...` is the validation set, or without `test` the
    /// test set.
    ClassFolders,
    /// `train/CLASS/images/...`, and `val/images/...` with their classes in `val/val_annotations.txt`.
    TinyImagenet,
}

/// Why files do not make a data set. Reads as the end of a sentence that begins with the folder's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayoutProblem {
    /// A half is absent.
    #[error("has no folder {0}")]
    MissingHalf(&'static str),
    /// There is nothing to tell apart.
    #[error("has no class: '{0}' holds no folder")]
    NoClass(String),
    /// More classes than a label can say.
    #[error("has {0} classes, more than 65536")]
    TooManyClasses(usize),
    /// A class without an image.
    #[error("has no image of class '{class}' in '{half}'")]
    EmptyClass {
        /// `train`, `test` or `val`.
        half: String,
        /// The class.
        class: String,
    },
    /// Training set and another do not have the same classes.
    #[error("has {train} classes in train and {test} in {half}: {}", only(only_train, only_test, half))]
    Classes {
        /// `test` or `val`.
        half: String,
        /// Classes in train.
        train: usize,
        /// Classes in the other half.
        test: usize,
        /// Those that only train has.
        only_train: Vec<String>,
        /// Those that only the other half has.
        only_test: Vec<String>,
    },
    /// An annotation that says nothing of use.
    #[error("has a line {line} in val/val_annotations.txt that names no image or no class")]
    Annotation {
        /// From 1.
        line: usize,
    },
}

impl LayoutProblem {
    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::MissingHalf(_) | Self::NoClass(_) => {
                "images must lie as train/CLASS/1.png and test/CLASS/2.png (or val/CLASS/2.png)"
            }
            Self::TooManyClasses(_) => "take fewer classes",
            Self::EmptyClass { .. } => "remove the class's folder from every set, or add images",
            Self::Classes { .. } => "every set must have the same folders of classes",
            Self::Annotation { .. } => "the file was probably not fetched completely; fetch it again",
        }
    }
}

fn only(train: &[String], test: &[String], half: &str) -> String {
    let said = |classes: &[String], half: &str| {
        let shown: Vec<String> = classes.iter().take(5).map(|class| format!("'{class}'")).collect();
        let more = if classes.len() > 5 { format!(" and {} more", classes.len() - 5) } else { String::new() };
        format!("only {half} has {}{more}", shown.join(", "))
    };
    let parts = [(train, "train"), (test, half)].map(|(classes, half)| (classes, half));
    let parts: Vec<String> =
        parts.iter().filter(|(classes, _)| !classes.is_empty()).map(|(c, half)| said(c, half)).collect();
    parts.join("; ")
}

/// An image and its class.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labelled<'a> {
    pub(crate) file: &'a ListedFile,
    pub(crate) label: u16,
}

/// A listing, understood.
#[derive(Debug, Clone)]
pub(crate) struct Arranged<'a> {
    pub(crate) classes: Vec<String>,
    pub(crate) train: Vec<Labelled<'a>>,
    /// `val` of a folder that has all three.
    pub(crate) validation: Option<Vec<Labelled<'a>>>,
    pub(crate) test: Vec<Labelled<'a>>,
    /// The folder of the test set.
    pub(crate) test_half: &'static str,
    /// Files that are no images by their names.
    pub(crate) strange: Vec<&'a ListedFile>,
}

/// The endings of images that are read.
const ENDINGS: [&str; 12] =
    ["png", "jpg", "jpeg", "bmp", "gif", "tif", "tiff", "webp", "ppm", "pgm", "pbm", "pnm"];

/// What follows the last dot of a file's name.
pub(super) fn ending(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

/// Whether a file is an image by its name.
fn is_image(path: &str) -> bool {
    ENDINGS.iter().any(|known| ending(path).eq_ignore_ascii_case(known))
}

/// Classes are the folders of `train`, sorted by name; images of a class are in the order of their folder and name: both
/// as torchvision's `ImageFolder` has them.
pub(crate) fn arrange(listing: &Listing, layout: Layout) -> Result<Arranged<'_>, LayoutProblem> {
    let test_half = match layout {
        Layout::ClassFolders if listing.folders.contains("test") => "test",
        _ => "val",
    };
    if !listing.folders.contains("train") {
        return Err(LayoutProblem::MissingHalf("'train'"));
    }
    if !listing.folders.contains(test_half) {
        return Err(LayoutProblem::MissingHalf("'test' or 'val'"));
    }
    let classes = classes(listing, "train")?;
    let mut strange = Vec::new();
    let train = by_folder(listing, "train", &classes, &mut strange);
    let has_validation = test_half == "test" && listing.folders.contains("val");
    let validation = if has_validation {
        same_classes(&classes, &self::classes(listing, "val")?, "val")?;
        Some(by_folder(listing, "val", &classes, &mut strange))
    } else {
        None
    };
    let test = match layout {
        Layout::ClassFolders => {
            let test_classes = self::classes(listing, test_half)?;
            same_classes(&classes, &test_classes, test_half)?;
            by_folder(listing, test_half, &classes, &mut strange)
        }
        Layout::TinyImagenet => by_annotation(listing, &classes)?,
    };
    Ok(Arranged { classes, train, validation, test, test_half, strange })
}

/// The folders directly below a half.
fn classes(listing: &Listing, half: &str) -> Result<Vec<String>, LayoutProblem> {
    let below = |folder: &String| {
        let class = folder.strip_prefix(half)?.strip_prefix('/')?;
        (!class.contains('/')).then(|| class.to_owned())
    };
    let classes: Vec<String> = listing.folders.iter().filter_map(below).collect();
    match classes.len() {
        0 => Err(LayoutProblem::NoClass(half.to_owned())),
        count if count > 65_536 => Err(LayoutProblem::TooManyClasses(count)),
        _ => Ok(classes),
    }
}

fn same_classes(train: &[String], test: &[String], half: &str) -> Result<(), LayoutProblem> {
    let without = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|class| those.binary_search(class).is_err()).cloned().collect()
    };
    if train == test {
        return Ok(());
    }
    Err(LayoutProblem::Classes {
        half: half.to_owned(),
        train: train.len(),
        test: test.len(),
        only_train: without(train, test),
        only_test: without(test, train),
    })
}

/// The images of a half, class by class.
fn by_folder<'a>(
    listing: &'a Listing,
    half: &str,
    classes: &[String],
    strange: &mut Vec<&'a ListedFile>,
) -> Vec<Labelled<'a>> {
    let mut images = Vec::new();
    for file in &listing.files {
        let Some(below) = file.path.strip_prefix(half).and_then(|path| path.strip_prefix('/')) else {
            continue;
        };
        if !is_image(&file.path) {
            // Lists of bounding boxes are part of Tiny ImageNet.
            if !below.ends_with("_boxes.txt") {
                strange.push(file);
            }
            continue;
        }
        let Some((class, _)) = below.split_once('/') else {
            strange.push(file);
            continue;
        };
        let Ok(label) = classes.binary_search_by(|known| known.as_str().cmp(class)) else { continue };
        images.push(Labelled { file, label: label as u16 });
    }
    images.sort_unstable_by(|left, right| {
        left.label.cmp(&right.label).then_with(|| by_folder_and_name(&left.file.path, &right.file.path))
    });
    images
}

/// Folder first: `a/z.png` comes before `a/b/c.png`, as in Python's `sorted(os.walk(...))`.
fn by_folder_and_name(left: &str, right: &str) -> Ordering {
    left.rsplit_once('/').cmp(&right.rsplit_once('/'))
}

/// Tiny ImageNet's validation images, class by class, with the classes that the list of annotations gives them.
fn by_annotation<'a>(listing: &'a Listing, classes: &[String]) -> Result<Vec<Labelled<'a>>, LayoutProblem> {
    let list = listing.find("val/val_annotations.txt");
    let list = list.and_then(|file| listing.read(file).ok());
    let Some(list) = list else { return Err(LayoutProblem::MissingHalf("'val' with val_annotations.txt")) };
    let list = String::from_utf8_lossy(&list).into_owned();
    let files: BTreeMap<&str, &ListedFile> = listing
        .files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix("val/images/")?, file)))
        .collect();
    let mut images = Vec::new();
    for (line, text) in list.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let mut fields = text.split('\t');
        let file = fields.next().and_then(|name| files.get(name));
        let label =
            fields.next().and_then(|class| classes.binary_search_by(|known| known.as_str().cmp(class)).ok());
        match (file, label) {
            (Some(file), Some(label)) => images.push(Labelled { file, label: label as u16 }),
            _ => return Err(LayoutProblem::Annotation { line: line + 1 }),
        }
    }
    images.sort_by(|left, right| {
        left.label.cmp(&right.label).then_with(|| by_folder_and_name(&left.file.path, &right.file.path))
    });
    Ok(images)
}
