//! The training loop: trainings side by side in the networks of one trainer.

use lth_model::{Engine, EngineError, Evaluation, EvaluationSet, StepReport, Stretch, Trainer, Update};

use super::{
    Directive, Observer, Outcome, TrainingCheckpoint, TrainingError, TrainingJob, check::check, clock::Clock,
    mask_updates::diverged, run::Run,
};

/// A training that is to be done beside others.
pub struct Training<'a> {
    /// What is trained.
    pub job: &'a TrainingJob<'a>,
    /// Where it goes on, if it was begun before.
    pub resume: Option<TrainingCheckpoint>,
    /// Watches it.
    pub observer: &'a mut dyn Observer,
}

/// How a training ended, or why it could not be done.
type Ending = Result<Outcome, TrainingError>;

/// Trains a network from `job.start` to the recipe's length, or from a checkpoint of the same training.
///
/// Iteration `i` means: after `i` updates. Validation and test sets are evaluated at every multiple of `evaluate_every`
/// and at the last iteration; the training rows beside them are running means over the batches since the evaluation
/// before. At the end the whole training set is evaluated once. Images are varied in steps only, never in evaluations.
/// Weights, optimiser state and all figures but the times depend on the job and the engine only: neither the observer
/// nor an interruption changes a bit.
///
/// # Errors
/// When the job contradicts itself or its data, the engine refuses weights, masks or examples, or the observer cannot
/// store a checkpoint. Everything but the last is found before the first update.
pub fn train(
    engine: &dyn Engine,
    job: &TrainingJob<'_>,
    resume: Option<TrainingCheckpoint>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainingError> {
    let endings = train_all(engine, vec![Training { job, resume, observer }]);
    endings.into_iter().next().expect("an ending for each training")
}

/// Several trainings as [`train`] does each, to the same bits; an ending for each, in their order. Neighbours of the same program share
/// a trainer, as many of them as the engine places in one, and one that ends leaves the others as they are.
pub fn train_all(engine: &dyn Engine, trainings: Vec<Training<'_>>) -> Vec<Result<Outcome, TrainingError>> {
    let mut endings = Vec::new();
    let mut trainings = trainings.into_iter().peekable();
    while let Some(first) = trainings.next() {
        let program = first.job.program();
        let placement = engine.placement(&program);
        let mut group = vec![first];
        while group.len() < placement.networks
            && let Some(next) = trainings.next_if(|next| next.job.program() == program)
        {
            group.push(next);
        }
        endings.extend(Group::new(engine, group).train(engine, placement.updates.max(1)));
    }
    endings
}

/// Trainings in the networks of one trainer.
struct Group<'a> {
    runs: Vec<Run<'a>>,
    endings: Vec<Option<Ending>>,
}

impl<'a> Group<'a> {
    /// Checks each training.
    fn new(engine: &dyn Engine, trainings: Vec<Training<'a>>) -> Self {
        let mut group = Self { runs: Vec::new(), endings: Vec::new() };
        for (place, Training { job, resume, observer }) in trainings.into_iter().enumerate() {
            let clock = Clock::start();
            let checked = check(job, resume.as_ref());
            let sets = checked.and_then(|()| Ok(job.data.evaluation_sets(engine)?));
            match sets {
                Ok(sets) => {
                    group.runs.push(Run::new(place, (job, sets), resume, observer, clock));
                    group.endings.push(None);
                }
                Err(error) => group.endings.push(Some(Err(error))),
            }
        }
        for (network, run) in group.runs.iter_mut().enumerate() {
            run.network = network;
        }
        group
    }

    /// Trains them all, so many updates at most between two looks.
    fn train(mut self, engine: &dyn Engine, updates: usize) -> impl Iterator<Item = Ending> {
        if let Some(first) = self.runs.first() {
            let starts: Vec<_> = self.runs.iter().map(Run::start).collect();
            match engine.trainer(&first.job.program(), &starts) {
                Ok(mut trainer) => self.loop_over(&mut *trainer, updates),
                Err(error) => self.end_all(&error),
            }
        }
        self.endings.into_iter().map(|ending| ending.expect("every training has ended"))
    }

    fn loop_over(&mut self, trainer: &mut dyn Trainer, updates: usize) {
        self.runs.iter_mut().for_each(|run| run.begin(trainer));
        self.evaluate(trainer, Run::lacks_evaluation);
        let mut reports = Vec::new();
        loop {
            self.finish(trainer);
            if self.runs.is_empty() {
                return;
            }
            let updates = self.runs.iter().map(|run| run.updates_to_event(updates)).min().unwrap_or(1);
            if let Err(error) = self.step(trainer, updates, &mut reports) {
                return self.end_all(&error);
            }
            self.after_updates(trainer, &reports, updates);
            self.evaluate(trainer, Run::is_evaluated);
            self.report(trainer);
        }
    }

