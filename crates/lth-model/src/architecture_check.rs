//! The check that a graph of layers is a network.

use thiserror::Error;

use crate::{
    Architecture, Hint, Node, Op, Shape,
    shape_inference::{Misfit, check_size, output_shape, times},
};

/// Why a graph of layers is not a network.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("model '{architecture}', layer '{layer}': {reason}")]
pub struct ArchitectureError {
    /// The architecture's name.
    pub architecture: String,
    /// The layer's name.
    pub layer: String,
    /// What is wrong with it.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

impl Hint for ArchitectureError {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

impl Architecture {
    /// Checks that the graph is a network: an input first and only there, unique names, each layer reading as many earlier
    /// layers as it needs, shapes as the layers give them, positive sizes, no layer that nobody reads, and logits in one
    /// dimension.
    ///
    /// # Errors
    /// Names the first layer that is wrong.
    pub fn check(&self) -> Result<(), ArchitectureError> {
        self.check_layers()?;
        self.check_end()
    }

    /// Each layer by itself and with those before it.
    pub(crate) fn check_layers(&self) -> Result<(), ArchitectureError> {
        for (id, node) in self.nodes.iter().enumerate() {
            let result = if self.nodes[..id].iter().any(|other| other.name == node.name) {
                Err(Misfit::new("another layer has the same name", "each layer needs a name of its own"))
            } else {
                self.check_node(id, node)
            };
            result.map_err(|misfit| self.error(&node.name, misfit))?;
        }
        Ok(())
    }

    /// What can be said only of the whole.
    pub(crate) fn check_end(&self) -> Result<(), ArchitectureError> {
        let Some(last) = self.nodes.last() else {
            return Err(self.error("", Misfit::new("it has no layers", "it needs at least a linear layer")));
        };
        let unread =
            (0..self.nodes.len() - 1).find(|id| self.nodes.iter().all(|node| !node.inputs.contains(id)));
        if let Some(unread) = unread {
            let misfit = Misfit::new(
                "no other layer reads it",
                "only the last layer, which gives the logits, may be read by none",
            );
            return Err(self.error(&self.nodes[unread].name, misfit));
        }
        if last.shape.len() != 1 {
            let misfit = Misfit::new(
                format!("the last layer gives {}, the logits must have one dimension", times(&last.shape)),
                "end with a linear layer or a global average pool",
            );
            return Err(self.error(&last.name, misfit));
        }
        Ok(())
    }

    pub(crate) fn error(&self, layer: &str, misfit: Misfit) -> ArchitectureError {
        ArchitectureError {
            architecture: self.name.clone(),
            layer: layer.to_owned(),
            reason: misfit.reason,
            hint: misfit.hint.to_owned(),
        }
    }

    fn check_node(&self, id: usize, node: &Node) -> Result<(), Misfit> {
        if (id == 0) != (node.op == Op::Input) {
            return Err(Misfit::new(
                "the first layer, and no other, must be the input",
                "remove the other inputs",
            ));
        }
        if id == 0 {
            return check_input(node);
        }
        let (wanted, words) = if node.op == Op::Add { (2, "two layers") } else { (1, "one layer") };
        if node.inputs.len() != wanted {
            return Err(Misfit::new(
                format!("it must read {words}, not {}", node.inputs.len()),
                "a sum reads two layers, all others read one",
            ));
        }
        if let Some(input) = node.inputs.iter().find(|&&input| input >= id) {
            return Err(Misfit::new(
                format!("it reads layer {input}, which does not come before it"),
                "a layer reads earlier layers only",
            ));
        }
        let shapes: Vec<&Shape> = node.inputs.iter().map(|&input| &self.nodes[input].shape).collect();
        let expected = output_shape(&node.op, &shapes)?;
        if expected == node.shape {
            return Ok(());
        }
        Err(Misfit::new(
            format!("its shape is given as {}, but it is {}", times(&node.shape), times(&expected)),
            "build architectures with `ArchitectureBuilder`",
        ))
    }
}

fn check_input(node: &Node) -> Result<(), Misfit> {
    if !node.inputs.is_empty() || node.shape.is_empty() || node.shape.contains(&0) {
        return Err(Misfit::new(
            format!("examples of {} are none", times(&node.shape)),
            "an example has one or three dimensions, all positive",
        ));
    }
    check_size("an example", &node.shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArchitectureBuilder, mlp};

    fn refused(architecture: &Architecture) -> String {
        architecture.check().unwrap_err().to_string()
    }

    #[test]
    fn broken_graphs_are_refused() {
        let sound = mlp("net", &[4], &[3], 2);
        sound.check().unwrap();

        let mut broken = sound.clone();
        broken.nodes[2].name = "fc2".to_owned();
        assert!(refused(&broken).contains("same name"));

        let mut broken = sound.clone();
        broken.nodes[3].inputs = vec![4];
        assert!(refused(&broken).contains("does not come before"));

        let mut broken = sound.clone();
        broken.nodes[3].inputs = vec![1, 2];
        assert!(refused(&broken).contains("must read one layer, not 2"));

        let mut broken = sound.clone();
        broken.nodes[3].op = Op::Add;
        assert!(refused(&broken).contains("must read two layers, not 1"));

        let mut broken = sound.clone();
        broken.nodes[2].shape = vec![7];
        assert!(refused(&broken).contains("its shape is given as 7, but it is 3"));

        let mut broken = sound.clone();
        broken.nodes[1].op = Op::Input;
        assert!(refused(&broken).contains("and no other, must be the input"));

        let mut broken = sound.clone();
        broken.nodes[4].inputs = vec![2];
        assert_eq!(refused(&broken), "model 'net', layer 'relu1': no other layer reads it");

        let empty = Architecture { name: "empty".to_owned(), nodes: vec![] };
        assert!(refused(&empty).contains("no layers"));
    }

    #[test]
    fn logits_have_one_dimension() {
        let error = ArchitectureBuilder::new("net", &[1, 2]).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "model 'net', layer 'input': the last layer gives 1 x 2, the logits must have one dimension"
        );
        assert!(error.hint().unwrap().contains("linear layer"));
    }
}
