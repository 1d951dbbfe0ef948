//! Downloads that break off go on where they ended, and start over where that cannot be.

use std::{fs, time::Duration};

use crate::support::{
    fetch::{IMAGES, all_files, fetch, names, only_problem, small},
    server::{Answer, Mirror},
    sound,
};
use lth_data::{DataError, TransferProblem};
use lth_model::Hint;
use tempfile::tempdir;

#[test]
fn broken_off_and_resumed_in_the_same_command() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::BreakOff(1000), Answer::BreakOff(500), Answer::Well]);
    let dataset = fetch(cache.path(), &[&mirror]).unwrap();
    assert_eq!(Some(dataset.fingerprint.as_str()), small().fingerprint);
    let length = mirror.packed(IMAGES).len();
    let requests: Vec<_> =
        mirror.requests(IMAGES).iter().map(|request| (request.from, request.sent)).collect();
    assert_eq!(requests, [(None, 1000), (Some(1000), 500), (Some(1500), length - 1500)]);
}

#[test]
fn broken_off_and_resumed_by_the_next_command() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::BreakOff(700), Answer::BreakOff(100), Answer::BreakOff(0)]);
    let error = fetch(cache.path(), &[&mirror]).unwrap_err();
    assert!(matches!(error, DataError::Download { kept: 800, .. }), "{error}");
    assert!(error.hint().unwrap().contains("goes on from the 800 bytes"));
    assert_eq!(names(cache.path()), [format!("{IMAGES}.gz.part")]);

    fetch(cache.path(), &[&mirror]).unwrap();
    let last = mirror.requests(IMAGES).pop().unwrap();
    assert_eq!((last.from, last.sent), (Some(800), mirror.packed(IMAGES).len() - 800));
    assert_eq!(names(cache.path()), all_files());
}

#[test]
fn gives_up_on_a_mirror_that_always_breaks_off() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &vec![Answer::BreakOff(10); 9]);
    let problem = only_problem(cache.path(), &mirror);
    assert!(matches!(problem, TransferProblem::BrokenOff { received: 30, total: Some(_) }), "{problem}");
    assert_eq!(mirror.requests(IMAGES).len(), 3);
}

#[test]
fn the_next_mirror_goes_on_where_the_first_broke_off() {
    let (first, second, cache) = (Mirror::start(&sound()), Mirror::start(&sound()), tempdir().unwrap());
    first.order(IMAGES, &[Answer::BreakOff(1000), Answer::Status(503)]);
    fetch(cache.path(), &[&first, &second]).unwrap();
    assert_eq!(second.requests(IMAGES)[0].from, Some(1000));
    // Each file begins with the first mirror again.
    assert_eq!((first.request_count(), second.request_count()), (2 + 3, 1));
}

#[test]
fn starts_over_when_the_server_ignores_the_range() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::BreakOff(1000), Answer::IgnoreRange]);
    fetch(cache.path(), &[&mirror]).unwrap();
    let requests = mirror.requests(IMAGES);
    assert_eq!((requests[1].from, requests[1].sent), (Some(1000), mirror.packed(IMAGES).len()));
}

#[test]
fn a_part_of_another_file_is_thrown_away_and_the_file_fetched_whole() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    fs::create_dir(cache.path().join("small")).unwrap();
    fs::write(cache.path().join(format!("small/{IMAGES}.gz.part")), vec![7; 900]).unwrap();
    fetch(cache.path(), &[&mirror]).unwrap();
    let asked: Vec<_> = mirror.requests(IMAGES).iter().map(|request| request.from).collect();
    assert_eq!(asked, [Some(900), None]);
}

#[test]
fn a_part_that_is_already_whole_or_longer() {
    for extra in [0, 50] {
        let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
        fs::create_dir(cache.path().join("small")).unwrap();
        let mut part = mirror.packed(IMAGES);
        part.resize(part.len() + extra, 1);
        fs::write(cache.path().join(format!("small/{IMAGES}.gz.part")), part).unwrap();
        fetch(cache.path(), &[&mirror]).unwrap();
        assert_eq!(fs::read(cache.path().join(format!("small/{IMAGES}.gz"))).unwrap(), mirror.packed(IMAGES));
        assert_eq!(names(cache.path()), all_files());
    }
}

#[test]
fn starts_over_when_the_server_sends_another_range() {
    let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
    mirror.order(IMAGES, &[Answer::BreakOff(1000), Answer::WrongRange]);
    fetch(cache.path(), &[&mirror]).unwrap();
    let asked: Vec<_> = mirror.requests(IMAGES).iter().map(|request| request.from).collect();
    assert_eq!(asked, [None, Some(1000), None]);

    let cache = tempdir().unwrap();
    mirror.order(IMAGES, &[Answer::WrongRange]);
    let problem = only_problem(cache.path(), &mirror);
    assert!(matches!(problem, TransferProblem::Status(206)), "{problem}");
}

#[test]
fn a_mirror_that_is_slow() {
    for (answer, kept) in [(Answer::Silence, 0), (Answer::Stall(600), 600)] {
        let (mirror, cache) = (Mirror::start(&sound()), tempdir().unwrap());
        mirror.order(IMAGES, &[answer]);
        let start = std::time::Instant::now();
        let error = fetch(cache.path(), &[&mirror]).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert!(error.to_string().ends_with("sends nothing for 0.5 seconds"), "{error}");
        assert!(matches!(error, DataError::Download { kept: bytes, .. } if bytes == kept), "{error:?}");

        fetch(cache.path(), &[&mirror]).unwrap();
        assert_eq!(mirror.requests(IMAGES)[1].from, (kept > 0).then_some(kept as usize));
    }
}
