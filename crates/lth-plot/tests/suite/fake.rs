//! Made-up results with the shape of real ones.

use lth_plot::{
    ControlKind, Curve, CurveSplit, DensityPanel, Measure, PixelRound, Point, Style, TrainingPoint,
    TrainingRound,
};

/// A linear congruential generator in [-1, 1): these pictures need no better one.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

pub(crate) fn ladder(rounds: usize) -> Vec<f64> {
    (0..rounds).map(|k| 0.8f64.powi(k as i32)).collect()
}

fn curve(
    label: &str,
    style: Style,
    densities: &[f64],
    replicates: usize,
    spread: f64,
    mean: impl Fn(f64) -> f64,
) -> Curve {
    let mut noise = Noise::new(label.len() as u64 + 7);
    let points = densities
        .iter()
        .map(|&x| {
            let values: Vec<f64> = (0..replicates).map(|_| mean(x) + spread * noise.draw()).collect();
            Point::of_replicates(x, values)
        })
        .collect();
    Curve { label: label.to_owned(), style, points }
}

/// Tickets rise a little, then fall; reinitialised ones fall from the start.
pub(crate) fn accuracy_panel(rounds: usize, replicates: usize) -> DensityPanel {
    let densities = ladder(rounds);
    let ticket =
        |x: f64| 0.980 + 0.004 * (-((x.ln() + 1.9) / 0.9).powi(2)).exp() - 0.011 * (-(x / 0.02)).exp();
    let reinit = |x: f64| 0.980 - 0.0075 * (-x.ln()) * 0.28 * (1.0 + 0.25 * x.ln().abs()) * 0.9;
    let mask = |x: f64| 0.980 - 0.0055 * (-x.ln()) * 0.28 * (1.0 + 0.2 * x.ln().abs());
    let curves = vec![
        curve("dense network", Style::Dense, &[1.0], 1, 0.0, |_| 0.980),
        curve("winning tickets", Style::Ticket, &densities, replicates, 0.0012, ticket),
        curve(
            "random reinit",
            Style::Control(ControlKind::RandomReinit),
            &densities[1.min(rounds)..],
            replicates,
            0.0016,
            reinit,
        ),
        curve(
            "random mask",
            Style::Control(ControlKind::RandomMask),
            &densities[1.min(rounds)..],
            replicates,
            0.0014,
            mask,
        ),
    ];
    DensityPanel { facet: String::new(), measure: Measure::EarlyStopAccuracy, curves }
}

pub(crate) fn iteration_panel(rounds: usize, replicates: usize) -> DensityPanel {
    let densities = ladder(rounds);
    let ticket = |x: f64| 3600.0 + 4800.0 * (x.ln() + 2.0).powi(2) / 4.0;
    let reinit = |x: f64| 7500.0 + 1800.0 * -x.ln();
    let curves = vec![
        curve("dense network", Style::Dense, &[1.0], 1, 0.0, |_| 8400.0),
        curve("winning tickets", Style::Ticket, &densities, replicates, 700.0, ticket),
        curve(
            "random reinit",
            Style::Control(ControlKind::RandomReinit),
            &densities[1.min(rounds)..],
            replicates,
            900.0,
            reinit,
        ),
    ];
    DensityPanel { facet: String::new(), measure: Measure::EarlyStopIteration, curves }
}

pub(crate) fn training_rounds(rounds: usize, iterations: u64) -> Vec<TrainingRound> {
    let every = (iterations / 500).max(1);
    ladder(rounds)
        .into_iter()
        .enumerate()
        .map(|(round, density)| {
            let mut noise = Noise::new(round as u64 + 1);
            let speed = 900.0 * (1.0 + 3.0 * (density.ln() + 1.8).powi(2) / 6.0);
            let splits = [CurveSplit::Train, CurveSplit::Validation, CurveSplit::Test].map(|split| {
                let points = (0..=iterations / every)
                    .map(|step| {
                        let t = (step * every) as f64;
                        let fall = (-t / speed).exp();
                        let memory = t / 50_000.0 * density.sqrt();
                        let (loss, accuracy) = match split {
                            CurveSplit::Train => (
                                2.3 * (-t / (speed * 0.25)).exp()
                                    + 0.25 * (-t / speed / 4.0).exp()
                                    + 0.06 * (1.0 - density.sqrt())
                                    + 1e-4,
                                1.0 - 0.9 * (-t / (speed * 0.3)).exp()
                                    - 0.07 * (-t / speed / 2.0).exp()
                                    - 0.02 * (1.0 - density.sqrt()),
                            ),
                            _ => (
                                2.2 * (-t / (speed * 0.2)).exp()
                                    + 0.07
                                    + 0.2 * fall
                                    + 0.12 * memory
                                    + 0.02 * (1.0 - density),
                                0.982
                                    - 0.88 * (-t / (speed * 0.2)).exp()
                                    - 0.05 * fall
                                    - 0.005 * (1.0 - density.sqrt()),
                            ),
                        };
                        let jitter = 1.0 + 0.04 * noise.draw();
                        TrainingPoint {
                            iteration: step * every,
                            loss: loss * jitter,
                            accuracy: (accuracy + 0.0012 * noise.draw()).min(1.0),
                        }
                    })
                    .collect();
                (split, points)
            });
            let early_stop = Some(((speed * 4.0) as u64).min(iterations));
            TrainingRound { round, density, early_stop, splits: splits.to_vec() }
        })
        .collect()
}

pub(crate) fn pixel_rounds(rounds: usize, side: usize) -> Vec<PixelRound> {
    let mut noise = Noise::new(3);
    ladder(rounds)
        .into_iter()
        .enumerate()
        .map(|(round, density)| {
            let values = (0..side * side)
                .map(|pixel| {
                    let (y, x) = (
                        (pixel / side) as f64 / side as f64 - 0.5,
                        (pixel % side) as f64 / side as f64 - 0.5,
                    );
                    let middle = (-(x * x * 9.0 + y * y * 6.0)).exp();
                    let kept =
                        density * (1.0 - round as f64 / 22.0) + (1.0 - density) * middle * density.powf(0.7);
                    (300.0 * kept * (1.0 + 0.1 * noise.draw())).round().clamp(0.0, 300.0)
                })
                .collect();
            PixelRound { round, density, values }
        })
        .collect()
}
