//! CLUSTER_LIST (RFC 4456 section 8): the route reflectors that the route passed.
//!
//! RFC 7606 section 7.10 has one of an external peer dropped: a malformed one then does no harm to the routes.

use std::net::Ipv4Addr;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, require_multiple,
    send_as_is,
};
use crate::io::text::{push, push_ipv4};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 10,
    name: "cluster-list",
    keywords: &["cluster-list"],
    flags: flags::OPTIONAL,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    if context.ibgp { require_multiple("CLUSTER_LIST", value, 4) } else { Ok(()) }
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let (clusters, []) = value.as_chunks::<4>() else { return };
    push(out, "\"cluster-list\": [ ");
    let mut separator = "\"";
    for cluster in clusters {
        push(out, separator);
        push_ipv4(out, Ipv4Addr::from(*cluster));
        separator = "\", \"";
    }
    push(out, if clusters.is_empty() { " ]" } else { "\" ]" });
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let (clusters, []) = value.as_chunks::<4>() else { return };
    push(out, " cluster-list");
    if let [cluster] = clusters {
        out.push(b' ');
        push_ipv4(out, Ipv4Addr::from(*cluster));
        return;
    }
    push(out, " [");
    for cluster in clusters {
        out.push(b' ');
        push_ipv4(out, Ipv4Addr::from(*cluster));
    }
    push(out, " ]");
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let start = out.len();
    tokens.list("cluster-list", |tokens| {
        let address: Ipv4Addr = tokens.parse("cluster-list", "IPv4 addresses")?;
        out.extend(address.octets());
        Ok(())
    })?;
    if out.len() == start {
        return Err(tokens.last_error("the cluster-list is empty").help("[ 192.0.2.1 … ]"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};

    #[test]
    fn one_or_several() {
        assert_eq!(parse_value(&ROW, "1.2.3.4"), [1, 2, 3, 4]);
        let value = parse_value(&ROW, "[ 1.2.3.4, 5.6.7.8 ]");
        assert_eq!(
            faces(&ROW, &value),
            (
                r#""cluster-list": [ "1.2.3.4", "5.6.7.8" ]"#.into(),
                " cluster-list [ 1.2.3.4 5.6.7.8 ]".into()
            )
        );
        assert_eq!(faces(&ROW, &value[..4]).1, " cluster-list 1.2.3.4");
        assert!(parse_error(&ROW, "[ ]").contains("empty"));
        assert!(check(&[1, 2, 3], &ValueContext::STORED).is_err());
    }
}
