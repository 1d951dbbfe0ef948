//! The page of runs; tests/browser opens it in a browser.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::common::{SMALL, Sandbox, run_folder};

/// The data in a page.
fn data(page: &str) -> Value {
    let (_, after) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap()
}

/// A run of two tickets and a control with two seeds.
pub(crate) fn run(sandbox: &Sandbox) -> String {
    sandbox.data().output(&format!(
        "find-ticket {SMALL} -i 2 --replicates 2 --control random-reinit --no-figures --keep all"
    ));
    run_folder(sandbox).display().to_string()
}

#[test]
fn a_report_is_one_file_with_the_figures_of_the_run() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    let file = sandbox.output(&format!("report {run} --data-folder data"));
    assert_eq!(file.trim(), format!("{run}/report.html"));
    let page = fs::read_to_string(file.trim()).unwrap();
    assert!(page.starts_with("<!doctype html>"));
    for outside in ["src=", "href=\"http", "@import", "url("] {
        assert!(!page.contains(outside), "it needs something from outside: {outside}");
    }
    let data = data(&page);
    assert_eq!(data["title"], "lenet-300-100 on mnist");
    let trainings = &data["trainings"];
    assert_eq!(trainings["round"].as_array().unwrap().len(), 6, "2 seeds, 2 tickets and 1 control");
    let summary = fs::read_to_string(format!("{run}/summary.csv")).unwrap();
    let mut lines = csv_rows(&summary);
    let column = lines.remove(0).iter().position(|name| name == "early_stop_test_accuracy").unwrap();
    let mut expected: Vec<f64> = lines.iter().map(|row| row[column].parse().unwrap()).collect();
    let of = |value: &Value| {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect::<Vec<_>>()
    };
    let mut shown = of(&trainings["figures"]["test_accuracy"]);
    expected.sort_by(f64::total_cmp);
    shown.sort_by(f64::total_cmp);
    assert_eq!(shown, expected);
    let entry = &data["runs"][0];
    assert!(entry["verdict"].is_string() && entry["repeat"].as_str().unwrap().ends_with("experiment.toml"));
    assert_eq!(entry["links"][0]["address"], "experiment.toml");
    assert_eq!(data["first_layers"][0]["rounds"].as_array().unwrap().len(), 2);
    assert_eq!(data["curves"]["curves"].as_array().unwrap().len(), 6);
    // Made again it replaces itself, and is the same; fsck leaves it alone.
    sandbox.output(&format!("report {run} --data-folder data"));
    assert_eq!(fs::read_to_string(file.trim()).unwrap(), page);
    sandbox.lth("fsck runs").assert().success();
}

#[test]
fn a_run_given_by_several_names_is_shown_once_and_its_links_lead_to_it() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    let name = run.rsplit('/').next().unwrap();
    fs::create_dir(sandbox.join("pages")).unwrap();
    let paths = format!("{run} runs ./runs pages/../runs {}", sandbox.join("runs").display());
    // The second goes up through a folder that the page's own path does not have.
    for (output, paths) in
        [("pages/all.html", paths), ("runs/../pages/up.html", format!("pages/../runs/{name}"))]
    {
        let file = sandbox.output(&format!("report {paths} --data-folder data -o {output}"));
        let data = data(&fs::read_to_string(sandbox.join(file.trim())).unwrap());
        assert_eq!(data["runs"].as_array().unwrap().len(), 1);
        assert_eq!(data["runs"][0]["links"][0]["address"], format!("../runs/{name}/experiment.toml"));
    }
}

