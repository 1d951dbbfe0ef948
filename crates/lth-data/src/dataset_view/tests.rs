use std::collections::BTreeSet;

use lth_model::{Examples, Hint, Normalization, Seed};

use super::{DatasetView, Half, ViewError, ViewSeed};
use crate::Dataset;

/// 60 + 12 examples of 3 classes in turn; the bytes of an example are its number, from 100 on in the test set.
fn dataset() -> Dataset {
    let examples = |count: usize, first: usize| Examples {
        bytes: (0..count).flat_map(|index| [(first + index) as u8; 2]).collect(),
        labels: (0..count).map(|index| (index % 3) as u16).collect(),
        features: 2,
        normalization: Normalization::same(0.5, 0.25),
    };
    let names = ["ant", "bee", "cat"].map(str::to_owned).to_vec();
    Dataset::new("toy", examples(60, 0), examples(12, 100), vec![1, 1, 2], names, "test")
}

fn apply(view: &DatasetView) -> Dataset {
    view.apply(&dataset()).unwrap()
}

/// The numbers of the training examples.
fn numbers(dataset: &Dataset) -> Vec<usize> {
    dataset.train.bytes.chunks_exact(2).map(|pair| usize::from(pair[0])).collect()
}

fn counts(dataset: &Dataset) -> Vec<usize> {
    (0..dataset.classes)
        .map(|class| dataset.train.labels.iter().filter(|&&l| usize::from(l) == class).count())
        .collect()
}

#[test]
fn the_whole_data_set_stays_as_it_is() {
    let whole = apply(&DatasetView::default());
    assert!(DatasetView::default().is_whole());
    assert_eq!((whole.name.as_str(), &whole.fingerprint), ("toy", &dataset().fingerprint));
}

#[test]
fn classes_are_renumbered_in_the_order_given() {
    let view = DatasetView { classes: vec!["cat".to_owned(), "ant".to_owned()], ..DatasetView::default() };
    let seen = apply(&view);
    assert_eq!(seen.class_names, ["cat", "ant"]);
    assert_eq!((seen.classes, seen.train.len(), seen.test.len()), (2, 40, 8));
    for (number, &label) in numbers(&seen).iter().zip(seen.train.labels.iter()) {
        assert_eq!(label, u16::from(number % 3 != 2));
    }
    assert_eq!(seen.name, "toy-classes-cat-ant");
    assert_eq!(seen.train.normalization, Normalization::same(0.5, 0.25));
}

#[test]
fn wrong_classes_are_refused() {
    let refused = |classes: &[&str]| {
        let classes = classes.iter().map(|&class| class.to_owned()).collect();
        DatasetView { classes, ..DatasetView::default() }.apply(&dataset()).unwrap_err()
    };
    let error = refused(&["ant", "beee"]);
    assert_eq!(error.hint().unwrap(), "did you mean 'bee'?");
    assert!(matches!(refused(&["0", "3"]), ViewError::UnknownClass { .. }));
    assert_eq!(refused(&["2", "+2"]), ViewError::RepeatedClass { class: "+2".to_owned() });
    assert_eq!(refused(&["cat"]), ViewError::OneClass);
}

