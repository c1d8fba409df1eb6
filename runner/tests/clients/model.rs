//! A model that follows a script: what real clients of agents talk to in the place of one, on loopback.
//!
//! It knows nothing of planc: a turn calls a tool or says something, and sees what the calls before it gave. What it is sent
//! is kept, word for word.

use crate::wire::{Asked, Form, Said};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// The largest request that is read, in bytes.
const MAX_REQUEST_BYTES: usize = 32 << 20;

type Arguments = Box<dyn Fn(&Asked) -> Value + Send + Sync>;

/// One turn of the model.
pub enum Turn {
    /// Calls a tool of planc's server.
    Planc(&'static str, Arguments),
    /// Calls a tool that the client brings itself.
    Own(&'static str, Arguments),
    /// Says something, which ends the conversation.
    Say(&'static str),
    /// Says something with what came before, and is asked again where a hook lets the turn not end.
    Tell(Box<dyn Fn(&Asked) -> String + Send + Sync>),
}

/// A turn that says something with what came before.
pub fn tell(text: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Turn {
    Turn::Tell(Box::new(text))
}

/// A turn that calls a tool of planc's server with what the calls before gave.
pub fn planc(tool: &'static str, arguments: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> Turn {
    Turn::Planc(tool, Box::new(arguments))
}

/// A turn that calls a tool of the client.
pub fn own(tool: &'static str, arguments: impl Fn(&Asked) -> Value + Send + Sync + 'static) -> Turn {
    Turn::Own(tool, Box::new(arguments))
}

/// A script that is being followed.
pub struct Model {
    turns: Vec<Turn>,
    /// What happens outside before a turn, by its index: a person who acts. It is not answered before.
    between: Box<dyn Fn(usize) + Send + Sync>,
    seen: Mutex<Seen>,
}

/// What a model was sent.
#[derive(Default)]
pub struct Seen {
    /// What the calls gave.
    pub results: Vec<String>,
    /// Every request, whole.
    pub requests: Vec<String>,
    /// What went otherwise than it was meant.
    pub wrong: Vec<String>,
    /// How many turns were begun.
    begun: usize,
}

impl Model {
    /// A script with what happens outside between its turns.
    pub fn new(turns: Vec<Turn>, between: impl Fn(usize) + Send + Sync + 'static) -> Arc<Model> {
        Arc::new(Model { turns, between: Box::new(between), seen: Mutex::default() })
    }

    /// Serves the script until the runtime ends; gives the address.
    pub async fn serve(self: &Arc<Model>) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let routes = Router::new().fallback(asked).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    /// What it was sent, where the script was followed to its end and nothing went wrong.
    #[track_caller]
    pub fn seen(&self) -> Seen {
        let seen = std::mem::take(&mut *self.seen.lock().expect("nobody panicked"));
        assert!(seen.wrong.is_empty(), "{:#?}\n{:#?}", seen.wrong, seen.results);
        assert_eq!(seen.begun, self.turns.len(), "turns of the script: {:#?}", seen.results);
        seen
    }

    /// The turn after so many results, with the call as the client knows it. What happens outside happens first, once.
    fn turn(&self, asked: &Asked) -> Said {
        let mut seen = self.seen.lock().expect("nobody panicked");
        let (results, index) = (&asked.results, asked.results.len() + asked.told);
        seen.results.clone_from(results);
        let Some(turn) = self.turns.get(index) else {
            return seen.ends(format!("a turn after the last: {results:#?}"));
        };
        // A client may ask again for what it was not answered in time.
        if index == seen.begun {
            seen.begun += 1;
            let acted = catch_unwind(AssertUnwindSafe(|| (self.between)(index)));
            if let Err(panic) = acted {
                let text =
                    panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(|s| (*s).into()));
                return seen.ends(format!("before turn {index}: {}", text.unwrap_or_default()));
            }
        }
        let (tool, arguments) = match turn {
            Turn::Say(text) => return Said::Text((*text).into()),
            Turn::Tell(text) => return Said::Text(text(asked)),
            Turn::Planc(tool, arguments) => (asked.of_planc(tool), arguments),
            Turn::Own(tool, arguments) => (asked.own(tool), arguments),
        };
        match tool {
            Some(tool) => Said::Call { tool, arguments: arguments(asked), id: index },
            None => seen.ends(format!("the tool of turn {index} is not among {:?}", asked.offered)),
        }
    }
}

impl Seen {
    /// Ends the conversation, because something went wrong.
    fn ends(&mut self, why: String) -> Said {
        self.wrong.push(why);
        Said::Text("This is not what was meant.".into())
    }

    /// The request that was the last of the conversation.
    pub fn last(&self) -> &str {
        self.requests.last().expect("there was a request")
    }
}

async fn asked(State(model): State<Arc<Model>>, request: Request) -> Response {
    let (path, body) = (request.uri().path().to_owned(), request.into_body());
    let body = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await.unwrap_or_default();
    model.seen.lock().expect("nobody panicked").requests.push(String::from_utf8_lossy(&body).into_owned());
    let Some(form) = Form::of(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(request) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let asked = form.read(&request);
    // Clients ask on the side for titles and the like.
    let said = match asked.offered.is_empty() {
        true => Said::Text("Fine.".into()),
        false => tokio::task::block_in_place(|| model.turn(&asked)),
    };
    form.answer(&path, &request, &said)
}
