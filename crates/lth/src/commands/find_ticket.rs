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
    let experiment = settings::experiment(arguments, &dataset)?;
    let schedule = Schedule::new(&arguments.schedule)?;
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
