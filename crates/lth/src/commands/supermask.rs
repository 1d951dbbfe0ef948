//! `lth supermask`.

use super::{supermask_heuristic, supermask_learn};
use crate::{
    arguments::{CommonArguments, SupermaskArguments, SupermaskCommand},
    failure::Failure,
    output::Messages,
};

/// Finds supermasks, in whichever way was asked for.
pub(crate) fn run(
    arguments: &SupermaskArguments,
    common: &CommonArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    match &arguments.command {
        SupermaskCommand::Heuristic(arguments) => supermask_heuristic::run(arguments, common, messages),
        SupermaskCommand::Learn(arguments) => supermask_learn::run(arguments, common, messages),
    }
}
