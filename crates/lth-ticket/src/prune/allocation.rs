//! How a density is distributed over layers without any scores.

use std::{fmt, str::FromStr};

use indexmap::IndexMap;
use lth_model::{Architecture, Density, Parameter, ParseError};
use serde::{Deserialize, Serialize};

use super::{PruningError, ladder::size};

/// Which layers of a sparse network are denser than others, before anything is known about their weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allocation {
    /// The same density in every layer.
    #[default]
    Uniform,
    /// Erdos-Renyi: density proportional to `(inputs + outputs) / (inputs * outputs)` (Mocanu et al. 2018, SET).
    Er,
    /// Erdos-Renyi with kernels: proportional to the sum of all dimensions over their product (Evci et al. 2020, RigL).
    Erk,
    /// The same number of weights in every layer, all of a layer that has fewer.
    Balanced,
}

impl Allocation {
    /// Every allocation.
    pub const ALL: [Self; 4] = [Self::Uniform, Self::Er, Self::Erk, Self::Balanced];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Er => "er",
            Self::Erk => "erk",
            Self::Balanced => "balanced",
        }
    }

    /// How dense a layer is, up to a factor that all layers share.
    fn weight(self, parameter: &Parameter) -> f64 {
        let dimensions: Vec<f64> = parameter.shape.iter().map(|&side| side as f64).collect();
        match self {
            Self::Uniform => 1.0,
            Self::Er => (dimensions[0] + dimensions[1]) / (dimensions[0] * dimensions[1]),
            Self::Erk => dimensions.iter().sum::<f64>() / dimensions.iter().product::<f64>(),
            Self::Balanced => 1.0 / size(parameter) as f64,
        }
    }
}

impl fmt::Display for Allocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Allocation {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|allocation| allocation.name() == text).ok_or_else(|| ParseError {
            what: "allocation of density",
            value: text.to_owned(),
            reason: "there is none of this name".to_owned(),
            hint: "there are uniform, er, erk and balanced".to_owned(),
        })
    }
}

/// How many weights each prunable tensor keeps so that the whole network has a density, to the weight; every layer keeps one
/// at least. Layers in `dense` (by name) keep all of theirs.
///
/// A layer whose share is above all of its weights keeps these, and the factor is found again for the others, as in the
/// code of RigL.
///
/// # Errors
/// When layers that stay dense, or one weight for each layer, are more than the density allows.
pub fn allocate(
    architecture: &Architecture,
    density: Density,
    allocation: Allocation,
    dense: &[String],
) -> Result<IndexMap<String, usize>, PruningError> {
    let parameters: Vec<Parameter> =
        architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable()).collect();
    let total = architecture.weight_count();
    let wanted = (density.get() * total as f64).round_ties_even() as usize;
    let mut full: Vec<bool> =
        parameters.iter().map(|parameter| dense.contains(&architecture.nodes[parameter.node].name)).collect();
    let shares = loop {
        let fixed: usize = sizes(&parameters, &full, true).sum();
        let open = full.iter().filter(|full| !**full).count();
        if wanted < fixed + open {
            let least = (fixed + open) as f64 / total as f64;
            return Err(PruningError::Unreachable { target: density, least });
        }
        let weight = |parameter: &Parameter| allocation.weight(parameter) * size(parameter) as f64;
        let all: f64 = parameters.iter().zip(&full).filter(|(_, full)| !**full).map(|(p, _)| weight(p)).sum();
        let factor = (wanted - fixed) as f64 / all.max(f64::MIN_POSITIVE);
        let shares: Vec<f64> = parameters
            .iter()
            .zip(&full)
            .map(|(parameter, &full)| if full { size(parameter) as f64 } else { factor * weight(parameter) })
            .collect();
        let above = |place: usize| !full[place] && shares[place] > size(&parameters[place]) as f64;
        let over: Vec<usize> = (0..parameters.len()).filter(|&place| above(place)).collect();
        if over.is_empty() {
            break shares;
        }
        for place in over {
            full[place] = true;
        }
    };
    let counts = whole(&shares, &parameters, wanted);
    Ok(parameters.into_iter().map(|parameter| parameter.name).zip(counts).collect())
}

fn sizes<'a>(parameters: &'a [Parameter], full: &'a [bool], which: bool) -> impl Iterator<Item = usize> + 'a {
    parameters.iter().zip(full).filter(move |(_, full)| **full == which).map(|(parameter, _)| size(parameter))
}

