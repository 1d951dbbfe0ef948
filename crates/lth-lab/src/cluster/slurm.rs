//! Giving a sweep to Slurm.

use std::{ffi::OsString, path::Path};

use super::{ClusterCommand, ClusterWork, SlurmScript, Submitted, jobs::Jobs, program::call, slurm_scripts};
use crate::{
    LabError,
    atomic::{create_folder, write_file},
};

const WHERE: &str = "log in where Slurm's programs are, or load their module";

/// The largest array of a Slurm that does not say it.
const USUAL_ARRAY: usize = 1001;

/// Gives what is left of a sweep to Slurm: job arrays, each group after the one before, and at last the job that writes the table.
/// `folder` is that of the sweep; scripts, logs and `jobs.csv` go into `slurm/` there. `options` are words for `sbatch`.
///
/// # Errors
/// When an option cannot be given on, Slurm's programs are not there or refuse, or jobs of this sweep are queued already; what was queued
/// before a refusal is said.
pub fn submit_to_slurm(
    work: &ClusterWork,
    command: &ClusterCommand,
    folder: &Path,
    options: &[String],
) -> Result<Submitted, LabError> {
    check_slurm_options(options)?;
    let max_array = max_array(&call("scontrol", &["show", "config"], WHERE)?)?;
    let slurm = folder.join("slurm");
    refuse_twice(folder)?;
    create_folder(&slurm.join("logs"))?;
    let scripts = slurm_scripts(work, command, &slurm, max_array, options);
    for script in &scripts {
        write_file(&slurm.join(&script.name), script.text.as_bytes())?;
    }
    let mut jobs = Jobs::of(&slurm);
    let mut queued: Vec<(usize, String)> = Vec::new();
    for script in &scripts {
        let job = sbatch(script, &slurm, &queued).map_err(|error| with_queued(error, &queued))?;
        queued.push((script.level, job.clone()));
        jobs.note(&job, &script.name, script.trainings)?;
    }
    Ok(Submitted { jobs: queued.into_iter().map(|(_, job)| job).collect(), trainings: work.tasks.len() })
}

/// Refuses options for `sbatch` that say what the scripts say.
///
/// # Errors
/// When there is one, or one is none.
pub fn check_slurm_options(options: &[String]) -> Result<(), LabError> {
    const OURS: [&str; 5] = ["--array", "-a", "--dependency", "-d", "--wrap"];
    for option in options {
        let name = option.split(['=', ' ']).next().unwrap_or_default();
        let reason = if OURS.contains(&name) {
            "the scripts say that themselves"
        } else if !option.starts_with('-') || option.contains(['\n', '\r']) {
            "it is no option of sbatch"
        } else {
            continue;
        };
        return Err(LabError::Setting {
            setting: "job-option",
            value: option.clone(),
            reason: reason.to_owned(),
            hint: "for example --job-option=--partition=short --job-option=--time=120".to_owned(),
        });
    }
    Ok(())
}

/// How many jobs an array may have, by what Slurm says of itself.
fn max_array(config: &str) -> Result<usize, LabError> {
    let line = config.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"));
    let size = line.and_then(|rest| rest.trim_start_matches([' ', '=']).trim().parse().ok());
    match size {
        None => Ok(USUAL_ARRAY),
        Some(0) => Err(LabError::Refused {
            reason: "this Slurm takes no job arrays: its MaxArraySize is 0".to_owned(),
            hint: "`--print-tasks` prints a command for each training, to be given to sbatch one by one"
                .to_owned(),
        }),
        Some(size) => Ok(size),
    }
}

/// Jobs of this sweep that are queued or run would only be waited for by others.
fn refuse_twice(folder: &Path) -> Result<(), LabError> {
    let name = format!("lth-{}", folder.file_name().unwrap_or_default().to_string_lossy());
    let words = ["--noheader", "--me", "--format=%F", "--name", &name];
    // That is a favour: where it cannot be asked, leases make two submissions harmless.
    let Ok(listed) = call("squeue", &words, WHERE) else { return Ok(()) };
    let mut jobs: Vec<&str> = listed.split_whitespace().collect();
    jobs.dedup();
    if jobs.is_empty() {
        return Ok(());
    }
    Err(LabError::Refused {
        reason: format!("jobs of this sweep are queued already: {}", jobs.join(", ")),
        hint: format!("wait for them, or take them back with `scancel --name={name}`"),
    })
}

/// Queues a script after all jobs of the group before; returns the job's number.
fn sbatch(script: &SlurmScript, slurm: &Path, queued: &[(usize, String)]) -> Result<String, LabError> {
    let before: Vec<&str> = queued
        .iter()
        .filter(|(level, _)| level + 1 == script.level)
        .map(|(_, job)| job.split(';').next().unwrap_or(job))
        .collect();
    let mut words: Vec<OsString> = vec!["--parsable".into()];
    if !before.is_empty() {
        // Trainings after one that failed say so themselves, and other runs go on.
        words.push(format!("--dependency=afterany:{}", before.join(":")).into());
    }
    words.push(slurm.join(&script.name).into());
    // With clusters' names: 12;north.
    Ok(call("sbatch", &words, WHERE)?.trim().to_owned())
}

/// A refusal, with what is queued all the same.
fn with_queued(error: LabError, queued: &[(usize, String)]) -> LabError {
    match error {
        LabError::Refused { reason, .. } if !queued.is_empty() => {
            let jobs: Vec<&str> = queued.iter().map(|(_, job)| &**job).collect();
            LabError::Refused {
                reason: format!("{reason} (queued before that: {})", jobs.join(", ")),
                hint: format!(
                    "they do their part of the sweep; `scancel {}` takes them back, and the same command queues what is then left",
                    jobs.join(" ")
                ),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_model::Hint;

    #[test]
    fn the_size_of_arrays_is_what_slurm_says() {
        let config = "MaxArrayTasks           = 7\nMaxArraySize            = 4001\nMaxBatchRequeue = 5\n";
        assert_eq!(max_array(config).unwrap(), 4001);
        assert_eq!(max_array("ClusterName = x\n").unwrap(), USUAL_ARRAY);
        assert!(max_array("MaxArraySize = 0\n").unwrap_err().hint().unwrap().contains("--print-tasks"));
    }

    #[test]
    fn options_that_the_scripts_have_are_refused() {
        let check = |option: &str| check_slurm_options(&[option.to_owned()]);
        for option in ["--partition=short", "-p short", "--mem=4G", "--account=a"] {
            check(option).unwrap();
        }
        for option in ["--array=1-3", "--dependency=singleton", "-d", "--wrap", "short", "--x\n#SBATCH --y"] {
            let error = check(option).unwrap_err();
            assert!(error.hint().unwrap().contains("--partition=short"), "{error}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_queued() {
        let refused =
            || LabError::Refused { reason: "sbatch: no".to_owned(), hint: "nothing was queued".to_owned() };
        let error = with_queued(refused(), &[(0, "11".to_owned()), (1, "12".to_owned())]);
        assert_eq!(error.to_string(), "sbatch: no (queued before that: 11, 12)");
        assert!(error.hint().unwrap().contains("scancel 11 12"));
        assert_eq!(with_queued(refused(), &[]).to_string(), "sbatch: no");
    }
}
