#!/usr/bin/env python3
"""Makes a ticket of which each layer has the mask of another ticket, as it is or at random places.

    pip install numpy safetensors
    python tools/mix_tickets.py OUT INITIAL fc1=TICKET fc2=TICKET fc3=TICKET [--seed N]

INITIAL is the `initial.safetensors` of a replicate, whose weights and biases the kept weights have. A layer's TICKET may be
followed by where in the layer its mask is put:

    fc1=TICKET,places   as many weights at random places of the layer
    fc1=TICKET,units    as many weights of each input at random units: which pixels are read stays, by which unit does not

OUT (for `lth train --ticket OUT`) has the metadata of the last layer's ticket.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

PLACES = {
    "": lambda mask, random: mask,
    "places": lambda mask, random: random.permutation(mask.ravel()).reshape(mask.shape),
    "units": lambda mask, random: random.permuted(mask, axis=0),
}


def read(path):
    """Tensors and metadata of a safetensors file."""
    try:
        with safe_open(path, "numpy") as file:
            return load_file(path), file.metadata()
    except (OSError, SafetensorError) as error:
        sys.exit(f"cannot read {path}: {error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="the ticket to write")
    parser.add_argument("initial", type=Path, help="initial.safetensors of the replicate")
    parser.add_argument("layers", nargs="+", metavar="LAYER=TICKET[,places|,units]")
    parser.add_argument("--seed", type=int, default=0, help="of random places (default 0)")
    arguments = parser.parse_args()

    mixed, _ = read(arguments.initial)
    random = np.random.default_rng(arguments.seed)
    for argument in arguments.layers:
        layer, _, source = argument.partition("=")
        path, _, places = source.partition(",")
        ticket, metadata = read(path)
        weight = f"{layer}.weight"
        if places not in PLACES or weight not in mixed or f"{weight}.mask" not in ticket:
            sys.exit(f"{argument}: no such layer in both files, or neither `places` nor `units` after the comma")
        mask = PLACES[places](ticket[f"{weight}.mask"], random)
        mixed[weight] = mixed[weight] * mask
        mixed[f"{weight}.mask"] = mask
    save_file(mixed, arguments.out, metadata)


if __name__ == "__main__":
    main()
