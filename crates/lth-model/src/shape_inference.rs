//! The shape that a layer gives, or why it cannot read what it is given.

use crate::{Op, Shape, Window};

/// The largest number of values in one activation or one weight: more than any machine holds today would otherwise
/// overflow somewhere.
const LARGEST: u64 = 1 << 32;

/// What is wrong with a layer, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Misfit {
    pub(crate) reason: String,
    pub(crate) hint: &'static str,
}

impl Misfit {
    pub(crate) fn new(reason: impl Into<String>, hint: &'static str) -> Self {
        Self { reason: reason.into(), hint }
    }
}

const NEEDS_MAPS: &str = "convolutions and pools come before flatten and linear layers";
const MAP_TOO_SMALL: &str = "use a smaller kernel, more padding, fewer pools, or larger examples";
const POSITIVE: &str = "sizes, kernels and strides are at least 1";

/// The shape that an operation gives for inputs of these shapes.
pub(crate) fn output_shape(op: &Op, inputs: &[&Shape]) -> Result<Shape, Misfit> {
    let input = inputs[0].as_slice();
    let shape = match *op {
        Op::Flatten => vec![input.iter().product()],
        Op::Linear { inputs, outputs, .. } => linear(inputs, outputs, input)?,
        Op::Conv2d { inputs, outputs, window, .. } => convolution(inputs, outputs, window, input)?,
        Op::BatchNorm { channels, momentum, epsilon } => {
            batch_norm(channels, momentum, epsilon, input)?;
            input.to_vec()
        }
        Op::MaxPool { window } | Op::AveragePool { window } => pool(window, input)?,
        Op::GlobalAveragePool => match *input {
            [channels, _, _] => vec![channels],
            _ => return Err(no_maps("a global average pool", input)),
        },
        Op::Dropout { rate } if !(0.0..1.0).contains(&rate) => {
            return Err(Misfit::new(
                format!("the dropout rate is {rate}, it must be at least 0 and below 1"),
                "a rate of 0.5 drops half of the activations",
            ));
        }
        Op::Add => sum(inputs)?,
        Op::Input | Op::Relu | Op::Dropout { .. } => input.to_vec(),
    };
    check_size("its output", &shape)?;
    Ok(shape)
}

fn linear(inputs: usize, outputs: usize, input: &[usize]) -> Result<Shape, Misfit> {
    match *input {
        [features] if features == inputs && inputs > 0 && outputs > 0 => {
            check_size("its weight", &[outputs, inputs])?;
            Ok(vec![outputs])
        }
        [features] if features != inputs => Err(Misfit::new(
            format!("a linear layer of {inputs} inputs cannot read {features} features"),
            "the inputs of a linear layer are the features of the layer before it",
        )),
        [_] => Err(Misfit::new(format!("a linear layer of {inputs} inputs and {outputs} outputs"), POSITIVE)),
        _ => Err(Misfit::new(
            format!("a linear layer reads one dimension, it is given {}", times(input)),
            "put a flatten or a global average pool before it",
        )),
    }
}

fn convolution(inputs: usize, outputs: usize, window: Window, input: &[usize]) -> Result<Shape, Misfit> {
    let [channels, height, width] = *input else { return Err(no_maps("a convolution", input)) };
    if channels != inputs {
        return Err(Misfit::new(
            format!("a convolution of {inputs} channels cannot read {channels} channels ({})", times(input)),
            "the channels that a convolution reads are those of the layer before it",
        ));
    }
    if outputs == 0 {
        return Err(Misfit::new("a convolution of 0 output channels", POSITIVE));
    }
    let [height, width] = place(window, [height, width])?;
    check_size("its weight", &[outputs, inputs, window.kernel[0], window.kernel[1]])?;
    Ok(vec![outputs, height, width])
}

