//! Watchdogs: names under which routes are announced and withdrawn together.

use std::collections::{BTreeMap, BTreeSet};

use crate::table::RouteId;

/// Which routes belong to which name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchdogs {
    by_name: BTreeMap<Box<str>, BTreeSet<RouteId>>,
    by_route: BTreeMap<RouteId, Box<str>>,
}

impl Watchdogs {
    /// Puts a route under a name, and takes it from under another.
    pub(crate) fn insert(&mut self, name: &str, id: RouteId) {
        self.remove(id);
        self.by_name.entry(name.into()).or_default().insert(id);
        self.by_route.insert(id, name.into());
    }

    /// Forgets a route.
    pub(crate) fn remove(&mut self, id: RouteId) {
        let Some(name) = self.by_route.remove(&id) else { return };
        if let Some(routes) = self.by_name.get_mut(&name) {
            routes.remove(&id);
            if routes.is_empty() {
                self.by_name.remove(&name);
            }
        }
    }

    /// The routes of a name.
    pub(crate) fn routes(&self, name: &str) -> Vec<RouteId> {
        self.by_name.get(name).into_iter().flatten().copied().collect()
    }

    /// The name of a route.
    pub(crate) fn name(&self, id: RouteId) -> Option<&str> {
        self.by_route.get(&id).map(|name| &**name)
    }
}
