//! How the images of a step are varied.

use crate::{Augmentation, Purpose, RandomStream, Seed, View};

/// How each of these training examples is read in an epoch (0 is the first): one view an index, in this order; none at all
/// when nothing is varied, which [`crate::Batch::Stored`] reads as it is stored.
///
/// With `crop_padding` p, both shifts are uniform in -p..=p, which is a random crop of the image padded by p black pixels
/// on every side (He et al. 2016 with p = 4); with `horizontal_flip`, half of the images are mirrored.
///
/// The view of an example depends on nothing but seed, epoch and index: the stream
/// ([`Purpose::Augmentation`], index `epoch << 32 | example`) gives the shift of rows, the shift of columns and the flip, in
/// this order, each whether it is wanted or not. So a flip never moves a crop, and neither batch size nor resuming moves a
/// view.
///
/// ```
/// use lth_model::{Augmentation, Seed, views};
/// let augmentation = Augmentation { crop_padding: 4, horizontal_flip: true };
/// let (mut both, mut one) = (Vec::new(), Vec::new());
/// views(augmentation, Seed(0), 3, &[17, 5], &mut both);
/// views(augmentation, Seed(0), 3, &[5], &mut one);
/// assert_eq!(both[1], one[0]);
/// ```
pub fn views(augmentation: Augmentation, seed: Seed, epoch: u64, indices: &[u32], views: &mut Vec<View>) {
    views.clear();
    if augmentation == Augmentation::default() {
        return;
    }
    // A view holds shifts of a signed byte.
    let padding = i64::from(augmentation.crop_padding.min(127));
    views.extend(indices.iter().map(|&example| {
        let mut stream = RandomStream::new(seed, Purpose::Augmentation, epoch << 32 | u64::from(example));
        let mut shift = || (stream.below(2 * padding as u64 + 1) as i64 - padding) as i8;
        let (down, right) = (shift(), shift());
        let mirrored = stream.next_u32() & 1 == 1;
        View { down, right, mirrored: mirrored && augmentation.horizontal_flip }
    }));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const BOTH: Augmentation = Augmentation { crop_padding: 4, horizontal_flip: true };

    fn drawn(augmentation: Augmentation, seed: u64, epoch: u64, indices: &[u32]) -> Vec<View> {
        let mut found = vec![View::default()];
        views(augmentation, Seed(seed), epoch, indices, &mut found);
        found
    }

    fn numbers(views: &[View]) -> Vec<(i8, i8, bool)> {
        views.iter().map(|view| (view.down, view.right, view.mirrored)).collect()
    }

    /// What a seed means never changes: these are frozen.
    #[test]
    fn frozen() {
        assert_eq!(
            numbers(&drawn(BOTH, 0, 0, &[0, 1, 2, 3])),
            [(0, 0, true), (-4, 2, false), (-3, -1, true), (-3, -1, false)]
        );
        assert_eq!(numbers(&drawn(BOTH, 7, 159, &[49_999])), [(-3, 0, false)]);
    }

    #[test]
    fn nothing_to_vary_gives_no_views() {
        assert!(drawn(Augmentation::default(), 0, 0, &[1, 2]).is_empty());
    }

    #[test]
    fn a_view_depends_on_its_example_and_epoch_only() {
        let all = drawn(BOTH, 3, 8, &[4, 9, 2]);
        assert_eq!(drawn(BOTH, 3, 8, &[2, 4]), [all[2], all[0]]);
        let many: Vec<u32> = (0..100).collect();
        assert_ne!(drawn(BOTH, 3, 8, &many), drawn(BOTH, 3, 9, &many));
        assert_ne!(drawn(BOTH, 3, 8, &many), drawn(BOTH, 4, 8, &many));
    }

    #[test]
    fn what_is_not_wanted_moves_nothing_else() {
        let many: Vec<u32> = (0..100).collect();
        let both = drawn(BOTH, 1, 0, &many);
        let crops = drawn(Augmentation { horizontal_flip: false, ..BOTH }, 1, 0, &many);
        let flips = drawn(Augmentation { crop_padding: 0, ..BOTH }, 1, 0, &many);
        for ((both, crop), flip) in both.iter().zip(&crops).zip(&flips) {
            assert_eq!(*crop, View { mirrored: false, ..*both });
            assert_eq!(*flip, View { down: 0, right: 0, ..*both });
        }
    }

    #[test]
    fn shifts_and_flips_are_uniform() {
        let many: Vec<u32> = (0..9000).collect();
        let views = drawn(BOTH, 5, 2, &many);
        let (mut down, mut right) = (BTreeMap::new(), BTreeMap::new());
        for view in &views {
            *down.entry(view.down).or_insert(0) += 1;
            *right.entry(view.right).or_insert(0) += 1;
        }
        for counts in [down, right] {
            assert_eq!(counts.keys().copied().collect::<Vec<i8>>(), (-4..=4).collect::<Vec<i8>>());
            // 1000 are expected of each; five standard deviations are 149.
            assert!(counts.values().all(|&count| (851..1149).contains(&count)), "{counts:?}");
        }
        let mirrored = views.iter().filter(|view| view.mirrored).count();
        assert!((4263..4737).contains(&mirrored), "{mirrored}");
    }

    #[test]
    fn the_widest_padding_fits() {
        let wide = Augmentation { crop_padding: 255, horizontal_flip: false };
        let views = drawn(wide, 0, 0, &(0..5000).collect::<Vec<u32>>());
        assert_eq!(views.iter().map(|view| view.down).min(), Some(-127));
        assert_eq!(views.iter().map(|view| view.right).max(), Some(127));
    }
}
