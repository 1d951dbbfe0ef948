//! Examples as an engine holds them.

use std::{any::Any, fmt, sync::Arc};

use super::Examples;

/// What an engine holds beside what lies on the host, shared by all clones.
type Held = Option<Arc<dyn Any + Send + Sync>>;

/// Examples that were uploaded to an engine ([`super::Engine::upload`]), for all of its trainers.
///
/// Cloning shares the memory.
#[derive(Clone)]
pub struct DataSet {
    examples: Examples,
    held: Held,
}

impl DataSet {
    /// Examples that are read where they are.
    pub fn on_host(examples: &Examples) -> Self {
        Self { examples: examples.clone(), held: None }
    }

    /// Examples of which an engine holds a copy of its own form.
    pub fn held<T: Any + Send + Sync>(examples: &Examples, copy: T) -> Self {
        Self { examples: examples.clone(), held: Some(Arc::new(copy)) }
    }

    /// The examples on the host.
    pub fn examples(&self) -> &Examples {
        &self.examples
    }

    /// The engine's copy; `None` if it is of another engine.
    pub fn copy<T: Any>(&self) -> Option<&T> {
        self.held.as_deref()?.downcast_ref()
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }
}

/// The same examples in the same memory.
impl PartialEq for DataSet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.examples.bytes, &other.examples.bytes)
            && Arc::ptr_eq(&self.examples.labels, &other.examples.labels)
    }
}

impl fmt::Debug for DataSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataSet({} examples)", self.len())
    }
}

/// Examples that are evaluated again and again ([`super::Engine::evaluation_set`]), by any trainer of the engine.
///
/// Cloning shares the memory.
#[derive(Clone)]
pub struct EvaluationSet {
    data: DataSet,
    indices: Arc<[u32]>,
    held: Held,
}

impl EvaluationSet {
    /// Examples that are read where they are.
    pub fn on_host(data: &DataSet, indices: &[u32]) -> Self {
        Self { data: data.clone(), indices: indices.into(), held: None }
    }

    /// Examples of which an engine holds a copy of its own form.
    pub fn held<T: Any + Send + Sync>(data: &DataSet, indices: &[u32], copy: T) -> Self {
        Self { held: Some(Arc::new(copy)), ..Self::on_host(data, indices) }
    }

    /// The data set.
    pub fn data(&self) -> &DataSet {
        &self.data
    }

    /// Which of its examples.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// The engine's copy; `None` if it is of another engine.
    pub fn copy<T: Any>(&self) -> Option<&T> {
        self.held.as_deref()?.downcast_ref()
    }
}

impl fmt::Debug for EvaluationSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EvaluationSet({} of {} examples)", self.indices.len(), self.data.len())
    }
}
