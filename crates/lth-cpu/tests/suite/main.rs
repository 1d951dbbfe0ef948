//! The engine against plain loops, against PyTorch and against itself.

mod allocations;
mod graph;
mod shared;
mod trainer;
