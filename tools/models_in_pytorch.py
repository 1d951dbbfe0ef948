#!/usr/bin/env python3
"""Loads weights of every named model into PyTorch's obvious module, with load_state_dict(strict=True).

    pip install torch torchvision numpy safetensors
    python tools/models_in_pytorch.py LTH [MODEL...]

LTH is the program. For each model (all that `lth models` lists, and some with options) the program writes freshly drawn
weights (`lth models MODEL --save-weights FILE`), which are loaded without renaming or transposing: no tensor may be missing,
none left over. Then the number of trained parameters is compared with the last line of `lth models MODEL`, and a batch of two
examples goes through the module and must give as many finite logits as there are classes.

resnet-18-imagenet and resnet-34-imagenet are torchvision's modules. resnet-18 and resnet-34 are too, with the first
convolution and the pool replaced by the small stem. The CIFAR ResNets are built of torchvision's BasicBlock; VGG, LeNet and
Conv are written here.

Prints one line a model; exit code 1 when one of them does not fit.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models import resnet18, resnet34
from torchvision.models.resnet import BasicBlock
from torchvision.models.vgg import make_layers

MNIST, CIFAR, IMAGENET = (1, 28, 28), (3, 32, 32), (3, 224, 224)

# Without the last pool, which is the mean of each channel here.
VGG = {
    11: [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512],
    13: [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512],
    16: [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3],
    19: [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4],
}


def mlp(*widths, dropout=0):
    """fc1, fc2, ... with ReLU between; the widths are those of input, hidden layers and output."""
    layers = OrderedDict(flatten=nn.Flatten())
    for number in range(1, len(widths)):
        layers[f"fc{number}"] = nn.Linear(widths[number - 1], widths[number])
        if number < len(widths) - 1:
            layers[f"relu{number}"] = nn.Sequential(nn.ReLU(), nn.Dropout(dropout))
    return nn.Sequential(layers)


def chain(convolutions, linears, batch_norm=False, dropout=0):
    """conv1, bn1, ..., fc1, ...; convolutions are (in, out, kernel, padding) or "M"."""
    layers, number = OrderedDict(), 0
    for place, what in enumerate(convolutions):
        if what == "M":
            layers[f"pool_{place}"] = nn.Sequential(nn.MaxPool2d(2), nn.Dropout(dropout))
            continue
        number += 1
        inputs, outputs, kernel, padding = what
        layers[f"conv{number}"] = nn.Conv2d(inputs, outputs, kernel, padding=padding)
        if batch_norm:
            layers[f"bn{number}"] = nn.BatchNorm2d(outputs)
        layers[f"relu_{place}"] = nn.ReLU()
    layers.update(mlp(*linears, dropout=dropout).named_children())
    return nn.Sequential(layers)


def conv(count, batch_norm=False, width=1, dropout=0):
    pairs = [round(channels * width) for channels in [64, 128, 256][: count // 2]]
    convolutions, inputs = [], 3
    for channels in pairs:
        convolutions += [(inputs, channels, 3, 1), (channels, channels, 3, 1), "M"]
        inputs = channels
    side, hidden = 32 // 2 ** len(pairs), round(256 * width)
    return chain(convolutions, [inputs * side * side, hidden, hidden, 10], batch_norm, dropout)


def lenet_5(batch_norm=False):
    return chain([(1, 6, 5, 0), "M", (6, 16, 5, 0), "M"], [16 * 4 * 4, 120, 84, 10], batch_norm)


class Vgg(nn.Module):
    """torchvision's features; one linear layer after the mean of each channel."""

    def __init__(self, depth, batch_norm=True):
        super().__init__()
        self.features = make_layers(VGG[depth], batch_norm)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(512, 10)

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class ResNetOfCifar(nn.Module):
    """He et al.'s network of 6n + 2 layers, of torchvision's blocks, with its names."""

    def __init__(self, depth, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        blocks = (depth - 2) // 6
        self.layer1 = self.stage(width, width, blocks, 1)
        self.layer2 = self.stage(width, 2 * width, blocks, 2)
        self.layer3 = self.stage(2 * width, 4 * width, blocks, 2)
        self.fc = nn.Linear(4 * width, 10)

    @staticmethod
    def stage(inputs, channels, blocks, stride):
        downsample = None
        if stride != 1:
            convolution = nn.Conv2d(inputs, channels, 1, stride, bias=False)
            downsample = nn.Sequential(convolution, nn.BatchNorm2d(channels))
        first = BasicBlock(inputs, channels, stride, downsample)
        return nn.Sequential(first, *[BasicBlock(channels, channels) for _ in range(blocks - 1)])

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def small_stem(net):
    """torchvision's ResNet with a 3x3 stem for small pictures."""
    net.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net


MODELS = {
    "lenet-300-100": (lambda: mlp(784, 300, 100, 10), MNIST),
    "lenet-5": (lenet_5, MNIST),
    "conv-2": (lambda: conv(2), CIFAR),
    "conv-4": (lambda: conv(4), CIFAR),
    "conv-6": (lambda: conv(6), CIFAR),
    **{f"vgg-{depth}": (lambda depth=depth: Vgg(depth), CIFAR) for depth in VGG},
    **{f"resnet-{depth}": (lambda depth=depth: ResNetOfCifar(depth), CIFAR) for depth in (20, 32, 44, 56, 110)},
    "resnet-18": (lambda: small_stem(resnet18(num_classes=10)), CIFAR),
    "resnet-34": (lambda: small_stem(resnet34(num_classes=10)), CIFAR),
    "resnet-18-imagenet": (resnet18, IMAGENET),
    "resnet-34-imagenet": (resnet34, IMAGENET),
    "mlp-20-30": (lambda: mlp(784, 20, 30, 10), MNIST),
    "lenet-5+batch-norm": (lambda: lenet_5(True), MNIST),
    "conv-4+batch-norm": (lambda: conv(4, True), CIFAR),
    "conv-2+dropout-0.5": (lambda: conv(2, dropout=0.5), CIFAR),
    "lenet-300-100+dropout-0.5": (lambda: mlp(784, 300, 100, 10, dropout=0.5), MNIST),
    "conv-2+width-0.5": (lambda: conv(2, width=0.5), CIFAR),
    "vgg-16+no-batch-norm": (lambda: Vgg(16, False), CIFAR),
    "resnet-20+width-2": (lambda: ResNetOfCifar(20, 32), CIFAR),
}


def run(program, *arguments):
    """Standard output of the program."""
    result = subprocess.run([program, *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)} failed:\n{result.stderr}")
    return result.stdout


def check(program, name, folder):
    """What is wrong with a model, or how many parameters it has."""
    file = folder / f"{name}.safetensors"
    table = run(program, "models", name, "--save-weights", str(file))
    build, shape = MODELS[name]
    net = build()
    try:
        net.load_state_dict(load_file(file), strict=True)
    except RuntimeError as error:
        return str(error), None
    file.unlink()
    counted = sum(int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:weights|biases|norm)", table.splitlines()[-1]))
    parameters = sum(parameter.numel() for parameter in net.parameters())
    if counted != parameters:
        return f"lth counts {counted:,} parameters, PyTorch {parameters:,}", None
    classes = 1000 if shape == IMAGENET else 10
    with torch.no_grad():
        logits = net.eval()(torch.rand(2, *shape))
    if logits.shape != (2, classes) or not logits.isfinite().all():
        return f"the logits are of shape {tuple(logits.shape)}, or not finite", None
    return None, parameters


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="LTH", help="the program lth")
    parser.add_argument("models", metavar="MODEL", nargs="*", help="only these")
    arguments = parser.parse_args()
    listed = [line.split()[0] for line in run(arguments.program, "models").splitlines()[1:]]
    unknown = [name for name in listed if name not in MODELS and name not in ("mlp-A-B-C", "NET.toml")]
    if unknown:
        sys.exit(f"this script has no module for {', '.join(unknown)}")
    absent = [name for name in arguments.models if name not in MODELS]
    if absent:
        sys.exit(f"no module for {', '.join(absent)}; there are {', '.join(MODELS)}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.models or MODELS:
            wrong, parameters = check(arguments.program, name, Path(folder))
            print(f"{name}: {wrong}" if wrong else f"{name}: loaded strictly, {parameters:,} parameters", flush=True)
            failed += wrong is not None
    print(f"{len(arguments.models or MODELS) - failed} models fit, {failed} do not")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
