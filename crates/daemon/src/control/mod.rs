//! How a command line client reaches the daemon: a Unix socket, or a pair of named pipes.
//!
//! Lines each way, as with a helper: commands in, and out what they answer, each answer ended by
//! `done` or `error`.

mod access;
mod pipe;
mod place;
mod socket;

pub use access::Access;
pub use pipe::{Pipes, serve_pipes};
pub use place::{folders, pipes, sockets};
pub use socket::{ControlSocket, serve};

use std::path::Path;

use tracing::{info, warn};
use yottabgp_config::Environment;
use yottabgp_os::privilege;

use crate::core::Shared;
use crate::{helpers, outbox::Outbox, turns};

/// How commands are taken from people.
#[derive(Debug, Default)]
pub(crate) struct Control {
    socket: Option<ControlSocket>,
    pipes: Option<Pipes>,
}

impl Control {
    /// Opens the socket and the pipes, while privileges are still held. What can not be had is said in the log: peers matter
    /// more than people here.
    pub(crate) fn open(environment: &Environment, root: &Path) -> Option<Self> {
        if !environment.api.cli {
            return None;
        }
        let mut control = Self::default();
        let folders = folders(root, privilege::user_id());
        let access = Access::of_user(&environment.daemon.user);
        let path = std::env::var_os("exabgp_api_socketpath").filter(|path| !path.is_empty());
        let disabled = std::env::var_os("exabgp_cli_socket").is_some_and(|value| value.is_empty());
        // Whoever chose a place for the socket does not want files elsewhere: pipes are only made where it is looked for.
        let chosen = path.is_some() && !disabled;
        if !disabled {
            let socket = match path {
                Some(path) => ControlSocket::at(Path::new(&path), access),
                None => ControlSocket::in_folders(&folders, &environment.api.socketname, access),
            };
            match socket {
                Ok(socket) => {
                    info!(target: "yottabgp::cli", "control socket {}", socket.path().display());
                    control.socket = Some(socket);
                }
                Err(error) => warn!(target: "yottabgp::cli", "no control socket: {error}"),
            }
        }
        let name = &environment.api.pipename;
        let pipes = match pipes(&folders, name).next() {
            Some((input, output)) => Pipes::open(&input, &output).map(Some),
            None if chosen => Ok(None),
            None => Pipes::make(&folders, name, access).map(Some),
        };
        match pipes {
            Ok(pipes) => {
                if let Some(pipes) = &pipes {
                    info!(target: "yottabgp::cli", "control pipes {pipes}");
                }
                control.pipes = pipes;
            }
            Err(error) => warn!(target: "yottabgp::cli", "no control pipes: {error}"),
        }
        Some(control)
    }

    /// Takes commands from now on.
    pub(crate) fn spawn(self, core: &Shared) -> ControlTasks {
        let mut tasks = Vec::new();
        if let Some(socket) = self.socket {
            let core = core.clone();
            tasks.push(turns::spawn("the control socket", async move {
                let connected = |outbox| helpers::client(&core, "control socket", outbox);
                if let Err(error) = serve(&socket, connected).await {
                    warn!(target: "yottabgp::cli", "the control socket is closed: {error}");
                }
            }));
        }
        if let Some(pipes) = self.pipes {
            let core = core.clone();
            tasks.push(turns::spawn("the control pipes", async move {
                let outbox = Outbox::new();
                let voice = helpers::client(&core, helpers::PIPES, outbox.clone());
                serve_pipes(pipes, outbox, voice).await;
            }));
        }
        ControlTasks(tasks)
    }
}

/// The tasks that take commands from people, and the files that go with them.
#[derive(Debug)]
pub(crate) struct ControlTasks(Vec<tokio::task::JoinHandle<()>>);

impl Drop for ControlTasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}
