//! `lth sweep --on` with programs that stand for those of a cluster: what they are given, and what is said when they are not there
//! or refuse. The real ones are in `tests/cluster/` of the workspace.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use assert_cmd::Command;

use crate::common::{SMALL, Sandbox, visible};

/// 5 trainings in 3 groups.
const ON: &str = "--axis criterion=large-final,movement -i 3 --on";

/// Notes how it is called and numbers the jobs; refuses the script that `$REFUSED` names.
const SBATCH: &str = r#"#!/bin/sh
echo "$@" >>calls
for script do :; done
case "$script" in *"${REFUSED:-none}") echo "sbatch: error: too many jobs" >&2; exit 1 ;; esac
wc -l <calls
"#;

fn sweep(on: &str) -> String {
    format!("sweep {} --data-folder data {ON} {on}", SMALL.replace("mnist data", "mnist"))
}

fn program(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.join("bin").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A Slurm of arrays of two jobs.
fn slurm() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.data();
    program(&sandbox, "scontrol", "#!/bin/sh\necho 'MaxArraySize            = 2'\n");
    program(&sandbox, "squeue", "#!/bin/sh\n");
    program(&sandbox, "sbatch", SBATCH);
    sandbox
}

fn lth(sandbox: &Sandbox, flags: &str) -> Command {
    let mut command = sandbox.lth(flags);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", sandbox.join("bin").display()));
    command
}

/// The folder of the sweep and what was said.
fn queued(sandbox: &Sandbox, flags: &str) -> (PathBuf, String) {
    let assert = lth(sandbox, flags).assert().success();
    let output = assert.get_output();
    let folder = String::from_utf8(output.stdout.clone()).unwrap();
    (sandbox.join(folder.trim()), String::from_utf8(output.stderr.clone()).unwrap())
}

