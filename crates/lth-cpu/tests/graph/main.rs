//! Networks of convolutions, batch norms, pools and sums: the engine against plain loops and against PyTorch.

mod comparison;
mod finite_differences;
mod golden_file;
mod golden_plain;
mod net;
mod plain;
mod plain_statistics;
