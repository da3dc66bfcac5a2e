//! Rules as JSON, as the text of events and as commands.

use std::net::Ipv4Addr;

use super::component::{ComponentType, DESTINATION, Form, SOURCE};
use super::rule::{AND, Component, Rule, Term, Terms, Value};
use crate::codes::{Family, Safi};
use crate::io::json::push_name;
use crate::io::text::{push, push_decimal, push_hex_upper, push_ip, push_ipv4, push_ipv6};
use crate::layout::{FlowNextHop, Shape};
use crate::nlri::{Nlri, NlriContext, opaque, push_raw_json};

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// As ExaBGP shows it: what is true or false whatever the value is has none.
    Event,
    /// So that it is read back.
    Command,
}

/// The rule, if nothing is wrong with it.
fn readable<'a>(nlri: &Nlri<'a>) -> Option<Rule<'a>> {
    let rule = Rule::new(nlri.family, nlri.bytes).ok()?;
    rule.clone().check().is_ok().then_some(rule)
}

/// `{ "destination-ipv4": [ "10.0.0.0/24" ], …, "rd": "…", "string": "flow …" }`; version 4 has the next hop before `string`.
pub(super) fn json(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    let Some(rule) = readable(&nlri) else { return push_raw_json(nlri, out) };
    let shape = context.form.layout.shape();
    push(out, "{ ");
    for component in rule.clone().flatten() {
        push_name(out, component_name(component.row, shape));
        push(out, "[ \"");
        push_value(component, Style::Event, "\", \"", out);
        push(out, "\" ], ");
    }
    if let Some(distinguisher) = rule.distinguisher {
        push(out, if shape.old_words { "\"route-distinguisher\": " } else { "\"rd\": " });
        distinguisher.push_json(out);
        push(out, ", ");
    }
    if let Some(path_id) = nlri.path_id {
        push(out, "\"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
        push(out, "\", ");
    }
    let next_hop = context.next_hop.filter(|_| shape.flow_next_hop != FlowNextHop::Nowhere);
    if let Some(next_hop) = next_hop {
        push(out, "\"next-hop\": \"");
        push_ip(out, next_hop);
        push(out, "\", ");
    }
    push(out, "\"string\": \"flow");
    push_rule(&rule, shape, out);
    if let Some(next_hop) = next_hop.filter(|_| shape.flow_next_hop == FlowNextHop::MemberAndText) {
        push(out, " next-hop ");
        push_ip(out, next_hop);
    }
    push(out, "\" }");
}

/// `flow destination-ipv4 10.0.0.0/24 … rd …`.
pub(super) fn text(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    push(out, "flow");
    match readable(&nlri) {
        Some(rule) => push_rule(&rule, context.form.layout.shape(), out),
        None => {
            push(out, " 0x");
            push_hex_upper(out, nlri.bytes);
        }
    }
    if let Some(path_id) = nlri.path_id {
        push(out, " path-information ");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
}

/// `ipv4 flow destination-ipv4 10.0.0.0/24 … rd …`: the route distinguisher says that it is of a VPN.
pub(super) fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let Some(rule) = readable(&nlri) else { return (opaque::ROW.command)(nlri, out) };
    Family::new(nlri.family.afi, Safi::FLOW).push_command(out);
    for component in rule.clone().flatten() {
        push_component(component, component.row.name, Style::Command, out);
    }
    if let Some(distinguisher) = rule.distinguisher {
        push(out, " rd ");
        distinguisher.push_command(out);
    }
}

fn push_rule(rule: &Rule<'_>, shape: &Shape, out: &mut Vec<u8>) {
    for component in rule.clone().flatten() {
        push_component(component, component_name(component.row, shape), Style::Event, out);
    }
    if let Some(distinguisher) = rule.distinguisher {
        push(out, if shape.old_words { " route-distinguisher " } else { " rd " });
        distinguisher.push_text(out);
    }
}

/// The name of a type of component: 3.4 does not say in it of which address family a prefix is.
fn component_name(row: &ComponentType, shape: &Shape) -> &'static str {
    match row.kind {
        DESTINATION if shape.old_words => "destination",
        SOURCE if shape.old_words => "source",
        _ => row.name,
    }
}

/// ` name value`, with brackets around two values or more.
fn push_component(component: Component<'_>, name: &str, style: Style, out: &mut Vec<u8>) {
    out.push(b' ');
    push(out, name);
    out.push(b' ');
    let is_list = matches!(component.value, Value::Terms(terms) if terms.count() > 1);
    push(out, if is_list { "[ " } else { "" });
    push_value(component, style, " ", out);
    push(out, if is_list { " ]" } else { "" });
}

fn push_value(component: Component<'_>, style: Style, separator: &str, out: &mut Vec<u8>) {
    match component.value {
        Value::Ipv4 { address, length } => {
            push_ipv4(out, address);
            out.push(b'/');
            push_decimal(out, length.into());
        }
        Value::Ipv6 { address, length, offset } => {
            push_ipv6(out, address);
            out.push(b'/');
            push_decimal(out, length.into());
            out.push(b'/');
            push_decimal(out, offset.into());
        }
        Value::HardwareAddress(address) => {
            for (index, octet) in address.iter().enumerate() {
                push(out, if index == 0 { "" } else { ":" });
                push_hex_upper(out, &[*octet]);
            }
        }
        Value::Terms(terms) => push_terms(component.row, terms, style, separator, out),
    }
}

/// Terms that are joined by "and" follow each other, the separator is between those joined by "or".
fn push_terms(
    row: &ComponentType,
    terms: Terms<'_>,
    style: Style,
    separator: &str,
    out: &mut Vec<u8>,
) {
    for (index, term) in terms.enumerate() {
        if term.operator & AND != 0 {
            out.push(b'&');
        } else if index > 0 {
            push(out, separator);
        }
        match row.form {
            Form::Bitmask(_) => push_bitmask(row, term, out),
            _ => push_numeric(row, term, style, out),
        }
    }
}

fn push_numeric(row: &ComponentType, term: Term, style: Style, out: &mut Vec<u8>) {
    let sign = match term.operator & super::rule::COMPARISON {
        0 => "false",
        1 => "=",
        2 => ">",
        3 => ">=",
        4 => "<",
        5 => "<=",
        6 => "!=",
        _ => "true",
    };
    push(out, sign);
    let has_value = sign.len() < 3 || term.operator & AND != 0 || style == Style::Command;
    if !has_value {
        return;
    }
    match name(row, term.value) {
        Some(name) if sign.len() < 3 => push(out, name),
        _ => push_decimal(out, term.value),
    }
}

fn push_bitmask(row: &ComponentType, term: Term, out: &mut Vec<u8>) {
    push(out, ["", "=", "!", "!="].get(usize::from(term.operator & 3)).copied().unwrap_or(""));
    let Form::Bitmask(values) = &row.form else { return };
    let mut rest = term.value;
    let mut separator = "";
    for (name, bit) in values.shown {
        if rest & u64::from(*bit) != 0 {
            rest &= !u64::from(*bit);
            push(out, separator);
            push(out, name);
            separator = "+";
        }
    }
    if rest != 0 || separator.is_empty() {
        push(out, separator);
        push_decimal(out, rest);
    }
}

fn name(row: &ComponentType, value: u64) -> Option<&'static str> {
    let Form::Numeric(values) = &row.form else { return None };
    values.shown.iter().find(|(_, known)| u64::from(*known) == value).map(|(name, _)| *name)
}
