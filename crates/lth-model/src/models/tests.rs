//! Counts, names, options and refusals of every model.

use super::*;
use crate::{Hint, ParameterKind};

fn built(name: &str) -> Architecture {
    find_model(name).unwrap().build_as_made().unwrap()
}

fn weights_of(net: &Architecture, kind: ParameterKind) -> usize {
    let own = net.parameters().into_iter().filter(|parameter| parameter.kind == kind);
    own.map(|parameter| parameter.shape.iter().product::<usize>()).sum()
}

/// Weights (all), of these convolutions, shortcuts and the output layer; all parameters.
fn counts(name: &str) -> (usize, usize, usize, usize, usize) {
    let net = built(name);
    let of = |kind| weights_of(&net, kind);
    (
        net.weight_count(),
        of(ParameterKind::Conv),
        of(ParameterKind::Shortcut),
        of(ParameterKind::Output),
        net.parameter_count(),
    )
}

/// Frankle and Carbin 2019, Figure 2, with the corrections that the tables there need (Conv-6 is the network described).
#[test]
fn weights_are_those_of_the_papers() {
    assert_eq!(counts("lenet-300-100").0, 266_200);
    assert_eq!(counts("lenet-5"), (44_190, 2_550, 0, 840, 44_426));
    assert_eq!(counts("conv-2"), (4_300_992, 38_592, 0, 2_560, 4_301_642));
    assert_eq!(counts("conv-4"), (2_425_024, 259_776, 0, 2_560, 2_425_930));
    assert_eq!(counts("conv-6"), (2_261_184, 1_144_512, 0, 2_560, 2_262_602));
    assert_eq!(counts("vgg-19"), (20_018_880 + 5_120, 20_018_880, 0, 5_120, 20_040_522));
    assert_eq!(counts("resnet-20"), (270_896, 267_696, 2_560, 640, 272_474));
}

/// Counts that PyTorch gives for the same modules: `tools/models_in_pytorch.py`.
#[test]
fn parameters_are_those_of_pytorch() {
    for (name, parameters) in [
        ("vgg-11", 9_231_114),
        ("vgg-13", 9_416_010),
        ("vgg-16", 14_728_266),
        ("resnet-32", 466_906),
        ("resnet-44", 661_338),
        ("resnet-56", 855_770),
        ("resnet-110", 1_730_714),
        ("resnet-18", 11_173_962),
        ("resnet-34", 21_282_122),
        ("resnet-18-imagenet", 11_689_512),
        ("resnet-34-imagenet", 21_797_672),
    ] {
        assert_eq!(built(name).parameter_count(), parameters, "{name}");
    }
}

#[test]
fn every_model_is_sound_and_found_by_each_of_its_names() {
    let mut seen = Vec::new();
    for model in MODELS {
        for &name in [&*model.name].iter().chain(model.aliases) {
            assert_eq!(find_model(name).unwrap(), *model);
            assert!(!seen.contains(&name.to_owned()), "{name} is used twice");
            seen.push(name.to_owned());
        }
        let net = model.build_as_made().unwrap();
        net.check().unwrap();
        assert_eq!(
            (net.name.as_str(), model.base_name(), model.label()),
            (&*model.name, &*model.name, &*model.name)
        );
        assert_eq!(net.nodes[0].shape, *model.input);
        assert_eq!(model.build(&model.input, 7).unwrap().classes(), 7);
    }
}

#[test]
fn shortcuts_are_the_projections_and_nothing_else() {
    for (name, expected) in [
        ("resnet-20", &["layer2.0.downsample.0.weight", "layer3.0.downsample.0.weight"][..]),
        (
            "resnet-18",
            &["layer2.0.downsample.0.weight", "layer3.0.downsample.0.weight", "layer4.0.downsample.0.weight"],
        ),
        ("vgg-16", &[]),
    ] {
        for suffix in ["", "+width-2", "+no-batch-norm"] {
            let net = built(&format!("{name}{suffix}"));
            let shortcuts = net.parameters().into_iter().filter(|p| p.kind == ParameterKind::Shortcut);
            assert_eq!(shortcuts.map(|p| p.name).collect::<Vec<_>>(), expected, "{name}{suffix}");
        }
    }
}

