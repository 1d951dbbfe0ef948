//! The scripts that Slurm is given.

use std::{collections::HashSet, path::Path};

use super::{ClusterCommand, ClusterWork, quoted, words};

/// A script of Slurm, a job array or the job that comes last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlurmScript {
    /// The name of its file.
    pub name: String,
    /// Which group of trainings it is of; it waits for all scripts of the group before.
    pub level: usize,
    /// How many trainings it does; 0 for the job that writes the table.
    pub trainings: usize,
    /// What is in it.
    pub text: String,
}

/// The scripts of what is left of a sweep, in the order in which they are given: job arrays of at most `max_array` trainings for
/// each group that waits for the same, then the job that writes the table. `folder` is where scripts and logs lie, `options`
/// are words that come after ours, so that they hold.
pub fn slurm_scripts(
    work: &ClusterWork,
    command: &ClusterCommand,
    folder: &Path,
    max_array: usize,
    options: &[String],
) -> Vec<SlurmScript> {
    let mut scripts = Vec::new();
    let levels = work.levels();
    for (level, places) in levels.iter().enumerate() {
        let chunks = places.chunks(max_array.max(1));
        let parts = chunks.len();
        for (part, chunk) in chunks.enumerate() {
            let ids: Vec<&str> = chunk.iter().map(|&place| &*work.tasks[place].id).collect();
            let name = if parts == 1 {
                format!("level-{level}.sh")
            } else {
                format!("level-{level}-part-{part}.sh")
            };
            let text = array(&ids, command, folder, options);
            scripts.push(SlurmScript { name, level, trainings: ids.len(), text });
        }
    }
    let text = table(command, folder, options);
    scripts.push(SlurmScript { name: "table.sh".to_owned(), level: levels.len(), trainings: 0, text });
    scripts
}

fn array(ids: &[&str], command: &ClusterCommand, folder: &Path, options: &[String]) -> String {
    debug_assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "a training is done once");
    let mut text = head(command, folder, &[format!("--array=0-{}", ids.len() - 1)], options);
    text.push_str(&format!(
        "tasks=(\n{}\n)\ntask=${{tasks[SLURM_ARRAY_TASK_ID]}}\njob=${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID\n",
        ids.join("\n")
    ));
    // The name of the task is the last word.
    let mut words = command.task("");
    words.pop();
    let call = words::command(&words) + " \"$task\"";
    text + &body(&call, command, folder)
}

fn table(command: &ClusterCommand, folder: &Path, options: &[String]) -> String {
    let text = head(command, folder, &[], options) + "task=table\njob=$SLURM_JOB_ID\n";
    text + &body(&words::command(&command.table()), command, folder)
}

/// What Slurm reads of a script.
fn head(command: &ClusterCommand, folder: &Path, own: &[String], options: &[String]) -> String {
    let sweep = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    // What Slurm itself says of any of the jobs; in the name of the file % would begin a pattern.
    let log = folder.join("slurm.log").display().to_string().replace('%', "%%");
    let mut lines = vec![
        format!("--job-name=lth-{sweep}"),
        "--requeue".to_owned(),
        "--open-mode=append".to_owned(),
        format!("--output=\"{log}\""),
        // To this script alone, a minute before the time limit; Slurm may be a minute early.
        "--signal=B:USR1@60".to_owned(),
        "--ntasks=1".to_owned(),
        format!("--cpus-per-task={}", command.threads),
    ];
    lines.extend(own.iter().chain(options).cloned());
    lines.iter().fold("#!/bin/bash\n".to_owned(), |text, line| text + "#SBATCH " + line + "\n")
}

