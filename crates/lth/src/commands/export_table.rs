//! How much smaller and faster a compact network is.

use std::time::{Duration, Instant};

use lth_model::{
    Architecture, Batch, Engine, Examples, Mask, Masks, Normalization, OneNetwork, Program, Purpose,
    RandomStream, Seed, Start, Tensors,
};
use lth_ticket::{Compact, Connectivity};

use crate::{
    failure::Failure,
    settings,
    table::{count, percent, table, text},
};

/// Examples of one measured pass.
const EXAMPLES: usize = 64;
/// Passes are repeated for so long; the fastest counts.
const MEASURED: Duration = Duration::from_millis(400);

/// What a network costs.
pub(super) struct Sizes {
    parameters: usize,
    kept: usize,
    effective: usize,
    bytes: usize,
    flops_dense: u64,
    flops: u64,
    dense_ms: f64,
    sparse_ms: f64,
}

impl Sizes {
    /// Counts and measures.
    ///
    /// # Errors
    /// When the engine refuses the network.
    pub(super) fn of(architecture: &Architecture, weights: &Tensors, masks: &Masks) -> Result<Self, Failure> {
        let layers = Connectivity::of(architecture, masks).layers;
        Ok(Self {
            parameters: architecture.parameter_count(),
            kept: masks.values().map(Mask::live).sum(),
            effective: layers.iter().map(|layer| layer.effective_weights).sum(),
            bytes: weights.values().map(|tensor| 4 * tensor.len()).sum(),
            flops_dense: architecture.flops(),
            flops: architecture.flops_at(masks),
            dense_ms: milliseconds(architecture, weights, &Masks::new())?,
            sparse_ms: milliseconds(architecture, weights, masks)?,
        })
    }
}

/// The fastest forward pass over a batch of random examples, on one core.
fn milliseconds(architecture: &Architecture, weights: &Tensors, masks: &Masks) -> Result<f64, Failure> {
    let features = architecture.input_features();
    let mut stream = RandomStream::new(Seed(0), Purpose::Init, 0);
    let bytes: Vec<u8> = (0..EXAMPLES * features).map(|_| (stream.uniform() * 256.0) as u8).collect();
    let examples = Examples {
        bytes: bytes.into(),
        labels: vec![0; EXAMPLES].into(),
        features,
        normalization: Normalization::UNIT,
    };
    let engine = settings::engine()?;
    let (program, start) = (Program::evaluation(architecture, EXAMPLES), Start::new(weights, masks, Seed(0)));
    let mut network = OneNetwork::new(&engine, &program, &start).map_err(Failure::bad_input)?;
    let data = engine.upload(&examples).map_err(Failure::bad_input)?;
    let indices: Vec<u32> = (0..EXAMPLES as u32).collect();
    let (begun, mut best) = (Instant::now(), f64::INFINITY);
    while begun.elapsed() < MEASURED {
        let start = Instant::now();
        network
            .logits(Batch::Stored { data: &data, indices: &indices, views: &[] })
            .map_err(Failure::bad_input)?;
        best = best.min(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(best)
}

/// Units a layer, then what the two networks cost.
pub(super) fn sizes_text(small: &Compact, before: &Sizes, after: &Sizes) -> String {
    let mut layers = table(&["layer", "units", "kept", "kept %"], 1);
    for layer in &small.layers {
        let part = layer.kept as f64 / layer.units.max(1) as f64;
        layers.add_row([layer.name.clone(), count(layer.units), count(layer.kept), percent(part, 1)]);
    }
    let mut costs = table(&["", "before", "compact", "part %"], 1);
    let rows = [
        ("parameters", before.parameters, after.parameters),
        ("kept weights", before.kept, after.kept),
        ("effective weights", before.effective, after.effective),
        ("bytes", before.bytes, after.bytes),
        ("FLOPs, dense", before.flops_dense as usize, after.flops_dense as usize),
        ("FLOPs of kept weights", before.flops as usize, after.flops as usize),
    ];
    for (name, old, new) in rows {
        let part = percent(new as f64 / old.max(1) as f64, 1);
        costs.add_row([name.to_owned(), count(old), count(new), part]);
    }
    for (name, old, new) in [
        ("dense pass, ms", before.dense_ms, after.dense_ms),
        ("sparse pass, ms", before.sparse_ms, after.sparse_ms),
    ] {
        let part = percent(new / old.max(1e-9), 1);
        costs.add_row([name.to_owned(), format!("{old:.3}"), format!("{new:.3}"), part]);
    }
    format!(
        "{}\n{}A pass is the forward pass of {EXAMPLES} examples on one core, the fastest of many.\n",
        text(&layers),
        text(&costs)
    )
}
