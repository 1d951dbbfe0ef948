//! Which densities of several runs are one row of a table.

use std::collections::HashMap;

use lth_model::density_percent;

use crate::runs::Training;

/// Densities of two runs that differ by less than this part are those of one row: pruned by layers or globally a ticket has 64.0 or 64.1 %.
const NEAR: f64 = 0.005;

/// The decimals of a percentage with which rows are told apart, where one is too few.
const MOST_DECIMALS: usize = 5;

/// The rows that trainings belong to, by the density of their tickets. Rounds of one run are never one row.
pub(crate) struct DensityRows {
    rows: Vec<Row>,
    by_training: HashMap<Key, usize>,
}

/// A round of a run, with the bits of its density.
type Key = (usize, u32, u64);

struct Row {
    /// Of its first run.
    density: f64,
    text: String,
    rounds: Vec<(usize, u32)>,
}

impl DensityRows {
    pub(crate) fn of(trainings: &[Training<'_>]) -> Self {
        let mut keys: Vec<Key> = trainings.iter().map(key).collect();
        keys.sort_by(|a, b| f64::from_bits(b.2).total_cmp(&f64::from_bits(a.2)).then(a.cmp(b)));
        keys.dedup();
        let mut all = Self { rows: Vec::new(), by_training: HashMap::new() };
        for key in keys {
            let (run, round, density) = (key.0, key.1, f64::from_bits(key.2));
            let takes = |row: &Row| {
                row.density - density < NEAR * row.density
                    && row.rounds.iter().all(|&(other, its)| other != run || its == round)
            };
            let place = all.rows.iter().position(takes).unwrap_or_else(|| {
                all.rows.push(Row { density, text: String::new(), rounds: Vec::new() });
                all.rows.len() - 1
            });
            all.rows[place].rounds.push((run, round));
            all.by_training.insert(key, place);
        }
        all.name();
        all
    }

    /// The density of a training's row, and how it is written.
    pub(crate) fn row(&self, training: &Training<'_>) -> (f64, &str) {
        let row = &self.rows[self.by_training[&key(training)]];
        (row.density, &row.text)
    }

    /// With as many decimals as tell the rows apart; those of rounds in which nothing was pruned by their round.
    fn name(&mut self) {
        let texts = |decimals: usize| -> Vec<String> {
            self.rows.iter().map(|row| density_percent(row.density, decimals)).collect()
        };
        let are_told_apart = |texts: &Vec<String>| texts.windows(2).all(|pair| pair[0] != pair[1]);
        let names = (1..=MOST_DECIMALS).map(texts).find(are_told_apart).unwrap_or_else(|| texts(1));
        for (place, row) in self.rows.iter_mut().enumerate() {
            row.text.clone_from(&names[place]);
            if place > 0 && names[place] == names[place - 1] {
                row.text.push_str(&format!(" (round {})", row.rounds[0].1));
            }
        }
    }
}

fn key(training: &Training<'_>) -> Key {
    (training.place, training.result.record.round, training.density.to_bits())
}
