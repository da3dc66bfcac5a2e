//! Templates: each may inherit from others, wherever they are in the file.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use yottabgp_wire::io::tokens::did_you_mean;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::draft::{NeighborDraft, Template};
use crate::slot::{At, Inheritance};

/// The templates of the file, each with what it inherits itself.
pub(crate) struct Templates {
    resolved: HashMap<String, NeighborDraft>,
    /// Every name, those of templates included that nobody needs any more.
    names: HashSet<String>,
    /// How often each is still to be inherited: the last one takes what the template has.
    uses: HashMap<String, usize>,
}

impl Templates {
    /// Resolves the inheritance between templates: each when all those are resolved that it inherits from. `neighbors` are
    /// those that are going to inherit.
    pub(crate) fn new(
        templates: Vec<Template>,
        neighbors: &[NeighborDraft],
        context: &mut Context<'_>,
    ) -> Self {
        let names: HashSet<String> =
            templates.iter().map(|template| template.name.clone()).collect();
        let mut uses: HashMap<String, usize> = HashMap::new();
        let drafts = templates.iter().map(|template| &template.neighbor).chain(neighbors);
        for name in drafts.flat_map(|draft| &draft.templates) {
            *uses.entry(name.value.clone()).or_default() += 1;
        }
        let mut all = Self { resolved: HashMap::with_capacity(templates.len()), names, uses };

        // For each template, how many it waits for, and for each name, who waits for it.
        let mut waits: Vec<usize> = vec![0; templates.len()];
        let mut waiting: HashMap<String, Vec<usize>> = HashMap::new();
        for ((index, template), waits) in templates.iter().enumerate().zip(&mut waits) {
            for inherited in &template.neighbor.templates {
                if all.names.contains(&inherited.value) {
                    *waits += 1;
                    waiting.entry(inherited.value.clone()).or_default().push(index);
                }
            }
        }
        let mut open: Vec<Option<Template>> = templates.into_iter().map(Some).collect();
        let mut ready: Vec<usize> =
            waits.iter().enumerate().filter(|(_, waits)| **waits == 0).map(|(at, _)| at).collect();
        while let Some(index) = ready.pop() {
            let Some(template) = open.get_mut(index).and_then(Option::take) else { continue };
            let draft = all.apply(template.neighbor, context);
            for index in waiting.remove(&template.name).unwrap_or_default() {
                if let Some(waits) = waits.get_mut(index) {
                    *waits -= 1;
                    if *waits == 0 {
                        ready.push(index);
                    }
                }
            }
            // A second template of the same name was reported where it is.
            all.resolved.entry(template.name).or_insert(draft);
        }
        // Those left over inherit in a circle.
        for template in open.into_iter().flatten() {
            let message = format!("the template '{}' inherits from itself", template.name);
            context.problems.push(
                Diagnostic::error(template.span, message)
                    .help("remove one 'inherit' of the circle"),
            );
            all.resolved.insert(template.name, NeighborDraft::default());
        }
        all
    }

    /// What a template says, as one of those that inherit it gets it.
    fn take(&mut self, name: &str) -> Option<Cow<'_, NeighborDraft>> {
        if let Some(uses) = self.uses.get_mut(name) {
            *uses = uses.saturating_sub(1);
            if *uses == 0 {
                return self.resolved.remove(name).map(Cow::Owned);
            }
        }
        self.resolved.get(name).map(Cow::Borrowed)
    }

    /// Adds to a neighbor what its templates say.
    pub(crate) fn apply(
        &mut self,
        mut draft: NeighborDraft,
        context: &mut Context<'_>,
    ) -> NeighborDraft {
        for At { value: name, span } in std::mem::take(&mut draft.templates) {
            match self.take(&name) {
                Some(template) => {
                    let (source, problems) = (context.source, Some(&mut *context.problems));
                    let mut about = Inheritance { template: &name, source, problems };
                    match template {
                        Cow::Borrowed(template) => draft.inherit(template, &mut about),
                        Cow::Owned(template) => draft.absorb(template, &mut about),
                    }
                }
                None => {
                    let error = Diagnostic::error(span, format!("there is no template '{name}'"));
                    let names = self.names.iter().map(String::as_str);
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
