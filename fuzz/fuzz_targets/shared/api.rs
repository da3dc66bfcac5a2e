//! What the fuzz target of `api` checks. Here, so that a normal test can replay the corpus.

use yottabgp_api::Version;
use yottabgp_api::command::{Command, Repeated, RouteIndex, expand_shortcuts, identifier, parse};
use yottabgp_wire::io::tokens::Token;
use yottabgp_wire::route::RouteBuffer;

/// The version of the API in the first octet, and lines as a helper writes them.
///
/// What one line left in the buffers must not show in the answer to the next: each is also read with new ones.
pub(crate) fn command(data: &[u8]) {
    let Some((choice, lines)) = data.split_first() else { return };
    let Ok(lines) = std::str::from_utf8(lines) else { return };
    let version = if choice & 1 == 0 { Version::V4 } else { Version::V6 };
    let mut tokens = Vec::new();
    let mut route = RouteBuffer::default();
    let (mut repeated, mut buffer) = (Repeated::default(), RouteBuffer::default());
    for line in lines.split('\n').take(6) {
        look_up(line, version, &mut repeated, &mut buffer);
        let used = read(line, version, &mut tokens, &mut route);
        let fresh = read(line, version, &mut Vec::new(), &mut RouteBuffer::default());
        assert_eq!(used, fresh, "{line:?}");
        // An identifier is no part of a command.
        let identified = format!("{line} #7");
        if identifier(line.as_bytes()).is_none() && identifier(identified.as_bytes()).is_some() {
            let said = read(&identified, version, &mut Vec::new(), &mut RouteBuffer::default());
            assert_eq!(said, fresh, "{line:?}");
        }
        let _ = expand_shortcuts(line);
    }
}

/// A line that is looked up says what it says when it is read.
fn look_up(line: &str, version: Version, repeated: &mut Repeated, route: &mut RouteBuffer) {
    let found = repeated.recall(line.as_bytes(), version, route).map(|found| {
        let said = format!("{} {:?} {:?}", found.selector, Command::Route(found.verb), found.sync);
        (said, understood(route))
    });
    let mut tokens = Vec::new();
    let request = parse(line, version, &mut tokens, route);
    if let Some((said, route_said)) = found {
        let request = request.unwrap_or_else(|refusal| panic!("{line:?}: {refusal}"));
        assert!(request.id.is_none(), "{line:?}");
        let read = format!("{} {:?} {:?}", request.selector, request.command, request.sync);
        assert_eq!((said, route_said), (read, understood(route)), "{line:?}");
    } else if let Ok(request) = request {
        repeated.keep(line, version, &request, route);
    }
}

/// All that was understood of a line.
fn read(line: &str, version: Version, tokens: &mut Vec<Token>, route: &mut RouteBuffer) -> String {
    let mut request = match parse(line, version, tokens, route) {
        Ok(request) => request,
        Err(refusal) => {
            let said = refusal.to_string();
            assert!(!said.is_empty());
            return said;
        }
    };
    request.id = None;
    let mut said = format!("{request:?}");
    match &request.command {
        Command::Route(_) => said.push_str(&understood(route)),
        Command::Group(group) => {
            let result = group.for_each(route, |command, route| {
                said.push_str(&format!("{command:?}"));
                if matches!(command, Command::Route(_)) {
                    said.push_str(&understood(route));
                }
            });
            assert!(result.is_ok(), "{line:?}: {result:?}");
        }
        _ => {}
    }
    said
}

fn understood(route: &RouteBuffer) -> String {
    let nlri: Vec<_> = route.nlri().take(100).collect();
    for nlri in &nlri {
        let index = RouteIndex::of(*nlri);
        assert_eq!(RouteIndex::parse(&index.to_string()), Some(index), "{nlri:?}");
    }
    format!(
        "{:?} {:?} {:?} {:?} {} {} {:?}",
        route.attributes(),
        route.next_hop,
        route.watchdog,
        route.name,
        route.withdraw,
        route.nlri().len(),
        nlri
    )
}
