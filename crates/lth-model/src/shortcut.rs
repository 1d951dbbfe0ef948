//! Which convolutions are projections on residual shortcuts.

use crate::{Architecture, NodeId, Op};

impl Architecture {
    /// Whether this node is a 1x1 convolution that carries the input of a residual block past the block's own layers.
    ///
    /// That is: batch normalisation aside, its output goes straight into a sum, and what it reads also reaches the sum's
    /// other side, through at least two layers with weights (He et al. 2016, option B).
    pub fn is_shortcut(&self, id: NodeId) -> bool {
        let Op::Conv2d { window, .. } = self.nodes[id].op else { return false };
        if window.kernel != [1, 1] {
            return false;
        }
        let Some((sum, side)) = self.sum_after(id) else { return false };
        let fork = self.nodes[id].inputs[0];
        let other = self.nodes[sum].inputs.iter().copied().find(|&input| input != side);
        other.and_then(|other| self.layers_between(fork, other)).is_some_and(|layers| layers >= 2)
    }

    /// The sum that reads this node directly or through batch normalisations, and what it reads of it.
    fn sum_after(&self, id: NodeId) -> Option<(NodeId, NodeId)> {
        let mut last = id;
        loop {
            let next = self.nodes.iter().position(|node| node.inputs.contains(&last))?;
            match self.nodes[next].op {
                Op::Add => return Some((next, last)),
                Op::BatchNorm { .. } => last = next,
                _ => return None,
            }
        }
    }

    /// The layers with weights on the longest way from one node to another; `None` where there is no way.
    fn layers_between(&self, from: NodeId, to: NodeId) -> Option<usize> {
        let mut longest: Vec<Option<usize>> = vec![None; self.nodes.len()];
        longest[from] = Some(0);
        for id in from + 1..=to {
            let node = &self.nodes[id];
            let own = usize::from(matches!(node.op, Op::Conv2d { .. } | Op::Linear { .. }));
            let before = node.inputs.iter().filter_map(|&input| longest.get(input).copied().flatten()).max();
            longest[id] = before.map(|layers| layers + own);
        }
        longest[to]
    }
}

#[cfg(test)]
mod tests {
    use crate::{Architecture, ArchitectureBuilder, ParameterKind, Window};

    const SAME: Window = Window::square(3, 1, 1);
    const POINT: Window = Window::square(1, 1, 0);

    fn kinds(net: &Architecture) -> Vec<(String, ParameterKind)> {
        let weights = net.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
        weights.map(|parameter| (parameter.name, parameter.kind)).collect()
    }

    fn stem() -> ArchitectureBuilder {
        ArchitectureBuilder::new("net", &[3, 8, 8]).conv2d("stem", 4, SAME).relu("relu")
    }

    fn head(builder: ArchitectureBuilder) -> Architecture {
        builder.global_average_pool("pool").linear("fc", 2).build().unwrap()
    }

    #[test]
    fn a_projection_beside_a_block_is_a_shortcut() {
        let net = head(
            stem()
                .conv2d("a", 8, SAME)
                .relu("relu_a")
                .conv2d("b", 8, SAME)
                .batch_norm("bn_b")
                .from("relu")
                .conv2d("projection", 8, POINT)
                .batch_norm("bn_projection")
                .add("sum", "bn_b"),
        );
        let found = kinds(&net).into_iter().map(|(_, kind)| kind).collect::<Vec<_>>();
        let conv = ParameterKind::Conv;
        assert_eq!(found, [conv, conv, conv, ParameterKind::Shortcut, ParameterKind::Output]);
        assert_eq!(kinds(&net)[3].0, "projection.weight");
    }

    #[test]
    fn other_one_by_one_convolutions_are_none() {
        // The last convolution of a bottleneck goes into a sum too, but not from the block's input.
        let bottleneck =
            head(stem().conv2d("a", 2, POINT).relu("relu_a").conv2d("b", 4, POINT).add("sum", "relu"));
        // Two branches of one layer each: neither is beside the other.
        let parallel = head(stem().conv2d("a", 4, POINT).from("relu").conv2d("b", 4, SAME).add("sum", "a"));
        let chain = head(stem().conv2d("a", 4, POINT));
        for net in [bottleneck, parallel, chain] {
            assert!(kinds(&net).iter().all(|(_, kind)| *kind != ParameterKind::Shortcut), "{net}");
        }
    }
}
