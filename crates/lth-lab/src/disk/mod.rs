//! Run folders: where each file lies, who may write, what is kept.

mod checkpoint;
mod folder;
mod layout;
mod provenance;
mod retention;
mod writer;

pub(crate) use checkpoint::{read_any_checkpoint, read_checkpoint, write_checkpoint};
pub use folder::RunFolder;
pub(crate) use folder::RunLock;
pub(crate) use layout::QUARANTINE;
pub use layout::{Layout, Variant};
pub use provenance::Provenance;
pub(crate) use retention::{drop_superseded_weights, wants_weights, writes_weights};
pub(crate) use writer::Writer;
