//! The kinds of layers, a folder or file each.

pub(crate) mod conv;
pub(crate) mod dropout;
pub(crate) mod linear;
pub(crate) mod norm;
pub(crate) mod pool;
