//! Stored examples as numbers, each as it is seen.

use lth_model::{Examples, Normalization, View};

/// Examples of a data set as numbers, each as it is seen, into rows of this width.
pub(crate) fn read_examples(
    examples: &Examples,
    indices: &[u32],
    views: &[View],
    shape: &[usize],
    rows: &mut [f32],
    width: usize,
) {
    let features: usize = shape.iter().product();
    let tables = tables(examples.normalization);
    for (place, (row, &index)) in rows.chunks_exact_mut(width).zip(indices).enumerate() {
        let bytes = &examples.bytes[index as usize * features..][..features];
        let view = views.get(place).copied().unwrap_or_default();
        match &tables {
            Some(tables) => read(bytes, shape, view, tables, &mut row[..features]),
            None => read(bytes, shape, view, &tables_of(bytes), &mut row[..features]),
        }
    }
}

/// The number of each byte, by channel.
type Tables = [[f32; 256]; 3];

/// The same for all images, if they are not normalised by themselves.
fn tables(normalization: Normalization) -> Option<Tables> {
    let [first, second, third] = std::array::from_fn(|channel| normalization.table(channel));
    Some([first?, second?, third?])
}

/// Those of an image that is normalised by itself.
fn tables_of(bytes: &[u8]) -> Tables {
    let count = bytes.len() as f64;
    // Whole numbers, so that the sums are exact: at most 255^2 for each of fewer than 2^40 bytes.
    let sum: u64 = bytes.iter().map(|&byte| u64::from(byte)).sum();
    let squares: u64 = bytes.iter().map(|&byte| u64::from(byte) * u64::from(byte)).sum();
    let mean = sum as f64 / count / 255.0;
    let variance = (squares as f64 / count / (255.0 * 255.0) - mean * mean).max(0.0);
    let deviation = variance.sqrt().max(1.0 / count.sqrt());
    let normalization = Normalization::same(mean as f32, deviation as f32);
    tables(normalization).expect("one normalisation for all channels")
}

/// One image as it is seen.
fn read(bytes: &[u8], shape: &[usize], view: View, tables: &Tables, row: &mut [f32]) {
    let [height, width] = match *shape {
        [_, height, width] => [height, width],
        _ => [1, bytes.len()],
    };
    let map = height * width;
    for (channel, (from, to)) in bytes.chunks_exact(map).zip(row.chunks_exact_mut(map)).enumerate() {
        let table = &tables[channel.min(2)];
        if view == View::default() {
            to.iter_mut().zip(from).for_each(|(to, &byte)| *to = table[usize::from(byte)]);
            continue;
        }
        for (y, to) in to.chunks_exact_mut(width).enumerate() {
            let y = y as isize + isize::from(view.down);
            if y < 0 || y >= height as isize {
                to.fill(table[0]);
                continue;
            }
            let from = &from[y as usize * width..][..width];
            for (x, to) in to.iter_mut().enumerate() {
                let x = if view.mirrored { width - 1 - x } else { x } as isize + isize::from(view.right);
                let byte = usize::try_from(x).ok().and_then(|x| from.get(x)).copied().unwrap_or(0);
                *to = table[usize::from(byte)];
            }
        }
    }
}
