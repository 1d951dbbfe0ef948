//! Tickets on disk.

use std::{collections::BTreeMap, fs};

use lth_model::{
    Architecture, ArchitectureBuilder, BiasInit, Hint, InitScheme, Mask, Masks, Optimizer, OptimizerState,
    Purpose, Rate, Recipe, Seed, Step, TensorFile, Window, initialize, mlp,
};
use lth_ticket::{
    ControlContext, Criterion as _, LargeFinal, PruningRates, Scope, ScoreContext, Ticket, TicketError,
    TicketOrigin, find_control, prune, rewind,
};

fn architecture() -> Architecture {
    mlp("small", &[4], &[3], 2)
}

fn ticket() -> Ticket {
    let architecture = architecture();
    let weights =
        initialize(&architecture, InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(1), Purpose::Init, 0);
    let masks =
        Masks::from([("fc1.weight".to_owned(), Mask::from_flags(vec![3, 4], (0..12).map(|i| i % 2 == 0)))]);
    let origin = TicketOrigin {
        data: "mnist".to_owned(),
        round: 3,
        seed: Seed(u64::MAX),
        rewind: "1ep100it".parse::<Step>().unwrap(),
        rewind_iteration: 1017,
        parent: Some("abc".to_owned()),
        metadata: BTreeMap::from([("criterion".to_owned(), "large-final".to_owned())]),
    };
    Ticket::new(&architecture, origin, weights, &masks).unwrap()
}

fn read(file: TensorFile) -> Result<Ticket, TicketError> {
    Ticket::from_file(file, "ticket.safetensors")
}

#[test]
fn is_masked_and_complete() {
    let ticket = ticket();
    assert_eq!(ticket.model, "small");
    assert_eq!(ticket.density.get(), 12.0 / 18.0);
    assert_eq!(ticket.masks.keys().collect::<Vec<_>>(), ["fc1.weight", "fc2.weight"]);
    for (index, value) in ticket.weights["fc1.weight"].data().iter().enumerate() {
        assert_eq!(value.to_bits() == 0, index % 2 == 1);
    }
}

#[test]
fn survives_the_disk() {
    let mut ticket = ticket();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ticket.safetensors");
    for optimizer in [None, Some(())] {
        ticket.optimizer = optimizer.map(|()| OptimizerState {
            updates: 1017,
            tensors: ticket.weights.iter().map(|(name, t)| (format!("{name}.exp_avg"), t.clone())).collect(),
        });
        fs::write(&path, ticket.to_bytes()).unwrap();
        let read = Ticket::read(&path).unwrap().for_architecture(&architecture()).unwrap();
        assert_eq!(read, ticket);
        assert_eq!(
            read.weights.keys().collect::<Vec<_>>(),
            ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
            "in the architecture's order, which the file does not keep"
        );
        assert_eq!(read.hash(), ticket.hash());
    }
}

#[test]
fn metadata_is_for_people_and_other_programs() {
    let mut ticket = ticket();
    ticket.origin.metadata.insert("round".to_owned(), "99".to_owned());
    let file = ticket.to_file();
    for (key, value) in [
        ("kind", "ticket"),
        ("format", "1"),
        ("model", "small"),
        ("data", "mnist"),
        ("round", "3"),
        ("seed", "18446744073709551615"),
        ("rewind", "1ep100it"),
        ("rewind-iteration", "1017"),
        ("parent", "abc"),
        ("criterion", "large-final"),
        ("density", "0.6666666666666666"),
    ] {
        assert_eq!(file.metadata[key], value, "{key}");
    }
    assert_eq!(file.metadata["architecture"], architecture().fingerprint());
    assert!(file.metadata["created-by"].starts_with("lth "));
    assert_eq!(file.tensors.len(), 4, "nothing but the state dict");
}

#[test]
fn every_bit_counts_in_the_hash() {
    let ticket = ticket();
    let mut other = ticket.clone();
    other.weights["fc2.bias"].data_mut()[0] += 1e-6;
    assert_ne!(other.hash(), ticket.hash());
    other = ticket.clone();
    other.origin.seed = Seed(0);
    assert_ne!(other.hash(), ticket.hash());
    assert_eq!(ticket.hash().len(), 64);
}

#[test]
fn newer_incomplete_and_damaged_tickets_are_refused() {
    let file = ticket().to_file();
    let mut newer = file.clone();
    newer.metadata.insert("format".to_owned(), "2".to_owned());
    let error = read(newer).unwrap_err();
    assert_eq!(error.to_string(), "'ticket.safetensors' has ticket format 2, this program reads up to 1");
    assert!(error.hint().is_some());

    for key in ["kind", "format", "model", "architecture", "data", "round", "density", "seed", "rewind"] {
        let mut damaged = file.clone();
        damaged.metadata.remove(key);
        let error = read(damaged).unwrap_err();
        let expected = format!("'ticket.safetensors' is not a valid ticket: metadata '{key}' is missing");
        assert_eq!(error.to_string(), expected);
    }
    for (key, value) in
        [("density", "1.5"), ("round", "-1"), ("rewind", "5"), ("kind", "training-checkpoint")]
    {
        let mut damaged = file.clone();
        damaged.metadata.insert(key.to_owned(), value.to_owned());
        assert!(matches!(read(damaged), Err(TicketError::Invalid { .. })), "{key} {value}");
    }
    assert!(matches!(Ticket::read("no/such/file".as_ref()), Err(TicketError::File(_))));
}

