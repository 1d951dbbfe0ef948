//! Pools over maps; every map is one contiguous piece.

use lth_model::Window;

use crate::{
    dual::Duals,
    taps::{Tap, taps},
};

/// A pool from maps of one size to maps of another.
pub(crate) struct Pool {
    taps: Vec<Vec<Tap>>,
    from: usize,
    to: usize,
}

impl Pool {
    pub(crate) fn new(window: Window, map: [usize; 2]) -> Self {
        let to = window.output(map).map_or(0, |[height, width]| height * width);
        Self { taps: taps(window, map), from: map[0] * map[1], to }
    }

    /// Where each output of a map comes from: the first of its largest values.
    fn winners(&self, map: &[f64]) -> Vec<usize> {
        let mut best = vec![None; self.to];
        for tap in self.taps.iter().flatten() {
            match best[tap.to] {
                Some(winner) if map[tap.from] <= map[winner] => {}
                _ => best[tap.to] = Some(tap.from),
            }
        }
        best.into_iter().map(|winner| winner.unwrap_or(0)).collect()
    }

    /// The place of the winner of every output, in the whole tensor.
    fn all_winners(&self, x: &[f64]) -> Vec<usize> {
        let maps = x.chunks_exact(self.from).enumerate();
        maps.flat_map(|(map, x)| self.winners(x).into_iter().map(move |at| map * self.from + at)).collect()
    }

    /// By how much every maximum leads over each value of its window.
    pub(crate) fn leads(&self, x: &[f64]) -> Vec<f64> {
        let mut leads = Vec::new();
        for x in x.chunks_exact(self.from) {
            let winners = self.winners(x);
            leads.extend(self.taps.iter().flatten().map(|tap| x[winners[tap.to]] - x[tap.from]));
        }
        leads
    }

    pub(crate) fn max(&self, x: &Duals) -> Duals {
        let winners = self.all_winners(&x.value);
        x.map(|plane| winners.iter().map(|&at| plane[at]).collect())
    }

    pub(crate) fn max_back(&self, x: &Duals, dy: &Duals) -> Duals {
        let winners = self.all_winners(&x.value);
        dy.map(|dy| {
            let mut dx = vec![0.0; x.len()];
            winners.iter().zip(dy).for_each(|(&at, dy)| dx[at] += dy);
            dx
        })
    }

    /// The mean of each window; padding counts as zeros.
    pub(crate) fn average(&self, x: &Duals) -> Duals {
        let share = 1.0 / self.taps.len() as f64;
        x.map(|x| {
            let mut y = vec![0.0; x.len() / self.from * self.to];
            for (x, y) in x.chunks_exact(self.from).zip(y.chunks_exact_mut(self.to)) {
                self.taps.iter().flatten().for_each(|tap| y[tap.to] += x[tap.from] * share);
            }
            y
        })
    }

    pub(crate) fn average_back(&self, dy: &Duals) -> Duals {
        let share = 1.0 / self.taps.len() as f64;
        dy.map(|dy| {
            let mut dx = vec![0.0; dy.len() / self.to * self.from];
            for (dx, dy) in dx.chunks_exact_mut(self.from).zip(dy.chunks_exact(self.to)) {
                self.taps.iter().flatten().for_each(|tap| dx[tap.from] += dy[tap.to] * share);
            }
            dx
        })
    }
}
