#!/usr/bin/env python3
"""Golden files for the engine: what PyTorch computes for two small networks, dense and masked.

    pip install torch numpy safetensors
    python tools/make_golden.py crates/lth-cpu/tests/golden

Four safetensors files, written anew from nothing but this script (no random generator, no data set):

    mlp-dense    mlp-masked      23-17-13-5, 100 steps, batches of 7, 7, 7 and 4; every value is stored
    lenet-dense  lenet-masked    784-300-100-10, 20 steps, batches of 60, 60, 60 and 40; large tensors are sampled

The networks are `fc1`, ReLU, `fc2`, ReLU, `fc3`, mean cross-entropy. The loop takes batches 0, 1, 2, 3, 0, 1, ... so
that every fourth batch is smaller. In the masked files every layer's mask keeps about 0.3, row 1 (a unit without live
inputs) and column 2 (an input without live outputs) are empty. Weights are multiplied by the mask before training and
after every step, gradients before every step, so that a pruned weight has no momentum.

Where the numbers come from
    All 32-bit, wrapping. Value `index` (flat, row-major) of stream `stream`, in a file with this `salt` (metadata):

        h = index + (stream + 1000 * salt) * 0x9E3779B9
        h ^= h >> 16;  h *= 0x85EBCA6B;  h ^= h >> 13;  h *= 0xC2B2AE35;  h ^= h >> 16

    and u = (h >> 8) / 2^24, in [0, 1) and exact in a 32-bit float.

    parameter p      stream p, p = 0.. in the order fc1.weight, fc1.bias, fc2.weight, ...: (u - 0.5) * scale, with scale
                     0.125, 0.25, 0.5 for the weights of lenet's fc1, fc2, fc3; 1 for those of mlp; 0.0625 for biases
    mask of p        stream 300 + p: kept if h mod 1000 < 300, row 1 and column 2 pruned
    inputs of b      stream 100 + b mod 2: u, but exact 0 if h mod 256 < 96 (as the background of an image). Batches 0
                     and 2, 1 and 3 share inputs under other labels, so that the loss stays high
    labels of b      stream 200 + b: h mod classes

What is in a file (all F32, masks U8; `T` is `f32` or `f64`, the type PyTorch computed in, f64 rounded to F32 at the end)
    batch.B.inputs [n, in], batch.B.labels [n]      mlp only; lenet has the first 16 values, to check a repetition of the
                                                    formula
    initial.P                                       parameter P before training, masked
    initial.P.mask                                  masked files only
    T.activation.L                                  output of fc1 (before ReLU), relu1, fc2, relu2, fc3 (the logits) for
                                                    batch 0 and the initial parameters [n, features]
    T.loss [1]                                      mean cross-entropy of batch 0
    T.gradient.P                                    gradient of that loss, of ALL weights: a pruned one as if it were a
                                                    live weight of value 0 (times the mask: the gradient of live weights)
    T.losses.O [steps]                              mean loss of each step before its update, training with optimiser O
    T.after.O.P                                     parameter P after the last step

    O is one of OPTIMIZERS below. Tensors of lenet with more than 2,000 values (initial ones and their masks too) are
    stored as two: NAME.sample, every 97th value of the flat tensor from the first on, [ceil(n / 97)], and
    NAME.statistics, [sum, sum of magnitudes, Euclidean norm], summed in 64 bits. The statistics of a mask are in
    `initial.P.mask_statistics` and its sample is left out, since the formula repeats it.

Metadata: one entry `description`, JSON: torch's version, widths, batch sizes, the settings of each optimiser, and
`difference`: for each group of tensors the largest |f32 - f64| over all values (also of those not stored), of the f32
results here and of another computation in f32 with all inputs and hidden units in reversed order. The tolerance of a
comparison should be taken from it.

Why a salt: when rounding moves a ReLU's input across 0, or the first gradient that Adam sees, the whole training after
it differs, however right both sides are. The salts are such that this does not happen; the script checks it. In 100
steps of lenet (2 million ReLUs) it happened with each of twenty salts: hence 20.

Same machine and torch version: same bytes. Elsewhere the f32 results differ in rounding.
"""

import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

SAMPLE_ABOVE = 2000
SAMPLE_STRIDE = 97
LARGEST_DIFFERENCE = 2e-5

# (dense, masked)
SALTS = {"mlp": (0, 0), "lenet": (3, 0)}

