//! Ctrl-C: once to stop with everything saved, twice to stop at once.

use std::{
    io::{self, Write as _},
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use lth_lab::Stop;
pub(crate) use lth_lab::quoted;

use crate::failure::Failure;

/// The exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// A flag that the first Ctrl-C (or SIGTERM, or SIGHUP) sets; the second ends the process. Files are only ever renamed into place
/// whole, so ending at any moment leaves nothing half-written.
///
/// A signal that was ignored when the process started, as `nohup` or a script's `&` wants it, stays ignored.
///
/// # Errors
/// When the system refuses the handler.
pub(crate) fn flag() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    watch(move || {
        if seen.swap(true, Ordering::SeqCst) {
            process::exit(INTERRUPTED);
        }
        // After a hangup there may be no terminal to write to.
        let _ = writeln!(
            anstream::stderr(),
            "stopping; everything is saved first (Ctrl-C again to stop at once)"
        );
    })
    .map_err(|error| {
        Failure::work(format!("cannot watch for Ctrl-C: {error}"), "report this with the name of your system")
    })?;
    Ok(flag)
}

/// What [`flag`] stops: for work of several parts that one signal ends, watched from the first part on.
///
/// # Errors
/// When the system refuses the handler.
pub(crate) fn stop(parts: &mut Option<Stop>) -> Result<Stop, Failure> {
    if let Some(stop) = parts {
        return Ok(stop.clone());
    }
    let stop = Stop::when(flag()?);
    *parts = Some(stop.clone());
    Ok(stop)
}

/// Calls a function, on a thread of its own, at each signal to stop that was not ignored before.
#[cfg(unix)]
fn watch(at_signal: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
    };
    let heeded: Vec<i32> =
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| !is_ignored(signal)).collect();
    let mut signals = Signals::new(heeded)?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            at_signal();
        }
    })?;
    Ok(())
}

/// Whether the process ignores a signal.
#[cfg(unix)]
#[expect(unsafe_code, reason = "no safe interface tells the disposition of a signal without changing it")]
fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action the call only writes the present one, to a place of its size; it is read only when the
    // call says that it did.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(not(unix))]
fn watch(at_signal: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(at_signal).map_err(io::Error::other)
}

/// The command that is running, as it would be typed again.
pub(crate) fn this_command() -> String {
    std::env::args().map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}