#[test]
fn figures_of_controls_are_those_of_the_table() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    sandbox.output(&format!("control {run} --kind random-reinit --draws 2 --data-folder data --no-figures"));
    let file = sandbox.output(&format!("report {run} --data-folder data"));
    let data = data(&fs::read_to_string(file.trim()).unwrap());
    let table = sandbox.output(&format!("table {run} --rows round --columns variant --format csv"));
    let lines = csv_rows(&table);
    let column = lines[0].iter().position(|name| name == "random-reinit").unwrap();
    let expected: f64 = lines.last().unwrap()[column].parse().unwrap();
    let series = data["runs"][0]["series"].as_array().unwrap();
    let own = series
        .iter()
        .find(|own| own["variant"] == "random-reinit" && own["metric"] == "test_accuracy")
        .unwrap();
    assert_eq!((own["means"].as_array().unwrap().len(), &own["seeds"][0]), (1, &2.into()));
    let shown = own["means"][0].as_f64().unwrap();
    assert!((shown - expected).abs() < 1e-6, "{shown} is not {expected}");
}

#[test]
fn what_is_missing_of_a_run_is_not_taken_for_something_else() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    fs::remove_dir_all(format!("{run}/replicate-0/round-00")).unwrap();
    let file = sandbox.output(&format!("report {run} --data-folder data"));
    let entry = &data(&fs::read_to_string(file.trim()).unwrap())["runs"][0];
    assert_eq!(entry["state"], "unfinished");
    assert_eq!(entry["layers"][0]["rounds"], serde_json::json!([1]));
    fs::write(format!("{run}/replicate-0/round-01/metrics.csv"), "").unwrap();
    sandbox.refused(&format!("report {run} --data-folder data"), "metrics.csv", "again");
    sandbox.refused(&format!("plot {run}"), "metrics.csv", "again");
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_report_writes_over_nothing_else() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    fs::write(sandbox.join("notes.html"), "mine").unwrap();
    sandbox.refused(&format!("report {run} -o notes.html"), "notes.html", "--output");
    assert_eq!(fs::read_to_string(sandbox.join("notes.html")).unwrap(), "mine");
    #[cfg(unix)]
    {
        // Reading it would never end.
        assert!(Command::new("mkfifo").arg(sandbox.join("pipe.html")).status().unwrap().success());
        sandbox.refused(&format!("report {run} -o pipe.html"), "pipe.html", "--output");
    }
    sandbox.refused("report data", "no run to report on", "lth runs");
    sandbox.refused("report nowhere", "nowhere", "");
    sandbox.fails(&format!("report {run} --data-folder data -o nowhere/report.html"), 1, "nowhere", "");
    // Nothing in a name ends the page's data or becomes part of the page.
    let odd = "<!--<script>alert(1)";
    fs::rename(&run, sandbox.join("runs").join(odd)).unwrap();
    let file = sandbox.output("report runs --data-folder data -o all.html");
    let page = fs::read_to_string(sandbox.join(file.trim())).unwrap();
    assert_eq!(data(&page)["runs"][0]["name"], odd);
    assert!(!page.contains(odd));
}

/// A copy of a run beside it.
pub(crate) fn copy_of(sandbox: &Sandbox, run: &str) -> String {
    let copy = format!("{run}-copy");
    let copied = Command::new("cp").args(["-r", run, &copy]).current_dir(sandbox.path()).status().unwrap();
    assert!(copied.success());
    copy
}

/// Data of the page of these paths, and what is said besides.
fn page_of(sandbox: &Sandbox, paths: &str) -> (Value, String) {
    let assert = sandbox.lth(&format!("report {paths} --data-folder data -o {PAGE}")).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    (data(&fs::read_to_string(sandbox.join(PAGE)).unwrap()), said)
}

const PAGE: &str = "page.html";

