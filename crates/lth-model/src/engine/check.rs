//! What every engine refuses in the same words.

use super::{Batch, DataSet, EngineError, Learns, Program, Start};
use crate::{Architecture, Op};

impl Batch<'_> {
    /// Refuses a batch that does not fit the architecture.
    ///
    /// # Errors
    /// [`EngineError::Batch`] when there is no example, an example has another number of values, an index is beyond the data,
    /// or a label is none of the classes.
    pub fn check(&self, architecture: &Architecture) -> Result<(), EngineError> {
        let features = architecture.input_features();
        if self.is_empty() {
            return refuse("it has no example".to_owned());
        }
        match *self {
            Batch::Stored { data, indices, views } => {
                let examples = data.examples();
                if !views.is_empty() && views.len() != indices.len() {
                    return refuse(format!("{} views of {} examples", views.len(), indices.len()));
                }
                if examples.features != features {
                    let found = examples.features;
                    return refuse(format!("examples have {found} values, the network reads {features}"));
                }
                data.check_indices(indices)?;
                indices
                    .iter()
                    .try_for_each(|&index| architecture.check_label(examples.labels[index as usize]))
            }
            Batch::Values { inputs, labels } => {
                if inputs.len() != labels.len() * features {
                    let (values, examples) = (inputs.len(), labels.len());
                    return refuse(format!("{values} values for {examples} examples of {features}"));
                }
                labels.iter().try_for_each(|&label| architecture.check_label(label))
            }
        }
    }
}

impl DataSet {
    /// Refuses indices beyond the data.
    ///
    /// # Errors
    /// [`EngineError::Batch`] with the first of them.
    pub fn check_indices(&self, indices: &[u32]) -> Result<(), EngineError> {
        match indices.iter().find(|&&index| index as usize >= self.len()) {
            None => Ok(()),
            Some(index) => refuse(format!("example {index} of {} does not exist", self.len())),
        }
    }
}

impl Architecture {
    /// Refuses a class that the network does not have.
    ///
    /// # Errors
    /// [`EngineError::Batch`] with the label.
    pub fn check_label(&self, label: u16) -> Result<(), EngineError> {
        let classes = self.classes();
        if usize::from(label) < classes {
            return Ok(());
        }
        refuse(format!("label {label}, but there are {classes} classes"))
    }

    /// Refuses a number of examples of which a batch normalisation by the batch has no variance.
    ///
    /// # Errors
    /// [`EngineError::OneValue`].
    pub fn check_statistics(&self, examples: usize) -> Result<(), EngineError> {
        match self.norm_of_one_value(examples) {
            Some(layer) => Err(EngineError::OneValue { layer: layer.to_owned() }),
            None => Ok(()),
        }
    }

    /// The batches that running statistics are estimated on, see [`super::Trainer::reestimate_batch_norm`].
    ///
    /// # Errors
    /// When there are none, or one does not fit or has no variance.
    pub fn estimation_batches<'a>(
        &self,
        data: &'a DataSet,
        indices: &'a [u32],
        batch_size: usize,
    ) -> Result<impl Iterator<Item = Batch<'a>> + use<'a>, EngineError> {
        if batch_size == 0 || indices.is_empty() {
            return refuse(format!("{} examples in batches of {batch_size}", indices.len()));
        }
        let mut batches: Vec<&[u32]> = indices.chunks(batch_size).collect();
        if batches.len() > 1 && batch_size > 1 {
            batches.pop_if(|last| self.check_statistics(last.len()).is_err());
        }
        let batches: Vec<Batch<'a>> =
            batches.into_iter().map(|indices| Batch::Stored { data, indices, views: &[] }).collect();
        for batch in &batches {
            self.check_statistics(batch.len())?;
            batch.check(self)?;
        }
        Ok(batches.into_iter())
    }
}

impl Program<'_> {
    /// Refuses what no engine learns scores of: dropout, and clipping.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] in the name of the engine.
    pub fn check_scores(&self, engine: &'static str) -> Result<(), EngineError> {
        if !matches!(self.learns, Learns::Scores(_)) {
            return Ok(());
        }
        let drops = self.architecture.nodes.iter().any(|node| matches!(node.op, Op::Dropout { .. }));
        match (drops, self.gradient_clip) {
            (true, _) => Err(EngineError::unsupported(engine, "dropout while a mask is learned")),
            (_, Some(_)) => {
                Err(EngineError::unsupported(engine, "clipping of gradients while a mask is learned"))
            }
            _ => Ok(()),
        }
    }
}

impl Start<'_> {
    /// Refuses masks under a mask that is learned.
    ///
    /// # Errors
    /// [`EngineError::Unsupported`] in the name of the engine.
    pub fn check_scores(&self, engine: &'static str) -> Result<(), EngineError> {
        if self.masks.values().all(|mask| mask.live() == mask.len()) {
            return Ok(());
        }
        Err(EngineError::unsupported(engine, "a mask under the mask that is learned"))
    }
}

fn refuse<T>(reason: String) -> Result<T, EngineError> {
    Err(EngineError::Batch { reason })
}
