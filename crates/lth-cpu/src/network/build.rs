//! From named tensors to the parameters of a stage.

use lth_model::{Architecture, EngineError, Op};

use crate::{
    layers::{
        conv::layer::{Conv, Shape},
        linear::Linear,
        norm::Norm,
    },
    network::{
        names::Names,
        plan::{Kind, Plan, Stage},
        stage::{Layer, Named},
    },
    parameters::Parameters,
};

/// The parameters of a stage, if it has any.
pub(super) fn layer(
    architecture: &Architecture,
    plan: &Plan,
    stage: &Stage,
    parameters: &Parameters<'_>,
) -> Result<Option<Named>, EngineError> {
    let node = &architecture.nodes[stage.node];
    let names = Names::of(&node.name);
    let weight = || parameters.given(&names.weight);
    let bias = |there: bool| if there { parameters.given(&names.bias).map(Some) } else { Ok(None) };
    let mask = parameters.masks.get(&names.weight);
    let layer = match (&node.op, stage.kind) {
        (Op::Conv2d { bias: has_bias, .. }, Kind::Conv(window)) => {
            let in_map = plan.places[stage.input].map();
            let out_map = window.output(in_map).expect("shapes were inferred");
            let shape = Shape { window, in_map, out_map, pool: stage.pool };
            let (weight, bias) = (weight()?, bias(*has_bias)?);
            Layer::Conv(Box::new(Conv::new(shape, &weight, mask, bias.as_ref(), parameters.crossover)))
        }
        (Op::Linear { bias: has_bias, .. }, Kind::Linear) => {
            let (weight, bias) = (weight()?, bias(*has_bias)?);
            let crossover = parameters.crossover.unwrap_or(crate::layers::linear::weights::CROSSOVER);
            Layer::Linear(Box::new(Linear::new(&weight, mask, bias.as_ref(), crossover)))
        }
        (Op::BatchNorm { .. }, Kind::Norm { momentum, epsilon }) => {
            let running = names.running.each_ref().map(|name| &parameters.weights[name]);
            let (weight, bias) = (weight()?, parameters.given(&names.bias)?);
            Layer::Norm(Box::new(Norm::new((momentum, epsilon), &weight, &bias, running)))
        }
        _ => return Ok(None),
    };
    Ok(Some(Named { names, layer }))
}
