#!/usr/bin/env python3
"""Milliseconds per training step of LeNet-300-100 with SparseProp's sparse linear layers inside of PyTorch.

Every layer keeps the same fraction of its weights at random, as in `cargo bench -p lth-cpu --bench step`. Two figures:

* `step`: forward, loss, backward and Adam over kept weights and biases, as somebody trains with it;
* `kernels`: its forward and backward of the three layers on arrays that are already transposed, without autograd, bias, ReLU,
  loss or optimiser: the least that its steps can cost. Its backward makes the gradient of the first layer's input, too.
"""
import argparse
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F
from sparseprop import backend
from sparseprop.modules import SparseLinear
from torch import nn

BATCHES = 4


def milliseconds(step, repeats: int) -> list[float]:
    """The sorted times of many short stretches of steps."""
    step(0)
    start = time.perf_counter()
    step(1)
    steps = max(1, int(0.003 / (time.perf_counter() - start)))
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for number in range(steps):
            step(number)
        times.append((time.perf_counter() - start) / steps * 1e3)
    return sorted(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("densities", type=float, nargs="+", help="the kept fraction of every weight tensor")
    parser.add_argument("--batch", type=int, default=60, help="64 suits its vectors of 8 better than the 60 of the papers")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=300)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    batch = args.batch
    for density in args.densities:
        torch.manual_seed(0)
        layers = [nn.Linear(784, 300), nn.Linear(300, 100), nn.Linear(100, 10)]
        for layer in layers:
            with torch.no_grad():
                layer.weight.mul_(torch.rand_like(layer.weight) < density)
        sparse = [SparseLinear.from_dense(layer) for layer in layers]
        model = nn.Sequential(sparse[0], nn.ReLU(), sparse[1], nn.ReLU(), sparse[2])
        optimizer = torch.optim.Adam(model.parameters(), lr=1.2e-3)
        images, labels = torch.randn(batch * BATCHES, 784), torch.randint(0, 10, (batch * BATCHES,))

        def step(number: int) -> None:
            at = slice(number % BATCHES * batch, (number % BATCHES + 1) * batch)
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(images[at]), labels[at]).backward()
            optimizer.step()

        # Arrays, since the conversion of a tensor takes longer than a small kernel. Outputs and gradients are added to; what they
        # hold does not matter to the time.
        slabs = []
        for layer, shape in zip(sparse, layers):
            rows, columns = (np.ascontiguousarray(index, dtype=np.int32) for index in layer.W_idx)
            values = layer.W_val.detach().numpy().copy()
            x, dy = (np.random.rand(n, batch).astype(np.float32) for n in (shape.in_features, shape.out_features))
            slabs.append((rows, columns, values, x, np.zeros_like(dy), dy, np.zeros_like(x), np.zeros_like(values)))

        def kernels(_: int) -> None:
            for rows, columns, values, x, y, _, _, _ in slabs:
                backend.sparse_linear_vectorized_forward(x, rows, columns, values, y)
            for rows, columns, values, x, _, dy, dx, dw in reversed(slabs):
                backend.sparse_linear_vectorized_backward(x, rows, columns, values, dy, dx, dw)

        for name, what in [("step", step), ("kernels", kernels)]:
            times = milliseconds(what, args.repeats)
            print(f"lenet-300-100 batch {batch} SparseProp {name} density {density}: "
                  f"median {statistics.median(times):.4f} ms (min {times[0]:.4f}, max {times[-1]:.4f})")


if __name__ == "__main__":
    main()
