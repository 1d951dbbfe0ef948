//! Stage two of the command line: checked values, made from what was typed ([`crate::arguments`]).

mod data;
mod ending;
mod engine;
mod experiment;
mod given;
mod loading_bar;
mod model;
mod pretrained;
mod start;
mod ticket_network;
mod values;

pub(crate) use data::{DataSource, dataset_name, load, load_named, network, note_data, place_data};
pub(crate) use ending::check_ending;
pub(crate) use engine::engine;
pub(crate) use experiment::experiment;
pub(crate) use given::{given, given_with_masks};
pub(crate) use model::model;
pub(crate) use pretrained::pretrained;
pub(crate) use start::{Start, masks};
pub(crate) use ticket_network::network_of_ticket;
pub(crate) use values::{bounded, jobs, number, parse, positive, several, threads, whole};
