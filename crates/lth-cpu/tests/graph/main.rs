//! Networks of convolutions, batch norms, pools and sums: the engine against plain loops and against PyTorch.

mod finite_differences;
mod net;
mod plain;
