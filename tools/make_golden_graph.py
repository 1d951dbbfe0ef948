#!/usr/bin/env python3
"""Golden files for networks of convolutions, batch norms, pools and sums: what PyTorch computes.

    pip install torch numpy safetensors
    python tools/make_golden_graph.py crates/lth-cpu/tests/golden/graph

Written anew from nothing but this script (no random generator, no data set):

    layers.safetensors     every kind of layer in its variants, between a 1x1 convolution and a linear layer
    models.safetensors     small forms of lenet-5, conv-4, vgg and resnet, dense and masked; a few steps of each optimiser
    resnet-20.safetensors  ResNet-20 as it is (16, 32, 64 channels, 3 blocks), 20 steps of SGD

A case is a network, its batches and its runs. The loop takes batches 0, 1, ... and begins anew. Weights are multiplied by
their masks before training and after every step, gradients before every step (and before they are clipped).

Where the numbers come from
    Value `index` (flat, row-major) of stream `stream` in a case with this `salt`, all 32-bit, wrapping:

        h = index + (stream + 1000 * salt) * 0x9E3779B9
        h ^= h >> 16;  h *= 0x85EBCA6B;  h ^= h >> 13;  h *= 0xC2B2AE35;  h ^= h >> 16

    and u = (h >> 8) / 2^24, in [0, 1) and exact in a 32-bit float.

    tensor t         stream t, t = 0.. in the order of `tensors`: offset + (u - 0.5) * scale, each operation rounded to 32
                     bits; weights have the deviation sqrt(2 / (density fan_in)), norms are near (1, 0), running ones too
    mask of t        stream 500 + t: kept if h mod 1000 < `keep`; 1x1 convolutions have none
    inputs of b      stream 900 + b: (u - 0.5) * 2, but exact 0 if h mod 256 < 32
    labels of b      stream 950 + b: h mod classes

What is in a file (F32; computed by PyTorch in 64 bits, rounded at the end), each name after `CASE.`
    logits, logits_eval      of batch 0 in training (by the batch's statistics) and in evaluation [n, classes]
    loss [1]                 mean cross-entropy of batch 0 in training, no smoothing
    gradient.P               its gradient, of ALL weights: a pruned one as if it were a live weight of value 0
    gradient_frozen.P        the same with batch norms in evaluation mode; cases with batch norm only
    RUN.losses [steps]       mean loss of each step before its update
    RUN.after.P              parameter or running statistic P after the last step
    RUN.logits_eval          of batch 0, in evaluation, after the last step

    Tensors of more than 1,000 values are stored as two: NAME.sample, every 97th value of the flat tensor from the first
    on, and NAME.statistics, [sum, sum of magnitudes, Euclidean norm], summed in 64 bits.

Metadata: one entry `description`, JSON: torch's version and `cases`: of each the nodes, tensors, batches and runs, and
`difference`: for each group of results (logits, gradient, RUN.after, ...; in resnet-20 each tensor) the largest |f32 - f64| over all values (also of
those not stored) of three computations in f32: with oneDNN's kernels, with PyTorch's own, and with the examples of a batch
in reversed order. What 32-bit arithmetic cannot know is thus measured, and a tolerance should be taken from it.

When rounding moves a ReLU's input across 0 the training after it differs, however right both sides are; the salts are such
that this does not happen in the small cases, and the script checks it. It cannot be avoided in the 60 million ReLUs of 20
steps of ResNet-20: `difference` says how far it carries, and the rate is small (0.003), since at 0.02 it has reached 0.02 of
the loss and 0.1 of the running statistics after 20 steps. The first three of them are a run of their own.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from make_golden_nets import layer_cases, model_cases, resnet20_case

SAMPLE_ABOVE = 1000
SAMPLE_STRIDE = 97


def hashes(stream, salt, count):
    """The first values of a stream; see the formula above."""
    h = np.arange(count, dtype=np.uint32) + np.uint32((stream + 1000 * salt) * 0x9E3779B9 % 2**32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def unit(h):
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(2**24)


def tensors_of(nodes, density):
    """Every tensor of a network: name, shape, offset, scale, how many of 1000 weights are kept."""
    tensors = []

    def add(name, shape, offset, scale, keep=1000):
        tensors.append(dict(name=name, shape=shape, offset=offset, scale=float(np.float32(scale)), keep=keep))

    for node in nodes:
        if node["op"] in ("conv2d", "linear"):
            inputs, outputs = node["channels"]
            shape = [outputs, inputs, *node.get("kernel", [])]
            # A unit that keeps one weight before a batch norm has no gradient but noise.
            kept = 1.0 if shape[2:] == [1, 1] else density
            scale = math.sqrt(24 / (kept * math.prod(shape[1:])))
            add(f"{node['name']}.weight", shape, 0.0, scale, round(1000 * kept))
            if node["bias"]:
                add(f"{node['name']}.bias", [outputs], 0.0, 0.125)
        elif node["op"] == "batch_norm":
            channels = [node["channels"]]
            for kind, offset, scale in [("weight", 1, 0.5), ("bias", 0, 0.5), ("running_mean", 0, 0.5), ("running_var", 1, 0.5)]:
                add(f"{node['name']}.{kind}", channels, float(offset), scale)
    return tensors


class Case:
    """A network's values, masks and batches, as 32-bit numbers."""

    def __init__(self, description):
        self.__dict__.update(description)
        self.tensors = tensors_of(self.nodes, self.density)
        self.values, self.masks = {}, {}
        for number, tensor in enumerate(self.tensors):
            shape, count = tensor["shape"], math.prod(tensor["shape"])
            values = (unit(hashes(number, self.salt, count)) - np.float32(0.5)) * np.float32(tensor["scale"])
            values = (np.float32(tensor["offset"]) + values).reshape(shape)
            if tensor["keep"] < 1000:
                mask = (hashes(500 + number, self.salt, count) % 1000 < tensor["keep"]).reshape(shape)
                self.masks[tensor["name"]] = mask
                values = np.where(mask, values, np.float32(0.0))
            self.values[tensor["name"]] = values
        classes = self.nodes[-1]["channels"][1]
        self.data = []
        for b, examples in enumerate(self.batches):
            h = hashes(900 + b, self.salt, examples * math.prod(self.input))
            inputs = np.where(h % 256 < 32, np.float32(0.0), (unit(h) - np.float32(0.5)) * np.float32(2.0))
            labels = (hashes(950 + b, self.salt, examples) % classes).astype(np.int64)
            self.data.append((inputs.reshape(examples, *self.input), labels))

    def description(self, difference):
        keys = ("name", "input", "nodes", "batches", "salt", "tensors", "runs")
        return dict({key: getattr(self, key) for key in keys}, difference=difference)


