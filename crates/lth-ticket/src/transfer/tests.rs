use lth_model::{
    Architecture, ArchitectureBuilder, BiasInit, Hint, InitScheme, Mask, Masks, Optimizer, Purpose,
    RandomStream, Recipe, Seed, Step, Tensor, Tensors, Window, initialize, mlp,
};

use super::*;
use crate::{complete_masks, rewind};

fn recipe() -> Recipe {
    Recipe {
        schedule: lth_model::Schedule::Constant,
        augmentation: lth_model::Augmentation::default(),
        bias_init: BiasInit::PyTorch,
        ..Recipe::new(Optimizer::ADAM, 1e-3, 60, Step::from_epochs(1))
    }
}

fn perceptron(classes: usize) -> Architecture {
    mlp("small", &[12], &[10, 8], classes)
}

/// A convolution with batch normalisation, then a global pool: any image size fits.
fn pooled(channels: usize, classes: usize) -> Architecture {
    ArchitectureBuilder::new("pooled", &[channels, 6, 6])
        .conv2d_without_bias("conv1", 4, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .relu("relu1")
        .global_average_pool("pool")
        .linear("fc", classes)
        .build()
        .unwrap()
}

/// A ticket with weights of its own and every fourth weight of a layer pruned, other ones in each layer.
struct Example {
    architecture: Architecture,
    point: Tensors,
    weights: Tensors,
    masks: Masks,
}

impl Example {
    fn new(architecture: Architecture) -> Self {
        let mut point =
            initialize(&architecture, InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(3), Purpose::Init, 0);
        // Statistics and biases that no fresh network has.
        let mut stream = RandomStream::new(Seed(4), Purpose::Ties, 0);
        for tensor in point.values_mut().filter(|tensor| tensor.shape().len() == 1) {
            tensor.data_mut().iter_mut().for_each(|value| *value += 1.0 + stream.uniform() as f32);
        }
        let mut masks = complete_masks(&architecture, &Masks::new());
        for (place, mask) in masks.values_mut().enumerate() {
            for index in (place..mask.len()).filter(|index| index % (4 - place % 2) == place % 2) {
                mask.set(index, false);
            }
        }
        Self { weights: rewind(&point, &masks), architecture, point, masks }
    }

    fn source(&self) -> TransferSource<'_> {
        TransferSource {
            architecture: &self.architecture,
            weights: &self.weights,
            masks: &self.masks,
            rewind: None,
        }
    }

    fn live(&self) -> usize {
        self.masks.values().map(Mask::live).sum()
    }
}

const KEEP: TransferRules =
    TransferRules { take: Take::MaskAndWeights, output: OutputLayer::Keep, adapt_input: false };
const REDRAW: TransferRules = TransferRules { output: OutputLayer::Redraw, ..KEEP };

fn target<'a>(architecture: &'a Architecture, recipe: &'a Recipe) -> TransferTarget<'a> {
    TransferTarget { architecture, recipe, seed: Seed(3), round: 5 }
}

fn of(example: &Example, architecture: &Architecture, rules: TransferRules) -> Transferred {
    Transferred::of(&example.source(), &target(architecture, &recipe()), rules).unwrap()
}

#[test]
fn what_fits_is_taken_to_the_bit() {
    for architecture in [perceptron(3), pooled(3, 3)] {
        let example = Example::new(architecture.clone());
        let transferred = of(&example, &architecture, KEEP);
        assert_eq!(transferred.masks, example.masks);
        assert_eq!(architecture.ordered(transferred.weights), architecture.ordered(example.weights.clone()));
    }
}

#[test]
fn the_output_layer_is_drawn_anew_and_dense() {
    for classes in [3, 7] {
        let (example, wanted) = (Example::new(perceptron(3)), perceptron(classes));
        let transferred = of(&example, &wanted, REDRAW);
        wanted.check_tensors(&transferred.weights).unwrap();
        wanted.check_masks(&transferred.masks).unwrap();
        assert_eq!(transferred.fit.of("fc3"), LayerFit::Redrawn);
        assert_eq!(transferred.masks["fc3.weight"].live(), 8 * classes);
        for layer in ["fc1", "fc2"] {
            let (weight, bias) = (format!("{layer}.weight"), format!("{layer}.bias"));
            assert_eq!(transferred.masks[&weight], example.masks[&weight]);
            assert_eq!(transferred.weights[&weight], example.weights[&weight]);
            assert_eq!(transferred.weights[&bias], example.weights[&bias]);
        }
        assert!(transferred.weights["fc3.weight"].data().iter().all(|value| *value != 0.0));
        if classes == 3 {
            assert_ne!(transferred.weights["fc3.weight"], example.point["fc3.weight"]);
            assert_ne!(transferred.weights["fc3.bias"], example.point["fc3.bias"]);
        }
    }
}

