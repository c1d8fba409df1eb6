//! A judgement ⟶ the answer that each client understands.

use super::client::Client;
use super::judgement::Judgement;
use super::payload::{Event, Payload};
use serde_json::{Value, json};

impl Judgement {
    /// The answer that a client understands; none: silence, which lets it go on as if there were no hook.
    pub fn answer(&self, client: Client, payload: &Payload) -> Option<Value> {
        match (self, client, payload.event) {
            (Judgement::Pass { note: Some(note), .. }, Client::Claude | Client::Gemini, _) => {
                Some(json!({ "systemMessage": note }))
            }
            // Codex takes a field that it does not know for a hook that failed.
            (Judgement::Pass { .. }, _, _) => None,
            (Judgement::Deny { text, .. }, Client::Claude | Client::Codex, Event::Before) => Some(json!({
                "hookSpecificOutput": {
                    "hookEventName": payload.event_name,
                    "permissionDecision": "deny",
                    "permissionDecisionReason": text,
                },
            })),
            (Judgement::Deny { text, .. }, Client::Gemini, _) => Some(json!({ "decision": "deny", "reason": text })),
            (Judgement::Deny { text, .. }, Client::Claude | Client::Codex, _) => {
                Some(json!({ "decision": "block", "reason": text }))
            }
            (Judgement::Tell { text, .. }, _, _) => Some(json!({
                "hookSpecificOutput": { "hookEventName": payload.event_name, "additionalContext": text },
            })),
        }
    }
}
