//! Stage two of the command line: checked values, made from what was typed ([`crate::arguments`]).

mod data;
mod experiment;
mod loading_bar;
mod recipe;
mod start;
mod values;

pub(crate) use data::{DataSource, load, network, note_data};
pub(crate) use experiment::experiment;
pub(crate) use recipe::apply_recipe;
pub(crate) use start::Start;
pub(crate) use values::{number, positive, whole};
