//! What decides the results of a task.

use std::fmt::{Display, Write as _};

use lth_model::{BiasInit, InitScheme, Learns, Masks, OptimizerState, Pruned, Recipe, Seed, Tensors};
use lth_ticket::{DataOrder, TrainingJob};

use crate::{Workbench, work::Start};

/// The hash of everything that decides the bits of a task, and of nothing else: where two runs have tasks of one key, their outputs
/// are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskKey(String);

impl TaskKey {
    /// Of a training, of whose examples so many are held out by this seed.
    pub(crate) fn of_training(
        bench: &Workbench<'_>,
        held_out: (usize, Seed),
        start: &Start,
        job: &TrainingJob<'_>,
    ) -> Self {
        let (size, seed) = held_out;
        Fields::new("lth training 3")
            .with("numerics", bench.engine.numerics())
            .with("architecture", job.architecture.fingerprint())
            .with("data", &bench.data.fingerprint)
            .with(
                "normalization",
                format!("{:?}", [&bench.data.train, &bench.data.test].map(|e| &e.normalization)),
            )
            .with("held out", if size == 0 { "none".to_owned() } else { format!("{size} by {seed}") })
            .with("start", start.hash())
            .with("recipe", text_of(job.recipe))
            .with("seed", job.seed)
            .with("order", if job.order == DataOrder::Shuffled { "shuffled" } else { "stored" })
            .with("evaluations", job.evaluate_every)
            // States that are kept on the way decide no bits.
            .with("snapshots", "[]")
            .with("changes of masks", format!("{:?}", job.mask_updates))
            .with("learns", learned(&job.learns))
            .key()
    }

    /// The key of the same training that keeps its states at these iterations, for what is saved of it on the way.
    pub(crate) fn keeping(&self, iterations: &[u64]) -> Self {
        Fields::new("lth states 1").with("training", &self.0).with("at", format!("{iterations:?}")).key()
    }

    /// Its 32 hexadecimal digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names and values, in the order in which they are hashed.
struct Fields(String);

impl Fields {
    fn new(kind: &str) -> Self {
        Self(format!("{kind}\n"))
    }

    fn with(mut self, name: &str, value: impl Display) -> Self {
        writeln!(self.0, "{name}={value}").expect("a String takes all text");
        self
    }

