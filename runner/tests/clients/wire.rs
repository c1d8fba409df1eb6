//! The three wire forms in which clients talk to models: Anthropic's Messages, OpenAI's Responses, and Google's
//! `generateContent`. A request ⟶ the tools it offers and what calls gave; what a model says ⟶ the answer.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What stands before the names of planc's tools, as each client writes it.
const OF_PLANC: [&str; 4] = ["mcp__planc__", "mcp__plugin_planc_planc__", "mcp_planc_", "mcp_planc__"];

/// A wire form.
#[derive(Clone, Copy)]
pub enum Form {
    Messages,
    Responses,
    Contents,
}

/// A tool as a client offers it.
#[derive(Clone, Debug)]
pub struct Tool {
    name: String,
    /// What tools of a server stand under, where they do.
    namespace: Option<String>,
    /// Takes a text, and no arguments.
    takes_text: bool,
}

/// What a request asks.
pub struct Asked {
    /// The tools that may be called.
    pub offered: Vec<Tool>,
    /// What the calls of earlier turns gave, in order, as texts.
    pub results: Vec<String>,
    /// How often the model said something before, where that did not end the conversation.
    pub told: usize,
    /// All of it.
    pub whole: String,
}

/// What the model says.
pub enum Said {
    Text(String),
    Call { tool: Tool, arguments: Value, id: usize },
}

impl Asked {
    /// A tool of planc's server, under whatever name.
    pub fn of_planc(&self, tool: &str) -> Option<Tool> {
        let is = |offered: &&Tool| {
            let namespace = offered.namespace.as_ref().map(|space| format!("{space}__")).unwrap_or_default();
            let whole = format!("{namespace}{}", offered.name);
            OF_PLANC.iter().any(|prefix| whole.strip_prefix(prefix) == Some(tool))
        };
        self.offered.iter().find(is).cloned()
    }

    /// A tool of the client itself.
    pub fn own(&self, tool: &str) -> Option<Tool> {
        self.offered.iter().find(|offered| offered.namespace.is_none() && offered.name == tool).cloned()
    }
}

impl Form {
    /// The form that is spoken at a path.
    pub fn of(path: &str) -> Option<Form> {
        match path {
            "/v1/messages" => Some(Form::Messages),
            "/v1/responses" => Some(Form::Responses),
            _ if path.ends_with("enerateContent") => Some(Form::Contents),
            _ => None,
        }
    }

    pub fn read(self, request: &Value) -> Asked {
        let whole = request.to_string();
        match self {
            Form::Messages => {
                let parts = list(&request["messages"]).iter().flat_map(|message| list(&message["content"]));
                let results = parts.filter(|part| part["type"] == "tool_result").map(|part| text(&part["content"]));
                Asked { offered: tools(&request["tools"], None), results: results.collect(), told: 0, whole }
            }
            Form::Responses => {
                let is_result = |item: &&Value| {
                    ["function_call_output", "custom_tool_call_output"].iter().any(|kind| item["type"] == *kind)
                };
                let results = list(&request["input"]).iter().filter(is_result).map(|item| text(&item["output"]));
                let is_told = |item: &&Value| item["type"] == "message" && item["role"] == "assistant";
                let told = list(&request["input"]).iter().filter(is_told).count();
                Asked { offered: tools(&request["tools"], None), results: results.collect(), told, whole }
            }
            Form::Contents => {
                let parts = list(&request["contents"]).iter().flat_map(|content| list(&content["parts"]));
                let results = parts.filter_map(|part| part["functionResponse"].get("response"));
                let groups = list(&request["tools"]).iter();
                let offered = groups.flat_map(|group| tools(&group["functionDeclarations"], None)).collect();
                Asked { offered, results: results.map(text).collect(), told: 0, whole }
            }
        }
    }

