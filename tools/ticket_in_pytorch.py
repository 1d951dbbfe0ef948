#!/usr/bin/env python3
"""Loads a ticket or trained weights of lenet-300-100 into PyTorch's obvious module and prints its test accuracy.

    pip install torch numpy safetensors
    python tools/ticket_in_pytorch.py FILE.safetensors MNIST_FOLDER

FILE is any safetensors file with `fc1.weight` [300, 784], `fc1.bias`, ... `fc3.bias`, as `lth` writes; masks
(`fc1.weight.mask`) may be there. The rest is loaded with `load_state_dict(strict=True)`: no renaming, no transposing.
With masks, every pruned weight is checked to be exactly zero.

MNIST_FOLDER holds `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, plain or .gz. Pixels are divided by 255, then
`(pixel - mean) / deviation` if --mean and --deviation are given.

Prints one line, `correct 9812 of 10000, accuracy 98.12 %, loss 0.0687`; exit code 1 and a message when a file does not
fit.
"""

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

MASK = ".mask"


class LeNet(torch.nn.Module):
    """784-300-100-10, ReLU."""

    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(784, 300)
        self.fc2 = torch.nn.Linear(300, 100)
        self.fc3 = torch.nn.Linear(100, 10)

    def forward(self, x):
        x = torch.relu(self.fc1(x.flatten(1)))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def read_idx(folder, name):
    """An IDX file of bytes, plain or .gz: an array of its dimensions."""
    for path, opener in [(folder / name, open), (folder / f"{name}.gz", gzip.open)]:
        if path.is_file():
            with opener(path, "rb") as file:
                data = file.read()
            break
    else:
        sys.exit(f"neither {folder / name} nor {name}.gz is there")
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        sys.exit(f"{path} is not an IDX file of bytes")
    dimensions = data[3]
    shape = np.frombuffer(data, ">u4", dimensions, offset=4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions)
    if values.size != int(np.prod(shape)):
        sys.exit(f"{path} has {values.size} values, its header says {'x'.join(map(str, shape))}")
    return values.reshape(shape)


def load(path):
    """The module with the file's weights, and its masks by the name of the weight."""
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        sys.exit(f"cannot read {path}: {error}")
    masks = {name.removesuffix(MASK): tensors.pop(name) for name in list(tensors) if name.endswith(MASK)}
    module = LeNet()
    try:
        module.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        sys.exit(f"{path} does not fit lenet-300-100: {error}")
    return module, masks


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="a ticket or weights, safetensors")
    parser.add_argument("mnist", type=Path, help="folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (or .gz)")
    parser.add_argument("--mean", type=float, default=0.0, help="subtracted from pixels in [0, 1] (default 0)")
    parser.add_argument("--deviation", type=float, default=1.0, help="divides pixels (default 1)")
    arguments = parser.parse_args()

    module, masks = load(arguments.file)
    for name, mask in masks.items():
        weight = module.state_dict().get(name)
        if weight is None or weight.shape != mask.shape:
            sys.exit(f"the mask {name}{MASK} covers no weight of its shape")
        revived = int(((mask == 0) & (weight != 0)).sum())
        if revived:
            sys.exit(f"{revived} pruned weights of {name} are not zero")
        print(f"{name}: {int(mask.sum())} of {mask.numel()} weights kept", file=sys.stderr)

    images = torch.from_numpy(read_idx(arguments.mnist, "t10k-images-idx3-ubyte").astype(np.float32) / np.float32(255))
    labels = torch.from_numpy(read_idx(arguments.mnist, "t10k-labels-idx1-ubyte").astype(np.int64))
    with torch.no_grad():
        logits = module((images - arguments.mean) / arguments.deviation)
        loss = torch.nn.functional.cross_entropy(logits, labels).item()
    correct = int((logits.argmax(1) == labels).sum())
    print(f"correct {correct} of {len(labels)}, accuracy {100 * correct / len(labels):.2f} %, loss {loss:.4f}")


if __name__ == "__main__":
    main()