def forward(nodes, values, x, training):
    outputs = [x]
    for node in nodes:
        x = outputs[node["inputs"][0]]
        get = lambda suffix: values.get(f"{node['name']}.{suffix}")
        window = {key: node[key] for key in ("stride", "padding") if key in node}
        match node["op"]:
            case "conv2d":
                y = F.conv2d(x, get("weight"), get("bias"), **window)
            case "linear":
                y = F.linear(x, get("weight"), get("bias"))
            case "batch_norm":
                y = F.batch_norm(x, get("running_mean"), get("running_var"), get("weight"), get("bias"),
                                 training=training, momentum=0.1, eps=1e-5)
            case "relu":
                y = F.relu(x)
            case "max_pool":
                y = F.max_pool2d(x, node["kernel"], **window)
            case "average_pool":
                y = F.avg_pool2d(x, node["kernel"], **window)
            case "global_average_pool":
                y = F.adaptive_avg_pool2d(x, 1).flatten(1)
            case "flatten":
                y = x.flatten(1)
            case "add":
                y = x + outputs[node["inputs"][1]]
        outputs.append(y)
    return outputs[-1]


def is_running(name):
    return "running_" in name


def load(case, dtype):
    """Fresh values as torch tensors, those that are trained as leaves."""
    values = {name: torch.from_numpy(value.copy()).to(dtype) for name, value in case.values.items()}
    for name, value in values.items():
        value.requires_grad_(not is_running(name))
    return values


