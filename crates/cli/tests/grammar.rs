//! Every example of `docs/grammar.md` as its readers try it: `encode` takes it, `decode` shows it as JSON without an error, and
//! what `decode -m` says of it makes the same octets again.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::process::Command;

/// What a page has more of than this is looked at, so that the test can not come to read nothing.
const AT_LEAST: usize = 40;

/// The route that shows an attribute.
const ROUTE: &str = "announce route 10.0.0.0/24 next-hop 192.0.2.1";

/// A line of the page that can be tried, and where it stands.
#[derive(Debug)]
struct Example {
    line: usize,
    words: String,
}

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/grammar.md");
    std::fs::read_to_string(path).unwrap()
}

/// What stands between single grave accents.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether words stand for others: `N`, `0xOCTETS`, `…`.
fn is_form(words: &str) -> bool {
    words.contains('…')
        || words.split_whitespace().any(|word| {
            let word = word.trim_start_matches("0x");
            word.contains(|c: char| c.is_ascii_uppercase())
                && word.chars().all(|c| c.is_ascii_uppercase() || "-[],/:".contains(c))
        })
}

/// The examples: the lines of blocks of code, sentences of commands, and attributes with their values.
fn examples(page: &str) -> Vec<Example> {
    let mut out = Vec::new();
    let (mut attributes, mut code, mut heading, mut begun) =
        (false, false, String::new(), String::new());
    for (line, text) in page.lines().enumerate() {
        let mut add = |words: String| out.push(Example { line: line + 1, words });
        if text.starts_with("## ") {
            attributes = text == "## Attributes";
        } else if text.starts_with("### ") {
            heading = text.to_owned();
        } else if text.starts_with("```") {
            code = !code;
        } else if code {
            begun.push_str(text.trim_end_matches('\\'));
            if !text.ends_with('\\') {
                let words = std::mem::take(&mut begun);
                add(if attributes { format!("{ROUTE} {words}") } else { words });
            }
        } else {
            let names: Vec<&str> = spans(&heading).chain(["attribute"]).collect();
            for span in spans(text).filter(|span| !is_form(span)) {
                let first = span.split(' ').next().unwrap_or_default();
                if ["announce", "withdraw"].contains(&first) && span.split(' ').count() > 2 {
                    add(span.to_owned());
                } else if attributes && first != span && names.contains(&first) {
                    add(format!("{ROUTE} {span}"));
                } else if !attributes
                    && text.starts_with("| ")
                    && text.split('|').count() == 4
                    && first != span
                {
                    // The words of a route type, in a section about a family.
                    add(format!("announce {} {span} next-hop 192.0.2.1", names[0]));
                }
            }
        }
    }
    out
}

/// What the program prints; what it complains about is an error, too.
fn run(words: &[&str]) -> Result<Vec<String>, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yottabgp"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_lowercase().starts_with("exabgp") {
            command.env_remove(name);
        }
    }
    let output = command.args(words).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || !complaints.is_empty() {
        return Err(format!("{words:?}: {}, {complaints}", output.status));
    }
    let printed = String::from_utf8(output.stdout).unwrap();
    Ok(printed.lines().map(str::to_owned).collect())
}

/// Tries one.
fn try_out(words: &str) -> Result<(), String> {
    let messages = run(&["encode", words])?;
    if messages.is_empty() {
        return Err("no message".to_owned());
    }
    // What is wrong on purpose is sent, and is not to be read.
    if words.contains(" length ") {
        return Ok(());
    }
    let mut again = Vec::new();
    for message in &messages {
        let shown = run(&["decode", message])?.concat();
        let event: serde_json::Value =
            serde_json::from_str(&shown).map_err(|error| format!("{error}: {shown}"))?;
        if event["neighbor"]["message"].is_null()
            || shown.contains("\"parsed\": false") && !words.contains("0x")
        {
            return Err(format!("is shown as {shown}"));
        }
        for command in run(&["decode", "-m", message])? {
            again
                .extend(run(&["encode", &command]).map_err(|error| format!("decode -m: {error}"))?);
        }
    }
    if again != messages {
        return Err(format!("makes {messages:?}, and what `decode -m` says {again:?}"));
    }
    Ok(())
}

#[test]
fn every_example_of_the_page_goes_there_and_back() {
    let examples = examples(&page());
    assert!(examples.len() >= AT_LEAST, "{examples:#?}");
    let wrong: Vec<String> = examples
        .iter()
        .filter_map(|example| {
            let why = try_out(&example.words).err()?;
            Some(format!("docs/grammar.md:{}: {}\n    {why}", example.line, example.words))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), examples.len(), wrong.join("\n"));
}

#[test]
fn prefixes_are_withdrawn_by_one_command() {
    let words = "withdraw attributes nlri 10.0.0.0/24 10.0.1.0/24";
    let messages = run(&["encode", words]).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(run(&["decode", "-m", &messages[0]]).unwrap(), [words]);
}

#[test]
fn what_is_wrong_with_an_nlri_is_said() {
    let complaint = run(&["decode", "-n", "-f", "ipv4 flow", "03FF0102"]).unwrap_err();
    let reason = "warning: NLRI of ipv4 flow: component type at octet 1 can not be 255";
    assert!(complaint.contains(reason), "{complaint}");
}
