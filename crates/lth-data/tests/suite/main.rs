//! Data sets: found, read, downloaded and split.

mod download;
mod folders;
mod image_validation;
mod images;
mod named;
mod published;
mod resume;
mod support;
