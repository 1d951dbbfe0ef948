//! The names of tensors, made once: a step makes none.

/// The names of a layer's tensors, as in a PyTorch state dict.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) weight: String,
    pub(crate) bias: String,
    pub(crate) running: [String; 2],
}

impl Names {
    /// Of the layer of this name.
    pub(crate) fn of(layer: &str) -> Self {
        let name = |suffix: &str| format!("{layer}.{suffix}");
        Self {
            weight: name("weight"),
            bias: name("bias"),
            running: [name("running_mean"), name("running_var")],
        }
    }
}
