//! What can go wrong with a figure.

use thiserror::Error;

use super::format::short;

/// Why a figure cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlotError {
    /// There is no finite value to show.
    #[error("there is nothing to draw in the figure '{figure}': {reason}")]
    NoData {
        /// The figure's title, or its kind where it has none.
        figure: String,
        /// What was looked for and not found.
        reason: &'static str,
    },
    /// Limits of an axis beyond everything that there is to show.
    #[error("the limits {} to {} of the {axis} axis leave nothing to draw: there is something from {} to {}",
        short(.limits.0), short(.limits.1), short(.found.0), short(.found.1))]
    Limits {
        /// What the axis shows, as `density`.
        axis: &'static str,
        /// The limits, as they stand on the axis.
        limits: (f64, f64),
        /// The least and the greatest value.
        found: (f64, f64),
    },
    /// An image whose number of values does not fit its height and width.
    #[error("round {round} has {found} pixel values, an image of {height} x {width} needs {expected}")]
    ImageShape {
        /// The round.
        round: usize,
        /// Rows of the image.
        height: usize,
        /// Columns of the image.
        width: usize,
        /// Rows times columns.
        expected: usize,
        /// The number of values that came.
        found: usize,
    },
    /// Filters whose number of weights or flags does not fit their shape.
    #[error("round {round} has {found} weights or flags of filters, their shape needs {expected}")]
    FilterShape {
        /// The round.
        round: usize,
        /// The product of the shape.
        expected: usize,
        /// The number that came.
        found: usize,
    },
    /// A size at which a figure has no pixel, or more than memory holds.
    #[error("a figure of {width} x {height} cannot be rasterised at scale {scale}")]
    Scale {
        /// The figure's width in units of the SVG.
        width: f64,
        /// The figure's height in units of the SVG.
        height: f64,
        /// Pixels a unit.
        scale: f64,
    },
    /// The rasteriser refused the figure.
    #[error("the figure cannot be turned into a PNG or PDF: {reason}")]
    Raster {
        /// What the rasteriser said.
        reason: String,
    },
}

impl PlotError {
    /// What helps.
    pub fn hint(&self) -> String {
        match self {
            Self::NoData { .. } => {
                "figures need at least one finished round; continue the run with the same command".to_owned()
            }
            Self::Limits { .. } => "leave the limits out to see everything".to_owned(),
            Self::ImageShape { .. } => {
                "this picture is for models whose first layer reads an image's pixels, as lenet-300-100 does"
                    .to_owned()
            }
            Self::FilterShape { .. } => {
                "this picture is for weights and masks [filter, channel, height, width] of one layer"
                    .to_owned()
            }
            Self::Scale { .. } => {
                format!("a scale is above 0 and at most {}; 2 is sharp on most screens", super::MAX_SCALE)
            }
            Self::Raster { .. } => "the SVG beside it holds the same picture".to_owned(),
        }
    }
}
