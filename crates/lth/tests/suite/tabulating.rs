//! Tables of what runs have found.

use std::fs;

use crate::common::{SMALL, Sandbox, run_folder};

/// Two criteria, three seeds, two rounds.
const SWEEP: &str = "sweep lenet-300-100 mnist --data-folder data --validation 60 -b 20 --length 24it --evaluate-every 8 -i 2 \
                     --replicates 3 --axis criterion=large-final,random --no-figures";

fn json(sandbox: &Sandbox, flags: &str) -> serde_json::Value {
    serde_json::from_str(&sandbox.output(flags)).unwrap()
}

fn swept() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let folder = sandbox.data().output(&format!("{SWEEP} --print-folder"));
    (sandbox, folder.trim().to_owned())
}

#[test]
fn a_sweep_is_a_table_of_densities_and_what_differs() {
    let (sandbox, sweep) = swept();
    let text = sandbox.output(&format!("table {sweep}"));
    assert!(text.starts_with("test accuracy %, mean ± sd\n"), "{text}");
    let header = text.lines().find(|line| line.starts_with("density %")).unwrap();
    assert!(header.contains("large-final") && header.contains("random"), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(" ± ")).skip(1).collect();
    assert_eq!(rows.len(), 2, "{text}");
    // The dense networks of both criteria are the same: none of them is the best.
    assert!(rows[0].starts_with("100.0") && !rows[0].contains('*'), "{text}");

    let json = json(&sandbox, &format!("table {sweep} --format json"));
    let cells = json["cells"].as_array().unwrap();
    assert_eq!((json["metric"].as_str(), cells.len()), (Some("test_accuracy"), 4));
    let cell = &cells[0];
    assert_eq!((cell["row"].as_str(), cell["n"].as_u64()), (Some("100.0"), Some(3)));
    let (mean, low) = (cell["mean"].as_f64().unwrap(), cell["interval_95"][0].as_f64().unwrap());
    assert!(low <= mean && cell["min"].as_f64().unwrap() <= mean, "{cell}");

    let csv = sandbox.output(&format!("table {sweep} --rows criterion --columns round --format csv"));
    assert_eq!(csv.lines().next(), Some("criterion,0,0 sd,1,1 sd"));
    let ends = sandbox.output(&format!(
        "table {sweep} --rows criterion --columns round --cell=test_accuracy±ci --format csv"
    ));
    assert_eq!(ends.lines().next(), Some("criterion,0,0 low_95,0 high_95,1,1 low_95,1 high_95"));
    for (text, around) in [(&csv, 1), (&ends, 2)] {
        let row: Vec<f64> =
            text.lines().nth(1).unwrap().split(',').skip(1).map(|field| field.parse().unwrap()).collect();
        assert_eq!(row.len(), 2 * (1 + around), "{text}");
        assert!(around == 1 || (row[1] <= row[0] && row[0] <= row[2]), "{text}");
    }
    let alone =
        sandbox.output(&format!("table {sweep} --rows criterion --columns seed --round 1 --format csv"));
    assert!(alone.lines().nth(1).unwrap().ends_with(','), "one seed has nothing around it: {alone}");
    let markdown =
        sandbox.output(&format!("table {sweep} --cell=early_stop_iteration±minmax --format markdown"));
    assert!(markdown.contains("| density % | large-final | random |\n|---|--:|--:|\n"), "{markdown}");
    let latex =
        sandbox.output(&format!("table {sweep} --rows criterion --columns seed --round 1 --format latex"));
    assert!(
        latex.contains("\\begin{tabular}{lrrr}") && latex.contains("criterion & 0 & 1 & 2 \\\\"),
        "{latex}"
    );
}

#[test]
fn runs_are_chosen_and_never_mixed() {
    let (sandbox, sweep) = swept();
    let text = sandbox.output(&format!("table {sweep} --where criterion=random --columns seed"));
    assert!(text.lines().any(|line| line.starts_with("density %") && line.ends_with('2')), "{text}");
    sandbox.refused(
        &format!("table {sweep} --columns seed"),
        "a cell would mix runs that differ in pruning.criterion",
        "--where",
    );
    sandbox.refused(&format!("table {sweep} --rows criterium"), "criterium", "did you mean 'criterion'?");
    sandbox.refused(&format!("table {sweep} --cell accuracy"), "accuracy", "test_accuracy");
    sandbox.refused(&format!("table {sweep} --cell=test_accuracy±x"), "no band 'x'", "minmax");
    sandbox.refused(&format!("table {sweep} --round x"), "round 'x'", "--round 7");
    sandbox.refused(&format!("table {sweep} --results x.txt"), "x.txt", ".parquet");
    sandbox.refused("table nowhere", "nowhere", "");
}

