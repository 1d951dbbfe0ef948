//! What figures are drawn from: plain data, free of run folders and engines.

use lth_stats::{Band, Interval, Sample};

use super::Look;

/// The texts above a figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// What the figure shows, one line.
    pub title: String,
    /// Of what: model, data, replicates. Empty for none; lines are broken at `\n`, long ones are wrapped.
    pub subtitle: String,
    /// How the figure looks.
    pub look: Look,
}

impl Heading {
    /// A title and a subtitle.
    ///
    /// ```
    /// let heading = lth_plot::Heading::new("Accuracy against density", "lenet-300-100 on mnist, 5 replicates");
    /// assert_eq!(heading.title, "Accuracy against density");
    /// ```
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: subtitle.into(), look: Look::default() }
    }

    /// The same with another look.
    #[must_use]
    pub fn with_look(self, look: Look) -> Self {
        Self { look, ..self }
    }
}

/// A trained network that tickets are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlKind {
    /// The ticket's mask, fresh weights.
    RandomReinit,
    /// A random mask of the ticket's size, the original weights.
    RandomMask,
    /// The ticket's mask, shuffled within each layer.
    ShuffledMask,
    /// Any other, by its place in the list of controls: colours are gone through, then again with other dashes.
    Other(u8),
}

/// What a curve is of, which decides how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Tickets: a solid line with a band.
    Ticket,
    /// A control: a dashed line with a band, in the control's own colour.
    Control(ControlKind),
    /// The tickets of one of several runs: solid in the palette's colours, then dashed in the same, with markers of other shapes.
    Run(u8),
    /// What was published of a run's kind: fine dashes in the colour of [`Style::Run`].
    Published(u8),
    /// The dense network: a thin level at the mean of the first finite point, across the whole panel.
    Dense,
    /// The dense network of one of several runs: the same, dotted, in the colour of [`Style::Run`].
    DenseRun(u8),
}

impl Style {
    /// Whether it is a level across the panel.
    pub(super) fn is_level(self) -> bool {
        matches!(self, Self::Dense | Self::DenseRun(_))
    }
}

/// A value over replicates at one place of the x axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The place: a density in (0, 1].
    pub x: f64,
    /// Mean over replicates; NaN where there is none.
    pub mean: f64,
    /// The lower end of its band: the least over replicates, unless another band was wanted.
    pub min: f64,
    /// The upper end.
    pub max: f64,
}

impl Point {
    /// The point of these replicates; those that are not finite count as absent.
    ///
    /// ```
    /// use lth_plot::Point;
    /// let point = Point::of_replicates(0.8, [0.98, 0.97, f64::NAN]);
    /// assert_eq!((point.min, point.max), (0.97, 0.98));
    /// assert!(Point::of_replicates(0.8, []).mean.is_nan());
    /// ```
    pub fn of_replicates(x: f64, values: impl IntoIterator<Item = f64>) -> Self {
        Self::with_band(x, values, Band::MinMax)
    }

    /// The same with another band; where there is none, as around a single value, without.
    pub fn with_band(x: f64, values: impl IntoIterator<Item = f64>, band: Band) -> Self {
        let Some(sample) = Sample::of(values.into_iter().filter(|value| value.is_finite())) else {
            return Self { x, mean: f64::NAN, min: f64::NAN, max: f64::NAN };
        };
        let mean = sample.mean();
        let Interval { low, high } = sample.band(band).unwrap_or(Interval { low: mean, high: mean });
        Self { x, mean, min: low, max: high }
    }

    /// Whether it can be drawn on a logarithmic x axis.
    pub(super) fn is_drawable(&self) -> bool {
        self.x.is_finite() && self.x > 0.0 && self.mean.is_finite()
    }

    /// The band's ends, never inside of the mean; the mean itself where an end is absent.
    pub(super) fn band(&self) -> (f64, f64) {
        (self.min.min(self.mean), self.max.max(self.mean))
    }
}

/// A line over rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub label: String,
    /// What it is of.
    pub style: Style,
    /// One point a round, in any order. A point whose mean is NaN leaves a gap.
    pub points: Vec<Point>,
}

/// Which examples a training metric is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CurveSplit {
    /// Running mean over the training batches.
    Train,
    /// The validation set.
    Validation,
    /// The test set.
    Test,
}

impl CurveSplit {
    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Loss and accuracy at one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingPoint {
    /// Updates made so far.
    pub iteration: u64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction classified correctly, in [0, 1].
    pub accuracy: f64,
}

/// The training of one round.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingRound {
    /// The round's number.
    pub round: usize,
    /// Its density, in (0, 1].
    pub density: f64,
    /// The early-stop iteration, if known.
    pub early_stop: Option<u64>,
    /// The metrics of each split, iterations ascending.
    pub splits: Vec<(CurveSplit, Vec<TrainingPoint>)>,
}

impl TrainingRound {
    /// The metrics of one split; empty where there are none.
    pub(super) fn points(&self, split: CurveSplit) -> &[TrainingPoint] {
        self.splits.iter().find(|(own, _)| *own == split).map_or(&[], |(_, points)| points)
    }
}

/// One value for each input pixel of one round.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelRound {
    /// The round's number.
    pub round: usize,
    /// Its density (of the network or the layer: the subtitle should say which), in (0, 1].
    pub density: f64,
    /// Row-major values: kept weights that leave each pixel, or the mean |weight| of those.
    pub values: Vec<f64>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeriesStyle {
    /// A solid line with markers in the palette's n-th colour.
    Solid(u8),
    /// The same, dashed.
    Dashed(u8),
    /// A wide pale line under the others, for the choice among them.
    Highlight,
}

/// A line of plain values over densities.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// How it is drawn.
    pub style: SeriesStyle,
    /// (density in (0, 1], value above 0); others leave a gap.
    pub points: Vec<(f64, f64)>,
}
