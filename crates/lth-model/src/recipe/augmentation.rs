//! How training images are varied.

use serde::{Deserialize, Serialize};

/// How training images are varied, anew for each example and epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// A random crop of the image's own size after padding with this many black pixels on every side; 0 for none.
    pub crop_padding: u8,
    /// Whether half of the images are mirrored, left to right.
    pub horizontal_flip: bool,
}
