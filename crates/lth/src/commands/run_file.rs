//! `lth run`.

use lth_lab::Experiment;

use super::experiment_run::{Schedule, run_experiment};
use crate::{
    arguments::{CommonArguments, RunFileArguments},
    failure::Failure,
    output::Messages,
    settings::DataSource,
};

/// Runs an experiment from its file.
pub(crate) fn run(
    arguments: &RunFileArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let mut experiment = Experiment::read(&arguments.file).map_err(Failure::bad_input)?;
    arguments.settings.apply(&mut experiment)?;
    let schedule = Schedule::new(&arguments.schedule)?;
    let source = DataSource::of_run(&arguments.source);
    run_experiment(experiment, source, None, &schedule, &mut None, common, messages)
}
