//! The engine as its users see it: through `lth_model::Engine` and `lth_model::Trainer`.

mod dropout;
mod errors;
mod evaluation;
mod frozen;
mod golden;
mod golden_file;
mod instruction_sets;
mod masks;
mod network;
mod plain;
mod replace;
mod resume;
mod support;
