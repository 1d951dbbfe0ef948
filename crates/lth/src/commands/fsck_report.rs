//! What `lth fsck` found, as lines or JSON.

use std::path::Path;

use lth_lab::{Finding, FindingKind, FolderCheck, Repair, Repaired};
use serde_json::{Value, json};

use super::confirm::counted;

/// A line a file, then how much was looked at.
pub(super) fn text(checks: &[FolderCheck]) -> String {
    let mut text = String::new();
    for check in checks {
        for finding in &check.findings {
            let path = finding.path.display();
            let name = finding.kind.name();
            text.push_str(&format!(
                "{path}: {name}: {}{}\n",
                finding.explanation,
                what_to_do(finding.kind, finding.repair)
            ));
        }
    }
    let all = || checks.iter().flat_map(|check| &check.findings);
    let problems = all().filter(|finding| finding.kind.is_problem()).count() as u64;
    let notes = all().count() as u64 - problems;
    let checked = checks.iter().filter(|check| check.at_work.is_none());
    let files: usize = checked.clone().map(|check| check.files).sum();
    let found = match (problems, notes) {
        (0, 0) => "all is well".to_owned(),
        (0, notes) => format!("all is well, {}", counted(notes, "note")),
        (problems, 0) => counted(problems, "problem"),
        (problems, notes) => format!("{}, {}", counted(problems, "problem"), counted(notes, "note")),
    };
    let folders = counted(checked.count() as u64, "folder");
    text.push_str(&format!("{folders}, {}: {found}\n", counted(files as u64, "file")));
    text
}

fn what_to_do(kind: FindingKind, repair: Repair) -> &'static str {
    match repair {
        Repair::Rerun if kind.is_problem() => " (the command that made it makes it again)",
        Repair::Nothing | Repair::Rerun => "",
        Repair::Remove => " (--repair removes it)",
        Repair::Quarantine => " (--repair moves it into quarantine)",
    }
}

/// An object a folder.
pub(super) fn json(checks: &[FolderCheck], repaired: &[Repaired]) -> String {
    let word = |path: &Path| path.display().to_string();
    let finding = |finding: &Finding| {
        json!({
            "path": word(&finding.path),
            "kind": finding.kind.name(),
            "problem": finding.kind.is_problem(),
            "explanation": finding.explanation,
            "repair": finding.repair.name(),
        })
    };
    let done = |done: &Repaired| {
        let moved: Vec<Value> =
            done.moved.iter().map(|(from, to)| json!({ "from": word(from), "to": word(to) })).collect();
        let removed: Vec<String> = done.removed.iter().map(|path| word(path)).collect();
        json!({ "moved": moved, "removed": removed })
    };
    let object = |(number, check): (usize, &FolderCheck)| {
        json!({
            "folder": word(&check.folder),
            "at_work": check.at_work,
            "files": check.files,
            "findings": check.findings.iter().map(finding).collect::<Vec<Value>>(),
            "again": check.again,
            "repaired": repaired.get(number).map(done),
        })
    };
    let objects: Vec<Value> = checks.iter().enumerate().map(object).collect();
    format!("{:#}\n", Value::Array(objects))
}
