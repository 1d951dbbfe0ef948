//! Which part of the data set is used, and what is changed in it.

use super::super::{
    setting::{ENTRY, Flag, Group, Kind, Setting},
    value::{Refusal, Value},
};

const GROUP: Setting = Setting { group: Group::Data, heading: "Data", ..ENTRY };

/// A fraction in words.
const FRACTION: &str = "a number above 0, at most 1";
/// A probability in words.
const PROBABILITY: &str = "a number from 0 to 1";

/// The side of an image.
fn pixels(value: &Value) -> Result<u32, Refusal> {
    value.whole(1)
}

pub(super) const DATA: &[Setting] = &[
    Setting {
        key: "view.classes",
        flags: &[Flag::new("classes", "CLASSES")],
        help: "Use only these classes, all by name or all by number: cat,dog or 3,5",
        example: "3,5",
        kind: Kind::List(Vec::new),
        get: |e| Value::list(&e.view.classes),
        set: |e, v| {
            e.view.classes = v.words();
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.fraction",
        flags: &[Flag::new("fraction", "FRACTION")],
        help: "Use only this fraction of the training examples of each class",
        example: "0.1",
        kind: Kind::Number,
        get: |e| e.view.fraction.map(Value::of),
        set: |e, v| {
            e.view.fraction = Some(v.number(|x| 0.0 < x && x <= 1.0, FRACTION)?);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.random_labels",
        flags: &[Flag::new("random-labels", "RATE")],
        help: "Give training examples a random label with this probability",
        example: "0.2",
        kind: Kind::Number,
        paper: "Zhang et al. 2017",
        get: |e| e.view.random_labels.map(Value::of),
        set: |e, v| {
            e.view.random_labels = Some(v.number(|x| (0.0..=1.0).contains(&x), PROBABILITY)?);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.permute_labels",
        flags: &[Flag::fixed("permute-labels", "on")],
        help: "Renumber the classes at random",
        example: "on",
        kind: Kind::Switch,
        get: |e| e.view.permute_labels.then(|| Value::of(true)),
        set: |e, v| {
            e.view.permute_labels = v.switch()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.seed",
        flags: &[Flag::new("data-seed", "SEED")],
        help: "Draw fraction, random labels and permutation by this seed instead of 0",
        example: "1",
        kind: Kind::Whole,
        label: "data seed",
        get: |e| (e.view.seed.0.0 != 0).then(|| Value::of(e.view.seed.0)),
        set: |e, v| {
            e.view.seed.0 = v.parse()?;
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.image_size",
        flags: &[Flag::new("image-size", "PIXELS")],
        help: "Scale the images of a folder to this many pixels on either side",
        example: "32",
        kind: Kind::Whole,
        get: |e| e.view.image_size.map(Value::of),
        set: |e, v| {
            e.view.image_size = Some(pixels(v)?);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.resize",
        flags: &[Flag::new("resize", "PIXELS")],
        help: "Scale the shorter side of images to this many pixels first, then cut --image-size pixels out of the middle",
        example: "256",
        kind: Kind::Whole,
        get: |e| e.view.resize.map(Value::of),
        set: |e, v| {
            e.view.resize = Some(pixels(v)?);
            Ok(())
        },
        ..GROUP
    },
    Setting {
        key: "view.exif_orientation",
        flags: &[Flag::fixed("exif-orientation", "on")],
        help: "Turn images as their EXIF data say",
        example: "on",
        kind: Kind::Switch,
        get: |e| e.view.exif_orientation.then(|| Value::of(true)),
        set: |e, v| {
            e.view.exif_orientation = v.switch()?;
            Ok(())
        },
        ..GROUP
    },
];
