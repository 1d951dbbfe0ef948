//! Initial weights have the distribution that their scheme promises, and the same bits for ever.

use lth_model::{
    Architecture, BiasInit, FanMode, Hint, InitScheme, ModelOptions, Purpose, RandomStream, Seed, Tensor,
    build_model, initialize, lenet_300_100, mlp,
};

const OUT: usize = 200;
const IN: usize = 500;

fn stream() -> RandomStream {
    RandomStream::new(Seed(42), Purpose::Init, 0)
}

/// Mean, deviation and largest magnitude.
fn statistics(tensor: &Tensor) -> (f64, f64, f64) {
    let values = || tensor.data().iter().map(|&value| f64::from(value));
    let count = tensor.len() as f64;
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt(), values().map(f64::abs).fold(0.0, f64::max))
}

/// The deviation that a scheme promises for a weight [OUT, IN], and its bound.
fn promise(scheme: InitScheme) -> (f64, f64) {
    let fan = |mode| match mode {
        FanMode::FanIn => IN as f64,
        FanMode::FanOut => OUT as f64,
    };
    let glorot = (2.0 / (IN + OUT) as f64).sqrt();
    let kaiming = |mode| (2.0 / fan(mode)).sqrt();
    let truncated = |deviation: f64| (deviation, 2.0 * deviation / 0.879_625_661_034_239_8);
    match scheme {
        InitScheme::GlorotNormal => (glorot, f64::INFINITY),
        InitScheme::GlorotUniform => (glorot, (6.0 / (IN + OUT) as f64).sqrt()),
        InitScheme::GlorotTruncatedNormal => truncated(glorot),
        InitScheme::KaimingNormal(mode) => (kaiming(mode), f64::INFINITY),
        InitScheme::KaimingUniform(mode) => (kaiming(mode), (6.0 / fan(mode)).sqrt()),
        InitScheme::KaimingTruncatedNormal(mode) => truncated(kaiming(mode)),
        InitScheme::Orthogonal => ((IN as f64).sqrt().recip(), 1.0),
    }
}

#[test]
fn each_scheme_has_its_mean_deviation_and_bound() {
    for scheme in InitScheme::ALL {
        let (mean, deviation, largest) = statistics(&scheme.draw(&[OUT, IN], &mut stream()));
        let (promised, bound) = promise(scheme);
        // Four standard errors of 100,000 draws.
        assert!(mean.abs() < 4.0 * promised / 316.0, "{scheme}: mean {mean}");
        assert!(
            (deviation / promised - 1.0).abs() < 4.0 / (2.0f64 * 100_000.0).sqrt(),
            "{scheme}: deviation {deviation}"
        );
        assert!(largest <= bound * 1.000_001, "{scheme}: {largest} is beyond {bound}");
        if bound.is_infinite() {
            assert!(largest > 3.5 * promised, "{scheme} is not truncated, yet nothing is beyond {largest}");
        } else if scheme != InitScheme::Orthogonal {
            assert!(largest > 0.99 * bound, "{scheme}: {largest} does not come near {bound}");
        }
    }
}

#[test]
fn normal_and_uniform_have_their_shape() {
    let within = |scheme: InitScheme| {
        let tensor = scheme.draw(&[OUT, IN], &mut stream());
        let (_, deviation, _) = statistics(&tensor);
        tensor.data().iter().filter(|&&value| f64::from(value).abs() < deviation).count() as f64
            / tensor.len() as f64
    };
    assert!((within(InitScheme::GlorotNormal) - 0.6827).abs() < 0.006);
    assert!((within(InitScheme::KaimingNormal(FanMode::FanIn)) - 0.6827).abs() < 0.006);
    assert!((within(InitScheme::GlorotUniform) - 0.5774).abs() < 0.006);
    assert!((within(InitScheme::GlorotTruncatedNormal) - 0.6497).abs() < 0.006);
}

