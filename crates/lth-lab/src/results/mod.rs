//! The runs that lie on disk: listing, choosing, measuring, checking and removing them.

mod condition;
mod folders;
mod fsck;
mod listed;
mod remove;
mod usage;

pub use condition::{Condition, choose_runs};
pub use folders::{keep_each_once, run_folders};
pub use fsck::{Finding, FindingKind, FolderCheck, Repair, Repaired, check_folders, repair_folder};
pub(crate) use listed::finished_trainings;
pub use listed::{ListedRun, RunState, WinningTicket, list_runs};
pub use remove::remove_runs;
pub use usage::{Usage, freed_bytes, taken_bytes, usage};
