//! A finished figure: SVG, and the same picture as PNG or PDF.

use std::{collections::BTreeSet, sync::Arc};

use resvg::{tiny_skia, usvg};

use super::{PlotError, font, pdf};

/// The greatest scale at which a figure is rasterised.
pub const MAX_SCALE: f64 = 10.0;

/// A finished figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    svg: String,
    width: f64,
    height: f64,
    data: Option<String>,
}

impl Figure {
    pub(super) fn new(svg: String, width: f64, height: f64) -> Self {
        Self { svg, width, height, data: None }
    }

    pub(super) fn with_data(self, data: String) -> Self {
        Self { data: Some(data), ..self }
    }

    /// The numbers that are drawn, as CSV; `None` for figures that do not give them.
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// The SVG document; the same bytes for the same data.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The signs of its texts that the embedded font lacks, each once: PNG and PDF do not show them.
    pub fn missing_signs(&self) -> BTreeSet<char> {
        self.svg.chars().filter(|sign| !sign.is_ascii() && font::lacks(*sign)).collect()
    }

    /// Width and height in units of the SVG: pixels at scale 1.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// The figure as PNG, rasterised from its SVG with the embedded font; `scale` pixels a unit, 2 is sharp on most screens.
    ///
    /// # Errors
    /// When the scale is not above 0 and at most [`MAX_SCALE`], or leaves no pixel.
    pub fn png(&self, scale: f64) -> Result<Vec<u8>, PlotError> {
        let refused = || PlotError::Scale { width: self.width, height: self.height, scale };
        if !(scale > 0.0 && scale <= MAX_SCALE) {
            return Err(refused());
        }
        let tree = self.tree()?;
        let pixels = |length: f64| (length * scale).round() as u32;
        let mut pixmap =
            tiny_skia::Pixmap::new(pixels(self.width), pixels(self.height)).ok_or_else(refused)?;
        // On paper the SVG has lengths in inches.
        let scale = scale * self.width / f64::from(tree.size().width());
        let transform = tiny_skia::Transform::from_scale(scale as f32, scale as f32);
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        pixmap.encode_png().map_err(|error| PlotError::Raster { reason: error.to_string() })
    }

    /// The figure as PDF, of the same size in inches as the SVG: lines and areas as such, texts with the signs of the embedded font that
    /// they use. The same bytes for the same figure.
    ///
    /// # Errors
    /// When the SVG cannot be read back.
    pub fn pdf(&self) -> Result<Vec<u8>, PlotError> {
        let tree = self.tree()?;
        let title = self.svg.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        Ok(pdf::pdf(&tree, title.map_or("", |(title, _)| title)))
    }

    fn tree(&self) -> Result<usvg::Tree, PlotError> {
        let options = usvg::Options {
            fontdb: Arc::new(font::database()),
            font_family: "DejaVu Sans".to_owned(),
            ..usvg::Options::default()
        };
        let read = usvg::Tree::from_str(&self.svg, &options);
        read.map_err(|error| PlotError::Raster { reason: error.to_string() })
    }
}
