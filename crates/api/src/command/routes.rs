//! `routes list`, `routes add` and `routes remove`: routes by an index that `add` and `list` tell.

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::io::text::push_hex_lower;
use yottabgp_wire::io::tokens::{TextError, Tokens, did_you_mean};
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::route::{Verb, parse_route};

use super::{Arguments, Command, FamilyFilter, Refusal};

/// What `routes` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routes {
    /// Every route of the Adj-RIBs-Out, those of these families alone.
    List(FamilyFilter),
    /// The route of the [`RouteBuffer`](yottabgp_wire::route::RouteBuffer) is announced.
    Add,
    /// The route of the buffer is withdrawn.
    Remove,
    /// The route with this index is withdrawn.
    RemoveIndex(RouteIndex),
}

/// A route's index: hexadecimal to its users, the family and the NLRI inside. The same in every Adj-RIB-Out, and from
/// one start of the daemon to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteIndex {
    family: Family,
    path_id: Option<u32>,
    bytes: Vec<u8>,
}

/// Stands for the path identifier of a route that has none.
const NO_PATH_ID: &[u8] = b"disabled";

impl RouteIndex {
    /// The index of a route.
    pub fn of(nlri: Nlri<'_>) -> Self {
        Self { family: nlri.family, path_id: nlri.path_id, bytes: nlri.bytes.to_vec() }
    }

    /// The route.
    pub fn nlri(&self) -> Nlri<'_> {
        Nlri { family: self.family, path_id: self.path_id, bytes: &self.bytes }
    }

    /// Reads an index. A valid one stands for a well-formed NLRI.
    pub fn parse(text: &str) -> Option<Self> {
        let octets = octets(text)?;
        // Two digits of AFI at least, four at most, then two of SAFI; and the same once more.
        let (family, rest) = (4..=6).find_map(|digits| {
            let (first, rest) = octets.split_at_checked(digits)?;
            let rest = rest.strip_prefix(first)?;
            let (afi, safi) = first.split_at_checked(digits - 2)?;
            let number = |digits| u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
            let safi = u8::try_from(number(safi)?).ok()?;
            Some((Family::new(Afi(number(afi)?), Safi(safi)), rest))
        })?;
        let (path_id, bytes) = match rest.strip_prefix(NO_PATH_ID) {
            Some(bytes) => (None, bytes),
            None => {
                let (path_id, bytes) = rest.split_first_chunk::<4>()?;
                (Some(u32::from_be_bytes(*path_id)), bytes)
            }
        };
        let mut reader = Reader::new(bytes);
        let whole = Nlri::take(family, false, &mut reader).ok()?;
        if whole.bytes.len() != bytes.len() || whole.check().is_err() {
            return None;
        }
        Some(Self { family, path_id, bytes: bytes.to_vec() })
    }
}

impl std::fmt::Display for RouteIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The second time it stands for the part of ExaBGP's index that comes from the NLRI.
        let family = format!("{:02x}{:02x}", self.family.afi.0, self.family.safi.0);
        let mut octets = family.repeat(2).into_bytes();
        match self.path_id {
            Some(path_id) => octets.extend_from_slice(&path_id.to_be_bytes()),
            None => octets.extend_from_slice(NO_PATH_ID),
        }
        octets.extend_from_slice(&self.bytes);
        let mut text = Vec::new();
        push_hex_lower(&mut text, &octets);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

fn octets(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit =
        |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// `[AFI [SAFI]] list|add|remove …`
pub(super) fn parse<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let families = families(&mut arguments.tokens);
    let tokens = &mut arguments.tokens;
    let routes = match tokens.next() {
        Some("list") => Routes::List(families),
        Some("add") => {
            route(Verb::Announce, arguments, families)?;
            Routes::Add
        }
        Some("remove") if tokens.accept("index") => {
            let start = tokens.span();
            let mut text = tokens.expect("the index")?;
            text = text.strip_prefix("0x").unwrap_or(text);
            let index = RouteIndex::parse(text)
                .ok_or_else(|| Refusal::InvalidIndex { index: text.to_owned(), at: start })?;
            Routes::RemoveIndex(index)
        }
        Some("remove") => {
            route(Verb::Withdraw, arguments, families)?;
            Routes::Remove
        }
        Some(word) => {
            return Err(Refusal::RoutesAction {
                word: word.to_owned(),
                at: tokens.last_span(),
                suggestion: did_you_mean(word, ["list", "add", "remove"]).map(str::to_owned),
            });
        }
        None => return Err(Refusal::NoRoutesAction),
    };
    Ok(Command::Routes(routes))
}

fn families(tokens: &mut Tokens<'_>) -> FamilyFilter {
    let Some((word, afi)) = tokens.peek().and_then(|word| Some((word, Afi::named(word)?))) else {
        return FamilyFilter::Any;
    };
    tokens.next();
    match Family::from_words(word, tokens.peek().unwrap_or_default()) {
        Some(family) => {
            tokens.next();
            FamilyFilter::Family(family)
        }
        None => FamilyFilter::Afi(afi),
    }
}

/// `route PREFIX …`, of the family that was named before, if one was.
fn route(
    verb: Verb,
    arguments: &mut Arguments<'_, '_>,
    families: FamilyFilter,
) -> Result<(), Refusal> {
    arguments.tokens.require("route")?;
    let start = arguments.tokens.span();
    parse_route(verb, &mut arguments.tokens, arguments.route)?;
    if arguments.route.nlri().len() == 0 {
        return Err(Refusal::NoRoute("routes"));
    }
    match arguments.route.nlri().find(|nlri| !families.shows(nlri.family)) {
        Some(nlri) => {
            let message = format!("this is a route of {}, not of the family before", nlri.family);
            Err(TextError::new(start, message).into())
        }
        None => Ok(()),
    }
}
