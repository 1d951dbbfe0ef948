//! Tasks that several processes, also on several machines over one file system, share.

mod lease;
mod store;

pub use lease::{Acquired, Holder, LEASE_TIMEOUT, Lease, Leases};
pub use store::{Store, share};