NETWORKS = {
    "mlp": dict(steps=100, widths=[23, 17, 13, 5], batches=[7, 7, 7, 4], scales=[1.0, 1.0, 1.0]),
    "lenet": dict(steps=20, widths=[784, 300, 100, 10], batches=[60, 60, 60, 40], scales=[0.125, 0.25, 0.5]),
}

OPTIMIZERS = {
    "adam": ("Adam", dict(lr=1.2e-3)),
    "adam-weight-decay": ("Adam", dict(lr=1.2e-3, weight_decay=1e-2)),
    "adamw": ("AdamW", dict(lr=1.2e-3, weight_decay=1e-2)),
    "sgd": ("SGD", dict(lr=0.1)),
    "sgd-momentum": ("SGD", dict(lr=0.03, momentum=0.9)),
    "sgd-nesterov-weight-decay": ("SGD", dict(lr=0.03, momentum=0.9, nesterov=True, weight_decay=1e-3)),
}


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


class Case:
    """A network's parameters, masks and batches, as 32-bit numbers."""

    def __init__(self, steps, widths, batches, scales, masked, salt):
        self.steps = steps
        self.parameters, self.masks = {}, {}
        for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            for number, (kind, shape, scale) in enumerate(
                [("weight", (outputs, inputs), scales[layer]), ("bias", (outputs,), 0.0625)], start=2 * layer
            ):
                name = f"fc{layer + 1}.{kind}"
                values = (unit(hashes(number, salt, int(np.prod(shape)))) - np.float32(0.5)) * np.float32(scale)
                self.parameters[name] = values.reshape(shape)
                if masked and kind == "weight":
                    mask = (hashes(300 + number, salt, outputs * inputs) % 1000 < 300).reshape(shape)
                    mask[1, :] = False
                    mask[:, 2] = False
                    self.masks[name] = mask
                    self.parameters[name] = np.where(mask, self.parameters[name], np.float32(0.0))
        self.batches = []
        for b, examples in enumerate(batches):
            h = hashes(100 + b % 2, salt, examples * widths[0])
            inputs = np.where(h % 256 < 96, np.float32(0.0), unit(h)).reshape(examples, widths[0])
            labels = hashes(200 + b, salt, examples) % widths[-1]
            self.batches.append((inputs, labels.astype(np.int64)))


    def reversed(self):
        """The same net with inputs and hidden units in reversed order: other rounding, same mathematics."""
        other = copy.copy(self)
        other.parameters = {name: flip(name, value) for name, value in self.parameters.items()}
        other.masks = {name: flip(name, mask) for name, mask in self.masks.items()}
        other.batches = [(np.ascontiguousarray(inputs[:, ::-1]), labels) for inputs, labels in self.batches]
        return other


def flip(name, value):
    """A result or parameter of the reversed net in the order of the other, and back."""
    if name.startswith("loss"):
        return value
    parts = name.split(".")
    if parts[0] == "activation":
        return value if parts[1] == "fc3" else value[:, ::-1].copy()
    rows = slice(None) if "fc3" in parts else slice(None, None, -1)
    return value[rows].copy() if parts[-1] == "bias" else value[rows, ::-1].copy()


class Network(torch.nn.Module):
    """The obvious module; `forward` returns every layer's output by name."""

    def __init__(self, case, dtype):
        super().__init__()
        for layer in (1, 2, 3):
            outputs, inputs = case.parameters[f"fc{layer}.weight"].shape
            self.add_module(f"fc{layer}", torch.nn.Linear(inputs, outputs))
        self.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in case.parameters.items()})
        self.to(dtype)
        self.masks = {name: torch.from_numpy(mask).to(dtype) for name, mask in case.masks.items()}

    def forward(self, x):
        outputs = {}
        for layer in (1, 2):
            outputs[f"fc{layer}"] = getattr(self, f"fc{layer}")(x)
            x = outputs[f"relu{layer}"] = outputs[f"fc{layer}"].relu()
        outputs["fc3"] = self.fc3(x)
        return outputs

    def apply_masks(self, gradients):
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if name in self.masks:
                    (parameter.grad if gradients else parameter).mul_(self.masks[name])


