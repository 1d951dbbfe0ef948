//! One network of a trainer, and what is done with it.

use lth_model::{
    Batch, EngineError, Gradients, Masks, Pruned, Purpose, RandomStream, Seed, Start, StepReport, Tensors,
};

use crate::{
    kernels::{
        activation::Scale,
        softmax::{Score, Softmax},
        update::UpdateRule,
    },
    layers::norm::Norm,
    layout::lanes::slab_rows,
    network::{
        Network,
        forward::Mode,
        found::Found,
        input::{Inputs, Loaded, Reader, Target},
    },
    parameters::{
        Parameters,
        optimizer::{WithRule, with_rule},
    },
    threads::Machine,
    trainer::{Common, scores::Scored},
};

/// One network.
pub(super) struct Member {
    pub(super) network: Network,
    pub(super) masks: Masks,
    pub(super) pruned: Pruned,
    pub(super) seed: Seed,
    pub(super) updates: u64,
    /// Where masks are learned instead of weights.
    pub(super) scored: Option<Scored>,
}

impl Member {
    pub(super) fn new(common: &Common, start: &Start<'_>) -> Result<Self, EngineError> {
        let updates = start.optimizer.map_or(0, |optimizer| optimizer.updates);
        let scored = Scored::new(common, start)?;
        // Weights under a mask that is learned never change, and the memory is of the scores.
        let (start, moments) = match &scored {
            Some(_) => (Start { optimizer: None, ..*start }, &[][..]),
            None => (*start, common.moments),
        };
        let parameters = Parameters::new(&start, moments, common.crossover);
        Ok(Self {
            network: Network::new(&common.architecture, &common.expected, &parameters)?,
            masks: start.masks.clone(),
            pruned: start.pruned,
            seed: start.seed,
            updates,
            scored,
        })
    }
}

/// A network with all that a pass over it needs.
pub(super) struct Pass<'a> {
    pub(super) machine: Machine<'a>,
    pub(super) common: &'a Common,
    pub(super) member: &'a mut Member,
    pub(super) batch: &'a mut Loaded,
    pub(super) clipped: &'a mut Tensors,
}