fn pool(window: Window, input: &[usize]) -> Result<Shape, Misfit> {
    let [channels, height, width] = *input else { return Err(no_maps("a pool", input)) };
    if (0..2).any(|axis| window.padding[axis] > window.kernel[axis] / 2) {
        return Err(Misfit::new(
            format!(
                "a pool of {} with padding {} has windows of nothing but padding",
                times(&window.kernel),
                times(&window.padding)
            ),
            "the padding of a pool is at most half its kernel, as in PyTorch",
        ));
    }
    let [height, width] = place(window, [height, width])?;
    Ok(vec![channels, height, width])
}

fn batch_norm(channels: usize, momentum: f32, epsilon: f32, input: &[usize]) -> Result<(), Misfit> {
    if input.first() != Some(&channels) {
        return Err(Misfit::new(
            format!("a batch norm of {channels} channels cannot read {}", times(input)),
            "the channels of a batch norm are those of the layer before it",
        ));
    }
    if !(momentum > 0.0 && momentum <= 1.0) {
        return Err(Misfit::new(
            format!("the momentum of its running statistics is {momentum}, it must be above 0 and at most 1"),
            "PyTorch's is 0.1",
        ));
    }
    if !(epsilon > 0.0 && epsilon.is_finite()) {
        return Err(Misfit::new(
            format!("epsilon is {epsilon}, it must be a positive number"),
            "PyTorch's is 1e-5",
        ));
    }
    Ok(())
}

fn sum(inputs: &[&Shape]) -> Result<Shape, Misfit> {
    match inputs.iter().find(|shape| **shape != inputs[0]) {
        None => Ok(inputs[0].clone()),
        Some(other) => Err(Misfit::new(
            format!("it adds {} and {}, which differ", times(inputs[0]), times(other)),
            "both sides of a sum have one shape; a 1x1 convolution on the shortcut changes channels and, with a stride, size",
        )),
    }
}

/// The map that a window leaves, or why it leaves none.
fn place(window: Window, map: [usize; 2]) -> Result<[usize; 2], Misfit> {
    let Window { kernel, stride, padding } = window;
    if kernel.contains(&0) || stride.contains(&0) {
        return Err(Misfit::new(
            format!("a kernel of {} with stride {}", times(&kernel), times(&stride)),
            POSITIVE,
        ));
    }
    if padding.iter().any(|&zeros| zeros as u64 > LARGEST) {
        return Err(Misfit::new(format!("a padding of {}", times(&padding)), MAP_TOO_SMALL));
    }
    window.output(map).ok_or_else(|| {
        let padding =
            if padding == [0, 0] { String::new() } else { format!(" with padding {}", times(&padding)) };
        Misfit::new(
            format!("a kernel of {} is larger than its map of {}{padding}", times(&kernel), times(&map)),
            MAP_TOO_SMALL,
        )
    })
}

fn no_maps(what: &str, input: &[usize]) -> Misfit {
    Misfit::new(format!("{what} reads channels x height x width, it is given {}", times(input)), NEEDS_MAPS)
}

/// Refuses what no machine could hold.
pub(crate) fn check_size(what: &str, shape: &[usize]) -> Result<(), Misfit> {
    let mut values = 1u64;
    for &dimension in shape {
        values =
            values.checked_mul(dimension as u64).filter(|&values| values <= LARGEST).ok_or_else(|| {
                Misfit::new(
                    format!("{what} of {} has more than {LARGEST} values", times(shape)),
                    "use smaller layers",
                )
            })?;
    }
    Ok(())
}

