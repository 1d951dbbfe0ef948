//! Networks and lengths that cannot be trained: known before a folder is made.

use std::fs;

use crate::common::Sandbox;

/// A normalised perceptron; the hidden layer has so many units.
fn network(units: u32) -> String {
    format!(
        "name = 'normed'\ninput = [1, 28, 28]\n\
         [[layers]]\nname = 'flatten'\nkind = 'flatten'\n\
         [[layers]]\nname = 'fc1'\nkind = 'linear'\noutputs = {units}\n\
         [[layers]]\nname = 'bn1'\nkind = 'batch-norm'\n\
         [[layers]]\nname = 'fc2'\nkind = 'linear'\noutputs = 'classes'\n"
    )
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.data();
    fs::write(sandbox.join("wide.toml"), network(70_000)).unwrap();
    fs::write(sandbox.join("narrow.toml"), network(7)).unwrap();
    sandbox
}

#[test]
fn a_layer_that_the_engine_cannot_count() {
    let sandbox = sandbox();
    let experiment = "model = 'custom:wide.toml'\ndataset = 'mnist'\nvalidation_size = 60\n";
    fs::write(sandbox.join("wide-run.toml"), experiment).unwrap();
    for command in [
        "find-winning-ticket wide.toml mnist data --validation 60",
        "find-winning-ticket mlp-70000 mnist data --validation 60",
        "train wide.toml mnist data --validation 60",
        "supermask learn wide.toml mnist data --validation 60 -b 60",
        "run wide-run.toml --data-folder data",
    ] {
        sandbox.refused(command, "does not support layer 'fc1' of 70000 units", "--width-factor");
    }
    assert!(!sandbox.join("runs").exists(), "a refused run left a folder");
}

#[test]
fn a_last_batch_without_variance() {
    let sandbox = sandbox();
    // 240 examples in batches of 239.
    let flags = "narrow.toml mnist data --validation 60 -b 239";
    for command in ["find-winning-ticket", "train", "supermask learn"] {
        sandbox.refused(
            &format!("{command} {flags} --length 2ep"),
            "batch normalisation 'bn1' would have no variance",
            "--batch-size 240",
        );
    }
    assert!(!sandbox.join("runs").exists(), "a refused run left a folder");
    // A training that ends before that batch never sees it.
    sandbox.output(&format!("train {flags} --length 1it"));
}

#[test]
fn a_last_batch_of_scoring_examples_without_variance() {
    let sandbox = sandbox();
    // Ten examples of each of the ten classes, in batches of 33.
    for method in ["snip", "grasp"] {
        let flags =
            format!("narrow.toml mnist data --validation 61 -b 33 --length 2it --before-training {method}");
        sandbox.refused(
            &format!("find-winning-ticket {flags} --densities 0.5"),
            &format!("the last batch of the 100 examples that `{method}` scores weights on has one example"),
            "--batch-size 34",
        );
        assert!(!sandbox.join("runs").exists(), "a refused run left a folder");
    }
    sandbox.output(
        "find-winning-ticket narrow.toml mnist data --validation 61 -b 33 --length 2it --before-training synflow \
         --densities 0.5 --no-figures",
    );
}

#[test]
fn a_step_that_does_not_fit_into_memory() {
    let sandbox = sandbox();
    fs::write(
        sandbox.join("wide.toml"),
        network(65_000).replace("fc2", "fc3").replace(
            "[[layers]]\nname = 'fc3'",
            "[[layers]]\nname = 'fc2'\nkind = 'linear'\noutputs = 65000\n[[layers]]\nname = 'fc3'",
        ),
    )
    .unwrap();
    for command in ["find-winning-ticket", "train", "supermask learn"] {
        // Batches of the largest size that MNIST allows: 150 GB; 4 billion weights: 68 GB and more.
        if lth_data::free_memory() < 60_000_000_000 {
            sandbox.refused(
                &format!("{command} resnet-20 mnist -b 50000"),
                "recipe.batch_size = 50000: a step of resnet-20 with it needs ",
                "use a smaller batch: --batch-size ",
            );
            sandbox.refused(
                &format!("{command} wide.toml mnist data --validation 60 -b 60"),
                "training it needs ",
                "use a smaller network",
            );
        }
    }
    assert!(!sandbox.join("runs").exists(), "a refused run left a folder");
}

#[test]
fn a_training_that_is_over_before_its_warmup_or_its_start() {
    let sandbox = sandbox();
    sandbox.refused(
        "train resnet-20 mnist data --validation 60 --length 10it",
        "its warm-up is not over at the end of a training of 10it",
        "--warmup",
    );
    assert!(!sandbox.join("runs").exists(), "a refused run left a folder");
}
