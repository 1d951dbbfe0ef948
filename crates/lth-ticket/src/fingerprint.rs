//! The identity of an architecture.

use std::fmt::Write as _;

use lth_model::Architecture;

/// 16 hexadecimal digits that are equal for architectures of equal layers: BLAKE3 of their names, operations, inputs and
/// shapes. The architecture's own name does not count.
pub fn fingerprint(architecture: &Architecture) -> String {
    let mut text = String::from("lth-architecture-1\n");
    for node in &architecture.nodes {
        writeln!(text, "{:?} {:?} {:?} {:?}", node.name, node.op, node.inputs, node.shape)
            .expect("a string takes any text");
    }
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use lth_model::{lenet_300_100, mlp};

    use super::*;

    #[test]
    fn is_of_the_layers_and_nothing_else() {
        let lenet = fingerprint(&lenet_300_100(10));
        assert_eq!(lenet, fingerprint(&mlp("another name", &[1, 28, 28], &[300, 100], 10)));
        assert_ne!(lenet, fingerprint(&lenet_300_100(11)));
        assert_ne!(lenet, fingerprint(&mlp("lenet-300-100", &[784], &[300, 100], 10)));
    }

    /// Tickets on disk carry it.
    #[test]
    fn never_changes() {
        assert_eq!(fingerprint(&lenet_300_100(10)), "");
    }
}
