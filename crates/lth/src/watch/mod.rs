//! The page of `lth report`, served while runs go on.

mod admission;
mod folder;
mod inside;
mod server;

pub(crate) use admission::Admission;
pub(crate) use folder::Folder;
pub(crate) use server::serve;
