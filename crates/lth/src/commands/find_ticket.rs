//! `lth find-winning-ticket`.

use lth_data::find_dataset;
use lth_model::find_model;

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
    let model = find_model(&arguments.data.model).map_err(Failure::bad_input)?;
    let info = find_dataset(&arguments.data.dataset).map_err(Failure::bad_input)?;
    settings::network(&model, info)?;
    let experiment = settings::experiment(arguments, info.name)?;
    let schedule = Schedule::new(&arguments.run.schedule)?;
    let source = DataSource {
        folder: arguments.data.data_folder.clone(),
        download: arguments.data.download,
        mirror: arguments.data.mirror.clone(),
    };
    run_experiment(experiment, source, &schedule, common, messages)
}
