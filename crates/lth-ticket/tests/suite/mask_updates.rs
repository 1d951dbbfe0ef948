//! Trainings in which masks change.

use std::{io, iter};

use crate::common::{CLASSES, FEATURES, Fixture, LAST, ReferenceEngine, finish};
use lth_model::{Density, Mask, Masks, Pruned, Rate, TensorFile};
use lth_ticket::{
    Directive, GradualPruning, GrowthRule, MaskUpdates, Observer, Progress, PruningRates, Scope,
    TrainingCheckpoint, TrainingError, TrainingJob, Unobserved, train,
};

const WEIGHT: &str = "fc1.weight";
const SIZE: usize = CLASSES * FEATURES;

/// A dense start.
fn dense() -> Fixture {
    let mut fixture = Fixture::new();
    let kept = iter::repeat_n(true, SIZE);
    fixture.masks = Masks::from([(WEIGHT.to_owned(), Mask::from_flags(vec![CLASSES, FEATURES], kept))]);
    fixture
}

/// A start with a third of the weights.
fn sparse() -> Fixture {
    let mut fixture = Fixture::new();
    let kept = (0..SIZE).map(|index| index % 3 == 1);
    fixture.masks = Masks::from([(WEIGHT.to_owned(), Mask::from_flags(vec![CLASSES, FEATURES], kept))]);
    fixture
}

fn job<'a>(fixture: &'a Fixture, updates: MaskUpdates<'a>) -> TrainingJob<'a> {
    TrainingJob { mask_updates: Some(updates), snapshots: vec![], ..fixture.job() }
}

fn gradual(rates: &PruningRates) -> MaskUpdates<'_> {
    let [initial, last] = [1.0, 0.25].map(|density| Density::new(density).unwrap());
    let schedule = GradualPruning { initial, last, start: 2, every: 3, prunings: 4 };
    MaskUpdates::Gradual { schedule, scope: Scope::Global, rates }
}

fn rates() -> PruningRates {
    let rate = Rate::new(0.2).unwrap();
    PruningRates::new(rate, rate)
}

fn drop_and_grow(growth: GrowthRule) -> MaskUpdates<'static> {
    MaskUpdates::DropAndGrow { growth, every: 3, end: 16, fraction: 0.6 }
}

/// Makes a checkpoint of every iteration.
struct Every(Vec<TrainingCheckpoint>);

impl Observer for Every {
    fn step(&mut self, _progress: &Progress) -> Directive {
        Directive::Checkpoint
    }

    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        self.0.push(checkpoint.clone());
        Ok(())
    }
}

fn checkpoints(job: &TrainingJob<'_>) -> Vec<TrainingCheckpoint> {
    let mut every = Every(vec![]);
    train(&ReferenceEngine, job, None, &mut every).unwrap();
    every.0
}

fn through_bytes(checkpoint: &TrainingCheckpoint) -> TrainingCheckpoint {
    let bytes = checkpoint.to_file().to_bytes();
    TrainingCheckpoint::from_file(TensorFile::from_bytes(&bytes, "checkpoint").unwrap()).unwrap()
}

/// The mask after each iteration, 1 the first.
fn masks(job: &TrainingJob<'_>) -> Vec<Mask> {
    checkpoints(job).into_iter().map(|checkpoint| checkpoint.masks.unwrap()[WEIGHT].clone()).collect()
}

#[test]
fn a_training_stopped_at_any_iteration_goes_on_to_the_same_bits() {
    let (sparse, dense, rates) = (sparse(), dense(), rates());
    for job in [
        job(&sparse, drop_and_grow(GrowthRule::Random)),
        job(&sparse, drop_and_grow(GrowthRule::Gradient)),
        job(&dense, gradual(&rates)),
    ] {
        let whole = finish(&job, None);
        assert!(whole.masks != *job.masks, "the masks must have changed");
        let all = checkpoints(&job);
        assert_eq!(all.len() as u64, LAST);
        for checkpoint in all {
            let iteration = checkpoint.iteration;
            let gone_on = finish(&job, Some(through_bytes(&checkpoint)));
            assert!(gone_on == whole, "{:?}, stopped at {iteration}", job.mask_updates);
        }
    }
}

