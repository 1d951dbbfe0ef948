//! The networks that checks to the bit go over.

use lth_model::{Architecture, ArchitectureBuilder, Window, mlp, mlp_with_dropout};

pub(super) const FEATURES: usize = 37;
pub(super) const CLASSES: usize = 7;

fn build(builder: ArchitectureBuilder) -> Architecture {
    builder.build().expect("a network of the checks")
}

/// 37-33-21-7.
pub(super) fn small() -> Architecture {
    mlp("small", &[FEATURES], &[33, 21], CLASSES)
}

pub(super) fn small_with_dropout() -> Architecture {
    mlp_with_dropout("small with dropout", &[FEATURES], &[33, 21], CLASSES, 0.3)
}

/// Convolutions of every kind, more channels than a vector or two, norms, a residual sum and a linear layer.
pub(super) fn residual() -> Architecture {
    build(
        ArchitectureBuilder::new("residual", &[3, 5, 5])
            .conv2d("conv1", 33, Window::square(3, 1, 1))
            .batch_norm("bn1")
            .relu("relu1")
            .conv2d_without_bias("conv2", 34, Window::square(3, 1, 1))
            .batch_norm("bn2")
            .from("relu1")
            .conv2d_without_bias("shortcut", 34, Window::square(1, 1, 0))
            .add("sum", "bn2")
            .relu("relu2")
            .conv2d_without_bias("conv3", 18, Window::square(3, 2, 1))
            .global_average_pool("pool")
            .linear("fc", 5),
    )
}

/// Convolutions with a pool, dropout of maps and of features, a norm of features.
pub(super) fn pooled() -> Architecture {
    build(
        ArchitectureBuilder::new("pooled", &[3, 6, 6])
            .conv2d("conv1", 18, Window::square(3, 1, 1))
            .relu("relu1")
            .dropout("dropout1", 0.3)
            .conv2d_without_bias("conv2", 20, Window::square(3, 1, 1))
            .relu("relu2")
            .max_pool("pool", Window::square(2, 2, 0))
            .flatten("flatten")
            .linear("fc1", 21)
            .batch_norm("bn1")
            .relu("relu3")
            .dropout("dropout2", 0.5)
            .linear_without_bias("fc2", 5),
    )
}

/// Few units, so that large batches leave no ReLU undecided.
pub(super) fn thin() -> Architecture {
    build(
        ArchitectureBuilder::new("thin", &[2, 5, 4])
            .conv2d("conv1", 3, Window::square(3, 1, 1))
            .batch_norm("bn1")
            .relu("relu1")
            .max_pool("pool1", Window::square(2, 2, 1))
            .conv2d("conv2", 3, Window::square(3, 1, 1))
            .add("sum", "pool1")
            .dropout("dropout", 0.2)
            .global_average_pool("pool2")
            .linear("fc", 4),
    )
}

/// Those of linear layers.
pub(super) fn chains() -> [Architecture; 2] {
    [small(), small_with_dropout()]
}

/// All of these but the thin one.
pub(super) fn all() -> [Architecture; 4] {
    [small(), small_with_dropout(), residual(), pooled()]
}

