//! The files: the same in each run.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use yottabgp_testkit::updates::{Random, heard, index, of_a_table, routes};

/// How many routes a prefix of the table has.
const ROUTES: u64 = 10;

/// A file.
pub struct Made {
    pub name: &'static str,
    pub path: PathBuf,
    /// UPDATEs, or routes.
    pub count: u64,
    pub octets: u64,
}

/// UPDATEs, and the routes of a table; of none there is no file.
pub fn make(folder: &Path, updates: u64, many: u64) -> io::Result<Vec<Made>> {
    let mut made = Vec::new();
    if updates > 0 {
        let mut random = Random::default();
        made.push(make_one(folder, "UPDATEs", updates, |number, out| {
            let update = of_a_table(&mut random);
            // A thousand a second.
            heard(&mut random, 1_700_000_000 + (number / 1000) as u32, &update, out);
        })?);
    }
    if many > 0 {
        let (mut random, prefixes) = (Random::default(), many.div_ceil(ROUTES));
        let table = make_one(folder, "routes of a table dump", prefixes, |number, out| {
            if number == 0 {
                index(out);
            }
            routes(&mut random, number as u32, ROUTES as u16, out);
        })?;
        made.push(Made { count: prefixes * ROUTES, ..table });
    }
    Ok(made)
}

fn make_one(
    folder: &Path,
    name: &'static str,
    count: u64,
    mut record: impl FnMut(u64, &mut Vec<u8>),
) -> io::Result<Made> {
    let path = folder.join(name.replace(' ', "-"));
    let mut file = BufWriter::with_capacity(1 << 18, File::create(&path)?);
    let (mut out, mut octets) = (Vec::new(), 0);
    for number in 0..count {
        out.clear();
        record(number, &mut out);
        octets += out.len() as u64;
        file.write_all(&out)?;
    }
    file.flush()?;
    Ok(Made { name, path, count, octets })
}
