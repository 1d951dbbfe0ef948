//! `report` and `watch`.

use std::path::PathBuf;

use clap::Args;

use super::SourceArguments;

/// Write one HTML page with all that runs have found.
///
/// The page needs no network and no other file: settings (what differs first), verdicts, tables that sort and filter, figures with values on
/// hover, learning curves to zoom, filters and masks of the first layer round after round, environment, seeds, and the commands that repeat it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth report runs/NAME                                   writes runs/NAME/report.html\n  \
    lth report runs/sweep-HASH --output sweep.html\n  \
    lth report runs --where criterion=movement")]
pub(crate) struct ReportArguments {
    /// Runs, sweeps, or folders in which runs lie [default: runs]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only runs of which this holds, as `lth runs` has it: criterion=movement, 'learning-rate<0.01'; may be repeated
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<String>,
    /// Write the page to this file [default: report.html in the folder of the run or sweep, of several in the current folder]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
}

/// Show the page of `lth report` in a browser while runs go on.
///
/// The page is served on this machine alone (127.0.0.1) unless --listen says otherwise; then its address has a token, without which nothing is
/// shown. It follows what processes here or elsewhere write into the folder. Ctrl-C ends it; runs do not notice.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth watch runs\n  \
    lth watch runs/sweep-HASH --port 8080\n  \
    lth watch runs --listen 0.0.0.0                        from other machines, with the token that it prints")]
pub(crate) struct WatchArguments {
    /// A run, a sweep, or a folder in which runs lie
    #[arg(value_name = "FOLDER", default_value = "runs")]
    pub(crate) folder: PathBuf,
    /// The port; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value = "7070", allow_negative_numbers = true)]
    pub(crate) port: String,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) listen: String,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
}
