#!/usr/bin/env python3
"""Makes a run folder that `lth plot` can draw of a committed summary.csv.

    tools/run_of_summary.py SUMMARY.csv FOLDER MODEL DATASET [LENGTH]

Everything that figures against density need is in the summary; there are no tickets, and of training curves the points at early stop and at
the end. LENGTH is that of a training where it is not the model's usual one: 2000it.
"""

import csv
import json
import sys
from pathlib import Path


def outcome(row, moment):
    names = ["iteration", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy"]
    values = {name: row[f"{moment}_{name}"] for name in names}
    return {name: int(value) if name == "iteration" else float(value) for name, value in values.items() if value}


def main(summary, folder, model, dataset, length=None):
    with open(summary, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    dense = {name: int(value) for name, value in rows[0].items() if name.startswith("live_")}
    controls = sorted({row["variant"] for row in rows} - {"ticket"})
    settings = [
        f'model = "{model}"',
        f'dataset = "{dataset}"',
        f"rounds = {1 + max(int(row['round']) for row in rows)}",
        f"replicates = {1 + max(int(row['replicate']) for row in rows)}",
        f"controls = {json.dumps(controls)}",
    ]
    if length:
        settings += ["[recipe]", f'length = "{length}"']
    root = Path(folder)
    root.mkdir(parents=True)
    (root / "experiment.toml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    # No network is known, so that nothing is looked for in tickets.
    (root / "replicate-0/round-00").mkdir(parents=True)
    (root / "replicate-0/round-00/ticket.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    for row in rows:
        place = root / f"replicate-{row['replicate']}" / f"round-{int(row['round']):02}"
        if row["variant"] != "ticket":
            place = place / "controls" / row["variant"]
        place.mkdir(parents=True, exist_ok=True)
        record = {
            "replicate": int(row["replicate"]),
            "seed": int(row["seed"]),
            "variant": row["variant"],
            "round": int(row["round"]),
            "density": float(row["density"]),
            "layers": [
                {"name": name.removeprefix("live_"), "live": int(row[name]), "total": total}
                for name, total in dense.items()
            ],
            "start": 0,
            "early_stop": outcome(row, "early_stop"),
            "end": outcome(row, "end"),
            "train_loss": float(row["end_train_loss"]),
            "train_accuracy": float(row["end_train_accuracy"]),
            "keep": "tickets",
            "inputs": "",
            "next_ticket": None,
        }
        metrics = ["step,split,metric,value"]
        for moment in ("early_stop", "end"):
            for split in ("validation", "test"):
                for metric in ("loss", "accuracy"):
                    value = row[f"{moment}_{split}_{metric}"]
                    line = f"{row[f'{moment}_iteration']},{split},{metric},{value}"
                    if value and line not in metrics:
                        metrics.append(line)
        (place / "metrics.csv").write_text("\n".join(metrics) + "\n", encoding="utf-8")
        (place / "round.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    main(*sys.argv[1:])
