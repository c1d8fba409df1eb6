//! What Codex keeps of a turn in the record of its session ⟶ whether the turn plans, and the plans that were proposed in it.
//!
//! In its plan mode Codex tells a hook neither: the mode that it names is about questions, and the message is without the
//! plan. The record has both, a line of JSON for each thing that happened. It is the client's file, as the payload is the
//! client's word; that it cannot be read takes nothing away from what the payload says.

use super::payload::Payload;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of a record is read: its end.
pub const MAX_RECORD_BYTES: u64 = 64 * 1024 * 1024;

/// What a record says of a turn.
#[derive(Debug, Default, PartialEq, Eq)]
struct Turn {
    is_planning: bool,
    /// The plan that was proposed last.
    plan: Option<String>,
    /// How many were.
    plans: usize,
}

/// The payload with what the record of its session says of its turn.
pub fn completed(payload: &Payload) -> Payload {
    let turn = payload.record.as_deref().and_then(|record| turn(record, &payload.turn)).unwrap_or_default();
    let mut payload = payload.clone();
    payload.is_planning |= turn.is_planning;
    if turn.is_planning && turn.plan.is_some() {
        (payload.said, payload.plans) = (turn.plan, turn.plans);
    }
    payload
}

fn turn(record: &str, id: &str) -> Option<Turn> {
    if id.is_empty() || Path::new(record).extension().is_none_or(|extension| extension != "jsonl") {
        return None;
    }
    let mut file = std::fs::File::open(record).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() {
        return None;
    }
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(MAX_RECORD_BYTES))).ok()?;
    let mut turn = Turn::default();
    // What is cut off at the beginning, and a line that is being written, are no JSON.
    for line in BufReader::new(file.take(MAX_RECORD_BYTES)).split(b'\n').map_while(Result::ok) {
        let is_near = |word: &str| line.windows(word.len()).any(|part| part == word.as_bytes());
        if is_near(id)
            && (is_near("turn_context") || is_near("item_completed"))
            && let Ok(event) = serde_json::from_slice::<Value>(&line)
            && event["payload"]["turn_id"] == id
        {
            turn.take(&event);
        }
    }
    Some(turn)
}

impl Turn {
    fn take(&mut self, event: &Value) {
        let payload = &event["payload"];
        match (event["type"].as_str(), payload["type"].as_str()) {
            (Some("turn_context"), _) => self.is_planning = payload["collaboration_mode"]["mode"] == "plan",
            (Some("event_msg"), Some("item_completed")) if payload["item"]["type"] == "Plan" => {
                self.plan = payload["item"]["text"].as_str().map(str::to_owned);
                self.plans += 1;
            }
            _ => {}
        }
    }
}
