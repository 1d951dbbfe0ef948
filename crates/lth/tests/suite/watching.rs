//! The page of runs, served while they go on; tests/browser opens it in a browser.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    common::Sandbox,
    reporting::{copy_of, run},
};

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
    let copy = copy_of(&sandbox, &run);
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

#[cfg(unix)]
#[test]
fn links_lead_to_runs_and_nowhere_else() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    let run = run(&sandbox);
    fs::create_dir(sandbox.join("elsewhere")).unwrap();
    let linked = sandbox.join("elsewhere/run");
    fs::rename(sandbox.join(&run), &linked).unwrap();
    symlink(&linked, sandbox.join("runs/linked")).unwrap();
    fs::write(sandbox.join("elsewhere/secret"), "top secret").unwrap();
    symlink(sandbox.join("elsewhere"), sandbox.join("runs/folder")).unwrap();
    symlink(sandbox.join("elsewhere/secret"), sandbox.join("runs/file")).unwrap();
    symlink(sandbox.join("elsewhere/secret"), linked.join("file")).unwrap();
    symlink(linked.join("summary.csv"), sandbox.join("runs/inside.csv")).unwrap();
    let watch = Watch::of(&sandbox, "");
    for path in ["folder/secret", "file", "linked/file", "folder/run/summary.csv", "folder/", "inside.csv"] {
        let (status, answer) = watch.get(&format!("/files/{path}"), HERE);
        assert!(status == 404 && !answer.contains("top secret"), "{path}: {answer}");
    }
    let (status, answer) = watch.get("/data.json", HERE);
    assert!(status == 200 && answer.contains("files/linked/summary.csv"), "{answer}");
    assert_eq!(watch.get("/files/linked/summary.csv", HERE).0, 200);
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
