//! Every layer as plain loops: what the kernels are tested against, and the place to read what they compute.
//!
//! In 64 bits, so that a difference is the kernel's rounding. Everything is row-major and batch-major: N examples, I
//! inputs, O outputs, C classes. Backward functions add to their gradients; the caller clears them.

/// `y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]`
///
/// y is (N,O), x is (N,I), w is (O,I), b is (O).
pub fn linear_forward(y: &mut [f64], x: &[f64], w: &[f64], b: &[f64], (n, i, o): (usize, usize, usize)) {
    for example in 0..n {
        for output in 0..o {
            let mut sum = b[output];
            for input in 0..i {
                sum += x[example * i + input] * w[output * i + input];
            }
            y[example * o + output] = sum;
        }
    }
}

/// `dx[n][i] += sum over o of dy[n][o] * w[o][i]`
///
/// dx is (N,I), dy is (N,O), w is (O,I).
pub fn linear_backward_data(dx: &mut [f64], dy: &[f64], w: &[f64], (n, i, o): (usize, usize, usize)) {
    for example in 0..n {
        for output in 0..o {
            for input in 0..i {
                dx[example * i + input] += dy[example * o + output] * w[output * i + input];
            }
        }
    }
}

/// `dw[o][i] += sum over n of dy[n][o] * x[n][i]` and `db[o] += sum over n of dy[n][o]`
///
/// dw is (O,I), db is (O), dy is (N,O), x is (N,I).
pub fn linear_backward_weights(
    dw: &mut [f64],
    db: &mut [f64],
    dy: &[f64],
    x: &[f64],
    (n, i, o): (usize, usize, usize),
) {
    for example in 0..n {
        for output in 0..o {
            let d = dy[example * o + output];
            db[output] += d;
            for input in 0..i {
                dw[output * i + input] += d * x[example * i + input];
            }
        }
    }
}

/// `y = max(x, 0)`, NaN kept. Both are of one length.
pub fn relu_forward(y: &mut [f64], x: &[f64]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = if x <= 0.0 { 0.0 } else { x };
    }
}

/// `dx += dy` where the ReLU's output y is positive.
pub fn relu_backward(dx: &mut [f64], dy: &[f64], y: &[f64]) {
    for ((dx, &dy), &y) in dx.iter_mut().zip(dy).zip(y) {
        if y > 0.0 {
            *dx += dy;
        }
    }
}

/// `y = x * factors`; a factor is 0 or `1 / (1 - rate)`. All are of one length.
pub fn dropout_forward(y: &mut [f64], x: &[f64], factors: &[f64]) {
    for ((y, &x), &factor) in y.iter_mut().zip(x).zip(factors) {
        *y = x * factor;
    }
}

/// `dx += dy * factors`
pub fn dropout_backward(dx: &mut [f64], dy: &[f64], factors: &[f64]) {
    for ((dx, &dy), &factor) in dx.iter_mut().zip(dy).zip(factors) {
        *dx += dy * factor;
    }
}

/// `p[n][c] = exp(logits[n][c]) / sum over k of exp(logits[n][k])`
///
/// Both are (N,C).
pub fn softmax_forward(p: &mut [f64], logits: &[f64], (n, c): (usize, usize)) {
    for example in 0..n {
        let logits = &logits[example * c..(example + 1) * c];
        let p = &mut p[example * c..(example + 1) * c];
        let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        for class in 0..c {
            p[class] = (logits[class] - highest).exp();
            total += p[class];
        }
        for p in p {
            *p /= total;
        }
    }
}

/// `losses[n] = ln(sum over k of exp(logits[n][k])) - logits[n][label[n]]`
///
/// losses and labels are (N), logits are (N,C). The loss of a batch is the mean of these.
pub fn cross_entropy_forward(losses: &mut [f64], logits: &[f64], labels: &[u16], (n, c): (usize, usize)) {
    for example in 0..n {
        let logits = &logits[example * c..(example + 1) * c];
        let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        for &logit in logits {
            total += (logit - highest).exp();
        }
        losses[example] = total.ln() + highest - logits[usize::from(labels[example])];
    }
}

