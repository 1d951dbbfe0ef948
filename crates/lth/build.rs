//! Tells the program what it is built from: commit, target, compiler, profile.

use std::{env, fs, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let profile = variable("PROFILE");
    let rustc = output(Command::new(variable("RUSTC")).arg("--version")).unwrap_or_default();
    // While developing, a commit would compile the program anew, and says little of a tree that is being changed.
    let commit = if profile == "release" { commit() } else { None };
    for (name, value) in [
        ("COMMIT", commit.unwrap_or_default()),
        ("TARGET", variable("TARGET")),
        ("PROFILE", profile),
        ("RUSTC", rustc),
    ] {
        println!("cargo::rustc-env=LTH_BUILD_{name}={value}");
    }
}

/// The commit of this repository, `-dirty` where its sources were changed since; `None` where the source lies outside of one, as that of
/// an archive does, or where there is no git.
fn commit() -> Option<String> {
    // Not `env!`: several checkouts may share a target folder, and with it this script as one of them compiled it.
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").ok()?).join("../..").canonicalize().ok()?;
    let git = |arguments: &[&str]| {
        output(Command::new("git").arg("--no-optional-locks").current_dir(&root).args(arguments))
    };
    // The source may lie in a folder of another project.
    if Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()? != root {
        return None;
    }
    // The log of HEAD grows with each commit and each change of branch. Without it, HEAD names the branch, and the branch the commit.
    let branch = git(&["symbolic-ref", "HEAD"]);
    let of_branch = ["HEAD", "packed-refs"].into_iter().chain(branch.as_deref());
    for name in ["logs/HEAD"].into_iter().chain(of_branch) {
        let path = git(&["rev-parse", "--git-path", name]).map(|path| root.join(path));
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    // What makes it dirty, as each checkout finds it.
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    for own in fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        println!("cargo::rerun-if-changed=../{}/src", own.file_name().display());
    }
    git(&["describe", "--always", "--exclude=*", "--abbrev=12", "--dirty"])
}

/// The first line that a command prints, if it succeeds.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}