/// Whole numbers of this sum, 1 at least: what is left over goes to the largest remainders.
fn whole(shares: &[f64], parameters: &[Parameter], wanted: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = shares
        .iter()
        .zip(parameters)
        .map(|(share, parameter)| (*share as usize).clamp(1, size(parameter)))
        .collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[b].fract().total_cmp(&shares[a].fract()));
    let sum = |counts: &[usize]| counts.iter().sum::<usize>();
    for &place in order.iter().cycle().take(2 * order.len()) {
        if sum(&counts) < wanted && counts[place] < size(&parameters[place]) {
            counts[place] += 1;
        }
    }
    // Layers that were lifted to one weight: the largest layer pays.
    while sum(&counts) > wanted {
        let largest = (0..counts.len()).max_by_key(|&place| counts[place]).expect("there are layers");
        counts[largest] -= 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use lth_model::{Hint, ModelOptions, build_model, lenet_300_100};
    use proptest::prelude::*;

    use super::*;

    fn densities(allocation: Allocation, density: f64, model: &str) -> Vec<(String, f64)> {
        let architecture = build_model(model, &ModelOptions::default(), &[3, 32, 32], 10).unwrap();
        let counts = allocate(&architecture, Density::new(density).unwrap(), allocation, &[]).unwrap();
        let size_of = |name: &str| {
            let parameter = architecture.parameters().into_iter().find(|p| p.name == name).unwrap();
            size(&parameter) as f64
        };
        counts.iter().map(|(name, &count)| (name.clone(), count as f64 / size_of(name))).collect()
    }

    #[test]
    fn erdos_renyi_is_the_papers_formula() {
        let net = lenet_300_100(10);
        let counts = allocate(&net, Density::new(0.05).unwrap(), Allocation::Er, &[]).unwrap();
        // epsilon (in + out) is what each layer keeps: 1084 : 400 : 110 of 13,310.
        assert_eq!(counts.values().sum::<usize>(), 13_310);
        let epsilon = 13_310.0 / (1084.0 + 400.0 + 110.0);
        let expected = [1084.0, 400.0, 110.0].map(|sides| epsilon * sides);
        for (count, expected) in counts.values().zip(expected) {
            assert!((*count as f64 - expected).abs() <= 1.0, "{count} {expected}");
        }
    }

    #[test]
    fn kernels_count_in_erk_only() {
        let ratio = |allocation| {
            let densities = densities(allocation, 0.02, "conv-2");
            densities[1].1 / densities[2].1
        };
        // conv2: 64 x 64 x 3 x 3, fc1: 256 x 16,384.
        let er = (128.0 / 4096.0) / (16_640.0 / 4_194_304.0);
        let erk = (134.0 / 36_864.0) / (16_640.0 / 4_194_304.0);
        assert!((ratio(Allocation::Er) / er - 1.0).abs() < 0.01);
        assert!((ratio(Allocation::Erk) / erk - 1.0).abs() < 0.01);
    }

    #[test]
    fn balanced_layers_have_equal_counts_where_they_can() {
        let net = lenet_300_100(10);
        let counts = allocate(&net, Density::new(0.05).unwrap(), Allocation::Balanced, &[]).unwrap();
        assert_eq!(counts["fc3.weight"], 1000, "all of the smallest");
        assert_eq!((counts["fc1.weight"], counts["fc2.weight"]), (6155, 6155));
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        let net = lenet_300_100(10);
        let few = Density::new(0.000_005).unwrap();
        let error = allocate(&net, few, Allocation::Uniform, &[]).unwrap_err();
        assert!(matches!(error, PruningError::Unreachable { .. }) && error.hint().is_some());
        let dense = ["fc1".to_owned()];
        assert!(allocate(&net, Density::new(0.5).unwrap(), Allocation::Uniform, &dense).is_err());
        let counts = allocate(&net, Density::new(0.9).unwrap(), Allocation::Uniform, &dense).unwrap();
        assert_eq!(counts["fc1.weight"], 235_200);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn counts_are_exact_and_fit(density in 0.0005_f64..=1.0, which in 0_usize..4, model in 0_usize..4) {
            let model = ["conv-2", "resnet-20", "vgg-11", "lenet-5"][model];
            let architecture = build_model(model, &ModelOptions::default(), &[3, 32, 32], 10).unwrap();
            let density = Density::new(density).unwrap();
            let counts = allocate(&architecture, density, Allocation::ALL[which], &[]).unwrap();
            let wanted = (density.get() * architecture.weight_count() as f64).round_ties_even() as usize;
            prop_assert_eq!(counts.values().sum::<usize>(), wanted);
            for parameter in architecture.parameters().iter().filter(|p| p.kind.is_prunable()) {
                prop_assert!((1..=size(parameter)).contains(&counts[&parameter.name]), "{}", parameter.name);
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for allocation in Allocation::ALL {
            assert_eq!(allocation.to_string().parse(), Ok(allocation));
        }
        assert!("erdos".parse::<Allocation>().is_err());
    }
}
