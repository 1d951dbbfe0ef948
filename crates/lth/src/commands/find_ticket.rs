//! `lth find-winning-ticket`.

use super::experiment_run::{Schedule, run_experiment};
use crate::{
    arguments::{CommonArguments, FindTicketArguments},
    failure::Failure,
    output::Messages,
    settings::{self, DataSource},
};

/// Finds a winning ticket.
pub(crate) fn run(
    arguments: &FindTicketArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let dataset = settings::dataset_name(&arguments.data)?;
    let mut experiment = settings::experiment(arguments, &dataset)?;
    experiment.view = settings::view(&arguments.data.view)?;
    let schedule = Schedule::new(&arguments.run.schedule)?;
    let source = DataSource::of(&arguments.data);
    run_experiment(
        experiment,
        source,
        arguments.initial_weights.as_deref(),
        &schedule,
        &mut None,
        common,
        messages,
    )
}
