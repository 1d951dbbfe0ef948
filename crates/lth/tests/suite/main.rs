//! The command line, by what a user does.

mod bad_input;
mod book;
mod checking_folders;
mod collecting;
mod common;
mod comparing;
#[cfg(unix)]
mod completing;
mod controlling;
#[cfg(unix)]
mod documentation;
mod drawing_figures;
mod drawing_stability;
mod exporting;
mod finding_a_ticket;
mod finding_data;
mod giving_tensors;
mod inspecting;
#[cfg(unix)]
mod interrupting;
mod managing_runs;
mod measuring_stability;
#[cfg(unix)]
mod on_clusters;
mod pruning_early;
mod refusing_networks;
mod reporting;
mod reproducing;
mod sharing_work;
mod showing_models;
mod supermasks;
mod sweeping;
mod tabulating;
mod training;
mod transferring;
mod watching;
