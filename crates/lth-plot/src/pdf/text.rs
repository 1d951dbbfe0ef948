//! Texts, and the parts of the font that they need.

use std::collections::BTreeMap;

use pdf_writer::{
    Content, Filter, Finish, Name, Rect, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use resvg::usvg::{
    Fill, Paint, Text,
    fontdb::{Database, ID},
    layout::PositionedGlyph,
};
use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
};
use subsetter::GlyphRemapper;

use super::{File, compressed, matrix, paint::rgb};

const SYSTEM: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Units of an em in PDF.
const EM: f32 = 1000.0;
/// Ems that no eye sees.
const CLOSE: f32 = 1e-3;
/// The width of upright strokes, which matters to readers without the font only.
const STEM: f32 = 80.0;

/// A face of the font, with the signs of it that are used.
pub(super) struct Face {
    id: ID,
    name: String,
    data: Vec<u8>,
    glyphs: GlyphRemapper,
    /// The text of each glyph, by its new number.
    texts: BTreeMap<u16, String>,
}

impl Face {
    fn new(id: ID, fonts: &Database) -> Self {
        let name = fonts.face(id).map_or_else(String::new, |face| face.post_script_name.clone());
        let data = fonts.with_face_data(id, |data, _| data.to_owned()).unwrap_or_default();
        Self { id, name, data, glyphs: GlyphRemapper::new(), texts: BTreeMap::new() }
    }

    /// The number of a glyph in the part of the face that is written.
    fn number(&mut self, glyph: &PositionedGlyph) -> u16 {
        let number = self.glyphs.remap(narrow(glyph));
        self.texts.entry(number).or_insert_with(|| glyph.text.clone());
        number
    }

    fn font(&self) -> FontRef<'_> {
        FontRef::new(&self.data).expect("the embedded font is sound, as tests show")
    }

    /// How far a glyph moves the pen, in ems.
    fn advance(&self, glyph: u16) -> f32 {
        let metrics = self.font().glyph_metrics(Size::new(1.0), LocationRef::default());
        metrics.advance_width(GlyphId::from(glyph)).unwrap_or_default()
    }

    /// The objects of the face: a font of glyphs by number, with the text of each.
    pub(super) fn write(self, file: &mut File) -> Ref {
        let part = subsetter::subset(&self.data, 0, &self.glyphs)
            .expect("the embedded font is sound, as tests show");
        let name = format!("{}+{}", self.tag(), self.name);
        let base = Name(name.as_bytes());
        let part_length = part.len() as i32;
        let [program, descriptor, glyphs, unicode, font] = [(); 5].map(|()| file.id());
        let bytes = compressed(&part);
        let mut stream = file.pdf.stream(program, &bytes);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), part_length);
        stream.finish();

        let own = self.font();
        let metrics = own.metrics(Size::new(EM), LocationRef::default());
        let bounds = metrics.bounds.unwrap_or_default();
        let mut entry = file.pdf.font_descriptor(descriptor);
        entry.name(base).flags(FontFlags::SYMBOLIC).italic_angle(0.0).font_file2(program);
        entry.bbox(Rect::new(bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max));
        entry.ascent(metrics.ascent).descent(metrics.descent);
        entry.cap_height(metrics.cap_height.unwrap_or(metrics.ascent)).stem_v(STEM);
        entry.finish();

        let widths: Vec<f32> = self.glyphs.remapped_gids().map(|glyph| EM * self.advance(glyph)).collect();
        let mut entry = file.pdf.cid_font(glyphs);
        entry.subtype(CidFontType::Type2).base_font(base).system_info(SYSTEM).font_descriptor(descriptor);
        entry.cid_to_gid_map_predefined(Name(b"Identity"));
        entry.widths().consecutive(0, widths);
        entry.finish();

        let mut map = UnicodeCmap::new(Name(b"Texts"), SYSTEM);
        for (number, text) in &self.texts {
            map.pair_with_multiple(*number, text.chars());
        }
        let bytes = compressed(&map.finish());
        file.pdf.cmap(unicode, &bytes).filter(Filter::FlateDecode);
        let mut entry = file.pdf.type0_font(font);
        entry.base_font(base).encoding_predefined(Name(b"Identity-H"));
        entry.descendant_font(glyphs).to_unicode(unicode);
        entry.finish();
        font
    }

    /// Six letters that tell parts of the same face apart.
    fn tag(&self) -> String {
        let mix = |hash: u64, glyph: u16| (hash ^ u64::from(glyph)).wrapping_mul(0x0100_0000_01b3);
        let mut hash = self.glyphs.remapped_gids().fold(0xcbf2_9ce4_8422_2325, mix);
        let mut letter = || {
            let letter = b'A' + (hash % 26) as u8;
            hash /= 26;
            char::from(letter)
        };
        (0..6).map(|_| letter()).collect()
    }
}

impl File {
    pub(super) fn draw_text(&mut self, content: &mut Content, text: &Text) {
        for span in text.layouted().iter().filter(|span| span.visible) {
            let Some(Paint::Color(colour)) = span.fill.as_ref().map(Fill::paint) else { continue };
            let [red, green, blue] = rgb(*colour);
            content.set_fill_rgb(red, green, blue);
            for run in span.positioned_glyphs.chunk_by(|a, b| a.font == b.font) {
                self.show(content, run);
            }
        }
    }

    /// Glyphs of one face in a line, each where it belongs: what they are apart beyond their widths is an adjustment.
    fn show(&mut self, content: &mut Content, run: &[PositionedGlyph]) {
        let place = self.face(run[0].font);
        let face = &mut self.faces[place];
        let units = f32::from(face.font().metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let ems = |glyph: &PositionedGlyph| glyph.outline_transform().pre_scale(units, units);
        let start = ems(&run[0]);
        let Some(inverse) = start.invert() else { return };
        content.begin_text().set_font(Name(format!("F{place}").as_bytes()), 1.0);
        content.set_text_matrix(matrix(start));
        let mut shown = content.show_positioned();
        let mut items = shown.items();
        let mut pen = 0.0;
        for glyph in run {
            let at = inverse.pre_concat(ems(glyph)).tx;
            if (at - pen).abs() > CLOSE {
                items.adjust((pen - at) * EM);
                pen = at;
            }
            items.show(Str(&face.number(glyph).to_be_bytes()));
            pen += face.advance(narrow(glyph));
        }
        items.finish();
        shown.finish();
        content.end_text();
    }

    /// The place of a face.
    fn face(&mut self, id: ID) -> usize {
        self.faces.iter().position(|face| face.id == id).unwrap_or_else(|| {
            self.faces.push(Face::new(id, &self.fonts));
            self.faces.len() - 1
        })
    }
}

/// The number of a glyph; TrueType has no greater ones.
fn narrow(glyph: &PositionedGlyph) -> u16 {
    u16::try_from(glyph.id.0).unwrap_or_default()
}