/// Gradient of the mean cross-entropy: `dlogits[n][c] += (p[n][c] - (c == label[n])) / N`
///
/// dlogits and p are (N,C), labels are (N).
pub fn cross_entropy_softmax_backward(
    dlogits: &mut [f64],
    p: &[f64],
    labels: &[u16],
    (n, c): (usize, usize),
) {
    for example in 0..n {
        for class in 0..c {
            let indicator = if class == usize::from(labels[example]) { 1.0 } else { 0.0 };
            dlogits[example * c + class] += (p[example * c + class] - indicator) / n as f64;
        }
    }
}

/// The class with the highest logit, the first of equals.
pub fn argmax(logits: &[f64]) -> usize {
    let mut best = 0;
    for class in 1..logits.len() {
        if logits[class] > logits[best] {
            best = class;
        }
    }
    best
}

/// An optimiser's settings; `weight_decay` is L2 (`g += weight_decay * w`), except in AdamW.
#[derive(Debug, Clone, Copy)]
pub enum Optimizer {
    /// Adam, and AdamW if `decoupled`.
    Adam {
        /// Decay of the running mean.
        beta1: f64,
        /// Decay of the running mean of squares.
        beta2: f64,
        /// Outside of the root.
        epsilon: f64,
        /// L2, or the shrinking of AdamW.
        weight_decay: f64,
        /// Whether this is AdamW.
        decoupled: bool,
    },
    /// SGD, with momentum without dampening.
    Sgd {
        /// 0 for none.
        momentum: f64,
        /// Whether it looks one step ahead.
        nesterov: bool,
        /// L2.
        weight_decay: f64,
    },
}

/// One update, number `t` (from 1 on), at learning rate `rate`. All slices are of one length.
///
/// `first` and `second` are Adam's moments; `first` is the momentum buffer of SGD.
pub fn update(
    optimizer: Optimizer,
    (rate, t): (f64, u64),
    w: &mut [f64],
    g: &[f64],
    first: &mut [f64],
    second: &mut [f64],
) {
    for index in 0..w.len() {
        let (w, mut g, first, second) = (&mut w[index], g[index], &mut first[index], &mut second[index]);
        match optimizer {
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay, decoupled } => {
                if decoupled {
                    *w -= rate * weight_decay * *w;
                } else {
                    g += weight_decay * *w;
                }
                *first = beta1 * *first + (1.0 - beta1) * g;
                *second = beta2 * *second + (1.0 - beta2) * g * g;
                let mean = *first / (1.0 - beta1.powi(t as i32));
                let variance = *second / (1.0 - beta2.powi(t as i32));
                *w -= rate * mean / (variance.sqrt() + epsilon);
            }
            Optimizer::Sgd { momentum, nesterov, weight_decay } => {
                g += weight_decay * *w;
                *first = momentum * *first + g;
                *w -= rate * if nesterov { g + momentum * *first } else { *first };
            }
        }
    }
}

impl From<lth_model::Optimizer> for Optimizer {
    fn from(optimizer: lth_model::Optimizer) -> Self {
        use lth_model::Optimizer as Model;
        match optimizer {
            Model::Adam { beta1, beta2, epsilon, weight_decay } => Self::Adam {
                beta1: beta1.into(),
                beta2: beta2.into(),
                epsilon: epsilon.into(),
                weight_decay: weight_decay.into(),
                decoupled: false,
            },
            Model::AdamW { beta1, beta2, epsilon, weight_decay } => Self::Adam {
                beta1: beta1.into(),
                beta2: beta2.into(),
                epsilon: epsilon.into(),
                weight_decay: weight_decay.into(),
                decoupled: true,
            },
            Model::Sgd { momentum, nesterov, weight_decay } => {
                Self::Sgd { momentum: momentum.into(), nesterov, weight_decay: weight_decay.into() }
            }
        }
    }
}
