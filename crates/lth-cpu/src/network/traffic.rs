//! How many bytes of maps a training step reads and writes, counted pass by pass.

use lth_model::{Architecture, EngineError, Masks};

use crate::{
    layers::conv::layer::is_sparse,
    network::{
        names::Names,
        plan::{Kind, Plan, Stage, plan},
    },
};

/// Bytes of maps of a step. What a pass reads again from the second-level cache, and weights, are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// What convolutions alone must read and write: each map once forward, each map and each gradient once on the way back.
    pub least: u64,
    /// With a pass for each layer, and for data and weight gradient.
    pub apart: u64,
    /// As passes are.
    pub moved: u64,
}

/// The bytes of a step of a network whose layers are maps; those of linear layers are not counted.
///
/// # Errors
/// If the engine cannot train the architecture.
pub fn traffic(architecture: &Architecture, masks: &Masks, examples: usize) -> Result<Traffic, EngineError> {
    let plan = plan(architecture)?;
    let mut traffic = Traffic::default();
    for (index, stage) in plan.stages.iter().enumerate() {
        let size = |place: usize| (plan.places[place].slabs(examples).1 * size_of::<f32>()) as u64;
        let (x, y) = (size(stage.input), size(stage.output));
        let other = stage.other.map_or(0, size);
        // The gradient of the input, whose first reader stores it and whose others add to it.
        let back = plan.places[stage.input].differentiated;
        let adds = plan.last_reader(stage.input) != Some(index);
        let dx = if back { x * if adds { 2 } else { 1 } } else { 0 };
        let (apart, moved) = match stage.kind {
            Kind::Conv(window) => {
                traffic.least += 2 * (x + y) + if back { x } else { 0 };
                let gate = if back && plan.places[stage.input].gated { x } else { 0 };
                let apart = (x + y) + (x + y) + dx + gate + if back { y } else { 0 };
                let mask = masks.get(&Names::of(&architecture.nodes[stage.node].name).weight);
                let map = plan.places[stage.input].map();
                let out_map = window.output(map).expect("shapes were inferred");
                let channels = [stage.input, stage.output].map(|place| plan.places[place].shape[0]);
                let sparse = is_sparse(window, out_map, channels, mask);
                let joint = sparse && back && window.stride == [1, 1] && map == out_map;
                (
                    apart,
                    x + y
                        + convolved_back(
                            &plan,
                            index,
                            *stage,
                            [x, y],
                            [dx + gate, u64::from(!joint && back)],
                        ),
                )
            }
            Kind::Norm { .. } => {
                let gate = if stage.relu && stage.other.is_some() { y } else { 0 };
                let forward = x + other + y;
                let apart = forward + x + y + gate + dx + other;
                let fused = plan.fused[index];
                let forward = if fused.is_some_and(|fused| fused.unstored) { 0 } else { forward };
                let summed = fused.is_some_and(|fused| fused.after.is_some());
                let unstored = fused.is_some_and(super::fused::Fused::gradient_unstored);
                let back = if summed && unstored { 0 } else { x + y + gate + dx + other };
                (apart, forward + back)
            }
            Kind::Pool { .. } => (x + y + x + 2 * y + dx, x + y + x + 2 * y + dx),
            Kind::Sum | Kind::Dropout { .. } => {
                let all = x + other + y + 2 * y + dx + other;
                (all, all)
            }
            Kind::Widen | Kind::Linear => (0, 0),
        };
        traffic.apart += apart;
        traffic.moved += moved;
    }
    Ok(traffic)
}

/// What a convolution reads and writes on its way back.
fn convolved_back(plan: &Plan, index: usize, stage: Stage, [x, y]: [u64; 2], [dx, again]: [u64; 2]) -> u64 {
    let made = plan.norm_after(stage.output).is_some_and(|(_, fused)| fused.gradient_unstored());
    let dy = if made { 2 * y } else { y };
    // The normalisation that made the input is summed, and its output says where a sum's ReLU was closed.
    let norm = plan.norm_before(stage.input).filter(|(_, fused)| fused.after == Some(index) && dx > 0);
    let behind = norm.map_or(0, |(norm, _)| x * if plan.stages[norm].other.is_some() { 2 } else { 1 });
    x + dy * (1 + again) + dx + behind
}
