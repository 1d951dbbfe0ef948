//! Networks of convolutions, batch norms, pools and sums, and chains of linear layers: the engine against plain loops and
//! against PyTorch.

mod against_plain;
mod bits;
mod combinations;
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
mod oracle;
mod plain;
mod plain_statistics;
mod random_chain;
mod random_net;
mod replace;
mod support;
