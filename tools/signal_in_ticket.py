#!/usr/bin/env python3
"""Measures what arrives in the layers of a Conv-2 before training, and makes a ticket with the dense network's scale.

    pip install torch numpy safetensors pillow
    python tools/signal_in_ticket.py FOLDER INITIAL TICKET [--rescaled OUT]

FOLDER has a folder of 32 x 32 images for each class (the training part), of which the first 20 are taken; INITIAL is the
`initial.safetensors` of a replicate, TICKET one of its tickets. For the dense network, the ticket, its masks with the dense network's weights in random
order (as good as fresh ones), and its masks at random places of their layers it prints the loss, and for each layer
    kept      weights that are kept, and the part of them that is positive
    rms       root mean square of what the layer gives, after its ReLU
    cosine    mean cosine of what it gives for two examples: 1 where all examples look alike but for a factor
    zero      part of what it gives that is zero for every example
    gradient  Euclidean norm of the loss's derivatives by kept weights

OUT (for `lth train --ticket OUT`) is the ticket with each layer's weights multiplied so that the layer's sums, before the ReLU,
have the root mean square of the dense network's.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

LAYERS = ["conv1", "conv2", "fc1", "fc2", "fc3"]
MASK = ".weight.mask"


def read_images(folder):
    """Normalised images [examples, 3, 32, 32] and their classes."""
    images, classes = [], []
    for number, of_class in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for path in sorted(of_class.iterdir())[:20]:
            images.append(np.asarray(Image.open(path).convert("RGB")))
            classes.append(number)
    if not images:
        sys.exit(f"{folder} has no folders of images")
    images = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
    mean, deviation = images.mean((0, 2, 3), keepdim=True), images.std((0, 2, 3), keepdim=True)
    return (images - mean) / deviation, torch.tensor(classes)


def sums(weights, layer, x):
    """What a layer gives before its ReLU."""
    weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
    return F.conv2d(x, weight, bias, padding=1) if weight.dim() == 4 else F.linear(x, weight, bias)


def after(layer, x):
    """What the next layer reads."""
    x = x if layer == "fc3" else x.relu()
    return F.max_pool2d(x, 2).flatten(1) if layer == "conv2" else x


def report(name, tensors, images, classes):
    weights = {key: value.clone().requires_grad_() for key, value in tensors.items() if not key.endswith(".mask")}
    given, x = {}, images
    for layer in LAYERS:
        given[layer] = x = after(layer, sums(weights, layer, x))
    loss = F.cross_entropy(x, classes)
    loss.backward()
    print(f"{name}: loss {loss.item():.4g}")
    for layer in LAYERS:
        weight = weights[f"{layer}.weight"]
        mask = tensors.get(layer + MASK, torch.ones_like(weight)).bool()
        kept, rows = weight.detach()[mask], F.normalize(given[layer].detach().flatten(1), dim=1)
        cosine = ((rows @ rows.T).sum() - len(rows)) / (len(rows) * (len(rows) - 1))
        rms = given[layer].detach().pow(2).mean().sqrt()
        zero = (given[layer] == 0).all(0).float().mean()
        print(
            f"  {layer:5} kept {mask.sum():9,}  positive {100 * (kept > 0).float().mean():5.1f} %  rms {rms:<8.3g}"
            f"  cosine {cosine:5.3f}  zero {100 * zero:4.1f} %  gradient {weight.grad[mask].norm():.3g}"
        )


def shuffled(tensors):
    """These tensors, those of each layer in random order."""
    random = torch.Generator().manual_seed(0)
    orders = {name: torch.randperm(tensor.numel(), generator=random) for name, tensor in tensors.items()}
    return {name: tensor.flatten()[orders[name]].reshape(tensor.shape) for name, tensor in tensors.items()}


def masked(dense, weights, masks):
    """The dense network with these weights under these masks."""
    return {**dense, **masks, **{name: weight * masks[f"{name}.mask"] for name, weight in weights.items()}}


def rescaled(dense, ticket, images):
    result, x, y = dict(ticket), images, images
    for layer in LAYERS:
        of_dense = sums(dense, layer, x)
        factor = (of_dense.pow(2).mean() / sums(result, layer, y).pow(2).mean()).sqrt()
        result[f"{layer}.weight"] = result[f"{layer}.weight"] * factor
        x, y = after(layer, of_dense), after(layer, sums(result, layer, y))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="training images, a folder a class")
    parser.add_argument("initial", type=Path, help="initial.safetensors of the replicate")
    parser.add_argument("ticket", type=Path, help="a ticket of the replicate")
    parser.add_argument("--rescaled", type=Path, metavar="OUT", help="write the rescaled ticket to this file")
    arguments = parser.parse_args()

    try:
        dense, ticket = load_file(arguments.initial), load_file(arguments.ticket)
        with safe_open(arguments.ticket, "pt") as file:
            metadata = file.metadata()
    except (OSError, SafetensorError) as error:
        sys.exit(f"cannot read a ticket and its initial weights: {error}")
    if any(f"{layer}.weight" not in dense or layer + MASK not in ticket for layer in LAYERS):
        sys.exit(f"{arguments.initial} and {arguments.ticket} are not a Conv-2 and its ticket")
    images, classes = read_images(arguments.folder)
    report("dense", dense, images, classes)
    report("ticket", ticket, images, classes)
    weights = {f"{layer}.weight": dense[f"{layer}.weight"] for layer in LAYERS}
    masks = {layer + MASK: ticket[layer + MASK] for layer in LAYERS}
    report("fresh weights", masked(dense, shuffled(weights), masks), images, classes)
    report("random places", masked(dense, weights, shuffled(masks)), images, classes)
    if arguments.rescaled:
        result = rescaled(dense, ticket, images)
        report("rescaled", result, images, classes)
        save_file(result, arguments.rescaled, metadata)


if __name__ == "__main__":
    main()
