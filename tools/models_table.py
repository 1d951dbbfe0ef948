#!/usr/bin/env python3
"""Prints README's table over models and data sets, from the summaries in docs/results.

    tools/models_table.py
"""

import csv
import statistics
from pathlib import Path

RESULTS = Path(__file__).parent.parent / "docs/results"
# Summary, model, data and length of a training.
RUNS = [
    ("lenet-300-100-mnist", "LeNet-300-100", "MNIST", "50,000 iterations"),
    ("lenet-300-100-fashion-mnist", "LeNet-300-100", "Fashion-MNIST", "50,000 iterations"),
    ("lenet-5-fashion-mnist", "LeNet-5", "Fashion-MNIST", "10 epochs"),
    ("conv-2-re-encoded-cifar-10", "Conv-2", "re-encoded CIFAR-10", "2,000 iterations"),
    ("conv-4-re-encoded-cifar-10", "Conv-4", "re-encoded CIFAR-10", "1,500 iterations"),
    ("conv-6-re-encoded-cifar-10", "Conv-6", "re-encoded CIFAR-10", "1,200 iterations"),
    ("resnet-20-re-encoded-cifar-10", "ResNet-20", "re-encoded CIFAR-10", "2,000 iterations"),
]
# Densities in percent at which tickets and controls are shown: the nearest round.
SHOWN = (51, 21, 9)


class Run:
    """The means over seeds of a summary's rounds."""

    def __init__(self, name):
        with open(RESULTS / f"{name}.csv", newline="", encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        self.seeds = len({row["seed"] for row in self.rows})
        self.weights = sum(int(value) for name, value in self.rows[0].items() if name.startswith("live_"))
        tickets = [row for row in self.rows if row["variant"] == "ticket"]
        rounds = sorted({int(row["round"]) for row in tickets})
        self.density = {number: self.mean(tickets, number, "density") for number in rounds}

    @staticmethod
    def mean(rows, number, column):
        values = [float(row[column]) for row in rows if int(row["round"]) == number and row[column]]
        return 100 * statistics.mean(values) if values else None

    def accuracy(self, number, ticket=True):
        rows = [row for row in self.rows if (row["variant"] == "ticket") == ticket]
        return self.mean(rows, number, "early_stop_test_accuracy")

    def near(self, percent):
        """The round nearest to a density, if one is within a quarter of it."""
        number = min(self.density, key=lambda number: abs(self.density[number] / percent - 1))
        return number if abs(self.density[number] / percent - 1) < 0.25 else None


def cells(run):
    yield f"{run.accuracy(0):.2f}"
    for percent in SHOWN:
        number = run.near(percent)
        if number is None:
            yield ""
            continue
        control = run.accuracy(number, ticket=False)
        yield f"{run.accuracy(number):.2f}" + (f" / {control:.2f}" if control else "")
    best = max(run.density, key=run.accuracy)
    yield f"{run.accuracy(best):.2f} at {run.density[best]:.3g} %"


def main():
    shown = " | ".join(f"{percent} %" for percent in SHOWN)
    print(f"| model | data | weights | trainings of | seeds | dense | {shown} | best |")
    print("|---|---|--:|---|--:|--:|" + "--:|" * (len(SHOWN) + 1))
    for name, model, data, length in RUNS:
        run = Run(name)
        print("|", " | ".join([model, data, f"{run.weights:,}", length, str(run.seeds), *cells(run)]), "|")


main()
