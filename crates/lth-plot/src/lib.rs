//! Figures: pure functions from plain data to SVG, and PNG and PDF from the same SVG.
//!
//! | figure | function |
//! |---|---|
//! | accuracy and early-stop iteration against density | [`density_figure`] |
//! | loss and accuracy during one round | [`training_figure`] |
//! | the same of many rounds, coloured by density | [`rounds_figure`] |
//! | the same of several runs | [`learning_figure`] |
//! | accuracies of several runs as bars, with every seed | [`bars_figure`] |
//! | the first layer's kept weights as an image a round | [`pixel_figure`] |
//! | the first layer's filters of a convolutional network, in some rounds | [`filter_figure`] |
//! | the density of each layer in each round | [`layer_density_figure`] |
//! | weights and FLOPs that each round keeps | [`remaining_figure`] |
//! | a cost against density, log-log | [`cost_figure`] |
//! | the learning rate over a training | [`schedule_figure`] |
//! | errors along the line between two copies of a network | [`path_figure`] |
//! | accuracy of untrained networks under masks against density | [`supermask_figure`] |
//! | error barriers against where copies part | [`instability_figure`] |
//! | error barriers over rewind points and densities | [`stability_map_figure`] |
//! | values by name, ours beside published ones | [`table_figure`] |
//!
//! Colours are Okabe and Ito's and viridis, told apart under colour blindness; lines are also told apart by dashes.
//! Texts name DejaVu Sans, which is embedded for PNGs, so no system font is needed. The same data gives the same bytes.

mod bars_figure;
mod canvas;
mod coincidence;
mod colour_bar;
mod colour_map;
mod cost_figure;
mod cut;
mod data;
mod density_axis;
mod density_colours;
mod density_figure;
mod density_panel;
mod error;
mod figure;
mod fills;
mod filter_figure;
mod filter_grid;
mod font;
mod format;
mod frame;
mod histogram_figure;
mod instability_figure;
mod layer_density_figure;
mod learning_figure;
mod limits;
mod look;
mod marker;
mod page;
mod panels;
mod pdf;
mod pixel_figure;
mod range;
mod remaining_figure;
mod rounds_figure;
mod scale;
mod schedule_figure;
mod stability_figure;
mod stability_map;
mod supermask_figure;
mod table;
mod table_figure;
mod theme;
mod training_axes;
mod training_figure;
mod value_axis;

pub use bars_figure::{Bar, bars_figure};
pub use cost_figure::cost_figure;
pub use data::{
    ControlKind, Curve, CurveSplit, Heading, PixelRound, Point, Series, SeriesStyle, Style, TrainingPoint,
    TrainingRound,
};
pub use density_figure::{DensityPanel, Measure, density_figure};
pub use error::PlotError;
pub use figure::{Figure, MAX_SCALE};
pub use filter_figure::{FilterPanel, filter_figure};
pub use filter_grid::Filters;
pub use histogram_figure::{HistogramOutline, HistogramPanel, histogram_figure};
pub use instability_figure::instability_figure;
pub use layer_density_figure::{LayerRow, layer_density_figure};
pub use learning_figure::{LearningCurve, learning_figure};
pub use limits::{AxisLimits, DensityLimits};
pub use look::{Legend, Look, PageStyle};
pub use pixel_figure::{ColourScale, PixelMeasure, pixel_figure};
pub use remaining_figure::{Remaining, remaining_figure};
pub use rounds_figure::rounds_figure;
pub use schedule_figure::schedule_figure;
pub use stability_figure::{StabilityCurve, path_figure};
pub use stability_map::{StabilityCell, StabilityMap, stability_map_figure};
pub use supermask_figure::{SupermaskCurve, supermask_figure};
pub use table_figure::{TablePanel, TableRow, table_figure};
pub use training_figure::training_figure;
