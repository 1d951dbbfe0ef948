//! Giving a sweep to HyperQueue.

use std::{ffi::OsString, path::Path};

use super::{ClusterCommand, ClusterWork, Submitted, jobs::Jobs, program::call};
use crate::{
    LabError,
    atomic::{create_folder, write_file},
};

const WHERE: &str = "put HyperQueue's `hq` into a folder of $PATH";

/// How often the worker of a task may die before HyperQueue gives the task up.
const CRASH_LIMIT: usize = 100;

/// Does a command in a way that what it says is added to a file: HyperQueue itself would begin the file anew at each start.
const LOGGED: &str = r#"exec >>"$0" 2>&1; exec "$@""#;

/// The job file of what is left of a sweep: a task for each training with what it waits for, and one that writes the table. `folder`
/// is where the file and the logs lie.
pub fn hyperqueue_job(work: &ClusterWork, command: &ClusterCommand, folder: &Path) -> String {
    let sweep = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let mut text = format!("name = {}\n", text_of(&format!("lth-{sweep}")));
    let mut add = |id: usize, name: &str, words: Vec<String>, after: &[usize]| {
        let log = folder.join("logs").join(format!("{name}.log")).display().to_string();
        let shell = ["/bin/sh", "-c", LOGGED, &log].map(str::to_owned);
        let words: Vec<String> = shell.into_iter().chain(words).map(|word| text_of(&word)).collect();
        let after: Vec<String> = after.iter().map(|before| (before + 1).to_string()).collect();
        text.push_str(&format!(
            "\n[[task]]\nid = {}\ndeps = [{}]\ncwd = {}\nstdout = \"none\"\nstderr = \"none\"\ncrash_limit = {CRASH_LIMIT}\ncommand = [{}]\n",
            id + 1,
            after.join(", "),
            text_of(&command.folder.display().to_string()),
            words.join(", "),
        ));
        text.push_str(&format!("[[task.request]]\nresources = {{ \"cpus\" = {} }}\n", command.threads));
    };
    for (place, task) in work.tasks.iter().enumerate() {
        add(place, &task.id, command.task(&task.id), &task.after);
    }
    add(work.tasks.len(), "table", command.table(), &work.last());
    text
}

/// Gives what is left of a sweep to HyperQueue. `folder` is that of the sweep; job file, logs and `jobs.csv` go into `hyperqueue/`
/// there. `options` are words for `hq`.
///
/// # Errors
/// When `hq` is not there or refuses, or files cannot be written.
pub fn submit_to_hyperqueue(
    work: &ClusterWork,
    command: &ClusterCommand,
    folder: &Path,
    options: &[String],
) -> Result<Submitted, LabError> {
    // Before anything is written, whether it is there at all.
    call("hq", &["--version"], WHERE)?;
    let own = folder.join("hyperqueue");
    create_folder(&own.join("logs"))?;
    let file = own.join("job.toml");
    write_file(&file, hyperqueue_job(work, command, &own).as_bytes())?;
    let mut words: Vec<OsString> = options.iter().map(OsString::from).collect();
    words.extend(["--output-mode=quiet", "job", "submit-file"].map(OsString::from));
    words.push(file.into());
    let job = call("hq", &words, WHERE)?.trim().to_owned();
    Jobs::of(&own).note(&job, "job.toml", work.tasks.len())?;
    Ok(Submitted { jobs: vec![job], trainings: work.tasks.len() })
}

/// A text of TOML.
fn text_of(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::work::tests::{command, plan_of};
    use super::*;

    #[test]
    fn the_job_file_has_a_task_for_each_training_and_one_for_the_table() {
        let plan = plan_of("rounds = 2\n[axes]\ncriterion = [\"large-final\", \"movement\"]\n");
        let work = ClusterWork::of(&plan, &HashSet::new());
        let text = hyperqueue_job(&work, &command(), Path::new("/home/me/my runs/sweep-00ff/hyperqueue"));
        let job: toml::Table = text.parse().unwrap();
        assert_eq!(job["name"].as_str(), Some("lth-sweep-00ff"));
        let tasks = job["task"].as_array().unwrap();
        let number = |value: &toml::Value| value.as_integer().unwrap();
        let deps =
            |task: &toml::Value| task["deps"].as_array().unwrap().iter().map(number).collect::<Vec<_>>();
        let all: Vec<(i64, Vec<i64>)> = tasks.iter().map(|task| (number(&task["id"]), deps(task))).collect();
        assert_eq!(all, [(1, vec![]), (2, vec![1]), (3, vec![1]), (4, vec![2, 3])]);
        let words: Vec<&str> =
            tasks[1]["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let log = format!("/home/me/my runs/sweep-00ff/hyperqueue/logs/{}.log", work.tasks[1].id);
        assert_eq!(words[..4], ["/bin/sh", "-c", LOGGED, &log]);
        assert_eq!(words[4..7], ["/opt/lth", "sweep", "/home/me/my runs/sweep-00ff/sweep.toml"]);
        assert_eq!(words.last(), Some(&&*work.tasks[1].id));
        assert_eq!(number(&tasks[0]["request"][0]["resources"]["cpus"]), 1);
    }
}
