//! The papers' settings, by family of models: how each is trained and pruned when nothing else is said.
//!
//! | family | batch | length | optimiser, rate | schedule | pruned a round |
//! |---|---|---|---|---|---|
//! | lenet, mlp, custom | 60 | 50 epochs | Adam 1.2e-3 | constant | each layer, 20 %, output 10 % |
//! | conv-2 | 60 | 20,000 it | Adam 2e-4 | constant | each layer, conv 10 %, linear 20 %, output 10 % |
//! | conv-4 | 60 | 25,000 it | Adam 3e-4 | constant | as conv-2 |
//! | conv-6 | 60 | 30,000 it | Adam 3e-4 | constant | as conv-2, but conv 15 % |
//! | conv-2/4/6 with dropout | 60 | 60,000, 75,000, 90,000 it | Adam 3e-4, 2e-4, 2e-4 | constant | as without |
//! | resnet (CIFAR) | 128 | 30,000 it | SGD 0.03 | warm-up 20,000 it, x0.1 at 20,000 and 25,000 it | global, 20 %, not `fc` |
//! | vgg | 64 | 112,480 it | SGD 0.1 | warm-up 10,000 it, x0.1 at 56,240 and 84,360 it | global, 20 %, not `classifier` |
//! | resnet (ImageNet) | 256 | 90 epochs | SGD 0.1 | warm-up 5 epochs, x0.1 at 30, 60, 80 epochs | as resnet |
//!
//! All are those of Frankle and Carbin 2019 (Figure 2, Appendices G to I), but for ImageNet (Frankle et al. 2020). SGD has
//! momentum 0.9 and weight decay 1e-4. For ResNet and VGG the paper has three variants; the one here is the one with which
//! it finds winning tickets: at a rate of 0.1 without warm-up there are none, a reinitialised ticket is as good.

use std::collections::{BTreeMap, BTreeSet};

use lth_data::{DatasetName, NormalizationMethod};
use lth_model::{Augmentation, Optimizer, Rate, Recipe, Schedule, Step};
use lth_ticket::Scope;

use super::{Procedure, Pruning};

/// What the papers do with a family of models.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Family {
    batch_size: usize,
    length: Step,
    optimizer: Optimizer,
    learning_rate: f32,
    /// In the form of [`Schedule`]'s text.
    schedule: &'static str,
    scope: Scope,
    conv_rate: f64,
    /// Layers that are not pruned.
    excluded: &'static [&'static str],
    /// Of pictures of things; digits and letters are never varied.
    augmentation: Augmentation,
}

const NONE: Augmentation = Augmentation { crop_padding: 0, horizontal_flip: false };
const CROPS_AND_FLIPS: Augmentation = Augmentation { crop_padding: 4, horizontal_flip: true };
const MOMENTUM: Optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-4 };

impl Family {
    /// The family of a model by its name, options included (`conv-4+batch-norm`).
    fn of(model: &str) -> Self {
        let lenet = Self {
            batch_size: 60,
            length: Step::from_epochs(50),
            optimizer: Optimizer::ADAM,
            learning_rate: 1.2e-3,
            schedule: "constant",
            scope: Scope::Layer,
            conv_rate: 0.2,
            excluded: &[],
            augmentation: NONE,
        };
        let conv = |iterations, learning_rate, conv_rate| Self {
            length: Step::from_iterations(iterations),
            learning_rate,
            conv_rate,
            ..lenet
        };
        let resnet = Self {
            batch_size: 128,
            length: Step::from_iterations(30_000),
            optimizer: MOMENTUM,
            learning_rate: 0.03,
            schedule: "warmup:20000it+milestones:20000it,25000it,0.1",
            scope: Scope::Global,
            conv_rate: 0.2,
            excluded: &["fc"],
            augmentation: CROPS_AND_FLIPS,
        };
        let vgg = Self {
            batch_size: 64,
            length: Step::from_iterations(112_480),
            learning_rate: 0.1,
            schedule: "warmup:10000it+milestones:56240it,84360it,0.1",
            excluded: &["classifier"],
            ..resnet
        };
        let imagenet = Self {
            batch_size: 256,
            length: Step::from_epochs(90),
            learning_rate: 0.1,
            schedule: "warmup:5ep+milestones:30ep,60ep,80ep,0.1",
            ..resnet
        };
        let mut parts = model.split('+');
        let base = parts.next().unwrap_or(model);
        let dropout = parts.any(|option| option.starts_with("dropout-"));
        match (base, dropout) {
            ("conv-2", false) => conv(20_000, 2e-4, 0.1),
            ("conv-4", false) => conv(25_000, 3e-4, 0.1),
            ("conv-6", false) => conv(30_000, 3e-4, 0.15),
            ("conv-2", true) => conv(60_000, 3e-4, 0.1),
            ("conv-4", true) => conv(75_000, 2e-4, 0.1),
            ("conv-6", true) => conv(90_000, 2e-4, 0.15),
            (name, _) if name.starts_with("vgg-") => vgg,
            (name, _) if name.starts_with("resnet-") && name.ends_with("-imagenet") => imagenet,
            (name, _) if name.starts_with("resnet-") => resnet,
            _ => lenet,
        }
    }
}