#[test]
fn a_damaged_run_takes_no_other_from_the_page() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    let copy = copy_of(&sandbox, &run);
    let files = ["experiment.toml", "replicate-0/round-00/timing.json", "replicate-0/round-01/metrics.csv"];
    for damaged in files {
        let path = sandbox.join(&copy).join(damaged);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, "").unwrap();
        let (data, said) = page_of(&sandbox, "runs");
        assert_eq!(data["runs"].as_array().unwrap().len(), 1);
        for notes in [said, data["notes"].to_string()] {
            assert!(notes.contains("A run is left out") && notes.contains(damaged), "{notes}");
        }
        let hint = if damaged.ends_with("timing.json") { "are lost" } else { "" };
        sandbox.refused(&format!("report {copy} --data-folder data -o {PAGE}"), damaged, hint);
        fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_page_says_how_many_runs_of_a_sweep_are_missing() {
    let sandbox = Sandbox::new();
    let axis =
        "--axis criterion=large-final,movement,random --data-folder data -i 2 --no-figures --print-folder";
    let flags = SMALL.replace("mnist data", "mnist");
    let sweep = sandbox.data().output(&format!("sweep {flags} {axis}"));
    let sweep = sweep.trim();
    let list = fs::read_to_string(sandbox.join(sweep).join("runs.csv")).unwrap();
    let name = list.lines().nth(2).and_then(|line| line.split(',').next()).unwrap();
    fs::remove_dir_all(sandbox.join("runs").join(name)).unwrap();
    let (data, said) = page_of(&sandbox, sweep);
    assert_eq!(data["runs"].as_array().unwrap().len(), 2);
    for notes in [said, data["notes"].to_string()] {
        assert!(notes.contains("1 of 3 runs of the sweep"), "{notes}");
    }
    let plotted = sandbox.lth(&format!("plot --together {sweep} --output all")).assert().success();
    let said = String::from_utf8_lossy(&plotted.get_output().stderr).into_owned();
    assert!(said.contains("1 of 3 runs of the sweep"), "{said}");
    fs::write(sandbox.join(sweep).join("runs.csv"), &list[..list.len() - 3]).unwrap();
    sandbox.refused(&format!("report {sweep} --data-folder data"), "runs.csv' is damaged", "move it away");
}

#[test]
fn what_its_settings_do_not_repeat_is_not_said_to_be_repeated_by_them() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    let flags = SMALL.replace("lenet-300-100 mnist data", "");
    let outputs = [
        format!("train {SMALL} --ticket {run}/replicate-0/round-01/ticket.safetensors --output-path train"),
        format!("supermask learn {SMALL} --samples 2 --output-path supermask"),
        format!("transfer {run} mnist data {flags} --rounds 1 --no-figures --output-path transfer"),
    ];
    for command in &outputs {
        sandbox.output(command);
        let output = command.rsplit(' ').next().unwrap();
        let (data, _) = page_of(&sandbox, output);
        let entry = &data["runs"][0];
        let folder = entry["folder"].as_str().unwrap();
        assert!(entry["repeat"].as_str().unwrap().starts_with("# "), "{entry}");
        let file = Path::new(folder).join("experiment.toml");
        let text = fs::read_to_string(sandbox.path().join(&file)).unwrap();
        assert!(text.starts_with("# The command in provenance.json repeats this"), "{text}");
        for dry in ["", " --dry-run"] {
            let again = format!("run {} --output-path again{dry}", file.display());
            sandbox.refused(&again, "start = ", "provenance.json");
        }
    }
}

#[test]
fn the_page_of_a_supermask_has_its_accuracy() {
    let sandbox = Sandbox::new();
    let folder = sandbox
        .data()
        .output(&format!("supermask learn {SMALL} --samples 2 --output-path masks --print-folder"));
    let record = fs::read_to_string(sandbox.join(folder.trim()).join("supermask.json")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let (data, _) = page_of(&sandbox, "masks");
    let entry = &data["runs"][0];
    let percent = |value: &Value| format!("{:.2} %", 100.0 * value.as_f64().unwrap());
    for shown in [percent(&record["end"]["test_accuracy"]), percent(&record["density"])] {
        assert!(entry["verdict"].as_str().unwrap().contains(&shown), "{entry}");
    }
    assert!(entry["seconds"].as_f64().unwrap() > 0.0 && entry["cpu_seconds"].is_number(), "{entry}");
    assert_eq!(data["notes"].to_string(), "[]");
}