/// Every kind of layer by itself, with what it needs to be part of a network: what is tried, and the network.
pub(super) fn kinds() -> Vec<(&'static str, Architecture)> {
    let flat = || ArchitectureBuilder::new("kind", &[45]);
    let maps = |channels: usize, height: usize, width: usize| {
        ArchitectureBuilder::new("kind", &[channels, height, width])
    };
    let window = |kernel, stride, padding| Window { kernel, stride, padding };
    let end = |builder: ArchitectureBuilder| builder.flatten("flatten").linear("last", 6);
    let before = || maps(2, 9, 7).conv2d("conv0", 5, Window::square(3, 1, 1));
    let mut kinds = vec![
        ("one linear layer", flat().linear("fc", 6)),
        ("a linear layer without bias", flat().linear_without_bias("fc", 6)),
        ("linear layers of one unit", flat().linear("fc1", 1).linear("fc2", 17).linear("fc3", 2)),
        ("linear layers without ReLU", flat().linear("fc1", 20).linear("fc2", 6)),
        ("ReLU of linear layers", flat().linear("fc1", 50).relu("relu").linear("fc2", 6)),
        ("ReLU of the inputs", flat().relu("relu").linear("fc", 6)),
        ("flattened images", maps(3, 4, 5).flatten("flatten").linear("fc", 6)),
        ("dropout of the inputs", flat().dropout("dropout", 0.3).linear("fc", 6)),
        ("dropout of maps", end(before().dropout("dropout", 0.3))),
        ("dropout of features", flat().linear("fc1", 40).dropout("dropout", 0.5).linear("fc2", 6)),
        ("batch norm of the inputs", flat().batch_norm("bn").linear("fc", 6)),
        ("batch norm of features", flat().linear("fc1", 33).batch_norm("bn").relu("relu").linear("fc2", 6)),
        ("batch norm of maps", end(before().batch_norm("bn").relu("relu"))),
        ("batch norm with settings", end(before().batch_norm_with("bn", 0.7, 0.3).relu("relu"))),
        ("batch norm that two read", end(before().batch_norm("bn").relu("relu").add("sum", "bn"))),
        (
            "a sum",
            end(before().from("conv0").conv2d("conv1", 5, Window::square(3, 1, 1)).add("sum", "conv0")),
        ),
        ("a sum with itself", end(before().add("sum", "conv0").relu("relu"))),
        ("a global average", before().global_average_pool("pool").linear("last", 6)),
        ("a global average of a ReLU", before().relu("relu").global_average_pool("pool").linear("last", 6)),
    ];
    let convolutions = [
        ("1x1", 6, 1, window([1, 1], [1, 1], [0, 0])),
        ("1x1 of many channels", 6, 37, window([1, 1], [1, 1], [0, 0])),
        ("1x1 with stride", 6, 5, window([1, 1], [2, 2], [0, 0])),
        ("3x3", 3, 17, window([3, 3], [1, 1], [1, 1])),
        ("3x3 of many channels", 34, 33, window([3, 3], [1, 1], [1, 1])),
        ("3x3 without padding", 3, 5, window([3, 3], [1, 1], [0, 0])),
        ("3x3 with stride", 3, 18, window([3, 3], [2, 2], [1, 1])),
        ("5x5", 3, 6, window([5, 5], [1, 1], [2, 2])),
        ("7x7 with stride", 3, 9, window([7, 7], [2, 2], [3, 3])),
        ("3x2 with different strides and paddings", 2, 4, window([3, 2], [2, 1], [2, 1])),
        ("1x5", 2, 7, window([1, 5], [1, 3], [0, 2])),
        ("9x7, the whole map", 2, 7, window([9, 7], [1, 1], [0, 0])),
        ("2x2 that leaves a rest", 2, 3, window([2, 2], [2, 2], [0, 0])),
        ("padding beyond the kernel", 2, 3, window([2, 2], [1, 1], [3, 3])),
    ];
    for (name, inputs, outputs, window) in convolutions {
        // The first layer has no gradient of its input.
        if window.kernel[0] % 2 == 1 && window.stride[0] == window.stride[1] {
            kinds.push((name, end(maps(inputs, 9, 7).conv2d("conv", outputs, window).relu("relu"))));
        }
        let second = maps(2, 9, 7).conv2d("conv0", inputs, Window::square(3, 1, 1)).relu("relu0");
        kinds.push((name, end(second.conv2d_without_bias("conv", outputs, window))));
    }
    for (name, window) in [
        ("pool 2x2", window([2, 2], [2, 2], [0, 0])),
        ("pool 3x3 that overlaps", window([3, 3], [2, 2], [1, 1])),
        ("pool 3x2 with stride 1", window([3, 2], [1, 1], [1, 1])),
        ("pool 1x1 with stride", window([1, 1], [2, 2], [0, 0])),
        ("pool of the whole map", window([9, 7], [1, 1], [0, 0])),
    ] {
        kinds.push((name, end(before().max_pool("max", window))));
        kinds.push((name, end(before().relu("relu").max_pool("max", window))));
        kinds.push((name, end(before().batch_norm("bn").relu("relu").max_pool("max", window))));
        kinds.push((name, end(before().average_pool("average", window))));
        kinds.push((
            name,
            end(maps(3, 9, 7).max_pool("max", window).conv2d("conv", 4, Window::square(1, 1, 0))),
        ));
    }
    kinds.into_iter().map(|(name, builder)| (name, build(builder))).collect()
}
