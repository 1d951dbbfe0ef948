//! The same picture as PDF: lines, areas and texts as such, with the signs that it needs of the embedded font.
//!
//! Of SVG, what [`Canvas`](super::canvas::Canvas) writes: paths, dashes, opacities, clips, linear gradients, patterns, texts.

mod paint;
mod shapes;
mod text;

use std::{io::Write, sync::Arc};

use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::{Content, Dict, Filter, Finish, Name, Pdf, Rect, Ref, TextStr, writers::Resources};
use resvg::{
    tiny_skia::Transform,
    usvg::{Tree, fontdb::Database},
};

/// Points of a unit of SVG outside of paper, of which there are 96 an inch.
const POINTS: f32 = 72.0 / 96.0;

/// A document of one page as large as the picture; `title` is its title. The same bytes for the same picture.
pub(super) fn pdf(tree: &Tree, title: &str) -> Vec<u8> {
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    // PDF counts from the bottom up.
    let base = Transform::from_row(POINTS, 0.0, 0.0, -POINTS, 0.0, height);
    let mut file = File::new(tree.fontdb().clone());
    let (pages, page) = (file.id(), file.id());
    let mut content = Content::new();
    content.transform(matrix(base));
    file.draw(&mut content, tree.root(), base);
    let content = file.stream(&content.finish());
    let (catalog, info) = (file.id(), file.id());
    file.pdf.catalog(catalog).pages(pages);
    file.pdf.pages(pages).kids([page]).count(1);
    file.pdf.document_info(info).title(TextStr(title));
    let resources = file.resources;
    let mut dictionary = file.pdf.page(page);
    dictionary.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(content);
    dictionary.pair(Name(b"Resources"), resources);
    dictionary.finish();
    file.finish()
}

/// A document that is being written.
struct File {
    pdf: Pdf,
    last: i32,
    resources: Ref,
    states: paint::States,
    shadings: Vec<Ref>,
    patterns: Vec<Ref>,
    fonts: Arc<Database>,
    faces: Vec<text::Face>,
}

impl File {
    fn new(fonts: Arc<Database>) -> Self {
        Self {
            pdf: Pdf::new(),
            last: 1,
            resources: Ref::new(1),
            states: paint::States::default(),
            shadings: Vec::new(),
            patterns: Vec::new(),
            fonts,
            faces: Vec::new(),
        }
    }

    fn id(&mut self) -> Ref {
        self.last += 1;
        Ref::new(self.last)
    }

    /// A stream of these bytes, compressed.
    fn stream(&mut self, bytes: &[u8]) -> Ref {
        let (id, bytes) = (self.id(), compressed(bytes));
        self.pdf.stream(id, &bytes).filter(Filter::FlateDecode);
        id
    }

    /// Writes what pages and patterns name, which is known now.
    fn finish(mut self) -> Vec<u8> {
        let faces = std::mem::take(&mut self.faces);
        let faces: Vec<Ref> = faces.into_iter().map(|face| face.write(&mut self)).collect();
        let states: Vec<Ref> = self.write_states();
        let mut resources = self.pdf.indirect(self.resources).start::<Resources<'_>>();
        name(resources.fonts(), 'F', &faces);
        name(resources.ext_g_states(), 'G', &states);
        name(resources.shadings(), 'S', &self.shadings);
        name(resources.patterns(), 'P', &self.patterns);
        resources.finish();
        self.pdf.finish()
    }
}

/// Lists these objects by a letter and their place.
fn name(mut dictionary: Dict<'_>, letter: char, objects: &[Ref]) {
    for (place, object) in objects.iter().enumerate() {
        dictionary.pair(Name(format!("{letter}{place}").as_bytes()), *object);
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes all that is written")
}

fn matrix(transform: Transform) -> [f32; 6] {
    let Transform { sx, ky, kx, sy, tx, ty } = transform;
    [sx, ky, kx, sy, tx, ty]
}
