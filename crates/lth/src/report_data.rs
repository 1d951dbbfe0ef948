//! What the page of `report` and `watch` shows, with what only the command line knows: data sets and networks.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use lth_lab::{Experiment, RunResults};
use lth_model::{Architecture, find_model};
use lth_report::{
    Runs, missing_of_sweeps,
    page::{PageContext, PageData},
};
use lth_ticket::TestSet;

use crate::{
    arguments::SourceArguments,
    build_info,
    commands::chosen::chosen,
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

    /// Of the runs below some paths of which conditions hold; `link` says where the page finds their files. Runs of which a file is damaged
    /// are left out, and a sweep may lack runs: the page says so, and so do the lines that come with it.
    ///
    /// # Errors
    /// When there is no run, or a file of every run is damaged.
    pub(crate) fn of(
        &self,
        paths: &[PathBuf],
        conditions: &[String],
        link: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<(PageData, Vec<String>), Failure> {
        let (runs, damaged) =
            Runs::read_undamaged(&chosen(paths, conditions)?).map_err(Failure::bad_input)?;
        let mut left_out: Vec<Failure> = damaged.into_iter().map(Failure::bad_input).collect();
        let mut data = match self.data(&runs, link) {
            Ok(data) => data,
            Err(failure) => {
                // Each run alone tells whether it is its files that are damaged.
                let mut good = Vec::new();
                for run in runs.all {
                    let alone = Runs { all: vec![run] };
                    match self.data(&alone, link) {
                        Ok(_) => good.extend(alone.all),
                        Err(failure) => left_out.push(failure),
                    }
                }
                if good.is_empty() {
                    return Err(left_out.into_iter().next().unwrap_or(failure));
                }
                self.data(&Runs { all: good }, link)?
            }
        };
        let mut lines = missing_of_sweeps(paths).map_err(Failure::bad_input)?;
        lines.extend(left_out.iter().filter_map(line));
        for line in &lines {
            data.note(line.clone());
        }
        Ok((data, lines))
    }

    fn data(&self, runs: &Runs, link: &dyn Fn(&Path) -> Option<String>) -> Result<PageData, Failure> {
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

/// What is said of a run that is left out.
fn line(failure: &Failure) -> Option<String> {
    let (message, hint) = failure.words()?;
    let hint = hint.map_or_else(String::new, |hint| format!(" ({hint})"));
    Some(format!("A run is left out: {message}{hint}"))
}

fn network(run: &RunResults) -> Option<Architecture> {
    let model = find_model(&run.experiment.model).ok()?;
    figures::network(run, &model).ok()?
}
