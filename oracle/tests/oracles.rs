//! Each decoder on each case that it knows.

use std::collections::BTreeMap;
use std::path::Path;

use yottabgp_oracle::decoders::{self, Read};
use yottabgp_oracle::known::{DECODERS, Decoder, EXCEPTIONS, What};
use yottabgp_oracle::{ours, update};
use yottabgp_testkit::cases::{self, Case};
use yottabgp_testkit::likeness::{Said, hex};

fn all() -> Vec<(Case, Vec<u8>)> {
    let cases = cases::read(&cases::folder());
    assert!(!cases.is_empty(), "no cases in {}", cases::folder().display());
    let own = cases::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"));
    cases.into_iter().chain(own).map(|case| (case.clone(), update::message(&case))).collect()
}

fn decoder(name: &str) -> &'static Decoder {
    DECODERS.iter().find(|decoder| decoder.name == name).expect("a row")
}

/// Runs a decoder on what it knows: how many cases of each kind it agrees on.
fn hold(
    name: &str,
    read: impl Fn(&[Vec<u8>]) -> Vec<Result<Read, String>>,
) -> Result<BTreeMap<String, usize>, String> {
    let known: Vec<_> = all().into_iter().filter(|(case, _)| decoder(name).knows(case)).collect();
    let messages: Vec<_> = known.iter().map(|(_, message)| message.clone()).collect();
    let (mut wrong, mut agreed) = (Vec::new(), BTreeMap::new());
    let mut counts = [0; 4];
    for ((case, message), read) in known.iter().zip(read(&messages)) {
        match judge(name, case, message, read) {
            Verdict::Agrees => {
                counts[0] += 1;
                *agreed.entry(case.name.clone()).or_default() += 1;
            }
            Verdict::Unknown => counts[1] += 1,
            Verdict::Excused => counts[2] += 1,
            Verdict::Differs(error) => {
                counts[3] += 1;
                wrong.push(format!("{} ({}): {error}", case.place, case.name));
            }
        }
    }
    let [agrees, unknown, excused, differs] = counts;
    println!("{name}: {agrees} agree, {unknown} unknown, {excused} excused, {differs} differ");
    if wrong.is_empty() { Ok(agreed) } else { Err(format!("{name}:\n{}", wrong.join("\n"))) }
}

/// What a decoder thinks of a case.
enum Verdict {
    /// It reads what we read.
    Agrees,
    /// It does not know what this is.
    Unknown,
    /// It reads something else, as it is known to.
    Excused,
    /// It reads something else.
    Differs(String),
}

fn judge(name: &str, case: &Case, message: &[u8], read: Result<Read, String>) -> Verdict {
    let json = match ours::json(case, message) {
        Ok(json) => json,
        Err(error) => return Verdict::Differs(format!("we: {error}")),
    };
    let exceptions: Vec<_> =
        EXCEPTIONS.iter().filter(|exception| exception.is_about(name, case)).collect();
    let digits = hex(&case.octets);
    if exceptions.iter().any(|exception| exception.excuses(&digits)) {
        return Verdict::Excused;
    }
    let complaint = |error: &str| {
        exceptions.iter().any(
            |exception| matches!(exception.what, What::Complaint(part) if error.contains(part)),
        )
    };
    let read = match read {
        Ok(read) => read,
        Err(error) if error.starts_with(decoders::UNKNOWN) => return Verdict::Unknown,
        Err(error) if complaint(&error) => return Verdict::Excused,
        Err(error) => return Verdict::Differs(error),
    };
    let skip = |member: &str| {
        exceptions.iter().any(|exception| match exception.what {
            What::Values => true,
            What::Members(names) => names.contains(&member),
            _ => false,
        })
    };
    let missing = Said::new(&read.said).missing(&json, &skip);
    if !missing.is_empty() {
        let said = if std::env::var_os("VERBOSE").is_some() { read.said } else { String::new() };
        return Verdict::Differs(format!("does not say {missing:?} of {json}\n    {said}"));
    }
    let again = exceptions.iter().all(|exception| !matches!(exception.what, What::Again));
    match read.again.filter(|_| again).and_then(|again| update::difference(case, message, &again)) {
        Some(difference) => Verdict::Differs(format!("writes other octets: {difference}")),
        None => Verdict::Agrees,
    }
}

fn each(
    read: impl Fn(&[u8]) -> Result<Read, String>,
) -> impl Fn(&[Vec<u8>]) -> Vec<Result<Read, String>> {
    move |messages| messages.iter().map(|message| read(message)).collect()
}

/// The decoders, and what they say of messages.
fn run(name: &str) -> Result<BTreeMap<String, usize>, String> {
    match name {
        "tshark" => {
            hold(name, |messages| decoders::tshark::read(decoder("tshark").families, messages))
        }
        "netgauze" => hold(name, each(decoders::netgauze::read)),
        "rustbgpd" => hold(name, each(decoders::rustbgpd::read)),
        "zettabgp" => hold(name, each(decoders::zettabgp::read)),
        _ => hold(name, each(decoders::bgpkit::read)),
    }
}

/// Every decoder reads in every case what we read, and of what two of them know, two agree on some case.
#[test]
fn decoders_agree() {
    let only = std::env::var("DECODER").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut agreeing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for decoder in DECODERS.iter().filter(|decoder| decoder.name.contains(&only)) {
        if decoder.name == "tshark" && !decoders::tshark::is_installed() {
            println!("SKIPPED: tshark is not installed (apt-get install tshark)");
            continue;
        }
        match run(decoder.name) {
            Ok(agreed) => agreed
                .into_keys()
                .for_each(|kind| agreeing.entry(kind).or_default().push(decoder.name)),
            Err(error) => wrong.push(error),
        }
    }
    for (kind, names) in &agreeing {
        println!("{kind}: {}", names.join(", "));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if only.is_empty() && decoders::tshark::is_installed() {
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for (case, _) in all() {
            let knowing = DECODERS.iter().filter(|decoder| decoder.knows(&case)).count();
            kinds.insert(case.name, knowing);
        }
        let two = |kind: &str| agreeing.get(kind).is_some_and(|names| names.len() >= 2);
        let lacking: Vec<_> =
            kinds.iter().filter(|(kind, knowing)| **knowing >= 2 && !two(kind)).collect();
        assert!(lacking.is_empty(), "known by two, but not agreed on: {lacking:?}");
    }
}
