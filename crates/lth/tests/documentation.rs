//! Every command in README and docs is run, and the texts of help and errors are compared with those in `snapshots/`.

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::Sandbox;

#[test]
fn help_and_errors_read_as_in_the_snapshots() {
    trycmd::TestCases::new().env("NO_COLOR", "1").case("tests/snapshots/*.trycmd");
}

/// What the documents tell readers to type besides `lth`; these are no business of this test.
const OTHERS: [&str; 6] =
    ["cargo build ", "cargo test ", "alias lth=", "tensorboard ", ".ci/run", "git clone "];

#[test]
fn every_command_in_the_documents_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents = vec![root.join("README.md")];
    markdown_files(&root.join("docs"), &mut documents);
    let mut commands = 0;
    for document in documents {
        let sandbox = Sandbox::new();
        prepare(&sandbox);
        for command in shell_commands(&fs::read_to_string(&document).unwrap()) {
            if let Some(flags) = flags_of(&command) {
                if has_placeholder(&flags) {
                    continue;
                }
                // The small examples of the sandbox in the place of all of MNIST.
                let flags = flags.replacen(" mnist", " mnist data", 1);
                let output = sandbox.lth(&flags).output().unwrap();
                let stderr = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{}: {command}\n{stderr}", document.display());
                commands += 1;
            } else {
                let known = OTHERS.iter().any(|start| command.starts_with(start));
                assert!(known, "{}: what is `{command}`?", document.display());
            }
        }
    }
    assert!(commands >= 6, "only {commands} commands were found");
}

/// The files that the documents' commands take as given.
fn prepare(sandbox: &Sandbox) {
    sandbox.data_of(5_060, 100);
    let file = |name: &str, tensors: bool| {
        let architecture = lth_model::lenet_300_100(10);
        let mut file = lth_model::TensorFile::default();
        if tensors {
            let (scheme, bias) = (lth_model::InitScheme::GlorotNormal, lth_model::BiasInit::Zero);
            let (seed, purpose) = (lth_model::Seed(1), lth_model::Purpose::Init);
            file.tensors = lth_model::initialize(&architecture, scheme, bias, seed, purpose, 0);
        } else {
            file.masks.insert("fc1.weight".to_owned(), lth_model::Mask::dense(vec![300, 784]));
        }
        fs::write(sandbox.join(name), file.to_bytes()).unwrap();
    };
    file("initial.safetensors", true);
    file("masks.safetensors", false);
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/your-own-network.md");
    let text = fs::read_to_string(guide).unwrap();
    let network = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    fs::write(sandbox.join("my-net.toml"), network).unwrap();
}

fn markdown_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
}

/// The commands in blocks of `sh`, continued lines joined, comments removed.
fn shell_commands(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let (mut inside, mut command) = (false, String::new());
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = line.trim() == "```sh";
        } else if inside {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if let Some(part) = line.strip_suffix('\\') {
                command.push_str(part);
            } else {
                command.push_str(line);
                commands.push(std::mem::take(&mut command));
            }
        }
    }
    commands.retain(|command| !command.is_empty() && !command.starts_with('#'));
    commands
}

/// What follows `lth`, if the command is ours.
fn flags_of(command: &str) -> Option<String> {
    ["lth ", "cargo run --release -- ", "cargo run -- "]
        .iter()
        .find_map(|start| command.strip_prefix(start))
        .map(|flags| flags.split('>').next().unwrap_or(flags).to_owned())
}

/// Whether it has a word that the reader replaces, such as RUN or FILE.
fn has_placeholder(flags: &str) -> bool {
    flags
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| word.len() >= 3 && word.chars().all(|c| c.is_ascii_uppercase()))
        || flags.contains("--download")
}
