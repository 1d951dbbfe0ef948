#!/usr/bin/env python3
"""Counts which pixels the first layers of lenet-300-100's tickets read.

    pip install torch numpy safetensors
    python tools/pixels_of_ticket.py FOLDER TICKET...

FOLDER holds `train-images-idx3-ubyte`, plain or .gz, of MNIST or Fashion-MNIST. Prints, for all pixels and for each ticket's
weights of fc1, the part at pixels that are zero in every image, and at pixels that are zero in 99 % of the images.
"""

import argparse
from pathlib import Path

from ticket_in_pytorch import load, read_idx


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with train-images-idx3-ubyte (or .gz)")
    parser.add_argument("tickets", type=Path, nargs="+", metavar="TICKET")
    arguments = parser.parse_args()

    lit = (read_idx(arguments.folder, "train-images-idx3-ubyte") > 0).mean(0).ravel()
    never, seldom = lit == 0, lit <= 0.01
    print(f"all pixels: {100 * never.mean():.1f} % always zero, {100 * seldom.mean():.1f} % in 99 % of the images")
    for path in arguments.tickets:
        read = load(path)[1]["fc1.weight"].numpy().sum(0)
        part = [100 * read[pixels].sum() / read.sum() for pixels in (never, seldom)]
        print(f"{path}: {read.sum()} weights, {part[0]:.1f} % at pixels that are always zero, {part[1]:.1f} % in 99 % of the images")


if __name__ == "__main__":
    main()
