//! Recipes: every setting out of its range is refused by name, and files keep all of a recipe.

use lth_model::{Augmentation, Hint, Optimizer, Recipe, Schedule, Step};

fn recipe() -> Recipe {
    Recipe::new(Optimizer::ADAM, 1.2e-3, 60, Step::from_epochs(50))
}

fn refused(change: impl FnOnce(&mut Recipe)) -> String {
    let mut recipe = recipe();
    change(&mut recipe);
    let error = recipe.check().unwrap_err();
    assert!(error.hint().is_some());
    error.to_string()
}

fn adam(beta1: f32, beta2: f32, epsilon: f32, weight_decay: f32) -> Optimizer {
    Optimizer::Adam { beta1, beta2, epsilon, weight_decay }
}

fn sgd(momentum: f32, nesterov: bool, weight_decay: f32) -> Optimizer {
    Optimizer::Sgd { momentum, nesterov, weight_decay }
}

#[test]
fn sound_recipes_are_accepted() {
    recipe().check().unwrap();
    for optimizer in
        [Optimizer::ADAM, Optimizer::ADAMW, Optimizer::SGD, adam(0.0, 0.0, 1.0, 1e-4), sgd(0.9, true, 1e-4)]
    {
        optimizer.check().unwrap();
    }
}

#[test]
fn empty_batches_and_lengths_are_refused() {
    assert_eq!(refused(|r| r.batch_size = 0), "batch size '0' is not valid: it must be at least 1");
    assert_eq!(refused(|r| r.length = Step::ZERO), "length '0ep' is not valid: it must be longer than 0");
}

#[test]
fn learning_rates_are_positive_numbers() {
    for rate in [0.0, -0.0, -1e-3, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(
            refused(|r| r.learning_rate = rate),
            format!("learning rate '{rate}' is not valid: it must be a positive number")
        );
    }
}

#[test]
fn the_rate_of_an_iteration_is_rate_times_factor() {
    let recipe = Recipe { schedule: "milestones:1ep,0.5".parse().unwrap(), ..recipe() };
    let rate = f64::from(1.2e-3_f32);
    assert_eq!([0, 9, 10].map(|iteration| recipe.learning_rate_at(iteration, 10)), [rate, rate, rate / 2.0]);
    assert_eq!(
        refused(|r| r.schedule = Schedule::Cosine { end: f64::NAN }),
        "last factor 'NaN' is not valid: it must be a number of at least 0"
    );
}

#[test]
fn settings_of_optimizers_have_ranges() {
    for (optimizer, what) in [
        (adam(1.0, 0.999, 1e-8, 0.0), "beta1"),
        (adam(-0.1, 0.999, 1e-8, 0.0), "beta1"),
        (adam(0.9, f32::NAN, 1e-8, 0.0), "beta2"),
        (adam(0.9, 1.0, 1e-8, 0.0), "beta2"),
        (adam(0.9, 0.999, 0.0, 0.0), "epsilon"),
        (adam(0.9, 0.999, f32::INFINITY, 0.0), "epsilon"),
        (adam(0.9, 0.999, 1e-8, -1.0), "weight decay"),
        (Optimizer::AdamW { beta1: 2.0, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }, "beta1"),
        (
            Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: f32::NAN },
            "weight decay",
        ),
        (sgd(-0.1, false, 0.0), "momentum"),
        (sgd(1.0, false, 0.0), "momentum"),
        (sgd(0.0, true, 0.0), "momentum"),
        (sgd(0.9, false, f32::INFINITY), "weight decay"),
    ] {
        let message = refused(|r| r.optimizer = optimizer);
        assert!(message.starts_with(&format!("{what} '")), "{optimizer:?}: {message}");
    }
}

#[test]
fn recipes_survive_files() {
    for optimizer in [Optimizer::ADAM, Optimizer::ADAMW, sgd(0.9, true, 1e-4)] {
        let recipe = Recipe { optimizer, ..recipe() };
        let text = toml::to_string(&recipe).unwrap();
        assert_eq!(toml::from_str::<Recipe>(&text).unwrap(), recipe, "{text}");
    }
}

#[test]
fn the_file_of_the_default_recipe() {
    assert_eq!(
        toml::to_string(&recipe()).unwrap(),
        r#"batch_size = 60
length = "50ep"
learning_rate = 0.0012
init = "glorot-normal"
bias_init = "zero"

[optimizer]
name = "adam"
beta1 = 0.9
beta2 = 0.999
epsilon = 0.00000001
weight_decay = 0.0

[schedule]
name = "constant"

[augmentation]
crop_padding = 0
horizontal_flip = false
"#
    );
    let recipe = Recipe { optimizer: Optimizer::ADAMW, ..recipe() };
    assert!(toml::to_string(&recipe).unwrap().contains("name = \"adamw\"\n"));
}

#[test]
fn unknown_keys_are_refused() {
    let text = toml::to_string(&recipe()).unwrap();
    let error = toml::from_str::<Recipe>(&format!("lenght = \"1ep\"\n{text}")).unwrap_err().to_string();
    assert!(error.contains("unknown field `lenght`"), "{error}");
}

#[test]
fn one_line_says_it_all() {
    assert_eq!(
        recipe().to_string(),
        "50ep of batches of 60, Adam, learning rate 0.0012 (constant), weights glorot-normal, biases zero"
    );
    let rich = Recipe {
        schedule: "cosine".parse().unwrap(),
        label_smoothing: 0.1,
        gradient_clip: Some(2.5),
        augmentation: Augmentation { crop_padding: 4, horizontal_flip: true },
        ..recipe()
    };
    assert_eq!(
        rich.to_string(),
        "50ep of batches of 60, Adam, learning rate 0.0012 (cosine), weights glorot-normal, biases zero, \
         label smoothing 0.1, gradients clipped to 2.5, crops padded by 4, flips"
    );
    assert_eq!(sgd(0.9, true, 1e-4).to_string(), "SGD, Nesterov momentum 0.9, weight decay 0.0001");
    assert_eq!(Optimizer::SGD.to_string(), "SGD");
    assert_eq!(adam(0.9, 0.99, 1e-8, 0.0).to_string(), "Adam, beta2 0.99");
}
