//! Downloads from mirrors that behave and misbehave. Whatever happens, no file under its final name is incomplete.

use std::fs;

use crate::support::{
    NAMES,
    fetch::{IMAGES, all_files, fetch, names, only_problem, options, small},
    gzip, listing,
    server::{Answer, Mirror},
    sound,
};
use lth_data::{DataError, DataOptions, DownloadProgress, LoadProgress, TransferProblem, load_dataset};
use lth_model::Hint;
use tempfile::tempdir;

#[test]
fn fetches_four_files_once_with_progress() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    let mut seen: Vec<DownloadProgress> = Vec::new();
    let dataset = load_dataset(&small(), &options(cache.path(), &[&mirror]), &mut |progress| {
        if let LoadProgress::Download(progress) = progress {
            seen.push(progress);
        }
    })
    .unwrap();
    assert_eq!(Some(dataset.fingerprint.as_str()), small().fingerprint);
    assert_eq!(dataset.train.bytes[..], sound()[0].1[16..]);
    assert!(dataset.source.starts_with("cache '"), "{}", dataset.source);
    assert_eq!(names(cache.path()), all_files());

    for (number, name) in (1..).zip(NAMES) {
        let length = mirror.packed(name).len() as u64;
        let of_file: Vec<_> = seen.iter().filter(|progress| progress.file == format!("{name}.gz")).collect();
        assert!(of_file.iter().all(|progress| progress.number == number && progress.of == 4));
        assert!(
            of_file.iter().all(|progress| progress.total == Some(length) && progress.mirror == mirror.url)
        );
        assert_eq!((of_file[0].received, of_file.last().unwrap().received), (0, length));
        assert!(of_file.is_sorted_by_key(|progress| progress.received));
    }

    // Again: nothing is asked for; and also without permission to download.
    fetch(cache.path(), &[&mirror]).unwrap();
    assert_eq!(mirror.request_count(), 4);
    let offline = DataOptions { download: false, ..options(cache.path(), &[]) };
    load_dataset(&small(), &offline, &mut |_| panic!("nothing is downloaded")).unwrap();
}

#[test]
fn a_mirror_without_a_slash_at_its_end() {
    let (mut mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.url.pop();
    fetch(cache.path(), &[&mirror]).unwrap();
}

#[test]
fn a_truncated_body() {
    for answer in [Answer::Cut(2000), Answer::CutUnannounced(2000)] {
        let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
        mirror.order(IMAGES, &[answer]);
        let problem = only_problem(cache.path(), &mirror);
        assert!(matches!(problem, TransferProblem::Damaged(_)), "{problem}");
        assert!(names(cache.path()).is_empty(), "{:?}", names(cache.path()));
    }
}

#[test]
fn a_wrong_checksum() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    let mut other = sound()[0].1.clone();
    other[100] ^= 1;
    mirror.order(IMAGES, &[Answer::Other(other)]);
    let problem = only_problem(cache.path(), &mirror);
    let expected = small().format.files()[0].checksum.md5();
    assert!(
        matches!(problem, TransferProblem::Checksum { expected: sum, .. } if sum == expected),
        "{problem}"
    );
    assert!(names(cache.path()).is_empty());
}

#[test]
fn a_web_page_in_place_of_the_file() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::Raw(b"<html>please log in</html>".to_vec())]);
    let problem = only_problem(cache.path(), &mirror);
    assert!(matches!(problem, TransferProblem::Damaged(_)), "{problem}");
}

#[test]
fn more_than_the_file_can_have() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::Raw(vec![1; 3 << 20])]);
    let problem = only_problem(cache.path(), &mirror);
    assert!(matches!(problem, TransferProblem::TooLong(_)), "{problem}");
    assert!(names(cache.path()).is_empty());
}

#[test]
fn not_found() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::Status(404)]);
    let error = fetch(cache.path(), &[&mirror]).unwrap_err();
    assert!(names(cache.path()).is_empty());
    let expected =
        format!("cannot download '{IMAGES}.gz': {}{IMAGES}.gz answers with HTTP status 404", mirror.url);
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("check the network"));
}

#[test]
fn the_second_mirror_is_used_after_any_failure_of_the_first() {
    let mut other = sound()[0].1.clone();
    other[100] ^= 1;
    for answer in [Answer::Status(404), Answer::Silence, Answer::Other(other), Answer::Cut(300)] {
        let (first, second, cache) = (Mirror::start(&sound()), Mirror::start(&sound()), tempdir().unwrap());
        first.order(IMAGES, &[answer]);
        let dataset = fetch(cache.path(), &[&first, &second]).unwrap();
        assert_eq!(Some(dataset.fingerprint.as_str()), small().fingerprint);
        assert_eq!(second.requests(IMAGES).len(), 1);
        assert_eq!(names(cache.path()), all_files());
    }
}

#[test]
fn every_mirrors_failure_is_told() {
    let (first, second, cache) = (Mirror::start(&sound()), Mirror::start(&sound()), tempdir().unwrap());
    first.order(IMAGES, &[Answer::Status(404)]);
    second.order(IMAGES, &[Answer::Status(500)]);
    let message = fetch(cache.path(), &[&first, &second]).unwrap_err().to_string();
    assert!(message.contains("HTTP status 404; ") && message.ends_with("HTTP status 500"), "{message}");
}

