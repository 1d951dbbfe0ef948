//! A mirror on this machine that misbehaves on order.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use super::{Files, gzip};

/// What the mirror does with one request. Requests without an order are served [`Answer::Well`].
#[derive(Debug, Clone)]
pub enum Answer {
    /// The file, or the part of it that was asked for.
    Well,
    /// This status and nothing else.
    Status(u16),
    /// Only so many bytes of the body that it announces, then the connection ends.
    BreakOff(usize),
    /// So many bytes of the body, announced as if they were all.
    Cut(usize),
    /// So many bytes of the body without announcing a length, then the connection ends.
    CutUnannounced(usize),
    /// Takes the request and never answers.
    Silence,
    /// So many bytes of the body and then nothing, with the connection open.
    Stall(usize),
    /// The whole file, even if a part was asked for.
    IgnoreRange,
    /// Other bytes, well-formed gzip of something else.
    Other(Vec<u8>),
    /// These bytes as they are.
    Raw(Vec<u8>),
    /// Another part than was asked for.
    WrongRange,
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `train-images-idx3-ubyte.gz`
    pub file: String,
    /// First byte asked for.
    pub from: Option<usize>,
    /// Bytes of the body that were sent.
    pub sent: usize,
}

struct State {
    files: HashMap<String, Vec<u8>>,
    orders: HashMap<String, Vec<Answer>>,
    requests: Vec<Request>,
}

/// Runs until the test ends.
pub struct Mirror {
    pub url: String,
    state: Arc<Mutex<State>>,
    // Held connections end when the mirror is dropped.
    _held: mpsc::Sender<()>,
}

impl Mirror {
    /// Serves these files, packed.
    pub fn start(files: &Files) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/data/", listener.local_addr().unwrap());
        let files = files.iter().map(|(name, bytes)| (format!("{name}.gz"), gzip(bytes))).collect();
        let state = Arc::new(Mutex::new(State { files, orders: HashMap::new(), requests: Vec::new() }));
        let (held, ended) = mpsc::channel();
        let ended = Arc::new(Mutex::new(ended));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, ended) = (Arc::clone(&shared), Arc::clone(&ended));
                // A client that hangs up early is part of the tests.
                thread::spawn(move || drop(answer(stream, &shared, &ended)));
            }
        });
        Self { url, state, _held: held }
    }

    /// What to do with the next requests for a file, in order.
    pub fn order(&self, name: &str, answers: &[Answer]) -> &Self {
        self.state.lock().unwrap().orders.insert(format!("{name}.gz"), answers.to_vec());
        self
    }

    /// The requests for a file so far.
    pub fn requests(&self, name: &str) -> Vec<Request> {
        let file = format!("{name}.gz");
        self.state.lock().unwrap().requests.iter().filter(|request| request.file == file).cloned().collect()
    }

    /// All requests so far.
    pub fn request_count(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }

    /// A file as it is served.
    pub fn packed(&self, name: &str) -> Vec<u8> {
        self.state.lock().unwrap().files[&format!("{name}.gz")].clone()
    }
}

fn answer(
    mut stream: TcpStream,
    state: &Mutex<State>,
    ended: &Mutex<mpsc::Receiver<()>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().ok_or(std::io::ErrorKind::UnexpectedEof)??;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let file = path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut from = None;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse::<usize>().ok();
        }
    }
    let (whole, order) = {
        let mut state = state.lock().unwrap();
        let whole = if path.starts_with("/data/") { state.files.get(&file).cloned() } else { None };
        let order =
            state.orders.get_mut(&file).filter(|orders| !orders.is_empty()).map(|orders| orders.remove(0));
        (whole, order.unwrap_or(Answer::Well))
    };
    let log = |sent| state.lock().unwrap().requests.push(Request { file: file.clone(), from, sent });
    let Some(whole) = whole else {
        log(0);
        return send(&mut stream, "404 Not Found", Some(0), None, &[]);
    };
    let whole = match &order {
        Answer::Other(bytes) => gzip(bytes),
        Answer::Raw(bytes) => bytes.clone(),
        _ => whole,
    };
    let hold = || {
        let _ = ended.lock().unwrap().recv_timeout(Duration::from_secs(20));
    };
    let from = if matches!(order, Answer::IgnoreRange) { None } else { from };
    if from.is_some_and(|from| from >= whole.len()) {
        log(0);
        return send(&mut stream, "416 Range Not Satisfiable", Some(0), None, &[]);
    }
    let body = &whole[from.unwrap_or(0)..];
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    let range = from.map(|from| format!("bytes {from}-{}/{}", whole.len() - 1, whole.len()));
    let (announced, sent) = match order {
        Answer::Well | Answer::IgnoreRange | Answer::Other(_) | Answer::Raw(_) => {
            (Some(body.len()), body.len())
        }
        Answer::Status(status) => {
            log(0);
            return send(&mut stream, &format!("{status} On Order"), Some(0), None, &[]);
        }
        Answer::Silence => {
            log(0);
            hold();
            return Ok(());
        }
        Answer::BreakOff(sent) | Answer::Stall(sent) => (Some(body.len()), sent.min(body.len())),
        Answer::Cut(sent) => (Some(sent), sent.min(body.len())),
        Answer::CutUnannounced(sent) => (None, sent.min(body.len())),
        Answer::WrongRange => {
            log(body.len());
            let range = format!("bytes 7-{}/{}", whole.len() - 1, whole.len());
            return send(&mut stream, "206 Partial Content", Some(body.len()), Some(&range), body);
        }
    };
    log(sent);
    send(&mut stream, status, announced, range.as_deref(), &body[..sent])?;
    if matches!(order, Answer::Stall(_)) {
        hold();
    }
    Ok(())
}

fn send(
    stream: &mut TcpStream,
    status: &str,
    length: Option<usize>,
    range: Option<&str>,
    body: &[u8],
) -> std::io::Result<()> {
    let length = length.map_or(String::new(), |length| format!("Content-Length: {length}\r\n"));
    let range = range.map_or(String::new(), |range| format!("Content-Range: {range}\r\n"));
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{length}{range}\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}
