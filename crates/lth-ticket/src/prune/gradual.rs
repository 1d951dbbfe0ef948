//! Gradual magnitude pruning: densities along a training.

use lth_model::Density;

/// When a training prunes, and how far: the cubic schedule of Zhu and Gupta (2017),
/// `s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3` with sparsity s = 1 - density.
///
/// Weights of least magnitude go ([`crate::prune()`], [`crate::prune_one_shot`] to a density); most of them early, when many
/// are superfluous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradualPruning {
    /// The density before; 1 for a dense network.
    pub initial: Density,
    /// The density after the last pruning.
    pub last: Density,
    /// The iteration of the first pruning, t0; it prunes nothing yet.
    pub start: u64,
    /// Iterations from one pruning to the next, dt; 100 to 1000 in the paper.
    pub every: u64,
    /// Prunings after the first, n.
    pub prunings: u64,
}

impl GradualPruning {
    /// The iteration of the last pruning, `t0 + n dt`.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.prunings.saturating_mul(self.every))
    }

    /// Whether the training prunes after this iteration.
    pub fn prunes_at(&self, iteration: u64) -> bool {
        match iteration.checked_sub(self.start) {
            Some(since) if iteration <= self.end() => self.every == 0 || since % self.every == 0,
            _ => false,
        }
    }

    /// The density that the schedule wants at an iteration.
    ///
    /// ```
    /// use lth_model::Density;
    /// use lth_ticket::GradualPruning;
    /// let [initial, last] = [1.0, 0.2].map(|density| Density::new(density).unwrap());
    /// let schedule = GradualPruning { initial, last, start: 1000, every: 100, prunings: 10 };
    /// assert_eq!(schedule.density(1000), initial);
    /// assert!((schedule.density(1500).get() - 0.3).abs() < 1e-12); // 0.2 + 0.8 / 8
    /// assert_eq!(schedule.density(2000), last);
    /// ```
    pub fn density(&self, iteration: u64) -> Density {
        if iteration >= self.end() {
            return self.last;
        }
        if iteration <= self.start {
            return self.initial;
        }
        let (first, last) = (self.initial.get(), self.last.get());
        let rest = 1.0 - (iteration - self.start) as f64 / (self.end() - self.start) as f64;
        Density::new((last + (first - last) * rest.powi(3)).clamp(0.0, 1.0)).unwrap_or(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(start: u64, every: u64, prunings: u64) -> GradualPruning {
        let [initial, last] = [0.9, 0.1].map(|density| Density::new(density).unwrap());
        GradualPruning { initial, last, start, every, prunings }
    }

    #[test]
    fn sparsity_is_the_papers_formula() {
        let schedule = schedule(200, 50, 8);
        let (before, after) = (1.0 - 0.9, 1.0 - 0.1);
        for t in (200..=600).step_by(50) {
            let cube = (1.0 - (t as f64 - 200.0) / (8.0 * 50.0)).powi(3);
            let paper: f64 = after + (before - after) * cube;
            assert!((schedule.density(t).sparsity() - paper).abs() < 1e-12, "{t}");
        }
        assert_eq!((schedule.density(0), schedule.density(9999)), (schedule.initial, schedule.last));
    }

    #[test]
    fn it_prunes_at_its_iterations_only_and_ever_further() {
        let schedule = schedule(200, 50, 8);
        let at: Vec<u64> = (0..1000).filter(|&t| schedule.prunes_at(t)).collect();
        assert_eq!(at, [200, 250, 300, 350, 400, 450, 500, 550, 600]);
        let densities: Vec<f64> = at.iter().map(|&t| schedule.density(t).get()).collect();
        assert!(densities.is_sorted_by(|a, b| a > b), "{densities:?}");
        let steps: Vec<f64> = densities.windows(2).map(|pair| pair[0] - pair[1]).collect();
        assert!(steps.is_sorted_by(|a, b| a > b), "most goes early: {steps:?}");
    }

    #[test]
    fn no_prunings_are_one_to_the_end() {
        let once = schedule(10, 0, 0);
        assert_eq!((0..20).filter(|&t| once.prunes_at(t)).collect::<Vec<_>>(), [10]);
        assert_eq!((once.density(9), once.density(10)), (once.initial, once.last));
    }
}
