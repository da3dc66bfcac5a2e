//! How fast MRT files become JSON: this program's `decode` beside bgpkit-parser, on the same files, one after the other.
//!
//! `cargo xtask offline [--updates N] [--routes N] [--runs N] [--program FILE] [--markdown FILE]`
//!
//! The files are made first: a dump of UPDATEs as a collector writes it (BGP4MP_MESSAGE_AS4), and one of a table
//! (TABLE_DUMP_V2), ten routes to a prefix. Both programs write to `/dev/null`. Those of bgpkit-parser are this very program,
//! started anew: its own command line makes a tree of values, a text and a write of each line; here its types go straight to a
//! buffer, which is faster.

mod files;
mod report;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bgpkit_parser::BgpkitParser;
use nix::sys::resource::{UsageWho, getrusage};

const USAGE: &str = "usage: yottabgp-bench-offline [--updates N] [--routes N] [--runs N] [--program FILE] [--markdown FILE] [--json FILE]
  --updates N      UPDATEs of the one file (default 10000000); 0 is no such file
  --routes N       routes of the other (default 10000000); 0 is no such file
  --runs N         the median of so many counts (default 3)
  --program FILE   yottabgp (default target/release/yottabgp)
  --markdown FILE  put the table into FILE, between `<!-- offline:begin -->` and `<!-- offline:end -->`
  --json FILE      write a line of JSON for each figure, and no table";

/// One program on one file.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    pub wall: Duration,
    /// Processor time, user and system.
    pub processor: Duration,
}

/// What is asked for.
struct Wanted {
    updates: u64,
    routes: u64,
    runs: usize,
    program: PathBuf,
    markdown: Option<PathBuf>,
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bgpkit", level, file] => bgpkit(level, file),
        _ => wanted(words).and_then(|wanted| compare(&wanted)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn wanted(words: Vec<String>) -> Result<Wanted, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut wanted = Wanted {
        updates: 10_000_000,
        routes: 10_000_000,
        runs: 3,
        program: root.join("target/release/yottabgp"),
        markdown: None,
        json: None,
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| USAGE);
        match word.as_str() {
            "--updates" => wanted.updates = number()?,
            "--routes" => wanted.routes = number()?,
            "--runs" => wanted.runs = number()?.max(1) as usize,
            "--program" => wanted.program = value.into(),
            "--markdown" => wanted.markdown = Some(value.into()),
            "--json" => wanted.json = Some(value.into()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(wanted)
}

/// Makes the files, lets every program read them, and prints the table.
fn compare(wanted: &Wanted) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("yottabgp-offline-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let compared = files::make(&folder, wanted.updates, wanted.routes)
        .map_err(|error| format!("{}: {error}", folder.display()))
        .and_then(|files| measure(wanted, &files));
    let _ = std::fs::remove_dir_all(&folder);
    compared
}

fn measure(wanted: &Wanted, files: &[files::Made]) -> Result<(), String> {
    let ours = &wanted.program;
    let theirs = std::env::current_exe().map_err(|error| error.to_string())?;
    let programs: [(&str, &Path, &[&str]); 4] = [
        ("yottabgp, 1 thread", ours, &["decode", "--threads", "1", "--read"]),
        ("yottabgp, 2 threads", ours, &["decode", "--threads", "2", "--read"]),
        ("bgpkit-parser 0.23.0, records", &theirs, &["bgpkit", "records"]),
        ("bgpkit-parser 0.23.0, elements", &theirs, &["bgpkit", "elems"]),
    ];
    let mut rows: Vec<report::Row> =
        programs.iter().map(|(name, ..)| report::Row::new(name)).collect();
    for _ in 0..wanted.runs {
        for (column, file) in files.iter().enumerate() {
            for ((_, program, words), row) in programs.iter().zip(&mut rows) {
                row.add(column, run(program, words, &file.path)?);
            }
        }
    }
    if let Some(path) = &wanted.json {
        let lines = report::lines(files, &rows);
        return std::fs::write(path, lines).map_err(|error| format!("{}: {error}", path.display()));
    }
    let table = report::table(files, &rows, wanted.runs);
    print!("{table}");
    let insert = |page: &PathBuf| yottabgp_bench_markers::insert(page, "offline", &table);
    wanted.markdown.as_ref().map_or(Ok(()), insert).map_err(|error| error.to_string())
}

/// Runs a program with a file as its last word.
fn run(program: &Path, words: &[&str], file: &Path) -> Result<Figure, String> {
    let spent = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
        let time = [usage.user_time(), usage.system_time()];
        let micros = |time: &nix::sys::time::TimeVal| {
            time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64
        };
        Ok::<_, String>(Duration::from_micros(time.iter().map(micros).sum()))
    };
    let (start, before) = (Instant::now(), spent()?);
    let status = Command::new(program).args(words).arg(file).stdout(Stdio::null()).status();
    let wall = start.elapsed();
    match status {
        Ok(status) if status.success() => Ok(Figure { wall, processor: spent()? - before }),
        Ok(status) => Err(format!("{} {}: {status}", program.display(), words.join(" "))),
        Err(error) => Err(format!("{}: {error}", program.display())),
    }
}

/// What bgpkit-parser makes of a file: a line of JSON for each record, or for each prefix of each.
fn bgpkit(level: &str, file: &str) -> Result<(), String> {
    let input = File::open(file).map_err(|error| format!("{file}: {error}"))?;
    let parser = BgpkitParser::from_reader(std::io::BufReader::with_capacity(1 << 18, input));
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    let mut write =
        |value: &dyn Fn(&mut BufWriter<std::io::StdoutLock<'_>>) -> serde_json::Result<()>| {
            value(&mut out).map_err(|error| error.to_string())?;
            out.write_all(b"\n").map_err(|error| error.to_string())
        };
    match level {
        "records" => parser
            .into_record_iter()
            .try_for_each(|record| write(&|out| serde_json::to_writer(out, &record)))?,
        _ => parser
            .into_elem_iter()
            .try_for_each(|elem| write(&|out| serde_json::to_writer(out, &elem)))?,
    }
    out.flush().map_err(|error| error.to_string())
}
