//! One file a command.

pub(crate) mod completions;
pub(crate) mod control;
pub(crate) mod criteria;
pub(crate) mod datasets;
mod experiment_run;
pub(crate) mod find_ticket;
pub(crate) mod inspect;
mod inspect_model;
pub(crate) mod markdown_help;
pub(crate) mod models;
pub(crate) mod plot;
mod plot_schedule;
pub(crate) mod run_file;
pub(crate) mod stability;
mod stability_display;
mod stability_figures;
mod stability_table;
pub(crate) mod supermask;
mod supermask_figure;
mod supermask_heuristic;
mod supermask_learn;
pub(crate) mod train;
pub(crate) mod transfer;
mod transfer_display;
mod transfer_figure;
mod transfer_source;
mod transfer_table;
