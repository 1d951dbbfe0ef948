//! What the page of `report` and `watch` shows, with what only the command line knows: data sets and networks.

use std::{cell::RefCell, collections::HashMap, path::Path};

use lth_lab::{Experiment, RunResults};
use lth_model::{Architecture, find_model};
use lth_report::{
    Runs,
    page::{PageContext, PageData},
};
use lth_ticket::TestSet;

use crate::{
    arguments::SourceArguments,
    build_info,
    failure::Failure,
    figures,
    output::Messages,
    settings::{self, DataSource},
};

/// Makes the page's data; test sets are read once.
pub(crate) struct ReportMaker<'a> {
    source: &'a SourceArguments,
    messages: &'a Messages,
    test_sets: RefCell<HashMap<String, Option<TestSet>>>,
}

impl<'a> ReportMaker<'a> {
    /// With data from there.
    pub(crate) fn new(source: &'a SourceArguments, messages: &'a Messages) -> Self {
        Self { source, messages, test_sets: RefCell::default() }
    }

    /// Of some runs; `link` says where the page finds their files.
    ///
    /// # Errors
    /// When there is no run, or a file of one is damaged.
    pub(crate) fn data(
        &self,
        runs: &Runs,
        link: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<PageData, Failure> {
        let context = PageContext {
            program: &build_info::version_and_commit(),
            link,
            test_set: &|experiment| self.test_set(experiment),
            network: &network,
        };
        PageData::of(runs, &context).map_err(Failure::bad_input)
    }

    fn test_set(&self, experiment: &Experiment) -> Option<TestSet> {
        let key = format!("{} {:?} {:?}", experiment.dataset, experiment.view, experiment.data_folder);
        if let Some(known) = self.test_sets.borrow().get(&key) {
            return *known;
        }
        let loaded = settings::load(experiment, DataSource::of_run(self.source), self.messages);
        let test = match loaded {
            Ok(data) => Some(TestSet::of(data.test.labels.iter().copied())),
            Err(failure) => {
                let reason = failure.words().map_or_else(String::new, |(message, _)| format!(": {message}"));
                self.messages.warning(&format!("no verdicts of runs on {}{reason}", experiment.data_title()));
                None
            }
        };
        self.test_sets.borrow_mut().insert(key, test);
        test
    }
}

fn network(run: &RunResults) -> Option<Architecture> {
    let model = find_model(&run.experiment.model).ok()?;
    figures::network(run, &model).ok()?
}
