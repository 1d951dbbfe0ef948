//! The overlap of two masks, beside what chance would give.

use lth_model::Masks;

/// How many weights two networks' masks keep, alone and together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaskOverlap {
    /// Weights that the first keeps.
    pub first: usize,
    /// Weights that the second keeps.
    pub second: usize,
    /// Weights that both keep.
    pub both: usize,
    /// What two independent random masks with the same counts a layer would keep in common, on average: the sum over layers of
    /// `first x second / weights`.
    pub by_chance: f64,
}

impl MaskOverlap {
    /// Of one layer, or of all that both have a mask for. `None` where there is no such layer.
    ///
    /// # Panics
    /// When the masks of a layer have other shapes.
    ///
    /// ```
    /// use lth_model::{Mask, Masks};
    /// use lth_ticket::MaskOverlap;
    /// let masks = |flags: [bool; 4]| Masks::from([("fc.weight".to_owned(), Mask::from_flags(vec![2, 2], flags))]);
    /// let (a, b) = (masks([true, true, false, false]), masks([true, false, true, false]));
    /// let overlap = MaskOverlap::of(&a, &b, None).unwrap();
    /// assert_eq!((overlap.both, overlap.over_chance()), (1, Some(1.0)));
    /// ```
    pub fn of(first: &Masks, second: &Masks, layer: Option<&str>) -> Option<Self> {
        let mut sum: Option<Self> = None;
        for (name, mask) in first.iter().filter(|(name, _)| layer.is_none_or(|layer| layer == *name)) {
            let Some(other) = second.get(name) else { continue };
            assert_eq!(mask.shape(), other.shape(), "'{name}' has one shape");
            let sum = sum.get_or_insert(Self { first: 0, second: 0, both: 0, by_chance: 0.0 });
            let (a, b) = (mask.live(), other.live());
            sum.first += a;
            sum.second += b;
            sum.both += mask.live_indices().filter(|&index| other.is_live(index)).count();
            sum.by_chance += a as f64 * b as f64 / mask.len().max(1) as f64;
        }
        sum
    }

    /// The Jaccard index: weights that both keep over weights that one keeps; 1 where none keeps any.
    pub fn jaccard(&self) -> f64 {
        let either = self.first + self.second - self.both;
        if either == 0 { 1.0 } else { self.both as f64 / either as f64 }
    }

    /// The Jaccard index of random masks of these densities: that of their mean intersection.
    pub fn jaccard_by_chance(&self) -> f64 {
        let either = (self.first + self.second) as f64 - self.by_chance;
        if either > 0.0 { self.by_chance / either } else { 1.0 }
    }

    /// Weights kept by both over what chance would give; `None` where chance gives none.
    pub fn over_chance(&self) -> Option<f64> {
        (self.by_chance > 0.0).then(|| self.both as f64 / self.by_chance)
    }
}

#[cfg(test)]
mod tests {
    use lth_model::Mask;

    use super::*;

    fn masks(wide: [bool; 4], narrow: [bool; 2]) -> Masks {
        Masks::from([
            ("wide".to_owned(), Mask::from_flags(vec![4], wide)),
            ("narrow".to_owned(), Mask::from_flags(vec![2], narrow)),
        ])
    }

    #[test]
    fn chance_is_that_of_each_layer() {
        let a = masks([true, true, false, false], [true, true]);
        let b = masks([true, false, false, true], [true, false]);
        let all = MaskOverlap::of(&a, &b, None).unwrap();
        // wide: 2 * 2 / 4, narrow: 2 * 1 / 2.
        assert!((all.by_chance - 2.0).abs() < 1e-12);
        assert_eq!((all.first, all.second, all.both), (4, 3, 2));
        assert_eq!(all.over_chance(), Some(1.0));
        assert!((all.jaccard() - 0.4).abs() < 1e-12 && (all.jaccard_by_chance() - 0.4).abs() < 1e-12);
        let wide = MaskOverlap::of(&a, &b, Some("wide")).unwrap();
        assert!((wide.jaccard() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(MaskOverlap::of(&a, &b, Some("absent")), None);
    }

    #[test]
    fn equal_masks_overlap_fully_and_empty_ones_too() {
        let a = masks([true, false, false, false], [false, false]);
        let same = MaskOverlap::of(&a, &a, None).unwrap();
        assert_eq!(same.over_chance(), Some(4.0));
        assert!(same.jaccard() > 0.999);
        let none = masks([false; 4], [false; 2]);
        let empty = MaskOverlap::of(&none, &none, None).unwrap();
        assert!(empty.jaccard() > 0.999);
        assert_eq!(empty.over_chance(), None);
    }
}
