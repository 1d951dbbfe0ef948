//! `experiment.toml`: written with a comment at each setting, read with the place of each mistake.

use std::{fmt::Write as _, fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{Experiment, file_tables::ExperimentFile};
use crate::LabError;

/// The format of run folders that this version writes and reads.
pub const FORMAT: u64 = 2;

/// What each setting means; a path that is not here has no comment.
const COMMENTS: &[(&str, &str)] = &[
    ("format", "The format of this run folder; an lth that does not know it leaves the folder alone."),
    ("model", "`lth models` and `lth datasets` list what there is."),
    ("network_fingerprint", "The fingerprint of your own network when the run began."),
    ("data_folder", "Where the images were read last; they may be moved: see --data-folder."),
    ("dataset_fingerprint", "The data are not the published ones; this is their fingerprint."),
    (
        "rounds",
        "Train-prune cycles: rounds 0 (dense) to rounds - 1 are trained. May grow: run the same command again.",
    ),
    ("replicates", "The same experiment under the seeds first_seed, first_seed + 1, ... May grow."),
    ("keep", "Which weights stay on disk: tickets, last, best or all."),
    ("validation_size", "Training examples held out for validation, chosen by the seed."),
    ("evaluate_every", "Iterations between evaluations."),
    ("start", "A plain training: what it starts from. Rounds, controls and pruning do not apply."),
    (
        "initial_weights",
        "The hash of the pretrained weights that the run begins with; they are in replicate-0/initial.safetensors.",
    ),
    ("order", "The examples of an epoch: shuffled (anew each epoch, by the seed) or stored."),
    (
        "normalization",
        "Bytes to numbers: unit (in [0, 1]), standard (mean 0, deviation 1 in each channel), per-image.",
    ),
    ("controls", "Trainings that each ticket is compared with: random-reinit, random-mask."),
    ("mask_runs", "Whose masks the control other-run-mask takes, one a draw."),
    (
        "pruning.schedule",
        "iterative: each round prunes the network of the round before; one-shot: the dense one; before-training: the untrained one; during-training: none, masks change while a round trains; early-bird: the dense one while its mask stops changing.",
    ),
    ("pruning.criterion", "The scores that decide what is kept; `lth criteria` lists them."),
    ("pruning.scope", "layer: each layer loses its own fraction; global: all weights compete."),
    (
        "pruning.linear_rate",
        "The fraction of the live weights that a round prunes; next that of convolutions, and of the output layer.",
    ),
    (
        "pruning.rewind",
        "Where in training the weights are taken that tickets restart from; 0ep is initialisation.",
    ),
    ("pruning.keep_optimizer_state", "Whether the optimiser's memory is rewound with the weights."),
    ("pruning.excluded_layers", "Layers that are never pruned; density counts them all the same."),
    ("pruning.mask1_action", "What kept weights restart from; `lth criteria` lists the mask-1 actions."),
    (
        "pruning.mask0_action",
        "What pruned weights are while the others train; `lth criteria` lists the actions.",
    ),
    (
        "pruning.inverted_scores",
        "Whether the highest scores are pruned instead of the lowest: a sanity check.",
    ),
    (
        "pruning.retraining",
        "weight-rewinding, learning-rate-rewinding or fine-tuning; the last two keep the trained weights.",
    ),
    ("pruning.densities", "The densities of rounds 1, 2, ..., instead of those that the rates lead to."),
    (
        "pruning.allocation",
        "How density is spread over layers before training: uniform, er, erk or balanced.",
    ),
    ("pruning.steps", "In how many steps a network is pruned before training, scored again before each."),
    ("pruning.grasp_temperature", "What GraSP divides logits by; 200 where it is not said."),
    ("pruning.updates", "When masks change during training, and how much."),
    (
        "pruning.updates.every",
        "Iterations from one change to the next; then the part of the training after which masks stay, and the fraction replaced at first.",
    ),
    ("pruning.early_bird", "When the mask of a young network counts as calm: the ticket is cut from it."),
    ("pruning.early_bird.window", "Masks of so many epochs; then how far the newest may be from any other."),
    ("pruning.layer_rates", "Rates of single layers, by name."),
    ("recipe.schedule", "The learning rate over training; docs/reference/schedules.md has the formulas."),
    ("recipe.augmentation", "How training images are varied, anew for each example and epoch."),
    ("recipe.length", "How long each training is: 50ep, 500it or 2ep100it."),
];

/// The settings that have a comment, by path: also those that most experiments do without.
pub(crate) fn commented_settings() -> impl Iterator<Item = &'static str> {
    COMMENTS.iter().map(|&(name, _)| name)
}

