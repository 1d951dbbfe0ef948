//! Networks of convolutions, batch norms, pools and sums: the engine against plain loops and against PyTorch.

mod against_plain;
mod bits;
mod comparison;
mod dropout;
mod finite_differences;
mod frozen;
mod golden_engine;
mod golden_file;
mod golden_plain;
mod images;
mod net;
mod norms;
mod plain;
mod plain_statistics;
mod random_net;
mod support;
