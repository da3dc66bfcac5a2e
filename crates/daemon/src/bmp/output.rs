//! Where lines go: a thread writes them, so that a reader that is slow stops nothing but the reading of routers.

use std::io::Write;
use std::thread;

use tokio::sync::mpsc;

use super::connection::Closed;

/// How many batches may wait to be written, for all connections; each holds one more.
const WAITING: usize = 4;

/// The end that lines are given to.
#[derive(Clone, Debug)]
pub(super) struct Output {
    batches: mpsc::Sender<Vec<u8>>,
}

impl Output {
    /// Starts the thread. Its end, with what was wrong, can be waited for.
    pub(super) fn start(
        mut to: impl Write + Send + 'static,
    ) -> (Self, thread::JoinHandle<std::io::Result<()>>) {
        let (batches, mut waiting) = mpsc::channel::<Vec<u8>>(WAITING);
        let writer = thread::spawn(move || {
            while let Some(batch) = waiting.blocking_recv() {
                to.write_all(&batch)?;
                to.flush()?;
            }
            Ok(())
        });
        (Self { batches }, writer)
    }

    /// Gives lines to be written; waits until there is room.
    pub(super) async fn write(&self, lines: Vec<u8>) -> Result<(), Closed> {
        if lines.is_empty() {
            return Ok(());
        }
        self.batches.send(lines).await.map_err(|_| Closed)
    }

    /// Waits until nobody reads any more.
    pub(super) async fn closed(&self) {
        self.batches.closed().await;
    }
}
