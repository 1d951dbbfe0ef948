//! `lth criteria`.

use lth_ticket::{CONTROLS, CRITERIA};

use crate::{
    failure::Failure,
    output::print,
    table::{self, table},
};

/// Lists the criteria and the controls.
pub(crate) fn run() -> Result<(), Failure> {
    let mut criteria = table(&["criterion", "score", "description", "paper"], usize::MAX);
    for criterion in CRITERIA {
        criteria.add_row([criterion.name(), criterion.formula(), criterion.description(), criterion.paper()]);
    }
    let mut controls = table(&["control", "description", "paper"], usize::MAX);
    for control in CONTROLS {
        controls.add_row([control.name(), control.description(), control.paper()]);
    }
    print(&format!("{}\n{}", table::text(&criteria), table::text(&controls)))
}
