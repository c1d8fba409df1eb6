//! A model that follows a script: what real agent clients talk to in the place of one, on loopback.
//!
//! It speaks the two wire forms that the clients want, Anthropic's Messages and OpenAI's Responses, both as server-sent
//! events. It knows nothing of planc: a turn calls a tool or says something, and sees what the calls before it gave.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// What the calls of earlier turns gave, in order, as texts.
pub type Results = [String];

/// One turn of the model.
pub enum Turn {
    /// Calls a tool of the server `planc`.
    Call(&'static str, Box<dyn Fn(&Results) -> Value + Send + Sync>),
    /// Says something, which ends the conversation.
    Say(&'static str),
}

/// A script that is being followed.
pub struct Model {
    turns: Vec<Turn>,
    /// What happens outside before a turn, by its index: a person who acts.
    between: Box<dyn Fn(usize, &Results) + Send + Sync>,
    results: Mutex<Vec<String>>,
    /// Requests that were no part of the conversation, and what was not understood.
    pub strange: Mutex<Vec<String>>,
    /// The tools that the client offered.
    pub offered: Mutex<Vec<String>>,
}

impl Model {
    /// A script with what happens outside between its turns.
    pub fn new(turns: Vec<Turn>, between: impl Fn(usize, &Results) + Send + Sync + 'static) -> Arc<Model> {
        Arc::new(Model {
            turns,
            between: Box::new(between),
            results: Mutex::default(),
            strange: Mutex::default(),
            offered: Mutex::default(),
        })
    }

    /// What the calls gave so far.
    pub fn results(&self) -> Vec<String> {
        self.results.lock().unwrap().clone()
    }

    /// Whether the script was followed to its end.
    pub fn is_over(&self) -> bool {
        let calls = self.turns.iter().filter(|turn| matches!(turn, Turn::Call(..))).count();
        self.results().len() >= calls
    }

    /// Serves the script until the runtime ends; gives the address.
    pub async fn serve(self: &Arc<Model>) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let routes = Router::new()
            .route("/v1/messages", post(messages))
            .route("/v1/messages/count_tokens", post(|| async { Json(json!({ "input_tokens": 100 })) }))
            .route("/v1/responses", post(responses))
            .route("/v1/models", any(models))
            .fallback(any(elsewhere))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }

    /// The turn after so many results. What happens outside happens first.
    fn turn(&self, results: Vec<String>) -> &Turn {
        let index = results.len().min(self.turns.len() - 1);
        (self.between)(index, &results);
        *self.results.lock().unwrap() = results;
        &self.turns[index]
    }

    fn notice(&self, what: String) {
        self.strange.lock().unwrap().push(what);
    }

    fn offer(&self, names: impl Iterator<Item = String>) {
        *self.offered.lock().unwrap() = names.collect();
    }
}

async fn elsewhere(State(model): State<Arc<Model>>, request: axum::extract::Request) -> Response {
    model.notice(format!("{} {}", request.method(), request.uri()));
    axum::http::StatusCode::NOT_FOUND.into_response()
}

async fn models() -> Json<Value> {
    Json(json!({ "object": "list", "data": [{ "id": "scripted", "object": "model" }], "models": [] }))
}

/// The text in a content that is a string, or a list of parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| part["text"].as_str().unwrap_or_default()).collect(),
        other => other.to_string(),
    }
}