    pub fn answer(self, path: &str, request: &Value, said: &Said) -> Response {
        match self {
            Form::Messages => messages(request, said),
            Form::Responses => responses(said),
            Form::Contents => contents(path, said),
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn tools(tools: &Value, namespace: Option<&str>) -> Vec<Tool> {
    let each = |tool: &Value| match (tool["type"] == "namespace", tool["name"].as_str()) {
        (true, name) => self::tools(&tool["tools"], name),
        (false, Some(name)) => vec![Tool {
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            takes_text: tool["type"] == "custom",
        }],
        (false, None) => Vec::new(),
    };
    list(tools).iter().flat_map(each).collect()
}

/// The text in a content: a string, parts with texts, or data.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| part["text"].as_str().unwrap_or_default()).collect(),
        Value::Object(data) => match (data.len(), data.values().next()) {
            (1, Some(Value::String(text))) => text.clone(),
            _ => content.to_string(),
        },
        other => other.to_string(),
    }
}

fn events(events: &[(&str, Value)]) -> Response {
    let body: String = events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect();
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// <https://docs.anthropic.com/en/api/messages-streaming>
fn messages(request: &Value, said: &Said) -> Response {
    let (mut block, delta, whole, stop) = match said {
        Said::Text(text) => {
            let delta = json!({ "type": "text_delta", "text": text });
            (json!({ "type": "text", "text": "" }), delta, ("text", json!(text)), "end_turn")
        }
        Said::Call { tool, arguments, id } => {
            let block = json!({ "type": "tool_use", "id": format!("toolu_{id}"), "name": tool.name, "input": {} });
            let delta = json!({ "type": "input_json_delta", "partial_json": arguments.to_string() });
            (block, delta, ("input", arguments.clone()), "tool_use")
        }
    };
    let mut message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": request["model"], "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 10, "output_tokens": 10 },
    });
    if request["stream"] != true {
        block[whole.0] = whole.1;
        message["content"] = json!([block]);
        message["stop_reason"] = json!(stop);
        return Json(message).into_response();
    }
    let ends = json!({ "stop_reason": stop, "stop_sequence": null });
    events(&[
        ("message_start", json!({ "type": "message_start", "message": message })),
        ("content_block_start", json!({ "type": "content_block_start", "index": 0, "content_block": block })),
        ("content_block_delta", json!({ "type": "content_block_delta", "index": 0, "delta": delta })),
        ("content_block_stop", json!({ "type": "content_block_stop", "index": 0 })),
        ("message_delta", json!({ "type": "message_delta", "delta": ends, "usage": { "output_tokens": 10 } })),
        ("message_stop", json!({ "type": "message_stop" })),
    ])
}

/// <https://platform.openai.com/docs/api-reference/responses-streaming>
fn responses(said: &Said) -> Response {
    let item = match said {
        Said::Text(text) => json!({
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{ "type": "output_text", "text": text, "annotations": [] }],
        }),
        Said::Call { tool, arguments, id } if tool.takes_text => json!({
            "type": "custom_tool_call", "id": format!("ctc_{id}"), "call_id": format!("call_{id}"), "name": tool.name,
            "input": arguments["input"], "status": "completed",
        }),
        Said::Call { tool, arguments, id } => json!({
            "type": "function_call", "id": format!("fc_{id}"), "call_id": format!("call_{id}"), "name": tool.name,
            "namespace": tool.namespace, "arguments": arguments.to_string(), "status": "completed",
        }),
    };
    let usage = json!({
        "input_tokens": 10, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 10, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 20,
    });
    let begun = json!({ "id": "resp_1", "status": "in_progress" });
    let ended = json!({ "id": "resp_1", "status": "completed", "output": [item], "usage": usage });
    let added = json!({ "type": "response.output_item.added", "output_index": 0, "item": item });
    let delta = json!({
        "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0,
        "delta": item["content"][0]["text"],
    });
    let done = json!({ "type": "response.output_item.done", "output_index": 0, "item": item });
    let mut told = vec![
        ("response.created", json!({ "type": "response.created", "response": begun })),
        ("response.output_item.added", added),
        ("response.output_item.done", done),
        ("response.completed", json!({ "type": "response.completed", "response": ended })),
    ];
    if delta["delta"].is_string() {
        told.insert(2, ("response.output_text.delta", delta));
    }
    events(&told)
}

/// <https://ai.google.dev/api/generate-content>
fn contents(path: &str, said: &Said) -> Response {
    let part = match said {
        Said::Text(text) => json!({ "text": text }),
        Said::Call { tool, arguments, .. } => json!({ "functionCall": { "name": tool.name, "args": arguments } }),
    };
    let answer = json!({
        "candidates": [{ "content": { "role": "model", "parts": [part] }, "finishReason": "STOP", "index": 0 }],
        "usageMetadata": { "promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20 },
        "modelVersion": "scripted",
    });
    match path.ends_with(":streamGenerateContent") {
        true => ([(CONTENT_TYPE, "text/event-stream")], format!("data: {answer}\n\n")).into_response(),
        false => Json(answer).into_response(),
    }
}
