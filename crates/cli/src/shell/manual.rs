//! The pages of the manual, from the tables that they describe.

use std::fmt::Write as _;

use anyhow::Result;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use roff::{Inline, Roff, bold, italic, roman};
use yottabgp_config::environment;
use yottabgp_config::{Environment, KeywordHelp, keywords};

use crate::args::Cli;

/// yottabgp(1).
pub(super) fn program() -> Result<String> {
    let mut root = Cli::command();
    root.build();
    let mut page = Vec::new();
    let man = Man::new(root.clone()).title("yottabgp").section("1").manual("YottaBGP");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut text = String::from_utf8(page)?;
    let mut roff = Roff::new();
    roff.control("PP", []);
    roff.text([roman(
        "A configuration file alone means the subcommand server. Flags of ExaBGP 3.4, 4.2 and 5 are understood beside the file, \
         and the program answers as exabgp, exabgpcli, exabgp-cli and exabgp-healthcheck when it is called so.",
    )]);
    text.push_str(&body(&roff));
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        subcommand("yottabgp", command, &mut text)?;
    }

    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    row(&mut roff, [bold("0")], "All was done; for a daemon, it was asked to end.");
    row(
        &mut roff,
        [bold("1")],
        "Something was not: a configuration is wrong, a command was refused, there is no daemon.",
    );
    row(&mut roff, [bold("2")], "The command line is wrong.");
    roff.control("SH", ["SIGNALS"]);
    row(&mut roff, [bold("SIGTERM, SIGINT, SIGHUP")], "The daemon ends.");
    row(
        &mut roff,
        [bold("SIGUSR1")],
        "The configuration is read again, and what changed is applied.",
    );
    row(&mut roff, [bold("SIGUSR2")], "The same, and changed helpers are started again.");
    row(
        &mut roff,
        [bold("SIGALRM")],
        "The configuration is read again, and every session is made anew.",
    );
    roff.control("SH", ["FILES"]);
    row(
        &mut roff,
        [italic("/run/exabgp/exabgp.sock")],
        "The control socket; /run, /var/run and run below the root of the installation are other places for it and for the named pipes exabgp.in and exabgp.out.",
    );
    row(
        &mut roff,
        [italic("etc/exabgp/exabgp.env")],
        "Settings, below the root of the installation, or /etc/exabgp/exabgp.env.",
    );
    row(&mut roff, [italic("~/.exabgp_history")], "The lines of the subcommand cli.");
    roff.control("SH", ["ENVIRONMENT"]);
    roff.text([roman(
        "Each setting is a variable exabgp.SECTION.KEY or exabgp_SECTION_KEY, or a key of a section [exabgp.SECTION] in the file of settings.",
    )]);
    let default = Environment::default();
    for setting in environment::TABLE.iter().filter(|setting| !setting.hidden) {
        let name = format!("exabgp_{}_{}", setting.section, setting.key.replace('.', "_"));
        let value = setting.show(&default);
        let value = if value.is_empty() { "none".to_owned() } else { value };
        row(&mut roff, [bold(name)], &format!("{} (default: {value})", setting.help));
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("yottabgp.conf"), roman("(5)")]);
    text.push_str(&body(&roff));
    Ok(text)
}

/// A subcommand and those below it: how it is written, and its flags.
fn subcommand(above: &str, command: &Command, text: &mut String) -> Result<()> {
    let name = format!("{above} {}", command.get_name());
    let mut roff = Roff::new();
    roff.control("SH", [name.to_uppercase().as_str()]);
    roff.text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
    text.push_str(&body(&roff));
    if command.has_subcommands() {
        for below in command
            .get_subcommands()
            .filter(|below| !below.is_hide_set() && below.get_name() != "help")
        {
            subcommand(&name, below, text)?;
        }
        return Ok(());
    }
    let named = command.clone().bin_name(&name).display_name(&name);
    let man = Man::new(named);
    // Parts of the subcommand's section, not sections of their own.
    text.push_str(&body_of(&synopsis(&man)?.replacen(".SH SYNOPSIS\n", ".PP\n", 1)));
    text.push_str(&body_of(&options(&man)?.replacen(".SH OPTIONS\n", "", 1)));
    if let Some(more) = command.get_after_help() {
        let mut roff = Roff::new();
        roff.control("PP", []);
        roff.text([roman(more.to_string())]);
        text.push_str(&body(&roff));
    }
    Ok(())
}

fn synopsis(man: &Man) -> Result<String> {
    let mut page = Vec::new();
    man.render_synopsis_section(&mut page)?;
    Ok(String::from_utf8(page)?)
}

fn options(man: &Man) -> Result<String> {
    let mut page = Vec::new();
    man.render_options_section(&mut page)?;
    Ok(String::from_utf8(page)?)
}

/// yottabgp.conf(5).
pub(super) fn conf() -> String {
    let mut roff = Roff::new();
    roff.control("TH", ["YOTTABGP.CONF", "5", "", "YottaBGP", "YottaBGP"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("yottabgp.conf - what YottaBGP announces, and to whom")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "A configuration is made of sections in braces and of statements that end with a semicolon; what follows # is a comment. \
         The words are those of ExaBGP 3.4, 4.2 and 5. Check a file with",
    )]);
    roff.text([bold("yottabgp validate"), roman(" "), italic("FILE")]);
    let all = keywords();
    let mut places: Vec<&str> = Vec::new();
    for keyword in &all {
        if !places.contains(&keyword.place) {
            places.push(keyword.place);
        }
    }
    for place in places {
        let title = if place.is_empty() { "root" } else { place };
        roff.control("SH", [title.to_uppercase().as_str()]);
        for KeywordHelp { name, value, default, help, section, .. } in
            all.iter().filter(|keyword| keyword.place == place)
        {
            let mut head = vec![bold(*name)];
            match (*section, *value) {
                (true, "") => head.push(roman(" { … }")),
                (true, value) => head.extend([roman(" "), italic(value), roman(" { … }")]),
                (false, "") => {}
                (false, value) => head.extend([roman(" "), italic(value)]),
            }
            let mut text = (*help).to_owned();
            if !default.is_empty() {
                let _ = write!(text, " (default: {default})");
            }
            row(&mut roff, head, &text);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("yottabgp"), roman("(1)")]);
    roff.to_roff()
}

/// A word and what it means.
fn row(roff: &mut Roff, head: impl Into<Vec<Inline>>, text: &str) {
    roff.control("TP", []);
    roff.text(head);
    roff.text([roman(if text.is_empty() { "\u{a0}" } else { text })]);
}

/// A part of a page, without what stands at the beginning of a whole one.
fn body(roff: &Roff) -> String {
    body_of(&roff.to_roff())
}

fn body_of(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    lines.fold(String::new(), |mut body, line| {
        body.push_str(line);
        body.push('\n');
        body
    })
}
