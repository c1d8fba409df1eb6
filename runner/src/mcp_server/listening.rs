//! What a transparent server says of changes ⟶ what the agent's client is told of them.
//!
//! Of resources and prompts that is what the server says. Of tools it is not: agents have those that were reviewed, whatever the
//! server says by now. So that its tools changed leads to the question whether planc's list changed, in which a tool that
//! is not what was reviewed any more stands as one that is refused; and only then a client is told.

use super::{Gate, definitions, unanswered};
use crate::session::{Offer, Sessions};
use crate::tool::mcp::relay::Line;
use crate::tool::mcp::{Heard, Server};
use rmcp::ErrorData;
use rmcp::model::{ServerNotification, SubscriptionFilter, Tool};
use rmcp::service::{Peer, RoleServer, SubscriptionContext};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How many resources one client listens to with one request.
pub const MAX_LISTENED: usize = 100;

/// How long the list of tools is not looked at again after a change.
pub const CHANGES_PAUSE: Duration = Duration::from_millis(200);

impl Gate {
    /// Hands on what a server says of changes, until the client listens no more.
    pub(super) async fn listening(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let (request, wanted) = (context.request_context(), context.accepted().clone());
        let resources = wanted.resource_subscriptions.clone().unwrap_or_default();
        if resources.len() > MAX_LISTENED {
            let why =
                format!("at most {MAX_LISTENED} resources are listened to at once, and these are {}", resources.len());
            return Err(ErrorData::invalid_params(why, None));
        }
        if wanted == SubscriptionFilter::default() {
            context.cancelled().await;
            return Ok(());
        }
        let (line, _) = self.line(request);
        // What a client has heard from now on is held against what there is now, before anything is asked of anybody.
        let mut is_due = wanted.tools_list_changed == Some(true);
        let mut known = match is_due {
            true => self.known(&line).await,
            false => None,
        };
        let passed = self.judge(request, Offer { method: "subscriptions/listen", resources, state: None }).await?;
        let (connection, _) = self.connected(request, &passed).await?;
        let mut heard = connection.peer().listen(wanted).await.map_err(unanswered)?;
        let changes = passed.server.heard();
        loop {
            if std::mem::take(&mut is_due)
                && let Some(known) = &mut known
            {
                changes.change();
                if known.changed().await {
                    drop(context.sink().notify_tool_list_changed().await);
                }
                tokio::time::sleep(CHANGES_PAUSE).await;
            }
            let next = tokio::select! {
                next = heard.next() => next,
                () = context.cancelled() => Ok(None),
            };
            match next.map_err(unanswered)? {
                Some(ServerNotification::ToolListChangedNotification(_)) => is_due = true,
                // What the client did not ask for is not sent.
                Some(told) => drop(context.sink().send(told).await),
                None => return heard.cancel().await.map_err(unanswered),
            }
        }
    }

    /// The list of tools as a client knows it that listens on a line.
    async fn known(&self, line: &Arc<Line>) -> Option<Known> {
        let sessions = self.sessions.clone();
        let server = tokio::task::spawn_blocking(move || sessions.transparent()).await.ok()?.ok()??;
        Some(Known::of(self, server.heard(), line).await)
    }

    /// Tells the client of a conversation when the list of tools changes, until the conversation is over.
    pub(super) async fn tell_changes(&self, server: &Server, line: &Arc<Line>, peer: Peer<RoleServer>) {
        let (over, mut further) = (line.over(), server.heard().further());
        let mut known = Known::of(self, server.heard(), line).await;
        tokio::spawn(over.run_until_cancelled_owned(async move {
            while further.changed().await.is_ok() {
                // A client that went away is told nothing.
                if known.changed().await && peer.notify_tool_list_changed().await.is_err() {
                    return;
                }
                tokio::time::sleep(CHANGES_PAUSE).await;
            }
        }));
    }
}

/// The list of tools as it was after so many changes of a server: however many clients listen, it is made once.
pub(super) type Listing = tokio::sync::Mutex<Option<(Heard, u64, Arc<Vec<Tool>>)>>;

/// The list of tools as a client knows it.
struct Known {
    sessions: Sessions,
    listing: Arc<Listing>,
    heard: Heard,
    /// The connection on which it is seen what the server says of its tools by now. Watching does not keep it.
    line: Weak<Line>,
    tools: Arc<Vec<Tool>>,
}

impl Known {
    async fn of(gate: &Gate, heard: &Heard, line: &Arc<Line>) -> Known {
        let (sessions, listing) = (gate.sessions.clone(), gate.lines.listing.clone());
        let mut known =
            Known { sessions, listing, heard: heard.clone(), line: Arc::downgrade(line), tools: Arc::default() };
        known.tools = match known.now().await {
            Some(tools) => tools,
            None => known.made().await.unwrap_or_default(),
        };
        known
    }

    /// Whether the list is another one by now.
    async fn changed(&mut self) -> bool {
        let tools = self.now().await.unwrap_or_else(|| self.tools.clone());
        std::mem::replace(&mut self.tools, tools) != self.tools
    }

    /// The list as it is now; none: nobody has looked at the tools of the server since it said that they changed, or the list
    /// cannot be made, of which the next call says why.
    async fn now(&self) -> Option<Arc<Vec<Tool>>> {
        let mut listing = self.listing.lock().await;
        let changes = self.heard.changes();
        if let Some((heard, after, tools)) = &*listing
            && heard.is(&self.heard)
            && *after == changes
        {
            return Some(tools.clone());
        }
        let line = self.line.upgrade();
        if let Some(connection) = async { line?.opened().await }.await {
            drop(connection.definitions().await);
        }
        if self.heard.listed_after() != Some(changes) {
            return None;
        }
        let tools = self.made().await?;
        *listing = Some((self.heard.clone(), changes, tools.clone()));
        Some(tools)
    }

    /// The list from what is known.
    async fn made(&self) -> Option<Arc<Vec<Tool>>> {
        let sessions = self.sessions.clone();
        let made = tokio::task::spawn_blocking(move || sessions.world().map(|world| definitions::tools(&world)));
        Some(Arc::new(made.await.ok()?.ok()?))
    }
}
