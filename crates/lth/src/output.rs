//! Where words go: results to the output stream, messages to the error stream and the log file.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::Mutex,
    time::SystemTime,
};

use anstyle::{AnsiColor, Style};
use humantime::format_rfc3339_seconds;
use indicatif::MultiProgress;

use crate::{
    arguments::{CommonArguments, Verbosity},
    failure::Failure,
};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Prints results to the output stream.
///
/// # Errors
/// [`Failure::OutputClosed`] when nobody reads any more.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stream = anstream::stdout().lock();
    stream.write_all(text.as_bytes())?;
    stream.flush()?;
    Ok(())
}

/// Prints the results of trainings, or their folder alone.
///
/// # Errors
/// [`Failure::OutputClosed`] when nobody reads any more.
pub(crate) fn print_results(text: &str, folder: &Path, folder_only: bool) -> Result<(), Failure> {
    if folder_only { print(&format!("{}\n", folder.display())) } else { print(text) }
}

/// The messages of one invocation.
#[derive(Debug)]
pub(crate) struct Messages {
    verbosity: Verbosity,
    log: Option<Mutex<File>>,
    bars: MultiProgress,
}

impl Messages {
    /// Opens the log file, if one is asked for.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn new(arguments: &CommonArguments) -> Result<Self, Failure> {
        let log = arguments.logging_path.as_deref().map(open_log).transpose()?;
        Ok(Self { verbosity: arguments.verbosity, log: log.map(Mutex::new), bars: MultiProgress::new() })
    }

    /// The progress bars that messages are printed above; none is shown until one is added.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// An error that ends the command, with its hint.
    pub(crate) fn failure(&self, failure: &Failure) {
        if let Some((message, hint)) = failure.words() {
            self.say(Verbosity::Error, &format!("{ERROR}error:{ERROR:#} {message}"));
            if let Some(hint) = hint {
                self.say(Verbosity::Error, &format!("{HINT}hint:{HINT:#} {hint}"));
            }
        }
    }

    /// Something the user should know of.
    pub(crate) fn warning(&self, message: &str) {
        self.say(Verbosity::Warning, &format!("{WARNING}warning:{WARNING:#} {message}"));
    }

    /// What is going on.
    pub(crate) fn info(&self, message: &str) {
        self.say(Verbosity::Info, message);
    }

    /// A detail.
    pub(crate) fn debug(&self, message: &str) {
        self.say(Verbosity::Debug, message);
    }

    fn say(&self, level: Verbosity, text: &str) {
        if level <= self.verbosity {
            // A closed error stream must not stop a training of hours.
            let show = || drop(writeln!(anstream::stderr(), "{text}"));
            self.bars.suspend(show);
        }
        if let Some(log) = &self.log
            && let Ok(mut log) = log.lock()
        {
            let plain = anstream::adapter::strip_str(text);
            let _ = writeln!(log, "{} {plain}", format_rfc3339_seconds(SystemTime::now()));
        }
    }
}

fn open_log(path: &Path) -> Result<File, Failure> {
    let path = if path.is_dir() { path.join("lth.log") } else { path.to_owned() };
    OpenOptions::new().create(true).append(true).open(&path).map_err(|error: io::Error| {
        Failure::input(
            format!("cannot write the log file '{}': {error}", path.display()),
            "give --logging-path a file in a folder that exists and can be written",
        )
    })
}

/// Prints a failure when there are no [`Messages`] yet; returns its exit code.
pub(crate) fn report(failure: &Failure) -> std::process::ExitCode {
    Messages { verbosity: Verbosity::Error, log: None, bars: MultiProgress::new() }.failure(failure);
    failure.code()
}
