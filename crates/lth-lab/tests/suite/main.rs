//! Runs of small experiments, estimates, lost files and figures.

mod actions;
mod before_training;
mod checking;
mod during_training;
mod early_bird;
mod estimating;
mod find;
mod interrupted;
mod ladders;
#[cfg(unix)]
mod leases;
mod listing;
mod lost_files;
mod pretrained;
mod run_controls;
mod sharing_work;
mod sweeping;
mod toy;
mod train;