#[test]
fn names_of_tensors_are_pytorchs() {
    let conv = built("conv-2+batch-norm");
    assert_eq!(
        conv.state_names()[..6],
        ["conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"]
    );
    assert_eq!(conv.state_names().last().unwrap(), "fc3.bias");
    let vgg = built("vgg-11");
    for name in [
        "features.0.weight",
        "features.0.bias",
        "features.1.running_var",
        "features.4.weight",
        "classifier.bias",
    ] {
        assert!(vgg.state_names().contains(&name.to_owned()), "{name}");
    }
    let plain = built("vgg-11+no-batch-norm").state_names();
    assert!(
        plain.contains(&"features.3.weight".to_owned()) && !plain.contains(&"features.1.weight".to_owned())
    );
    let resnet = built("resnet-20").state_names();
    assert_eq!(resnet[..3], ["conv1.weight", "bn1.weight", "bn1.bias"]);
    for name in
        ["layer1.0.conv1.weight", "layer2.0.downsample.1.running_mean", "layer3.2.bn2.bias", "fc.weight"]
    {
        assert!(resnet.contains(&name.to_owned()), "{name}");
    }
    assert!(!resnet.contains(&"conv1.bias".to_owned()));
    assert!(built("resnet-20+no-batch-norm").state_names().contains(&"conv1.bias".to_owned()));
}

#[test]
fn maps_have_the_papers_sizes() {
    let shape = |name: &str, layer: &str| {
        built(name).nodes.iter().find(|node| node.name == layer).map(|node| node.shape.clone()).unwrap()
    };
    assert_eq!(shape("lenet-5", "flatten"), [16 * 4 * 4]);
    assert_eq!(shape("conv-6", "flatten"), [256 * 4 * 4]);
    assert_eq!(shape("resnet-20", "layer3.2.relu2"), [64, 8, 8]);
    assert_eq!(shape("resnet-18", "layer1.1.relu2"), [64, 32, 32]);
    assert_eq!(shape("resnet-18-imagenet", "layer1.1.relu2"), [64, 56, 56]);
    assert_eq!(shape("resnet-18-imagenet", "layer4.1.relu2"), [512, 7, 7]);
    assert_eq!(built("vgg-19").nodes.iter().rev().nth(2).unwrap().shape, [512, 2, 2]);
}

/// 40.6 and 556 million multiply-adds are what He et al. and torchvision's fvcore tables give, with two FLOPs each.
#[test]
fn flops_are_those_of_the_literature() {
    assert_eq!(built("lenet-300-100").flops(), 532_400);
    assert_eq!(built("resnet-20").flops(), 2 * 40_813_184);
    assert_eq!(built("resnet-18-imagenet").flops(), 2 * 1_814_073_344);
}

#[test]
fn models_take_other_examples_and_classes() {
    let build = |name, input: &[usize], classes| build_model(name, &ModelOptions::default(), input, classes);
    assert_eq!(
        build("conv-2", &[1, 28, 28], 26).unwrap().weight_count(),
        64 * 9 + 64 * 64 * 9 + 64 * 196 * 256 + 256 * 256 + 256 * 26
    );
    assert_eq!(build("lenet-300-100", &[3, 32, 32], 10).unwrap().nodes[2].shape, [300]);
    assert_eq!(build("resnet-18", &[3, 64, 64], 200).unwrap().classes(), 200);
    let error = build("conv-6", &[1, 4, 4], 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "model 'conv-6', layer 'pool3': a kernel of 2 x 2 is larger than its map of 1 x 1"
    );
    assert!(error.hint().unwrap().contains("larger examples"));
    let error = build("conv-2", &[784], 10).unwrap_err();
    assert!(error.to_string().contains("layer 'conv1'") && error.to_string().contains("784"), "{error}");
    assert!(build("conv-2", &[3, 32, 32], 0).is_err());
}

#[test]
fn options_have_one_name() {
    for (given, name) in [
        ("conv-4+batch-norm", "conv-4+batch-norm"),
        ("vgg7+batch-norm", "conv-4+batch-norm"),
        ("conv-4+no-batch-norm", "conv-4"),
        ("vgg-19+batch-norm", "vgg-19"),
        ("vgg-19+no-batch-norm", "vgg-19+no-batch-norm"),
        ("resnet-20+width-2.0", "resnet-20+width-2"),
        ("resnet-20+width-1", "resnet-20"),
        ("resnet-20+width-0.5+no-batch-norm", "resnet-20+no-batch-norm+width-0.5"),
        ("conv-2+dropout-0.5", "conv-2+dropout-0.5"),
        ("vgg5+dropout-.50", "conv-2+dropout-0.5"),
        ("conv-4+dropout-0.1+width-2+batch-norm", "conv-4+batch-norm+width-2+dropout-0.1"),
        ("conv-6+dropout-0", "conv-6"),
        ("lenet-300-100+dropout-0.25", "lenet-300-100+dropout-0.25"),
        ("mlp-20-30+dropout-0.5", "mlp-20-30+dropout-0.5"),
    ] {
        let model = find_model(given).unwrap();
        assert_eq!(model.name, name);
        assert_eq!(find_model(&model.name).unwrap(), model);
        assert!(!model.base_name().contains('+'));
    }
    let options = ModelOptions { width_factor: Some(2.0), ..ModelOptions::default() };
    let model = find_model("conv-4+batch-norm").unwrap().with_options(&options).unwrap();
    assert_eq!(model.name, "conv-4+batch-norm+width-2");
    assert_eq!(model.options().batch_norm, Some(true));
    let off = ModelOptions { batch_norm: Some(false), ..ModelOptions::default() };
    assert_eq!(model.with_options(&off).unwrap().name, "conv-4+width-2");
}

