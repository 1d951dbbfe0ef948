#!/usr/bin/env python3
"""Kills a run with SIGKILL at random moments, continues it, and compares the files with those of an undisturbed run.

    tools/kill_and_continue.py target/release/lth [--trials 50] [--seed 0]

Each trial starts the same small experiment in a fresh folder, kills it at a random moment of its length, and gives the same
command again until it ends by itself (a third of the continuations are killed too). Every file must then have the bits of the
undisturbed run, but for those that hold wall-clock times or tell of machines: timing.json, timing.csv, metrics-lec.csv, provenance.json, event files and figures
made from times. Prints a line a trial and `N of N`; exits with 1 if any differed. Needs nothing but Python.
"""

import argparse
import hashlib
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ARGUMENTS = [
    "find-winning-ticket", "lenet-300-100", "mnist", "-i", "4", "-e", "2", "--control", "random-reinit",
    "--jobs", "2", "--no-figures", "--checkpoint-every", "0.2", "--disable-progress-bar", "--verbosity", "error",
]  # fmt: skip
WALL_CLOCK = ("timing.json", "timing.csv", "metrics-lec.csv", "provenance.json", ".lock")


def contents(folder: pathlib.Path) -> dict[str, str]:
    """SHA-256 of every file that must be exact, by its path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    exact = (path for path in files if path.name not in WALL_CLOCK and "tfevents" not in path.name and ".lth" not in path.parts)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in exact}


def start(lth: str, folder: pathlib.Path) -> subprocess.Popen:
    command = [lth, *ARGUMENTS, "--output-path", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lth", help="the program")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    moments = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        begun = time.monotonic()
        if start(args.lth, root / "whole").wait() != 0:
            print("the undisturbed run failed")
            return 1
        length = time.monotonic() - begun
        expected = contents(root / "whole")
        print(f"undisturbed: {length:.1f} s, {len(expected)} exact files")
        good = 0
        for trial in range(args.trials):
            folder = root / f"trial-{trial}"
            kills = []
            while True:
                process = start(args.lth, folder)
                kill = not kills or moments.random() < 1 / 3
                if not kill:
                    code = process.wait()
                    break
                moment = moments.uniform(0, length)
                try:
                    code = process.wait(timeout=moment)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    kills.append(moment)
            found = contents(folder)
            differing = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
            same = code == 0 and not differing
            good += same
            at = ", ".join(f"{moment:.2f}" for moment in kills) or "never"
            print(f"trial {trial}: killed at {at} s: {'same bits' if same else f'exit {code}, differing: {differing}'}", flush=True)
        print(f"{good} of {args.trials}")
        return 0 if good == args.trials else 1


if __name__ == "__main__":
    sys.exit(main())
