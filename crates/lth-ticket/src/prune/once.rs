//! One pruning.

use lth_model::{Architecture, Masks, Parameter, Purpose, RandomStream, Seed, Tensors};

use super::{PruningError, PruningRates, Scope, count::pruned_count, select::lowest};
use crate::complete_masks;

/// Prunes once: the live weights of lowest score, exactly round-half-even(rate x live) of them in each scope.
///
/// With [`Scope::Layer`] each layer is a scope with its own rate; with [`Scope::Global`] all layers are one scope, at the
/// rate `rates.linear`, but for those that are excluded and projections on shortcuts. Among equal scores at the boundary
/// every subset is equally likely, drawn from the stream (seed, `Ties`, round). Masks only shrink; the result has one for
/// every prunable weight.
///
/// A scope keeps its last weight, so no layer becomes empty with [`Scope::Layer`]. With [`Scope::Global`] a single layer
/// may: its network then gives the same logits for every example, and its density shows it.
///
/// # Errors
/// When scores are missing, of another shape or NaN (of a live weight that could be pruned), masks do not fit, or rates
/// name unknown layers.
///
/// ```
/// use lth_model::{Masks, Rate, Seed, Tensor, Tensors, mlp};
/// use lth_ticket::{PruningRates, Scope, prune};
/// let net = mlp("small", &[5], &[], 2);
/// let scores = Tensors::from([("fc1.weight".to_owned(), Tensor::new(vec![2, 5], (0..10).map(|i| i as f32).collect()))]);
/// let rates = PruningRates::new(Rate::new(0.2).unwrap(), Rate::new(0.3).unwrap());
/// let masks = prune(&scores, &Masks::new(), &net, Scope::Layer, &rates, Seed(0), 0).unwrap();
/// assert_eq!(masks["fc1.weight"].live_indices().collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 9]);
/// ```
pub fn prune(
    scores: &Tensors,
    masks: &Masks,
    architecture: &Architecture,
    scope: Scope,
    rates: &PruningRates,
    seed: Seed,
    round: u64,
) -> Result<Masks, PruningError> {
    check(masks, architecture, scope, rates)?;
    prune_by(
        scores,
        masks,
        architecture,
        scope,
        rates,
        RandomStream::new(seed, Purpose::Ties, round),
        |live, group| rates.of_group(architecture, scope, group).map_or(0, |rate| pruned_count(live, rate)),
    )
}

/// Checks masks, rates and scope against the architecture.
pub(crate) fn check(
    masks: &Masks,
    architecture: &Architecture,
    scope: Scope,
    rates: &PruningRates,
) -> Result<(), PruningError> {
    architecture.check_masks(masks)?;
    rates.check(architecture)?;
    match rates.layers.keys().next() {
        Some(layer) if scope == Scope::Global => {
            Err(PruningError::LayerRateInGlobalScope { layer: layer.clone() })
        }
        _ => Ok(()),
    }
}

/// The weights that are ranked together: one group a layer, or one of all.
pub(crate) fn groups(architecture: &Architecture, scope: Scope, rates: &PruningRates) -> Vec<Vec<Parameter>> {
    let pruned: Vec<Parameter> = architecture
        .parameters()
        .into_iter()
        .filter(|parameter| rates.of(architecture, parameter).is_some())
        .collect();
    match scope {
        Scope::Layer => pruned.into_iter().map(|parameter| vec![parameter]).collect(),
        Scope::Global => vec![pruned],
    }
}

/// Prunes `count(live weights, group)` weights of each group.
pub(crate) fn prune_by(
    scores: &Tensors,
    masks: &Masks,
    architecture: &Architecture,
    scope: Scope,
    rates: &PruningRates,
    mut ties: RandomStream,
    count: impl Fn(usize, &[Parameter]) -> usize,
) -> Result<Masks, PruningError> {
    let mut masks = complete_masks(architecture, masks);
    for group in groups(architecture, scope, rates) {
        let mut live = Vec::with_capacity(group.iter().map(|parameter| masks[&parameter.name].live()).sum());
        for parameter in &group {
            collect(scores, &masks, parameter, &mut live)?;
        }
        let count = count(live.len(), &group);
        let mut pruned = lowest(&live, count, &mut ties).into_iter();
        for parameter in &group {
            let mask = &mut masks[&parameter.name];
            let before = mask.clone();
            for (index, _) in before.live_indices().zip(&mut pruned).filter(|&(_, pruned)| pruned) {
                mask.set(index, false);
            }
        }
    }
    Ok(masks)
}

/// Adds the scores of the live weights of a tensor.
fn collect(
    scores: &Tensors,
    masks: &Masks,
    parameter: &Parameter,
    live: &mut Vec<f32>,
) -> Result<(), PruningError> {
    let name = &parameter.name;
    let scores = scores.get(name).ok_or_else(|| PruningError::MissingScores { name: name.clone() })?;
    if scores.shape() != parameter.shape {
        let (expected, found) = (parameter.shape.clone(), scores.shape().to_vec());
        return Err(PruningError::Shape { name: name.clone(), expected, found });
    }
    for index in masks[name].live_indices() {
        let score = scores.data()[index];
        if score.is_nan() {
            return Err(PruningError::NanScore { name: name.clone(), index });
        }
        live.push(score);
    }
    Ok(())
}
