//! One MRT file: made, compressed, and given its name when it is whole.
//!
//! A file is called `NAME.part` while it is written, and `NAME` once it is whole: whoever sees `NAME` may take it. What is written
//! of it is read by others every few seconds ([`Output::flush`]), of bzip2 but for the last of these; of a file without compression that is
//! always whole records.
//! Nothing is ever overwritten: where the name is taken, the next of `NAME-1`, `NAME-2` … is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use yottabgp_config::recording::Compression;
use yottabgp_os::Error;

/// So many octets go to an uncompressed file at once.
const BUFFER: usize = 64 * 1024;

/// The most files of one name.
const MOST: u32 = 10_000;

/// How hard to compress: what takes a recorder of many full tables along.
const GZIP_LEVEL: u32 = 6;
const BZIP2_LEVEL: u32 = 9;
const ZSTANDARD_LEVEL: i32 = 3;

/// A file that is being written.
pub(super) struct Output {
    encoder: Encoder,
    part: PathBuf,
    path: PathBuf,
    /// Octets of records.
    octets: u64,
    /// Whether some are not flushed.
    dirty: bool,
    /// Whether some are.
    flushed: bool,
}

enum Encoder {
    Plain(Plain),
    Gzip(GzEncoder<File>),
    Bzip2(BzEncoder<File>),
    Zstandard(zstd::stream::write::Encoder<'static, File>),
}

/// A file without compression, and whole records that are still to go there.
struct Plain {
    file: File,
    buffer: Vec<u8>,
    /// The octets of the file.
    length: u64,
}

impl Plain {
    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.write_all(&self.buffer);
        match &result {
            Ok(()) => self.length += self.buffer.len() as u64,
            // A part of a record is of no use.
            Err(_) => drop(self.file.set_len(self.length)),
        }
        self.buffer.clear();
        result
    }
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("part", &self.part).finish_non_exhaustive()
    }
}

impl Output {
    /// Makes the file. Directories below `base` are made as well.
    pub(super) fn create(path: &str, base: &Path) -> Result<Self, Error> {
        let failed = |source| Error::new(format!("MRT file {path}"), source);
        if !base.is_dir() {
            let reason = format!("the directory {} is not there: make it", base.display());
            return Err(Error::refused(format!("MRT file {path}"), reason));
        }
        if let Some(folder) = Path::new(path).parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        for number in 0..MOST {
            let whole = PathBuf::from(numbered(path, number));
            let part = part_of(&whole);
            if whole.exists() {
                continue;
            }
            match OpenOptions::new().write(true).create_new(true).open(&part) {
                Ok(file) => {
                    let encoder = Encoder::new(file, Compression::of(path)).map_err(failed)?;
                    return Ok(Self {
                        encoder,
                        part,
                        path: whole,
                        octets: 0,
                        dirty: false,
                        flushed: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let reason = format!("there are {MOST} files of this name: move them away");
        Err(Error::refused(format!("MRT file {path}"), reason))
    }

    /// Writes whole records.
    pub(super) fn write(&mut self, records: &[u8]) -> Result<(), Error> {
        self.octets += records.len() as u64;
        self.dirty = true;
        let result = match &mut self.encoder {
            Encoder::Plain(plain) => {
                plain.buffer.extend_from_slice(records);
                if plain.buffer.len() >= BUFFER { plain.flush() } else { Ok(()) }
            }
            Encoder::Gzip(encoder) => encoder.write_all(records),
            Encoder::Bzip2(encoder) => encoder.write_all(records),
            Encoder::Zstandard(encoder) => encoder.write_all(records),
        };
        result.map_err(|source| self.failed(source))
    }

    /// Lets everything be read that was written.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.dirty) {
            return Ok(());
        }
        let result = match &mut self.encoder {
            Encoder::Plain(plain) => plain.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Bzip2(encoder) => encoder.flush(),
            Encoder::Zstandard(encoder) => encoder.flush(),
        };
        self.flushed |= result.is_ok();
        result.map_err(|source| self.failed(source))
    }

    /// Ends the file and gives it its name. Returns that, and the octets of its records.
    pub(super) fn finish(self) -> Result<(PathBuf, u64), Error> {
        let Self { encoder, part, path, octets, .. } = self;
        let result = encoder.finish().and_then(|file| {
            file.sync_data()?;
            fs::rename(&part, &path)
        });
        match result {
            Ok(()) => Ok((path, octets)),
            Err(source) => Err(Error::new(format!("MRT file {}", part.display()), source)),
        }
    }

    /// Whether there is something in it that others can read.
    pub(super) const fn was_flushed(&self) -> bool {
        self.flushed
    }

    /// Removes the file: it is of no use.
    pub(super) fn discard(self) {
        let _ = fs::remove_file(&self.part);
        // What the encoder still has goes nowhere.
        drop(self.encoder);
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::new(format!("MRT file {}", self.part.display()), source)
    }
}

impl Encoder {
    fn new(file: File, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(Plain { file, buffer: Vec::new(), length: 0 }),
            Compression::Gzip => {
                Self::Gzip(GzEncoder::new(file, flate2::Compression::new(GZIP_LEVEL)))
            }
            Compression::Bzip2 => {
                Self::Bzip2(BzEncoder::new(file, bzip2::Compression::new(BZIP2_LEVEL)))
            }
            Compression::Zstandard => {
                Self::Zstandard(zstd::stream::write::Encoder::new(file, ZSTANDARD_LEVEL)?)
            }
        })
    }

    fn finish(self) -> io::Result<File> {
        match self {
            Self::Plain(mut plain) => plain.flush().map(|()| plain.file),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Zstandard(encoder) => encoder.finish(),
        }
    }
}

/// The name with a number before the ending that says how it is compressed.
fn numbered(path: &str, number: u32) -> String {
    if number == 0 {
        return path.to_owned();
    }
    match path.rsplit_once('.') {
        Some((start, ending)) if Compression::of(path) != Compression::None => {
            format!("{start}-{number}.{ending}")
        }
        _ => format!("{path}-{number}"),
    }
}

fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn create(folder: &Path, name: &str) -> Result<Output, Error> {
        Output::create(folder.join(name).to_str().unwrap(), folder)
    }

