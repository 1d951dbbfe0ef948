//! The server: the page, its data, and files of runs.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use lth_report::page::live_page;
use tokio::{
    net::TcpListener,
    runtime,
    sync::{Mutex, oneshot},
};
use tower_http::services::ServeDir;

use super::{
    Folder,
    admission::{Admission, Admitted},
    folder::FILES,
    inside::Inside,
};
use crate::{arguments::SourceArguments, failure::Failure, output::Messages, report_data::ReportMaker};

/// Data are made again at most every so much of the time that it takes to make them, so that runs keep the processor.
const PACE: u32 = 10;
/// And no more often than this.
const LEAST: Duration = Duration::from_secs(1);

/// Data of the page with their tag; nothing as long as there is no run; or why there are none.
type Answer = Result<Option<(String, Bytes)>, String>;

/// Asks for data; the answer comes back by the sender.
type Requests = mpsc::Sender<oneshot::Sender<Answer>>;

/// What was answered last, and until when it is good.
#[derive(Default)]
struct Known {
    answer: Option<Arc<Answer>>,
    until: Option<Instant>,
}

/// What requests share.
#[derive(Clone)]
struct Shared {
    requests: Requests,
    known: Arc<Mutex<Known>>,
    admission: Admission,
}

/// Serves a folder; `ready` is told the address once it is open. It ends with the process.
///
/// # Errors
/// When the address cannot be listened on.
pub(crate) fn serve(
    address: SocketAddr,
    folder: &Folder,
    admission: &Admission,
    source: &SourceArguments,
    messages: &Messages,
    ready: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => "another process has the port: --port 0 takes any that is free",
            ErrorKind::PermissionDenied => "low ports are for the system: --port 0 takes any that is free",
            _ => {
                "use 127.0.0.1 for this machine alone, 0.0.0.0 for others too, or an address of this machine"
            }
        };
        Failure::input(format!("cannot listen on {address}: {error}"), hint)
    };
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
    ready(listener.local_addr().map_err(failed)?)?;
    let (requests, asked) = mpsc::channel::<oneshot::Sender<Answer>>();
    let shared = Shared { requests, known: Arc::default(), admission: admission.clone() };
    let router = router(folder, shared);
    thread::scope(|scope| {
        scope.spawn(move || runtime.block_on(axum::serve(listener, router).into_future()));
        // Data are made here, one at a time: what makes them is not for several threads.
        let maker = ReportMaker::new(source, messages);
        for reply in asked {
            // Who asked may be gone, before the answer is made or after.
            if reply.is_closed() {
                continue;
            }
            let _ = reply.send(answer(folder, &maker));
        }
    });
    Ok(())
}

fn answer(folder: &Folder, maker: &ReportMaker) -> Answer {
    let data = folder.data(maker).map_err(|failure| {
        failure.words().map_or_else(String::new, |(message, hint)| match hint {
            Some(hint) => format!("{message}; {hint}"),
            None => message.to_owned(),
        })
    })?;
    Ok(data.map(|data| {
        let text = serde_json::to_vec(&data).expect("texts and numbers are plain values");
        (format!("\"{}\"", blake3::hash(&text).to_hex()), text.into())
    }))
}

fn router(folder: &Folder, shared: Shared) -> Router {
    Router::new()
        .route("/", get(async || Html(live_page())))
        .route("/data.json", get(data))
        .nest_service(
            &format!("/{FILES}"),
            ServeDir::with_backend(&folder.root, Inside::of(&folder.root))
                .append_index_html_on_directories(false),
        )
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

/// Refuses who is not admitted, and tells browsers to take nothing from elsewhere.
async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.admission.admit(request.uri(), request.headers()) {
        Admitted::No(words) => (StatusCode::FORBIDDEN, words).into_response(),
        Admitted::WithCookie(cookie) => {
            ([(header::SET_COOKIE, cookie)], Redirect::to(request.uri().path())).into_response()
        }
        Admitted::Yes => {
            const POLICY: &str =
                "default-src 'self' data:; script-src 'unsafe-inline'; style-src 'unsafe-inline'";
            let mut response = next.run(request).await;
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(POLICY));
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
            response
        }
    }
}

async fn data(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let answer = shared.newest().await;
    match &*answer {
        Err(words) => (StatusCode::SERVICE_UNAVAILABLE, words.clone()).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Ok(Some((tag, _)))
            if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) =>
        {
            StatusCode::NOT_MODIFIED.into_response()
        }
        Ok(Some((tag, text))) => {
            let headers = [(header::ETAG, tag.as_str()), (header::CONTENT_TYPE, "application/json")];
            (headers, text.clone()).into_response()
        }
    }
}

impl Shared {
    /// What is known, made anew where that is due.
    async fn newest(&self) -> Arc<Answer> {
        let mut known = self.known.lock().await;
        if let (Some(answer), Some(until)) = (&known.answer, known.until)
            && Instant::now() < until
        {
            return answer.clone();
        }
        let (reply, made) = oneshot::channel();
        let begun = Instant::now();
        let asked = self.requests.send(reply).is_ok();
        let ended = || Err("lth watch is ending".to_owned());
        let answer = Arc::new(if asked { made.await.unwrap_or_else(|_| ended()) } else { ended() });
        // The first time has the reading of the data set in it.
        let is_first = known.answer.is_none();
        let pause = if is_first { LEAST } else { (PACE * begun.elapsed()).max(LEAST) };
        known.until = Some(Instant::now() + pause);
        known.answer = Some(answer.clone());
        answer
    }
}
