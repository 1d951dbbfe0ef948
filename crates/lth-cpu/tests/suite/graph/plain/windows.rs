//! Convolutions and pools, as sums over taps.

use lth_model::Window;

/// One meeting of kernel and map, as flat indices: output place, input place, kernel place.
pub(crate) type Tap = (usize, usize, usize);

/// Every tap on a map of this height and width that is not in the padding, by output place, then by kernel place.
pub(crate) fn taps(window: Window, map: [usize; 2]) -> Vec<Tap> {
    let [rows, columns] = window.output(map).unwrap();
    let Window { kernel, stride, padding } = window;
    let inside = |place: usize, tap: usize, axis: usize| {
        (place * stride[axis] + tap).checked_sub(padding[axis]).filter(|&at| at < map[axis])
    };
    let mut taps = Vec::new();
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        for ky in 0..kernel[0] {
            for kx in 0..kernel[1] {
                if let (Some(y), Some(x)) = (inside(row, ky, 0), inside(column, kx, 1)) {
                    taps.push((row * columns + column, y * map[1] + x, ky * kernel[1] + kx));
                }
            }
        }
    }
    taps
}

/// A convolution of one example: what it reads and gives.
pub(crate) struct Convolution {
    pub(crate) taps: Vec<Tap>,
    /// Channels read and given.
    pub(crate) channels: [usize; 2],
    /// Places of a map read and given.
    pub(crate) places: [usize; 2],
    /// Places of the kernel.
    pub(crate) kernel: usize,
}

impl Convolution {
    /// Every multiply-add, as flat indices of output, input and weight.
    pub(crate) fn each(&self, mut work: impl FnMut(usize, usize, usize)) {
        let ([inputs, outputs], [before, after]) = (self.channels, self.places);
        for output in 0..outputs {
            for input in 0..inputs {
                let weight = (output * inputs + input) * self.kernel;
                for &(to, from, at) in &self.taps {
                    work(output * after + to, input * before + from, weight + at);
                }
            }
        }
    }

    pub(crate) fn forward(&self, x: &[f64], weight: &[f64]) -> Vec<f64> {
        let mut y = vec![0.0; self.channels[1] * self.places[1]];
        self.each(|to, from, at| y[to] += weight[at] * x[from]);
        y
    }

    /// Adds to the gradients of input and weight.
    pub(crate) fn backward(&self, x: &[f64], weight: &[f64], dy: &[f64], dx: &mut [f64], dw: &mut [f64]) {
        self.each(|to, from, at| {
            dx[from] += weight[at] * dy[to];
            dw[at] += x[from] * dy[to];
        });
    }
}

/// Where the first maximum of each window of a map is.
pub(crate) fn first_maxima(taps: &[Tap], x: &[f64], places: usize) -> Vec<usize> {
    let mut winners: Vec<Option<usize>> = vec![None; places];
    for &(to, from, _) in taps {
        match winners[to] {
            Some(winner) if x[from] <= x[winner] => {}
            _ => winners[to] = Some(from),
        }
    }
    winners.into_iter().map(|winner| winner.expect("a window that is all padding has no maximum")).collect()
}
