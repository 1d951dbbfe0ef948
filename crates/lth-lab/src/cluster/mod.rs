//! Sweeps on clusters: a job for each training that is left, and one that writes the table.
//!
//! What a cluster is told is made by functions of the plan alone ([`slurm_scripts`], [`hyperqueue_job`]); [`submit_to_slurm`] and
//! [`submit_to_hyperqueue`] give it to the programs of the cluster. That a training comes after those that it waits for spares
//! waiting and no more: a command does what is missing before it, and what another process does it waits for.

mod hyperqueue;
mod jobs;
mod program;
mod slurm;
mod slurm_script;
mod words;
mod work;

pub use hyperqueue::{hyperqueue_job, submit_to_hyperqueue};
pub use slurm::{check_slurm_options, submit_to_slurm};
pub use slurm_script::{SlurmScript, slurm_scripts};
pub use words::quoted;
pub use work::{ClusterCommand, ClusterTask, ClusterWork};

/// What was given to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The names of the jobs there, in the order in which they were given.
    pub jobs: Vec<String>,
    /// How many trainings they are.
    pub trainings: usize,
}