#[test]
fn controls_are_columns_beside_tickets() {
    let sandbox = Sandbox::new();
    sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --control random-reinit --no-figures"));
    let run = run_folder(&sandbox);
    sandbox.output(&format!(
        "control {} --kind random-reinit --draws 2 --data-folder data --no-figures",
        run.display()
    ));
    let json = json(&sandbox, &format!("table {} --format json --rows round", run.display()));
    let cells = json["cells"].as_array().unwrap();
    let of = |column: &str| cells.iter().find(|cell| cell["column"] == column && cell["row"] == "1").unwrap();
    // Two draws of one seed are one value: they share its masks.
    assert_eq!((of("ticket")["n"].as_u64(), of("random-reinit")["n"].as_u64()), (Some(1), Some(1)));
    sandbox.output(&format!("table {} --results all.csv", run.display()));
    let all = fs::read_to_string(sandbox.join("all.csv")).unwrap();
    let draws: Vec<f64> = all
        .lines()
        .filter(|line| line.contains(",random-reinit") && line.contains(",test_accuracy,"))
        .map(|line| line.rsplit(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(draws.len(), 2, "{all}");
    let mean = of("random-reinit")["mean"].as_f64().unwrap();
    assert!((mean - f64::midpoint(draws[0], draws[1])).abs() < 1e-12, "{mean} {draws:?}");
}

#[test]
fn rounds_of_nearly_one_density_stay_rows_and_runs_of_it_share_one() {
    let sandbox = Sandbox::new();
    let short = "--validation 60 -b 20 --length 12it --evaluate-every 12 --no-figures";
    sandbox.data().output(&format!(
        "find-ticket lenet-300-100 mnist data {short} -i 4 --one-shot --densities 0.0422,0.0418,0.0415 --output-path near"
    ));
    let text = sandbox.output("table near");
    for density in ["4.22", "4.18", "4.15"] {
        assert!(text.lines().any(|line| line.starts_with(&format!("{density} "))), "{text}");
    }

    sandbox.output(&format!(
        "find-ticket lenet-300-100 mnist data {short} -i 3 --pruning-rate 0.0000001 --output-path nothing-pruned"
    ));
    let text = sandbox.output("table nothing-pruned");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("100.0")).collect();
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows[1].starts_with("100.0 (round 1) ") && rows[2].starts_with("100.0 (round 2) "), "{text}");

    sandbox.output(&format!(
        "sweep lenet-300-100 mnist --data-folder data {short} -i 3 --axis pruning.scope=layer,global --output-path scopes"
    ));
    let cells = json(&sandbox, "table scopes --format json");
    let cells = cells["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 6);
    for place in [0, 2, 4] {
        assert_eq!(cells[place]["row"], cells[place + 1]["row"], "{cells:?}");
    }
}

#[test]
fn what_is_missing_or_cannot_be_tested_is_said() {
    let (sandbox, sweep) = swept();
    sandbox.refused(
        &format!("table {sweep} --where criterion=movement"),
        "has criterion=movement",
        "lth runs",
    );
    sandbox.refused(&format!("table {sweep} --round 1"), "--round", "--rows seed");
    sandbox.refused(&format!("table {sweep} --round 9 --rows seed"), "in round 9", "lth runs");

    let run = fs::read_dir(sandbox.join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("replicate-1").is_dir())
        .unwrap();
    for replicate in ["replicate-1", "replicate-2"] {
        fs::remove_dir_all(run.join(replicate).join("round-01")).unwrap();
    }
    let table = sandbox.lth(&format!("table {sweep}")).assert().success();
    let (text, said) = (&table.get_output().stdout, &table.get_output().stderr);
    let (text, said) = (String::from_utf8_lossy(text), String::from_utf8_lossy(said));
    assert!(said.contains("is not finished: 2 of 6 trainings are missing"), "{said}");
    let row = text.lines().find(|line| line.starts_with("80.")).unwrap();
    assert!(row.contains("(n = 1)"), "{text}");
    assert_eq!(row.contains('*'), row.contains('?') && text.contains("?: not tested"), "{text}");
    let drawn = sandbox.lth(&format!("plot {} --style paper", run.display())).assert().success();
    let drawn = String::from_utf8_lossy(&drawn.get_output().stderr).into_owned();
    assert!(drawn.contains("is not finished: 2 of 6 trainings are missing"), "{drawn}");
    let shown = sandbox.output(&format!("show {} --data-folder data", run.display()));
    assert!(shown.contains("Unfinished: 4 of 6 trainings") && shown.contains("1 (n = 1)"), "{shown}");

    let said = sandbox
        .lth(&format!("table {sweep} --columns learning-rate --where criterion=random"))
        .assert()
        .success();
    assert!(!String::from_utf8_lossy(&said.get_output().stderr).contains("differ"));
    sandbox.output(
        "find-ticket lenet-300-100 mnist data --validation 60 -b 20 --length 12it --evaluate-every 8 -i 2 -l 0.01 --no-figures",
    );
    let said = sandbox.lth("table runs --columns length --where criterion=large-final").assert().success();
    let said = String::from_utf8_lossy(&said.get_output().stderr).into_owned();
    assert!(said.contains("the runs differ in recipe.learning_rate too"), "{said}");

    // One seed cannot be tested. What two runs share, as their dense network, is no comparison that others are corrected for.
    let text = sandbox.output(&format!("table {sweep} --against random"));
    assert!(text.contains("(tests: 0)"), "{text}");
}

#[test]
fn differences_are_taken_seed_by_seed_and_tested() {
    let (sandbox, sweep) = swept();
    let flags = format!("table {sweep} --rows round");
    let values = json(&sandbox, &format!("{flags} --format json"));
    let mean = |row: &str, column: &str| {
        let cells = values["cells"].as_array().unwrap();
        let of = |cell: &&serde_json::Value| cell["row"] == row && cell["column"] == column;
        cells.iter().find(of).unwrap()["mean"].as_f64().unwrap()
    };
    let found = json(&sandbox, &format!("{flags} --against random --format json"));
    let differences = found["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 2, "a round each: {found}");
    let later = &differences[1];
    assert_eq!(
        (&later["row"], &later["column"], &later["seeds"]),
        (&"1".into(), &"large-final".into(), &3.into())
    );
    let number = |name: &str| later[name].as_f64().unwrap();
    let expected = mean("1", "large-final") - mean("1", "random");
    assert!(
        (number("difference") - expected).abs() < 1e-12 && number("low_95") <= number("high_95"),
        "{later}"
    );
    assert!(number("t_p") <= number("t_p_holm") && number("wilcoxon_p") >= 0.25, "of 3 seeds: {later}");

    let dense = json(&sandbox, &format!("{flags} --against dense --cell early_stop_iteration --format json"));
    let dense = dense["differences"].as_array().unwrap();
    let columns: Vec<&str> = dense.iter().map(|own| own["column"].as_str().unwrap()).collect();
    assert_eq!(columns, ["large-final", "random"], "{dense:?}");
    assert!(dense.iter().all(|own| own["row"] == "1" && own["mean_of_ratios"].is_number()), "{dense:?}");

    let text = sandbox.output(&format!("{flags} --against dense --cell cpu_seconds"));
    for word in
        ["CPU seconds: differences to dense", "mean of ratios", "Of 3 seeds Wilcoxon's test has a p of 0.25"]
    {
        assert!(text.contains(word), "{text}");
    }
    let latex = sandbox.output(&format!("{flags} --against random --format latex"));
    assert!(latex.contains("\\begin{tabular}{llrrrrrrr}") && latex.contains("95 \\% interval"), "{latex}");
    let csv = sandbox.output(&format!("{flags} --against random --format csv"));
    assert!(
        csv.starts_with("round,criterion,against,seeds,difference,low_95,high_95,t_p,t_p_holm,"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 3);
    let markdown = sandbox.output(&format!("{flags} --against random --format markdown"));
    assert!(markdown.contains("| round | criterion | seeds |"), "{markdown}");
    sandbox.refused(&format!("{flags} --against randon"), "no column 'randon'", "did you mean 'random'?");
    sandbox.refused(
        &format!("table {sweep} --rows seed --against dense"),
        "no row of dense networks",
        "--rows density",
    );
    sandbox.refused(&format!("{flags} --against random --results x.csv"), "--results", "");
}

#[test]
fn every_figure_is_written_in_a_row_of_its_own() {
    let (sandbox, sweep) = swept();
    sandbox.output(&format!("table {sweep} --results results.csv"));
    let text = fs::read_to_string(sandbox.join("results.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("run,model,dataset,pruning.criterion,replicate,seed,variant,round,density,metric,value")
    );
    let accuracies: Vec<&str> = lines.filter(|line| line.contains(",test_accuracy,")).collect();
    assert_eq!(accuracies.len(), 12, "2 criteria, 3 seeds, 2 rounds");
    sandbox.output(&format!("table {sweep} --results results.parquet"));
    let bytes = fs::read(sandbox.join("results.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn what_a_run_has_found_is_shown_again() {
    let sandbox = Sandbox::new();
    let ended = sandbox.data().output(&format!("find-ticket {SMALL} -i 2 --no-figures"));
    let run = run_folder(&sandbox);
    let shown = sandbox.output(&format!("show {} --data-folder data", run.display()));
    let table = |text: &str| text.split("Everything is in").next().unwrap().to_owned();
    assert_eq!(table(&shown), table(&ended));
    sandbox.refused("show data", "is not a run folder", "find-winning-ticket");
}
