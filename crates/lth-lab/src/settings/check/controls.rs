//! Whether a run has what its controls need.

use super::refuse;
use crate::{Experiment, LabError, RunControl, settings::Procedure};

impl Experiment {
    /// Checks controls that need more than a ticket.
    pub(super) fn check_controls(&self) -> Result<(), LabError> {
        for kind in &self.controls {
            match kind.of_run() {
                Some(RunControl::OneShot) if !matches!(self.pruning.procedure, Procedure::Iterative(_)) => {
                    return refuse(
                        "controls",
                        kind,
                        "it prunes at once what the run prunes round by round, and this run does not",
                        "leave it out: it is for iterative pruning",
                    );
                }
                Some(RunControl::OtherSeedMask) if self.replicates < u32::from(kind.draw()) + 2 => {
                    return refuse(
                        "controls",
                        kind,
                        format!(
                            "each draw takes the mask of another replicate, and there are {} in all",
                            self.replicates
                        ),
                        "run `find-winning-ticket` again with more --replicates",
                    );
                }
                Some(RunControl::OtherRunMask) if self.mask_runs.len() <= usize::from(kind.draw()) => {
                    return refuse(
                        "controls",
                        kind,
                        format!(
                            "each draw takes masks of another run, and {} are named",
                            self.mask_runs.len()
                        ),
                        "name one: lth control RUN --kind other-run-mask --masks-of OTHER_RUN",
                    );
                }
                _ => (),
            }
        }
        Ok(())
    }
}
