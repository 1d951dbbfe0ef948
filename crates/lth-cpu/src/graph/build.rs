//! From named tensors to the parameters of a stage.

use lth_model::{Architecture, EngineError, Op};

use super::{
    norm::Norm,
    plan::{Kind, Plan, Stage},
    stage::{Layer, Named},
};
use crate::{
    conv::layer::{Conv, Shape},
    linear::Linear,
    network::Parameters,
};

/// The parameters of a stage, if it has any.
pub(super) fn layer(
    architecture: &Architecture,
    plan: &Plan,
    stage: &Stage,
    parameters: &Parameters<'_>,
) -> Result<Option<Named>, EngineError> {
    let node = &architecture.nodes[stage.node];
    let tensor = |suffix: &str| {
        let name = format!("{}.{suffix}", node.name);
        parameters.given(&name)
    };
    let mask = parameters.masks.get(&format!("{}.weight", node.name));
    let layer = match (&node.op, stage.kind) {
        (Op::Conv2d { bias, .. }, Kind::Conv(window)) => {
            let bias = if *bias { Some(tensor("bias")?) } else { None };
            let in_map = plan.places[stage.input].map();
            let out_map = window.output(in_map).expect("shapes were inferred");
            let shape = Shape { window, in_map, out_map, pool: stage.pool };
            let weight = tensor("weight")?;
            Layer::Conv(Box::new(Conv::new(shape, &weight, mask, bias.as_ref(), parameters.crossover)))
        }
        (Op::Linear { bias, .. }, Kind::Linear) => {
            let bias = if *bias { Some(tensor("bias")?) } else { None };
            let crossover = parameters.crossover.unwrap_or(crate::weights::CROSSOVER);
            Layer::Linear(Box::new(Linear::new(&tensor("weight")?, mask, bias.as_ref(), crossover)))
        }
        (Op::BatchNorm { .. }, Kind::Norm { momentum, epsilon }) => {
            let running = ["running_mean", "running_var"]
                .map(|suffix| &parameters.weights[&format!("{}.{suffix}", node.name)]);
            let (weight, bias) = (tensor("weight")?, tensor("bias")?);
            Layer::Norm(Box::new(Norm::new((momentum, epsilon), &weight, &bias, running)))
        }
        _ => return Ok(None),
    };
    Ok(Some(Named { name: node.name.clone(), layer }))
}