def compute(case, dtype):
    """Every result for one floating point type, as 64-bit arrays by name."""
    results = {}
    batches = [(torch.from_numpy(inputs).to(dtype), torch.from_numpy(labels)) for inputs, labels in case.batches]

    network = Network(case, dtype)
    outputs = network(batches[0][0])
    loss = torch.nn.functional.cross_entropy(outputs["fc3"], batches[0][1])
    loss.backward()
    for layer, output in outputs.items():
        results[f"activation.{layer}"] = output
    results["loss"] = loss.reshape(1)
    for name, parameter in network.named_parameters():
        results[f"gradient.{name}"] = parameter.grad

    for key, (optimizer, settings) in OPTIMIZERS.items():
        network = Network(case, dtype)
        optimizer = getattr(torch.optim, optimizer)(network.parameters(), foreach=False, **settings)
        losses = []
        for step in range(case.steps):
            inputs, labels = batches[step % len(batches)]
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(network(inputs)["fc3"], labels)
            losses.append(loss.detach())
            loss.backward()
            network.apply_masks(gradients=True)
            optimizer.step()
            network.apply_masks(gradients=False)
        results[f"losses.{key}"] = torch.stack(losses)
        for name, parameter in network.named_parameters():
            results[f"after.{key}.{name}"] = parameter
    return {name: value.detach().double().numpy() for name, value in results.items()}


def group(name):
    """Whose rounding is reported together: one optimiser's weights, all gradients, ..."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] in ("after", "losses") else parts[0]


def put(tensors, name, values, sampled):
    """Stores a tensor whole or as sample and statistics."""
    if sampled and values.size > SAMPLE_ABOVE:
        flat = values.astype(np.float64).reshape(-1)
        statistics = np.array([flat.sum(), np.abs(flat).sum(), np.sqrt((flat**2).sum())])
        if name.endswith(".mask"):
            tensors[name + "_statistics"] = statistics.astype(np.float32)
            return
        tensors[name + ".sample"] = flat[::SAMPLE_STRIDE].astype(np.float32)
        tensors[name + ".statistics"] = statistics.astype(np.float32)
    else:
        tensors[name] = np.ascontiguousarray(values.astype(np.uint8 if name.endswith(".mask") else np.float32))


def write(folder, network, masked):
    salt = SALTS[network][masked]
    case = Case(masked=masked, salt=salt, **NETWORKS[network])
    sampled = network == "lenet"
    tensors, difference = {}, {}
    for b, (inputs, labels) in enumerate(case.batches):
        cut = slice(16) if sampled else slice(None)
        tensors[f"batch.{b}.inputs"] = inputs.reshape(-1)[cut] if sampled else inputs
        tensors[f"batch.{b}.labels"] = labels[cut].astype(np.float32)
    for name, value in case.parameters.items():
        put(tensors, f"initial.{name}", value, sampled)
    for name, mask in case.masks.items():
        put(tensors, f"initial.{name}.mask", mask, sampled)

    results = {key: compute(case, dtype) for key, dtype in [("f32", torch.float32), ("f64", torch.float64)]}
    other_order = compute(case.reversed(), torch.float32)
    for name in results["f64"]:
        for key in results:
            put(tensors, f"{key}.{name}", results[key][name], sampled)
        gap = max(
            np.abs(result - results["f64"][name]).max()
            for result in (results["f32"][name], flip(name, other_order[name]))
        )
        difference[group(name)] = max(difference.get(group(name), 0.0), float(f"{gap:.2g}"))

    if max(difference.values()) > LARGEST_DIFFERENCE:
        raise SystemExit(f"{network}, masked={masked}: salt {salt} is unlucky, take another: {difference}")
    description = dict(
        salt=salt,
        torch=torch.__version__.split("+")[0],
        widths=NETWORKS[network]["widths"],
        batches=NETWORKS[network]["batches"],
        steps=case.steps,
        optimizers={key: dict(settings, name=name) for key, (name, settings) in OPTIMIZERS.items()},
        difference=difference,
    )
    # One entry only: safetensors writes several in random order.
    path = folder / f"{network}-{'masked' if masked else 'dense'}.safetensors"
    save_file(tensors, path, metadata={"description": json.dumps(description, sort_keys=True)})
    print(f"{path}: {path.stat().st_size:,} bytes, largest |f32 - f64|: {difference}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files go, e.g. crates/lth-cpu/tests/golden")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for network in NETWORKS:
        for masked in (False, True):
            write(folder, network, masked)


if __name__ == "__main__":
    main()
