//! The page of runs, and the same served while they go on; tests/browser opens both in a browser.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::common::{SMALL, Sandbox, run_folder};

/// The data in a page.
fn data(page: &str) -> Value {
    let (_, after) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap()
}

fn run(sandbox: &Sandbox) -> String {
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

/// A running `lth watch`, ended with the test.
struct Watch {
    process: Child,
    address: String,
}

impl Watch {
    fn of(sandbox: &Sandbox, flags: &str) -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin("lth"))
            .current_dir(sandbox.path())
            .args(["watch", "runs", "--port", "0", "--data-folder", "data"])
            .args(flags.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { process, address }
    }

    /// The status and the whole answer to a path, sent as it stands.
    fn get(&self, path: &str, headers: &str) -> (u16, String) {
        let port = self.address.split('/').next().and_then(|host| host.rsplit(':').next()).unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const HERE: &str = "Host: localhost\r\n";

#[test]
fn a_watched_folder_shows_what_was_added() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.join("runs")).unwrap();
    let watch = Watch::of(&sandbox, "");
    assert!(watch.get("/", HERE).1.contains("<!doctype html>"));
    assert_eq!(watch.get("/data.json", HERE).0, 204);
    let run = run(&sandbox);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let (status, answer) = watch.get("/data.json", HERE);
    assert!(status == 200 && answer.contains("lenet-300-100 on mnist"), "{answer}");
    let tag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    assert_eq!(watch.get("/data.json", &format!("{HERE}If-None-Match: {tag}\r\n")).0, 304);
    let name = run.rsplit('/').next().unwrap();
    let (status, answer) = watch.get(&format!("/files/{name}/summary.csv"), HERE);
    assert!(status == 200 && answer.contains("replicate,seed,variant"), "{answer}");
}

#[test]
fn a_damaged_run_takes_nothing_from_the_others() {
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    let copy = format!("{run}-copy");
    let copied = Command::new("cp").args(["-r", &run, &copy]).current_dir(sandbox.path()).status().unwrap();
    assert!(copied.success());
    // Found when the run is read, and when its learning curves are.
    for damaged in ["round-00/round.json", "round-01/metrics.csv"] {
        let path = sandbox.join(&copy).join("replicate-0").join(damaged);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, "damaged\ndamaged\n").unwrap();
        let watch = Watch::of(&sandbox, "");
        let (status, answer) = watch.get("/data.json", HERE);
        assert_eq!(status, 200, "{answer}");
        let data: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(data["runs"].as_array().unwrap().len(), 1);
        let notes = data["notes"].to_string();
        assert!(notes.contains("A run is left out") && notes.contains(damaged), "{notes}");
        assert!(
            !sandbox.lth("report runs --data-folder data -o all.html").assert().get_output().status.success()
        );
        fs::write(&path, whole).unwrap();
    }
    fs::write(sandbox.join(&run).join("replicate-0/round-00/round.json"), "damaged").unwrap();
    fs::remove_dir_all(sandbox.join(&copy)).unwrap();
    let (status, answer) = Watch::of(&sandbox, "").get("/data.json", HERE);
    assert!(status == 503 && answer.contains("round.json"), "{answer}");
}

#[test]
fn a_watched_folder_shows_nothing_beside_it() {
    let sandbox = Sandbox::new();
    run(&sandbox);
    fs::write(sandbox.join("secret"), "top secret").unwrap();
    let watch = Watch::of(&sandbox, "");
    for path in [
        "/files/../secret",
        "/files/..%2fsecret",
        "/files/%2e%2e/secret",
        "/files/%2e%2e%2fsecret",
        "/files/.%2e/secret",
        "/files/..%5csecret",
        "/files//secret",
        "/../secret",
        "/secret",
        "/files/%00",
        "/files/",
        "/files/x/../../secret",
    ] {
        let (status, answer) = watch.get(path, HERE);
        assert!([400, 404].contains(&status) && !answer.contains("top secret"), "{path}: {answer}");
    }
    // A page of another site whose name was made to lead here.
    assert_eq!(watch.get("/data.json", "Host: elsewhere.example\r\n").0, 403);
    assert_eq!(watch.get("/files/secret", "").0, 403);
}

#[test]
fn other_machines_need_the_token() {
    let sandbox = Sandbox::new();
    run(&sandbox);
    let watch = Watch::of(&sandbox, "--listen 0.0.0.0");
    let (place, path) = watch.address.split_once('/').unwrap();
    assert!(!place.starts_with("0.0.0.0"), "this leads nowhere on other machines: {place}");
    for path in ["/", "/data.json", "/files/x", "/?token=", "/?token=00"] {
        assert_eq!(watch.get(path, HERE).0, 403, "{path}");
    }
    let (status, answer) = watch.get(&format!("/{path}"), HERE);
    assert_eq!(status, 303, "{answer}");
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    assert_eq!(watch.get("/data.json", &format!("{HERE}Cookie: {pair}\r\n")).0, 200);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.refused("watch nowhere", "nowhere", "runs");
    sandbox.data();
    sandbox.refused("watch data --port 70000", "70000", "--port");
    sandbox.refused("watch data --listen here", "here", "127.0.0.1");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    sandbox.refused(&format!("watch data --port {port}"), &port.to_string(), "--port 0");
    // An address for documentation, which no machine has.
    sandbox.refused("watch data --listen 192.0.2.1", "192.0.2.1", "an address of this machine");
}
