//! `lth models`: the list, the table of a model, weights for other programs, and what is refused.

use std::fs;

use crate::common::Sandbox;
use lth_model::{BiasInit, InitScheme, MODELS, Purpose, Seed, TensorFile, find_model, initialize};

const NET: &str = "input = [1, 28, 28]\nlayers = [\n\
    { name = \"conv1\", kind = \"conv2d\", outputs = 4, kernel = 3 },\n\
    { name = \"relu1\", kind = \"relu\" },\n\
    { name = \"average\", kind = \"global-average-pool\" },\n\
    { name = \"fc\", kind = \"linear\", outputs = \"classes\" },\n]\n";

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap().trim()
}

#[test]
fn every_model_has_a_line_and_a_table() {
    let sandbox = Sandbox::new();
    let list = sandbox.output("models");
    for model in MODELS {
        assert!(
            list.lines().any(|line| line.split_whitespace().next() == Some(&model.name)),
            "{}",
            model.name
        );
        let table = sandbox.output(&format!("models {}", model.name));
        assert!(last_line(&table).contains(" weights + "), "{table}");
    }
}

#[test]
fn a_table_ends_with_the_counts() {
    let sandbox = Sandbox::new();
    for (flags, counts) in [
        ("conv-4", "2,425,024 weights + 906 biases + 0 normalisation parameters"),
        ("vgg7 --batch-norm on", "2,425,024 weights + 906 biases + 768 normalisation parameters"),
        ("resnet-20", "270,896 weights + 10 biases + 1,568 normalisation parameters"),
        (
            "resnet-20 --width-factor 2 --classes 100",
            "1,092,960 weights + 100 biases + 3,136 normalisation parameters",
        ),
        ("conv-2 --dropout 0.5", "4,300,992 weights + 650 biases + 0 normalisation parameters"),
        ("mlp-20-30", "16,580 weights + 60 biases + 0 normalisation parameters"),
        ("mlp-20-30 --input 10 --classes 2", "860 weights + 52 biases + 0 normalisation parameters"),
        ("conv-2 --input 1x28x28", "3,316,800 weights + 650 biases + 0 normalisation parameters"),
    ] {
        assert_eq!(last_line(&sandbox.output(&format!("models {flags}"))), counts, "{flags}");
    }
    let shown = sandbox.output("models resnet-20");
    assert!(
        shown.contains("layer2.0.downsample.0") && shown.contains("stride 2, no bias, shortcut"),
        "{shown}"
    );
}

/// The table in the documents is what the program prints.
#[test]
fn the_documented_counts_are_the_programs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/models.md");
    let document = fs::read_to_string(path).unwrap();
    let number = |text: &str| text.trim().replace(',', "").parse::<u64>().unwrap();
    for model in MODELS {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{}` | ", model.name)));
        let cells: Vec<&str> =
            row.unwrap_or_else(|| panic!("{} has no row", model.name)).split('|').collect();
        let network = model.build_as_made().unwrap();
        let shape: Vec<String> = model.input.iter().map(ToString::to_string).collect();
        assert_eq!(cells[2].trim(), shape.join(" x "), "{}", model.name);
        let (weights, others) = (network.weight_count(), network.parameter_count() - network.weight_count());
        assert_eq!(number(cells[3]), weights as u64, "{}", model.name);
        assert_eq!(number(cells[4]) + number(cells[5]), others as u64, "{}", model.name);
        assert_eq!(number(cells[6]), network.flops(), "{}", model.name);
    }
}

#[test]
fn a_network_of_ones_own_is_shown_and_trained() {
    let sandbox = Sandbox::new();
    sandbox.data();
    fs::write(sandbox.join("net.toml"), NET).unwrap();
    let shown = sandbox.output("models net.toml");
    assert!(shown.starts_with("net\n"), "{shown}");
    assert_eq!(last_line(&shown), "76 weights + 14 biases + 0 normalisation parameters");
    assert_eq!(sandbox.output("models custom:net.toml"), shown);

    let small = "mnist data --validation 60 -b 20 --length 5it --save-weights w.safetensors";
    sandbox.output(&format!("train net.toml {small}"));
    let file = TensorFile::read(&sandbox.join("w.safetensors")).unwrap();
    assert_eq!(file.tensors["conv1.weight"].shape(), [4, 1, 3, 3]);
    assert_eq!(file.tensors["fc.weight"].shape(), [10, 4]);
}

#[test]
fn saved_weights_are_those_that_the_seed_means() {
    let sandbox = Sandbox::new();
    sandbox.output("models resnet-20 --save-weights w.safetensors --seed 3 --input 1x8x8");
    let file = TensorFile::read(&sandbox.join("w.safetensors")).unwrap();
    let network = find_model("resnet-20").unwrap().build(&[1, 8, 8], 10).unwrap();
    let expected = initialize(&network, InitScheme::GlorotNormal, BiasInit::Zero, Seed(3), Purpose::Init, 0);
    assert_eq!(file.tensors.len(), expected.len());
    for (name, tensor) in &expected {
        assert_eq!(file.tensors[name], *tensor, "{name}");
    }
    assert_eq!(file.metadata["model"], "resnet-20");
}

#[test]
fn what_fits_no_network_is_refused() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.join("broken.toml"), NET.replace("kernel = 3", "kernel = 30")).unwrap();
    for (flags, error, hint) in [
        ("models conv-3", "there is no model 'conv-3'", "did you mean 'conv-"),
        ("models mlp-0", "'0' is no width", "mlp-300-100"),
        ("models lenet-300-100 --batch-norm on", "it has no option but dropout", "+batch-norm"),
        ("models resnet-20 --dropout 0.5", "it has no place for dropout", "+dropout-RATE"),
        ("models conv-2 --dropout 1", "the dropout rate '1'", "--dropout 0.5"),
        ("models conv-4 --batch-norm maybe", "maybe", ""),
        ("models conv-4 --width-factor 0", "the width factor '0'", "--width-factor 2"),
        ("models conv-4 --input 28x28", "the shape '28x28'", "1x28x28"),
        (
            "models conv-6 --input 3x4x4",
            "layer 'pool3': a kernel of 2 x 2 is larger than its map of 1 x 1",
            "larger examples",
        ),
        (
            "models conv-4 --input 784",
            "layer 'conv1': a convolution reads channels x height x width",
            "flatten",
        ),
        ("models conv-4 --classes 0", "the number of classes '0'", "--classes 10"),
        ("models --batch-norm on", "options without a model", "conv-4"),
        ("models --dropout 0.5", "options without a model", "conv-4"),
        ("models --seed 3", "", "--help"),
        ("models absent.toml", "cannot read 'absent.toml'", "path"),
        (
            "models broken.toml",
            "layer 'conv1': a kernel of 30 x 30 is larger than its map of 28 x 28",
            "smaller kernel",
        ),
        ("models conv-4 --save-weights absent/w.safetensors", "cannot write", ""),
    ] {
        sandbox.refused(flags, error, hint);
    }
}