fn failure(sandbox: &Sandbox, flags: &str, refused: &str) -> String {
    let assert = lth(sandbox, flags).env("REFUSED", refused).assert().code(1);
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    visible(folder).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn slurm_is_given_arrays_one_after_the_other() {
    let sandbox = slurm();
    let dry = lth(&sandbox, &sweep("slurm --dry-run")).assert().success();
    let said = String::from_utf8_lossy(&dry.get_output().stderr).into_owned();
    assert!(said.contains("0 trainings are done, 5 are left, in 3 groups"), "{said}");
    assert!(!sandbox.join("runs").exists() && !sandbox.join("calls").exists(), "a dry run writes nothing");

    let (folder, said) = queued(&sandbox, &sweep("slurm --job-option=--partition=short"));
    assert!(said.contains("jobs 1, 2, 3, 4; `lth status"), "{said}");
    assert!(folder.join("sweep.toml").is_file());
    let slurm = folder.join("slurm");
    assert_eq!(names(&slurm), ["jobs.csv", "level-0.sh", "level-1.sh", "level-2.sh", "logs", "table.sh"]);
    let calls = fs::read_to_string(sandbox.join("calls")).unwrap();
    let before: Vec<Option<&str>> = calls
        .lines()
        .map(|call| call.split(' ').find_map(|word| word.strip_prefix("--dependency=afterany:")))
        .collect();
    assert_eq!(before, [None, Some("1"), Some("2"), Some("3")]);
    let script = fs::read_to_string(slurm.join("level-1.sh")).unwrap();
    assert!(
        script.contains("#SBATCH --partition=short\n") && script.contains("#SBATCH --array=0-1\n"),
        "{script}"
    );
    let jobs = fs::read_to_string(slurm.join("jobs.csv")).unwrap();
    assert!(jobs.lines().nth(1).unwrap().ends_with(",1,level-0.sh,1"), "{jobs}");

    // What the script of the first group does, without Slurm.
    let run = Command::new("bash")
        .arg(slurm.join("level-0.sh"))
        .env("SLURM_ARRAY_JOB_ID", "1")
        .env("SLURM_ARRAY_TASK_ID", "0")
        .current_dir("/")
        .assert()
        .success();
    assert!(run.get_output().stdout.is_empty(), "all that is said is in the log");
    assert_eq!(names(&slurm.join("logs")).len(), 1);
    let (_, said) = queued(&sandbox, &sweep("slurm"));
    assert!(said.contains("1 trainings are done, 4 are left, in 2 groups"), "{said}");
    // All of it, and then nothing is left.
    lth(&sandbox, &sweep("slurm").replace("--on slurm", "")).assert().success();
    let (_, said) = queued(&sandbox, &sweep("slurm"));
    assert!(said.contains("nothing is left to train"), "{said}");
}

#[test]
fn a_slurm_that_is_not_there_or_refuses_is_an_error_with_what_to_do() {
    let sandbox = slurm();
    let said = failure(&sandbox, &sweep("slurm"), "level-0.sh");
    assert!(said.contains("error: sbatch: sbatch: error: too many jobs\n"), "{said}");
    assert!(said.contains("hint: nothing was queued; `--print-tasks`"), "{said}");
    fs::remove_file(sandbox.join("calls")).unwrap();
    let said = failure(&sandbox, &sweep("slurm"), "level-2.sh");
    assert!(said.contains("too many jobs (queued before that: 1, 2)"), "{said}");
    assert!(said.contains("`scancel 1 2` takes them back"), "{said}");

    program(&sandbox, "squeue", "#!/bin/sh\necho 7\necho 7\n");
    let said = failure(&sandbox, &sweep("slurm"), "");
    assert!(said.contains("queued already: 7\n") && said.contains("scancel --name=lth-sweep-"), "{said}");
    program(&sandbox, "scontrol", "#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n");
    let said = failure(&sandbox, &sweep("slurm"), "");
    assert!(said.contains("error: scontrol: Unable to contact slurm controller\n"), "{said}");

    for cluster in ["slurm", "hyperqueue"] {
        let empty = Sandbox::new();
        empty.data();
        let program = if cluster == "slurm" { "scontrol" } else { "hq" };
        let assert = empty.lth(&sweep(cluster)).env("PATH", empty.join("bin")).assert().code(1);
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(said.contains(&format!("error: there is no program '{program}' here\n")), "{said}");
        assert!(said.contains("hint: ") && said.contains("--print-tasks"), "{said}");
    }
    let options = sweep("slurm --job-option=--array=1-3");
    sandbox.refused(&options, "job-option = --array=1-3", "--partition=short");
}

#[test]
fn hyperqueue_is_given_a_job_file() {
    let sandbox = Sandbox::new();
    sandbox.data();
    let hq = "#!/bin/sh\necho \"$@\" >>calls\n[ \"$1\" = --version ] || echo 12\n";
    program(&sandbox, "hq", hq);
    let (folder, said) = queued(&sandbox, &sweep("hyperqueue --job-option=--server-dir=/there"));
    assert!(said.contains("queued 5 trainings and the table: job 12;"), "{said}");
    let calls = fs::read_to_string(sandbox.join("calls")).unwrap();
    let call = calls.lines().nth(1).unwrap();
    assert!(call.starts_with("--server-dir=/there --output-mode=quiet job submit-file "), "{call}");
    let job = fs::read_to_string(folder.join("hyperqueue/job.toml")).unwrap();
    assert_eq!(job.matches("[[task]]").count(), 6, "{job}");
}

#[test]
fn status_tells_of_a_machine_that_may_be_gone() {
    let sandbox = slurm();
    let (folder, _) = queued(&sandbox, &sweep("slurm"));
    let runs = fs::read_to_string(folder.join("runs.csv")).unwrap();
    let run = runs.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let leases = sandbox.join("runs/.lth/leases");
    fs::create_dir_all(&leases).unwrap();
    let lease = leases.join("00ff");
    let holder = format!(
        "{:016x}\n{{\"host\":\"node7\",\"boot\":null,\"process\":42,\"folder\":\"{run}/replicate-0/round-00\",\"locked\":false,\"nonce\":\"a\"}}\n",
        3
    );
    fs::write(&lease, holder).unwrap();
    let status = || {
        let assert = lth(&sandbox, &format!("status {}", folder.display())).assert().success();
        String::from_utf8(assert.get_output().stderr.clone()).unwrap()
    };
    let said = status();
    assert!(said.contains("process 42 on node7") && !said.contains("no sign of life"), "{said}");
    let file = fs::File::options().write(true).open(&lease).unwrap();
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now - std::time::Duration::from_mins(5)).unwrap();
    let said = status();
    assert!(
        said.contains("warning: ") && said.contains("process 42 on node7 has given no sign of life for 5m"),
        "{said}"
    );
}
