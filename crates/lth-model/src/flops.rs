//! What a forward pass costs.

use crate::{Architecture, Mask, Masks, Parameter};

impl Architecture {
    /// Multiplications and additions of one example's forward pass, two per weight and place of its output map; a backward
    /// pass takes about twice as many. Biases, batch normalisation, pools, sums and ReLU are not counted: they are few, and
    /// pruning does not change them.
    pub fn flops(&self) -> u64 {
        self.flops_at(&Masks::new())
    }

    /// As [`Architecture::flops`], pruned weights not counted: what the forward pass of a ticket costs.
    ///
    /// ```
    /// use lth_model::{Mask, Masks, lenet_300_100};
    /// let lenet = lenet_300_100(10);
    /// assert_eq!(lenet.flops(), 2 * 266_200);
    /// let masks = Masks::from([("fc1.weight".to_owned(), Mask::empty(vec![300, 784]))]);
    /// assert_eq!(lenet.flops_at(&masks), 2 * (266_200 - 300 * 784));
    /// ```
    pub fn flops_at(&self, masks: &Masks) -> u64 {
        let parameters = self.parameters();
        let live = |parameter: &Parameter| {
            masks.get(&parameter.name).map_or_else(|| parameter.shape.iter().product(), Mask::live)
        };
        parameters.iter().map(|parameter| self.flops_of(parameter, live(parameter))).sum()
    }

    /// What one parameter costs of [`Architecture::flops`] when `live` of its values are kept; nothing but weights costs
    /// anything.
    ///
    /// ```
    /// let conv = lth_model::find_model("conv-2").unwrap().build(&[3, 32, 32], 10).unwrap();
    /// let first = &conv.parameters()[0];
    /// assert_eq!(conv.flops_of(first, 5), 2 * 5 * 32 * 32);
    /// ```
    pub fn flops_of(&self, parameter: &Parameter, live: usize) -> u64 {
        if !parameter.kind.is_prunable() {
            return 0;
        }
        // A weight is used once an example for each place of its output map.
        let places: usize = self.nodes[parameter.node].shape.iter().skip(1).product();
        2 * live as u64 * places as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArchitectureBuilder, Window, mlp};

    #[test]
    fn flops_count_live_weights() {
        let net = mlp("net", &[4], &[3], 2);
        assert_eq!(net.flops(), 2 * (12 + 6));
        let mut masks = Masks::from([("fc1.weight".to_owned(), Mask::empty(vec![3, 4]))]);
        masks["fc1.weight"].set(5, true);
        assert_eq!(net.flops_at(&masks), 2 * (1 + 6));
    }

    #[test]
    fn a_weight_of_a_convolution_counts_once_a_place() {
        let net = ArchitectureBuilder::new("net", &[3, 8, 8])
            .conv2d("conv", 4, Window::square(3, 2, 1))
            .batch_norm("bn")
            .global_average_pool("pool")
            .linear("fc", 2)
            .build()
            .unwrap();
        assert_eq!(net.flops(), 2 * (4 * 3 * 9 * 16 + 8));
        let mut masks = Masks::from([("conv.weight".to_owned(), Mask::empty(vec![4, 3, 3, 3]))]);
        masks["conv.weight"].set(7, true);
        assert_eq!(net.flops_at(&masks), 2 * (16 + 8));
    }
}
