//! Published figures and tables, made again.

use std::fs;

use crate::common::Sandbox;

#[test]
fn what_was_published_is_listed() {
    let sandbox = Sandbox::new();
    let text = sandbox.output("reproduce");
    for key in ["frankle-2019/figure-3", "zhou-2019/figure-3", "renda-2020/figure-4-resnet-20"] {
        assert!(text.lines().any(|line| line.starts_with(key)), "{text}");
    }
    sandbox.refused("reproduce frankle-2019/figure-33", "figure-33", "did you mean 'frankle-2019/figure-3'?");
    sandbox.refused(
        "reproduce frankle-2019/figure-3 --set rounds",
        "'rounds' gives no setting a value",
        "--set",
    );
    assert!(!sandbox.join("runs").exists());
}

#[test]
fn ours_stands_beside_theirs_with_a_verdict_on_each_claim() {
    let sandbox = Sandbox::new();
    let flags = "reproduce frankle-2019/figure-3 --quick --data-folder data -i 2 --replicates 2 --set recipe.length=24it \
                 --set validation_size=60 --set evaluate_every=8 --set recipe.batch_size=20";
    sandbox.data().output(&format!("{flags} --dry-run"));
    assert!(!sandbox.join("runs").exists());
    let text = sandbox.output(flags);
    assert!(text.starts_with("# Winning tickets over rounds"), "{text}");
    let row = text.lines().find(|line| line.starts_with("| 100.0 | 97.90 | 100.0 |")).unwrap();
    assert!(row.contains(" ± "), "{row}");
    let claims: Vec<&str> = text.lines().filter(|line| line.contains("cannot say")).collect();
    assert!(claims.iter().all(|line| line.contains("there is no finished training of")), "{text}");
    assert_eq!(claims.len(), 7, "two rounds reach none of the densities that are claimed of");
    let sweep = fs::read_dir(sandbox.join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("sweep.toml").is_file())
        .unwrap();
    assert_eq!(
        fs::read_to_string(sweep.join("reproduce/frankle-2019-figure-3/comparison.md")).unwrap(),
        text
    );
    for figure in ["comparison.svg", "comparison.png"] {
        assert!(sweep.join("reproduce/frankle-2019-figure-3").join(figure).is_file(), "{figure}");
    }
    // Nothing is trained again.
    let again = sandbox.lth(flags).assert().success();
    let said = String::from_utf8_lossy(&again.get_output().stderr).into_owned();
    assert!(said.contains("nothing is left to train"), "{said}");
}
