//! `mrt dump FILE`: the routes received, to a file.

use super::{Arguments, Command, Refusal};

pub(super) fn dump<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let file = arguments.tokens.next().ok_or_else(|| {
        Refusal::Other("the file is missing: mrt dump /DIRECTORY/rib.%Y%m%d.%H%M.gz".to_owned())
    })?;
    Ok(Command::MrtDump(file))
}