fn events(events: &[(&str, Value)]) -> Response {
    let body: String = events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect();
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// Anthropic's Messages.
async fn messages(State(model): State<Arc<Model>>, Json(request): Json<Value>) -> Response {
    let tools = request["tools"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect();
    if !names.iter().any(|name| name.starts_with("mcp__planc__")) {
        model.notice("a request without the tools of planc".to_owned());
        return message(&request, &Turn::Say("Fine."), &[]);
    }
    model.offer(names.into_iter());
    let parts = request["messages"].as_array().into_iter().flatten();
    let parts = parts.flat_map(|message| message["content"].as_array().cloned().unwrap_or_default());
    let results: Vec<String> =
        parts.filter(|part| part["type"] == "tool_result").map(|part| text_of(&part["content"])).collect();
    let turn = tokio::task::block_in_place(|| model.turn(results.clone()));
    message(&request, turn, &results)
}

fn message(request: &Value, turn: &Turn, results: &Results) -> Response {
    let (block, delta, stop) = match turn {
        Turn::Say(text) => {
            (json!({ "type": "text", "text": "" }), json!({ "type": "text_delta", "text": text }), "end_turn")
        }
        Turn::Call(tool, args) => (
            json!({ "type": "tool_use", "id": format!("toolu_{}", results.len()), "name": format!("mcp__planc__{tool}"), "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": args(results).to_string() }),
            "tool_use",
        ),
    };
    let usage = json!({ "input_tokens": 10, "output_tokens": 10 });
    let mut whole = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage,
    });
    if request["stream"] != true {
        let mut block = block;
        match turn {
            Turn::Say(text) => block["text"] = json!(text),
            Turn::Call(_, args) => block["input"] = args(results),
        }
        whole["content"] = json!([block]);
        whole["stop_reason"] = json!(stop);
        return Json(whole).into_response();
    }
    events(&[
        ("message_start", json!({ "type": "message_start", "message": whole })),
        ("content_block_start", json!({ "type": "content_block_start", "index": 0, "content_block": block })),
        ("content_block_delta", json!({ "type": "content_block_delta", "index": 0, "delta": delta })),
        ("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })),
        (
            "message_delta",
            json!({ "type": "message_delta", "delta": { "stop_reason": stop, "stop_sequence": null }, "usage": { "output_tokens": 10 } }),
        ),
        ("message_stop", json!({ "type": "message_stop" })),
    ])
}

/// OpenAI's Responses.
async fn responses(State(model): State<Arc<Model>>, Json(request): Json<Value>) -> Response {
    let tools = request["tools"].as_array().cloned().unwrap_or_default();
    let offered = tools.iter().flat_map(|tool| match tool["tools"].as_array() {
        // A namespace of tools.
        Some(inner) => inner
            .iter()
            .map(|one| {
                format!("{}{}", tool["name"].as_str().unwrap_or_default(), one["name"].as_str().unwrap_or_default())
            })
            .collect::<Vec<_>>(),
        None => tool["name"].as_str().map(str::to_owned).into_iter().collect(),
    });
    model.offer(offered.collect::<Vec<_>>().into_iter());
    let items = request["input"].as_array().cloned().unwrap_or_default();
    let results: Vec<String> = items
        .iter()
        .filter(|item| item["type"] == "function_call_output")
        .map(|item| text_of(&item["output"]))
        .collect();
    let namespace = tools.iter().find(|tool| tool["name"].as_str().is_some_and(|name| name.starts_with("mcp__planc")));
    let turn = tokio::task::block_in_place(|| model.turn(results.clone()));
    let item = match turn {
        Turn::Say(text) => json!({
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{ "type": "output_text", "text": text, "annotations": [] }],
        }),
        Turn::Call(tool, args) => {
            let mut call = json!({
                "type": "function_call", "id": format!("fc_{}", results.len()), "call_id": format!("call_{}", results.len()),
                "name": format!("mcp__planc__{tool}"), "arguments": args(&results).to_string(), "status": "completed",
            });
            if let Some(namespace) = namespace.filter(|tool| tool["tools"].is_array()) {
                call["namespace"] = namespace["name"].clone();
                call["name"] = json!(tool);
            }
            call
        }
    };
    let id = format!("resp_{}", results.len());
    let usage = json!({
        "input_tokens": 10, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 10, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 20,
    });
    events(&[
        ("response.created", json!({ "type": "response.created", "response": { "id": id, "status": "in_progress" } })),
        (
            "response.output_item.added",
            json!({ "type": "response.output_item.added", "output_index": 0, "item": item }),
        ),
        ("response.output_item.done", json!({ "type": "response.output_item.done", "output_index": 0, "item": item })),
        (
            "response.completed",
            json!({ "type": "response.completed", "response": { "id": id, "status": "completed", "output": [item], "usage": usage } }),
        ),
    ])
}
