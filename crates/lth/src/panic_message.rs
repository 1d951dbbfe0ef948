//! What is said when there is a bug in `lth`.

use std::panic;

/// Replaces the standard panic message by one that says what it is and where to report it.
pub(crate) fn install() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let message = info.payload_as_str().unwrap_or("no message");
        anstream::eprintln!(
            "error: this is a bug in lth {}: {message} (at {place})\n\
             hint: please report it with the command that you ran, at {}/issues; finished rounds are safe",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
        );
    }));
}
