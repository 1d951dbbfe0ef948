//! `lth criteria`.

use lth_lab::RunControl;
use lth_ticket::{BEFORE_TRAINING, CONTROLS, CRITERIA, DuringTraining, MASK0_ACTIONS, MASK1_ACTIONS};

use crate::{
    failure::Failure,
    output::print,
    table::{self, table},
};

/// Lists the criteria, what becomes of kept and pruned weights, and the controls.
pub(crate) fn run() -> Result<(), Failure> {
    let mut criteria = table(&["criterion", "score", "description", "paper"], usize::MAX);
    for criterion in CRITERIA {
        criteria.add_row([criterion.name(), criterion.formula(), criterion.description(), criterion.paper()]);
    }
    let mut before = table(&["before training", "score", "description", "paper"], usize::MAX);
    for method in BEFORE_TRAINING {
        before.add_row([method.name(), method.formula(), method.description(), method.paper()]);
    }
    let mut during = table(&["during training", "change", "description", "paper"], usize::MAX);
    for method in DuringTraining::ALL {
        during.add_row([method.name(), method.formula(), method.description(), method.paper()]);
    }
    let mut kept = table(&["mask-1 action", "kept weight", "description", "paper"], usize::MAX);
    for action in MASK1_ACTIONS {
        kept.add_row([&*action.name(), action.formula(), action.description(), action.paper()]);
    }
    let mut pruned = table(&["mask-0 action", "pruned weight", "description", "paper"], usize::MAX);
    for action in MASK0_ACTIONS {
        pruned.add_row([action.name(), action.formula(), action.description(), action.paper()]);
    }
    let mut controls = table(&["control", "description", "paper"], usize::MAX);
    for control in CONTROLS {
        controls.add_row([control.name(), control.description(), control.paper()]);
    }
    for control in RunControl::ALL {
        controls.add_row([control.name(), control.description(), control.paper()]);
    }
    let tables = [criteria, before, during, kept, pruned, controls].map(|table| table::text(&table));
    print(&tables.join("\n"))
}
