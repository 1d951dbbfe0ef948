//! The network of a ticket: the file says which it is, not for which examples.

use lth_model::{Architecture, ModelInfo, ParameterKind, TensorFile};

/// The largest side of square images that is tried.
const LARGEST_SIDE: usize = 512;

/// The network of this model whose fingerprint a ticket holds: built for the model's own examples or, where these give another
/// network, for square images of each size. `None` when none of them is the ticket's, or the file holds no fingerprint.
pub(crate) fn network_of_ticket(model: &ModelInfo, ticket: &TensorFile) -> Option<Architecture> {
    let fingerprint = ticket.metadata.get("architecture")?;
    let usual = model.build_as_made().ok()?;
    let parameters = usual.parameters();
    let output = parameters.iter().find(|parameter| parameter.kind == ParameterKind::Output)?;
    let classes = *ticket.tensors.get(&output.name)?.shape().first()?;
    let squares = (1..=LARGEST_SIDE).flat_map(|side| [[1, side, side], [3, side, side]]);
    let shapes = std::iter::once(model.input.to_vec()).chain(squares.map(|shape| shape.to_vec()));
    shapes
        .filter(|shape| fits(shape, &parameters[0].name, ticket))
        .filter_map(|shape| model.build(&shape, classes).ok())
        .find(|network| network.fingerprint() == *fingerprint)
}

/// Whether the first weight can read examples of this shape.
fn fits(shape: &[usize], first: &str, ticket: &TensorFile) -> bool {
    match ticket.tensors.get(first).map(lth_model::Tensor::shape) {
        Some([_, inputs]) => *inputs == shape.iter().product::<usize>(),
        Some([_, channels, ..]) => shape.first() == Some(channels),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use lth_model::{BiasInit, InitScheme, Purpose, Seed, find_model, initialize};

    use super::*;

    fn file(network: &Architecture) -> TensorFile {
        let (scheme, bias) = (InitScheme::GlorotNormal, BiasInit::Zero);
        let tensors = initialize(network, scheme, bias, Seed(1), Purpose::Init, 0);
        let mut file = TensorFile { tensors, ..TensorFile::default() };
        file.metadata.insert("architecture".to_owned(), network.fingerprint());
        file
    }

    #[test]
    fn sizes_are_told_by_the_fingerprint_where_tensors_do_not() {
        let model = find_model("resnet-20").unwrap();
        for (shape, classes) in [([3, 32, 32], 10), ([3, 64, 64], 200), ([1, 28, 28], 26)] {
            let network = model.build(&shape, classes).unwrap();
            assert_eq!(network_of_ticket(&model, &file(&network)), Some(network));
        }
        let network = find_model("lenet-300-100").unwrap().build(&[3, 16, 16], 10).unwrap();
        assert_eq!(network_of_ticket(&find_model("lenet-300-100").unwrap(), &file(&network)), Some(network));
    }

    #[test]
    fn other_networks_and_plain_weights_have_none() {
        let model = find_model("conv-2").unwrap();
        let mut weights = file(&find_model("conv-4").unwrap().build_as_made().unwrap());
        assert_eq!(network_of_ticket(&model, &weights), None);
        weights.metadata.clear();
        assert_eq!(network_of_ticket(&model, &weights), None);
    }
}
