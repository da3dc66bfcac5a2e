//! `sync`: an acknowledgement that waits for what the peers are sent.

use std::time::Duration;

use yottabgp_api::command::Refusal;
use yottabgp_session::State;

use crate::core::{PeerId, Shared};

/// How long an acknowledgement of a `sync` command waits for the peers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until everything that waits for these peers is written, or their sessions are over.
pub(crate) async fn written(shared: &Shared, peers: &[PeerId]) -> Result<(), Refusal> {
    let all = async {
        for id in peers {
            loop {
                let idle = {
                    let core = shared.borrow();
                    match core.peers.get(id) {
                        Some(peer)
                            if !peer.is_idle && peer.session.state() == State::Established =>
                        {
                            peer.idle.clone()
                        }
                        _ => break,
                    }
                };
                let notified = idle.notified();
                tokio::pin!(notified);
                notified.as_mut().enable();
                let still = shared.borrow().peers.get(id).is_some_and(|peer| !peer.is_idle);
                if still {
                    notified.await;
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .map_err(|_| Refusal::Other("a peer did not take its routes in time".to_owned()))
}