impl Pass<'_> {
    /// One update on a batch that was checked.
    pub(super) fn update(&mut self, batch: Batch<'_>, rate: f32) -> StepReport {
        let Some(mut scored) = self.member.scored.take() else { return self.step(batch, rate) };
        let report = self.step_scores(&mut scored, batch, rate);
        self.member.scored = Some(scored);
        report
    }

    fn step(&mut self, batch: Batch<'_>, rate: f32) -> StepReport {
        let examples = batch.len();
        let reader = self.member.network.reader_of_step(self.common.gradient_clip.is_some());
        self.load(batch, reader);
        let mut dropout = RandomStream::new(self.member.seed, Purpose::Dropout, self.member.updates);
        self.forward(examples, Mode::Training { dropout: &mut dropout });
        let score = self.loss(examples, true);
        self.clip(examples);
        self.member.updates += 1;
        let update = Backward {
            machine: self.machine,
            inputs: self.batch.inputs(),
            network: &mut self.member.network,
            examples,
        };
        with_rule(self.common.optimizer, self.member.updates, rate, update);
        report(&score, examples)
    }

    /// The gradients of a batch that was checked.
    pub(super) fn gradients(&mut self, batch: Batch<'_>, which: Gradients, into: &mut Tensors) -> StepReport {
        let examples = batch.len();
        self.load(batch, self.member.network.reader_of_step(true));
        self.member.network.forget_dropout();
        self.forward(examples, Mode::Estimate);
        let score = self.loss(examples, true);
        self.collect_gradients(examples, which, into);
        report(&score, examples)
    }

    /// Fills the input slabs.
    pub(super) fn load(&mut self, batch: Batch<'_>, reader: Reader) {
        let shape = &self.common.architecture.nodes[0].shape;
        let (lanes, slabs) = self.member.network.input(batch.len());
        self.batch.load(batch, &mut Target { isa: self.machine.isa, shape, lanes, slabs, reader });
    }

    /// From the input to the logits without dropout, batch normalisation by its running statistics.
    pub(super) fn load_and_evaluate(&mut self, batch: Batch<'_>) {
        self.load(batch, self.member.network.reader());
        self.forward(batch.len(), Mode::Evaluation);
    }

    fn forward(&mut self, examples: usize, mode: Mode<'_>) {
        let Self { machine, member, batch, .. } = self;
        forward(*machine, &mut member.network, examples, batch.inputs(), mode);
    }

    /// Losses of all slabs; with `gradient` leaves the gradient of the mean loss, else without label smoothing.
    pub(super) fn loss(&mut self, examples: usize, gradient: bool) -> Score {
        let classes = self.common.architecture.classes();
        let (lanes, logits, gradients) = self.member.network.output(examples);
        let stride = slab_rows(classes) * lanes.width();
        let mut total = Score::default();
        for slab in 0..lanes.slabs {
            // The last slab of a set that is laid out has fewer examples than lanes.
            let labels = lanes.range(slab);
            let labels = &self.batch.labels[labels.start..labels.end.min(self.batch.labels.len())];
            let range = slab * stride..slab * stride + classes * lanes.width();
            gradients[range.clone()].copy_from_slice(&logits[range.clone()]);
            total.add(self.machine.isa.run(Softmax {
                logits: &mut gradients[range],
                classes,
                vectors: lanes.vectors,
                labels,
                scale: gradient.then(|| 1.0 / lanes.examples as f32),
                smoothing: if gradient { self.common.smoothing } else { 0.0 },
            }));
        }
        total
    }

    /// Shortens the gradient of the logits so that the gradient of all parameters is no longer than the program allows.
    fn clip(&mut self, examples: usize) {
        let Some(longest) = self.common.gradient_clip else { return };
        let mut gradients = std::mem::take(self.clipped);
        self.collect_gradients(examples, Gradients::Live, &mut gradients);
        let factor = clip_factor(&gradients, longest);
        *self.clipped = gradients;
        if factor < 1.0 {
            let (_, _, gradient) = self.member.network.output(examples);
            self.machine.isa.run(Scale { y: gradient, factor });
        }
    }

    /// The gradients of all parameters from that of the logits.
    fn collect_gradients(&mut self, examples: usize, which: Gradients, into: &mut Tensors) {
        let inputs = self.batch.inputs();
        let mut found = Found::new(&self.common.expected, into, which, &self.member.masks);
        self.member.network.gradients(self.machine, examples, inputs, &mut found);
    }

    /// Sets running statistics to the averages over batches that were checked; false, with the statistics as they were, when `stop`
    /// says so.
    pub(super) fn reestimate_batch_norm<'b>(
        &mut self,
        batches: impl Iterator<Item = Batch<'b>>,
        stop: &dyn Fn() -> bool,
    ) -> bool {
        self.member.network.norms().for_each(Norm::begin_estimate);
        for batch in batches {
            if stop() {
                self.member.network.norms().for_each(Norm::abandon_estimate);
                return false;
            }
            self.load(batch, self.member.network.reader());
            self.forward(batch.len(), Mode::Estimate);
        }
        self.member.network.norms().for_each(Norm::end_estimate);
        true
    }
}

/// From the input to the logits.
pub(super) fn forward(
    machine: Machine<'_>,
    network: &mut Network,
    examples: usize,
    inputs: Inputs<'_>,
    mode: Mode<'_>,
) {
    machine.threads.inside(|| network.forward(machine, examples, inputs, mode));
}

fn report(score: &Score, examples: usize) -> StepReport {
    StepReport { loss_sum: score.loss_sum, correct: score.correct, examples }
}

/// `min(1, longest / (norm + 1e-6))`, as in PyTorch.
fn clip_factor(gradients: &Tensors, longest: f32) -> f32 {
    let squares = gradients.values().flat_map(lth_model::Tensor::data).map(|&g| f64::from(g) * f64::from(g));
    let norm = squares.sum::<f64>().sqrt();
    (f64::from(longest) / (norm + 1e-6)).min(1.0) as f32
}

/// A backward pass with whichever rule.
struct Backward<'a> {
    network: &'a mut Network,
    machine: Machine<'a>,
    examples: usize,
    inputs: Inputs<'a>,
}

impl WithRule for Backward<'_> {
    fn with<R: UpdateRule>(self, rule: R) {
        let Self { network, machine, examples, inputs } = self;
        machine.threads.inside(|| network.backward(machine, examples, inputs, rule));
    }
}