    fn key(self) -> TaskKey {
        TaskKey(blake3::hash(self.0.as_bytes()).to_hex()[..32].to_owned())
    }
}

/// All of a recipe but how weights are drawn: those of the start are.
fn text_of(recipe: &Recipe) -> String {
    let drawn = Recipe { init: InitScheme::GlorotNormal, bias_init: BiasInit::Zero, ..recipe.clone() };
    serde_json::to_string(&drawn).expect("settings are plain values")
}

fn learned(learns: &Learns) -> String {
    match learns {
        Learns::Nothing => "nothing".to_owned(),
        Learns::Weights => "weights".to_owned(),
        Learns::Scores(scores) => {
            let normalizing = scores.normalizing.as_ref().map(|on| (on.indices.len(), on.batch_size));
            format!("scores {:?} rescaled={} {normalizing:?}", scores.method, scores.dynamic_rescaling)
        }
    }
}

/// BLAKE3 of all that a training starts from: 32 hexadecimal digits.
pub(crate) fn hash_of_start(
    weights: &Tensors,
    masks: &Masks,
    pruned: Pruned,
    optimizer: Option<&OptimizerState>,
    iteration: u64,
) -> String {
    let mut hasher = blake3::Hasher::new();
    let tensors = |hasher: &mut blake3::Hasher, tensors: &Tensors| {
        let mut sorted: Vec<_> = tensors.iter().collect();
        sorted.sort_by_key(|&(name, _)| name);
        for (name, tensor) in sorted {
            hasher.update(format!("{name} {:?}\n", tensor.shape()).as_bytes());
            hasher.update(&tensor.le_bytes());
        }
    };
    tensors(&mut hasher, weights);
    if let Some(state) = optimizer {
        tensors(&mut hasher, &state.tensors);
        hasher.update(&state.updates.to_le_bytes());
    }
    let mut sorted: Vec<_> = masks.iter().collect();
    sorted.sort_by_key(|&(name, _)| name);
    for (name, mask) in sorted {
        hasher.update(format!("{name} {:?}\n", mask.shape()).as_bytes());
        hasher.update(&mask.live_bytes());
    }
    if pruned == Pruned::Frozen {
        hasher.update(b"frozen\n");
    }
    hasher.update(&iteration.to_le_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Experiment;
    use lth_cpu::CpuEngine;
    use lth_data::Dataset;
    use lth_model::{Examples, Normalization, Tensor, mlp};
    use lth_ticket::{GrowthRule, MaskUpdates};

    fn data(first: u8) -> Dataset {
        let examples = |count: usize| Examples {
            bytes: vec![first; 2 * count].into(),
            labels: (0..count).map(|index| (index % 2) as u16).collect::<Vec<_>>().into(),
            features: 2,
            normalization: Normalization::UNIT,
        };
        Dataset::new("toy", examples(8), examples(2), vec![2], vec!["0".to_owned(), "1".to_owned()], "test")
    }

    fn start(value: f32) -> Start {
        Start::dense([("fc1.weight".to_owned(), Tensor::new(vec![2, 2], vec![value; 4]))].into())
    }

    /// The key after changes of the experiment, the start and the training.
    fn key(
        experiment: &dyn Fn(&mut Experiment),
        changed_start: &dyn Fn(&mut Start),
        change: &dyn Fn(&mut TrainingJob<'_>),
    ) -> String {
        let (engine, architecture, data) = (CpuEngine::new(), mlp("toy", &[2], &[], 2), data(1));
        let bench = Workbench::new(&engine, &architecture, &data, Path::new("x"));
        let mut base = Experiment::new("lenet-300-100", "mnist");
        base.validation_size = 2;
        experiment(&mut base);
        let mut start = start(1.0);
        changed_start(&mut start);
        let examples = bench.examples(&base, base.first_seed).unwrap();
        let mut job = bench.job(&base, Seed(5), &examples, &start);
        change(&mut job);
        bench.key(&base, base.first_seed, &start, &job).as_str().to_owned()
    }

    fn usual() -> String {
        key(&|_| {}, &|_| {}, &|_| {})
    }

    fn changing() -> String {
        key(&|_| {}, &|_| {}, &|job| {
            let growth = GrowthRule::Random;
            job.mask_updates = Some(MaskUpdates::DropAndGrow { growth, every: 1, end: 2, fraction: 0.5 });
        })
    }

    #[test]
    fn everything_that_decides_the_bits_has_a_key_of_its_own() {
        let mut keys = vec![
            usual(),
            key(&|e| e.validation_size = 3, &|_| {}, &|_| {}),
            key(&|e| e.first_seed = Seed(1), &|_| {}, &|_| {}),
            key(&|e| e.recipe.batch_size = 3, &|_| {}, &|_| {}),
            key(&|e| e.recipe.learning_rate = 0.5, &|_| {}, &|_| {}),
            key(&|e| e.order = DataOrder::Stored, &|_| {}, &|_| {}),
            key(&|e| e.evaluate_every = 7, &|_| {}, &|_| {}),
            key(&|_| {}, &|s| *s = start(2.0), &|_| {}),
            key(&|_| {}, &|s| s.iteration = 3, &|_| {}),
            key(&|_| {}, &|s| s.pruned = Pruned::Frozen, &|_| {}),
            key(&|_| {}, &|s| s.optimizer = Some(OptimizerState::default()), &|_| {}),
            key(&|_| {}, &|_| {}, &|job| job.seed = Seed(6)),
            key(&|_| {}, &|_| {}, &|job| job.learns = Learns::Nothing),
            changing(),
        ];
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn what_decides_nothing_of_this_training_is_left_out() {
        let same: [&dyn Fn(&mut Experiment); 5] = [
            &|e| e.set("criterion", "movement").unwrap(),
            &|e| e.pruning.scope = lth_ticket::Scope::Global,
            &|e| e.rounds = 99,
            &|e| e.keep = crate::Keep::All,
            &|e| e.recipe.init = lth_model::InitScheme::GlorotUniform,
        ];
        for change in same {
            assert_eq!(key(change, &|_| {}, &|_| {}), usual());
        }
        assert_eq!(key(&|_| {}, &|s| s.ticket_hash = "other".to_owned(), &|_| {}), usual());
        assert_eq!(key(&|_| {}, &|_| {}, &|job| job.snapshots = vec![4]), usual());
    }

    #[test]
    fn keys_and_hashes_of_starts_are_frozen() {
        let fields = Fields::new("kind").with("a", 1).with("b", "x");
        assert_eq!(fields.0, "kind\na=1\nb=x\n");
        let recipe = text_of(&Experiment::new("lenet-300-100", "mnist").recipe);
        let expected = r#"{"batch_size":60,"length":"50ep","learning_rate":0.0012,"optimizer":{"name":"adam","beta1":0.9,"beta2":0.999,"epsilon":1e-8,"weight_decay":0.0},"schedule":{"name":"constant"},"augmentation":{"crop_padding":0,"horizontal_flip":false},"init":"glorot-normal","bias_init":"zero"}"#;
        assert_eq!(recipe, expected);
        assert_eq!(
            [start(1.0).hash(), fields.key().as_str().to_owned(), usual(), changing()],
            [
                "33bb65412b8773693dec75b96af5573f",
                "553eddb81daeb19c96b9c3c94855a4d5",
                "00a319c38a8496e0788e4553d5c426de",
                "c6fb7025272321fb75dfa554287ec68b"
            ]
        );
    }
}