/// Calls the program; shortly before the time limit it saves a checkpoint and the job is queued again, and on a cancelled job
/// it saves one too.
fn body(call: &str, command: &ClusterCommand, folder: &Path) -> String {
    let logs = quoted(&folder.join("logs").display().to_string());
    let directory = quoted(&command.folder.display().to_string());
    format!(
        r#"
again=
program=
trap 'again=yes; [ -z "$program" ] || kill -TERM "$program"' USR1
trap 'again=; [ -z "$program" ] || kill -TERM "$program"' TERM
cd {directory} || exit 1
exec >>{logs}/"$task".log 2>&1
echo "job $job on $(hostname), restarts before: ${{SLURM_RESTART_COUNT:-0}}"
{call} &
program=$!
[ -z "$again" ] || kill -TERM "$program"
wait "$program"
code=$?
# A signal ends the waiting, not the program.
while kill -0 "$program" 2>/dev/null; do
    wait "$program"
    code=$?
done
if [ -n "$again" ] && [ "$code" != 0 ]; then
    echo "job $job is near its time limit and is queued again"
    exec scontrol requeue "$job"
fi
exit "$code"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::super::work::tests::{command, plan_of};
    use super::*;

    fn scripts(max_array: usize, options: &[&str]) -> Vec<SlurmScript> {
        let plan =
            plan_of("rounds = 2\nreplicates = 3\n[axes]\ncriterion = [\"large-final\", \"movement\"]\n");
        let work = ClusterWork::of(&plan, &HashSet::new());
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        slurm_scripts(&work, &command(), Path::new("/home/me/my runs/sweep-00ff/slurm"), max_array, &options)
    }

    #[test]
    fn arrays_are_no_larger_than_slurm_takes_and_have_each_training_once() {
        let names = |max_array| -> Vec<(String, usize, usize)> {
            scripts(max_array, &[]).into_iter().map(|own| (own.name, own.level, own.trainings)).collect()
        };
        let own = |name: &str, level, trainings| (name.to_owned(), level, trainings);
        assert_eq!(names(1001), [own("level-0.sh", 0, 3), own("level-1.sh", 1, 6), own("table.sh", 2, 0)]);
        let expected = [
            own("level-0.sh", 0, 3),
            own("level-1-part-0.sh", 1, 4),
            own("level-1-part-1.sh", 1, 2),
            own("table.sh", 2, 0),
        ];
        assert_eq!(names(4), expected);
        let all = scripts(4, &[]);
        assert!(all[1].text.contains("#SBATCH --array=0-3\n"), "{}", all[1].text);
        assert!(all[2].text.contains("#SBATCH --array=0-1\n"), "{}", all[2].text);
        let is_id = |line: &&str| line.len() == 32 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
        let ids: Vec<&str> = all.iter().flat_map(|own| own.text.lines()).filter(is_id).collect();
        assert_eq!(ids.len(), 9);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 9);
    }

    #[test]
    fn options_of_the_user_come_last_and_paths_are_quoted() {
        let script = &scripts(1001, &["--partition=short", "--signal=B:USR1@300"])[0].text;
        let lines: Vec<&str> = script.lines().take_while(|line| line.starts_with('#')).collect();
        assert_eq!(lines[0], "#!/bin/bash");
        assert_eq!(lines[lines.len() - 2..], ["#SBATCH --partition=short", "#SBATCH --signal=B:USR1@300"]);
        assert!(lines.contains(&"#SBATCH --requeue") && lines.contains(&"#SBATCH --job-name=lth-sweep-00ff"));
        assert!(
            lines.contains(&"#SBATCH --output=\"/home/me/my runs/sweep-00ff/slurm/slurm.log\""),
            "{script}"
        );
        let call = "/opt/lth sweep '/home/me/my runs/sweep-00ff/sweep.toml' --jobs 1 --task \"$task\" &";
        assert!(script.contains(call), "{script}");
        let last = &scripts(1001, &[]).pop().unwrap().text;
        assert!(last.contains("sweep.toml' --jobs 1 --yes &") && !last.contains("--array"), "{last}");
    }

    #[cfg(unix)]
    #[test]
    fn scripts_are_good_bash() {
        let folder = tempfile::tempdir().unwrap();
        for script in scripts(2, &["--time=10"]) {
            let path = folder.path().join(&script.name);
            std::fs::write(&path, &script.text).unwrap();
            let Ok(checked) = std::process::Command::new("bash").arg("-n").arg(&path).output() else {
                return;
            };
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        }
    }
}
