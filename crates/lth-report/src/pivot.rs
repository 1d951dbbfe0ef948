//! From trainings to a table.

use std::collections::{BTreeMap, HashMap};

use lth_lab::{Experiment, LabError, Variant, differing_settings};
use lth_model::Seed;
use lth_stats::Sample;

use crate::{
    CellSpec, Mark, Runs, TableAxis, axis::Place, densities::DensityRows, marks::marks, runs::Training,
};

/// What a table shows.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// What its rows are.
    pub rows: TableAxis,
    /// What its columns are.
    pub columns: TableAxis,
    /// What is in its cells.
    pub cell: CellSpec,
    /// The round that is shown where neither rows nor columns are rounds or densities; `None` for the last one of each run.
    pub round: Option<u32>,
}

/// A table of results.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultTable {
    /// What is in the cells.
    pub cell: CellSpec,
    /// What the rows are.
    pub row_name: String,
    /// What the columns are.
    pub column_name: String,
    /// The rows, in order.
    pub rows: Vec<String>,
    /// What orders each row, if that is a number.
    pub(crate) row_numbers: Vec<Option<f64>>,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// By row and column; `None` where there is no training.
    pub cells: Vec<Vec<Option<TableCell>>>,
    /// The most seeds that a cell has.
    pub(crate) most_seeds: usize,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCell {
    /// The values of its seeds.
    pub sample: Sample,
    /// The same by seed. Draws of a control are one value of their seed, their mean: they share its masks, and are no further repetitions.
    pub by_seed: BTreeMap<Seed, f64>,
    /// What it is among those of its row.
    pub mark: Mark,
}

/// The values of a cell while they are gathered: by seed and draw of a control, each from one run.
#[derive(Default)]
struct Gathered(BTreeMap<(Seed, u16), (usize, f64)>);

impl ResultTable {
    /// The table of some runs. Without [`TableAxis::Variant`] it is of tickets.
    ///
    /// # Errors
    /// When there is nothing to show, or a cell would mix runs that differ in a setting that is neither in rows nor in columns.
    pub fn of(runs: &Runs, spec: &TableSpec) -> Result<Self, LabError> {
        Self::gather(runs, runs.trainings(), spec)
    }

    /// The table of one of the runs, by its place.
    pub(crate) fn of_run(runs: &Runs, place: usize, spec: &TableSpec) -> Result<Self, LabError> {
        Self::gather(runs, runs.trainings_of(place), spec)
    }

    fn gather<'a>(
        runs: &'a Runs,
        trainings: impl Iterator<Item = Training<'a>>,
        spec: &TableSpec,
    ) -> Result<Self, LabError> {
        let axes = [&spec.rows, &spec.columns];
        let is_axis = |wanted: fn(&TableAxis) -> bool| axes.iter().any(|axis| wanted(axis));
        let of_variants = is_axis(|axis| matches!(axis, TableAxis::Variant));
        let of_rounds = is_axis(|axis| matches!(axis, TableAxis::Density | TableAxis::Round));
        let is_shown = |training: &Training<'_>| {
            let record = &training.result.record;
            let right_round = || match spec.round {
                Some(round) => record.round == round,
                None => {
                    training.run.rounds.iter().map(|other| other.record.round).max() == Some(record.round)
                }
            };
            (of_variants || record.variant == Variant::Ticket) && (of_rounds || right_round())
        };
        let (mut rows, mut columns) = (Places::default(), Places::default());
        let mut cells: HashMap<(usize, usize), Gathered> = HashMap::new();
        let trainings: Vec<Training<'_>> = trainings.filter(is_shown).collect();
        let names = runs.names();
        let densities = DensityRows::of(&trainings);
        for training in trainings {
            let Some(value) = spec.cell.metric.of(training.result) else { continue };
            let place = |axis: &TableAxis| {
                axis.place(
                    &names[training.place],
                    &training.run.experiment,
                    training.result,
                    densities.row(&training),
                )
            };
            let key = (rows.add(place(&spec.rows)), columns.add(place(&spec.columns)));
            let record = &training.result.record;
            let draw = if let Variant::Control(kind) = record.variant { kind.draw() } else { 0 };
            let run = training.place;
            let gathered = cells.entry(key).or_default();
            if let Some((other, _)) = gathered.0.insert((record.seed, draw), (run, value))
                && other != run
            {
                return Err(mixed(&[&runs.all[other].experiment, &runs.all[run].experiment]));
            }
        }
        if cells.is_empty() {
            let of_round = spec.round.map_or_else(String::new, |round| format!(" in round {round}"));
            return Err(LabError::Refused {
                reason: format!("no finished training has a value of {}{of_round}", spec.cell.metric.name()),
                hint: "`lth runs` lists runs with what is finished".to_owned(),
            });
        }
        let (row_order, column_order) = (rows.order(), columns.order());
        let mut table = Self {
            cell: spec.cell,
            row_name: spec.rows.name(),
            column_name: spec.columns.name(),
            rows: row_order.iter().map(|&place| rows.0[place].text.clone()).collect(),
            row_numbers: row_order.iter().map(|&place| rows.0[place].number()).collect(),
            columns: column_order.iter().map(|&place| columns.0[place].text.clone()).collect(),
            cells: Vec::new(),
            most_seeds: 0,
        };
        for &row in &row_order {
            let found: Vec<Option<&Gathered>> =
                column_order.iter().map(|&column| cells.get(&(row, column))).collect();
            let by_seed: Vec<_> = found.iter().map(|cell| cell.map(Gathered::by_seed)).collect();
            let marks = marks(&by_seed, spec.cell.statistic, spec.cell.metric.better());
            let cells = by_seed.into_iter().zip(marks).map(|(by_seed, mark)| {
                let by_seed = by_seed?;
                Some(TableCell { sample: Sample::of(by_seed.values().copied())?, by_seed, mark })
            });
            table.cells.push(cells.collect());
        }
        let seeds = table.cells.iter().flatten().flatten().map(|cell| cell.sample.count());
        table.most_seeds = seeds.max().unwrap_or(0);
        Ok(table)
    }
}

impl Gathered {
    /// Draws of a control are one value of their seed.
    fn by_seed(&self) -> BTreeMap<Seed, f64> {
        let mut draws: BTreeMap<Seed, Vec<f64>> = BTreeMap::new();
        for (&(seed, _), &(_, value)) in &self.0 {
            draws.entry(seed).or_default().push(value);
        }
        draws
            .into_iter()
            .map(|(seed, values)| (seed, Sample::of(values).map_or(f64::NAN, |sample| sample.mean())))
            .collect()
    }
}

/// Rows or columns, as they come.
#[derive(Default)]
struct Places(Vec<Place>);

impl Places {
    fn add(&mut self, place: Place) -> usize {
        self.0.iter().position(|known| known.text == place.text).unwrap_or_else(|| {
            self.0.push(place);
            self.0.len() - 1
        })
    }

    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by(|&a, &b| self.0[a].compare(&self.0[b]));
        order
    }
}

fn mixed(experiments: &[&Experiment; 2]) -> LabError {
    let differing: Vec<&str> = differing_settings(experiments).iter().map(|setting| setting.key).collect();
    let what = if differing.is_empty() {
        "two runs of the same settings".to_owned()
    } else {
        format!("runs that differ in {}", differing.join(", "))
    };
    let hint = differing.first().map_or_else(
        || "name each run once".to_owned(),
        |key| format!("put {key} into --rows or --columns, or choose runs with --where"),
    );
    LabError::Refused { reason: format!("a cell would mix {what}"), hint }
}
