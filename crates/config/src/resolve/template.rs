//! Templates: each may inherit from others, wherever they are in the file.

use std::collections::HashMap;

use yottabgp_wire::io::tokens::did_you_mean;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::draft::{NeighborDraft, Template};
use crate::slot::{At, Inheritance};

/// The templates of the file, each with what it inherits itself.
pub(crate) struct Templates {
    resolved: HashMap<String, NeighborDraft>,
}

impl Templates {
    /// Resolves the inheritance between templates.
    pub(crate) fn new(templates: Vec<Template>, context: &mut Context<'_>) -> Self {
        let mut open: Vec<Template> = templates;
        let mut all = Self { resolved: HashMap::with_capacity(open.len()) };
        let names: Vec<String> = open.iter().map(|template| template.name.clone()).collect();
        // Each round resolves the templates whose own templates are all resolved. Those left over inherit in a circle.
        while !open.is_empty() {
            let before = open.len();
            let mut waiting = Vec::new();
            for template in open {
                let waits = template.neighbor.templates.iter().any(|inherited| {
                    names.contains(&inherited.value) && !all.resolved.contains_key(&inherited.value)
                });
                if waits {
                    waiting.push(template);
                } else {
                    let draft = all.apply(template.neighbor, context);
                    // A second template of the same name was reported where it is.
                    all.resolved.entry(template.name).or_insert(draft);
                }
            }
            open = waiting;
            if open.len() == before {
                for template in open {
                    let message = format!("the template '{}' inherits from itself", template.name);
                    context.problems.push(
                        Diagnostic::error(template.span, message)
                            .help("remove one 'inherit' of the circle"),
                    );
                    all.resolved.insert(template.name, NeighborDraft::default());
                }
                break;
            }
        }
        all
    }

    /// Adds to a neighbor what its templates say.
    pub(crate) fn apply(
        &self,
        mut draft: NeighborDraft,
        context: &mut Context<'_>,
    ) -> NeighborDraft {
        for At { value: name, span } in std::mem::take(&mut draft.templates) {
            match self.resolved.get(&name) {
                Some(template) => {
                    let (source, problems) = (context.source, Some(&mut *context.problems));
                    draft.inherit(template, &mut Inheritance { template: &name, source, problems });
                }
                None => {
                    let error = Diagnostic::error(span, format!("there is no template '{name}'"));
                    let names = self.resolved.keys().map(String::as_str);
                    context.problems.push(match did_you_mean(&name, names) {
                        Some(near) => error.help(format!("did you mean '{near}'?")),
                        None => error.help(format!("write template {{ neighbor {name} {{ … }} }}")),
                    });
                }
            }
        }
        draft
    }
}