/// A shape, for people: `3 x 32 x 32`.
pub(crate) fn times(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "nothing".to_owned();
    }
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(inputs: usize, outputs: usize, window: Window) -> Op {
        Op::Conv2d { inputs, outputs, window, bias: true }
    }

    fn shape(op: &Op, input: &[usize]) -> Result<Shape, String> {
        output_shape(op, &[&input.to_vec()]).map_err(|misfit| misfit.reason)
    }

    #[test]
    fn windows_round_down() {
        for (window, side, expected) in [
            (Window::square(3, 1, 1), 32, 32),
            (Window::square(5, 1, 0), 28, 24),
            (Window::square(2, 2, 0), 7, 3),
            (Window::square(7, 2, 3), 224, 112),
            (Window::square(3, 2, 1), 112, 56),
            (Window::square(1, 2, 0), 32, 16),
            (Window::square(3, 1, 1), 1, 1),
        ] {
            assert_eq!(shape(&conv(3, 8, window), &[3, side, side]).unwrap(), [8, expected, expected]);
        }
        let flat = Window { kernel: [1, 3], stride: [2, 1], padding: [0, 1] };
        assert_eq!(shape(&conv(3, 8, flat), &[3, 5, 7]).unwrap(), [8, 3, 7]);
    }

    #[test]
    fn each_misfit_is_told_with_the_shapes() {
        let pool = |kernel, padding| Op::MaxPool { window: Window::square(kernel, kernel.max(1), padding) };
        for (op, input, reason) in [
            (
                conv(3, 8, Window::square(5, 1, 0)),
                &[3, 4, 4][..],
                "a kernel of 5 x 5 is larger than its map of 4 x 4",
            ),
            (
                conv(3, 8, Window::square(7, 1, 1)),
                &[3, 4, 4],
                "a kernel of 7 x 7 is larger than its map of 4 x 4 with padding 1 x 1",
            ),
            (
                conv(3, 8, Window::square(3, 1, 1)),
                &[1, 28, 28],
                "a convolution of 3 channels cannot read 1 channels (1 x 28 x 28)",
            ),
            (
                conv(3, 8, Window::square(3, 1, 1)),
                &[784],
                "a convolution reads channels x height x width, it is given 784",
            ),
            (conv(3, 0, Window::square(3, 1, 1)), &[3, 4, 4], "a convolution of 0 output channels"),
            (conv(3, 8, Window::square(3, 0, 1)), &[3, 4, 4], "a kernel of 3 x 3 with stride 0 x 0"),
            (pool(2, 0), &[3, 1, 1], "a kernel of 2 x 2 is larger than its map of 1 x 1"),
            (pool(2, 2), &[3, 4, 4], "a pool of 2 x 2 with padding 2 x 2 has windows of nothing but padding"),
            (pool(0, 0), &[3, 4, 4], "a kernel of 0 x 0 with stride 1 x 1"),
            (
                Op::GlobalAveragePool,
                &[10],
                "a global average pool reads channels x height x width, it is given 10",
            ),
            (
                Op::Linear { inputs: 784, outputs: 10, bias: true },
                &[1, 28, 28],
                "a linear layer reads one dimension, it is given 1 x 28 x 28",
            ),
            (
                Op::Linear { inputs: 3, outputs: 10, bias: true },
                &[4],
                "a linear layer of 3 inputs cannot read 4 features",
            ),
            (
                Op::BatchNorm { channels: 4, momentum: 0.1, epsilon: 1e-5 },
                &[3, 2, 2],
                "a batch norm of 4 channels cannot read 3 x 2 x 2",
            ),
            (
                Op::BatchNorm { channels: 3, momentum: 0.0, epsilon: 1e-5 },
                &[3, 2, 2],
                "the momentum of its running statistics is 0, it must be above 0 and at most 1",
            ),
            (
                Op::BatchNorm { channels: 3, momentum: 0.1, epsilon: f32::NAN },
                &[3, 2, 2],
                "epsilon is NaN, it must be a positive number",
            ),
            (
                conv(3, usize::MAX, Window::square(1, 1, 0)),
                &[3, 4, 4],
                "its weight of 18446744073709551615 x 3 x 1 x 1 has more than 4294967296 values",
            ),
        ] {
            assert_eq!(shape(&op, input).unwrap_err(), reason, "{op:?}");
        }
    }

    #[test]
    fn sums_need_equal_shapes() {
        let (a, b) = (vec![16, 32, 32], vec![32, 16, 16]);
        assert_eq!(output_shape(&Op::Add, &[&a, &a]).unwrap(), a);
        let misfit = output_shape(&Op::Add, &[&a, &b]).unwrap_err();
        assert_eq!(misfit.reason, "it adds 16 x 32 x 32 and 32 x 16 x 16, which differ");
    }
}
