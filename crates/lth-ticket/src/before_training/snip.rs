//! The method `snip`.

use lth_model::{Batch, Gradients, OneNetwork, Program, Start, Tensors};
use lth_reference::Values;

use super::{BeforeTraining, BeforeTrainingContext, BeforeTrainingError};

/// Keeps weights whose removal would change the loss most, to first order: `|w g|` (Lee et al. 2019, connection
/// sensitivity: the gradient of the loss with respect to a factor on the weight).
///
/// The gradient g is that of the mean cross-entropy over [`BeforeTrainingContext::examples`], in batches of the recipe's
/// size, batch normalisation by the batch as in training, no dropout, no label smoothing. The paper divides by the sum of
/// all scores, which changes no order. With more than one iteration the rest is scored again after each (de Jorge et al.
/// 2021, iterative SNIP).
#[derive(Debug, Clone, Copy)]
pub struct Snip;

impl BeforeTraining for Snip {
    fn name(&self) -> &'static str {
        "snip"
    }

    fn description(&self) -> &'static str {
        "keeps weights whose removal would change the loss most"
    }

    fn formula(&self) -> &'static str {
        "|w g|"
    }

    fn paper(&self) -> &'static str {
        "Lee et al. 2019"
    }

    fn needs_data(&self) -> bool {
        true
    }

    fn scores(&self, context: &BeforeTrainingContext<'_>) -> Result<Tensors, BeforeTrainingError> {
        let indices = context.examples()?;
        let BeforeTrainingContext { architecture, engine, weights, masks, data, seed, .. } = *context;
        let program = Program::evaluation(architecture, context.batch_size());
        let mut network = OneNetwork::new(engine, &program, &Start::new(weights, masks, seed))?;
        let mut gradients = Tensors::new();
        let mut sums = Values::new();
        let mut seen = 0;
        for batch in indices.chunks(context.batch_size()) {
            let share = batch.len() as f64 / indices.len() as f64;
            let stored = Batch::Stored { data: &data.train, indices: batch, views: &[] };
            network.gradients_into(stored, Gradients::All, &mut gradients)?;
            for (name, gradient) in &gradients {
                let sum = sums.entry(name.clone()).or_insert_with(|| vec![0.0; gradient.len()]);
                sum.iter_mut().zip(gradient.data()).for_each(|(sum, &g)| *sum += share * f64::from(g));
            }
            seen += batch.len();
            context.done(seen as f64 / indices.len() as f64)?;
        }
        context.weighted(self.name(), &sums, f64::abs)
    }
}
