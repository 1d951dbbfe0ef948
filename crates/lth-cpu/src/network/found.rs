//! Gradients by name.

use lth_model::{ExpectedTensors, Gradients, Masks, Tensor, Tensors};

use crate::network::names::Names;

/// Gradients of all parameters in the architecture's order, written layer by layer; tensors that fit are written over.
pub(crate) struct Found<'a> {
    tensors: &'a mut Tensors,
    pub(crate) which: Gradients,
    masks: &'a Masks,
}

impl<'a> Found<'a> {
    /// Into these tensors; nothing is allocated for tensors that are there already.
    pub(crate) fn new(
        expected: &ExpectedTensors,
        tensors: &'a mut Tensors,
        which: Gradients,
        masks: &'a Masks,
    ) -> Self {
        let fit = tensors.len() == expected.parameters.len()
            && tensors.iter().zip(&expected.parameters).all(|((name, tensor), parameter)| {
                *name == parameter.name && tensor.shape() == parameter.shape
            });
        if !fit {
            let zeros = expected.parameters.iter().map(|p| (p.name.clone(), Tensor::zeros(p.shape.clone())));
            *tensors = zeros.collect();
        }
        Self { tensors, which, masks }
    }

    /// Lets `write` fill the gradients of a layer's weight and of its bias, if it has one.
    pub(crate) fn layer(&mut self, names: &Names, write: impl FnOnce(&mut [f32], Option<&mut [f32]>)) {
        let at = self.tensors.get_index_of(&names.weight).expect("every layer with parameters has a weight");
        let (weight, after) = self.tensors.as_mut_slice()[at..].split_at_mut(1);
        let bias = after.first_mut().filter(|(name, _)| **name == names.bias);
        write(weight[0].data_mut(), bias.map(|(_, tensor)| tensor.data_mut()));
        if let (Gradients::Live, Some(mask)) = (self.which, self.masks.get(&names.weight)) {
            mask.apply(&mut weight[0]);
        }
    }
}