#[test]
fn orthogonal_rows_or_columns_are_orthonormal() {
    for shape in [[30, 70], [70, 30]] {
        let tensor = InitScheme::Orthogonal.draw(&shape, &mut stream());
        let [rows, columns] = shape;
        let value = |short: usize, long: usize| {
            let index = if rows <= columns { short * columns + long } else { long * columns + short };
            f64::from(tensor.data()[index])
        };
        for i in 0..30 {
            for j in 0..30 {
                let product: f64 = (0..70).map(|k| value(i, k) * value(j, k)).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-6, "{shape:?} {i} {j}: {product}");
            }
        }
    }
}

#[test]
fn fans_of_a_convolution_count_the_window() {
    let scheme = InitScheme::KaimingUniform(FanMode::FanIn);
    let (_, _, largest) = statistics(&scheme.draw(&[64, 8, 3, 3], &mut stream()));
    let bound = (6.0f64 / 72.0).sqrt();
    assert!(largest <= bound * 1.000_001 && largest > 0.99 * bound);
    assert_eq!(InitScheme::Orthogonal.draw(&[4, 2, 3, 3], &mut stream()).shape(), [4, 2, 3, 3]);
}

fn small() -> Architecture {
    mlp("small", &[4], &[3], 2)
}

#[test]
fn biases_are_zero_or_pytorchs() {
    let draw =
        |bias| initialize(&lenet_300_100(10), InitScheme::GlorotNormal, bias, Seed(1), Purpose::Init, 0);
    let (zero, pytorch) = (draw(BiasInit::Zero), draw(BiasInit::PyTorch));
    for (layer, fan_in) in [("fc1", 784.0f64), ("fc2", 300.0), ("fc3", 100.0)] {
        let (weight, bias) = (format!("{layer}.weight"), format!("{layer}.bias"));
        assert_eq!(zero[&weight], pytorch[&weight], "biases must not move weights");
        assert!(zero[&bias].data().iter().all(|&value| value == 0.0));
        let (_, deviation, largest) = statistics(&pytorch[&bias]);
        let bound = fan_in.sqrt().recip();
        assert!(largest <= bound * 1.000_001, "{layer}: {largest}");
        assert!((0.5..1.5).contains(&(deviation / (bound / 3.0f64.sqrt()))), "{layer}: {deviation}");
    }
}

#[test]
fn normalisation_starts_as_the_identity_and_convolutions_by_their_fans() {
    let net = build_model("resnet-18", &ModelOptions::default(), &[3, 32, 32], 10).unwrap();
    let draw = |bias| initialize(&net, InitScheme::GlorotNormal, bias, Seed(1), Purpose::Init, 0);
    let (zero, pytorch) = (draw(BiasInit::Zero), draw(BiasInit::PyTorch));
    assert_eq!(zero.len(), net.state_names().len());
    for (suffix, value) in
        [("bn1.weight", 1.0), ("bn2.bias", 0.0), ("bn1.running_mean", 0.0), ("bn2.running_var", 1.0)]
    {
        for tensors in [&zero, &pytorch] {
            let own = tensors.iter().filter(|(name, _)| name.ends_with(suffix)).collect::<Vec<_>>();
            assert!(
                own.len() >= 8 && own.iter().all(|(_, t)| t.data().iter().all(|&x| x == value)),
                "{suffix}"
            );
        }
    }
    for (name, fan_in, fan_out) in [
        ("layer3.0.conv1.weight", 128 * 9, 256 * 9),
        ("layer4.0.downsample.0.weight", 256, 512),
        ("fc.weight", 512, 10),
    ] {
        let (_, deviation, _) = statistics(&zero[name]);
        let promised = (2.0 / f64::from(fan_in + fan_out)).sqrt();
        let error = 4.0 / (2.0 * zero[name].len() as f64).sqrt();
        assert!((deviation / promised - 1.0).abs() < error, "{name}: {deviation}, not {promised}");
    }
    let conv = build_model("conv-2", &ModelOptions::default(), &[3, 32, 32], 10).unwrap();
    let tensors = initialize(&conv, InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(1), Purpose::Init, 0);
    let (_, _, largest) = statistics(&tensors["conv2.bias"]);
    let bound = f64::from(64 * 9).sqrt().recip();
    assert!(largest <= bound * 1.000_001 && largest > 0.8 * bound, "{largest}, {bound}");
}

