//! The section `bmp`: the processes that it names, and whether it does anything.

use yottabgp_wire::io::tokens::did_you_mean;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::model::{Bmp, Process};
use crate::section::bmp::BmpDraft;
use crate::slot::At;

/// What the section means, with every process that it names found.
pub(crate) fn resolve(
    At { value: draft, span }: &At<BmpDraft>,
    processes: &[Process],
    context: &mut Context<'_>,
) -> Bmp {
    let mut bmp = draft.resolved();
    context.problems.about("process");
    for at in &draft.processes {
        let name = &at.value;
        match processes.iter().find(|process| *process.name == **name) {
            Some(process) if bmp.processes.contains(&process.name) => {}
            Some(process) => bmp.processes.push(process.name.clone()),
            None => {
                let message = format!("the process '{name}' is used by bmp but not defined");
                let error = Diagnostic::error(at.span, message);
                let near = did_you_mean(name, processes.iter().map(|process| &*process.name));
                context.problems.push(match near {
                    Some(near) => error.help(format!("did you mean '{near}'?")),
                    None => error.help(format!("add 'process {name} {{ run …; }}' at the root")),
                });
            }
        }
    }
    context.problems.about("bmp");
    let is_station = !bmp.listen.is_empty() || !bmp.connect.is_empty();
    if !is_station && bmp.stations.is_empty() {
        let warning = Diagnostic::warning(*span, "no router can tell anything to this station");
        context.problems.push(
            warning.help("add 'listen ADDRESS;', 'connect ADDRESS;' or 'station ADDRESS { }'"),
        );
    } else if is_station && draft.processes.is_empty() && !bmp.table {
        let message = "nobody is told what routers tell, and it is not kept";
        let warning = Diagnostic::warning(*span, message);
        context.problems.push(warning.help("add 'processes [ NAME ];' or 'table true;'"));
    }
    context.problems.about("neighbor");
    bmp
}
