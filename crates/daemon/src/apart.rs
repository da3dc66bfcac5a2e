//! A future with a waker of its own.
//!
//! A task polls all it waits for whenever one of them has something. Where some are large and seldom have anything (the life of
//! the daemon beside all its tasks, the end of a process beside its pipes), that is most of what a short command costs.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls a future only when it was woken itself.
pub(crate) struct Apart<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
    /// The bell as the future sees it.
    waker: Waker,
}

/// Remembers that it was rung, and passes it on.
struct Bell {
    rung: AtomicBool,
    task: Mutex<Waker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.task.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
        }
    }
}

impl<F: Future> Apart<F> {
    /// Takes a future, which is polled at once.
    pub(crate) fn new(future: F) -> Self {
        let bell =
            Arc::new(Bell { rung: AtomicBool::new(true), task: Mutex::new(Waker::noop().clone()) });
        Self { future: Box::pin(future), waker: Waker::from(bell.clone()), bell }
    }
}

impl<F: Future> Future for Apart<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        {
            let mut task = self.bell.task.lock().unwrap_or_else(PoisonError::into_inner);
            if !task.will_wake(context.waker()) {
                task.clone_from(context.waker());
            }
        }
        // What rings from here on is seen by this poll, or wakes for the next one.
        if !self.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let this = &mut *self;
        this.future.as_mut().poll(&mut Context::from_waker(&this.waker))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn only_what_was_woken_is_polled() {
        let (polls, busy, quiet) = (Rc::new(Cell::new(0)), Notify::new(), Rc::new(Notify::new()));
        let (counted, notified) = (polls.clone(), quiet.clone());
        let mut notified = Box::pin(async move { notified.notified().await });
        let mut apart = Apart::new(std::future::poll_fn(move |context| {
            counted.set(counted.get() + 1);
            notified.as_mut().poll(context)
        }));
        for _ in 0..100 {
            busy.notify_one();
            tokio::select! {
                biased;
                () = &mut apart => unreachable!("nobody notified it"),
                () = busy.notified() => {}
            }
        }
        assert_eq!(polls.get(), 1);
        quiet.notify_one();
        apart.await;
        assert_eq!(polls.get(), 2);
    }
}
