//! What does not fit is refused in words, and nothing is changed by it.

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    ArchitectureBuilder, Batch, DataSet, Engine, EngineError, Examples, Gradients, Hint, Mask, Masks,
    Normalization, Optimizer, Program, Seed, Tensor, Tensors,
};

use crate::trainer::support::*;

/// The error of making a trainer and of loading into one, which are the same.
fn refused(weights: &Tensors, masks: &Masks) -> EngineError {
    let architecture = small();
    let made =
        Network::new(CpuEngine::new(), &architecture, &recipe(Optimizer::ADAM), weights, masks, Seed(0));
    let error = made.err().expect("a trainer was made");
    let mut trainer = trainer(&architecture, Optimizer::ADAM, &self::weights(&architecture), &Masks::new());
    steps(&mut trainer, &examples(9, Normalization::UNIT), 1e-3, 0..2);
    let before = trainer.state();
    assert_eq!(trainer.load(weights, masks, None), Err(error.clone()));
    assert_same_state(&trainer.state(), &before, "a refused load changes nothing");
    error
}

#[test]
fn tensors_that_do_not_fit() {
    let weights = weights(&small());

    let mut missing = weights.clone();
    missing.shift_remove("fc2.bias");
    assert_eq!(refused(&missing, &Masks::new()), EngineError::MissingTensor { name: "fc2.bias".to_owned() });

    let mut unknown = weights.clone();
    unknown.insert("fc4.weight".to_owned(), Tensor::zeros(vec![2, 2]));
    assert_eq!(
        refused(&unknown, &Masks::new()),
        EngineError::UnknownTensor { name: "fc4.weight".to_owned() }
    );

    let mut transposed = weights.clone();
    transposed.insert("fc1.weight".to_owned(), Tensor::zeros(vec![FEATURES, 33]));
    let expected = EngineError::Shape {
        name: "fc1.weight".to_owned(),
        expected: vec![33, FEATURES],
        found: vec![FEATURES, 33],
    };
    assert_eq!(refused(&transposed, &Masks::new()), expected);
}

#[test]
fn masks_that_do_not_fit() {
    let weights = weights(&small());
    let one = |name: &str, shape: &[usize]| Masks::from([(name.to_owned(), Mask::dense(shape.to_vec()))]);
    let unknown = |name: &str| EngineError::UnknownTensor { name: format!("{name}.mask") };
    assert_eq!(refused(&weights, &one("fc9.weight", &[2])), unknown("fc9.weight"));
    assert_eq!(refused(&weights, &one("fc1.bias", &[33])), unknown("fc1.bias"));
    let shape = EngineError::Shape {
        name: "fc1.weight.mask".to_owned(),
        expected: vec![33, FEATURES],
        found: vec![FEATURES, 33],
    };
    assert_eq!(refused(&weights, &one("fc1.weight", &[FEATURES, 33])), shape);
}

#[test]
fn memory_that_does_not_fit() {
    let architecture = small();
    let weights = weights(&architecture);
    let mut trainer = trainer(&architecture, Optimizer::ADAM, &weights, &Masks::new());
    steps(&mut trainer, &examples(9, Normalization::UNIT), 1e-3, 0..2);
    let before = trainer.state();

    let mut memory = before.optimizer.clone();
    memory.tensors.shift_remove("fc3.weight.exp_avg_sq");
    let missing = EngineError::MissingTensor { name: "fc3.weight.exp_avg_sq".to_owned() };
    assert_eq!(trainer.load(&weights, &Masks::new(), Some(&memory)), Err(missing));

    memory.tensors.insert("fc3.weight.exp_avg_sq".to_owned(), Tensor::zeros(vec![1]));
    let expected = vec![CLASSES, 21];
    let shape = EngineError::Shape { name: "fc3.weight.exp_avg_sq".to_owned(), expected, found: vec![1] };
    assert_eq!(trainer.load(&weights, &Masks::new(), Some(&memory)), Err(shape));
    assert_same_state(&trainer.state(), &before, "a refused load changes nothing");
}

fn reason(error: EngineError) -> String {
    match error {
        EngineError::Batch { reason } => reason,
        other => panic!("{other}"),
    }
}

/// The reason for which everything that takes a batch refuses this one.
fn refused_batch(trainer: &mut Network, batch: Batch<'_>) -> String {
    let before = trainer.state();
    let error = trainer.step(batch, 0.1).unwrap_err();
    assert_eq!(trainer.logits(batch).unwrap_err(), error);
    assert_eq!(trainer.gradients(batch, Gradients::All).unwrap_err(), error);
    if let Batch::Stored { data, indices, .. } = batch
        && !indices.is_empty()
    {
        let set = CpuEngine::new().evaluation_set(data, indices);
        assert_eq!(set.and_then(|set| trainer.try_evaluate(&set)).unwrap_err(), error);
    }
    assert_same_state(&trainer.state(), &before, "a refused batch changes nothing");
    reason(error)
}

