//! `plot`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Draw the figures of runs, finished or not, or a schedule of the learning rate.
///
/// The figures of each run go into its folder `figures`, as SVG and PNG. With `--together` one figure compares the tickets of all runs.
/// With `--schedule` the learning rate over a training is drawn instead: of a model and a data set, or of an experiment file or a run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth plot runs/*\n  \
    lth plot runs/NAME --ylim 95,99\n  \
    lth plot runs/NAME --style paper --rounds 0,4,9\n  \
    lth plot --together runs/A runs/B --output criteria.pdf\n  \
    lth plot --together runs/A runs/B --label magnitude --label movement\n  \
    lth plot --together runs/* --kind bars --density 20 --band ci\n  \
    lth plot --together runs/* --kind learning-curves\n  \
    lth plot --together runs/* --kind stability\n  \
    lth plot --schedule resnet-20 cifar-10\n  \
    lth plot --schedule=one-cycle conv-2 cifar-10 --length 20ep\n  \
    lth plot --schedule runs/NAME/experiment.toml")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct PlotArguments {
    /// Run folders, or those of sweeps; with --schedule MODEL DATASET, or an experiment file
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Draw the tickets of all these runs in one figure instead: of other criteria, actions, data, ...
    #[arg(long, conflicts_with = "schedule")]
    pub(crate) together: bool,
    /// With --together, what is drawn
    #[arg(long, value_enum, value_name = "KIND", default_value = "tickets", requires = "together")]
    pub(crate) kind: PlotKind,
    /// With --kind bars or learning-curves, at which density, in percent: that of the nearest round [default: the smallest that all runs share]
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true, requires = "together")]
    pub(crate) density: Option<String>,
    /// With --together, the name of a run in the legend: RUN=NAME, or once for each run, in their order [default: the settings that differ]
    #[arg(long = "label", value_name = "[RUN=]NAME", requires = "together")]
    pub(crate) labels: Vec<String>,
    /// Draw only these rounds in figures that show each round, learning curves and the first layer: 0,4,9 [default: all; of filters three]
    #[arg(long, value_name = "ROUNDS", value_delimiter = ',', conflicts_with_all = ["schedule", "together"])]
    pub(crate) rounds: Vec<String>,
    /// Show only these accuracies, in percent: 95,99 [default: all]
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, conflicts_with = "schedule")]
    pub(crate) ylim: Option<String>,
    /// Show only these densities in figures against density, in percent: 0.1,10 [default: all]
    #[arg(long, value_name = "LOW,HIGH", allow_hyphen_values = true, conflicts_with = "schedule")]
    pub(crate) xlim: Option<String>,
    /// What figures are for: screen, paper (a column of two, 3.25 inches wide, type of 8 points, no title) or paper-wide (6.75 inches)
    #[arg(long, value_enum, value_name = "STYLE", default_value = "screen")]
    pub(crate) style: FigureStyle,
    /// Where legends stand
    #[arg(long, value_enum, value_name = "PLACE", default_value = "top", conflicts_with = "schedule")]
    pub(crate) legend: LegendPlace,
    /// Leave out titles and subtitles
    #[arg(long)]
    pub(crate) no_title: bool,
    /// What bands around means over replicates are: minmax, sd, sem or ci (95 %)
    #[arg(long, value_name = "BAND", default_value = "minmax")]
    pub(crate) band: String,
    /// Write the numbers of each figure beside it, as CSV
    #[arg(long)]
    pub(crate) data: bool,
    /// Write each figure as PDF, too: texts that can be searched, with the signs of the font that they use
    #[arg(long)]
    pub(crate) pdf: bool,
    /// Draw the learning rate over a training: that of the experiment, or with =SCHEDULE another
    #[arg(long, value_name = "SCHEDULE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    #[arg(help_heading = "Schedule")]
    pub(crate) schedule: Option<String>,
    #[command(flatten)]
    pub(crate) training: ScheduledTraining,
}

/// What figures are drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FigureStyle {
    /// A screen, a README or a slide
    Screen,
    /// A column of a paper of two
    Paper,
    /// Both columns of a paper
    PaperWide,
}

/// What is drawn of several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlotKind {
    /// Accuracy and early stop of the tickets against density
    Tickets,
    /// Accuracy at one density as bars, with every seed
    Bars,
    /// Test loss and accuracy over the trainings at one density
    LearningCurves,
    /// Barriers of `lth stability` over rewind points and densities, as a map
    Stability,
}

/// Where the legend of a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LegendPlace {
    /// Above the panels
    Top,
    /// Below them
    Bottom,
    /// Nowhere
    None,
}

/// What a schedule is drawn for, where it is not the experiment's.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Schedule")]
pub(crate) struct ScheduledTraining {
    /// Another warm-up, for example 1000it; 0it for none
    #[arg(long, value_name = "STEP", requires = "schedule")]
    pub(crate) warmup: Option<String>,
    /// Another length: 50ep, 500it, 2ep100it
    #[arg(long, value_name = "STEP", requires = "schedule")]
    pub(crate) length: Option<String>,
    /// Another learning rate
    #[arg(
        short = 'l',
        long,
        visible_alias = "lr",
        value_name = "RATE",
        allow_negative_numbers = true,
        requires = "schedule"
    )]
    pub(crate) learning_rate: Option<String>,
    /// Another batch size
    #[arg(short = 'b', long, value_name = "N", allow_negative_numbers = true, requires = "schedule")]
    pub(crate) batch_size: Option<String>,
    /// Training examples, held-out ones included [default: those of the data set]
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "schedule")]
    pub(crate) training_examples: Option<String>,
    /// With --schedule or --together, write PATH.svg and PATH.png, or PATH where it ends in .pdf [default: schedule or together]
    #[arg(short = 'o', long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
}
