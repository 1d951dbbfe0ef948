#!/usr/bin/env python3
"""ResNet-20 on a folder of images in PyTorch: what accuracy the same recipe reaches there.

    torch_resnet20.py FOLDER [--epochs 3] [--seed 0] [--init glorot-normal] [--threads N]

FOLDER/train/CLASS/*.jpg and FOLDER/test/CLASS/*.jpg (or .png), all of 32x32 pixels. They are decoded once, into CACHE.npz
(--cache, by default `lth-peer-FOLDER.npz` in the temporary folder), and held in memory.

The recipe is that of the papers and of `lth`: SGD 0.1, momentum 0.9, weight decay 1e-4 on all parameters, batches of 128,
the last incomplete batch of an epoch left in; random crop of the image padded by 4 black pixels, horizontal flip; mean and
deviation of each channel over the training set; projection shortcuts; 5,000 training images held out at random (--validation,
as `lth` does). One line of CSV an epoch: seed, epoch, iterations, mean training loss, test loss, test accuracy,
seconds of training so far.
"""
import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from torch_step import resnet

PADDING = 4


def decode(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    files = [
        (path, label)
        for label, name in enumerate(classes)
        for path in sorted((folder / name).iterdir())
        if path.suffix.lower() in (".jpg", ".jpeg", ".png")
    ]
    with ThreadPoolExecutor() as pool:
        images = list(pool.map(lambda file: np.asarray(Image.open(file[0]).convert("RGB")), files, chunksize=256))
    return np.stack(images).transpose(0, 3, 1, 2).copy(), np.array([label for _, label in files])


def load(folder: Path, cache: Path) -> list[torch.Tensor]:
    """Training images [n, 3, h, w] as bytes and labels, then those of the test."""
    if not cache.exists():
        print(f"decoding {folder} into {cache}", file=sys.stderr)
        parts = [array for split in ("train", "test") for array in decode(folder / split)]
        part = cache.with_name(cache.name + ".part")
        with part.open("wb") as file:
            np.savez(file, *parts)
        part.replace(cache)
    with np.load(cache) as arrays:
        return [torch.from_numpy(arrays[name]) for name in ("arr_0", "arr_1", "arr_2", "arr_3")]


def augment(images: torch.Tensor) -> torch.Tensor:
    """Each image cropped and mirrored by its own chance."""
    count, _, height, width = images.shape
    padded = F.pad(images, [PADDING] * 4)
    down, right = torch.randint(0, 2 * PADDING + 1, (2, count, 1))
    rows = down + torch.arange(height)
    columns = right + torch.arange(width)
    mirrored = torch.rand(count, 1) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    picked = padded[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def initialize(model: nn.Module, scheme: str) -> None:
    draw = {
        "glorot-normal": nn.init.xavier_normal_,
        "kaiming-normal": lambda weight: nn.init.kaiming_normal_(weight, mode="fan_in", nonlinearity="relu"),
    }[scheme]
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--steps", type=int, help="stop each epoch after this many, to try the script")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", choices=["glorot-normal", "kaiming-normal"], default="glorot-normal")
    parser.add_argument("--validation", type=int, default=5000, help="training images held out")
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    cache = args.cache or Path(tempfile.gettempdir()) / f"lth-peer-{args.folder.resolve().name}.npz"
    train_images, train_labels, test_images, test_labels = load(args.folder, cache)

    # Sums of bytes are whole numbers: float64 holds them exactly.
    values = train_images.double().transpose(0, 1).flatten(1) / 255
    mean, deviation = (x.float().view(1, 3, 1, 1) for x in (values.mean(1), values.std(1, correction=0)))
    del values
    normalize = lambda images: (images.float() / 255 - mean) / deviation
    kept = torch.randperm(len(train_labels))[args.validation :]

    model = resnet([16, 32, 64], 3)
    initialize(model, args.init)
    optimizer = torch.optim.SGD(model.parameters(), lr=args.learning_rate, momentum=0.9, weight_decay=1e-4)
    iterations, seconds = 0, 0.0
    print("seed,epoch,iterations,train_loss,test_loss,test_accuracy,seconds", flush=True)
    for epoch in range(1, args.epochs + 1):
        model.train()
        start = time.perf_counter()
        batches = kept[torch.randperm(len(kept))].split(args.batch_size)[: args.steps]
        loss_sum, seen = 0.0, 0
        for indices in batches:
            loss = F.cross_entropy(model(normalize(augment(train_images[indices]))), train_labels[indices])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            loss_sum, seen = loss_sum + loss.item() * len(indices), seen + len(indices)
        iterations += len(batches)
        seconds += time.perf_counter() - start

        model.eval()
        test_loss, correct = 0.0, 0
        with torch.no_grad():
            for images, labels in zip(test_images.split(500), test_labels.split(500)):
                logits = model(normalize(images))
                test_loss += F.cross_entropy(logits, labels, reduction="sum").item()
                correct += (logits.argmax(1) == labels).sum().item()
        count = len(test_labels)
        print(f"{args.seed},{epoch},{iterations},{loss_sum / seen:.4f},{test_loss / count:.4f},{correct / count:.4f},"
              f"{seconds:.1f}", flush=True)


if __name__ == "__main__":
    main()