#[test]
fn batches_that_do_not_fit() {
    let architecture = small();
    let examples = examples(9, Normalization::UNIT);
    for density in DENSITIES {
        let masks = masks(&architecture, density);
        let mut trainer = trainer(&architecture, Optimizer::ADAM, &weights(&architecture), &masks);
        steps(&mut trainer, &examples, 1e-3, 0..2);
        let trainer = &mut trainer;

        let empty = "it has no example";
        assert_eq!(
            refused_batch(
                trainer,
                Batch::Stored { data: &DataSet::on_host(&examples), indices: &[], views: &[] }
            ),
            empty
        );
        assert_eq!(refused_batch(trainer, Batch::Values { inputs: &[], labels: &[] }), empty);

        let beyond = refused_batch(
            trainer,
            Batch::Stored { data: &DataSet::on_host(&examples), indices: &[0, 9], views: &[] },
        );
        assert_eq!(beyond, "example 9 of 9 does not exist");

        let narrow = Examples {
            bytes: vec![0; 20].into(),
            labels: vec![0, 1].into(),
            features: 10,
            ..examples.clone()
        };
        let narrow = refused_batch(
            trainer,
            Batch::Stored { data: &DataSet::on_host(&narrow), indices: &[0, 1], views: &[] },
        );
        assert_eq!(narrow, "examples have 10 values, the network reads 37");

        let mut labels = examples.labels.to_vec();
        labels[4] = CLASSES as u16;
        let mislabelled = Examples { labels: labels.into(), ..examples.clone() };
        let label = "label 7, but there are 7 classes";
        assert_eq!(
            refused_batch(
                trainer,
                Batch::Stored { data: &DataSet::on_host(&mislabelled), indices: &[3, 4], views: &[] }
            ),
            label
        );
        let inputs = vec![0.5; FEATURES];
        assert_eq!(refused_batch(trainer, Batch::Values { inputs: &inputs, labels: &[7] }), label);
        // The label that is wrong is not asked for.
        trainer
            .step(Batch::Stored { data: &DataSet::on_host(&mislabelled), indices: &[3, 5], views: &[] }, 0.0)
            .unwrap();

        let short = refused_batch(trainer, Batch::Values { inputs: &inputs, labels: &[0, 1] });
        assert_eq!(short, "37 values for 2 examples of 37");
    }
}

#[test]
fn architectures_that_the_engine_lacks() {
    let unsupported = |architecture: &lth_model::Architecture| {
        let weights = weights(architecture);
        let made = Network::new(
            CpuEngine::new(),
            architecture,
            &recipe(Optimizer::SGD),
            &weights,
            &Masks::new(),
            Seed(0),
        );
        match made.err().expect("a trainer was made") {
            EngineError::Unsupported { engine: "cpu", what } => what,
            other => panic!("{other}"),
        }
    };
    let start = || ArchitectureBuilder::new("net", &[4]);
    let last = start().linear("fc1", 3).relu("relu1").build().unwrap();
    assert_eq!(unsupported(&last), "a network whose last layer is not linear");
    let dropped = start().linear("fc1", 3).dropout("dropout1", 0.5).build().unwrap();
    assert_eq!(unsupported(&dropped), "a network whose last layer is not linear");
}

#[test]
fn a_layer_with_more_units_than_an_index_counts() {
    let wide = ArchitectureBuilder::new("net", &[4]).linear("fc1", 65_520).linear("fc2", 3).build().unwrap();
    let made = Network::new(
        CpuEngine::new(),
        &wide,
        &recipe(Optimizer::SGD),
        &weights(&wide),
        &Masks::new(),
        Seed(0),
    );
    let error = made.err().expect("a trainer was made");
    assert_eq!(
        error.to_string(),
        "the cpu engine does not support layer 'fc1' of 65520 units: at most 65519"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("--image-size")));
}

#[test]
fn what_is_lacking_is_known_without_weights() {
    let recipe = recipe(Optimizer::SGD);
    let engine = CpuEngine::new();
    let refused = |architecture: &lth_model::Architecture| {
        engine.supports(&Program::training(architecture, &recipe)).unwrap_err()
    };
    engine.supports(&Program::training(&small(), &recipe)).unwrap();
    let start = || ArchitectureBuilder::new("net", &[4]);
    let wide = start().linear("fc1", 70_000).linear("fc2", 3).build().unwrap();
    assert!(matches!(refused(&wide), EngineError::TooWide { units: 70_000, .. }));
    let normed = start().linear("fc1", 70_000).batch_norm("bn1").linear("fc2", 3).build().unwrap();
    assert!(matches!(refused(&normed), EngineError::TooWide { units: 70_000, .. }));
    let last = start().linear("fc1", 3).relu("relu1").build().unwrap();
    assert!(matches!(refused(&last), EngineError::Unsupported { .. }));
    let window = lth_model::Window::square(1, 1, 0);
    let many = ArchitectureBuilder::new("net", &[1, 4, 4]).conv2d("conv1", 65_536, window);
    let many = many.conv2d("conv2", 65_536, window).flatten("flatten").linear("fc", 2).build().unwrap();
    assert_eq!(
        refused(&many).to_string(),
        "the cpu engine does not support conv2.weight of 4294967296 values: at most 4294901759"
    );
}
