//! What the engine lacks, in words, known without weights.

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, ArchitectureBuilder, BiasInit, Engine, EngineError, Hint, InitScheme, Masks, OneNetwork,
    Program, Purpose, Seed, Start, Window, initialize, mlp,
};

fn start() -> ArchitectureBuilder {
    ArchitectureBuilder::new("net", &[4])
}

/// Asking and making a trainer give the same error.
fn refused(architecture: &Architecture) -> EngineError {
    let (engine, program) = (CpuEngine::new(), Program::evaluation(architecture, 8));
    let error = engine.supports(&program).unwrap_err();
    let weights =
        initialize(architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
    let made = OneNetwork::new(&engine, &program, &Start::new(&weights, &Masks::new(), Seed(0)));
    assert_eq!(made.err(), Some(error.clone()));
    error
}

#[test]
fn the_last_layer_is_linear() {
    let small = mlp("small", &[4], &[3], 2);
    CpuEngine::new().supports(&Program::evaluation(&small, 8)).unwrap();
    for last in [start().linear("fc1", 3).relu("relu1"), start().linear("fc1", 3).dropout("dropout1", 0.5)] {
        let what = "a network whose last layer is not linear".to_owned();
        assert_eq!(refused(&last.build().unwrap()), EngineError::Unsupported { engine: "cpu", what });
    }
}

#[test]
fn units_are_counted_in_16_bits() {
    let error = refused(&start().linear("fc1", 65_520).linear("fc2", 3).build().unwrap());
    assert_eq!(
        error.to_string(),
        "the cpu engine does not support layer 'fc1' of 65520 units: at most 65519"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("--image-size")));
    let normed = start().linear("fc1", 70_000).batch_norm("bn1").linear("fc2", 3).build().unwrap();
    assert!(matches!(refused(&normed), EngineError::TooWide { units: 70_000, .. }));
}

/// So large that no weights are made.
#[test]
fn weights_are_counted_in_32_bits() {
    let window = Window::square(1, 1, 0);
    let many = ArchitectureBuilder::new("net", &[1, 4, 4]).conv2d("conv1", 65_536, window);
    let many = many.conv2d("conv2", 65_536, window).flatten("flatten").linear("fc", 2).build().unwrap();
    let error = CpuEngine::new().supports(&Program::evaluation(&many, 8)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the cpu engine does not support conv2.weight of 4294967296 values: at most 4294901759"
    );
}
