//! What CONTRIBUTING.md shows is compiled, and what it names exists.

#[path = "../../examples/own_criterion.rs"]
mod own_criterion;

use std::{fs, path::Path};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn contributing() -> String {
    fs::read_to_string(format!("{ROOT}/CONTRIBUTING.md")).unwrap()
}

/// What CONTRIBUTING shows of it: from the criterion's first line to its end.
fn shown(code: &str) -> &str {
    let start = code.find("/// Keeps the weights").expect("the example has a criterion");
    let end = code.find("pub(crate) fn main()").expect("and a main function");
    code[start..end].trim_end()
}

/// Without indentation and empty lines, so that code in a list is the code of a file.
fn flush_left(code: &str) -> String {
    code.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The blocks of code of this language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            if line.trim().trim_start_matches('`').starts_with(language) {
                blocks.push(code.join("\n"));
            }
        }
    }
    blocks
}

/// What stands between single backticks outside of blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// Whether it is meant as a file or folder of the repository.
fn is_path(quoted: &str) -> bool {
    let plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let ending = [".rs", ".md", ".toml"].iter().any(|ending| quoted.ends_with(ending));
    plain && (ending || quoted.contains('/'))
}

#[test]
fn contributing_shows_the_example_as_it_is() {
    let code = include_str!("../../examples/own_criterion.rs");
    assert!(contributing().contains(shown(code)), "CONTRIBUTING.md does not show:\n{}", shown(code));
    assert!(shown(code).lines().filter(|line| !line.trim().is_empty()).count() <= 20, "twenty lines");
    own_criterion::main().unwrap();
}

#[test]
fn all_code_that_contributing_shows_is_in_a_file_that_is_compiled() {
    let text = contributing();
    let files =
        quoted(&text).into_iter().filter(|name| is_path(name) && name.rsplit('.').next() == Some("rs"));
    let files: Vec<String> =
        files.map(|name| flush_left(&fs::read_to_string(format!("{ROOT}/{name}")).unwrap())).collect();
    let blocks = blocks(&text, "rust");
    assert_eq!(blocks.len(), 4, "a model's layers, its name, a criterion, and a setting");
    for block in blocks {
        let code = flush_left(&block);
        assert!(
            files.iter().any(|file| file.contains(&code)),
            "no file named in CONTRIBUTING.md has:\n{block}"
        );
    }
}

#[test]
fn every_path_that_contributing_names_exists() {
    let text = contributing();
    let paths: Vec<String> = quoted(&text).into_iter().filter(|name| is_path(name)).collect();
    assert!(paths.len() > 15, "{paths:?}");
    for path in paths {
        assert!(Path::new(ROOT).join(&path).exists(), "CONTRIBUTING.md names '{path}', which does not exist");
    }
}
