//! Equal to SciPy, NumPy and statsmodels (tools/make_statistics_golden.py), degenerate cases too.

use lth_stats::{Interval, Paired, Sample, Test, holm};
use serde_json::Value;

fn golden(kind: &str) -> Vec<(String, Value)> {
    let all: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    all[kind].as_object().unwrap().iter().map(|(name, case)| (name.clone(), case.clone())).collect()
}

/// What JSON has no number for is text, and what is none is `null`.
fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap_or(f64::NAN),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn close(found: f64, expected: f64, what: &str) {
    let near = (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3) || found == expected;
    assert!(near, "{what}: {found} instead of {expected}");
}

fn same(found: Option<f64>, expected: &Value, what: &str) {
    assert_eq!(found.is_some(), !expected.is_null(), "{what}: {found:?} instead of {expected}");
    if let Some(found) = found {
        close(found, number(expected), what);
    }
}

fn same_pair(found: Option<[f64; 2]>, expected: &Value, what: &str) {
    assert_eq!(found.is_some(), !expected.is_null(), "{what}: {found:?} instead of {expected}");
    for (found, expected) in found.into_iter().flatten().zip(expected.as_array().into_iter().flatten()) {
        close(found, number(expected), what);
    }
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

#[test]
fn samples() {
    for (name, case) in golden("samples") {
        let values = numbers(&case["values"]);
        let sample = Sample::of(values.iter().copied()).unwrap();
        assert_eq!(sample.count() as u64, case["count"].as_u64().unwrap(), "{name}");
        assert_eq!(sample.count() + sample.missing(), values.len(), "{name}");
        let figures = [sample.mean(), sample.median(), sample.min(), sample.max(), sample.quantile(0.1)];
        for (found, key) in figures.into_iter().zip(["mean", "median", "min", "max", "quantile_0.1"]) {
            close(found, number(&case[key]), &format!("{name}: {key}"));
        }
        same(sample.standard_deviation(), &case["sd"], &format!("{name}: sd"));
        same(sample.standard_error(), &case["sem"], &format!("{name}: sem"));
        same_pair(sample.t_interval().map(ends), &case["t_interval"], &format!("{name}: t"));
        if sample.count() <= 6 {
            same_pair(
                sample.bootstrap_interval(0).map(ends),
                &case["bootstrap"],
                &format!("{name}: bootstrap"),
            );
        }
    }
}

#[test]
fn pairs() {
    for (name, case) in golden("pairs") {
        let [a, b] = ["a", "b"].map(|key| numbers(&case[key]));
        let paired = Paired::of(a.into_iter().zip(b).map(|(a, b)| [a, b])).unwrap();
        close(paired.differences().mean(), number(&case["mean"]), &format!("{name}: mean"));
        let both = |test: Test| [test.statistic, test.p];
        same_pair(paired.t_test().map(both), &case["t"], &format!("{name}: t test"));
        same_pair(paired.wilcoxon().map(both), &case["wilcoxon"], &format!("{name}: Wilcoxon"));
        same(paired.cohens_d(), &case["cohens_d"], &format!("{name}: d"));
        same(paired.rank_biserial(), &case["rank_biserial"], &format!("{name}: rank-biserial"));
        // SciPy's interval is not a number where all differences are the same.
        if !case["interval"].is_null() {
            same_pair(paired.interval().map(ends), &case["interval"], &format!("{name}: interval"));
        }
    }
}

#[test]
fn corrected_probabilities() {
    for (name, case) in golden("holm") {
        let found = holm(&numbers(&case["p"]));
        let expected = numbers(&case["corrected"]);
        assert_eq!(found.len(), expected.len());
        found.iter().zip(&expected).for_each(|(found, expected)| close(*found, *expected, &name));
    }
    // A test that could not be made does not count.
    let found = holm(&[0.01, f64::NAN, 0.04]);
    assert!(found[1].is_nan());
    assert_eq!([found[0], found[2]], [0.02, 0.04]);
}

#[test]
fn what_has_no_number_has_no_figures() {
    assert!(Sample::of([]).is_none());
    assert!(Sample::of([f64::NAN]).is_none());
    assert!(Paired::of([[1.0, f64::NAN], [f64::NAN, 2.0]]).is_none());
}
