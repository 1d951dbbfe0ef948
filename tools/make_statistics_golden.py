#!/usr/bin/env python3
"""Writes crates/lth-stats/tests/golden.json: what SciPy and statsmodels make of some values, degenerate ones too.

    pip install scipy statsmodels && python3 tools/make_statistics_golden.py
"""
import itertools
import json
import pathlib
import warnings

import numpy as np
import scipy
from scipy import stats
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
nan = float("nan")
rng = np.random.default_rng(7)

SAMPLES = {
    "one value": [0.981],
    "one number": [nan, 0.5, nan],
    "two values": [0.9787, 0.9796],
    "five accuracies": [0.9787, 0.9796, 0.9805, 0.9791, 0.9797],
    "a diverged run": [0.9787, nan, 0.9805, 0.9791],
    "equal values": [0.5, 0.5, 0.5],
    "ties": [3.0, 1.0, 3.0, 1.0, 2.0],
    "negative": [-4.0, 2.5, -1.25, 0.0],
    "thirty": rng.normal(10, 3, 30).tolist(),
    "far from 0": (1e6 + rng.normal(0, 1, 12)).tolist(),
}
PAIRS = {
    "five seeds": ([0.9813, 0.9822, 0.9830, 0.9825, 0.9841], [0.9787, 0.9796, 0.9805, 0.9791, 0.9797]),
    "one pair": ([0.75], [0.5]),
    "no difference": ([0.5, 0.25, 0.75], [0.5, 0.25, 0.75]),
    "the same difference": ([0.75, 0.5, 1.0], [0.5, 0.25, 0.75]),
    "a diverged run": ([0.5, nan, 0.75, 0.7], [0.25, 0.5, nan, 0.3]),
    "ties and zeros": ([5.0, 4.0, 3.0, 6.0, 2.0, 8.0, 1.0], [4.0, 4.0, 5.0, 4.0, 3.0, 5.0, 1.0]),
    "small integers": ([9.0, 8.0, 7.0, 9.0, 6.0, 9.0, 8.0, 5.0, 9.0, 9.0, 7.0], [7.0, 8.0, 8.0, 5.0, 7.0, 6.0, 5.0, 6.0, 4.0, 7.0, 6.0]),
    "twenty": (rng.normal(0.3, 1, 20).tolist(), rng.normal(0, 1, 20).tolist()),
    "fifty": (rng.normal(0.5, 1, 50).tolist(), rng.normal(0, 1, 50).tolist()),
    "sixty with ties": (rng.integers(0, 9, 60).astype(float).tolist(), rng.integers(0, 7, 60).astype(float).tolist()),
    "far apart": (rng.normal(50, 1, 12).tolist(), rng.normal(0, 1, 12).tolist()),
}
PROBABILITIES = {
    "five": [0.01, 0.04, 0.03, 0.005, 0.5],
    "ties": [0.02, 0.02, 0.02],
    "beyond one": [0.6, 0.9, 0.4],
    "one": [0.04],
    "none": [],
}


def number(value):
    """JSON has neither NaN nor infinity."""
    value = float(value)
    return None if np.isnan(value) else ("inf" if value > 0 else "-inf") if np.isinf(value) else value


def interval(low, high):
    return None if np.isnan(low) else [number(low), number(high)]


def sample(values):
    x = np.array([value for value in values if not np.isnan(value)])
    several = len(x) > 1
    t = stats.t.interval(0.95, len(x) - 1, loc=x.mean(), scale=stats.sem(x)) if several and x.std() > 0 else (x.mean(), x.mean())
    all_means = (
        np.array([np.mean(some) for some in itertools.product(x, repeat=len(x))]) if several and len(x) <= 6 else None
    )
    return {
        "values": [number(value) for value in values],
        "count": len(x),
        "mean": number(x.mean()),
        "median": number(np.median(x)),
        "min": number(x.min()),
        "max": number(x.max()),
        "quantile_0.1": number(np.quantile(x, 0.1)),
        "sd": number(stats.tstd(x)) if several else None,
        "sem": number(stats.sem(x)) if several else None,
        "t_interval": interval(*t) if several else None,
        "bootstrap": None if all_means is None else interval(*np.quantile(all_means, [0.025, 0.975])),
    }


def pair(a, b):
    d = np.array(a) - np.array(b)
    d = d[~np.isnan(d)]
    several = len(d) > 1
    t = stats.ttest_1samp(d, 0.0) if several else None
    ranks = stats.wilcoxon(d, correction=False) if np.any(d != 0) else None
    nonzero = d[d != 0]
    r = stats.rankdata(abs(nonzero))
    plus, minus = r[nonzero > 0].sum(), r[nonzero < 0].sum()
    known = t is not None and not np.isnan(t.statistic)
    return {
        "a": [number(value) for value in a],
        "b": [number(value) for value in b],
        "mean": number(d.mean()),
        "interval": interval(*t.confidence_interval(0.95)) if known and np.isfinite(t.statistic) else None,
        "t": [number(t.statistic), number(t.pvalue)] if known else None,
        "wilcoxon": None if ranks is None else [number(ranks.statistic), number(ranks.pvalue)],
        "cohens_d": number(d.mean() / d.std(ddof=1)) if several and d.std() > 0 else None,
        "rank_biserial": number((plus - minus) / (plus + minus)) if len(nonzero) else None,
    }


golden = {
    "made_by": f"SciPy {scipy.__version__}, NumPy {np.__version__}",
    "samples": {name: sample(values) for name, values in SAMPLES.items()},
    "pairs": {name: pair(a, b) for name, (a, b) in PAIRS.items()},
    "holm": {
        name: {"p": p, "corrected": multipletests(p, method="holm")[1].tolist() if p else []}
        for name, p in PROBABILITIES.items()
    },
}
path = pathlib.Path(__file__).parent.parent / "crates/lth-stats/tests/golden.json"
path.write_text(json.dumps(golden, indent=1) + "\n")
print(f"{path}: {sum(len(golden[key]) for key in ('samples', 'pairs', 'holm'))} cases")
