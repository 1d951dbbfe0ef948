//! `lth inspect --histograms`: how kept and pruned weights are distributed, before and after training.

use std::path::Path;

use lth_model::{Mask, Tensor, TensorFile, Tensors};
use lth_plot::{Figure, Heading, HistogramOutline, HistogramPanel, SeriesStyle, histogram_figure};
use lth_ticket::{Distribution, Histogram, MeanMovement, SignAgreement};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    table::{self, count, percent, table},
};

/// Bins of a histogram.
const BINS: usize = 32;
/// Bins of a histogram in a figure.
const FIGURE_BINS: usize = 80;
/// Bars of a histogram in a terminal.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Weights of a ticket at the moments that are known.
pub(super) struct Moments {
    masks: Vec<(String, Mask)>,
    initial: Option<Tensors>,
    trained: Option<Tensors>,
}

/// One distribution of one layer.
struct Part {
    layer: String,
    which: &'static str,
    when: &'static str,
    distribution: Distribution,
    histogram: Histogram,
}

/// What became of the weights of one layer in training.
struct Change {
    layer: String,
    which: &'static str,
    signs: SignAgreement,
    movement: MeanMovement,
}

impl Moments {
    /// Of a ticket or trained weights: with what lies beside them in the run's folder.
    ///
    /// # Errors
    /// When the file has no masks, or no weights are known at all.
    pub(super) fn of(file: &TensorFile, path: &Path) -> Result<Self, Failure> {
        if file.masks.is_empty() {
            return Err(Failure::input(
                format!("'{}' has no masks: no weight is pruned or kept", path.display()),
                "give a ticket, or the trained weights of a round",
            ));
        }
        let read = |path: &Path| TensorFile::read(path).ok().map(|file| file.tensors);
        let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
        let folder = folder.unwrap_or_default();
        let is_trained = file.metadata.get("kind").is_some_and(|kind| kind == "trained");
        let trained =
            if is_trained { Some(file.tensors.clone()) } else { read(&folder.join("trained.safetensors")) };
        let initial = folder.ancestors().find_map(|folder| read(&folder.join("initial.safetensors")));
        let fits = |tensors: &Tensors| {
            file.masks.iter().all(|(name, mask)| tensors.get(name).map(Tensor::shape) == Some(mask.shape()))
        };
        let (initial, trained) = (initial.filter(fits), trained.filter(fits));
        if initial.is_none() && trained.is_none() {
            return Err(Failure::input(
                format!("neither initial nor trained weights are known of '{}'", path.display()),
                "leave the file in its run's folder, and run with --keep all for trained weights",
            ));
        }
        let masks = file.masks.iter().map(|(name, mask)| (name.clone(), mask.clone())).collect();
        Ok(Self { masks, initial, trained })
    }