def compute(case, dtype, reverse=False, onednn=True):
    """Every result for one way of computing, as 64-bit arrays by name."""
    turn = slice(None, None, -1) if reverse else slice(None)
    data = [(torch.from_numpy(x[turn].copy()).to(dtype), torch.from_numpy(y[turn].copy())) for x, y in case.data]
    masks = {name: torch.from_numpy(mask).to(dtype) for name, mask in case.masks.items()}
    results = {}

    def logits(values, training):
        with torch.no_grad():
            copies = {name: value.clone() for name, value in values.items()}
            return forward(case.nodes, copies, data[0][0], training).numpy()[turn]

    with torch.backends.mkldnn.flags(enabled=onednn):
        values = load(case, dtype)
        results["logits"] = logits(values, True)
        results["logits_eval"] = logits(values, False)
        for group, training in [("gradient", True), ("gradient_frozen", False)]:
            if not training and not any(is_running(name) for name in values):
                continue
            values = load(case, dtype)
            loss = F.cross_entropy(forward(case.nodes, values, data[0][0], training), data[0][1])
            loss.backward()
            if training:
                results["loss"] = loss.detach().reshape(1)
            for name, value in values.items():
                if not is_running(name):
                    results[f"{group}.{name}"] = value.grad
        for run in case.runs:
            values = load(case, dtype)
            trained = [value for name, value in values.items() if not is_running(name)]
            optimizer = getattr(torch.optim, run["optimizer"])(trained, foreach=False, **run["settings"])
            losses = []
            for step in range(run["steps"]):
                x, y = data[step % len(data)]
                optimizer.zero_grad()
                y_hat = forward(case.nodes, values, x, not run["frozen"])
                loss = F.cross_entropy(y_hat, y, label_smoothing=run["smoothing"])
                losses.append(loss.detach())
                loss.backward()
                for name, mask in masks.items():
                    values[name].grad.mul_(mask)
                if run["clip"]:
                    torch.nn.utils.clip_grad_norm_(trained, run["clip"])
                optimizer.step()
                with torch.no_grad():
                    for name, mask in masks.items():
                        values[name].mul_(mask)
            results[f"{run['name']}.losses"] = torch.stack(losses)
            results[f"{run['name']}.logits_eval"] = logits(values, False)
            for name, value in values.items():
                results[f"{run['name']}.after.{name}"] = value.detach()
    return {name: np.asarray(value).astype(np.float64) for name, value in results.items()}


def group(case, name):
    """Whose rounding is reported together: all gradients, the weights after a run, ..."""
    if case.by_tensor:
        return name
    parts = name.split(".")
    if parts[0] not in [run["name"] for run in case.runs]:
        return parts[0]
    kind = "running" if is_running(name) else parts[1]
    return f"{parts[0]}.{kind}"


def put(tensors, name, values):
    """Stores a tensor whole or as sample and statistics."""
    if values.size > SAMPLE_ABOVE:
        flat = values.reshape(-1)
        tensors[name + ".sample"] = flat[::SAMPLE_STRIDE].astype(np.float32)
        statistics = [flat.sum(), np.abs(flat).sum(), np.sqrt((flat**2).sum())]
        tensors[name + ".statistics"] = np.array(statistics, dtype=np.float32)
    else:
        tensors[name] = np.ascontiguousarray(values.astype(np.float32))


def write(path, cases, allowed):
    tensors, descriptions = {}, []
    for case in map(Case, cases):
        exact = compute(case, torch.float64)
        ways = [dict(), dict(onednn=False), dict(reverse=True)]
        rounded = [compute(case, torch.float32, **way) for way in ways]
        difference = {}
        for name, value in exact.items():
            put(tensors, f"{case.name}.{name}", value)
            gap = max(np.abs(other[name] - value).max() for other in rounded)
            key = group(case, name)
            difference[key] = max(difference.get(key, 0.0), float(f"{gap:.2g}"))
        print(case.name, difference)
        if max(difference.values()) > allowed:
            raise SystemExit(f"{case.name}: salt {case.salt} is unlucky, take another")
        descriptions.append(case.description(difference))
    description = dict(torch=torch.__version__.split("+")[0], cases=descriptions)
    # One entry only: safetensors writes several in random order.
    save_file(tensors, path, metadata={"description": json.dumps(description, sort_keys=True)})
    print(f"{path}: {path.stat().st_size:,} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files go, e.g. crates/lth-cpu/tests/golden/graph")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    write(folder / "layers.safetensors", layer_cases(), allowed=2e-5)
    write(folder / "models.safetensors", model_cases(), allowed=2e-5)
    write(folder / "resnet-20.safetensors", [resnet20_case()], allowed=1e-1)


if __name__ == "__main__":
    main()
