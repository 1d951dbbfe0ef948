//! The training loop, as a user of it sees it.

use std::io;

use crate::common::{At, Fixture, LAST, ReferenceEngine, finish, normed_architecture, stop_at};
use lth_model::{Augmentation, EngineError, Mask, Seed, Step, TensorFile, Tensors};
use lth_ticket::{
    CheckpointError, DataOrder, Directive, MetricRow, Observer, Outcome, Progress, Split, Trained,
    TrainingCheckpoint, TrainingError, TrainingJob, Unobserved, train,
};

fn through_bytes(checkpoint: &TrainingCheckpoint) -> TrainingCheckpoint {
    let bytes = checkpoint.to_file().to_bytes();
    let read = TrainingCheckpoint::from_file(TensorFile::from_bytes(&bytes, "checkpoint").unwrap()).unwrap();
    let order = |checkpoint: &TrainingCheckpoint| -> Vec<String> {
        checkpoint
            .trainer
            .weights
            .keys()
            .chain(checkpoint.trainer.optimizer.tensors.keys())
            .cloned()
            .collect()
    };
    assert_eq!(&read, checkpoint);
    assert_eq!(order(&read), order(checkpoint));
    read
}

#[test]
fn a_training_stopped_at_any_iteration_goes_on_to_the_same_bits() {
    let fixture = Fixture::new();
    let whole = finish(&fixture.job(), None);
    for iteration in 1..=LAST {
        let stopped = stop_at(&fixture.job(), iteration);
        assert_eq!(stopped.iteration, iteration);
        assert_eq!(finish(&fixture.job(), Some(through_bytes(&stopped))), whole, "stopped at {iteration}");
    }
}

/// Stops in the middle of the n-th evaluation of a set.
struct InEvaluation(std::cell::Cell<usize>);

impl Observer for InEvaluation {
    fn step(&mut self, _progress: &Progress) -> Directive {
        Directive::Continue
    }

    fn stops(&self) -> bool {
        self.0.set(self.0.get().wrapping_sub(1));
        self.0.get() == 0
    }

    fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_training_stopped_in_any_evaluation_makes_it_again_and_goes_on_to_the_same_bits() {
    let fixture = Fixture::new();
    let whole = finish(&fixture.job(), None);
    // Validation and test set at 6, 12, 18 and the end, then the training set; stopped again in the repeated one.
    let iterations = [6, 6, 12, 12, 18, 18, LAST, LAST, LAST];
    for (evaluation, iteration) in (1..).zip(iterations) {
        let mut resume = None;
        for evaluation in [evaluation, 1] {
            let mut observer = InEvaluation(evaluation.into());
            let outcome = train(&ReferenceEngine, &fixture.job(), resume, &mut observer).unwrap();
            let Outcome::Stopped(checkpoint) = outcome else { panic!("{outcome:?}") };
            assert_eq!(checkpoint.iteration, iteration);
            resume = Some(through_bytes(&checkpoint));
        }
        assert_eq!(finish(&fixture.job(), resume), whole, "stopped in evaluation {evaluation}");
    }
    let outcome = train(&ReferenceEngine, &fixture.job(), None, &mut InEvaluation(10.into())).unwrap();
    assert!(matches!(outcome, Outcome::Finished(_)), "there is no tenth: {outcome:?}");
}

#[test]
fn a_checkpoint_is_where_a_stop_would_be_and_does_not_disturb() {
    let fixture = Fixture::new();
    let mut observer = At(9, Directive::Checkpoint, vec![]);
    let outcome = train(&ReferenceEngine, &fixture.job(), None, &mut observer).unwrap();
    let Outcome::Finished(trained) = outcome else { panic!("{outcome:?}") };
    assert_eq!(Trained { seconds: 0.0, cpu_seconds: None, ..trained }, finish(&fixture.job(), None));
    let still =
        |checkpoint: TrainingCheckpoint| TrainingCheckpoint { seconds: 0.0, cpu_seconds: None, ..checkpoint };
    assert_eq!(observer.2.len(), 1);
    assert_eq!(still(observer.2.remove(0)), still(stop_at(&fixture.job(), 9)));
}

#[test]
fn a_start_at_a_snapshot_with_its_optimizer_goes_on_as_the_dense_training() {
    let fixture = Fixture::new();
    let whole = finish(&fixture.job(), None);
    let snapshot = &whole.snapshots[&7];
    assert_eq!(snapshot.optimizer.updates, 7);
    let late = TrainingJob {
        start: 7,
        weights: &snapshot.weights,
        optimizer: Some(&snapshot.optimizer),
        snapshots: vec![7],
        ..fixture.job()
    };
    let late = finish(&late, None);
    assert_eq!((&late.weights, &late.optimizer), (&whole.weights, &whole.optimizer));
    assert_eq!(&late.snapshots[&7], snapshot);
    let from_18 = |rows: &[MetricRow]| -> Vec<MetricRow> {
        rows.iter().filter(|row| row.iteration >= 18).copied().collect()
    };
    assert_eq!(from_18(&late.history), from_18(&whole.history));

    let fresh = TrainingJob { start: 7, weights: &snapshot.weights, snapshots: vec![LAST], ..fixture.job() };
    let fresh = finish(&fresh, None);
    assert_eq!(fresh.snapshots[&LAST].optimizer.updates, LAST - 7);
    assert_ne!(fresh.weights, whole.weights);
}

#[test]
fn evaluates_at_multiples_and_at_the_end() {
    let fixture = Fixture::new();
    let trained = finish(&fixture.job(), None);
    let rows: Vec<(u64, Split)> = trained.history.iter().map(|row| (row.iteration, row.split)).collect();
    let expected: Vec<(u64, Split)> = [6, 12, 18, LAST]
        .into_iter()
        .flat_map(|iteration| [Split::Train, Split::Validation, Split::Test].map(|split| (iteration, split)))
        .collect();
    assert_eq!(rows, expected);
    assert_eq!(trained.train.examples, 23);
    assert!(trained.train.loss < trained.history[0].loss, "it learns");
    assert_eq!(trained.snapshots.keys().copied().collect::<Vec<_>>(), [0, 7, LAST]);
    assert_eq!(trained.snapshots[&LAST].weights, trained.weights);
}

#[test]
fn training_rows_are_means_over_the_batches_since_the_last() {
    let fixture = Fixture::new();
    let mut single = fixture.job();
    single.evaluate_every = 1;
    let single: Vec<MetricRow> =
        finish(&single, None).history.into_iter().filter(|row| row.split == Split::Train).collect();
    let grouped: Vec<MetricRow> =
        finish(&fixture.job(), None).history.into_iter().filter(|row| row.split == Split::Train).collect();
    // Iteration 5 is the short batch of 3 examples.
    let examples = [5.0, 5.0, 5.0, 5.0, 3.0, 5.0];
    let mean: f64 = single.iter().zip(examples).map(|(row, count)| row.loss * count).sum::<f64>() / 28.0;
    let accuracy: f64 =
        single.iter().zip(examples).map(|(row, count)| row.accuracy * count).sum::<f64>() / 28.0;
    assert!((grouped[0].loss - mean).abs() < 1e-12);
    assert!((grouped[0].accuracy - accuracy).abs() < 1e-12);
}

#[test]
fn pruned_weights_stay_exact_zeros() {
    let fixture = Fixture::new();
    let trained = finish(&fixture.job(), None);
    for tensors in [&trained.weights, &trained.snapshots[&7].weights] {
        for (index, value) in tensors["fc1.weight"].data().iter().enumerate() {
            assert_eq!(value.to_bits() == 0, index % 3 == 1, "weight {index} is {value}");
        }
    }
}

#[test]
fn progress_counts_iterations_and_epochs() {
    #[derive(Default)]
    struct Record(Vec<Progress>);
    impl Observer for Record {
        fn step(&mut self, progress: &Progress) -> Directive {
            self.0.push(*progress);
            Directive::Continue
        }
        fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
            Ok(())
        }
    }
    let mut fixture = Fixture::new();
    fixture.recipe.length = "1ep3it".parse().unwrap();
    let mut record = Record::default();
    let job = TrainingJob { snapshots: vec![], ..fixture.job() };
    train(&ReferenceEngine, &job, None, &mut record).unwrap();
    let epochs: Vec<(u64, u64)> =
        record.0.iter().map(|progress| (progress.iteration, progress.epoch)).collect();
    assert_eq!(epochs, [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 2), (7, 2), (8, 2)]);
    assert!(record.0.iter().all(|progress| (progress.iterations, progress.epochs) == (8, 2)));
    let validation: Vec<Option<u64>> =
        record.0.iter().map(|progress| progress.validation.map(|row| row.iteration)).collect();
    assert_eq!(validation[4..], [None, Some(6), Some(6), Some(8)]);
}

#[test]
fn without_validation_there_are_no_validation_rows() {
    let mut fixture = Fixture::new();
    fixture.data.validation.clear();
    let trained = finish(&fixture.job(), None);
    assert!(trained.history.iter().all(|row| row.split != Split::Validation));
    assert_eq!(lth_ticket::early_stop(&trained.history).unwrap().iteration, LAST);
    let stopped = stop_at(&fixture.job(), 13);
    assert_eq!(finish(&fixture.job(), Some(through_bytes(&stopped))), trained);
}

