//! One training: whether each of its files is whole, and what they say of each other.

use std::path::{Path, PathBuf};

use super::{
    Finding, FindingKind, Repair,
    content::{ends, tensors},
    evaluations::{Evaluations, check_evaluations},
    ticket::{Points, contradicts, is_of_point, network_of, other_counts, point_of, read_ticket, shapes_of},
};
use crate::{
    Experiment, LabError, Layout, RoundRecord, Stage, Timing,
    disk::read_any_checkpoint,
    metrics::{read_event_file, read_metrics_csv},
    read_file,
    schedule::TICKET,
};

/// A run, as far as it is known.
pub(super) struct Run<'a> {
    pub(super) layout: &'a Layout,
    /// Its settings, where they can be relied on.
    pub(super) experiment: Option<&'a Experiment>,
}

/// A training as its files tell it.
pub(super) struct Training {
    pub(super) stage: Stage,
    /// Whether its record is there, whatever it says.
    pub(super) is_finished: bool,
    /// Its record, if it is whole and in its place.
    pub(super) record: Option<RoundRecord>,
    pub(super) ticket: Option<TicketFile>,
    /// The hash of the ticket that its trained weights name.
    pub(super) trained_from: Option<String>,
    pub(super) timing: Option<Timing>,
    pub(super) findings: Vec<Finding>,
}

/// What other files may say of a ticket.
pub(super) struct TicketFile {
    pub(super) hash: String,
    /// Tells the network that it is of from others.
    pub(super) network: String,
    pub(super) parent: Option<String>,
    /// Whether its weights are those of the point that it restarts from; `None` where that does not have to be.
    pub(super) is_of_point: Option<bool>,
}

impl Training {
    /// Reads and checks the files of a training.
    pub(super) fn read(run: &Run<'_>, stage: Stage, points: &Points) -> Self {
        let path = run.layout.record(stage.replicate, stage.variant, stage.round);
        let mut training = Self {
            stage,
            is_finished: path.exists(),
            record: None,
            ticket: None,
            trained_from: None,
            timing: None,
            findings: Vec::new(),
        };
        training.read_record(run, &path);
        training.read_tickets(run, points);
        if training.is_finished {
            training.read_evaluations(run);
            training.read_timing(run);
            training.find_missing(run);
        }
        training.read_checkpoint(run);
        training.find_leftovers(run);
        training
    }

    fn read_record(&mut self, run: &Run<'_>, path: &Path) {
        let Some(record) = self.whole(path, RoundRecord::read).flatten() else { return };
        let Stage { replicate, variant, round } = self.stage;
        if let Some(reason) = record.is_elsewhere((replicate, variant, round)) {
            return self.findings.push(Finding::contradiction(path, reason));
        }
        if let Some(seed) = run.experiment.map(|experiment| experiment.seed(replicate))
            && seed != record.seed
        {
            let reason = format!("its seed is {}, that of the replicate is {seed}", record.seed);
            return self.findings.push(Finding::contradiction(path, reason));
        }
        self.record = Some(record);
    }

    /// The ticket, trained weights, and what the record says of their masks.
    fn read_tickets(&mut self, run: &Run<'_>, points: &Points) {
        let Stage { replicate, variant, round } = self.stage;
        let path = run.layout.ticket(replicate, variant, round);
        let ticket = self.bytes(&path).and_then(|bytes| self.or_damaged(&path, read_ticket(&bytes)));
        let (mut masks, mut shapes) = (None, None);
        if let Some((hash, ticket)) = ticket {
            if let Some(reason) = contradicts(&ticket, run.experiment, self.stage, self.record.as_ref()) {
                self.findings.push(Finding::contradiction(&path, reason));
            }
            let is_of_point = point_of(run.experiment, self.stage, points)
                .map(|point| is_of_point(point, &ticket.weights, &ticket.masks));
            let network = network_of(&ticket);
            shapes = Some(shapes_of(&ticket.weights));
            self.ticket = Some(TicketFile { hash, network, parent: ticket.origin.parent, is_of_point });
            masks = Some(ticket.masks);
        }
        let trained = run.layout.trained(replicate, variant, round);
        let file = self.bytes(&trained).and_then(|bytes| self.or_damaged(&trained, tensors(&bytes)));
        if let Some(file) = file {
            let said = |key: &str| file.metadata.get(key).map(String::as_str);
            if (said("kind"), said("round")) != (Some("trained"), Some(&round.to_string()))
                || said("variant") != Some(&variant.to_string())
            {
                let reason = "its metadata are not those of the weights of this training";
                self.findings.push(Finding::contradiction(&trained, reason));
            }
            if shapes.is_some_and(|shapes| shapes != shapes_of(&file.tensors)) {
                let reason = "its tensors are not those of the ticket";
                self.findings.push(Finding::contradiction(&trained, reason));
            }
            self.trained_from = said(TICKET).map(str::to_owned);
            if run.experiment.is_some_and(|experiment| experiment.finds_masks(self.stage)) {
                masks = Some(file.masks);
            }
        } else if run.experiment.is_none_or(|experiment| experiment.finds_masks(self.stage)) {
            // The masks of the end may be others.
            masks = None;
        }
        if let (Some(record), Some(masks)) = (&self.record, &masks)
            && let Some(reason) = other_counts(&record.layers, record.density, masks)
        {
            let record = run.layout.record(replicate, variant, round);
            self.findings.push(Finding::contradiction(record, reason));
        }
    }

