//! Differences by seed between cells of a table, with what tests say of them.

use std::collections::BTreeMap;

use lth_lab::LabError;
use lth_model::{Seed, nearest_name};
use lth_stats::{Interval, Paired, PairedRatio, holm};

use crate::{Metric, ResultTable, TableAxis};

/// What the cells of a table are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// Each with the dense network of its column; controls have that of the tickets.
    Dense,
    /// Those of each row with that of a column.
    Column(String),
}

/// The differences of a table's cells to others, with tests that are corrected for all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceTable {
    /// The figure.
    pub metric: Metric,
    /// What the rows of the table are.
    pub row_name: String,
    /// What its columns are.
    pub column_name: String,
    /// With what they are compared: `dense`, or the name of a column.
    pub against: String,
    /// A comparison each, by row and column.
    pub differences: Vec<Difference>,
    /// How many cells have nothing that they could be compared with: no such cell, or no seed in common.
    pub left_out: usize,
}

/// A cell compared with another, seed by seed; in the unit of the figure, without percent. What one seed cannot tell is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The row of the cell.
    pub row: String,
    /// Its column.
    pub column: String,
    /// How many seeds both have.
    pub seeds: usize,
    /// The mean of the differences.
    pub mean: f64,
    /// Its 95 % interval by Student's t.
    pub interval: Option<Interval>,
    /// The probability of Student's paired t test.
    pub t: Option<f64>,
    /// The same, corrected for all comparisons of the table (Holm) but those of a training with itself.
    pub t_holm: Option<f64>,
    /// The probability of Wilcoxon's signed-rank test.
    pub wilcoxon: Option<f64>,
    /// The same, corrected for all comparisons (Holm).
    pub wilcoxon_holm: Option<f64>,
    /// Cohen's d of the differences: their mean in standard deviations.
    pub cohens_d: Option<f64>,
    /// The matched-pairs rank-biserial correlation: 1 where every seed has more, -1 where every one has less.
    pub rank_biserial: Option<f64>,
    /// The mean of the cell over that of the other; `None` where a value of the other is not positive.
    pub ratio_of_means: Option<f64>,
    /// The mean of the seeds' ratios.
    pub mean_of_ratios: Option<f64>,
}

impl Against {
    /// Of a word: `dense`, or the name of a column.
    pub fn of(word: &str) -> Self {
        if word == "dense" { Self::Dense } else { Self::Column(word.to_owned()) }
    }
}

impl DifferenceTable {
    /// Of the cells of a table with rows of this kind.
    ///
    /// # Errors
    /// When there is no such column, no dense network in the table, or no seed in common.
    pub fn of(table: &ResultTable, rows: TableAxis, against: &Against) -> Result<Self, LabError> {
        let other = others(table, rows, against)?;
        let (mut differences, mut left_out) = (Vec::new(), 0);
        for (row, cells) in table.cells.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                let (Some(cell), Some(other)) = (cell, other(row, column)) else { continue };
                let values = |(seed, value): (&Seed, &f64)| Some([*value, *other?.get(seed)?]);
                let pairs = cell.by_seed.iter().filter_map(values).collect();
                match Difference::of(&table.rows[row], &table.columns[column], pairs) {
                    Some(difference) => differences.push(difference),
                    None => left_out += 1,
                }
            }
        }
        if differences.is_empty() {
            return Err(LabError::Refused {
                reason: "no two networks that are compared have a seed in common".to_owned(),
                hint: "differences are taken seed by seed: `lth table` without --against shows what there is"
                    .to_owned(),
            });
        }
        correct(&mut differences, |own| own.t, |own| &mut own.t_holm);
        correct(&mut differences, |own| own.wilcoxon, |own| &mut own.wilcoxon_holm);
        let against = match against {
            Against::Dense => "dense".to_owned(),
            Against::Column(name) => name.clone(),
        };
        let (row_name, column_name) = (table.row_name.clone(), table.column_name.clone());
        Ok(Self { metric: table.cell.metric, row_name, column_name, against, differences, left_out })
    }
}