#[test]
fn a_width_factor_widens_every_hidden_layer() {
    let shape = |name: &str, parameter: &str| {
        built(name).parameters().into_iter().find(|p| p.name == parameter).unwrap().shape
    };
    assert_eq!(shape("resnet-20+width-2", "layer3.0.conv1.weight"), [128, 64, 3, 3]);
    assert_eq!(shape("resnet-20+width-2", "fc.weight"), [10, 128]);
    assert_eq!(shape("conv-2+width-0.5", "conv2.weight"), [32, 32, 3, 3]);
    assert_eq!(shape("conv-2+width-0.5", "fc2.weight"), [128, 128]);
    assert_eq!(shape("lenet-5+width-0.01", "conv2.weight"), [1, 1, 5, 5]);
}

/// After each pool and each hidden linear layer, nowhere else; parameters and their names stay what they are.
#[test]
fn dropout_follows_each_pool_and_hidden_linear_layer() {
    for (name, layers) in [
        ("conv-2", "pool1 relu3 relu4"),
        ("conv-4", "pool1 pool2 relu5 relu6"),
        ("conv-6", "pool1 pool2 pool3 relu7 relu8"),
        ("conv-4+batch-norm", "pool1 pool2 relu5 relu6"),
        ("lenet-5", "pool1 pool2 relu3 relu4"),
        ("lenet-300-100", "relu1 relu2"),
        ("mlp-20", "relu1"),
    ] {
        let (with, without) = (built(&format!("{name}+dropout-0.25")), built(name));
        let mut number = 0;
        let dropped: Vec<&str> = with
            .nodes
            .iter()
            .filter(|node| matches!(node.op, crate::Op::Dropout { .. }))
            .map(|node| {
                number += 1;
                assert_eq!(node.op, crate::Op::Dropout { rate: 0.25 });
                assert_eq!(node.name, format!("dropout{number}"), "{name}");
                with.nodes[node.inputs[0]].name.as_str()
            })
            .collect();
        assert_eq!(dropped.join(" "), layers, "{name}");
        assert_eq!(with.state_names(), without.state_names());
        assert_eq!(with.parameter_count(), without.parameter_count());
        assert_ne!(with.fingerprint(), without.fingerprint());
        assert_eq!(built(&format!("{name}+dropout-0")), without);
    }
}

#[test]
fn names_and_options_that_make_no_sense_are_refused() {
    for name in ["", "LeNet-300-100", "lenet-300-100 ", "vgg", "+batch-norm", "mlp"] {
        assert!(matches!(find_model(name), Err(ModelError::Unknown(_))), "{name}");
    }
    assert_eq!(find_model("zzz").unwrap_err().hint().unwrap(), "`lth models` lists all");
    for name in ["mlp-", "mlp-0", "mlp-20-", "mlp-20--30", "mlp-x", "mlp-05", "mlp-99999999999999999999"] {
        assert!(matches!(find_model(name), Err(ModelError::Widths { .. })), "{name}");
    }
    for name in [
        "conv-4+",
        "conv-4+bn",
        "conv-4+batch-norm+no-batch-norm",
        "conv-4+width-0",
        "conv-4+width--1",
        "conv-4+width-nan",
        "conv-4+width-inf",
        "conv-4+width-",
        "lenet-300-100+batch-norm",
        "mlp-20+width-2",
        "conv-2+dropout-1",
        "conv-2+dropout--0.5",
        "conv-2+dropout-nan",
        "conv-2+dropout-0.999999999999",
        "conv-2+dropout-",
        "conv-2+dropout-0.5+dropout-0.5",
        "vgg-19+dropout-0.5",
        "resnet-20+dropout-0.5",
        "resnet-18+dropout-0.5",
    ] {
        let error = find_model(name).unwrap_err();
        assert!(matches!(error, ModelError::Option { .. }), "{name}: {error}");
        assert!(error.hint().unwrap().contains("+batch-norm"));
    }
    let error = find_model("mlp-1000000-1000000").unwrap().build_as_made().unwrap_err();
    assert!(error.to_string().contains("more than 4294967296 values"), "{error}");
}

#[test]
fn perceptrons_have_the_widths_of_their_name() {
    let net = built("mlp-20-30");
    assert_eq!(net.weight_count(), 784 * 20 + 20 * 30 + 30 * 10);
    assert_eq!(built("mlp-300-100").fingerprint(), lenet_300_100(10).fingerprint());
}
