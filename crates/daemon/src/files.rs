//! The configuration files: which is the present one, and how it is read.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::warn;
use yottabgp_config::reload::superseded;
use yottabgp_config::{
    Configuration, ConfiguredRoutes, Diagnostic, Environment, Known, Neighbor, Source,
};

use crate::loader::Machine;

/// Where the configuration comes from, from one reload to the next.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) files: Vec<PathBuf>,
    /// Whether each reload takes the next.
    pub(crate) rotate: bool,
    /// Standard input can be read only once.
    pub(crate) standard_input: Option<Vec<u8>>,
    /// What the configuration said that was taken last.
    pub(crate) known: Known,
}

/// A configuration that was read to be compared with what there is.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) configuration: Configuration,
    /// Of each neighbor, the routes that a later one is to the same as.
    pub(crate) superseded: Vec<Arc<[u32]>>,
}

/// One that is being read.
pub(crate) type Loading = oneshot::Receiver<Result<Loaded, String>>;

/// The text of a configuration, and its name for messages.
pub(crate) type Text = (String, Vec<u8>);

impl Files {
    /// The present file.
    fn path(&self) -> PathBuf {
        self.files.first().cloned().unwrap_or_default()
    }

    /// Reads the present file.
    pub(crate) fn load(&mut self, environment: &Environment) -> Result<Configuration, String> {
        let path = self.path();
        if path.as_os_str() == "-" && self.standard_input.is_none() {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| format!("standard input: {error}"))?;
            self.standard_input = Some(bytes);
        }
        load(&path, self.text(), environment, &self.known)
    }

    fn text(&self) -> Option<Text> {
        let path = self.path();
        let text = self.standard_input.clone().filter(|_| path.as_os_str() == "-")?;
        Some((path.display().to_string(), text))
    }

    /// Reads the present file, or a text as if it stood there, on a thread of its own: a large one takes seconds, and sessions
    /// must go on meanwhile.
    pub(crate) fn load_aside(&self, text: Option<Text>, environment: &Environment) -> Loading {
        let (done, loading) = oneshot::channel();
        let (path, text) = (self.path(), text.or_else(|| self.text()));
        let (environment, known) = (environment.clone(), self.known.clone());
        let thread = std::thread::Builder::new().name("configuration".to_owned());
        let started = thread.spawn(move || {
            let loaded = load(&path, text, &environment, &known).map(|configuration| {
                let superseded = all_superseded(&configuration.neighbors);
                Loaded { configuration, superseded }
            });
            let _ = done.send(loaded);
        });
        if let Err(error) = started {
            warn!(target: "yottabgp::configuration", "no thread to read it on: {error}");
        }
        loading
    }

    /// The next file is the present one.
    pub(crate) fn rotate(&mut self) {
        if self.rotate && self.files.len() > 1 {
            self.files.rotate_left(1);
        }
    }
}

/// Of each neighbor, the routes that a later one is to the same as: looked for once where neighbors share their routes.
fn all_superseded(neighbors: &[Neighbor]) -> Vec<Arc<[u32]>> {
    let mut last: Option<(&ConfiguredRoutes, Arc<[u32]>)> = None;
    let each = neighbors.iter().map(|Neighbor { routes, .. }| {
        let known = last.as_ref().filter(|(last, _)| routes.are_those_of(last));
        let places = known.map_or_else(|| superseded(routes).into(), |(_, places)| places.clone());
        last = Some((routes, places.clone()));
        places
    });
    each.collect()
}

/// The largest configuration that is read, in octets.
const LARGEST: u64 = 1 << 30;

/// Reads a file. A pipe may never say anything, and a device never end: a daemon does not wait for them.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    if metadata.len() > LARGEST {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    std::fs::read(path)
}

/// Reads a file, or a text in its place.
fn load(
    path: &Path,
    text: Option<Text>,
    environment: &Environment,
    known: &Known,
) -> Result<Configuration, String> {
    let (name, bytes) = match text {
        Some(text) => text,
        None => {
            let name = path.display().to_string();
            let bytes = read(path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    format!("{name} is not an exabgp config file (file not found)")
                }
                _ => format!("{name} can not be read: {error}"),
            })?;
            (name, bytes)
        }
    };
    let (source, not_text) = Source::from_bytes(name, bytes);
    if let Some(warning) = not_text {
        warn!(target: "yottabgp::configuration", "{}", warning.line(&source));
    }
    let machine = Machine::for_file(path);
    match yottabgp_config::parse_again(&source, &machine, environment, known) {
        Ok((configuration, warnings)) => {
            for warning in &warnings {
                warn!(target: "yottabgp::configuration", "{}", warning.line(&source));
            }
            Ok(configuration)
        }
        Err(diagnostics) => Err(render(&source, &diagnostics)),
    }
}

fn render(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let details = yottabgp_config::diagnostic::render_all(diagnostics, source, false);
    format!("{} is not a valid config file:\n{details}", source.name)
}
