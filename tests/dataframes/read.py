"""Opens results.csv and results.parquet of the working folder by pandas and by polars, and checks that all four are the same."""

import pandas
import polars
import polars.testing

RUNS, REPLICATES, ROUNDS = 2, 2, 3
# The tickets of each round, and the control of each but the dense one.
TRAININGS = RUNS * REPLICATES * (ROUNDS + ROUNDS - 1)
COLUMNS = ["run", "model", "dataset", "pruning.criterion", "replicate", "seed", "variant", "round", "density", "metric", "value"]
KEY = ["run", "replicate", "variant", "round", "metric"]

by_pandas = {"csv": pandas.read_csv("results.csv"), "parquet": pandas.read_parquet("results.parquet")}
by_polars = {"csv": polars.read_csv("results.csv"), "parquet": polars.read_parquet("results.parquet")}

for kind, frame in by_pandas.items():
    name = f"pandas, {kind}"
    assert list(frame.columns) == COLUMNS, (name, list(frame.columns))
    for column in ["replicate", "round"]:
        assert pandas.api.types.is_integer_dtype(frame[column]), (name, column, frame[column].dtype)
    for column in ["density", "value"]:
        assert pandas.api.types.is_float_dtype(frame[column]), (name, column, frame[column].dtype)
    accuracy = frame[frame["metric"] == "test_accuracy"]
    assert len(accuracy) == TRAININGS, (name, len(accuracy))
    assert not accuracy.duplicated(KEY).any(), name
    assert accuracy["value"].between(0, 1).all() and frame["density"].between(0, 1).all(), name
    pivot = accuracy.pivot_table(index=["pruning.criterion", "variant"], columns="round", values="value", aggfunc="mean")
    assert set(pivot.index.get_level_values(0)) == {"large-final", "random"}, (name, pivot)

for kind, frame in by_polars.items():
    name = f"polars, {kind}"
    assert frame.columns == COLUMNS, (name, frame.columns)
    assert all(frame.schema[column].is_integer() for column in ["replicate", "round"]), (name, frame.schema)
    assert all(frame.schema[column].is_float() for column in ["density", "value"]), (name, frame.schema)
    means = frame.filter(polars.col("metric") == "test_accuracy").group_by("pruning.criterion", "variant", "round").agg(polars.col("value").mean())
    assert len(means) == RUNS * (ROUNDS + ROUNDS - 1), (name, means)

# The text of a number in CSV is the number.
pandas.testing.assert_frame_equal(by_pandas["csv"], by_pandas["parquet"], check_dtype=False, check_exact=True)
polars.testing.assert_frame_equal(by_polars["csv"], by_polars["parquet"], check_dtypes=False, check_exact=True)
assert [tuple(row) for row in by_pandas["parquet"][KEY + ["value"]].itertuples(index=False)] == by_polars["parquet"].select(KEY + ["value"]).rows()
print(f"   {len(by_pandas['csv'])} rows are the same in CSV and Parquet, by pandas {pandas.__version__} and polars {polars.__version__}")
