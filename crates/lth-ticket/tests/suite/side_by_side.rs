//! Several trainings in the networks of one trainer.

use crate::common::{At, Fixture, ManyEngine, ReferenceEngine, stop_at};
use lth_model::Seed;
use lth_ticket::{
    Directive, Observer, Outcome, Trained, Training, TrainingError, TrainingJob, Unobserved, train, train_all,
};

#[test]
fn trainings_side_by_side_have_the_bits_of_each_alone() {
    let fixtures: Vec<Fixture> = (0..5).map(|_| Fixture::new()).collect();
    let jobs: Vec<TrainingJob<'_>> = (0u64..)
        .zip(&fixtures)
        .map(|(number, fixture)| TrainingJob {
            seed: Seed(number),
            // They begin, evaluate and keep snapshots at other iterations.
            start: number % 3,
            evaluate_every: 3 + number,
            snapshots: vec![7 + number],
            ..fixture.job()
        })
        .collect();
    let alone: Vec<Outcome> =
        jobs.iter().map(|job| train(&ReferenceEngine, job, None, &mut Unobserved).unwrap()).collect();
    for (networks, updates) in [(1, 4), (2, 1), (2, 3), (5, 1), (5, 100)] {
        // One goes on from a checkpoint, one is stopped, one is refused.
        let resume = stop_at(&jobs[1], 9);
        let refused = TrainingJob { evaluate_every: 0, ..jobs[3].clone() };
        let mut stopped = At(6, Directive::Stop, vec![]);
        let mut others = [Unobserved; 4];
        let [first, second, third, fourth] = &mut others;
        let training = |job, resume, observer| Training { job, resume, observer };
        let trainings = vec![
            training(&jobs[0], None, first),
            training(&jobs[1], Some(resume), second),
            training(&jobs[2], None, &mut stopped as &mut dyn Observer),
            training(&refused, None, third),
            training(&jobs[4], None, fourth),
        ];
        let endings = train_all(&ManyEngine { networks, updates }, trainings);
        assert_eq!(endings.len(), 5);
        for (number, ending) in endings.into_iter().enumerate() {
            match (number, ending) {
                (3, ending) => assert!(matches!(ending, Err(TrainingError::EvaluateEvery)), "{ending:?}"),
                (2, Ok(Outcome::Stopped(checkpoint))) => {
                    let rest = train(&ReferenceEngine, &jobs[2], Some(checkpoint), &mut Unobserved).unwrap();
                    assert_same_outcome(&rest, &alone[2]);
                }
                // Observers are told of whole stretches.
                (2, Ok(rest)) => assert_same_outcome(&rest, &alone[2]),
                (_, ending) => assert_same_outcome(&ending.unwrap(), &alone[number]),
            }
        }
    }
}

/// All but the times.
fn assert_same_outcome(found: &Outcome, expected: &Outcome) {
    let exact = |outcome: &Outcome| match outcome {
        Outcome::Finished(trained) => Trained { seconds: 0.0, cpu_seconds: None, ..trained.clone() },
        other => panic!("{other:?}"),
    };
    assert_eq!(exact(found), exact(expected));
}