    /// The next updates of all networks.
    fn step(
        &mut self,
        trainer: &mut dyn Trainer,
        updates: usize,
        reports: &mut Vec<StepReport>,
    ) -> Result<(), EngineError> {
        self.runs.iter_mut().for_each(|run| run.prepare(updates));
        if let [run] = &*self.runs
            && updates == 1
        {
            // Without a list: a step takes nothing from the heap.
            let updates = &[run.update(0)];
            return trainer.run(&[Stretch { network: run.network, updates }], reports);
        }
        let all: Vec<Vec<Update<'_>>> =
            self.runs.iter().map(|run| (0..updates).map(|update| run.update(update)).collect()).collect();
        let stretches = self.runs.iter().zip(&all);
        let stretches: Vec<_> =
            stretches.map(|(run, updates)| Stretch { network: run.network, updates }).collect();
        trainer.run(&stretches, reports)
    }

    /// Counts updates, changes masks, takes snapshots.
    fn after_updates(&mut self, trainer: &mut dyn Trainer, reports: &[StepReport], updates: usize) {
        let mut reports = reports.chunks(updates);
        self.each(trainer, |run, trainer| {
            if let Some(iteration) = run.count(reports.next().unwrap_or_default()) {
                return Some(Ok(Outcome::Diverged { iteration }));
            }
            match run.change_masks(trainer) {
                Err(error) if diverged(&error) => {
                    return Some(Ok(Outcome::Diverged { iteration: run.iteration }));
                }
                Err(error) => return Some(Err(error)),
                Ok(()) => {}
            }
            run.take_snapshot(trainer);
            None
        });
    }

    /// Evaluates the networks that are due, all in one go.
    fn evaluate(&mut self, trainer: &mut dyn Trainer, due: fn(&Run<'a>) -> bool) {
        let pairs: Vec<(usize, &EvaluationSet)> =
            self.runs.iter().filter(|run| due(run)).flat_map(Run::evaluated).collect();
        if pairs.is_empty() {
            return;
        }
        let stop = || self.runs.iter().any(|run| run.observer.stops());
        let found = match trainer.evaluate(&pairs, &stop) {
            Ok(found) => found,
            Err(error) => return self.end_all(&error),
        };
        let mut found: Option<std::vec::IntoIter<Evaluation>> = found.map(Vec::into_iter);
        self.each(trainer, |run, trainer| match &mut found {
            _ if !due(run) => None,
            None => Some(Ok(Outcome::Stopped(run.checkpoint(trainer)))),
            Some(found) => {
                let count = run.evaluated().count();
                let iteration = run.iteration;
                let finite = run.note(found.take(count));
                (!finite).then_some(Ok(Outcome::Diverged { iteration }))
            }
        });
    }

    /// Tells the observers.
    fn report(&mut self, trainer: &mut dyn Trainer) {
        self.each(trainer, |run, trainer| match run.observer.step(&run.progress()) {
            Directive::Continue => None,
            Directive::Checkpoint => {
                let checkpoint = run.checkpoint(trainer);
                let iteration = run.iteration;
                let stored = run.observer.checkpoint(&checkpoint);
                stored.err().map(|source| Err(TrainingError::Checkpoint { iteration, source }))
            }
            Directive::Stop => Some(Ok(Outcome::Stopped(run.checkpoint(trainer)))),
        });
    }

    /// Ends the trainings that are at their last iteration.
    fn finish(&mut self, trainer: &mut dyn Trainer) {
        self.each(trainer, |run, trainer| run.is_at_end().then(|| run.finish(trainer)));
    }

    /// Lets `end` say of each training whether it ends, and how.
    fn each(
        &mut self,
        trainer: &mut dyn Trainer,
        mut end: impl FnMut(&mut Run<'a>, &mut dyn Trainer) -> Option<Ending>,
    ) {
        let endings = &mut self.endings;
        self.runs.retain_mut(|run| match end(run, trainer) {
            None => true,
            ending => {
                endings[run.place] = ending;
                trainer.retire(run.network);
                false
            }
        });
    }

    /// Ends all that are left for one reason.
    fn end_all(&mut self, error: &EngineError) {
        for run in self.runs.drain(..) {
            self.endings[run.place] = Some(Err(error.clone().into()));
        }
    }
}
