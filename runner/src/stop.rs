//! Ctrl-C and SIGTERM ⟶ the first stops starting, the second kills; a dry run ends at the first, for it has no effect that
//! could be cut in two. A deadline that passes does both at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How a process ends that a signal ends, as shells tell it of Ctrl-C.
const INTERRUPTED: i32 = 130;

/// How many listen to signals.
static LISTENING: AtomicUsize = AtomicUsize::new(0);

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
    /// signal ends the process, as it does before the first call. Must be called on a tokio runtime.
    pub fn listen(&self) -> std::io::Result<Listening> {
        let mut signals = Signals::new()?;
        end_at_signals()?;
        LISTENING.fetch_add(1, Ordering::SeqCst);
        let stop = self.clone();
        let task = tokio::spawn(async move {
            loop {
                signals.next().await;
                stop.request();
            }
        });
        Ok(Listening { task })
    }
}

/// As long as this is kept, signals are requests to stop.
pub struct Listening {
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        LISTENING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What asks a process to end.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> std::io::Result<Signals> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Signals([interrupt?, terminate?, hangup?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Ends the process at a signal while nobody listens: once tokio has taken a signal over, it keeps it.
fn end_at_signals() -> std::io::Result<()> {
    static WATCHING: Mutex<bool> = Mutex::new(false);
    let mut watching = WATCHING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*watching {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = runtime.block_on(async { Signals::new() })?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    signals.next().await;
                    if LISTENING.load(Ordering::SeqCst) == 0 {
                        std::process::exit(INTERRUPTED);
                    }
                }
            })
        })?;
        *watching = true;
    }
    Ok(())
}

/// Waits until the flag is true; for ever when nobody can set it any more.
pub(crate) async fn raised(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|raised| *raised).await.is_err() {
        std::future::pending().await
    }
}
