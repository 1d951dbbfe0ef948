//! What areas are filled with: opacities, gradients, patterns.

use pdf_writer::{
    Content, Finish, Name, Rect, Ref,
    types::{ColorSpaceOperand, FunctionShadingType, PaintType, TilingType},
};
use resvg::{
    tiny_skia::Transform,
    usvg::{Color, LinearGradient, Pattern, Stop},
};

use super::{File, compressed, matrix};

/// The pairs of opacities (of fills, of strokes) that are used.
#[derive(Default)]
pub(super) struct States(Vec<[f32; 2]>);

/// Red, green and blue from 0 to 1.
pub(super) fn rgb(colour: Color) -> [f32; 3] {
    [colour.red, colour.green, colour.blue].map(|part| f32::from(part) / 255.0)
}

impl File {
    pub(super) fn set_opacities(&mut self, content: &mut Content, fill: f32, stroke: f32) {
        let wanted = [fill, stroke];
        if wanted == [1.0; 2] {
            return;
        }
        let place = self.states.0.iter().position(|state| *state == wanted).unwrap_or_else(|| {
            self.states.0.push(wanted);
            self.states.0.len() - 1
        });
        content.set_parameters(Name(format!("G{place}").as_bytes()));
    }

    pub(super) fn write_states(&mut self) -> Vec<Ref> {
        let states = std::mem::take(&mut self.states).0;
        let write = |[fill, stroke]: [f32; 2]| {
            let id = self.id();
            self.pdf.ext_graphics(id).non_stroking_alpha(fill).stroking_alpha(stroke);
            id
        };
        states.into_iter().map(write).collect()
    }

    /// The name of a gradient, and the transform to its coordinates.
    pub(super) fn shading(&mut self, gradient: &LinearGradient) -> (String, Transform) {
        let stops = gradient.stops();
        let pieces: Vec<Ref> = stops
            .windows(2)
            .map(|pair| {
                let id = self.id();
                let mut piece = self.pdf.exponential_function(id);
                piece.domain([0.0, 1.0]).n(1.0);
                piece.c0(rgb(pair[0].color())).c1(rgb(pair[1].color()));
                id
            })
            .collect();
        let (function, id) = (self.id(), self.id());
        let mut whole = self.pdf.stitching_function(function);
        whole.domain([0.0, 1.0]).encode(pieces.iter().flat_map(|_| [0.0, 1.0]));
        let inner = stops.get(1..stops.len().saturating_sub(1)).unwrap_or_default();
        whole.bounds(inner.iter().map(|stop: &Stop| stop.offset().get())).functions(pieces);
        whole.finish();
        let mut shading = self.pdf.function_shading(id);
        shading.shading_type(FunctionShadingType::Axial).color_space().device_rgb();
        shading.coords([gradient.x1(), gradient.y1(), gradient.x2(), gradient.y2()]);
        shading.function(function).extend([true; 2]);
        shading.finish();
        self.shadings.push(id);
        (format!("S{}", self.shadings.len() - 1), gradient.transform())
    }

    /// Fills with a tile from now on; `base` leads from the coordinates of what is filled to the page.
    pub(super) fn set_fill_pattern(&mut self, content: &mut Content, pattern: &Pattern, base: Transform) {
        let mut tile = Content::new();
        let at = base.pre_concat(pattern.transform());
        let rect = pattern.rect();
        let at = at.pre_translate(rect.x(), rect.y());
        self.draw(&mut tile, pattern.root(), at);
        let (id, tile, resources) = (self.id(), compressed(&tile.finish()), self.resources);
        let mut tiling = self.pdf.tiling_pattern(id, &tile);
        tiling.filter(pdf_writer::Filter::FlateDecode);
        tiling.paint_type(PaintType::Colored).tiling_type(TilingType::ConstantSpacing);
        tiling.bbox(Rect::new(0.0, 0.0, rect.width(), rect.height()));
        tiling.x_step(rect.width()).y_step(rect.height()).matrix(matrix(at));
        tiling.pair(Name(b"Resources"), resources);
        tiling.finish();
        self.patterns.push(id);
        let name = format!("P{}", self.patterns.len() - 1);
        content.set_fill_color_space(ColorSpaceOperand::Pattern);
        content.set_fill_pattern([], Name(name.as_bytes()));
    }
}
