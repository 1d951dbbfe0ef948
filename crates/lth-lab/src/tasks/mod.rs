//! Work as tasks: what each is called and tells, in which order they are done on how many cores, and how several processes, also on
//! several machines over one file system, share them.

mod failure;
mod key;
mod lease;
mod planned;
mod progress;
mod queue;
mod stop;
mod store;

pub use failure::{StageError, TaskFailure};
pub(crate) use key::{TaskKey, hash_of_start};
pub(crate) use lease::SeenLease;
pub use lease::{Acquired, Holder, LEASE_TIMEOUT, Lease, Leases, host_name};
pub use planned::{Planned, Task};
pub(crate) use planned::{makespan, without};
pub(crate) use progress::Reporter;
pub use progress::{Activity, Found, Silent, TaskEvent, TaskKind, TaskName, TaskObserver, TaskProgress};
pub(crate) use queue::{Ended, run_queue};
pub use stop::Stop;
pub(crate) use store::Entry;
pub use store::{Store, share};
