//! Ctrl-C and SIGTERM ⟶ the first stops starting, the second kills; a dry run ends at the first, for it has no effect that
//! could be cut in two. A deadline that passes does both at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// A handle to stop a run with, and to see that it shall stop. Clones are the same handle.
#[derive(Clone, Debug)]
pub struct Stop {
    stopping: watch::Sender<bool>,
    kill: watch::Sender<bool>,
    overdue: Arc<AtomicBool>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { stopping: watch::Sender::new(false), kill: watch::Sender::new(false), overdue: Arc::default() }
    }
}

impl Stop {
    /// A handle that nobody has used.
    pub fn new() -> Stop {
        Stop::default()
    }

    /// Asks to stop: the first time nothing new starts and running calls are waited for; the second time they are killed.
    pub fn request(&self) {
        let again = self.stopping.send_replace(true);
        if again {
            self.kill.send_replace(true);
        }
    }

    /// Nothing new starts and running calls are killed, because the time of the run is over.
    pub fn expire(&self) {
        self.overdue.store(true, Ordering::SeqCst);
        self.stopping.send_replace(true);
        self.kill.send_replace(true);
    }

    /// Whether the time of the run is over.
    pub fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::SeqCst)
    }

    /// Whether nothing new may start.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Whether running calls shall end now.
    pub fn is_killing(&self) -> bool {
        *self.kill.borrow()
    }

    /// Becomes true when nothing new may start.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Becomes true when running calls shall end now.
    pub fn kill(&self) -> watch::Receiver<bool> {
        self.kill.subscribe()
    }

    /// Makes Ctrl-C, SIGTERM and SIGHUP requests to stop, for as long as the task that this gives is not aborted. Must be
    /// called on a tokio runtime.
    pub fn listen(&self) -> std::io::Result<tokio::task::JoinHandle<()>> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let stop = self.clone();
        Ok(tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                stop.request();
            }
        }))
    }
}

/// Waits until the flag is true; for ever when nobody can set it any more.
pub(crate) async fn raised(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|raised| *raised).await.is_err() {
        std::future::pending().await
    }
}
