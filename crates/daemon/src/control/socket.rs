//! The Unix socket server.

use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use yottabgp_os::Error;
use yottabgp_os::daemonize::set_umask;

use super::access::{Access, Made};
use super::place::in_first_usable;
use crate::lines::Lines;
use crate::outbox::Outbox;
use crate::pump::{Commands, Progress, read_commands, write_lines};
use crate::turns;

/// Clients served at once. One more takes the place of the one that said nothing for the longest time, or is told to come back
/// while all of them are at work.
const CLIENTS: usize = 32;
/// How long a client must have said nothing before another one may take its place.
const IDLE: Duration = Duration::from_secs(60);
/// How long a client that has said all has to read the rest of its answers.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// How often, and after which time each, a folder is tried to be locked.
const LOCK_TRIES: u32 = 100;
const LOCK_WAIT: Duration = Duration::from_millis(5);

/// A socket that is listened on; its file is removed when dropped.
#[derive(Debug)]
pub struct ControlSocket {
    /// Removed first, while its number can not be that of another file.
    file: Made,
    listener: StdListener,
}

impl ControlSocket {
    /// Listens on `NAME.sock` in the first of `folders` that exists and is ours to write; if none
    /// is, in the last one's, which is then created.
    ///
    /// The file of a daemon that is gone is replaced. A daemon that answers there is an error.
    pub fn in_folders(folders: &[PathBuf], name: &str, access: Access) -> Result<Self, Error> {
        in_first_usable(folders, access, |folder| {
            Self::at(&folder.join(format!("{name}.sock")), access)
        })
    }

