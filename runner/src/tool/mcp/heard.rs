//! What a server says of its tools, on whichever connection ⟶ that all connections list them anew before the next call, and what
//! was listed last.
//!
//! A definition is worth its pin only as long as nobody said that it is another one. Of a server of the era without sessions
//! that is heard only by who listens: so planc listens.

use rmcp::RoleClient;
use rmcp::model::SubscriptionFilter;
use rmcp::service::{Peer, ServiceError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The definitions of the tools of a server, by the names that it gave them.
pub type Definitions = BTreeMap<String, Value>;

/// How long it takes at first until a server is listened to again that ended that, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// What was listed last, and how often it had been said before that it changed.
type Last = Option<(u64, Arc<Definitions>)>;

/// What all connections to a server know together. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// How often it was said that the tools changed.
    changes: watch::Sender<u64>,
    listed: Arc<Mutex<Last>>,
}

impl Heard {
    /// The server said that its tools changed, or may have.
    pub fn change(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// How often it did.
    pub fn changes(&self) -> u64 {
        *self.changes.borrow()
    }

    /// Whether both are of the same server.
    pub fn is(&self, other: &Heard) -> bool {
        self.changes.same_channel(&other.changes)
    }

    /// Tells when it does again.
    pub fn further(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Keeps what a connection has listed after so many changes.
    pub(super) fn keep(&self, changes: u64, definitions: &Arc<Definitions>) {
        *self.last() = Some((changes, definitions.clone()));
    }

    /// What was listed last, on whichever connection; none: nobody has asked yet.
    pub fn listed(&self) -> Option<Arc<Definitions>> {
        self.last().as_ref().map(|(_, definitions)| definitions.clone())
    }

    /// After how many changes that was.
    pub fn listed_after(&self) -> Option<u64> {
        self.last().as_ref().map(|(changes, _)| *changes)
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens to changes of the tools of a server of the era without sessions, until the connection ends. What was missed before, or
/// in between, counts as a change.
pub(super) async fn listen(peer: Peer<RoleClient>, heard: Heard) {
    let (mut pause, longest) = AGAIN;
    let mut wanted = SubscriptionFilter::new();
    wanted.tools_list_changed = Some(true);
    while !peer.is_transport_closed() {
        match peer.listen(wanted.clone()).await {
            Ok(mut told) => {
                heard.change();
                while let Ok(Some(_)) = told.next().await {
                    pause = AGAIN.0;
                    heard.change();
                }
            }
            // It does not offer what it announces: then it is asked before each connection only.
            Err(ServiceError::McpError(_)) => return,
            Err(_) => {}
        }
        tokio::time::sleep(pause).await;
        pause = longest.min(pause * 2);
    }
}
