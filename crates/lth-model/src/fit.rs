//! Whether tensors and masks are those of an architecture.

use crate::{Architecture, EngineError, Masks, Parameter, RunningStatistic, Tensors};

/// The tensors that an architecture has, listed once: checks against them take no memory.
#[derive(Debug, Clone)]
pub struct ExpectedTensors {
    /// Weights and biases.
    pub parameters: Vec<Parameter>,
    /// Running means and variances.
    pub statistics: Vec<RunningStatistic>,
}

impl ExpectedTensors {
    /// Those of an architecture.
    pub fn of(architecture: &Architecture) -> Self {
        Self { parameters: architecture.parameters(), statistics: architecture.running_statistics() }
    }

    /// See [`Architecture::check_tensors`].
    ///
    /// # Errors
    /// Names the first tensor that does not fit.
    pub fn check_tensors(&self, tensors: &Tensors) -> Result<(), EngineError> {
        for (name, shape) in self.names() {
            match tensors.get(name) {
                None => return Err(EngineError::MissingTensor { name: name.clone() }),
                Some(tensor) => check_shape(name, shape, tensor.shape())?,
            }
        }
        match tensors.keys().find(|&name| self.names().all(|(known, _)| known != name)) {
            Some(unknown) => Err(EngineError::UnknownTensor { name: unknown.clone() }),
            None => Ok(()),
        }
    }

    /// See [`Architecture::check_masks`].
    ///
    /// # Errors
    /// Names the first mask that does not fit.
    pub fn check_masks(&self, masks: &Masks) -> Result<(), EngineError> {
        for (covered, mask) in masks {
            let covers = |parameter: &&Parameter| parameter.name == *covered && parameter.kind.is_prunable();
            let name = format!("{covered}.mask");
            match self.parameters.iter().find(covers) {
                None => return Err(EngineError::UnknownTensor { name }),
                Some(parameter) => check_shape(&name, &parameter.shape, mask.shape())?,
            }
        }
        Ok(())
    }

    fn names(&self) -> impl Iterator<Item = (&String, &Vec<usize>)> {
        let parameters = self.parameters.iter().map(|parameter| (&parameter.name, &parameter.shape));
        parameters.chain(self.statistics.iter().map(|statistic| (&statistic.name, &statistic.shape)))
    }
}

impl Architecture {
    /// Checks that these tensors are exactly the parameters and running statistics of this architecture: none missing,
    /// none unknown, all shapes equal.
    ///
    /// # Errors
    /// Names the first tensor that does not fit, in the architecture's order, with both shapes.
    pub fn check_tensors(&self, tensors: &Tensors) -> Result<(), EngineError> {
        ExpectedTensors::of(self).check_tensors(tensors)
    }

    /// These tensors in the order of a state dict ([`Architecture::state_names`]); what is no part of this architecture is
    /// left out.
    pub fn ordered(&self, mut tensors: Tensors) -> Tensors {
        self.state_names().into_iter().filter_map(|name| tensors.swap_remove_entry(&name)).collect()
    }

    /// Checks that these masks cover weights of this architecture; a weight without a mask is dense.
    ///
    /// # Errors
    /// Names the mask (as `<weight>.mask`) that covers nothing prunable or has another shape than its weight.
    pub fn check_masks(&self, masks: &Masks) -> Result<(), EngineError> {
        ExpectedTensors::of(self).check_masks(masks)
    }
}

/// Refuses a tensor of another shape.
///
/// # Errors
/// [`EngineError::Shape`] with both.
pub fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), EngineError> {
    if expected == found {
        return Ok(());
    }
    Err(EngineError::Shape { name: name.to_owned(), expected: expected.to_vec(), found: found.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ArchitectureBuilder, BiasInit, InitScheme, Mask, Purpose, Seed, Tensor, TensorFile, Window,
        initialize, mlp,
    };

    fn architecture() -> Architecture {
        mlp("small", &[4], &[3], 2)
    }

    fn weights(architecture: &Architecture) -> Tensors {
        initialize(architecture, InitScheme::GlorotNormal, BiasInit::Zero, Seed(1), Purpose::Init, 0)
    }

    #[test]
    fn accepts_its_own_tensors_in_any_order() {
        let architecture = architecture();
        let mut tensors = weights(&architecture);
        tensors.sort_keys();
        architecture.check_tensors(&tensors).unwrap();
        let masks = Masks::from([("fc1.weight".to_owned(), Mask::dense(vec![3, 4]))]);
        architecture.check_masks(&masks).unwrap();
    }

    #[test]
    fn names_what_does_not_fit() {
        let architecture = architecture();
        let mut tensors = weights(&architecture);
        tensors.shift_remove("fc2.weight");
        assert_eq!(
            architecture.check_tensors(&tensors).unwrap_err().to_string(),
            "tensor 'fc2.weight' is missing"
        );

        let mut tensors = weights(&architecture);
        tensors.insert("fc9.weight".to_owned(), Tensor::zeros(vec![1]));
        assert_eq!(
            architecture.check_tensors(&tensors).unwrap_err().to_string(),
            "tensor 'fc9.weight' is not part of the architecture"
        );

        let other = weights(&mlp("other", &[4], &[5], 2));
        assert_eq!(
            architecture.check_tensors(&other).unwrap_err().to_string(),
            "'fc1.weight' has shape [5, 4], the architecture needs [3, 4]"
        );
    }

    #[test]
    fn running_statistics_are_part_of_the_state() {
        let architecture = ArchitectureBuilder::new("normed", &[1, 4, 4])
            .conv2d_without_bias("conv1", 2, Window::square(3, 1, 1))
            .batch_norm("bn1")
            .global_average_pool("pool")
            .linear("fc", 2)
            .build()
            .unwrap();
        let tensors = weights(&architecture);
        architecture.check_tensors(&tensors).unwrap();
        let names: Vec<String> = architecture.ordered(tensors.clone()).into_keys().collect();
        assert_eq!(names, architecture.state_names());
        assert_eq!(names[3..5], ["bn1.running_mean", "bn1.running_var"]);

        let mut without = tensors;
        without.shift_remove("bn1.running_var");
        assert_eq!(
            architecture.check_tensors(&without).unwrap_err().to_string(),
            "tensor 'bn1.running_var' is missing"
        );
    }

    #[test]
    fn refuses_masks_of_biases_and_of_other_shapes() {
        let architecture = architecture();
        let masks = Masks::from([("fc1.bias".to_owned(), Mask::dense(vec![3]))]);
        assert_eq!(
            architecture.check_masks(&masks).unwrap_err().to_string(),
            "tensor 'fc1.bias.mask' is not part of the architecture"
        );
        let masks = Masks::from([("fc1.weight".to_owned(), Mask::dense(vec![4, 3]))]);
        assert_eq!(
            architecture.check_masks(&masks).unwrap_err().to_string(),
            "'fc1.weight.mask' has shape [4, 3], the architecture needs [3, 4]"
        );
    }

    #[test]
    fn a_file_of_masks_only_is_checked_for_its_masks() {
        let architecture = architecture();
        let mut file = TensorFile::default();
        file.masks.insert("fc1.weight".to_owned(), Mask::dense(vec![3, 4]));
        file.check_against(&architecture).unwrap();
        file.masks.insert("conv1.weight".to_owned(), Mask::dense(vec![3, 4]));
        assert!(matches!(file.check_against(&architecture), Err(EngineError::UnknownTensor { .. })));

        let file = TensorFile { tensors: weights(&mlp("other", &[4], &[3], 7)), ..TensorFile::default() };
        assert!(matches!(file.check_against(&architecture), Err(EngineError::Shape { .. })));
    }
}
