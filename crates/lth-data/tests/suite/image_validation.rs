//! Folders of images with `train`, `val` and `test`: `val` is the validation set.

use crate::support::image_folder::{Folder, coloured, png};
use lth_data::{DatasetView, LayoutProblem, NormalizationMethod};

/// [`Folder::sound`] with an image of each class in `val`, brighter than all others.
fn with_validation() -> Folder {
    let folder = Folder::sound();
    folder.write("val/cat/1.png", &png(coloured(3, 2, 77)));
    folder.write("val/dog/1.png", &png(coloured(3, 2, 88)));
    folder
}

#[test]
fn val_beside_test_is_the_validation_set() {
    let without = Folder::sound().load().unwrap();
    let folder = with_validation();
    let dataset = folder.load().unwrap();
    assert_eq!((dataset.train.len(), dataset.validation, dataset.training_examples()), (6, 2, 4));
    assert_eq!((&dataset.train.labels[4..], dataset.test.len()), (&[0, 1][..], 2));
    // The last channel tells which image it is.
    let numbers: Vec<u8> = dataset.train.bytes.chunks_exact(18).map(|image| image[12]).collect();
    assert_eq!(numbers, [2, 3, 0, 1, 77, 88]);
    assert_ne!(dataset.fingerprint, without.fingerprint);

    assert!(!folder.decodes());
    let cached = folder.load().unwrap();
    assert_eq!((cached.fingerprint.as_str(), cached.validation), (dataset.fingerprint.as_str(), 2));
}

#[test]
fn normalisation_and_changes_of_the_training_set_leave_it_alone() {
    let dataset = with_validation().load().unwrap();
    let standard = |dataset: &lth_data::Dataset| {
        dataset.clone().normalized(NormalizationMethod::Standard).train.normalization
    };
    assert_eq!(standard(&dataset), standard(&Folder::sound().load().unwrap()));

    let view = DatasetView { fraction: Some(0.5), random_labels: Some(1.0), ..DatasetView::default() };
    let mut changed = 0;
    for seed in 0..20 {
        let mut view = view.clone();
        view.seed.0 = lth_model::Seed(seed);
        let part = view.apply(&dataset).unwrap();
        assert_eq!((part.train.len(), part.validation, &part.train.labels[2..]), (4, 2, &[0, 1][..]));
        changed += usize::from(part.train.labels[..2] != [0, 1]);
    }
    assert!(changed > 5, "labels are drawn anew");
    let half = dataset.half(lth_data::Half::A);
    assert_eq!((half.training_examples(), half.validation), (2, 2));

    let turned = DatasetView { classes: vec!["dog".to_owned(), "cat".to_owned()], ..DatasetView::default() };
    let turned = turned.apply(&dataset).unwrap();
    assert_eq!((turned.validation, &turned.train.labels[4..]), (2, &[1, 0][..]));
    let parts = [dataset.fingerprint, half.fingerprint, turned.fingerprint];
    assert!(parts.iter().all(|print| parts.iter().filter(|other| *other == print).count() == 1));
}

#[test]
fn it_must_have_the_same_classes_and_images_of_each() {
    let folder = with_validation();
    folder.write("val/dog/2.png", b"broken");
    assert!(folder.load().unwrap_err().to_string().contains("val/dog/2.png"));
    folder.remove("val/dog/2.png");
    folder.remove("val/dog/1.png");
    let (half, class) = ("val".to_owned(), "dog".to_owned());
    assert_eq!(folder.layout_problem(), LayoutProblem::EmptyClass { half, class });
    folder.write("val/eel/1.png", &png(coloured(3, 2, 0)));
    assert!(folder.layout_problem().to_string().starts_with("has 2 classes in train and 3 in val"));
}
