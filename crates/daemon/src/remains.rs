//! What is left of the tables of sessions that ended: a million routes are forgotten at once, and the references that they held
//! are given back bit by bit, while others have their turn.

use std::rc::Rc;

use tokio::sync::Notify;
use yottabgp_rib::adj_rib_in::Remains;
use yottabgp_rib::store::AttributeStore;

use crate::core::Shared;

/// Tables whose references are still to be given back.
#[derive(Debug, Default)]
pub(crate) struct Remainder {
    tables: Vec<Remains>,
    more: Rc<Notify>,
}

impl Remainder {
    /// Takes what is left of a table.
    pub(crate) fn add(&mut self, table: Remains) {
        self.tables.push(table);
        self.more.notify_one();
    }

    /// Gives back some references. Returns whether there are more.
    fn release(&mut self, store: &mut AttributeStore) -> bool {
        let Some(table) = self.tables.last_mut() else { return false };
        if !table.release(store) {
            self.tables.pop();
        }
        !self.tables.is_empty()
    }
}

/// Gives back whatever comes, for ever.
pub(crate) async fn give_back(shared: Shared) {
    let more = shared.borrow().remainder.more.clone();
    loop {
        more.notified().await;
        loop {
            let is_more = {
                let mut core = shared.borrow_mut();
                let core = &mut *core;
                core.remainder.release(&mut core.store)
            };
            if !is_more {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}
