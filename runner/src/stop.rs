//! Ctrl-C and SIGTERM ⟶ the first stops starting, the second kills; a dry run ends at the first, for it has no effect that
//! could be cut in two. A deadline that passes does both at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How a process ends that a signal ends, as shells tell it of Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// Who listens to signals; none: they are not taken over.
static LISTENING: Mutex<Option<Listeners>> = Mutex::new(None);

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

    /// Makes Ctrl-C, SIGTERM and SIGHUP requests to stop, for as long as what this gives is kept. Where nothing listens any more, such a
    /// signal ends the process, as it does before the first call.
    pub fn listen(&self) -> std::io::Result<Listening> {
        let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        if listening.is_none() {
            take_over()?;
        }
        let listeners = listening.get_or_insert_default();
        listeners.last += 1;
        listeners.stops.push((listeners.last, self.clone()));
        Ok(Listening { number: listeners.last })
    }
}

/// Who listens.
#[derive(Default)]
struct Listeners {
    stops: Vec<(u64, Stop)>,
    /// The last number that one was given.
    last: u64,
}

/// As long as this is kept, signals are requests to stop.
pub struct Listening {
    number: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        let stops = listening.iter_mut().map(|listeners| &mut listeners.stops);
        stops.for_each(|stops| stops.retain(|(number, _)| *number != self.number));
    }
}

/// Takes signals over, which tokio does for good: while nobody listens they end the process.
fn take_over() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    drop(inside);
    let watch = async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            let listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
            let stops = listening.iter().flat_map(|listeners| &listeners.stops);
            if stops.map(|(_, stop)| stop.request()).count() == 0 {
                std::process::exit(INTERRUPTED.into());
            }
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(watch)).map(drop)
}

/// Waits until the flag is true; for ever when nobody can set it any more.
pub(crate) async fn raised(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|raised| *raised).await.is_err() {
        std::future::pending().await
    }
}
