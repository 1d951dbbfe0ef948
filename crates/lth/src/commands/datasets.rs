//! `lth datasets`.

use lth_data::DATASETS;

use crate::{
    failure::Failure,
    output::print,
    table::{self, table},
};

/// Lists the data sets.
pub(crate) fn run() -> Result<(), Failure> {
    let mut rows = table(&["data set", "aliases", "from", "description"], usize::MAX);
    for info in DATASETS {
        let from = match (info.embedded, info.package) {
            (true, _) => "embedded".to_owned(),
            (false, Some(package)) => format!("a folder, Debian's {package}, or --download"),
            (false, None) => "a folder or --download".to_owned(),
        };
        rows.add_row([info.name.to_owned(), info.aliases.join(", "), from, info.description.to_owned()]);
    }
    print(&table::text(&rows))
}
