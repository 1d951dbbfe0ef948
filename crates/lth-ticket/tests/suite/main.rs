//! Training, pruning and the invariants of both.

mod common;
mod contributing;
mod frozen;
mod invariants;
mod mask_updates;
mod pruning;
mod side_by_side;
mod supermask;
mod ticket;
mod train;
