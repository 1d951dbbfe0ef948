//! Tickets cut from a young network.

use crate::toy::{assert_same_when_cancelled, control, finished};
use lth_lab::{EarlyBird, Experiment, Keep, Layout, Procedure, Variant};
use lth_model::{Density, TensorFile};
use lth_ticket::Scope;

/// Half of the weights; epochs of 8 iterations, three of them.
fn experiment(threshold: f64) -> Experiment {
    let mut experiment = Experiment {
        rounds: 2,
        replicates: 1,
        keep: Keep::All,
        controls: vec![control("random-reinit")],
        ..crate::toy::experiment()
    };
    let pruning = &mut experiment.pruning;
    pruning.mask1_action = "keep".to_owned();
    pruning.scope = Scope::Global;
    pruning.procedure = Procedure::EarlyBird(EarlyBird {
        criterion: "large-final".to_owned(),
        densities: vec![Density::new(0.5).unwrap()],
        window: 2,
        threshold,
    });
    experiment
}

fn ticket(layout: &Layout) -> TensorFile {
    TensorFile::read(&layout.ticket(0, Variant::Ticket, 1)).unwrap()
}

#[test]
fn a_ticket_is_drawn_at_the_epoch_whose_mask_is_near_the_last() {
    let (_calm, calm) = finished(&experiment(1.0));
    let (_never, never) = finished(&experiment(0.0));
    let (calm, never) = (&calm.results.layout, &never.results.layout);
    assert_eq!(ticket(calm).metadata["early-bird-epoch"], "2", "two masks are never further than 1");
    assert_eq!(ticket(never).metadata["early-bird-epoch"], "never");
    // What is never drawn is cut from the trained network.
    let dense = TensorFile::read(&never.trained(0, Variant::Ticket, 0)).unwrap();
    let (young, old) = (ticket(calm), ticket(never));
    for (name, mask) in &old.masks {
        let trained = dense.tensors[name].data();
        let mut compared = 0;
        for index in mask.live_indices() {
            assert_eq!(old.tensors[name].data()[index].to_bits(), trained[index].to_bits(), "{name}");
            compared += usize::from(young.masks[name].is_live(index));
        }
        assert!(compared > 0, "{name}");
        assert!(young.tensors[name] != old.tensors[name], "{name}: the young network is not the trained one");
    }
    let kept = |file: &TensorFile| file.masks.values().map(lth_model::Mask::live).sum::<usize>();
    let half = (crate::toy::architecture().weight_count() as f64 / 2.0).round_ties_even() as usize;
    assert_eq!((kept(&young), kept(&old)), (half, half));
}

#[test]
fn cancelled_anywhere_and_continued_gives_the_same_bits() {
    assert!(assert_same_when_cancelled(&experiment(1.0)) > 1);
}
