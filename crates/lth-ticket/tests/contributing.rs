//! The worked example of CONTRIBUTING.md is the code that is compiled here, and it runs.

#[path = "../examples/own_criterion.rs"]
mod own_criterion;

use std::fs;

/// What CONTRIBUTING shows of it: from the criterion's first line to its end.
fn shown(code: &str) -> &str {
    let start = code.find("/// Keeps the weights").expect("the example has a criterion");
    let end = code.find("pub(crate) fn main()").expect("and a main function");
    code[start..end].trim_end()
}

#[test]
fn contributing_shows_the_example_as_it_is() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let text = fs::read_to_string(format!("{root}/CONTRIBUTING.md")).unwrap();
    let code = include_str!("../examples/own_criterion.rs");
    assert!(text.contains(shown(code)), "CONTRIBUTING.md does not show:\n{}", shown(code));
    assert!(shown(code).lines().filter(|line| !line.trim().is_empty()).count() <= 20, "twenty lines");
    own_criterion::main().unwrap();
}
