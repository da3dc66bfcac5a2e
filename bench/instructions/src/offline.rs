//! `decode` of MRT files, on one thread.

use std::path::Path;

use anyhow::{Context as _, Result};
use yottabgp_testkit::updates::{Random, heard, index, of_a_table, routes};

use crate::HotPath;
use crate::callgrind::Callgrind;

/// How many records or routes a file has.
const MANY: u32 = 5000;

/// Two kinds of file: the instructions of an UPDATE, or of a route.
pub(crate) fn paths() -> Vec<HotPath> {
    let path = |name: &str, make: fn() -> Vec<u8>| HotPath {
        name: name.to_owned(),
        count: Box::new(move |callgrind| decode(callgrind, &make())),
    };
    vec![
        path("decode an MRT file: an UPDATE", || {
            let (mut random, mut file) = (Random::default(), Vec::new());
            for second in 0..MANY {
                let update = of_a_table(&mut random);
                heard(&mut random, second, &update, &mut file);
            }
            file
        }),
        path("decode a table dump: a route", || {
            let (mut random, mut file) = (Random::default(), Vec::new());
            index(&mut file);
            (0..MANY / 10).for_each(|number| routes(&mut random, number, 10, &mut file));
            file
        }),
    ]
}

fn decode(callgrind: &Callgrind, file: &[u8]) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, octets: &[u8]| -> Result<_> {
        let path = folder.path().join(name);
        std::fs::write(&path, octets)?;
        Ok(path)
    };
    let count = |path: &Path| {
        let path = path.to_str().context("a path that is no text")?;
        callgrind.run(&callgrind.program, &["decode", "--threads", "1", "--read", path])
    };
    let (with, without) = (count(&write("all", file)?)?, count(&write("none", &[])?)?);
    Ok(with.saturating_sub(without) / u64::from(MANY))
}
