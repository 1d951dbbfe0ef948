//! The models that have a name.

use std::borrow::Cow;

use super::{ModelInfo, family::Family, mlp::LENET_300_100, resnet::Stem};
use crate::ModelOptions;

const MNIST: &[usize] = &[1, 28, 28];
const CIFAR: &[usize] = &[3, 32, 32];
const IMAGENET: &[usize] = &[3, 224, 224];

/// Every named model. Beside them there are `mlp-A-B-C` of any widths and networks from TOML, see [`crate::find_model`].
pub const MODELS: &[ModelInfo] = &[
    model(
        "lenet-300-100",
        &["lenet300100"],
        "784-300-100-10 multilayer perceptron, ReLU (LeCun et al. 1998; Frankle and Carbin 2019)",
        MNIST,
        Family::Mlp(Cow::Borrowed(LENET_300_100)),
    ),
    model(
        "lenet-5",
        &["lenet5"],
        "two 5x5 convolutions of 6 and 16 maps, max-pools, linear 120, 84 (LeCun et al. 1998)",
        MNIST,
        Family::LeNet5,
    ),
    model(
        "conv-2",
        &["conv2", "vgg5"],
        "two 3x3 convolutions of 64, a max-pool, linear 256, 256 (Frankle and Carbin 2019)",
        CIFAR,
        Family::Conv(2),
    ),
    model(
        "conv-4",
        &["conv4", "vgg7"],
        "as conv-2, two more convolutions of 128 and a max-pool",
        CIFAR,
        Family::Conv(4),
    ),
    model(
        "conv-6",
        &["conv6", "vgg9"],
        "as conv-4, two more convolutions of 256 and a max-pool",
        CIFAR,
        Family::Conv(6),
    ),
    model(
        "vgg-11",
        &["vgg11"],
        "8 convolutions, batch norm, average pool, one linear layer (Simonyan and Zisserman 2015; CIFAR form)",
        CIFAR,
        Family::Vgg(11),
    ),
    model("vgg-13", &["vgg13"], "the same of 10 convolutions", CIFAR, Family::Vgg(13)),
    model("vgg-16", &["vgg16"], "the same of 13 convolutions", CIFAR, Family::Vgg(16)),
    model(
        "vgg-19",
        &["vgg17", "vgg19"],
        "the same of 16 convolutions (Liu et al. 2019; Frankle and Carbin 2019)",
        CIFAR,
        Family::Vgg(19),
    ),
    model(
        "resnet-20",
        &["resnet20"],
        "residual network for CIFAR, 16, 32 and 64 channels (He et al. 2016); \"Resnet-18\" of Frankle and Carbin 2019",
        CIFAR,
        Family::ResNetOfCifar(20),
    ),
    model("resnet-32", &["resnet32"], "the same, 5 blocks a stage", CIFAR, Family::ResNetOfCifar(32)),
    model("resnet-44", &["resnet44"], "the same, 7 blocks a stage", CIFAR, Family::ResNetOfCifar(44)),
    model("resnet-56", &["resnet56"], "the same, 9 blocks a stage", CIFAR, Family::ResNetOfCifar(56)),
    model("resnet-110", &["resnet110"], "the same, 18 blocks a stage", CIFAR, Family::ResNetOfCifar(110)),
    model(
        "resnet-18",
        &["resnet18"],
        "residual network of 64 to 512 channels (He et al. 2016), 3x3 stem for small pictures",
        CIFAR,
        Family::ResNet(18, Stem::Cifar),
    ),
    model("resnet-34", &["resnet34"], "the same of 34 layers", CIFAR, Family::ResNet(34, Stem::Cifar)),
    model(
        "resnet-18-imagenet",
        &["resnet18-imagenet"],
        "resnet-18 with the stem for ImageNet: 7x7 of stride 2, max-pool; 1,000 classes",
        IMAGENET,
        Family::ResNet(18, Stem::ImageNet),
    ),
    model(
        "resnet-34-imagenet",
        &["resnet34-imagenet"],
        "resnet-34 with the same stem",
        IMAGENET,
        Family::ResNet(34, Stem::ImageNet),
    ),
];

const fn model(
    name: &'static str,
    aliases: &'static [&'static str],
    description: &'static str,
    input: &'static [usize],
    family: Family,
) -> ModelInfo {
    ModelInfo {
        name: Cow::Borrowed(name),
        aliases,
        description: Cow::Borrowed(description),
        input: Cow::Borrowed(input),
        classes: if matches!(family, Family::ResNet(_, Stem::ImageNet)) { 1_000 } else { 10 },
        family,
        options: ModelOptions { batch_norm: None, width_factor: None, dropout: None },
    }
}
