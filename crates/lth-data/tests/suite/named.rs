//! The data sets of the registry.

use std::{path::Path, sync::Arc};

use crate::support::{NAMES, server::Mirror, write};
use lth_data::{DATASETS, DataError, DataOptions, load};
use lth_model::Hint;
use tempfile::tempdir;

fn mnist_files() -> crate::support::Files {
    let mut files = lth_mnist::File::ALL.map(|file| file.unpack().unwrap()).into_iter();
    NAMES.map(|name| (name, files.next().unwrap()))
}

#[test]
fn mnist_is_the_same_embedded_from_a_folder_and_downloaded() {
    let embedded = load("mnist", &DataOptions::default(), &mut |_| panic!("nothing is downloaded")).unwrap();
    assert_eq!(embedded.source, "embedded");
    assert_eq!((embedded.train.len(), embedded.test.len(), embedded.classes), (60_000, 10_000, 10));
    assert_eq!(embedded.shape, [1, 28, 28]);
    assert_eq!(embedded.train.labels[..5], [5, 0, 4, 1, 9]);
    assert_eq!(embedded.train.bytes.len(), 60_000 * 784);
    assert!(embedded.is_published());
    assert!(Arc::ptr_eq(&embedded.train.bytes, &embedded.clone().train.bytes));

    let files = mnist_files();
    let folder = tempdir().unwrap();
    write(folder.path(), &files);
    let options = DataOptions { folder: Some(folder.path().to_owned()), ..DataOptions::default() };
    let from_folder = load("mnist", &options, &mut |_| panic!("nothing is downloaded")).unwrap();
    assert_eq!(from_folder.fingerprint, embedded.fingerprint);
    assert_eq!(from_folder.source, format!("folder '{}'", folder.path().display()));

    // The mirror packs the files in its own way: what counts is inside.
    let (mirror, cache) = (Mirror::start(&files), tempdir().unwrap());
    let options = DataOptions {
        download: true,
        mirrors: vec![mirror.url.clone()],
        cache: cache.path().to_owned(),
        ..DataOptions::default()
    };
    let downloaded = load("mnist", &options, &mut |_| {}).unwrap();
    assert_eq!(downloaded.fingerprint, embedded.fingerprint);
    assert_eq!(mirror.request_count(), 4);
}

#[test]
fn fashion_mnist_is_found_where_debian_puts_it() {
    let cache = tempdir().unwrap();
    let options = DataOptions { cache: cache.path().to_owned(), ..DataOptions::default() };
    let loaded = load("fashion-mnist", &options, &mut |_| panic!("nothing is downloaded"));
    if Path::new("/usr/share/datasets/fashion-mnist").is_dir() {
        let dataset = loaded.unwrap();
        assert_eq!(dataset.source, "folder '/usr/share/datasets/fashion-mnist'");
        assert!(dataset.is_published());
        assert_eq!((dataset.train.len(), dataset.test.len()), (60_000, 10_000));
        assert_eq!(dataset.train.labels[..5], [9, 0, 0, 3, 0]);
    } else {
        let error = loaded.unwrap_err();
        assert!(matches!(error, DataError::NotInstalled { .. }), "{error}");
        assert!(error.to_string().contains("/usr/share/datasets/fashion-mnist"), "{error}");
        assert!(error.hint().unwrap().contains("`apt install dataset-fashion-mnist`"));
    }
}

#[test]
fn unknown_names_suggest_the_nearest() {
    let error = load("fashion_mnits", &DataOptions::default(), &mut |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "there is no data set 'fashion_mnits'");
    assert_eq!(error.hint().unwrap(), "did you mean 'fashion-mnist'? `lth datasets` lists all");
    let error = load("shakespeare", &DataOptions::default(), &mut |_| {}).unwrap_err();
    assert_eq!(error.hint().unwrap(), "`lth datasets` lists all");
}

#[test]
fn every_data_set_says_whose_it_is_and_has_mirrors() {
    for info in DATASETS {
        assert!(!info.description.is_empty() && !info.licence.is_empty() && info.homepage.contains("://"));
        assert!(info.mirrors.iter().all(|url| url.starts_with("http") && url.ends_with('/')));
        assert!(info.fingerprint.is_none_or(|fingerprint| fingerprint.len() == 64));
    }
}