#[test]
fn nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cache = tempdir().unwrap();
    let options = DataOptions { mirrors: vec![format!("http://{free}/")], ..options(cache.path(), &[]) };
    let error = load_dataset(&small(), &options, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("cannot be reached"), "{error}");
}

#[test]
fn mirrors_that_are_no_addresses() {
    let cache = tempdir().unwrap();
    for url in ["", "example.org/mnist", "ftp://example.org/", "file:///tmp", "not an address"] {
        let options = DataOptions { mirrors: vec![url.to_owned()], ..options(cache.path(), &[]) };
        let error = load_dataset(&small(), &options, &mut |_| {}).unwrap_err();
        assert!(matches!(error, DataError::InvalidMirror { .. }), "{url}: {error}");
        assert!(error.hint().unwrap().contains("--mirror https://"));
        assert!(listing(cache.path()).is_empty());
    }
}

#[test]
fn a_cached_file_that_is_damaged_is_said_and_repaired() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    fetch(cache.path(), &[&mirror]).unwrap();
    let mut other = sound()[0].1.clone();
    other[100] ^= 1;
    fs::write(cache.path().join(format!("small/{IMAGES}.gz")), gzip(&other)).unwrap();

    let offline = DataOptions { download: false, ..options(cache.path(), &[]) };
    let error = load_dataset(&small(), &offline, &mut |_| {}).unwrap_err();
    assert!(matches!(error, DataError::CacheDamaged { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--download"));

    fetch(cache.path(), &[&mirror]).unwrap();
    assert_eq!(mirror.request_count(), 4 + 1);
}

#[test]
fn nothing_is_fetched_without_permission() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    let offline = DataOptions { download: false, ..options(cache.path(), &[&mirror]) };
    let error = load_dataset(&small(), &offline, &mut |_| {}).unwrap_err();
    assert!(matches!(error, DataError::NotInstalled { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--download"));
    assert_eq!(mirror.request_count(), 0);
    assert!(listing(cache.path()).is_empty());
}

#[test]
fn a_cache_that_cannot_be_made() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    let file = cache.path().join("file");
    fs::write(&file, b"x").unwrap();
    let error = fetch(&file, &[&mirror]).unwrap_err();
    assert!(matches!(error, DataError::Cache { action: "create", .. }), "{error}");
    assert!(error.hint().unwrap().contains("cache folder"));
}

#[test]
fn two_at_the_same_time_fetch_once() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| fetch(cache.path(), &[&mirror]).unwrap().fingerprint));
        assert!(
            both.map(|one| one.join().unwrap())
                .iter()
                .all(|found| Some(found.as_str()) == small().fingerprint)
        );
    });
    assert_eq!(mirror.request_count(), 4);
}

/// As torchvision: what a folder of data sets does not hold is put there, where it puts it.
#[test]
fn a_folder_of_data_sets_is_filled() {
    let (mirror, place) = (Mirror::start(&sound()), tempdir().unwrap());
    let root = place.path().join("datasets");
    let filling = DataOptions {
        folder: Some(root.clone()),
        fill_folder: true,
        download: false,
        ..options(&place.path().join("cache"), &[&mirror])
    };
    let load = |options: &DataOptions| load_dataset(&small(), options, &mut |_| {});
    let dataset = load(&filling).unwrap();
    assert_eq!(Some(dataset.fingerprint.as_str()), small().fingerprint);
    assert!(dataset.source.starts_with("folder '") && dataset.source.ends_with("raw'"), "{}", dataset.source);
    for name in NAMES {
        assert!(root.join(small().torchvision).join(format!("{name}.gz")).is_file());
    }
    assert!(!place.path().join("cache").exists());
    let asked = mirror.requests(IMAGES).len();
    load(&filling).unwrap();
    load(&DataOptions { fill_folder: false, ..filling.clone() }).unwrap();
    assert_eq!(mirror.requests(IMAGES).len(), asked);

    // Nobody has it: nothing is left behind, and it is said what to put where.
    fs::remove_dir_all(&root).unwrap();
    let nobody = DataOptions { mirrors: vec!["http://127.0.0.1:9/".to_owned()], ..filling.clone() };
    let error = load(&nobody).unwrap_err();
    assert!(matches!(error, DataError::NotInFolder { .. }), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.starts_with("put train-images-idx3-ubyte.gz, ") && hint.contains("Small/raw'"), "{hint}");
    assert!(!root.exists());

    // What is in the cache is not fetched again.
    fetch(&filling.cache, &[&mirror]).unwrap();
    let mut elsewhere = None;
    let found = load_dataset(&small(), &nobody, &mut |progress| {
        if let LoadProgress::Elsewhere { source, .. } = progress {
            elsewhere = Some(source);
        }
    });
    assert_eq!(found.unwrap().fingerprint, dataset.fingerprint);
    assert!(elsewhere.unwrap().starts_with("cache '"));
    // A file among the folders is no folder of data sets.
    fs::write(&root, "x").unwrap();
    assert!(matches!(load(&filling), Err(DataError::FolderIsFile { .. })));
}