#[test]
fn an_output_layer_of_other_classes_cannot_be_kept() {
    let error = fit_layers(&perceptron(3), &perceptron(7), KEEP).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the output layer 'fc3' cannot be kept: the ticket has 3 classes, the target 7"
    );
    assert!(error.hint().unwrap().contains("--keep-output"));
}

#[test]
fn masks_alone_stand_over_fresh_weights() {
    let (example, wanted) = (Example::new(pooled(1, 3)), pooled(1, 3));
    let transferred = of(&example, &wanted, TransferRules { take: Take::Mask, ..KEEP });
    assert_eq!(transferred.masks, example.masks);
    for (name, mask) in &example.masks {
        let (ours, theirs) = (transferred.weights[name].data(), example.point[name].data());
        for (index, live) in mask.flags().enumerate() {
            assert_eq!(ours[index] != 0.0, live, "{name}");
            // The seed is that of the ticket's own initialisation, and the draws are others all the same.
            assert_ne!(ours[index], theirs[index], "{name}");
        }
    }
    assert_eq!(transferred.weights["bn1.running_mean"].data(), [0.0; 4]);
    assert_eq!(transferred.weights["bn1.weight"].data(), [1.0; 4]);
    assert_eq!(
        transferred,
        transferred.reinit(&target(&wanted, &recipe())),
        "it is the reinitialisation itself"
    );
}

#[test]
fn weights_alone_are_dense() {
    let (example, wanted) = (Example::new(perceptron(3)), perceptron(3));
    let rules = TransferRules { take: Take::Weights, ..KEEP };
    let filled = of(&example, &wanted, rules);
    let source = TransferSource { rewind: Some(&example.point), ..example.source() };
    let rewound = Transferred::of(&source, &target(&wanted, &recipe()), rules).unwrap();
    for transferred in [&filled, &rewound] {
        assert!(transferred.masks.values().all(|mask| mask.live() == mask.len()));
        assert!(transferred.weights["fc1.weight"].data().iter().all(|value| *value != 0.0));
    }
    assert_eq!(wanted.ordered(rewound.weights), wanted.ordered(example.point.clone()));
    for (name, mask) in &example.masks {
        for (index, live) in mask.flags().enumerate() {
            let same = filled.weights[name].data()[index] == example.point[name].data()[index];
            assert_eq!(same, live, "{name}");
        }
    }
}

#[test]
fn a_random_ticket_has_as_many_live_weights_in_all_but_not_in_each_layer() {
    let example = Example::new(perceptron(3));
    for (rules, wanted) in [(KEEP, perceptron(3)), (REDRAW, perceptron(7))] {
        let recipe = recipe();
        let target = target(&wanted, &recipe);
        let transferred = Transferred::of(&example.source(), &target, rules).unwrap();
        let random = transferred.random_ticket(&target);
        let live = |masks: &Masks| masks.values().map(Mask::live).collect::<Vec<_>>();
        let (ours, theirs) = (live(&transferred.masks), live(&random.masks));
        assert_eq!(ours.iter().sum::<usize>(), theirs.iter().sum::<usize>());
        assert_ne!(ours, theirs);
        assert_ne!(random.masks, transferred.masks);
        if rules.output == OutputLayer::Redraw {
            assert_eq!(random.masks["fc3.weight"].live(), 8 * 7);
            // The same fresh output layer, so that only the ticket differs.
            assert_eq!(random.weights["fc3.weight"], transferred.weights["fc3.weight"]);
        } else {
            assert_eq!(theirs.iter().sum::<usize>(), example.live());
        }
        for (name, mask) in &random.masks {
            let values = random.weights[name].data();
            assert!(mask.flags().zip(values).all(|(live, value)| live == (*value != 0.0)), "{name}");
        }
        assert_eq!(random, transferred.random_ticket(&target), "equal seeds, equal bits");
        let other = transferred.random_ticket(&TransferTarget { seed: Seed(4), ..target });
        assert_ne!(random.masks, other.masks);
        let other = transferred.random_ticket(&TransferTarget { round: 6, ..target });
        assert_ne!(random.masks, other.masks);
    }
}

#[test]
fn a_reinitialised_ticket_keeps_the_masks_and_no_weight() {
    let (example, wanted) = (Example::new(perceptron(3)), perceptron(3));
    let recipe = recipe();
    let target = target(&wanted, &recipe);
    let transferred = Transferred::of(&example.source(), &target, KEEP).unwrap();
    let reinit = transferred.reinit(&target);
    assert_eq!(reinit.masks, transferred.masks);
    for (name, mask) in &reinit.masks {
        let (fresh, ticket) = (reinit.weights[name].data(), transferred.weights[name].data());
        assert!(mask.live_indices().all(|index| fresh[index] != ticket[index]), "{name}");
    }
}