    fn read(path: &Path) -> Vec<u8> {
        let file = File::open(path).unwrap();
        let mut octets = Vec::new();
        match Compression::of(path.to_str().unwrap()) {
            Compression::None => (&file).read_to_end(&mut octets),
            Compression::Gzip => flate2::read::GzDecoder::new(file).read_to_end(&mut octets),
            Compression::Bzip2 => bzip2::read::BzDecoder::new(file).read_to_end(&mut octets),
            Compression::Zstandard => {
                zstd::stream::read::Decoder::new(file).unwrap().read_to_end(&mut octets)
            }
        }
        .unwrap();
        octets
    }

    #[test]
    fn a_file_has_its_name_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        for ending in ["", ".gz", ".bz2", ".zst"] {
            let name = format!("u{ending}");
            let mut output = create(folder.path(), &name).unwrap();
            assert!(!output.was_flushed());
            let records = b"record".repeat(20_000);
            output.write(&records).unwrap();
            assert!(!folder.path().join(&name).exists());
            assert!(folder.path().join(format!("{name}.part")).exists());
            let (path, octets) = output.finish().unwrap();
            assert_eq!((&path, octets), (&folder.path().join(&name), 120_000));
            assert_eq!(read(&path), records);
            assert!(!folder.path().join(format!("{name}.part")).exists());
            // Nothing is overwritten, neither what is whole nor what an earlier run left.
            fs::write(folder.path().join(format!("u-1{ending}.part")), "x").unwrap();
            let (path, _) = create(folder.path(), &name).unwrap().finish().unwrap();
            assert_eq!(path, folder.path().join(format!("u-2{ending}")));
        }
    }

    #[test]
    fn what_is_flushed_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        for ending in ["gz", "zst", "bz2"] {
            let mut output = create(folder.path(), &format!("u.{ending}")).unwrap();
            let records: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
            let mut read = Vec::new();
            for piece in records.chunks(50_000) {
                output.write(piece).unwrap();
                output.flush().unwrap();
            }
            let file = File::open(folder.path().join(format!("u.{ending}.part"))).unwrap();
            let _ = match ending {
                "gz" => flate2::read::GzDecoder::new(file).read_to_end(&mut read),
                "bz2" => bzip2::read::BzDecoder::new(file).read_to_end(&mut read),
                _ => zstd::stream::read::Decoder::new(file).unwrap().read_to_end(&mut read),
            };
            // The last octets of a bzip2 block come with those of the next one.
            let last = if ending == "bz2" { 50_000 } else { 0 };
            assert_eq!(read.len(), records.len() - last, "{ending}");
            assert!(records.starts_with(&read));
        }
        let mut output = create(folder.path(), "p").unwrap();
        output.write(b"one").unwrap();
        output.flush().unwrap();
        assert_eq!(fs::read(folder.path().join("p.part")).unwrap(), b"one");
        output.discard();
        assert!(!folder.path().join("p.part").exists());
    }

    #[test]
    fn directories_of_a_time_are_made_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path(), "2027.01/x/u").unwrap();
        assert!(folder.path().join("2027.01/x/u.part").exists());
        let base = folder.path().join("nowhere");
        let path = base.join("2027/u");
        let error = Output::create(path.to_str().unwrap(), &base).unwrap_err().to_string();
        let expected = format!(
            "MRT file {}: the directory {} is not there: make it",
            path.display(),
            base.display()
        );
        assert_eq!(error, expected);
    }
}
