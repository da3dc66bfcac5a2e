//! The program of `run`: where it is, and whether it can be run.

use yottabgp_wire::io::tokens::{Span, TextError};

use crate::dialect::Dialect;
use crate::lexer::{Lexer, Statement, Words as Characters};
use crate::loader::{Loader, Program};
use crate::words::Words;

/// Reads the words of `run` and finds the program.
pub(crate) fn read(words: &mut Words<'_, '_>) -> Result<Vec<String>, TextError> {
    let program = words.word("the program", "write 'run /path/to/program argument…;'")?.to_owned();
    let span = words.tokens.last_span();
    let mut run = vec![program];
    while let Some(word) = words.tokens.next() {
        run.push(word.to_owned());
    }
    let Some(program) = run.first().cloned() else { return Ok(run) };
    let (loader, dialect) = (words.shared.loader, words.shared.dialect);
    if dialect == Dialect::ExaBgp34 && run.len() == 1 && program.contains([' ', '\t']) {
        run = split(&program)
            .ok_or_else(|| TextError::new(span, "this is not one program and its arguments"))
            .map_err(|error| error.help("remove the quotes around all of it"))?;
    }
    let find = |program: &str| find(program, dialect, loader, span);
    if let Some(own) = own_health_check(&run, loader, |program| find(program).ok()) {
        return Ok(own);
    }
    let Some(program) = run.first().cloned() else { return Ok(run) };
    let found = match find(&program) {
        // ExaBGP 3.4: the whole command line in one pair of quotes.
        Err(error) if run.len() == 1 && program.contains(' ') => {
            run = program.split_whitespace().map(str::to_owned).collect();
            let first = run.first().cloned().unwrap_or_default();
            let found = find(&first).map_err(|_| error)?;
            words.warn(
                "the program and its arguments are in one pair of quotes",
                "remove the quotes",
            );
            found
        }
        result => result?,
    };
    if let Some(first) = run.first_mut() {
        *first = found;
    }
    Ok(run)
}

/// The words of a command line that stands in one pair of quotes.
fn split(line: &str) -> Option<Vec<String>> {
    let mut lexer = Lexer::new(line).of_exabgp_3_4();
    let (mut statement, mut errors) = (Statement::default(), Vec::new());
    lexer.statement(Characters::Plain, &mut statement, &mut errors);
    if lexer.position() != line.len() {
        return None;
    }
    let mut tokens = statement.tokens();
    let mut run = Vec::new();
    while let Some(word) = tokens.next() {
        run.push(word.to_owned());
    }
    Some(run).filter(|run| !run.is_empty())
}

/// What to run instead of ExaBGP's health check where there is no ExaBGP: our own, with the same options.
fn own_health_check(
    run: &[String],
    loader: &dyn Loader,
    place: impl Fn(&str) -> Option<String>,
) -> Option<Vec<String>> {
    // One pair of quotes around everything, as above.
    let split: Vec<String>;
    let run = match run {
        [all] if all.contains(' ') => {
            split = all.split_whitespace().map(str::to_owned).collect();
            &split
        }
        run => run,
    };
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let is_python = |word: &String| {
        let version = name(word).strip_prefix("python").map(str::to_owned);
        version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
    };
    let after_env = match run {
        [env, rest @ ..] if name(env) == "env" => rest,
        run => run,
    };
    let (is_there, options) = match after_env {
        [python, module, exabgp, healthcheck, options @ ..]
            if is_python(python)
                && module == "-m"
                && exabgp == "exabgp"
                && healthcheck == "healthcheck" =>
        {
            (place(python).is_some_and(|python| loader.has_exabgp(&python)), options)
        }
        [exabgp, healthcheck, options @ ..]
            if name(exabgp) == "exabgp" && healthcheck == "healthcheck" =>
        {
            (place(exabgp).is_some(), options)
        }
        [healthcheck, options @ ..] if name(healthcheck) == "exabgp-healthcheck" => {
            (place(healthcheck).is_some(), options)
        }
        _ => return None,
    };
    let own = loader.own_program().filter(|_| !is_there)?;
    Some([own, "healthcheck".to_owned()].into_iter().chain(options.iter().cloned()).collect())
}

/// Finds a program: an absolute path as it is; `etc/exabgp/…` below the directory of ExaBGP's files; another in the
/// directory of the configuration, in `/etc/exabgp` and in `$PATH`; ExaBGP 3.4 looks into `/etc/exabgp` first. The first
/// that exists counts.
fn find(
    program: &str,
    dialect: Dialect,
    loader: &dyn Loader,
    span: Span,
) -> Result<String, TextError> {
    let candidates = candidates(program, dialect, loader);
    for candidate in &candidates {
        let wrong = match loader.program(candidate) {
            Program::Missing => continue,
            Program::Executable => return Ok(candidate.clone()),
            Program::Directory => "can not execute directories",
            Program::NotAFile => "the program must be a regular file:",
            Program::NotExecutable => "this user will not be able to run the program",
            Program::NotExecutableBy(user) => {
                let message = format!("the user {user} will not be able to run \"{candidate}\"");
                let help = "helpers run as exabgp.daemon.user: let that user read and execute the file, and enter its folders";
                return Err(TextError::new(span, message).help(help));
            }
            Program::NoInterpreter(name) => {
                let message =
                    format!("\"{candidate}\" is a script of \"{name}\", which is not there");
                return Err(TextError::new(span, message)
                    .help("install it, or correct the first line of the script"));
            }
            Program::SetUserId => "refusing to run setuid programs",
            Program::SetGroupId => "refusing to run setgid programs",
            Program::Unreadable(why) => {
                let message = format!("can not access program \"{candidate}\": {why}");
                return Err(TextError::new(span, message));
            }
        };
        let error = TextError::new(span, format!("{wrong} \"{candidate}\""));
        return Err(match wrong.contains("user will not") {
            true => error.help("chmod a+rx makes it executable"),
            false => error,
        });
    }
    let error = TextError::new(span, format!("can not locate the program \"{program}\""));
    Err(match candidates.as_slice() {
        [only] if only == program => error,
        _ => error.help(format!("looked for {}", shortened(&candidates))),
    })
}

fn candidates(program: &str, dialect: Dialect, loader: &dyn Loader) -> Vec<String> {
    if program.starts_with('/') {
        return vec![program.to_owned()];
    }
    let below = |directory: &str, path: &str| format!("{}/{path}", directory.trim_end_matches('/'));
    if let Some(rest) = program.strip_prefix("etc/exabgp/") {
        let own = loader.variable("EXABGP_ETC").or_else(|| loader.variable("ETC"));
        let second = match loader.variable("PWD") {
            Some(directory) if own.is_none() => Some(below(&directory, program)),
            _ => None,
        };
        let own = own.map(|directory| below(&directory, rest));
        return own.into_iter().chain([below("/etc/exabgp", rest)]).chain(second).collect();
    }
    let directory = match loader.directory() {
        "" => ".",
        directory => directory,
    };
    let mut candidates = vec![below(directory, program), below("/etc/exabgp", program)];
    if dialect == Dialect::ExaBgp34 {
        candidates.reverse();
    }
    if let Some(path) = loader.variable("PATH") {
        let directories = path.split(':').filter(|directory| !directory.is_empty());
        candidates.extend(directories.map(|directory| below(directory, program)));
    }
    candidates
}

fn shortened(candidates: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut text = candidates.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if candidates.len() > SHOWN {
        text += " and in the rest of $PATH";
    }
    text
}