#[test]
fn drop_and_grow_keeps_the_count_and_changes_when_it_should() {
    let fixture = sparse();
    let before = &fixture.masks[WEIGHT];
    let [random, steepest] =
        [GrowthRule::Random, GrowthRule::Gradient].map(|growth| masks(&job(&fixture, drop_and_grow(growth))));
    for all in [&random, &steepest] {
        let mut last = before;
        let mut changes = Vec::new();
        for (mask, iteration) in all.iter().zip(1..) {
            assert_eq!(mask.live(), before.live());
            if mask != last {
                changes.push(iteration);
            }
            last = mask;
        }
        assert!(!changes.is_empty(), "nothing changed");
        assert!(changes.iter().all(|iteration| iteration % 3 == 0 && *iteration < 16), "{changes:?}");
    }
    assert!(random != steepest, "the two rules must differ");
}

#[test]
fn new_weights_start_from_zero_without_moments_and_dropped_ones_are_gone() {
    let fixture = sparse();
    let all = checkpoints(&job(&fixture, drop_and_grow(GrowthRule::Gradient)));
    let (before, after) = (&all[1], &all[2]);
    let mask_of = |checkpoint: &TrainingCheckpoint| checkpoint.masks.as_ref().unwrap()[WEIGHT].clone();
    let (old, new) = (mask_of(before), mask_of(after));
    let weight = after.trainer.weights[WEIGHT].data();
    let memory = after.trainer.optimizer.tensors[&format!("{WEIGHT}.momentum_buffer")].data();
    let mut grown = 0;
    for index in 0..SIZE {
        let fresh = new.is_live(index) && !old.is_live(index);
        grown += usize::from(fresh);
        if fresh || !new.is_live(index) {
            assert_eq!((weight[index], memory[index]), (0.0, 0.0), "weight {index}");
        }
    }
    assert!(grown > 0, "the first change must grow something");
}

#[test]
fn gradual_pruning_follows_its_schedule_and_never_takes_back() {
    let (fixture, rates) = (dense(), rates());
    let updates = gradual(&rates);
    let MaskUpdates::Gradual { schedule, .. } = updates else { unreachable!() };
    let mut last: Option<Mask> = None;
    for (mask, iteration) in masks(&job(&fixture, updates)).into_iter().zip(1_u64..) {
        let pruned_at = (schedule.start..=iteration).rfind(|&at| schedule.prunes_at(at));
        let density = pruned_at.map_or(1.0, |at| schedule.density(at).get());
        assert_eq!(mask.live(), (density * SIZE as f64).round_ties_even() as usize, "{iteration}");
        if let Some(last) = &last {
            assert!((0..SIZE).all(|index| last.is_live(index) || !mask.is_live(index)), "{iteration}");
        }
        last = Some(mask);
    }
    let trained = finish(&job(&fixture, updates), None);
    assert_eq!(trained.masks[WEIGHT].live(), SIZE / 4);
    let weights = trained.weights[WEIGHT].data();
    assert!((0..SIZE).all(|index| trained.masks[WEIGHT].is_live(index) || weights[index] == 0.0));
}

#[test]
fn what_cannot_be_is_refused_before_training() {
    let fixture = sparse();
    let late =
        MaskUpdates::DropAndGrow { growth: GrowthRule::Random, every: 3, end: LAST + 1, fraction: 0.3 };
    let refused = |job: &TrainingJob<'_>| train(&ReferenceEngine, job, None, &mut Unobserved).unwrap_err();
    assert!(matches!(refused(&job(&fixture, late)), TrainingError::MaskUpdates { end: 21, last: LAST }));
    let frozen = TrainingJob { pruned: Pruned::Frozen, ..job(&fixture, drop_and_grow(GrowthRule::Random)) };
    assert!(matches!(refused(&frozen), TrainingError::Engine(_)));

    let changing = job(&fixture, drop_and_grow(GrowthRule::Random));
    let checkpoint = checkpoints(&changing).swap_remove(4);
    let fixed = TrainingJob { mask_updates: None, ..changing };
    let error = train(&ReferenceEngine, &fixed, Some(checkpoint), &mut Unobserved).unwrap_err();
    assert!(matches!(error, TrainingError::OtherTraining { iteration: 5, .. }), "{error}");
}
