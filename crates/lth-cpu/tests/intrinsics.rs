//! Vector instructions must be inlined: an intrinsic that is compiled as a function of its own is called for each vector, and a
//! kernel that does so is several times slower. It happens where code around it does not have the caller's target features, as
//! in a closure.

use std::{env, fs};

use lth_cpu::{CpuEngine, Isa};
use lth_model::{
    BiasInit, InitScheme, Learns, Masks, ModelOptions, OneNetwork, Optimizer, Program, Purpose, Seed, Start,
};
use object::{Object, ObjectSymbol};

/// What the standard library calls to find out which instructions there are.
const DETECTION: [&str; 3] = ["_xgetbv", "__cpuid", "__cpuid_count"];

#[test]
#[cfg_attr(debug_assertions, ignore = "only optimised code is inlined: cargo test --release")]
fn every_intrinsic_is_inlined() {
    // So that every kernel is in this program.
    let engine = CpuEngine::with_instructions(Isa::detect());
    assert!(makes_a_trainer(engine, "lenet-300-100", &[1, 28, 28]));
    assert!(makes_a_trainer(engine, "resnet-20", &[3, 32, 32]));
    let program = fs::read(env::current_exe().unwrap()).unwrap();
    let program = object::File::parse(&*program).unwrap();
    let names: Vec<String> = program
        .symbols()
        .map(|symbol| format!("{:#}", rustc_demangle::demangle(symbol.name().unwrap_or_default())))
        .collect();
    // The test would find nothing in a program without names.
    assert!(names.iter().any(|name| name.contains("lth_cpu::simd")), "this program has no symbols");
    let called: Vec<&String> = names
        .iter()
        .filter(|name| {
            name.contains("core_arch::") && !DETECTION.iter().any(|allowed| name.ends_with(allowed))
        })
        .collect();
    assert!(called.is_empty(), "compiled as functions, not inlined: {called:#?}");
}

fn makes_a_trainer(engine: CpuEngine, model: &str, input: &[usize]) -> bool {
    let network = lth_model::build_model(model, &ModelOptions::default(), input, 10).unwrap();
    let program =
        Program { optimizer: Optimizer::ADAM, learns: Learns::Weights, ..Program::evaluation(&network, 16) };
    let weights =
        lth_model::initialize(&network, InitScheme::GlorotNormal, BiasInit::Zero, Seed(0), Purpose::Init, 0);
    OneNetwork::new(&engine, &program, &Start::new(&weights, &Masks::new(), Seed(0))).is_ok()
}