/// The weights that a seed means: an engine, a ticket and a run on disk rest on them.
#[test]
fn first_values_of_a_residual_network_are_frozen() {
    let net = build_model("resnet-20", &ModelOptions::default(), &[3, 32, 32], 10).unwrap();
    let tensors = initialize(&net, InitScheme::GlorotNormal, BiasInit::Zero, Seed(42), Purpose::Init, 0);
    let found = ["conv1.weight", "layer2.0.downsample.0.weight", "fc.weight"]
        .map(|name| format!("{name} {:?}", &tensors[name].data()[..2]));
    assert_eq!(
        found,
        [
            "conv1.weight [0.20599492, 0.048265833]",
            "layer2.0.downsample.0.weight [0.14752829, -0.3754524]",
            "fc.weight [0.07341974, 0.2066394]"
        ]
    );
}

#[test]
fn each_parameter_has_its_own_stream() {
    let draw = |seed, purpose, base| {
        initialize(&small(), InitScheme::GlorotNormal, BiasInit::Zero, seed, purpose, base)
    };
    let tensors = draw(Seed(5), Purpose::Init, 0);
    assert_eq!(tensors, draw(Seed(5), Purpose::Init, 0));
    assert_ne!(tensors, draw(Seed(6), Purpose::Init, 0));
    assert_ne!(tensors, draw(Seed(5), Purpose::RandomReinit, 0));
    assert_ne!(tensors, draw(Seed(5), Purpose::Init, 100));
    let alone = InitScheme::GlorotNormal.draw(&[2, 3], &mut RandomStream::new(Seed(5), Purpose::Init, 2));
    assert_eq!(tensors["fc2.weight"], alone);
}

/// These values are what a seed means: they may never change.
#[test]
fn first_values_are_frozen() {
    let found: Vec<String> = InitScheme::ALL
        .into_iter()
        .map(|scheme| format!("{scheme} {:?}", &scheme.draw(&[3, 4], &mut stream()).data()[..3]))
        .collect();
    let bias = initialize(&small(), InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(42), Purpose::Init, 0);
    let found = format!("{}\nbias {:?}", found.join("\n"), bias["fc1.bias"].data());
    let expected = [
        "glorot-normal [1.0181354, 0.23855518, -0.22087348]",
        "glorot-uniform [0.34624186, 0.081126526, -0.519488]",
        "glorot-truncated-normal [1.1574644, 0.2712008, -0.2510994]",
        "kaiming-normal-fan-in [1.3468665, 0.31557885, -0.29218814]",
        "kaiming-normal-fan-out [1.5552275, 0.36439905, -0.33738983]",
        "kaiming-uniform-fan-in [0.45803493, 0.10732031, -0.687218]",
        "kaiming-uniform-fan-out [0.5288932, 0.12392282, -0.793531]",
        "kaiming-truncated-normal-fan-in [1.5311815, 0.35876492, -0.3321733]",
        "kaiming-truncated-normal-fan-out [1.768056, 0.41426605, -0.3835607]",
        "orthogonal [0.92249435, 0.2161459, -0.20012519]",
        "bias [0.3873691, 0.25611374, 0.21942645]",
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn names_are_read_and_printed() {
    for scheme in InitScheme::ALL {
        assert_eq!(scheme.to_string().parse::<InitScheme>().unwrap(), scheme);
        let json = serde_json::to_string(&scheme).unwrap();
        assert_eq!(json, format!("\"{scheme}\""));
        assert_eq!(serde_json::from_str::<InitScheme>(&json).unwrap(), scheme);
    }
    for bias in BiasInit::ALL {
        assert_eq!(serde_json::from_str::<BiasInit>(&format!("\"{bias}\"")).unwrap(), bias);
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let error = "glorot-norm".parse::<InitScheme>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "initialisation scheme 'glorot-norm' is not valid: there is none of this name"
    );
    assert!(error.hint().unwrap().starts_with("did you mean 'glorot-normal'?"));
    assert!("".parse::<BiasInit>().unwrap_err().hint().unwrap().contains("zero, pytorch"));
}
