//! Controls that are made of more than their ticket.

use crate::toy::{Setup, assert_same, assert_same_when_cancelled, control, finished};
use lth_lab::{Experiment, Keep, Layout, Procedure, Variant};
use lth_model::{Mask, TensorFile};

fn experiment(controls: &[&str]) -> Experiment {
    Experiment {
        rounds: 3,
        replicates: 2,
        keep: Keep::Tickets,
        controls: controls.iter().map(|name| control(name)).collect(),
        ..crate::toy::experiment()
    }
}

fn ticket(layout: &Layout, replicate: u32, variant: Variant, round: u32) -> TensorFile {
    TensorFile::read(&layout.ticket(replicate, variant, round)).unwrap()
}

fn kept(file: &TensorFile) -> Vec<usize> {
    file.masks.values().map(Mask::live).collect()
}

#[test]
fn one_shot_has_the_counts_of_the_ticket_and_the_mask_of_a_one_shot_run() {
    let (_output, report) = finished(&experiment(&["one-shot"]));
    let mut at_once = experiment(&[]);
    at_once.pruning.procedure = Procedure::one_shot();
    let (_other, other) = finished(&at_once);
    let variant = Variant::Control(control("one-shot"));
    for replicate in 0..2 {
        for round in 1..3 {
            let of_control = ticket(&report.results.layout, replicate, variant, round);
            let of_ticket = ticket(&report.results.layout, replicate, Variant::Ticket, round);
            let of_run = ticket(&other.results.layout, replicate, Variant::Ticket, round);
            assert_eq!(kept(&of_control), kept(&of_ticket));
            assert!(of_control.masks == of_run.masks, "round {round}");
            assert!(of_control.tensors == of_run.tensors, "round {round}");
            assert_eq!(of_control.masks == of_ticket.masks, round == 1, "round {round}");
        }
    }
}

#[test]
fn one_shot_is_the_same_whether_the_dense_weights_were_kept_or_not() {
    let mut keeping = experiment(&["one-shot"]);
    let (forgets, _) = finished(&keeping);
    keeping.keep = Keep::All;
    let (keeps, report) = finished(&keeping);
    let variant = Variant::Control(control("one-shot"));
    let folder = report.results.layout.root().strip_prefix(keeps.path()).unwrap().to_owned();
    for round in 1..3 {
        let [a, b] = [&forgets, &keeps]
            .map(|output| ticket(&Layout::new(output.path().join(&folder)), 0, variant, round).to_bytes());
        assert!(a == b, "round {round}");
    }
}

#[test]
fn dense_longer_trains_the_dense_network_for_all_rounds_together() {
    let mut with_rewind = experiment(&["dense-longer"]);
    with_rewind.set("rewind", "8it").unwrap();
    let (_output, report) = finished(&with_rewind);
    let of_control = |round: u32| {
        let variant = Variant::Control(control("dense-longer"));
        let results = report.results.rounds.iter();
        results.map(|result| &result.record).find(|r| r.variant == variant && r.round == round).unwrap()
    };
    for round in 1..3 {
        let record = of_control(round);
        assert_eq!(record.density.get(), 1.0);
        assert_eq!((record.start, record.end.iteration), (0, 24 * u64::from(round + 1)));
    }
}

#[test]
fn another_seeds_mask_is_that_of_the_other_replicate() {
    let (_output, report) = finished(&experiment(&["other-seed-mask"]));
    let layout = &report.results.layout;
    for replicate in 0..2 {
        let own = ticket(layout, replicate, Variant::Control(control("other-seed-mask")), 2);
        let others = ticket(layout, 1 - replicate, Variant::Ticket, 2);
        assert!(own.masks == others.masks);
        let initial = TensorFile::read(&layout.initial(replicate)).unwrap();
        for (name, mask) in &own.masks {
            let (own, initial) = (own.tensors[name].data(), initial.tensors[name].data());
            assert!(
                mask.live_indices().all(|index| own[index].to_bits() == initial[index].to_bits()),
                "{name}"
            );
        }
    }
}

#[test]
fn a_run_that_grows_into_its_controls_has_the_bits_of_one_that_began_with_them() {
    let all = experiment(&["one-shot", "dense-longer", "other-seed-mask"]);
    let (whole, _) = finished(&all);
    let parts = tempfile::tempdir().unwrap();
    Setup { jobs: 1, ..Setup::default() }.run(&experiment(&[]), parts.path()).unwrap();
    Setup { jobs: 1, ..Setup::default() }.run(&all, parts.path()).unwrap();
    assert_same(whole.path(), parts.path());
    assert!(assert_same_when_cancelled(&all) > 3);
}

#[test]
fn another_runs_mask_is_copied_and_its_run_is_not_needed_any_more() {
    let mut other = experiment(&[]);
    other.set("criterion", "movement").unwrap();
    let (other_output, other) = finished(&other);
    let mut with_mask = experiment(&["other-run-mask"]);
    with_mask.mask_runs = vec![other.results.layout.root().to_owned()];
    let (output, report) = finished(&with_mask);
    let layout = &report.results.layout;
    let variant = Variant::Control(control("other-run-mask"));
    for replicate in 0..2 {
        for round in 1..3 {
            let own = ticket(layout, replicate, variant, round);
            assert!(own.masks == ticket(&other.results.layout, replicate, Variant::Ticket, round).masks);
            assert!(own.masks != ticket(layout, replicate, Variant::Ticket, round).masks);
            let initial = TensorFile::read(&layout.initial(replicate)).unwrap();
            for (name, mask) in &own.masks {
                let (own, initial) = (own.tensors[name].data(), initial.tensors[name].data());
                assert!(mask.live_indices().all(|index| own[index] == initial[index]), "{name}");
            }
        }
    }
    drop(other_output);
    Setup::default().run(&with_mask, output.path()).unwrap();
    let longer = Experiment { rounds: 4, ..with_mask };
    let error = Setup::default().run(&longer, output.path()).unwrap_err();
    assert!(error.to_string().contains("mask_runs"), "{error}");
    assert_eq!(Experiment::read(&layout.experiment()).unwrap().rounds, 3, "nothing has changed");
}

#[test]
fn what_cannot_be_is_refused_before_training() {
    let refused = |experiment: &Experiment| {
        let output = tempfile::tempdir().unwrap();
        let error = Setup::default().run(experiment, output.path()).unwrap_err();
        assert!(std::fs::read_dir(output.path()).unwrap().next().is_none());
        error.to_string()
    };
    let alone = Experiment { replicates: 1, ..experiment(&["other-seed-mask"]) };
    assert!(refused(&alone).contains("another replicate"));
    assert!(refused(&experiment(&["other-seed-mask-draw-1"])).contains("2 in all"));
    let mut at_once = experiment(&["one-shot"]);
    at_once.pruning.procedure = Procedure::one_shot();
    assert!(refused(&at_once).contains("round by round"));
    assert!(refused(&experiment(&["other-run-mask"])).contains("0 are named"));
    let mut nowhere = experiment(&["other-run-mask"]);
    nowhere.mask_runs = vec!["no/such/run".into()];
    assert!(refused(&nowhere).contains("no/such/run"));
}
