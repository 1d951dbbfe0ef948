//! Why a data set cannot be seen so.

use lth_model::Hint;
use thiserror::Error;

use crate::ImageOptions;

/// Why a view of a data set is refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ViewError {
    /// A size that no image can have.
    #[error("{what} {pixels} is not valid: it must be 1 to {} pixels", ImageOptions::LARGEST)]
    ImageSize {
        /// `image size` or `resize`.
        what: &'static str,
        /// As it was given.
        pixels: u32,
    },
    /// Nothing, or too little, to cut the middle out of.
    #[error("resize {resize} does not fit image size {}", size.map_or("none".to_owned(), |size| size.to_string()))]
    Resize {
        /// The shorter side.
        resize: u32,
        /// The size that is cut out.
        size: Option<u32>,
    },
    /// A fraction that is none.
    #[error("fraction {fraction} is not valid: it must be above 0 and at most 1")]
    Fraction {
        /// As it was given.
        fraction: f64,
    },
    /// A rate that is none.
    #[error("rate of random labels {rate} is not valid: it must be 0 to 1")]
    Rate {
        /// As it was given.
        rate: f64,
    },
    /// A class that the data set does not have.
    #[error("data set '{dataset}' has no class '{class}'")]
    UnknownClass {
        /// The data set.
        dataset: String,
        /// The class.
        class: String,
        /// The class that was probably meant.
        nearest: Option<String>,
        /// How many it has.
        classes: usize,
    },
    /// Classes that can be read in two ways.
    #[error("classes {} can be names or numbers", classes.join(","))]
    AmbiguousClasses {
        /// As they were given.
        classes: Vec<String>,
        /// The names of the classes that are called so.
        named: Vec<String>,
        /// The names of the classes that have these numbers.
        numbered: Vec<String>,
    },
    /// Names among numbers.
    #[error("class '{number}' is a number, class '{name}' a name")]
    MixedClasses {
        /// The first that is no name.
        number: String,
        /// The first that is no number.
        name: String,
    },
    /// A class that is named twice.
    #[error("class '{class}' is named twice")]
    RepeatedClass {
        /// The class.
        class: String,
    },
    /// Nothing to tell apart.
    #[error("a single class leaves nothing to tell apart")]
    OneClass,
}

impl Hint for ViewError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::ImageSize { .. } => "for example --image-size 64".to_owned(),
            Self::Resize { .. } => {
                "the shorter side is scaled to --resize, then --image-size pixels are cut out of the middle: \
                 --resize 256 --image-size 224"
                    .to_owned()
            }
            Self::Fraction { .. } => "for example --fraction 0.1 for a tenth of each class".to_owned(),
            Self::Rate { .. } => "for example --random-labels 0.2 for a fifth of the examples".to_owned(),
            Self::UnknownClass { nearest: Some(nearest), .. } => format!("did you mean '{nearest}'?"),
            Self::UnknownClass { classes, .. } => {
                format!("name classes as the data set does, or by their numbers 0 to {}", classes - 1)
            }
            Self::AmbiguousClasses { classes, named, numbered } => {
                let list = |classes: &[String], written: &dyn Fn(&String) -> String, between: &str| {
                    classes.iter().map(written).collect::<Vec<String>>().join(between)
                };
                let quoted = |classes: &[String]| list(classes, &|class| format!("'{class}'"), ", ");
                format!(
                    "write {} for the classes called {}, or {} for numbers counted from 0: {}",
                    list(classes, &|class| format!("{class}/"), ","),
                    quoted(named),
                    list(classes, &|class| format!("+{class}"), ","),
                    quoted(numbered)
                )
            }
            Self::MixedClasses { .. } => "name them all by name, or all by number, counted from 0".to_owned(),
            Self::RepeatedClass { .. } => "name each class once".to_owned(),
            Self::OneClass => "name at least two classes: --classes cat,dog".to_owned(),
        })
    }
}