impl Experiment {
    /// The text of `experiment.toml`: every setting, with comments.
    pub fn to_toml(&self) -> String {
        commented_toml("`lth run experiment.toml` repeats this experiment.", self)
    }

    /// Reads an experiment from a file; settings that are left out have their default.
    ///
    /// # Errors
    /// When the file cannot be read, was written by a newer version, has an unknown key or a bad value (with line and
    /// column), or asks for more trainings than can be planned. Whether the settings make sense together is for [`Experiment::check`].
    pub fn read(path: &Path) -> Result<Self, LabError> {
        let text =
            fs::read_to_string(path).map_err(|source| LabError::Read { path: path.to_owned(), source })?;
        Self::from_toml(&text, path)
    }

    /// Reads an experiment from text; the path is for messages.
    ///
    /// # Errors
    /// As [`Experiment::read`].
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, LabError> {
        check_format(text, path)?;
        let file: ExperimentFile = toml::from_str(text).map_err(|error| located(&error, text, path))?;
        debug_assert!(file.format.is_none_or(|format| format <= FORMAT));
        let experiment = file.resolve();
        experiment.check_size()?;
        Ok(experiment)
    }
}

/// A TOML document: this sentence, the format, then the settings with their comments.
pub(crate) fn commented_toml(sentence: &str, settings: &impl Serialize) -> String {
    let body = toml::to_string(settings).expect("settings are plain values");
    let mut text = format!("# {sentence}\n\n");
    comment(&mut text, "format");
    let _ = writeln!(text, "format = {FORMAT}");
    let mut table = String::new();
    for line in body.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = format!("{name}.");
            comment(&mut text, name);
        } else if let Some((key, _)) = line.split_once(" = ") {
            comment(&mut text, &format!("{table}{key}"));
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn comment(text: &mut String, setting: &str) {
    if let Some((_, comment)) = COMMENTS.iter().find(|(name, _)| *name == setting) {
        let _ = writeln!(text, "# {comment}");
    }
}

/// Refuses a file of a newer or an older version by its format, before its unknown keys.
pub(crate) fn check_format(text: &str, path: &Path) -> Result<(), LabError> {
    /// Only the format; the rest is for the version that knows it.
    #[derive(Deserialize)]
    struct Head {
        format: Option<u64>,
    }
    match toml::from_str::<Head>(text) {
        Ok(Head { format: Some(found) }) if found > FORMAT => {
            Err(LabError::Newer { path: path.to_owned(), found, supported: FORMAT })
        }
        Ok(Head { format: Some(found) }) if found < FORMAT => {
            Err(LabError::Older { path: path.to_owned(), found, supported: FORMAT })
        }
        _ => Ok(()),
    }
}

/// The error of the TOML library with its line and column, and what to do.
pub(crate) fn located(error: &toml::de::Error, text: &str, path: &Path) -> LabError {
    let offset = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let reason = error.message().replace('`', "'");
    let hint = if reason.starts_with("unknown field") {
        let quoted: Vec<&str> = reason.split('\'').skip(1).step_by(2).collect();
        match quoted
            .split_first()
            .and_then(|(wrong, known)| lth_model::nearest_name(wrong, known.iter().copied()))
        {
            Some(nearest) => format!("did you mean '{nearest}'?"),
            None => "remove it, or see docs for the settings of an experiment".to_owned(),
        }
    } else if reason.starts_with("missing field") {
        "an experiment names at least its model and its dataset".to_owned()
    } else {
        "an experiment.toml of a finished run shows how each setting is written".to_owned()
    };
    LabError::ExperimentFile {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        reason,
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ControlKind;
    use lth_model::{Augmentation, Density, Hint, Optimizer, Rate, Schedule, Seed};

    fn read(text: &str) -> Result<Experiment, LabError> {
        Experiment::from_toml(text, Path::new("experiment.toml"))
    }

    fn rich() -> Experiment {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        experiment.data_folder = Some("photographs".into());
        experiment.dataset_fingerprint = Some("00ff".to_owned());
        experiment.network_fingerprint = Some("ff00".to_owned());
        experiment.controls = ControlKind::all().take(2).collect();
        experiment.mask_runs = vec!["runs/other".into()];
        experiment.first_seed = Seed(7);
        experiment.start = Some("initialization".to_owned());
        experiment.initial_weights = Some("00aa".to_owned());
        experiment.pruning.rewind = "2ep100it".parse().unwrap();
        experiment.pruning.excluded_layers.insert("fc3".to_owned());
        experiment.pruning.layer_rates.insert("fc1".to_owned(), Rate::new(0.35).unwrap());
        experiment.pruning.mask1_action = "reshuffle".to_owned();
        experiment.pruning.mask0_action = "freeze-init".to_owned();
        experiment.pruning.inverted_scores = true;
        experiment.pruning.densities = vec![Density::new(0.5).unwrap(), Density::new(0.25).unwrap()];
        experiment.pruning.allocation = Some(lth_ticket::Allocation::Erk);
        experiment.pruning.steps = Some(7);
        experiment.pruning.grasp_temperature = Some(1.5);
        experiment.pruning.early_bird = Some(crate::EarlyBirdSettings::default());
        experiment.pruning.updates = Some(crate::MaskUpdateSettings::default());
        experiment.pruning.retraining = crate::Retraining::FineTuning;
        experiment.recipe.optimizer = Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-4 };
        experiment.recipe.schedule = "warmup:100it+milestones:80ep,0.1".parse().unwrap();
        experiment.recipe.label_smoothing = 0.1;
        experiment.recipe.gradient_clip = Some(1.0);
        experiment
    }

    /// Everything that a default has is taken away.
    fn bare() -> Experiment {
        let mut experiment = Experiment::new("resnet-20", "cifar-10");
        experiment.pruning.excluded_layers.clear();
        experiment.recipe.augmentation = Augmentation::default();
        experiment.recipe.schedule = Schedule::Constant;
        experiment
    }

    #[test]
    fn reads_what_it_wrote() {
        let usual = ["lenet-300-100", "conv-6", "vgg-19", "resnet-20"]
            .map(|model| Experiment::new(model, "cifar-10"));
        for experiment in usual.into_iter().chain([rich(), bare()]) {
            let text = experiment.to_toml();
            assert_eq!(read(&text).unwrap(), experiment, "{text}");
        }
    }

    #[test]
    fn is_written_for_people() {
        let text = rich().to_toml();
        for part in ["format = 2\n", "learning_rate = 0.0012\n", "length = \"50ep\"\n", "fc1 = 0.35\n"] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        for (_, comment) in COMMENTS {
            assert_eq!(text.matches(comment).count(), 1, "{comment}\n{text}");
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let text = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n[recipe]\nbatch_size = 100\n";
        let mut expected = Experiment::new("lenet-300-100", "mnist");
        expected.recipe.batch_size = 100;
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_place_and_the_nearest() {
        let head = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";
        let error = read(&format!("{head}[recipe]\n  batchsize = 60\n")).unwrap_err();
        assert!(error.to_string().starts_with("experiment.toml:4:3: unknown field 'batchsize'"), "{error}");
        assert_eq!(error.hint().unwrap(), "did you mean 'batch_size'?");
        let error = read(&format!("{head}replicats = 5\n")).unwrap_err();
        assert!(error.to_string().starts_with("experiment.toml:3:1:"), "{error}");
        assert_eq!(error.hint().unwrap(), "did you mean 'replicates'?");
    }

    #[test]
    fn bad_values_are_shown_with_their_place() {
        let head = "model = \"lenet-300-100\"\ndataset = \"mnist\"\n";
        for (line, place, part) in [
            ("rounds = \"many\"", "3:10", "expected u32"),
            ("rounds = -1", "3:10", ""),
            ("keep = \"some\"", "3:8", "unknown variant 'some'"),
            ("[pruning]\nlinear_rate = 1.5", "4:15", "strictly between 0 and 1"),
            ("[pruning]\nrewind = \"5\"", "4:10", "a unit is missing"),
            ("rounds = ", "3:", ""),
        ] {
            let error = read(&format!("{head}{line}\n")).unwrap_err();
            assert!(error.to_string().starts_with(&format!("experiment.toml:{place}")), "{line}: {error}");
            assert!(error.to_string().contains(part), "{line}: {error}");
            assert!(error.hint().is_some());
        }
        assert!(read("rounds = 3").unwrap_err().hint().unwrap().contains("model"));
    }

    #[test]
    fn a_newer_format_is_refused_before_its_unknown_keys() {
        let error = read("format = 3\nmodel = 1\nnews = true\n").unwrap_err();
        assert!(matches!(error, LabError::Newer { found: 3, supported: FORMAT, .. }), "{error}");
    }

    #[test]
    fn an_older_format_is_refused_with_what_to_do() {
        let error = read("format = 1\nmodel = \"lenet-300-100\"\ndataset = \"mnist\"\n").unwrap_err();
        assert!(matches!(error, LabError::Older { found: 1, supported: FORMAT, .. }), "{error}");
        assert!(error.hint().unwrap().contains("move the folder away"), "{error}");
    }
}
