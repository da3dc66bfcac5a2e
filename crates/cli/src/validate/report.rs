//! Diagnostics for programs: one JSON document.

use serde_json::{Value, json};
use yottabgp_config::{Diagnostic, Source};
use yottabgp_wire::io::tokens::Span;

use super::Checked;

/// Everything that is wrong with these files.
pub(super) fn json(files: &[Checked], strict: bool) -> String {
    let diagnostics = files.iter().flat_map(|file| {
        file.diagnostics.iter().map(|found| diagnostic(found, &file.source, &file.name))
    });
    let document = json!({
        "valid": files.iter().all(|file| file.is_good(strict)),
        "files": files.iter().map(|file| json!({
            "file": file.name,
            "valid": file.is_good(strict),
        })).collect::<Vec<_>>(),
        "diagnostics": diagnostics.collect::<Vec<_>>(),
    });
    document.to_string()
}

fn diagnostic(found: &Diagnostic, source: &Source, file: &str) -> Value {
    let related = found.related.iter();
    json!({
        "file": file,
        "severity": found.severity.name(),
        "code": found.code,
        "message": found.message,
        "help": found.help,
        "span": span(found.span, source),
        "related": related.map(|(place, label)| json!({
            "message": label,
            "span": span(*place, source),
        })).collect::<Vec<_>>(),
    })
}

/// Lines and columns from 1 on, columns in characters; octets from 0 on.
fn span(span: Span, source: &Source) -> Value {
    let place = source.position(span);
    json!({
        "start": { "line": place.line, "column": place.column, "offset": span.start },
        "end": {
            "line": place.end_line,
            "column": place.end_column,
            "offset": span.end.max(span.start),
        },
    })
}
