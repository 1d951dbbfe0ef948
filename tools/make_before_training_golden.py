#!/usr/bin/env python3
"""Golden file for pruning before training: what PyTorch scores the weights of three small networks by.

    pip install torch numpy safetensors
    python tools/make_before_training_golden.py crates/lth-ticket/tests/golden

Writes before-training.safetensors, from nothing but this script (no data set). Three cases, each with a mask that keeps
about 0.7 and without (`CASE-masked`, `CASE`):

    mlp       12-10-8-4: fc1, ReLU, fc2, ReLU, fc3
    conv      2x6x6: conv1 (3x3, 4), ReLU, 2x2 maximum, conv2 (3x3, 5), ReLU, flatten, fc1 (6), ReLU, fc2 (4)
    residual  3x6x6: conv1, bn1, ReLU, conv2, bn2, + the first ReLU, ReLU, mean, fc

What is in a file (F32; computed in 64 bits, rounded at the end), each name after `CASE.`
    initial.P     parameter or running statistic P, not masked
    mask.P        1 kept, 0 pruned; masked cases only
    bytes         stored examples [example, feature], 0 to 255; the network sees byte / 255
    labels        one class an example
    snip.P        |w g|
    grasp.P       w (H g): double backward pass through softmax(logits / 200), g with respect to weights alone
    synflow.P     |w dR/dw|, R the sum of the outputs of the magnitudes for ones, batch normalisation in evaluation

Loss is the mean cross-entropy of all examples, batch normalisation by the batch but for SynFlow. Scores of pruned weights
are 0.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

EXAMPLES, CLASSES, TEMPERATURE = 24, 4, 200.0
SHAPES = {"mlp": (12,), "conv": (2, 6, 6), "residual": (3, 6, 6)}


def parameters(kind, generator):
    """Parameters and running statistics by name, rounded to 32 bits."""
    sizes = {
        "mlp": {"fc1": (10, 12), "fc2": (8, 10), "fc3": (4, 8)},
        "conv": {"conv1": (4, 2, 3, 3), "conv2": (5, 4, 3, 3), "fc1": (6, 45), "fc2": (4, 6)},
        "residual": {"conv1": (4, 3, 3, 3), "bn1": 4, "conv2": (4, 4, 3, 3), "bn2": 4, "fc": (4, 4)},
    }[kind]
    values = {}
    for name, shape in sizes.items():
        if isinstance(shape, int):
            values[f"{name}.weight"] = 1 + 0.3 * torch.randn(shape, generator=generator)
            values[f"{name}.bias"] = 0.3 * torch.randn(shape, generator=generator)
            values[f"{name}.running_mean"] = torch.zeros(shape)
            values[f"{name}.running_var"] = torch.ones(shape)
            continue
        fan = torch.Size(shape[1:]).numel()
        values[f"{name}.weight"] = torch.randn(shape, generator=generator) * (2 / fan) ** 0.5
        if not (kind == "residual" and name.startswith("conv")):
            values[f"{name}.bias"] = 0.2 * torch.randn(shape[0], generator=generator)
    return {name: value.float() for name, value in values.items()}


def outputs(kind, p, x, training):
    def norm(name, x):
        running = [p[f"{name}.running_{s}"].clone() for s in ("mean", "var")]
        return F.batch_norm(x, *running, p[f"{name}.weight"], p[f"{name}.bias"], training, 0.1, 1e-5)

    def linear(name, x):
        return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])

    def conv(name, x, padding):
        return F.conv2d(x, p[f"{name}.weight"], p.get(f"{name}.bias"), padding=padding)

    if kind == "mlp":
        return linear("fc3", F.relu(linear("fc2", F.relu(linear("fc1", x)))))
    if kind == "conv":
        x = F.max_pool2d(F.relu(conv("conv1", x, 1)), 2)
        x = F.relu(conv("conv2", x, 1)).flatten(1)
        return linear("fc2", F.relu(linear("fc1", x)))
    first = F.relu(norm("bn1", conv("conv1", x, 1)))
    return linear("fc", F.relu(norm("bn2", conv("conv2", first, 1)) + first).mean((2, 3)))


def case(kind, masked, seed):
    generator = torch.Generator().manual_seed(seed)
    initial = parameters(kind, generator)
    data = torch.randint(0, 256, (EXAMPLES, torch.Size(SHAPES[kind]).numel()), generator=generator)
    labels = torch.randint(0, CLASSES, (EXAMPLES,), generator=generator)
    weights = [name for name, value in initial.items() if value.dim() > 1]
    masks = {name: (torch.rand(initial[name].shape, generator=generator) < 0.7).double() for name in weights}
    live = {name: value.double() * (masks[name] if masked and name in masks else 1) for name, value in initial.items()}
    # The 32-bit numbers that the program computes from bytes.
    x = (data.float() / 255).double().view(EXAMPLES, *SHAPES[kind])
    found = {f"initial.{name}": value for name, value in initial.items()}
    found |= {"bytes": data.float(), "labels": labels.float()}
    if masked:
        found |= {f"mask.{name}": mask for name, mask in masks.items()}

    p = {name: value.clone().requires_grad_(name in weights) for name, value in live.items()}
    chosen = [p[name] for name in weights]
    loss = F.cross_entropy(outputs(kind, p, x, True), labels)
    for name, gradient in zip(weights, torch.autograd.grad(loss, chosen)):
        found[f"snip.{name}"] = (live[name] * gradient).abs()

    loss = F.cross_entropy(outputs(kind, p, x, True) / TEMPERATURE, labels)
    gradients = torch.autograd.grad(loss, chosen, create_graph=True)
    # Pruned weights are no parameters: they have no part in g.
    steps = [g.detach() * (masks[name] if masked else 1) for name, g in zip(weights, gradients)]
    product = sum((g * step).sum() for g, step in zip(gradients, steps))
    for name, change in zip(weights, torch.autograd.grad(product, chosen)):
        found[f"grasp.{name}"] = live[name] * change

    p = {name: value.abs().requires_grad_(name in weights) for name, value in live.items()}
    flow = outputs(kind, p, torch.ones(1, *SHAPES[kind], dtype=torch.float64), False).sum()
    for name, gradient in zip(weights, torch.autograd.grad(flow, [p[name] for name in weights])):
        found[f"synflow.{name}"] = (live[name] * gradient).abs()
    prefix = f"{kind}-masked" if masked else kind
    return {f"{prefix}.{name}": value.detach().float().contiguous() for name, value in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    tensors = {}
    for seed, kind in enumerate(SHAPES):
        for masked in (False, True):
            tensors |= case(kind, masked, seed)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "before-training.safetensors", {"torch": torch.__version__})


if __name__ == "__main__":
    main()
