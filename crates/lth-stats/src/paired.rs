//! Differences of pairs, as of a ticket and the dense network of the same seed.

use crate::{
    band::Interval,
    quantile::t_two_sided,
    sample::Sample,
    wilcoxon::{rank_sums, two_sided},
};

/// Pairs of values, at least one of which has two numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    differences: Vec<f64>,
    sample: Sample,
}

/// What a test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// The statistic.
    pub statistic: f64,
    /// The probability of one as far or further from what is expected where there is no difference, to either side.
    pub p: f64,
}

impl Paired {
    /// Of these pairs; those without two numbers are left out and counted. `None` when all are.
    pub fn of(pairs: impl IntoIterator<Item = [f64; 2]>) -> Option<Self> {
        let all: Vec<f64> = pairs.into_iter().map(|[a, b]| a - b).collect();
        let sample = Sample::of(all.iter().copied())?;
        let differences = all.into_iter().filter(|difference| !difference.is_nan()).collect();
        Some(Self { differences, sample })
    }

    /// The differences, first minus second.
    pub fn differences(&self) -> &Sample {
        &self.sample
    }

    /// The 95 % interval of the mean difference; `None` for a single pair.
    pub fn interval(&self) -> Option<Interval> {
        self.sample.t_interval()
    }

    /// Student's paired t test: `t = mean / (sd / sqrt n)` with n - 1 degrees of freedom. `None` for a single pair, or where all
    /// differences are 0; where they are all the same, t is infinite and p is 0.
    pub fn t_test(&self) -> Option<Test> {
        let (mean, error) = (self.sample.mean(), self.sample.standard_error()?);
        if mean == 0.0 && error == 0.0 {
            return None;
        }
        let statistic = mean / error;
        Some(Test { statistic, p: t_two_sided(statistic, (self.sample.count() - 1) as f64) })
    }

    /// Wilcoxon's signed-rank test (1945): the smaller of the sums of ranks of positive and negative differences, those of 0 left
    /// out, equal ones with their mean rank. The probability is exact up to 50 differences, of equal ones too, and by the normal
    /// approximation beyond. `None` where all differences are 0.
    pub fn wilcoxon(&self) -> Option<Test> {
        let sums = rank_sums(&self.differences)?;
        Some(Test { statistic: sums.positive.min(sums.negative), p: two_sided(&sums) })
    }

    /// Cohen's d of the differences, `mean / sd`; `None` for a single pair or without deviation.
    pub fn cohens_d(&self) -> Option<f64> {
        self.sample
            .standard_deviation()
            .filter(|&deviation| deviation > 0.0)
            .map(|sd| self.sample.mean() / sd)
    }

    /// The matched-pairs rank-biserial correlation, `(positive - negative) / (positive + negative)` of the sums of ranks (Kerby 2014):
    /// 1 where every difference is positive, -1 where every one is negative. `None` where all are 0.
    pub fn rank_biserial(&self) -> Option<f64> {
        let sums = rank_sums(&self.differences)?;
        Some((sums.positive - sums.negative) / (sums.positive + sums.negative))
    }
}
