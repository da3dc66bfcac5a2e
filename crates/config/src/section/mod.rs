//! The sections and their keywords: a file for each, a row for each keyword.

pub(crate) mod add_path;
pub(crate) mod announce;
pub(crate) mod api;
pub(crate) mod bmp;
pub(crate) mod bmp_station;
pub(crate) mod capability;
pub(crate) mod family;
pub(crate) mod flow;
pub(crate) mod group;
pub(crate) mod healthcheck;
pub(crate) mod l2vpn;
pub(crate) mod mrt;
pub(crate) mod neighbor;
pub(crate) mod next_hop;
pub(crate) mod operational;
pub(crate) mod process;
pub(crate) mod root;
pub(crate) mod static_routes;
pub(crate) mod tcp_ao;

pub(crate) use api::regex as api_regex;
pub(crate) use capability::ROLES;

/// A keyword, for documents, completion and the hints of editors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeywordHelp {
    /// The section: `neighbor/capability`.
    pub place: &'static str,
    /// The keyword.
    pub name: &'static str,
    /// What follows it.
    pub value: &'static str,
    /// What holds without it; empty for a section.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Whether it opens a section.
    pub section: bool,
}

/// Every keyword of every section.
pub fn keywords() -> Vec<KeywordHelp> {
    let mut all = Vec::new();
    collect(&root::TABLE, &mut all);
    collect(&process::TABLE, &mut all);
    all.extend(healthcheck::keywords());
    collect(&root::TEMPLATE, &mut all);
    collect(&neighbor::TABLE, &mut all);
    collect(&group::TABLE, &mut all);
    collect(&group::PROCESS, &mut all);
    collect(&family::TABLE, &mut all);
    collect(&capability::TABLE, &mut all);
    collect(&tcp_ao::TABLE, &mut all);
    collect(&add_path::TABLE, &mut all);
    collect(&next_hop::TABLE, &mut all);
    collect(&api::TABLE, &mut all);
    collect(&api::RECEIVE, &mut all);
    collect(&api::SEND, &mut all);
    collect(&static_routes::TABLE, &mut all);
    collect(&announce::TABLE, &mut all);
    collect(&flow::TABLE, &mut all);
    collect(&l2vpn::TABLE, &mut all);
    collect(&operational::TABLE, &mut all);
    collect(&bmp::TABLE, &mut all);
    collect(&bmp::RECEIVE, &mut all);
    collect(&bmp_station::TABLE, &mut all);
    collect(&mrt::TABLE, &mut all);
    collect(&mrt::OF_NEIGHBOR, &mut all);
    all
}

fn collect<T>(table: &crate::parser::Section<T>, all: &mut Vec<KeywordHelp>) {
    let place = table.place;
    all.extend(table.keywords.iter().map(|row| KeywordHelp {
        place,
        name: row.name,
        value: row.value,
        default: row.default,
        help: row.help,
        section: false,
    }));
    all.extend(table.sections.iter().map(|row| KeywordHelp {
        place,
        name: row.name,
        value: row.value,
        default: "",
        help: row.help,
        section: true,
    }));
}
