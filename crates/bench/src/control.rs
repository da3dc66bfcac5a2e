//! How a tool tells what it measured, and is told what to do.
//!
//! Alone, a tool starts at once, writes its results as lines of JSON and ends. With `--control SOCKET` it is one of several that a
//! program runs together: it connects there, writes its lines, and takes orders, a word a line: `go`, `mark`, `bounce`; the end of
//! the connection means stop.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

/// Where results go.
#[derive(Clone, Debug, Args)]
pub(crate) struct ControlArgs {
    /// Write the results to this file instead
    #[arg(long, value_name = "FILE", conflicts_with = "control")]
    out: Option<PathBuf>,
    /// Connect to this Unix socket: results go there, and the orders `go`, `mark` and `bounce` come from there
    #[arg(long, value_name = "SOCKET")]
    control: Option<PathBuf>,
}

/// What a tool is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Begin.
    Go,
    /// Report what was measured so far, and begin to measure anew.
    Mark,
    /// Close the sessions, and make them again.
    Bounce,
    /// Report and end.
    Stop,
}

/// The other end: a socket, a file, an output of this process.
#[derive(Debug)]
pub(crate) struct Control {
    to: To,
    orders: Receiver<Order>,
    /// Kept where nobody gives orders, so that there is none and not the end of them.
    _nobody: Option<Sender<Order>>,
}

#[derive(Debug)]
enum To {
    Socket(UnixStream),
    File(File),
    Output,
    Error,
}

impl Control {
    /// Of a tool that has its standard output for itself.
    pub(crate) fn open(arguments: &ControlArgs) -> Result<Self> {
        Self::new(arguments, To::Output)
    }

    /// Of a helper process, whose standard output is read by a BGP speaker.
    pub(crate) fn of_helper(arguments: &ControlArgs) -> Result<Self> {
        Self::new(arguments, To::Error)
    }

    fn new(arguments: &ControlArgs, otherwise: To) -> Result<Self> {
        let (sender, orders) = channel();
        if let Some(path) = &arguments.control {
            let socket = UnixStream::connect(path)
                .with_context(|| format!("--control {}: connecting", path.display()))?;
            let reader = socket.try_clone().context("the socket of --control")?;
            std::thread::spawn(move || read_orders(reader, &sender));
            return Ok(Self { to: To::Socket(socket), orders, _nobody: None });
        }
        let to = match &arguments.out {
            Some(path) => {
                To::File(File::create(path).with_context(|| format!("--out {}", path.display()))?)
            }
            None => otherwise,
        };
        Ok(Self { to, orders, _nobody: Some(sender) })
    }

    /// Whether nobody gives orders.
    pub(crate) const fn is_alone(&self) -> bool {
        self._nobody.is_some()
    }

    /// Tells that something happened.
    pub(crate) fn tell(&mut self, event: &str, mut details: Value) -> Result<()> {
        if let Some(details) = details.as_object_mut() {
            details.insert("event".into(), json!(event));
        }
        let line = format!("{details}\n");
        match &mut self.to {
            To::Socket(socket) => socket.write_all(line.as_bytes()),
            To::File(file) => file.write_all(line.as_bytes()),
            To::Output => std::io::stdout().write_all(line.as_bytes()),
            To::Error => std::io::stderr().write_all(line.as_bytes()),
        }
        .context("writing a result")
    }

    /// Waits for `go`, which nobody has to say to a tool that is alone. Says whether to go.
    pub(crate) fn wait_for_go(&self) -> bool {
        self.is_alone() || self.wait(None) == Some(Order::Go)
    }

    /// Waits for an order, or for some time.
    pub(crate) fn wait(&self, most: Option<Duration>) -> Option<Order> {
        match most {
            None => Some(self.orders.recv().unwrap_or(Order::Stop)),
            Some(most) => match self.orders.recv_timeout(most) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Order::Stop),
            },
        }
    }

    /// The order that has come, if one has.
    pub(crate) fn order(&self) -> Option<Order> {
        self.wait(Some(Duration::ZERO))
    }
}

fn read_orders(socket: UnixStream, to: &Sender<Order>) {
    for line in BufReader::new(socket).lines() {
        let order = match line.as_deref().map(str::trim) {
            Ok("go") => Order::Go,
            Ok("mark") => Order::Mark,
            Ok("bounce") => Order::Bounce,
            _ => break,
        };
        if to.send(order).is_err() {
            return;
        }
    }
    // Nobody is left to be told when this fails.
    let _ = to.send(Order::Stop);
}
