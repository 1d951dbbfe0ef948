//! The mask-1 action `noise`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context};

/// The rewind point with normal noise of so many deviations of the layer's initial weights (Frankle and Carbin 2019, appendix F).
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    /// The noise's deviation over that of the layer's initial weights.
    pub deviations: f32,
}

impl Noise {
    /// Noise of a finite number of deviations, not below 0.
    pub fn new(deviations: f32) -> Option<Self> {
        (deviations >= 0.0 && deviations.is_finite()).then_some(Self { deviations })
    }
}

impl Mask1Action for Noise {
    fn name(&self) -> Cow<'static, str> {
        format!("noise-{}", self.deviations).into()
    }

    fn description(&self) -> &'static str {
        "the rewind point with normal noise of so many deviations of the layer's initialisation"
    }

    fn formula(&self) -> &'static str {
        "w_i + x deviation(w_0) normal"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        context.layerwise(|layer| {
            let scale = f64::from(self.deviations) * f64::from(layer.deviation());
            let mut values = layer.rewind.to_vec();
            for &index in &layer.live {
                values[index] = (f64::from(values[index]) + scale * layer.stream.normal()) as f32;
            }
            values
        })
    }
}