/// The response of the first convolution to an image, at its centre: weights times pixels.
fn response(weight: &Tensor, output: usize, image: impl Fn(usize, usize) -> f32) -> f32 {
    let [_, channels, height, width] = *weight.shape() else { panic!("no convolution") };
    let plane = height * width;
    (0..channels * plane)
        .map(|index| weight.data()[output * channels * plane + index] * image(index / plane, index % plane))
        .sum()
}

#[test]
fn grey_images_look_the_same_to_an_adapted_convolution() {
    let grey = |_: usize, place: usize| [0.1, 0.9, 0.4, 0.3, 0.7, 0.2, 0.8, 0.6, 0.5][place];
    for (from, to, adaptation) in [(1, 3, Adaptation::Repeat), (3, 1, Adaptation::Sum)] {
        let (example, wanted) = (Example::new(pooled(from, 3)), pooled(to, 3));
        let error = fit_layers(&example.architecture, &wanted, KEEP).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "layer 'conv1' does not fit: the ticket's weight is 4 x {from} x 3 x 3, examples of {to} x 6 x 6 need \
                 4 x {to} x 3 x 3"
            )
        );
        assert!(error.hint().unwrap().starts_with("--adapt-input repeat"));
        let transferred = of(&example, &wanted, TransferRules { adapt_input: true, ..KEEP });
        wanted.check_tensors(&transferred.weights).unwrap();
        wanted.check_masks(&transferred.masks).unwrap();
        assert_eq!(transferred.fit.adapted(), Some(("conv1", adaptation)));
        let (ours, theirs) = (&transferred.weights["conv1.weight"], &example.weights["conv1.weight"]);
        for output in 0..4 {
            let difference = response(ours, output, grey) - response(theirs, output, grey);
            assert!(difference.abs() < 1e-6, "{adaptation:?}: {difference}");
        }
        // A weight is kept exactly where one of those that it comes from is.
        let (mask, before) = (&transferred.masks["conv1.weight"], &example.masks["conv1.weight"]);
        for output in 0..4 {
            for place in 0..9 {
                let live = |mask: &Mask, channels: usize, channel: usize| {
                    mask.is_live((output * channels + channel) * 9 + place)
                };
                let any = (0..from).any(|channel| live(before, from, channel));
                assert!((0..to).all(|channel| live(mask, to, channel) == any));
            }
        }
        assert_eq!(transferred.weights["bn1.running_var"], example.weights["bn1.running_var"]);
        assert_eq!(transferred.masks["fc.weight"], example.masks["fc.weight"]);
    }
}

#[test]
fn a_layer_that_nothing_makes_fit_is_named_with_what_would() {
    let lenet = |shape: &[usize]| lth_model::find_model("lenet-300-100").unwrap().build(shape, 10).unwrap();
    let rules = TransferRules { adapt_input: true, ..REDRAW };
    let error = fit_layers(&lenet(&[1, 28, 28]), &lenet(&[3, 32, 32]), rules).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer 'fc1' does not fit: the ticket's weight is 300 x 784, examples of 3 x 32 x 32 need 300 x 3072"
    );
    let hint = error.hint().unwrap();
    assert_eq!(hint, "the ticket fits examples of 1 x 28 x 28");
    assert_eq!(error.fitting_examples().unwrap(), &[1, 28, 28]);

    let conv = |shape: &[usize]| lth_model::find_model("conv-2").unwrap().build(shape, 10).unwrap();
    let error = fit_layers(&conv(&[3, 32, 32]), &conv(&[3, 64, 64]), rules).unwrap_err();
    assert!(error.to_string().starts_with("layer 'fc1' does not fit"), "{error}");
    assert!(error.hint().unwrap().ends_with("a folder of images fits with --image-size 32"));
    // The channels could be adapted; the size could not, and is what is said.
    let error = fit_layers(&conv(&[1, 28, 28]), &conv(&[3, 32, 32]), REDRAW).unwrap_err();
    assert!(error.to_string().starts_with("layer 'fc1' does not fit"), "{error}");
}

#[test]
fn other_models_are_refused() {
    let error = fit_layers(&perceptron(3), &pooled(1, 3), REDRAW).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a ticket of small cannot be trained as pooled: 'conv1.weight' is in one of them only"
    );
    let deeper = mlp("deeper", &[12], &[10, 8, 3], 3);
    assert!(matches!(
        fit_layers(&deeper, &perceptron(3), REDRAW),
        Err(TransferError::OtherLayers { tensor, .. }) if tensor == "fc4.weight"
    ));
}
