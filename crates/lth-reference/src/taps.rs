//! Where the kernel of a convolution or pool meets the map.

use lth_model::Window;

/// One meeting, as flat indices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tap {
    /// The place in the output map.
    pub(crate) to: usize,
    /// The place in the input map.
    pub(crate) from: usize,
}

/// For each place of the kernel, row-major, where it meets the map outside of the padding, by output place.
pub(crate) fn taps(window: Window, map: [usize; 2]) -> Vec<Vec<Tap>> {
    let Some([rows, columns]) = window.output(map) else { return Vec::new() };
    let Window { kernel, stride, padding } = window;
    let inside = |place: usize, tap: usize, axis: usize| {
        (place * stride[axis] + tap).checked_sub(padding[axis]).filter(|&at| at < map[axis])
    };
    let of = |ky: usize, kx: usize| {
        let mut taps = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            let Some(y) = inside(row, ky, 0) else { continue };
            taps.extend((0..columns).filter_map(|column| {
                let x = inside(column, kx, 1)?;
                Some(Tap { to: row * columns + column, from: y * map[1] + x })
            }));
        }
        taps
    };
    (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx))).map(|(ky, kx)| of(ky, kx)).collect()
}
