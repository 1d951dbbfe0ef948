//! Who is shown anything.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, Uri, header, uri::Authority};
use lth_lab::host_name;

use crate::failure::Failure;

/// Cookies of a machine are those of all its ports: the name is of one token, so that two servers do not take each other's away.
fn cookie_name(token: &str) -> String {
    format!("lth-watch-{}", token.get(..8).unwrap_or(token))
}

/// Whether a `Host` header names this machine.
fn is_here(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What a request must have.
#[derive(Clone)]
pub(crate) enum Admission {
    /// It names this machine: a page of another site, whose name was made to lead here, names that site.
    ThisMachine,
    /// The token, in the address or, from then on, in a cookie.
    Token(String),
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// It is answered.
    Yes,
    /// It brought the token: it gets the cookie and the address without it.
    WithCookie(String),
    /// It is refused, in these words.
    No(&'static str),
}

impl Admission {
    /// Of a server that listens there.
    ///
    /// # Errors
    /// When the system gives no random numbers for a token.
    pub(crate) fn of(listen: IpAddr) -> Result<Self, Failure> {
        if listen.is_loopback() {
            return Ok(Self::ThisMachine);
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            Failure::work(format!("there are no random numbers for a token: {error}"), "listen on 127.0.0.1")
        })?;
        Ok(Self::Token(bytes.map(|byte| format!("{byte:02x}")).concat()))
    }

    /// The address of the page; with this machine's name where the server listens on all of its addresses.
    pub(crate) fn page(&self, address: SocketAddr) -> String {
        let place = if address.ip().is_unspecified() {
            format!("{}:{}", host_name(), address.port())
        } else {
            address.to_string()
        };
        match self {
            Self::ThisMachine => format!("http://{place}/"),
            Self::Token(token) => format!("http://{place}/?token={token}"),
        }
    }

    /// Whether a request is answered.
    pub(crate) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Admitted {
        match self {
            Self::ThisMachine => {
                let host =
                    headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
                if is_here(host) {
                    Admitted::Yes
                } else {
                    Admitted::No(
                        "lth watch answers to this machine's own names only: 127.0.0.1 and localhost",
                    )
                }
            }
            Self::Token(token) => {
                let given =
                    uri.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("token="));
                if given.is_some_and(|given| same(given, token)) {
                    return Admitted::WithCookie(format!(
                        "{}={token}; HttpOnly; SameSite=Strict; Path=/",
                        cookie_name(token)
                    ));
                }
                let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
                let mut pairs = cookies
                    .flat_map(|cookies| cookies.split(';'))
                    .filter_map(|pair| pair.trim().split_once('='));
                if pairs.any(|(name, value)| name == cookie_name(token) && same(value, token)) {
                    Admitted::Yes
                } else {
                    Admitted::No("lth watch needs the token that it printed when it began: open that address")
                }
            }
        }
    }
}

/// Whether two texts are the same, in a time that does not tell how much of them is.
fn same(given: &str, token: &str) -> bool {
    let differing = given.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == token.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(admission: &Admission, uri: &str, name: header::HeaderName, value: &str) -> Admitted {
        let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
        admission.admit(&uri.parse().unwrap(), &headers)
    }

    #[test]
    fn only_this_machines_names_are_answered_without_a_token() {
        let admission = Admission::of([127, 0, 0, 1].into()).unwrap();
        for host in ["127.0.0.1:7070", "localhost:80", "[::1]:7070", "localhost", "[::1]", "LOCALHOST:7070"] {
            assert_eq!(admit(&admission, "/", header::HOST, host), Admitted::Yes, "{host}");
        }
        for host in ["evil.example:7070", "localhost.evil.example", "192.168.0.7:7070", "[::1", "a b", ""] {
            assert!(matches!(admit(&admission, "/", header::HOST, host), Admitted::No(_)), "{host}");
        }
    }

    #[test]
    fn elsewhere_the_token_decides() {
        let admission = Admission::of([0, 0, 0, 0].into()).unwrap();
        let Admission::Token(token) = &admission else { panic!("it has none") };
        assert_eq!(token.len(), 32);
        let Admitted::WithCookie(cookie) = admit(&admission, &format!("/?token={token}"), header::HOST, "x")
        else {
            panic!("the token is refused")
        };
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(admit(&admission, "/data.json", header::COOKIE, &format!("a=b; {pair}")), Admitted::Yes);
        // Of another server on this machine, at another port.
        let other = Admission::of([0, 0, 0, 0].into()).unwrap();
        let Admission::Token(token) = &other else { panic!("it has none") };
        assert_ne!(Some(cookie_name(token).as_str()), pair.split('=').next());
        for wrong in ["/", "/?token=", "/?token=0", &format!("/?token={token}0")] {
            assert!(
                matches!(admit(&admission, wrong, header::HOST, "localhost"), Admitted::No(_)),
                "{wrong}"
            );
        }
    }
}