#[test]
fn stored_order_is_ascending_however_the_indices_come() {
    let fixture = Fixture::new();
    let stored = TrainingJob { order: DataOrder::Stored, ..fixture.job() };
    assert_ne!(finish(&stored, None).weights, finish(&fixture.job(), None).weights);
    let mut reversed = Fixture::new();
    reversed.data.train_indices.reverse();
    let reversed = TrainingJob { order: DataOrder::Stored, ..reversed.job() };
    assert_eq!(finish(&reversed, None), finish(&stored, None));
}

#[test]
fn a_loss_that_is_not_finite_ends_the_training() {
    let mut fixture = Fixture::new();
    fixture.recipe.learning_rate = 1e38;
    let job = TrainingJob { evaluate_every: 1000, snapshots: vec![], ..fixture.job() };
    let outcome = train(&ReferenceEngine, &job, None, &mut Unobserved).unwrap();
    let Outcome::Diverged { iteration } = outcome else { panic!("{outcome:?}") };
    assert!((2..LAST).contains(&iteration), "{iteration}");

    fixture.recipe.length = Step::from_iterations(iteration - 1);
    let job = TrainingJob { snapshots: vec![], ..fixture.job() };
    let outcome = train(&ReferenceEngine, &job, None, &mut Unobserved).unwrap();
    assert_eq!(outcome, Outcome::Diverged { iteration: iteration - 1 }, "the evaluation at the end sees it");
}

#[test]
fn refuses_jobs_that_contradict_themselves() {
    type Change = fn(&mut Fixture);
    let refused = |change: Change| {
        let mut fixture = Fixture::new();
        change(&mut fixture);
        train(&ReferenceEngine, &fixture.job(), None, &mut Unobserved).unwrap_err()
    };
    let no_train = refused(|fixture| fixture.data.train_indices.clear());
    assert!(matches!(no_train, TrainingError::NoExamples { split: Split::Train }));
    let no_test = refused(|fixture| fixture.data.test_indices.clear());
    assert!(matches!(no_test, TrainingError::NoExamples { split: Split::Test }));
    let index = refused(|fixture| fixture.data.validation.push(30));
    assert_eq!(index.to_string(), "validation example 30 does not exist: the data set has 30 examples");
    let batch = refused(|fixture| fixture.recipe.batch_size = 24);
    assert!(matches!(batch, TrainingError::BatchSize { batch_size: 24, examples: 23 }));
    assert!(matches!(refused(|fixture| fixture.recipe.batch_size = 0), TrainingError::Recipe(_)));
    assert!(matches!(refused(|fixture| fixture.recipe.learning_rate = -1.0), TrainingError::Recipe(_)));
    let warmup = refused(|fixture| fixture.recipe.schedule = "warmup:4ep".parse().unwrap());
    assert_eq!(warmup.to_string(), "the warm-up of 4ep is not over at the end of the training, iteration 20");
    let shape = refused(|fixture| fixture.masks["fc1.weight"] = Mask::dense(vec![1, 2]));
    assert!(matches!(shape, TrainingError::Engine(EngineError::Shape { .. })));

    let fixture = Fixture::new();
    let refused = |job: &TrainingJob<'_>| train(&ReferenceEngine, job, None, &mut Unobserved).unwrap_err();
    let length = refused(&TrainingJob { start: LAST, ..fixture.job() });
    assert!(matches!(length, TrainingError::Length { start: LAST, last: LAST }));
    let never = refused(&TrainingJob { evaluate_every: 0, ..fixture.job() });
    assert!(matches!(never, TrainingError::EvaluateEvery));
    for (start, iteration) in [(0, 21), (8, 7)] {
        let snapshot = refused(&TrainingJob { start, snapshots: vec![iteration], ..fixture.job() });
        assert!(matches!(snapshot, TrainingError::Snapshot { .. }));
    }
}