/// One reading for the whole list, so that a class called 2 is not beside the class of number 0.
#[test]
fn classes_are_all_names_or_all_numbers() {
    let numbered = |names: [&str; 3]| {
        let whole = dataset();
        let names = names.map(str::to_owned).to_vec();
        Dataset::new("toy", whole.train, whole.test, whole.shape, names, "test")
    };
    let seen = |names: [&str; 3], classes: &str| {
        let classes = classes.split(',').map(str::to_owned).collect();
        DatasetView { classes, ..DatasetView::default() }.apply(&numbered(names))
    };
    let shifted = ["1", "2", "3"];
    assert_eq!(seen(shifted, "0,2").unwrap().class_names, ["1", "3"]);
    assert_eq!(seen(shifted, "1,3").unwrap().class_names, ["1", "3"]);
    let error = seen(shifted, "1,2").unwrap_err();
    assert_eq!(error.to_string(), "classes 1,2 can be names or numbers");
    assert_eq!(
        error.hint().unwrap(),
        "write 1/,2/ for the classes called '1', '2', or +1,+2 for numbers counted from 0: '2', '3'"
    );
    assert_eq!(seen(shifted, "1/,2/").unwrap().class_names, ["1", "2"]);
    assert_eq!(seen(shifted, "+1,+2").unwrap().class_names, ["2", "3"]);
    assert_eq!(seen(shifted, "1/,2/").unwrap().name, "toy-classes-1-2");
    // Both readings are the same.
    assert_eq!(seen(["0", "1", "2"], "2,0").unwrap().class_names, ["2", "0"]);
    let error = seen(["ant", "bee", "cat"], "0,cat").unwrap_err();
    assert_eq!(error.to_string(), "class '0' is a number, class 'cat' a name");
    assert!(error.hint().unwrap().contains("all by name"));
}

#[test]
fn sizes_are_bounded_and_what_is_cut_out_must_be_there() {
    let check = |image_size, resize| DatasetView { image_size, resize, ..DatasetView::default() }.check();
    assert_eq!(check(Some(224), Some(256)), Ok(()));
    assert_eq!(check(Some(224), Some(224)), Ok(()));
    assert!(matches!(check(Some(100_000), None), Err(ViewError::ImageSize { pixels: 100_000, .. })));
    assert!(matches!(check(Some(8), Some(100_000)), Err(ViewError::ImageSize { what: "resize", .. })));
    assert!(matches!(check(Some(0), None), Err(ViewError::ImageSize { .. })));
    let error = check(Some(224), Some(200)).unwrap_err();
    assert_eq!(error.to_string(), "resize 200 does not fit image size 224");
    assert_eq!(check(None, Some(200)).unwrap_err().to_string(), "resize 200 does not fit image size none");
}

#[test]
fn a_fraction_is_of_each_class() {
    let view = |fraction| DatasetView { fraction: Some(fraction), ..DatasetView::default() };
    let tenth = apply(&view(0.1));
    assert_eq!(counts(&tenth), [2, 2, 2]);
    assert!(numbers(&tenth).is_sorted());
    assert_eq!(tenth.test.len(), 12);
    // A larger part holds the smaller one.
    let third: BTreeSet<usize> = numbers(&apply(&view(0.35))).into_iter().collect();
    assert!(numbers(&tenth).iter().all(|number| third.contains(number)));
    assert_eq!(counts(&apply(&view(0.001))), [1, 1, 1]);
    assert_eq!(apply(&view(1.0)).name, "toy");
    for fraction in [0.0, -0.1, 1.1, f64::NAN] {
        assert!(matches!(view(fraction).apply(&dataset()), Err(ViewError::Fraction { .. })));
    }
}

#[test]
fn labels_are_random_at_the_rate() {
    let view = |rate| DatasetView { random_labels: Some(rate), ..DatasetView::default() };
    let changed = |seen: &Dataset| -> BTreeSet<usize> {
        let labels = seen.train.labels.iter().enumerate();
        labels.filter(|&(index, &label)| usize::from(label) != index % 3).map(|(index, _)| index).collect()
    };
    let (few, all) = (changed(&apply(&view(0.3))), changed(&apply(&view(1.0))));
    // Two thirds of the labels that are drawn anew differ: 12 and 40 are expected, four standard deviations are 12.4, 14.6.
    assert!((1..=24).contains(&few.len()) && (26..=54).contains(&all.len()), "{} {}", few.len(), all.len());
    assert!(few.is_subset(&all));
    let seen = apply(&view(1.0));
    assert_eq!(seen.test.labels, dataset().test.labels);
    assert_eq!(seen.train.bytes, dataset().train.bytes);
    assert!(matches!(view(1.5).apply(&dataset()), Err(ViewError::Rate { .. })));
}

