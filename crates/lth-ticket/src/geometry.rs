//! How two trained networks, or two masks, lie to each other.

use lth_model::{Masks, Tensor, Tensors};

/// A point on the straight line between two networks: `(1 - alpha) a + alpha b`, tensor by tensor, running statistics too.
///
/// # Panics
/// When names or shapes differ.
///
/// ```
/// use lth_model::{Tensor, Tensors};
/// use lth_ticket::interpolate;
/// let network = |w: f32| Tensors::from([("fc.weight".to_owned(), Tensor::new(vec![1, 1], vec![w]))]);
/// assert_eq!(interpolate(&network(1.0), &network(3.0), 0.25), network(1.5));
/// ```
pub fn interpolate(a: &Tensors, b: &Tensors, alpha: f64) -> Tensors {
    assert_eq!(a.len(), b.len(), "two networks of the same tensors");
    let mix = |(x, y): (&f32, &f32)| (f64::from(*x) + alpha * (f64::from(*y) - f64::from(*x))) as f32;
    a.iter()
        .map(|(name, tensor)| {
            let other = &b[name];
            assert_eq!(tensor.shape(), other.shape(), "'{name}' has one shape");
            let data = tensor.data().iter().zip(other.data()).map(mix).collect();
            (name.clone(), Tensor::new(tensor.shape().to_vec(), data))
        })
        .collect()
}

/// The Euclidean distance of two networks, over the tensors that `counts` names: Frankle et al. (2020) leave out running
/// statistics.
pub fn distance(a: &Tensors, b: &Tensors, counts: impl Fn(&str) -> bool) -> f64 {
    pairs(a, b, &counts).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

/// The angle, in degrees, between two networks as seen from a third, over the tensors that `counts` names (Frankle et al. 2019:
/// from the origin, which is no network: zeros). `None` where one of them lies at that point.
pub fn angle(a: &Tensors, b: &Tensors, from: Option<&Tensors>, counts: impl Fn(&str) -> bool) -> Option<f64> {
    let mut products = [0.0_f64; 3];
    for (name, tensor) in a.iter().filter(|(name, _)| counts(name)) {
        let origin = from.map(|from| from[name].data());
        for (index, (&x, &y)) in tensor.data().iter().zip(b[name].data()).enumerate() {
            let start = origin.map_or(0.0, |origin| f64::from(origin[index]));
            let (x, y) = (f64::from(x) - start, f64::from(y) - start);
            products[0] += x * y;
            products[1] += x * x;
            products[2] += y * y;
        }
    }
    let [along, of_a, of_b] = products;
    (of_a > 0.0 && of_b > 0.0)
        .then(|| (along / (of_a.sqrt() * of_b.sqrt())).clamp(-1.0, 1.0).acos().to_degrees())
}

fn pairs<'a>(
    a: &'a Tensors,
    b: &'a Tensors,
    counts: &'a impl Fn(&str) -> bool,
) -> impl Iterator<Item = (f64, f64)> + 'a {
    a.iter().filter(|(name, _)| counts(name)).flat_map(|(name, tensor)| {
        tensor.data().iter().zip(b[name].data()).map(|(&x, &y)| (f64::from(x), f64::from(y)))
    })
}

/// The Jaccard index of two networks' masks: weights that both keep over weights that one keeps, of one layer or of all. A
/// tensor without a mask counts for nothing; no kept weight at all is an overlap of 1.
pub fn overlap(a: &Masks, b: &Masks, layer: Option<&str>) -> f64 {
    let (mut both, mut either) = (0_usize, 0_usize);
    for (name, mask) in a.iter().filter(|(name, _)| layer.is_none_or(|layer| layer == *name)) {
        let Some(other) = b.get(name) else { continue };
        for (x, y) in mask.flags().zip(other.flags()) {
            both += usize::from(x && y);
            either += usize::from(x || y);
        }
    }
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

/// The error barrier on the line between two networks: the largest error on it minus the mean of the errors at its ends
/// (Frankle et al. 2020, linear interpolation instability). The first and last of these errors are the ends.
///
/// ```
/// use lth_ticket::barrier;
/// assert_eq!(barrier(&[0.25, 0.5, 0.75, 0.25]), Some(0.5));
/// assert_eq!(barrier(&[]), None);
/// ```
pub fn barrier(errors: &[f64]) -> Option<f64> {
    let ends = f64::midpoint(*errors.first()?, *errors.last()?);
    Some(errors.iter().copied().fold(f64::NEG_INFINITY, f64::max) - ends)
}

#[cfg(test)]
mod tests {
    use lth_model::Mask;

    use super::*;

    fn network(weight: [f32; 3], running: f32) -> Tensors {
        Tensors::from([
            ("fc.weight".to_owned(), Tensor::new(vec![1, 3], weight.to_vec())),
            ("bn.running_mean".to_owned(), Tensor::new(vec![1], vec![running])),
        ])
    }

    fn no_statistics(name: &str) -> bool {
        !name.contains("running")
    }

    #[test]
    fn ends_of_a_line_are_the_networks_to_the_bit() {
        let (a, b) = (network([0.1, -3.7, 1e-20], 5.0), network([0.3, 9.9, 7.0], -1.0));
        assert_eq!((interpolate(&a, &b, 0.0), interpolate(&a, &b, 1.0)), (a.clone(), b.clone()));
        assert_eq!(interpolate(&a, &b, 0.5)["bn.running_mean"].data(), [2.0]);
    }

    #[test]
    fn distance_leaves_out_what_does_not_count() {
        let (a, b) = (network([0.0, 3.0, 1.0], 5.0), network([4.0, 0.0, 1.0], 99.0));
        assert!((distance(&a, &b, no_statistics) - 5.0).abs() < 1e-12);
        assert!(distance(&a, &b, |_| true) > 94.0);
        assert_eq!(distance(&a, &a, |_| true).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn angles_are_seen_from_a_point() {
        let (x, y) = (network([1.0, 0.0, 0.0], 1.0), network([0.0, 2.0, 0.0], 1.0));
        let seen = |from: Option<&Tensors>| angle(&x, &y, from, no_statistics);
        assert!((seen(None).unwrap() - 90.0).abs() < 1e-9);
        let between = network([0.5, 1.0, 0.0], 0.0);
        assert!((seen(Some(&between)).unwrap() - 180.0).abs() < 1e-5);
        assert_eq!(seen(Some(&x)), None, "no direction from where one of them is");
    }

    #[test]
    fn overlaps_count_both_over_either() {
        let masks = |first: [bool; 4], second: [bool; 2]| {
            Masks::from([
                ("a".to_owned(), Mask::from_flags(vec![2, 2], first)),
                ("b".to_owned(), Mask::from_flags(vec![1, 2], second)),
            ])
        };
        let one = masks([true, true, false, false], [true, false]);
        let other = masks([true, false, true, false], [false, false]);
        assert!((overlap(&one, &other, None) - 0.25).abs() < 1e-12);
        assert!((overlap(&one, &other, Some("a")) - 1.0 / 3.0).abs() < 1e-12);
        assert!(overlap(&one, &one, None) > 0.999);
        let none = masks([false; 4], [false; 2]);
        assert!(overlap(&none, &none, None) > 0.999);
    }

    #[test]
    fn a_barrier_is_never_negative() {
        assert_eq!(barrier(&[0.5, 0.25]), Some(0.125), "the higher end is on the line");
        assert_eq!(barrier(&[0.25, 0.125, 0.25]), Some(0.0));
    }
}
