//! `lth fsck`.

use lth_lab::{Finding, FindingKind, FolderCheck, Holder, Repair, Repaired, check_folders, repair_folder};

use super::{
    confirm::{check_terminal, confirmed, counted},
    experiment_run::refused,
    fsck_report::{json, text},
    runs::{say_if_none, wanted},
};
use crate::{
    arguments::{FsckArguments, FsckFormat},
    failure::Failure,
    output::{Messages, print},
};

/// Checks run folders, says what was found, and repairs what is to be repaired.
pub(crate) fn run(arguments: &FsckArguments, messages: &Messages) -> Result<(), Failure> {
    if arguments.repair {
        check_terminal(arguments.yes, "nothing was repaired")?;
    }
    let paths = wanted(&arguments.paths);
    let watched = |holder: Option<&Holder>| {
        let who = holder.map_or_else(|| "an unknown process".to_owned(), ToString::to_string);
        messages.info(&format!("{who} has taken a task: waiting for its heartbeat, a minute at most"));
    };
    let checks = check_folders(&paths, &watched).map_err(Failure::bad_input)?;
    say_if_none(checks.is_empty(), &paths, messages);
    for check in &checks {
        if let Some(who) = &check.at_work {
            let folder = check.folder.display();
            messages.warning(&format!("{folder} is left out: {who} works in it"));
        }
    }
    let of_text = arguments.format == FsckFormat::Text;
    if of_text {
        print(&text(&checks))?;
    }
    let done = if arguments.repair { repair(&checks, arguments, messages)? } else { None };
    let repaired = done.as_ref().map_or(&[][..], |done| &done.repaired);
    print(&if of_text { what_was_done(repaired) } else { json(&checks, repaired) })?;
    match done {
        Some(Done { failure: Some(failure), .. }) => Err(failure),
        Some(_) => after_repair(&checks, messages),
        None => verdict(&checks, arguments),
    }
}

/// What was repaired, folder by folder, before one failed.
struct Done {
    repaired: Vec<Repaired>,
    failure: Option<Failure>,
}

/// Repairs each folder; `None` where it was not wanted in the end.
fn repair(
    checks: &[FolderCheck],
    arguments: &FsckArguments,
    messages: &Messages,
) -> Result<Option<Done>, Failure> {
    let all = || checks.iter().flat_map(|check| &check.findings);
    let count = |repair: Repair| all().filter(|finding| finding.repair == repair).count() as u64;
    let foreign = all().filter(|finding| arguments.foreign && finding.kind == FindingKind::Foreign);
    let (moved, removed) = (count(Repair::Quarantine) + foreign.count() as u64, count(Repair::Remove));
    if moved + removed > 0 {
        let question = format!("Move {} into quarantine and remove {removed}?", counted(moved, "file"));
        if !confirmed(arguments.yes, &question)? {
            messages.info("nothing was repaired");
            return Ok(None);
        }
    }
    let mut done = Done { repaired: Vec::new(), failure: None };
    for check in checks {
        let is_idle = check.at_work.is_some() || check.findings.is_empty();
        let repaired =
            if is_idle { Ok(Repaired::default()) } else { repair_folder(check, arguments.foreign) };
        match repaired {
            Ok(repaired) => done.repaired.push(repaired),
            Err(error) => {
                done.failure =
                    Some(refused(error).but(&format!("in '{}' all is as it was", check.folder.display())));
                break;
            }
        }
    }
    Ok(Some(done))
}

/// A line a file that was moved or removed.
fn what_was_done(repaired: &[Repaired]) -> String {
    let mut lines = String::new();
    for (from, to) in repaired.iter().flat_map(|repaired| &repaired.moved) {
        lines.push_str(&format!("moved {} to {}\n", from.display(), to.display()));
    }
    for path in repaired.iter().flat_map(|repaired| &repaired.removed) {
        lines.push_str(&format!("removed {}\n", path.display()));
    }
    lines
}

/// Says what is left to do.
fn after_repair(checks: &[FolderCheck], messages: &Messages) -> Result<(), Failure> {
    for check in checks {
        let made_again = |finding: &Finding| {
            finding.kind.is_problem() && matches!(finding.repair, Repair::Rerun | Repair::Quarantine)
        };
        if check.findings.iter().any(made_again) {
            messages.info(&format!("to make again what is missing now, run\n  {}", check.again));
        }
    }
    let left = checks.iter().flat_map(|check| &check.findings);
    let left = left.filter(|finding| finding.kind.is_problem() && finding.repair == Repair::Nothing).count();
    if left == 0 {
        return Ok(());
    }
    let message = format!("{} cannot be repaired", counted(left as u64, "problem"));
    Err(Failure::work(message, "what stands beside each says what can be done"))
}

/// Ends with a failure where results are missing or doubtful.
fn verdict(checks: &[FolderCheck], arguments: &FsckArguments) -> Result<(), Failure> {
    let problems =
        checks.iter().flat_map(|check| &check.findings).filter(|finding| finding.kind.is_problem());
    let count = problems.clone().count();
    let Some(first) = checks.iter().find(|check| check.has_problems()) else { return Ok(()) };
    let folders = checks.iter().filter(|check| check.has_problems()).count() as u64;
    let message = format!("{} in {}", counted(count as u64, "problem"), counted(folders, "folder"));
    let is_moved = problems.clone().any(|finding| finding.repair == Repair::Quarantine);
    let hint = if is_moved && !arguments.repair {
        let paths: Vec<String> = arguments.paths.iter().map(|path| format!(" {}", path.display())).collect();
        format!(
            "`lth fsck --repair{}` moves doubtful files into quarantine, and deletes no result",
            paths.concat()
        )
    } else {
        format!("{} makes again what is missing", first.again)
    };
    Err(Failure::work(message, hint))
}