    fn read_evaluations(&mut self, run: &Run<'_>) {
        let Stage { replicate, variant, round } = self.stage;
        let layout = run.layout;
        let metrics = layout.metrics(replicate, variant, round);
        let history = self.whole(&metrics, read_metrics_csv);
        let lec = layout.metrics_lec(replicate, variant, round);
        let table = self.bytes(&lec).and_then(|bytes| self.or_damaged(&lec, ends(&bytes).map(|()| bytes)));
        let events = layout.events(replicate, variant, round);
        let scalars = self.bytes(&events).and_then(|bytes| self.or_damaged(&events, read_event_file(&bytes)));
        let (Some(record), Some(history)) = (&self.record, &history) else { return };
        let gradual = run.experiment.is_none_or(|experiment| experiment.finds_masks(self.stage));
        let evaluations = Evaluations { record, history, lec: table, events: scalars, settles: gradual };
        let found = check_evaluations(&evaluations);
        let paths = [layout.record(replicate, variant, round), metrics, lec, events];
        let doubtful = paths.into_iter().zip(found.doubtful).filter(|(_, is_doubtful)| *is_doubtful);
        self.findings.extend(doubtful.map(|(path, _)| Finding::contradiction(path, found.reason)));
    }

    fn read_timing(&mut self, run: &Run<'_>) {
        let Stage { replicate, variant, round } = self.stage;
        let path = run.layout.timing(replicate, variant, round);
        if !path.exists() {
            let kind = FindingKind::Untimed;
            let reason = "it is not there: how long the training took is not known, and left out";
            return self.findings.push(Finding::new(&path, kind, reason, Repair::Nothing));
        }
        let Some(timing) = self.whole(&path, Timing::read).flatten() else { return };
        let steps = self.record.as_ref().map(|record| record.end.iteration.saturating_sub(record.start));
        if let Some(steps) = steps.filter(|&steps| steps != timing.steps) {
            let reason = format!("it is of {} updates, the training made {steps}", timing.steps);
            return self.findings.push(Finding::contradiction(&path, reason));
        }
        self.timing = Some(timing);
    }

    /// Files that a finished training leaves, and that are not there.
    fn find_missing(&mut self, run: &Run<'_>) {
        let Stage { replicate, variant, round } = self.stage;
        let is_planned = |experiment: &&Experiment| {
            replicate < experiment.replicates
                && round < experiment.rounds
                && experiment.variants().any(|planned| planned == variant)
        };
        let Some(experiment) = run.experiment.filter(is_planned) else { return };
        // Which weights are wanted is not known while a record is damaged, and that is said already.
        let mut wanted = experiment.files_by_training(run.layout, self.stage).unwrap_or_default();
        wanted.push(run.layout.ticket(replicate, variant, round));
        wanted.extend(run.layout.files_by_writing(self.stage));
        if self.record.as_ref().is_some_and(|record| record.next_ticket.is_some()) {
            wanted.extend(experiment.next_ticket(run.layout, self.stage));
        }
        wanted.retain(|path| !path.exists());
        let reason = "it is not there, though the training is finished";
        self.findings.extend(wanted.into_iter().map(|path| Finding::missing(path, reason)));
    }

    fn read_checkpoint(&mut self, run: &Run<'_>) {
        let Stage { replicate, variant, round } = self.stage;
        let path = run.layout.checkpoint(replicate, variant, round);
        if path.is_file() && !self.is_finished {
            drop(self.whole_binary(&path, read_any_checkpoint));
        }
    }

    /// What a training has until it is finished.
    fn find_leftovers(&mut self, run: &Run<'_>) {
        let Stage { replicate, variant, round } = self.stage;
        let record = run.layout.record(replicate, variant, round);
        if self.record.is_none() || self.findings.iter().any(|finding| finding.path == record) {
            return;
        }
        let files =
            [run.layout.checkpoint(replicate, variant, round), run.layout.failure(replicate, variant, round)];
        let reason = "the training that it is of is finished";
        let leftover = |path: PathBuf| Finding::new(path, FindingKind::Leftover, reason, Repair::Remove);
        self.findings.extend(files.into_iter().filter(|path| path.is_file()).map(leftover));
    }

    /// The content of a text that is there and whole.
    fn whole<T>(&mut self, path: &Path, read: impl Fn(&Path) -> Result<T, LabError>) -> Option<T> {
        let bytes = self.bytes(path)?;
        let found = self.whole_binary(path, read)?;
        self.or_damaged(path, ends(&bytes))?;
        Some(found)
    }

    fn whole_binary<T>(&mut self, path: &Path, read: impl Fn(&Path) -> Result<T, LabError>) -> Option<T> {
        read(path).map_err(|error| self.findings.push(Finding::unreadable(path, &error))).ok()
    }

    /// The bytes of a file, if it is there. What is no file is told of elsewhere.
    fn bytes(&mut self, path: &Path) -> Option<Vec<u8>> {
        if !path.is_file() {
            return None;
        }
        let read = read_file(path);
        read.map_err(|error| self.findings.push(Finding::unreadable(path, &error))).ok()
    }

    fn or_damaged<T>(&mut self, path: &Path, found: Result<T, String>) -> Option<T> {
        found.map_err(|reason| self.findings.push(Finding::damaged(path, reason))).ok()
    }
}
