//! Files that are damaged, byte by byte.

use super::*;

/// What nobody can tell of a change: times, which are in no other file; weights that only another training gives; a digit that does not
/// change a number, or, of test results on the way, not in single precision; the noise of a verdict, which follows from the test set.
fn may_change(name: &Path, before: &[u8], changed: &[u8], at: usize) -> bool {
    let name = name.to_str().unwrap();
    let file = name.rsplit('/').next().unwrap();
    let start = before[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let line = |bytes: &[u8]| {
        let line = bytes[start..].split(|&byte| byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    };
    let (own, other) = (line(before), line(changed));
    let column = before[start..at].split(|&byte| byte == b',').count() - 1;
    let number = |line: &str| line.split(',').nth(column).and_then(|cell| cell.parse::<f64>().ok());
    let is_same_number = number(&own).is_some() && number(&own) == number(&other);
    let is_nearly = number(&own).map(|n| n as f32) == number(&other).map(|n| n as f32);
    let header = String::from_utf8_lossy(before).lines().next().unwrap_or_default().to_owned();
    let title = || header.split(',').nth(column).unwrap_or_default().to_owned();
    match file {
        // Comments, spaces, and what extends a run.
        "experiment.toml" => {
            let extends = ["rounds", "replicates", "keep", "controls", "name", "tags"];
            own.starts_with('#') || before[at] == b' ' || extends.iter().any(|key| own.starts_with(key))
        }
        "metrics.csv" => is_same_number || (own.contains(",test,") && is_nearly),
        "metrics-lec.csv" => column == 0 || is_same_number,
        "summary.csv" => title() == "verdict_accuracy_noise" || is_same_number,
        "timing.csv" => is_same_number,
        "timing.json" => own.contains("finished"),
        "trained.safetensors" => true,
        "rewind.safetensors" | "ticket.safetensors" => {
            let text = String::from_utf8_lossy(&before[at.saturating_sub(20)..=at]).into_owned();
            let header = 8 + u64::from_le_bytes(*before.first_chunk().unwrap()) as usize;
            let is_known = name.ends_with("ticket.safetensors") && !name.contains("controls");
            !is_known && (text.contains("created-by") || at >= header)
        }
        _ => false,
    }
}

/// Flips a bit in every so many bytes of every file: what is found, and what is not.
#[test]
fn a_changed_bit_anywhere_is_found() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let (mut count, mut missed) = (0, BTreeSet::new());
    for name in names(layout.root()) {
        let path = layout.root().join(&name);
        let before = fs::read(&path).unwrap();
        let is_binary = path.extension().is_some_and(|ending| ending == "safetensors");
        let stride = if is_binary { 83 } else { 11 };
        for at in (0..before.len()).step_by(stride) {
            let mut changed = before.clone();
            changed[at] ^= 1;
            put(&path, &changed);
            count += 1;
            if problems(output.path()).is_empty() && !may_change(&name, &before, &changed, at) {
                let from = at.saturating_sub(20);
                let text = String::from_utf8_lossy(&before[from..(at + 20).min(before.len())]).into_owned();
                missed.insert(format!("{} at {at}: {text:?}", name.display()));
            }
        }
        put(&path, &before);
    }
    assert_eq!(findings(output.path()), []);
    eprintln!("{count} changed bits");
    assert!(missed.is_empty(), "{} of {count}: {missed:#?}", missed.len());
}

/// A damage, and the file that it is done to.
type Damage = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

const DAMAGES: [Damage; 5] = [
    ("lost", |_| None),
    ("cut off", |bytes| Some(bytes[..bytes.len() / 2].to_vec())),
    ("overwritten", |bytes| Some(b"notes of mine\n".iter().cycle().take(bytes.len()).copied().collect())),
    ("changed", |bytes| {
        let mut bytes = bytes.to_vec();
        let at = bytes.iter().rposition(u8::is_ascii_digit).unwrap_or(bytes.len() / 2);
        bytes[at] ^= 1;
        Some(bytes)
    }),
    ("emptied", |_| Some(Vec::new())),
];

#[test]
fn each_damage_of_each_file_is_repaired_to_the_same_bits() {
    let mut count = 0;
    for (keep, damages) in [(Keep::Tickets, &DAMAGES[..2]), (Keep::All, &DAMAGES[1..])] {
        let experiment = small(keep);
        let (output, layout) = finished(&experiment);
        let root = layout.root();
        let before = exact_files(root);
        for name in names(root) {
            let path = root.join(&name);
            let bytes = fs::read(&path).unwrap();
            for (what, damage) in damages {
                let damaged = damage(&bytes);
                if let Some(damaged) = &damaged
                    && let Some(at) = (0..bytes.len()).find(|&at| damaged.get(at) != Some(&bytes[at]))
                    && *what == "changed"
                    && (may_change(&name, &bytes, damaged, at) || name.ends_with("provenance.json"))
                {
                    continue;
                }
                let what = format!("{} {what}", name.display());
                match &damaged {
                    Some(damaged) => put(&path, damaged),
                    None => fs::remove_file(&path).unwrap(),
                }
                let found = findings(output.path());
                assert!(found.iter().any(|finding| finding.path == path), "{what}: {found:?}");
                for check in check(output.path()) {
                    let repaired = repair_folder(&check, false).unwrap();
                    let is_index = |path: &PathBuf| path.starts_with(output.path().join(".lth"));
                    assert!(repaired.removed.iter().all(is_index), "{what}: {repaired:?}");
                    // What was moved has the bytes that it had.
                    for (from, to) in repaired.moved.iter().filter(|(from, _)| *from == path) {
                        assert_eq!(Some(fs::read(to).unwrap()), damaged, "{what}: {}", from.display());
                    }
                }
                again(&experiment, output.path());
                fs::remove_dir_all(layout.quarantine()).ok();
                let now = exact_files(root);
                let differing = before.iter().filter(|(name, bytes)| now.get(*name) != Some(bytes));
                let differing: Vec<_> = differing.map(|(name, _)| name).collect();
                assert!(differing.is_empty() && now.len() == before.len(), "{what}: {differing:?} {found:?}");
                assert_eq!(problems(output.path()), [], "{what}");
                put(&path, &bytes);
                if name.ends_with("timing.json") {
                    again(&experiment, output.path());
                }
                count += 1;
            }
        }
    }
    eprintln!("{count} damages repaired");
}

/// What decided the bits of a training is known by its hash alone, which only the run command computes.
#[test]
fn weights_that_no_other_file_knows_are_known_to_the_run() {
    let experiment = small(Keep::Tickets);
    let (output, layout) = finished(&experiment);
    let control = Variant::Control(toy::control("random-reinit"));
    let path = layout.ticket(0, control, 2);
    let mut file = lth_model::TensorFile::read(&path).unwrap();
    file.tensors["fc1.bias"].data_mut()[0] += 1.0;
    put(&path, &file.to_bytes());
    assert_eq!(findings(output.path()), []);
    let report = Setup::default().run(&experiment, output.path()).unwrap();
    assert!(report.failures[0].to_string().contains("trained from another ticket"), "{:?}", report.failures);
}
