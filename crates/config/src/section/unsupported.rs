//! Sections that ExaBGP has and we do not have yet: empty ones are fine.

use yottabgp_wire::io::tokens::TextError;

use crate::lexer::{Statement, Terminator, Words as Characters};
use crate::parser::Parser;

/// Reads a section of `what`, and says so when there is something in it.
pub(crate) fn read(
    parser: &mut Parser<'_>,
    header: &Statement,
    what: &str,
) -> Result<(), TextError> {
    let mut statement = Statement::default();
    match parser.statement(Characters::Routes, &mut statement) {
        Terminator::Close if statement.tokens.is_empty() => Ok(()),
        terminator => {
            let error = TextError::new(statement.span(), format!("{what} are not supported yet"));
            parser.shared.problems.push(error.help("remove this section"));
            match terminator {
                Terminator::Semicolon => parser.skip(header),
                Terminator::Open => {
                    parser.skip(&statement);
                    parser.skip(header);
                }
                Terminator::Close | Terminator::End => {}
            }
            Ok(())
        }
    }
}
