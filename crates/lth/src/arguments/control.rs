//! `control`.

use std::path::PathBuf;

use clap::Args;

use super::{ScheduleArguments, SourceArguments};

/// Train controls beside the tickets of runs.
///
/// For every round after the dense one a network is trained that shares some of its ticket: the mask with other weights, the
/// weights under another mask, ... `lth criteria` lists all. They are stored in the run's folder and drawn with its tickets; what is
/// there already is not trained again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth control runs/NAME --kind random-reinit --draws 3\n  \
    lth control runs/NAME --kind reshuffle --kind reshuffle-same-sign\n  \
    lth control runs/* --kind random-mask")]
pub(crate) struct ControlArguments {
    /// Run folders; of several, one is controlled after the other
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Which control: random-reinit, random-mask, ...; repeatable
    #[arg(long = "kind", value_name = "KIND", required = true)]
    pub(crate) kinds: Vec<String>,
    /// How many of each kind and round are trained, each with random numbers of its own [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) draws: Option<String>,
    /// With `--kind other-run-mask`: the run, or ticket file, whose masks are put over this run's weights; repeatable
    #[arg(long, value_name = "OTHER_RUN")]
    pub(crate) masks_of: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}
