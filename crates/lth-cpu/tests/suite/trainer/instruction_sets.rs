//! Whole trainings have the same bits on every instruction set.

use lth_cpu::{CpuEngine, Isa};
use lth_model::{Architecture, Evaluation, Normalization, Optimizer, TrainerState};

use crate::trainer::support::*;

const STEPS: usize = 20;

fn train(
    isa: Isa,
    architecture: &Architecture,
    (optimizer, rate): (Optimizer, f32),
    density: f64,
) -> (TrainerState, Vec<Evaluation>) {
    let masks = masks(architecture, density);
    let mut trainer = trainer_of(
        CpuEngine::with_instructions(isa),
        architecture,
        optimizer,
        &weights(architecture),
        &masks,
    );
    let examples = examples(300, if density == 0.6 { SHIFTED } else { Normalization::UNIT });
    let set = trainer.add_evaluation_set(&examples, &(0..150).collect::<Vec<u32>>()).unwrap();
    let mut evaluations = Vec::new();
    for number in 0..STEPS {
        steps(&mut trainer, &examples, rate, number..number + 1);
        if number % 5 == 4 {
            evaluations.push(trainer.evaluate(set));
        }
    }
    (trainer.state(), evaluations)
}

fn compare(architecture: &Architecture, density: f64) {
    for optimizer in OPTIMIZERS {
        let mut available = Isa::available().into_iter();
        let first = available.next().unwrap();
        let (expected, evaluations) = train(first, architecture, optimizer, density);
        assert!(evaluations.windows(2).all(|pair| pair[0].loss != pair[1].loss), "nothing is learned");
        for isa in available {
            let what = format!("{isa} against {first}, {}, density {density}", optimizer.0);
            let (state, same) = train(isa, architecture, optimizer, density);
            assert_same_state(&state, &expected, &what);
            assert_eq!(same, evaluations, "{what}");
        }
    }
}

#[test]
fn dense() {
    compare(&small(), 1.0);
}

#[test]
fn masked_and_dense() {
    compare(&small(), 0.6);
}

#[test]
fn sparse() {
    compare(&small(), 0.2);
}

#[test]
fn very_sparse() {
    compare(&small(), 0.02);
}

#[test]
fn with_dropout() {
    for density in [1.0, 0.2] {
        compare(&small_with_dropout(), density);
    }
}
