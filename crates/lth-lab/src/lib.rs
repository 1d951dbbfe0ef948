//! Experiments on disk.
//!
//! An [`Experiment`] is everything resolved of one run; [`find_winning_ticket`] does it in a run folder ([`Layout`]) and
//! gives a [`RunReport`]. The unit of work is a [`Task`]: a training, a measurement. It is skipped when its output is there,
//! continued when a checkpoint is, so that any command may be killed and repeated. A [`TaskObserver`] is told what tasks do. [`RunResults`] reads a folder back.

mod atomic;
mod cluster;
mod collect;
mod control_kind;
mod disk;
mod error;
mod estimate;
mod find;
mod metrics;
mod pace;
mod procedure;
mod results;
mod run_control;
mod schedule;
mod settings;
mod stability;
mod supermask;
mod sweep;
mod tasks;
mod train;
mod transfer;
mod work;

pub(crate) use atomic::read_file;
pub use atomic::{create_folder, read_text, remove_file, write_file};
pub use cluster::{
    ClusterCommand, ClusterTask, ClusterWork, SlurmScript, Submitted, check_slurm_options, hyperqueue_job,
    quoted, slurm_scripts, submit_to_hyperqueue, submit_to_slurm,
};
pub use collect::{Collected, collect};
pub use control_kind::{ControlKind, ControlSource};
pub use disk::{Layout, Provenance, RunFolder, Variant};
pub use error::LabError;
pub use estimate::{
    Calibration, EstimateContext, EstimatedTime, RunEstimate, StudyWork, estimate_run, estimate_study,
};
pub use find::{RunReport, check_run, find_winning_ticket, sum_up_run};
pub use metrics::{LayerCount, Outcome, RoundRecord, RoundResult, RunResults, Timestamps, Timing};
pub use pace::WhileRunning;
pub use procedure::plan;
pub use results::{
    Condition, Finding, FindingKind, FolderCheck, ListedRun, Repair, Repaired, RunState, Usage,
    WinningTicket, check_folders, choose_runs, freed_bytes, keep_each_once, list_runs, remove_runs,
    repair_folder, run_folders, taken_bytes, usage,
};
pub use run_control::RunControl;
pub use schedule::{Remedy, Stage};
pub use settings::{
    AtInit, DifferingSetting, Dynamic, EarlyBird, Experiment, FORMAT, Flag, Gives, Group, Keep, KeepEstimate,
    Kind, MaskUpdates, OfTrained, Procedure, Pruning, Refusal, Retraining, Role, Setting, Value,
    check_memory, data_name, differing_settings, find_setting, schema, settings, short_name,
};
pub use stability::{
    BatchNormStatistics, PairResult, PathPoint, PruningResult, STABLE_BELOW, StabilityReport,
    StabilitySettings, StabilityTask, StartPoint, StudyTime, estimate_stability, stability,
    stability_studies,
};
pub use supermask::{
    DenseWeights, HeuristicPoint, HeuristicReport, HeuristicRow, HeuristicSettings, HeuristicTask,
    LearnedSupermask, MaskAccuracy, SupermaskExperiment, SupermaskFiles, SupermaskRecord, best_points,
    estimate_heuristics, estimate_learning, heuristic_points, heuristic_supermasks, learn_supermasks,
};
pub use sweep::{
    Axis, Sweep, SweepPlan, SweepReport, SweepRun, SweepStatus, SweepTask, TaskState, estimate_sweep,
    run_sweep, runs_of_sweep, write_sweep_table,
};
pub use tasks::{
    Acquired, Activity, Found, Holder, LEASE_TIMEOUT, Lease, Leases, Planned, Silent, StageError, Stop,
    Store, Task, TaskEvent, TaskFailure, TaskKind, TaskName, TaskObserver, TaskProgress, host_name, share,
};
pub use train::{GivenStart, find_winning_ticket_from, initial_weights_hash, plain_training, train_one};
pub use transfer::{
    TicketSource, Transfer, TransferKind, TransferReport, TransferRow, TransferRunError, TransferSettings,
    TransferTraining, estimate_transfer, run_transfer,
};
pub use work::{CheckpointEvery, Workbench, iterations_per_epoch};
