//! Completion in a shell, and man pages.

use std::{fs, process::Command};

use crate::common::Sandbox;

/// What bash offers for the last word of a line; `None` where there is no bash.
fn completions(sandbox: &Sandbox, line: &str) -> Option<Vec<String>> {
    let script = r#"
        source lth.bash
        read -r -a COMP_WORDS <<< "$1"
        [[ $1 == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _clap_complete_lth lth "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    // The script asks the program on the path.
    let folder = assert_cmd::cargo::cargo_bin("lth").parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut bash = Command::new("bash");
    bash.args(["-c", script, "bash", line]).current_dir(sandbox.path()).env("PATH", path);
    let bash = bash.output();
    let output = bash.ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_flags_and_names() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.join("lth.bash"), sandbox.output("completions bash")).unwrap();
    for (line, expected) in [
        ("lth find-w", vec!["find-winning-ticket"]),
        ("lth find-winning-ticket lenet-300", vec!["lenet-300-100"]),
        ("lth find-winning-ticket lenet-300-100 fashion", vec!["fashion-mnist"]),
        ("lth find-ticket resnet-2", vec!["resnet-20"]),
        ("lth find-winning-ticket lenet-300-100 mnist --dry", vec!["--dry-run"]),
        ("lth find-winning-ticket lenet-300-100 mnist --criterion movem", vec!["movement"]),
        ("lth find-winning-ticket lenet-300-100 mnist --control random-r", vec!["random-reinit"]),
        ("lth find-winning-ticket lenet-300-100 mnist --at-init syn", vec!["synflow"]),
        ("lth control runs/x --kind resh", vec!["reshuffle", "reshuffle-same-sign"]),
        ("lth train lenet-300-100 mnist --optimizer adam", vec!["adam", "adamw"]),
        ("lth supermask learn lenet-5 kmn", vec!["kmnist"]),
    ] {
        let Some(found) = completions(&sandbox, line) else {
            eprintln!("there is no bash to complete in");
            return;
        };
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert!(expected.iter().all(|word| found.contains(word)), "{line}: {found:?}");
        assert!(found.len() <= expected.len() + 1, "{line}: {found:?}");
    }
}

#[test]
fn bash_completes_runs_and_tickets() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.join("lth.bash"), sandbox.output("completions bash")).unwrap();
    let run = "runs/lenet-300-100-mnist-1234";
    let round = format!("{run}/replicate-0/round-01");
    fs::create_dir_all(sandbox.join(&round)).unwrap();
    for file in [
        format!("{run}/experiment.toml"),
        format!("{round}/ticket.safetensors"),
        format!("{round}/round.json"),
    ] {
        fs::write(sandbox.join(&file), "").unwrap();
    }
    fs::create_dir_all(sandbox.join("runs/notes")).unwrap();
    for (line, expected) in [
        ("lth stability ru".to_owned(), run.to_owned()),
        ("lth control runs/".to_owned(), run.to_owned()),
        ("lth plot --together runs/lenet".to_owned(), run.to_owned()),
        (format!("lth compare {round}/"), format!("{round}/ticket.safetensors")),
        (format!("lth inspect {round}/ti"), format!("{round}/ticket.safetensors")),
        (format!("lth train lenet-300-100 mnist --ticket {round}/"), format!("{round}/ticket.safetensors")),
        ("lth run runs/".to_owned(), format!("{run}/experiment.toml")),
    ] {
        let Some(found) = completions(&sandbox, &line) else { return };
        assert_eq!(found, [expected], "{line}");
    }
}

#[test]
fn every_command_has_a_man_page() {
    let sandbox = Sandbox::new();
    sandbox.output("man pages");
    for name in ["lth.1", "lth-find-winning-ticket.1", "lth-supermask-learn.1", "lth-plot.1"] {
        let page = fs::read_to_string(sandbox.join("pages").join(name)).unwrap();
        assert!(page.contains(".TH") && page.contains(".SH SYNOPSIS"), "{name}\n{page}");
    }
    assert!(!sandbox.join("pages/lth-markdown-help.1").exists());
}