/// How a model is trained on a data set, both by their canonical names.
pub(super) fn recipe(model: &str, dataset: &str) -> Recipe {
    let family = Family::of(model);
    Recipe {
        schedule: family.schedule.parse::<Schedule>().expect("the table above has valid schedules"),
        augmentation: if is_of_things(dataset) { family.augmentation } else { NONE },
        ..Recipe::new(family.optimizer, family.learning_rate, family.batch_size, family.length)
    }
}

/// How a model is pruned.
pub(super) fn pruning(model: &str) -> Pruning {
    let family = Family::of(model);
    Pruning {
        procedure: Procedure::iterative(),
        scope: family.scope,
        rate: Rate::new(0.2).expect("0.2 is a rate"),
        conv_rate: Rate::new(family.conv_rate).expect("the table above has rates"),
        output_rate: Rate::new(0.1).expect("0.1 is a rate"),
        layer_rates: BTreeMap::new(),
        excluded_layers: family.excluded.iter().map(|&layer| layer.to_owned()).collect::<BTreeSet<_>>(),
        mask1_action: "rewind".to_owned(),
        mask0_action: "zero".to_owned(),
        inverted_scores: false,
    }
}

/// How the bytes of a data set become numbers: what is usual for its channels.
pub(super) fn normalization(dataset: &str) -> NormalizationMethod {
    match DatasetName::parse(dataset) {
        Ok(DatasetName::Published(info)) => {
            NormalizationMethod::usual(if info.shape[..1] == [3] { 3 } else { 1 })
        }
        // Halves of CIFAR and folders of images are in colour.
        Ok(_) => NormalizationMethod::usual(3),
        Err(_) => NormalizationMethod::Unit,
    }
}

/// Whether a data set is of pictures whose mirror images are of the same class.
fn is_of_things(dataset: &str) -> bool {
    ["cifar-", "cinic-", "tiny-imagenet", "image-folder"].iter().any(|start| dataset.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(model: &str) -> String {
        let Recipe { batch_size, length, learning_rate, schedule, .. } = recipe(model, "cifar-10");
        let Pruning { scope, conv_rate, excluded_layers, .. } = pruning(model);
        format!("{batch_size} {length} {learning_rate} {schedule} {scope} {conv_rate} {excluded_layers:?}")
    }

    #[test]
    fn are_the_papers() {
        for (model, expected) in [
            ("lenet-300-100", "60 50ep 0.0012 constant layer 0.2 {}"),
            ("lenet-5", "60 50ep 0.0012 constant layer 0.2 {}"),
            ("mlp-20-30", "60 50ep 0.0012 constant layer 0.2 {}"),
            ("custom:nets/small.toml", "60 50ep 0.0012 constant layer 0.2 {}"),
            ("conv-2", "60 20000it 0.0002 constant layer 0.1 {}"),
            ("conv-4+batch-norm", "60 25000it 0.0003 constant layer 0.1 {}"),
            ("conv-6", "60 30000it 0.0003 constant layer 0.15 {}"),
            ("conv-2+dropout-0.5", "60 60000it 0.0003 constant layer 0.1 {}"),
            ("conv-4+batch-norm+dropout-0.5", "60 75000it 0.0002 constant layer 0.1 {}"),
            ("conv-6+dropout-0.25", "60 90000it 0.0002 constant layer 0.15 {}"),
            ("lenet-5+dropout-0.5", "60 50ep 0.0012 constant layer 0.2 {}"),
            (
                "resnet-20",
                "128 30000it 0.03 warmup:20000it+milestones:20000it,25000it,0.1 global 0.2 {\"fc\"}",
            ),
            (
                "vgg-19+width-2",
                "64 112480it 0.1 warmup:10000it+milestones:56240it,84360it,0.1 global 0.2 {\"classifier\"}",
            ),
            (
                "resnet-18-imagenet",
                "256 90ep 0.1 warmup:5ep+milestones:30ep,60ep,80ep,0.1 global 0.2 {\"fc\"}",
            ),
        ] {
            assert_eq!(family(model), expected, "{model}");
        }
        assert_eq!(family("resnet-110"), family("resnet-20"));
        assert_eq!(family("vgg-11"), family("vgg-19"));
    }

    #[test]
    fn only_pictures_of_things_are_varied() {
        for (model, dataset, expected) in [
            ("resnet-20", "cifar-10", CROPS_AND_FLIPS),
            ("resnet-20", "image-folder:photos", CROPS_AND_FLIPS),
            ("resnet-20", "svhn", NONE),
            ("vgg-19", "mnist", NONE),
            ("conv-2", "cifar-10", NONE),
        ] {
            assert_eq!(recipe(model, dataset).augmentation, expected, "{model} on {dataset}");
        }
    }

    #[test]
    fn grey_pictures_are_in_0_to_1() {
        assert_eq!(normalization("mnist"), NormalizationMethod::Unit);
        assert_eq!(normalization("image-folder:photos"), NormalizationMethod::Standard);
    }
}
