//! A linear layer and a ReLU as plain loops.
//!
//! In 64 bits, so that a difference is the kernel's rounding. Everything is row-major and batch-major: N examples, I
//! inputs, O outputs. Backward functions add to their gradients; the caller clears them.

/// `y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]`
pub(super) fn linear_forward(
    y: &mut [f64],
    x: &[f64],
    w: &[f64],
    b: &[f64],
    (n, i, o): (usize, usize, usize),
) {
    for (example, output) in pairs(n, o) {
        let terms = (0..i).map(|input| x[example * i + input] * w[output * i + input]);
        y[example * o + output] = terms.fold(b[output], |sum, term| sum + term);
    }
}

/// `dx[n][i] += sum over o of dy[n][o] * w[o][i]`
pub(super) fn linear_backward_data(dx: &mut [f64], dy: &[f64], w: &[f64], (n, i, o): (usize, usize, usize)) {
    for (example, output) in pairs(n, o) {
        for input in 0..i {
            dx[example * i + input] += dy[example * o + output] * w[output * i + input];
        }
    }
}

/// `dw[o][i] += sum over n of dy[n][o] * x[n][i]` and `db[o] += sum over n of dy[n][o]`
pub(super) fn linear_backward_weights(
    dw: &mut [f64],
    db: &mut [f64],
    dy: &[f64],
    x: &[f64],
    (n, i, o): (usize, usize, usize),
) {
    for (example, output) in pairs(n, o) {
        let d = dy[example * o + output];
        db[output] += d;
        for input in 0..i {
            dw[output * i + input] += d * x[example * i + input];
        }
    }
}

/// Every output of every example.
fn pairs(n: usize, o: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |example| (0..o).map(move |output| (example, output)))
}

/// `y = max(x, 0)`
pub(super) fn relu_forward(y: &mut [f64], x: &[f64]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x.max(0.0);
    }
}

/// `dx += dy` where the ReLU's output y is positive.
pub(super) fn relu_backward(dx: &mut [f64], dy: &[f64], y: &[f64]) {
    for ((dx, &dy), &y) in dx.iter_mut().zip(dy).zip(y) {
        *dx += if y > 0.0 { dy } else { 0.0 };
    }
}
