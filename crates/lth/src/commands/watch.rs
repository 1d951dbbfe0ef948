//! `lth watch`.

use std::net::{IpAddr, SocketAddr};

use crate::{
    arguments::WatchArguments,
    failure::Failure,
    output::{Messages, print},
    settings::whole,
    watch::{Admission, Folder, serve},
};

/// Serves the page of a folder until it is stopped.
pub(crate) fn run(arguments: &WatchArguments, messages: &Messages) -> Result<(), Failure> {
    let port: u16 = whole("port", &arguments.port, "--port 7070")?;
    let listen: IpAddr = arguments.listen.parse().map_err(|_| {
        Failure::input(
            format!("'{}' is no address to listen on", arguments.listen),
            "use 127.0.0.1 for this machine alone, or 0.0.0.0 for others too",
        )
    })?;
    let folder = Folder::of(&arguments.folder)?;
    let admission = Admission::of(listen)?;
    let address = SocketAddr::new(listen, port);
    let ready = |address: SocketAddr| {
        let page = admission.page(address);
        print(&format!("{page}\n"))?;
        messages.info("open it in a browser; Ctrl-C ends it, and runs do not notice");
        Ok(())
    };
    serve(address, &folder, &admission, &arguments.source, messages, ready)
}