    /// What cannot be said, if anything.
    fn missing(&self) -> Option<&'static str> {
        match (&self.initial, &self.trained) {
            (None, _) => {
                Some("Initial weights are not known: there is no initial.safetensors above the file.")
            }
            (_, None) => Some("Trained weights are not known: the run did not keep them (--keep all)."),
            _ => None,
        }
    }

    fn parts(&self, bins: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        for (layer, mask) in &self.masks {
            let moments = [("initial", &self.initial), ("trained", &self.trained)];
            let known = || moments.iter().filter_map(|(when, tensors)| Some((*when, tensors.as_ref()?)));
            let all = known().flat_map(|(_, tensors)| tensors[layer].data());
            let reach = all.fold(0.0_f32, |reach, value| reach.max(value.abs()));
            let reach = if reach > 0.0 && reach.is_finite() { f64::from(reach) } else { 1.0 };
            for (which, live) in [("kept", true), ("pruned", false)] {
                for (when, tensors) in known() {
                    // Pruned weights are zero once they are pruned.
                    if when == "trained" && !live {
                        continue;
                    }
                    let values: Vec<f32> = of(&tensors[layer], mask, live).collect();
                    let histogram = Histogram::of(&values, -reach, reach, bins);
                    if let Some(distribution) = Distribution::of(values) {
                        parts.push(Part { layer: layer.clone(), which, when, distribution, histogram });
                    }
                }
            }
        }
        parts
    }

    fn changes(&self) -> Vec<Change> {
        let (Some(initial), Some(trained)) = (&self.initial, &self.trained) else { return Vec::new() };
        self.masks
            .iter()
            .filter_map(|(layer, mask)| {
                let pairs = || of(&initial[layer], mask, true).zip(of(&trained[layer], mask, true));
                Some(Change {
                    layer: layer.clone(),
                    which: "kept",
                    signs: SignAgreement::of(pairs()),
                    movement: MeanMovement::of(pairs())?,
                })
            })
            .collect()
    }

    /// A panel a layer.
    ///
    /// # Errors
    /// When no layer has a weight.
    pub(super) fn figure(&self, path: &Path) -> Result<Figure, Failure> {
        let mut panels: Vec<HistogramPanel> = Vec::new();
        for Part { layer, which, when, histogram, .. } in self.parts(FIGURE_BINS) {
            let Histogram { low, high, counts } = histogram;
            let style = match (which, when) {
                ("kept", "initial") => SeriesStyle::Dashed(0),
                ("kept", _) => SeriesStyle::Solid(0),
                _ => SeriesStyle::Dashed(1),
            };
            let outline = HistogramOutline { label: format!("{which}, {when}"), style, counts };
            match panels.last_mut().filter(|panel| panel.title == layer) {
                Some(panel) => panel.outlines.push(outline),
                None => panels.push(HistogramPanel { title: layer, low, high, outlines: vec![outline] }),
            }
        }
        let heading = Heading::new("Kept and pruned weights", path.display().to_string());
        histogram_figure(&heading, &panels).map_err(Failure::from)
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let parts = self.parts(BINS);
        let header = [
            "layer",
            "weights",
            "when",
            "number",
            "mean",
            "deviation",
            "5 %",
            "median",
            "95 %",
            "reach",
            "histogram",
        ];
        let mut rows = table(&header, 3);
        for part in &parts {
            let Distribution { count: number, mean, deviation, quantiles } = &part.distribution;
            let value = |value: f64| format!("{value:.4}");
            rows.add_row([
                part.layer.clone(),
                part.which.to_owned(),
                part.when.to_owned(),
                count(*number),
                value(*mean),
                value(*deviation),
                value(quantiles[1]),
                value(quantiles[3]),
                value(quantiles[5]),
                format!("±{:.3}", part.histogram.high),
                bars(&part.histogram),
            ]);
        }
        let mut text = table::text(&rows);
        let changes = self.changes();
        if !changes.is_empty() {
            let header =
                ["layer", "weights", "same sign %", "mean movement", "toward zero %", "away from zero %"];
            let mut rows = table(&header, 2);
            for change in &changes {
                rows.add_row([
                    change.layer.clone(),
                    change.which.to_owned(),
                    change.signs.fraction().map_or(String::new(), |part| percent(part, 1)),
                    format!("{:.4}", change.movement.distance),
                    percent(change.movement.toward_zero, 1),
                    percent(change.movement.away_from_zero, 1),
                ]);
            }
            text.push('\n');
            text.push_str(&table::text(&rows));
        }
        if let Some(missing) = self.missing() {
            text.push_str(&format!("\n{missing}\n"));
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let parts: Vec<Value> = self
            .parts(BINS)
            .iter()
            .map(|part| {
                let Distribution { count, mean, deviation, quantiles } = &part.distribution;
                json!({
                    "layer": part.layer,
                    "weights": part.which,
                    "when": part.when,
                    "number": count,
                    "mean": mean,
                    "deviation": deviation,
                    "quantiles_0_5_25_50_75_95_100": quantiles,
                    "histogram": { "low": part.histogram.low, "high": part.histogram.high, "counts": part.histogram.counts },
                })
            })
            .collect();
        let changes: Vec<Value> = self
            .changes()
            .iter()
            .map(|change| {
                json!({
                    "layer": change.layer,
                    "weights": change.which,
                    "same_sign": change.signs.fraction(),
                    "mean_movement": change.movement.distance,
                    "mean_magnitude_increase": change.movement.magnitude_increase,
                    "toward_zero": change.movement.toward_zero,
                    "away_from_zero": change.movement.away_from_zero,
                })
            })
            .collect();
        json!({ "distributions": parts, "changes": changes, "missing": self.missing() })
    }
}

/// The kept or the pruned weights of a layer.
fn of<'a>(tensor: &'a Tensor, mask: &'a Mask, live: bool) -> impl Iterator<Item = f32> + 'a {
    tensor.data().iter().zip(mask.flags()).filter(move |(_, kept)| *kept == live).map(|(value, _)| *value)
}

/// A line of bars, the highest full.
fn bars(histogram: &Histogram) -> String {
    let most = histogram.counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |&count: &usize| {
        let height = (count * (BARS.len() - 1)).div_ceil(most);
        BARS[height.min(BARS.len() - 1)]
    };
    histogram.counts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_is_full_and_any_weight_is_seen() {
        let histogram = Histogram { low: -1.0, high: 1.0, counts: vec![0, 1, 500, 1000] };
        assert_eq!(bars(&histogram), " ▁▄█");
    }
}
