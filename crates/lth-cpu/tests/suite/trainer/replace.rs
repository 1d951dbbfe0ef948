//! Other weights in the place of those that are there, and gradients with what the forward pass saw.

use lth_model::{Batch, DataSet, Gradients, Masks, Normalization, Optimizer, StepReport, Tensors};

use crate::trainer::support::*;

#[test]
fn replaced_weights_have_the_bits_of_loaded_ones() {
    let architecture = small();
    let (start, examples) = (weights(&architecture), examples(120, Normalization::UNIT));
    let mut other = start.clone();
    for value in other.values_mut().flat_map(lth_model::Tensor::data_mut) {
        *value = 0.5 * *value + 0.01;
    }
    let indices = indices(0, 60);
    let batch = Batch::Stored { data: &DataSet::on_host(&examples), indices: &indices, views: &[] };
    // Without moments in place, with moments by loading; from a masked network by loading too.
    for (optimizer, masks) in [
        (Optimizer::SGD, Masks::new()),
        (Optimizer::ADAM, Masks::new()),
        (Optimizer::SGD, masks(&architecture, 0.1)),
        (Optimizer::SGD, masks(&architecture, 0.9)),
    ] {
        let mut loaded = trainer(&architecture, optimizer, &other, &Masks::new());
        let mut replaced = trainer(&architecture, optimizer, &start, &masks);
        replaced.replace_weights(&other).unwrap();
        assert_same_state(&replaced.state(), &loaded.state(), "after replacing");
        let mut found = Tensors::new();
        let report = replaced.gradients_into(batch, Gradients::Live, &mut found).unwrap();
        assert_same(&found, &loaded.gradients(batch, Gradients::Live).unwrap(), "gradients");
        let expected: StepReport = loaded.step(batch, 0.1).unwrap();
        assert_eq!(report, expected);
    }
    let mut network = trainer(&architecture, Optimizer::SGD, &start, &Masks::new());
    let mut lacking = start.clone();
    lacking.shift_remove("fc1.weight");
    assert!(network.replace_weights(&lacking).is_err());
}