#[test]
fn tickets_of_other_architectures_are_refused() {
    let wider = mlp("wider", &[4], &[5], 2);
    let error = ticket().for_architecture(&wider).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ticket is of another architecture than wider: 'fc1.weight' has shape [3, 4], the architecture needs [5, 4]"
    );

    let without_relu = ArchitectureBuilder::new("straight", &[4])
        .flatten("flatten")
        .linear("fc1", 3)
        .linear("fc2", 2)
        .build()
        .unwrap();
    assert!(matches!(ticket().for_architecture(&without_relu), Err(TicketError::OtherArchitecture { .. })));

    let Ticket { origin, weights, masks, .. } = ticket();
    let error = Ticket::new(&wider, origin, weights, &masks).unwrap_err();
    assert!(matches!(error, TicketError::Fit { .. }));
}

#[test]
fn tickets_that_contradict_themselves_are_refused() {
    let mut revived = ticket();
    revived.weights["fc1.weight"].data_mut()[1] = 0.5;
    let error = revived.for_architecture(&architecture()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ticket contradicts itself: weight 1 of 'fc1.weight' is pruned, but 0.5 and not 0"
    );

    let mut denser = ticket();
    denser.masks["fc2.weight"].set(0, false);
    denser.weights["fc2.weight"].data_mut()[0] = 0.0;
    assert!(matches!(denser.for_architecture(&architecture()), Err(TicketError::Contradiction { .. })));
}

/// A convolution, a batch normalisation, an output layer.
fn normed() -> Architecture {
    ArchitectureBuilder::new("normed", &[1, 4, 4])
        .conv2d_without_bias("conv1", 2, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .global_average_pool("pool")
        .linear("fc", 3)
        .build()
        .unwrap()
}

#[test]
fn running_statistics_are_rewound_kept_and_reset() {
    let architecture = normed();
    let recipe = recipe();
    let initial = initialize(&architecture, recipe.init, recipe.bias_init, Seed(1), Purpose::Init, 0);
    let mut point = initial.clone();
    point["bn1.running_mean"].data_mut().copy_from_slice(&[0.0, -2.5]);
    point["bn1.weight"].data_mut().fill(0.5);
    let scores = LargeFinal.scores(&ScoreContext {
        architecture: &architecture,
        masks: &Masks::new(),
        initial: &initial,
        rewind: &point,
        trained: &point,
        seed: Seed(1),
        round: 0,
    });
    assert_eq!(scores.keys().collect::<Vec<_>>(), ["conv1.weight", "fc.weight"], "only weights are scored");
    let half = Rate::new(0.5).unwrap();
    let rates = PruningRates::new(half, half);
    let masks = prune(&scores, &Masks::new(), &architecture, Scope::Global, &rates, Seed(1), 0).unwrap();
    let origin = ticket().origin;
    let pruned = Ticket::new(&architecture, origin, rewind(&point, &masks), &masks).unwrap();
    assert_eq!(pruned.density.get(), 0.5);
    for name in ["bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"] {
        assert_eq!(pruned.weights[name], point[name], "{name}");
    }
    assert_eq!(pruned.weights.keys().cloned().collect::<Vec<_>>(), architecture.state_names());
    let file = TensorFile::from_bytes(&pruned.to_bytes(), "ticket").unwrap();
    assert_eq!(read(file).unwrap().for_architecture(&architecture).unwrap(), pruned);

    let context = ControlContext {
        architecture: &architecture,
        recipe: &recipe,
        initial: &point,
        rewind: &point,
        masks: &pruned.masks,
        seed: Seed(1),
        round: 1,
        draw: 0,
    };
    for (control, expected) in
        [("random-reinit", &initial), ("random-sparse", &initial), ("random-mask", &point)]
    {
        let made = find_control(control).unwrap().control(&context);
        architecture.check_tensors(&made.weights).unwrap();
        for name in ["bn1.weight", "bn1.running_mean", "bn1.running_var"] {
            assert_eq!(made.weights[name], expected[name], "{control}: {name}");
        }
    }

    let mut without = pruned;
    without.weights.shift_remove("bn1.running_mean");
    let error = without.for_architecture(&architecture).unwrap_err();
    assert!(error.to_string().ends_with("tensor 'bn1.running_mean' is missing"), "{error}");
}

fn recipe() -> Recipe {
    Recipe::new(Optimizer::SGD, 0.1, 1, Step::from_epochs(1))
}
