//! Noise in place of a data set that is not there.

use std::collections::BTreeMap;

use lth_model::{Examples, Normalization};

use crate::{Dataset, DatasetInfo, DatasetName};

/// The period of the noise: no batch has two examples alike, and making it takes no time.
const PERIOD: usize = 65_521;

impl DatasetName {
    /// Noise of the shape, the classes and the numbers of examples of a published data set or of half of one, on which steps take as long as
    /// on the data themselves; `None` for a folder of images, of which only its files tell that. What was made before is in `known`, by
    /// name, and its memory is shared.
    pub fn stand_in(&self, known: &mut BTreeMap<&'static str, Dataset>) -> Option<Dataset> {
        let (info, half) = match self {
            Self::Published(info) => (info, None),
            Self::HalfOf(info, half) => (info, Some(*half)),
            Self::ImageFolder(_) => return None,
        };
        let whole = known.entry(info.name).or_insert_with(|| whole(info)).clone();
        let Some(half) = half else { return Some(whole) };
        let labels = whole.train.labels[..whole.train.len() / 2].into();
        let name = format!("{}{}", whole.name, half.letter());
        Some(Dataset { name, train: Examples { labels, ..whole.train }, ..whole })
    }
}

fn whole(info: &DatasetInfo) -> Dataset {
    let [train, test] = info.examples.map(|count| noise(count, &info.shape, info.classes));
    Dataset {
        name: info.name.to_owned(),
        train,
        validation: 0,
        test,
        shape: info.shape.to_vec(),
        classes: info.classes,
        class_names: (0..info.classes).map(|class| class.to_string()).collect(),
        source: "noise".to_owned(),
        fingerprint: String::new(),
        notes: Vec::new(),
    }
}

fn noise(count: usize, shape: &[usize], classes: usize) -> Examples {
    let features: usize = shape.iter().product();
    let mut state = 1_u32;
    let period: Vec<u8> = (0..PERIOD)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let bytes: Vec<u8> = period.iter().copied().cycle().take(count * features).collect();
    let labels: Vec<u16> = (0..count).map(|index| (index % classes) as u16).collect();
    Examples { bytes: bytes.into(), labels: labels.into(), features, normalization: Normalization::UNIT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_large_as_the_data_themselves() {
        let mnist = DatasetName::parse("mnist").unwrap();
        let data = crate::load("mnist", &crate::DataOptions::default(), &mut |_| ()).unwrap();
        let known = &mut BTreeMap::new();
        let noise = mnist.stand_in(known).unwrap();
        assert_eq!((noise.train.len(), noise.test.len()), (data.train.len(), data.test.len()));
        assert_eq!((&noise.shape, noise.classes), (&data.shape, data.classes));
        assert_eq!(noise.train.bytes.len(), data.train.bytes.len());
        assert_ne!(noise.train.bytes[..784], noise.train.bytes[784..2 * 784]);

        let half = DatasetName::parse("mnista").unwrap().stand_in(known).unwrap();
        assert_eq!((half.name.as_str(), half.train.len()), ("mnista", 30_000));
        assert!(std::ptr::eq(half.train.bytes.as_ptr(), noise.train.bytes.as_ptr()), "noise is made once");
        assert!(DatasetName::parse("image-folder:x").unwrap().stand_in(known).is_none());
    }
}