    /// Listens on one path.
    pub fn at(path: &Path, access: Access) -> Result<Self, Error> {
        let failed = |source| Error::new(format!("control socket {}", path.display()), source);
        // Of two daemons that start at once, one would remove the new socket of the other as stale.
        let _alone = alone_in(path);
        remove_stale(path)?;
        // Nobody but us from the start, so that nobody slips in before the mode is right.
        let before = set_umask(0o177);
        let listener = StdListener::bind(path);
        set_umask(before);
        let listener = listener.map_err(failed)?;
        let file = Made::new(path);
        access.give(path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok(Self { listener, file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file.path
    }
}

/// Locks the folder of a file for as long as the result lives: who else begins there waits. A folder that can not be locked, or
/// that somebody keeps locked, is no reason not to start.
fn alone_in(path: &Path) -> Option<File> {
    let folder = File::open(path.parent()?).ok()?;
    for _ in 0..LOCK_TRIES {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
}

fn remove_stale(path: &Path) -> Result<(), Error> {
    let tried = || format!("control socket {}", path.display());
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(Error::refused(tried(), "there is a file that is not a socket"));
    }
    match StdStream::connect(path) {
        Ok(_) => Err(Error::refused(tried(), "another daemon answers there")
            .hint("give this one a name of its own with exabgp.api.socketname")),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(|source| Error::new(tried(), source))
        }
        Err(error) => Err(Error::new(tried(), error)),
    }
}

/// Serves clients for ever; drop the future to end all of them.
///
/// `connected` is given the outbox of each new client and returns who acts on its commands.
/// Spawned on a local runtime: clients are tasks of it.
pub async fn serve<C: Commands + 'static>(
    socket: &ControlSocket,
    mut connected: impl FnMut(Outbox) -> C,
) -> io::Result<()> {
    let listener = UnixListener::from_std(socket.listener.try_clone()?)?;
    let mut tasks = JoinSet::new();
    let mut clients: Vec<Rc<Client>> = Vec::new();
    loop {
        let stream = tokio::select! {
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of descriptors, most likely: others must end before it can go on.
                    warn!(target: "yottabgp::api", "control socket: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        // Those that are only held here are gone.
        clients.retain(|client| Rc::strong_count(client) > 1);
        if clients.len() >= CLIENTS {
            let idle = clients.iter().min_by_key(|client| client.heard.get());
            match idle.filter(|client| client.heard.get().elapsed() >= IDLE) {
                Some(idle) => {
                    debug!(target: "yottabgp::api", "control socket: an idle client made room");
                    idle.leave.notify_one();
                    let leaving = idle.clone();
                    clients.retain(|client| !Rc::ptr_eq(client, &leaving));
                }
                None => {
                    refuse(stream);
                    continue;
                }
            }
        }
        let outbox = Outbox::new();
        let client = Rc::new(Client { heard: Cell::new(Instant::now()), leave: Notify::new() });
        clients.push(client.clone());
        let commands = Heard { commands: connected(outbox.clone()), client };
        tasks.spawn_local(turns::watched("a client", attend(stream, outbox, commands)));
    }
}

fn refuse(stream: UnixStream) {
    debug!(target: "yottabgp::api", "control socket: more than {CLIENTS} clients");
    // A few bytes always fit into a new socket.
    let _ = stream.try_write(b"error: too many clients, try again later\nerror\n");
}

/// What the server knows of a client.
#[derive(Debug)]
struct Client {
    /// When it last said something.
    heard: Cell<Instant>,
    /// It has to leave.
    leave: Notify,
}

/// Commands, and that they came.
struct Heard<C> {
    commands: C,
    client: Rc<Client>,
}

impl<C: Commands> Commands for Heard<C> {
    async fn commands(&mut self, lines: Lines<'_>) {
        self.client.heard.set(Instant::now());
        self.commands.commands(lines).await;
        self.client.heard.set(Instant::now());
    }
}

/// One client, until it is gone, has said and read all, or has to leave.
async fn attend<C: Commands>(stream: UnixStream, outbox: Outbox, mut commands: Heard<C>) {
    let (input, output) = stream.into_split();
    let progress = Progress::default();
    let client = commands.client.clone();
    let reader = async {
        read_commands(input, &mut commands, &progress).await;
        let _ = timeout(LAST_ANSWERS, outbox.flushed()).await;
    };
    tokio::select! {
        () = reader => {}
        () = write_lines(output, &outbox, None) => {}
        () = client.leave.notified() => {}
    }
    outbox.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_first_usable_folder_is_taken() {
        let top = tempfile::tempdir().unwrap();
        let folders = [top.path().join("none"), top.path().join("here"), top.path().join("last")];
        std::fs::create_dir(&folders[1]).unwrap();
        let socket = ControlSocket::in_folders(&folders, "exabgp", Access::default()).unwrap();
        assert_eq!(socket.path(), folders[1].join("exabgp.sock"));
        let mode = std::fs::metadata(socket.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let error = ControlSocket::in_folders(&folders, "exabgp", Access::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains("another daemon answers there (give this one a name"), "{error}");
        let path = socket.path().to_owned();
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn the_last_folder_is_made() {
        let top = tempfile::tempdir().unwrap();
        let folders = [top.path().join("none"), top.path().join("root/run")];
        let socket = ControlSocket::in_folders(&folders, "exabgp", Access::default()).unwrap();
        assert_eq!(socket.path(), folders[1].join("exabgp.sock"));
        let mode = std::fs::metadata(&folders[1]).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn another_daemon_s_socket_is_not_removed() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("exabgp.sock");
        let first = ControlSocket::at(&path, Access::default()).unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = ControlSocket::at(&path, Access::default()).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn of_several_that_begin_at_once_one_gets_the_stale_socket() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("exabgp.sock");
        for _ in 0..50 {
            drop(StdListener::bind(&path).unwrap());
            let start = std::sync::Barrier::new(4);
            let begin = || {
                start.wait();
                ControlSocket::at(&path, Access::default())
            };
            let made: Vec<ControlSocket> = std::thread::scope(|scope| {
                let all = [(); 4].map(|()| scope.spawn(begin));
                all.into_iter().filter_map(|one| one.join().unwrap().ok()).collect()
            });
            assert_eq!(made.len(), 1);
            assert!(StdStream::connect(&path).is_ok());
        }
    }

    #[test]
    fn a_stale_socket_is_replaced_but_not_a_file() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("exabgp.sock");
        drop(StdListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(ControlSocket::at(&path, Access::default()).unwrap());
        std::fs::write(&path, "precious").unwrap();
        let error = ControlSocket::at(&path, Access::default()).unwrap_err().to_string();
        assert!(error.ends_with("there is a file that is not a socket"), "{error}");
        assert!(path.exists());
    }
}

#[cfg(test)]
mod serving {
    use super::*;
    use crate::lines::{Line, Lines};
    use crate::outbox::Ack;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::LocalSet;

    /// Answers each line with itself.
    struct Echo(Outbox);

    impl Commands for Echo {
        async fn commands(&mut self, lines: Lines<'_>) {
            for line in lines {
                match line {
                    Line::Text(text) => {
                        let mut answer = text.to_vec();
                        answer.push(b'\n');
                        let taken = self.0.answer(&answer);
                        self.0.ack(if taken.is_ok() { Ack::Done } else { Ack::Error });
                    }
                    Line::TooLong(_) => self.0.ack(Ack::Error),
                }
            }
        }
    }

    async fn with_server<T>(test: impl AsyncFnOnce(PathBuf) -> T) -> T {
        let top = tempfile::tempdir().unwrap();
        let socket = ControlSocket::at(&top.path().join("exabgp.sock"), Access::default()).unwrap();
        LocalSet::new()
            .run_until(async {
                tokio::select! {
                    ended = serve(&socket, Echo) => panic!("{ended:?}"),
                    result = test(socket.path().to_owned()) => result,
                }
            })
            .await
    }

    async fn read_exactly(stream: &mut UnixStream, expected: &str) {
        let mut buffer = vec![0; expected.len()];
        stream.read_exact(&mut buffer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&buffer), expected);
    }

    #[tokio::test]
    async fn several_clients_at_once() {
        with_server(async |path| {
            let mut first = UnixStream::connect(&path).await.unwrap();
            let mut second = UnixStream::connect(&path).await.unwrap();
            first.write_all(b"one").await.unwrap();
            second.write_all(b"two\nthree\n").await.unwrap();
            read_exactly(&mut second, "two\ndone\nthree\ndone\n").await;
            first.write_all(b" more\n").await.unwrap();
            read_exactly(&mut first, "one more\ndone\n").await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_client_that_has_said_all_still_gets_its_answer() {
        with_server(async |path| {
            let mut client = UnixStream::connect(&path).await.unwrap();
            client.write_all(b"version\ncut short").await.unwrap();
            client.shutdown().await.unwrap();
            let mut told = String::new();
            client.read_to_string(&mut told).await.unwrap();
            assert_eq!(told, "version\ndone\n");
        })
        .await;
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_no_burden() {
        with_server(async |path| {
            let mut deaf = UnixStream::connect(&path).await.unwrap();
            let line = [vec![b'x'; 1000], b"\n".to_vec()].concat();
            for _ in 0..20_000 {
                // All of it is read although none of its answers are.
                deaf.write_all(&line).await.unwrap();
            }
            let mut other = UnixStream::connect(&path).await.unwrap();
            other.write_all(b"hello\n").await.unwrap();
            read_exactly(&mut other, "hello\ndone\n").await;
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_client_makes_room() {
        with_server(async |path| {
            let mut clients = Vec::new();
            for _ in 0..CLIENTS {
                let mut client = UnixStream::connect(&path).await.unwrap();
                client.write_all(b"hello\n").await.unwrap();
                read_exactly(&mut client, "hello\ndone\n").await;
                clients.push(client);
            }
            tokio::time::advance(IDLE).await;
            // All but the second one go on talking.
            for (number, client) in clients.iter_mut().enumerate().filter(|(at, _)| *at != 1) {
                client.write_all(format!("{number}\n").as_bytes()).await.unwrap();
                read_exactly(client, &format!("{number}\ndone\n")).await;
            }
            let mut late = UnixStream::connect(&path).await.unwrap();
            late.write_all(b"me too\n").await.unwrap();
            read_exactly(&mut late, "me too\ndone\n").await;
            let mut rest = String::new();
            clients[1].read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "");
            clients[0].write_all(b"still here\n").await.unwrap();
            read_exactly(&mut clients[0], "still here\ndone\n").await;
        })
        .await;
    }

    #[tokio::test]
    async fn too_many_clients_are_told() {
        with_server(async |path| {
            let mut clients = Vec::new();
            for _ in 0..CLIENTS {
                let mut client = UnixStream::connect(&path).await.unwrap();
                client.write_all(b"hello\n").await.unwrap();
                read_exactly(&mut client, "hello\ndone\n").await;
                clients.push(client);
            }
            let mut late = UnixStream::connect(&path).await.unwrap();
            let mut told = String::new();
            late.read_to_string(&mut told).await.unwrap();
            assert_eq!(told, "error: too many clients, try again later\nerror\n");
        })
        .await;
    }
}