impl Difference {
    /// Whether all values are the same, as where runs share their dense network.
    pub fn is_none(&self) -> bool {
        self.mean == 0.0 && self.interval.is_none_or(|ends| ends.low == ends.high)
    }

    fn of(row: &str, column: &str, pairs: Vec<[f64; 2]>) -> Option<Self> {
        let paired = Paired::of(pairs.iter().copied())?;
        let [own, other] = [0, 1].map(|side| pairs.iter().map(|pair| pair[side]).collect::<Vec<f64>>());
        let ratio = PairedRatio::of(&own, &other);
        let several = paired.differences().count() > 1;
        // Without any difference there is none beyond noise.
        let p = |test: Option<lth_stats::Test>| several.then(|| test.map_or(1.0, |test| test.p));
        Some(Self {
            row: row.to_owned(),
            column: column.to_owned(),
            seeds: paired.differences().count(),
            mean: paired.differences().mean(),
            interval: paired.interval(),
            t: p(paired.t_test()),
            t_holm: None,
            wilcoxon: p(paired.wilcoxon()),
            wilcoxon_holm: None,
            cohens_d: paired.cohens_d(),
            rank_biserial: paired.rank_biserial().filter(|_| several),
            ratio_of_means: ratio.as_ref().map(|ratio| ratio.of_means),
            mean_of_ratios: ratio.as_ref().map(|ratio| ratio.mean_of_ratios),
        })
    }
}

/// Corrects the probabilities of a test for all comparisons but those of a training with itself.
fn correct(
    differences: &mut [Difference],
    p: fn(&Difference) -> Option<f64>,
    corrected: fn(&mut Difference) -> &mut Option<f64>,
) {
    let tested = |own: &Difference| p(own).filter(|_| !own.is_none());
    let all: Vec<f64> = differences.iter().map(|own| tested(own).unwrap_or(f64::NAN)).collect();
    for (own, value) in differences.iter_mut().zip(holm(&all)) {
        *corrected(own) = if own.is_none() { p(own) } else { (!value.is_nan()).then_some(value) };
    }
}

type Values<'a> = Option<&'a BTreeMap<Seed, f64>>;
type Other<'a> = Box<dyn Fn(usize, usize) -> Option<Values<'a>> + 'a>;

/// With what the cell of a row and a column is compared, if that is there; `None` for a cell with which others are.
fn others<'a>(table: &'a ResultTable, rows: TableAxis, against: &Against) -> Result<Other<'a>, LabError> {
    let values = |row: usize, column: usize| table.cells[row][column].as_ref().map(|cell| &cell.by_seed);
    let refused = |reason: String, hint: String| Err(LabError::Refused { reason, hint });
    match against {
        Against::Column(name) => {
            let Some(place) = table.columns.iter().position(|column| column == name) else {
                let there = || table.columns.iter().map(String::as_str);
                let hint = nearest_name(name, there()).map_or_else(
                    || format!("the columns are {}; or use dense", there().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean '{near}'?"),
                );
                return refused(format!("the table has no column '{name}'"), hint);
            };
            Ok(Box::new(move |row, column| (column != place).then(|| values(row, place))))
        }
        Against::Dense => {
            let is_dense = |number: &Option<f64>| match rows {
                TableAxis::Density => *number == Some(-1.0),
                TableAxis::Round => *number == Some(0.0),
                _ => false,
            };
            let Some(dense) = table.row_numbers.iter().position(is_dense) else {
                return refused(
                    "the table has no row of dense networks".to_owned(),
                    "give it --rows density or --rows round, of runs whose dense network is finished"
                        .to_owned(),
                );
            };
            let tickets = table.columns.iter().position(|column| column == "ticket");
            Ok(Box::new(move |row, column| {
                let own = values(dense, column).or_else(|| values(dense, tickets?));
                (row != dense).then_some(own)
            }))
        }
    }
}
