//! Results of runs and sweeps as tables.
//!
//! [`Runs`] are read once; [`TableSpec`] says which figure of theirs is put into cells over which rows and columns; a [`ResultTable`] has
//! the numbers with what noise makes of their differences, a [`DifferenceTable`] these with tests, and [`render`] writes them. [`TidyTable`] has every figure of every training in a
//! row of its own, for other programs.

mod axis;
mod cell;
mod densities;
mod differences;
mod marks;
mod metric;
pub mod page;
mod pivot;
pub mod render;
pub mod reproduce;
mod runs;
mod tidy;

pub use axis::TableAxis;
pub use cell::{CellSpec, Statistic};
pub use differences::{Against, Difference, DifferenceTable};
pub use marks::Mark;
pub use metric::{Better, Metric};
pub use pivot::{ResultTable, TableCell, TableSpec};
pub use runs::{Runs, missing_of_sweeps, run_folders_of, with_runs_of_sweeps};
pub use tidy::TidyTable;
