//! This program as a helper process of the measured one.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};

/// What is counted in events: one for each route, in every version of the JSON.
const TOKEN: &[u8] = b"\"nlri\"";

/// Nanoseconds since 1970: what both processes agree on.
pub(crate) fn now() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// Acts as the helper `mode`: `helper-announce FOLDER COUNT` or `helper-count FOLDER COUNT`.
pub(crate) fn run(mode: &str, words: &[String]) -> Result<()> {
    let folder = words.first().map(PathBuf::from).context("a folder")?;
    let count: u32 = words.get(1).context("a count")?.parse()?;
    match mode {
        "helper-announce" => announce(&folder, count),
        _ => count_routes(&folder, count),
    }
}

/// Waits for the file `go`, says when it begins, and announces.
fn announce(folder: &Path, count: u32) -> Result<()> {
    while !folder.join("go").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut lines = Vec::new();
    for index in 0..count {
        let [_, a, b, c] = index.to_be_bytes();
        writeln!(lines, "announce route {}.{b}.{c}.0/24 next-hop 10.0.0.1", 20 + u32::from(a))?;
    }
    fs::write(folder.join("begin"), now().to_string())?;
    let mut out = io::stdout().lock();
    out.write_all(&lines)?;
    out.flush()?;
    // Lives on: a helper that ends would be started again.
    let mut rest = Vec::new();
    io::stdin().lock().read_to_end(&mut rest)?;
    Ok(())
}

/// Counts routes in events, and says when there were enough.
fn count_routes(folder: &Path, count: u32) -> Result<()> {
    let finder = memchr::memmem::Finder::new(TOKEN);
    let mut input = io::stdin().lock();
    let mut buffer = vec![0; 1 << 20];
    let mut kept = 0;
    let mut found = 0_u32;
    loop {
        let space = buffer.get_mut(kept..).unwrap_or_default();
        let read = input.read(space)?;
        if read == 0 {
            return Ok(());
        }
        let filled = kept + read;
        let text = buffer.get(..filled).unwrap_or_default();
        let matches = finder.find_iter(text).count();
        if matches > 0 {
            found += u32::try_from(matches).unwrap_or(u32::MAX);
            fs::write(folder.join("count"), format!("{found} {}", now()))?;
            if found >= count {
                fs::write(folder.join("end"), now().to_string())?;
            }
        }
        // A token may be cut in two: its start is kept, and can not match alone.
        let tail = (TOKEN.len() - 1).min(filled);
        buffer.copy_within(filled - tail..filled, 0);
        kept = tail;
    }
}
