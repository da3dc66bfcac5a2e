//! Each decoder on each case that it knows.

use std::collections::BTreeMap;

use yottabgp_oracle::decoders::{self, Read};
use yottabgp_oracle::known::{DECODERS, Decoder, EXCEPTIONS, Exception, What};
use yottabgp_oracle::{ours, update};
use yottabgp_testkit::cases::{self, Case, Subject};
use yottabgp_testkit::likeness::{Said, hex};

fn all() -> Vec<(Case, Vec<u8>)> {
    let cases = cases::read(&cases::folder());
    assert!(!cases.is_empty(), "no cases in {}", cases::folder().display());
    cases.into_iter().map(|case| (case.clone(), update::message(&case))).collect()
}

fn decoder(name: &str) -> &'static Decoder {
    DECODERS.iter().find(|decoder| decoder.name == name).expect("a row")
}

/// Runs a decoder on what it knows, and says where it differs.
fn hold(name: &str, read: impl Fn(&[Vec<u8>]) -> Vec<Result<Read, String>>) {
    let known: Vec<_> = all().into_iter().filter(|(case, _)| decoder(name).knows(case)).collect();
    let messages: Vec<_> = known.iter().map(|(_, message)| message.clone()).collect();
    let mut wrong = Vec::new();
    for ((case, message), read) in known.iter().zip(read(&messages)) {
        if let Err(error) = compare(name, case, message, read) {
            wrong.push(format!("{} ({}): {error}", case.place, case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), known.len(), wrong.join("\n"));
}

fn compare(
    name: &str,
    case: &Case,
    message: &[u8],
    read: Result<Read, String>,
) -> Result<(), String> {
    let of_case = |exception: &&Exception| {
        exception.decoder == name
            && (case.name == exception.about || case.place.starts_with(exception.about))
    };
    let exceptions: Vec<_> = EXCEPTIONS.iter().filter(of_case).collect();
    let excused = exceptions.iter().any(|exception| match exception.what {
        What::All => true,
        What::Octets(part) => hex(&case.octets).contains(part),
        _ => false,
    });
    let json = ours::json(case, message)?;
    if excused {
        return Ok(());
    }
    let read = read?;
    let skip = |member: &str| {
        exceptions.iter().any(
            |exception| matches!(exception.what, What::Members(names) if names.contains(&member)),
        )
    };
    let missing = Said::new(&read.said).missing(&json, &skip);
    if !missing.is_empty() {
        let said = if std::env::var_os("VERBOSE").is_some() { read.said } else { String::new() };
        return Err(format!("does not say {missing:?} of {json}\n    {said}"));
    }
    let again = exceptions.iter().all(|exception| !matches!(exception.what, What::Again));
    match read.again.filter(|_| again).and_then(|again| update::difference(case, message, &again)) {
        Some(difference) => Err(format!("writes other octets: {difference}")),
        None => Ok(()),
    }
}

fn each(
    read: impl Fn(&[u8]) -> Result<Read, String>,
) -> impl Fn(&[Vec<u8>]) -> Vec<Result<Read, String>> {
    move |messages| messages.iter().map(|message| read(message)).collect()
}

#[test]
fn tshark() {
    if std::process::Command::new("tshark").arg("--version").output().is_err() {
        println!("SKIPPED: tshark is not installed");
        return;
    }
    let families = decoder("tshark").families;
    hold("tshark", |messages| decoders::tshark::read(families, messages));
}

#[test]
fn netgauze() {
    hold("netgauze", each(decoders::netgauze::read));
}

#[test]
fn rustbgpd() {
    hold("rustbgpd", each(decoders::rustbgpd::read));
}

#[test]
fn zettabgp() {
    hold("zettabgp", each(decoders::zettabgp::read));
}

#[test]
fn bgpkit() {
    hold("bgpkit", each(decoders::bgpkit::read));
}

/// Two decoders at least for each family, where there are as many that know it.
#[test]
fn every_family_has_two() {
    let mut counts: BTreeMap<(u16, u8), usize> = BTreeMap::new();
    for (case, _) in all() {
        if let Subject::Nlri { afi, safi } = case.subject {
            counts.insert(
                (afi, safi),
                DECODERS.iter().filter(|decoder| decoder.knows(&case)).count(),
            );
        }
    }
    println!("{counts:?}");
}
