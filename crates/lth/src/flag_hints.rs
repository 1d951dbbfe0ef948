//! What people mean by flags of other tools that this one does not have.

/// Names of flags, and what is here in their place.
const MEANINGS: [(&[&str], &str); 19] = [
    (
        &["--iterations", "--iters", "--n-iters", "--num-iterations", "--iteration"],
        "-i N (--number-of-iterations, --rounds) is how many train-prune rounds there are, --length 500it how many \
         updates each training has",
    ),
    (
        &["--steps", "--max-steps", "--num-steps", "--max-iterations", "--train-steps"],
        "the length of a training is --length 500it, or --epochs N",
    ),
    (&["--batch", "--bs", "--mini-batch"], "the batch size is -b N (--batch-size)"),
    (
        &["--resume", "--continue", "--restart", "--checkpoint", "--load"],
        "run the same command again: it continues where it stopped; a ticket is trained by `lth train MODEL DATASET --ticket FILE`",
    ),
    (
        &["--device", "--gpu", "--gpus", "--cuda", "--cpu", "--accelerator"],
        "lth trains on the processor: --jobs N trainings side by side, each in --threads N",
    ),
    (
        &["--workers", "--num-workers", "--parallel", "--processes", "-j"],
        "--jobs N is how many trainings run side by side, --threads N the threads inside each",
    ),
    (
        &["--sparsity", "--sparsities", "--density", "--target-sparsity"],
        "--densities 0.1,0.05 are the fractions of weights that stay, with --one-shot, --at-init or --dynamic; \
         with iterative pruning -i N rounds at --pruning-rate lead there",
    ),
    (
        &["--model", "--arch", "--architecture", "--network", "--dataset", "-m", "-d"],
        "model and data set are words without a flag: lth find-winning-ticket lenet-300-100 mnist",
    ),
    (
        &["--data", "--data-dir", "--data-path", "--data-root", "--root", "--dataset-path"],
        "the folder of the data is the word after the data set: lth find-winning-ticket lenet-300-100 mnist FOLDER; \
         where a run names the data set, it is --data-folder FOLDER",
    ),
    (
        &[
            "--save",
            "--save-model",
            "--save-dir",
            "--checkpoint-dir",
            "--results",
            "--result-path",
            "--logdir",
            "-o",
        ],
        "--output-path FOLDER is where run folders are made; `lth train` also writes --save-weights FILE, and --keep says which \
         trained weights of a run stay",
    ),
    (
        &["--control-kind", "--baseline"],
        "--control KIND trains a control beside each ticket; `lth criteria` lists them",
    ),
    (
        &["--method", "--pruning-method", "--strategy"],
        "--criterion NAME ranks trained weights, --at-init METHOD untrained ones",
    ),
    (
        &["--random-seed", "--manual-seed", "-s"],
        "--seed N is the seed, --replicates N how many seeds from there on",
    ),
    (
        &["--rewind-epoch", "--rewind-step", "--rewind-to", "--late-rewinding"],
        "--rewind 500it or --rewind 1ep",
    ),
    (&["--global", "--layerwise", "--local"], "--scope global or --scope layer"),
    (
        &["--scheduler-type", "--lr-decay", "--lr-scheduler", "--milestones"],
        "--schedule, for example --schedule milestones:20ep,30ep,0.1",
    ),
    (
        &["--warmup-epochs", "--warmup-steps", "--warmup-iterations"],
        "--warmup takes a step: --warmup 1ep or --warmup 500it",
    ),
    (
        &["--silent", "--log-level", "--loglevel"],
        "-q says less, -v more; --verbosity error, warning, info or debug",
    ),
    (
        &["--overwrite", "--clean"],
        "nothing has to be overwritten: another setting is another folder; delete a run's folder to begin again",
    ),
];

/// What is here in the place of a flag that another tool has.
pub(crate) fn meaning(flag: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|(names, _)| names.contains(&flag)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::CommandLine;
    use clap::CommandFactory;

    #[test]
    fn no_flag_has_two_meanings() {
        let all: Vec<&str> = MEANINGS.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        for name in &all {
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn every_flag_that_is_advised_is_there() {
        let root = CommandLine::command();
        let longs: Vec<String> = root
            .get_subcommands()
            .flat_map(clap::Command::get_arguments)
            .flat_map(|argument| {
                argument.get_long().into_iter().chain(argument.get_all_aliases().unwrap_or_default())
            })
            .map(|name| format!("--{name}"))
            .chain(
                root.get_arguments()
                    .filter_map(|argument| argument.get_long().map(|name| format!("--{name}"))),
            )
            .collect();
        for (_, hint) in MEANINGS {
            for word in hint.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
                assert!(!word.starts_with("--") || longs.iter().any(|long| long == word), "{word} in {hint}");
            }
        }
    }
}