#[test]
fn a_permutation_is_of_names_and_labels_alike() {
    let view = DatasetView { permute_labels: true, seed: ViewSeed(Seed(3)), ..DatasetView::default() };
    let seen = apply(&view);
    let name = |dataset: &Dataset, label: u16| dataset.class_names[usize::from(label)].clone();
    for (new, old) in [(&seen.train, dataset().train), (&seen.test, dataset().test)] {
        for (&new, &old) in new.labels.iter().zip(old.labels.iter()) {
            assert_eq!(name(&seen, new), name(&dataset(), old));
        }
    }
    assert_eq!(seen.name, "toy-permuted-seed-3");
    let moved =
        (0..20).map(|seed| apply(&DatasetView { seed: ViewSeed(Seed(seed)), ..view.clone() }).class_names);
    assert_eq!(moved.collect::<BTreeSet<_>>().len(), 6);
}

#[test]
fn halves_are_disjoint_and_balanced() {
    let (a, b) = (dataset().half(Half::A), dataset().half(Half::B));
    assert_eq!((counts(&a), counts(&b)), (vec![10; 3], vec![10; 3]));
    let all: BTreeSet<usize> = [numbers(&a), numbers(&b)].concat().into_iter().collect();
    assert_eq!(all.len(), 60);
    assert_eq!((a.name.as_str(), b.name.as_str()), ("toya", "toyb"));
    assert_ne!(a.fingerprint, b.fingerprint);
    assert_eq!(a.test.len(), 12);
}

/// What a seed means never changes: these are frozen.
#[test]
fn frozen() {
    assert_eq!(numbers(&dataset().half(Half::A))[..8], [1, 2, 3, 4, 5, 7, 8, 9]);
    let tenth = DatasetView { fraction: Some(0.1), ..DatasetView::default() };
    assert_eq!(numbers(&apply(&tenth)), [5, 10, 27, 29, 49, 54]);
    let random = DatasetView { random_labels: Some(1.0), ..DatasetView::default() };
    assert_eq!(apply(&random).train.labels[..8], [0, 2, 2, 0, 1, 0, 0, 1]);
    let permuted = DatasetView { permute_labels: true, ..DatasetView::default() };
    assert_eq!(apply(&permuted).class_names, ["ant", "cat", "bee"]);
}

#[test]
fn settings_are_read_as_they_are_written() {
    let view = DatasetView {
        image_size: Some(32),
        resize: Some(40),
        exif_orientation: true,
        classes: vec!["cat".to_owned(), "ant".to_owned()],
        fraction: Some(0.25),
        random_labels: Some(0.1),
        permute_labels: true,
        seed: ViewSeed(Seed(7)),
    };
    let text = serde_json::to_string(&view).unwrap();
    assert_eq!(
        text,
        r#"{"image_size":32,"resize":40,"exif_orientation":true,"classes":["cat","ant"],"fraction":0.25,"random_labels":0.1,"permute_labels":true,"seed":7}"#
    );
    assert_eq!(serde_json::from_str::<DatasetView>(&text).unwrap(), view);
    assert_eq!(serde_json::to_string(&DatasetView::default()).unwrap(), "{}");
    assert!(serde_json::from_str::<DatasetView>(r#"{"portion":1}"#).is_err());
}

#[test]
fn every_setting_shows_in_name_and_fingerprint() {
    let base = DatasetView::default();
    let views = [
        base.clone(),
        DatasetView { classes: vec!["0".to_owned(), "1".to_owned()], ..base.clone() },
        DatasetView { fraction: Some(0.5), ..base.clone() },
        DatasetView { fraction: Some(0.5), seed: ViewSeed(Seed(1)), ..base.clone() },
        DatasetView { random_labels: Some(0.5), ..base.clone() },
        DatasetView { permute_labels: true, ..base },
    ];
    let seen: Vec<Dataset> = views.iter().map(apply).collect();
    assert_eq!(seen.iter().map(|seen| &seen.name).collect::<BTreeSet<_>>().len(), views.len());
    assert_eq!(seen.iter().map(|seen| &seen.fingerprint).collect::<BTreeSet<_>>().len(), views.len());
}
