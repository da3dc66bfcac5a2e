//! Files as they are, or compressed by gzip, bzip2 or zstd: by what they begin with, not by their names.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

/// Octets of a file.
pub(crate) type Input = Box<dyn BufRead + Send>;

/// How many octets are read at once.
const CAPACITY: usize = 1 << 16;

/// So many octets tell what a file is.
const HEAD: usize = 16;

/// Opens a file; `-` is standard input. `bar` is told how much of it was read.
pub(crate) fn open(path: &Path, bar: &ProgressBar) -> Result<Input> {
    let input: Input = if is_standard_input(path) {
        Box::new(BufReader::with_capacity(CAPACITY, bar.wrap_read(io::stdin())))
    } else {
        let file =
            File::open(path).with_context(|| format!("{} can not be read", path.display()))?;
        bar.set_length(file.metadata().map_or(0, |metadata| metadata.len()));
        Box::new(BufReader::with_capacity(CAPACITY, bar.wrap_read(file)))
    };
    decompressed(input).with_context(|| format!("{} can not be read", path.display()))
}

/// Whether a name stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Whether a name stands for what is there once: standard input, a pipe, a terminal. Even a look at its start takes that away.
pub(crate) fn is_read_once(path: &Path) -> io::Result<bool> {
    if is_standard_input(path) {
        return Ok(true);
    }
    let kind = std::fs::metadata(path)?.file_type();
    Ok(kind.is_fifo() || kind.is_char_device() || kind.is_socket())
}

/// What is compressed, or the octets as they are. Its first octets are there at once, as many as tell what a file is.
pub(crate) fn decompressed(input: Input) -> io::Result<Input> {
    let (head, input) = begun(input)?;
    let decompressed: Input = match head.as_slice() {
        [0x1f, 0x8b, ..] => buffered(MultiGzDecoder::new(input)),
        [b'B', b'Z', b'h', ..] => buffered(MultiBzDecoder::new(input)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            buffered(zstd::stream::read::Decoder::with_buffer(input)?)
        }
        _ => return Ok(input),
    };
    Ok(begun(decompressed)?.1)
}

fn buffered(decoder: impl io::Read + Send + 'static) -> Input {
    Box::new(BufReader::with_capacity(CAPACITY, decoder))
}

/// The first octets, and all of them again. Whoever types lines is not made to type more.
fn begun(mut input: Input) -> io::Result<(Vec<u8>, Input)> {
    let mut head = Vec::with_capacity(HEAD);
    let is_line = |head: &[u8]| head.is_ascii() && head.contains(&b'\n');
    while head.len() < HEAD && !is_line(&head) {
        let some = input.fill_buf()?;
        let some = some.get(..HEAD - head.len()).unwrap_or(some);
        if some.is_empty() {
            break;
        }
        head.extend_from_slice(some);
        let taken = some.len();
        input.consume(taken);
    }
    let all = Box::new(Cursor::new(head.clone()).chain(input));
    Ok((head, all))
}