#[test]
fn refuses_checkpoints_of_other_trainings() {
    let fixture = Fixture::new();
    let checkpoint = stop_at(&fixture.job(), 9);
    for job in [
        TrainingJob { start: 10, snapshots: vec![], ..fixture.job() },
        TrainingJob { snapshots: vec![4], ..fixture.job() },
        TrainingJob { evaluate_every: 4, ..fixture.job() },
    ] {
        let error = train(&ReferenceEngine, &job, Some(checkpoint.clone()), &mut Unobserved).unwrap_err();
        assert!(matches!(error, TrainingError::OtherTraining { iteration: 9, .. }), "{error}");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_stored_ends_the_training() {
    struct FullDisk;
    impl Observer for FullDisk {
        fn step(&mut self, _progress: &Progress) -> Directive {
            Directive::Checkpoint
        }
        fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let error = train(&ReferenceEngine, &Fixture::new().job(), None, &mut FullDisk).unwrap_err();
    assert!(matches!(error, TrainingError::Checkpoint { iteration: 1, .. }), "{error}");
}

#[test]
fn damaged_checkpoints_are_refused() {
    let fixture = Fixture::new();
    let file = stop_at(&fixture.job(), 9).to_file();
    // Not every system has a clock of CPU time.
    let mut without_clock = file.clone();
    without_clock.metadata.remove("cpu-seconds");
    assert_eq!(TrainingCheckpoint::from_file(without_clock).unwrap().cpu_seconds, None);
    for key in file.metadata.keys().filter(|key| *key != "cpu-seconds") {
        let mut damaged = file.clone();
        damaged.metadata.remove(key);
        assert!(
            matches!(TrainingCheckpoint::from_file(damaged), Err(CheckpointError::Invalid { .. })),
            "without {key}"
        );
    }
    for name in file.tensors.keys() {
        let mut damaged = file.clone();
        damaged.tensors.swap_remove(name);
        let error = TrainingCheckpoint::from_file(damaged).unwrap_err();
        assert_eq!(error.to_string(), format!("not a training checkpoint: tensor '{name}' is missing"));
    }
    for (key, value) in
        [("iteration", "-1"), ("history", "6 train 0.5\n"), ("running", "1 2"), ("snapshots", "x")]
    {
        let mut damaged = file.clone();
        damaged.metadata.insert(key.to_owned(), value.to_owned());
        assert!(
            matches!(TrainingCheckpoint::from_file(damaged), Err(CheckpointError::Invalid { .. })),
            "{key} {value}"
        );
    }
    let mut newer = file;
    newer.metadata.insert("format".to_owned(), "3".to_owned());
    assert_eq!(TrainingCheckpoint::from_file(newer), Err(CheckpointError::Newer { found: 3 }));
}

#[test]
fn running_statistics_go_through_training_checkpoints_and_snapshots() {
    let fixture = Fixture::of(normed_architecture());
    let job = fixture.job();
    let whole = finish(&job, None);
    let mean = |tensors: &Tensors| tensors["bn1.running_mean"].data()[0];
    assert_eq!(mean(&whole.snapshots[&0].weights), 0.0);
    assert_ne!(mean(&whole.snapshots[&7].weights), 0.0);
    assert_ne!(mean(&whole.snapshots[&7].weights), mean(&whole.weights));
    assert_eq!(whole.snapshots[&LAST].weights, whole.weights);

    let checkpoint = through_bytes(&stop_at(&job, 9));
    assert_eq!(finish(&job, Some(checkpoint)), whole);
}

#[test]
fn images_are_varied_in_steps_only() {
    let mut fixture = Fixture::new();
    fixture.recipe.augmentation = Augmentation { crop_padding: 1, horizontal_flip: true };
    let seen = crate::common::Views::default();
    let engine = crate::common::WatchedEngine(seen.clone());
    let Outcome::Finished(_) = train(&engine, &fixture.job(), None, &mut Unobserved).unwrap() else {
        panic!("not finished");
    };
    let steps = seen.taken();
    assert_eq!(steps.len() as u64, LAST);
    let mut expected = Vec::new();
    for (step, (indices, views)) in steps.iter().enumerate() {
        let epoch = step as u64 / 5;
        lth_model::views(fixture.recipe.augmentation, Seed(3), epoch, indices, &mut expected);
        assert_eq!(*views, expected, "step {step}");
    }

    // A training that starts later sees the same views from there on.
    let late = crate::common::Views::default();
    let job = TrainingJob { start: 7, snapshots: vec![], ..fixture.job() };
    train(&crate::common::WatchedEngine(late.clone()), &job, None, &mut Unobserved).unwrap();
    assert_eq!(late.taken(), steps[7..]);
}

#[test]
fn a_training_that_starts_later_goes_on_with_the_schedule() {
    let mut fixture = Fixture::new();
    fixture.recipe.schedule = "warmup:4it+milestones:2ep,0.1".parse().unwrap();
    let seen = crate::common::Views::default();
    let job = TrainingJob { start: 8, snapshots: vec![], ..fixture.job() };
    train(&crate::common::WatchedEngine(seen.clone()), &job, None, &mut Unobserved).unwrap();
    let expected: Vec<f32> = (8..LAST)
        .map(|iteration| if iteration < 10 { 0.3 } else { (f64::from(0.3_f32) * 0.1) as f32 })
        .collect();
    assert_eq!(seen.rates(), expected);

    let all = crate::common::Views::default();
    let job = TrainingJob { snapshots: vec![], ..fixture.job() };
    train(&crate::common::WatchedEngine(all.clone()), &job, None, &mut Unobserved).unwrap();
    let warm = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| (f64::from(0.3_f32) * part) as f32);
    assert_eq!(all.rates()[..5], warm);
    assert_eq!(all.rates()[8..], expected);
}
