//! Tools ⟶ what a person or an agent must know to call them.

use super::text::{Look, Tone, hang, inline};
use planc_lang::catalogue::Tool;
use planc_lang::syntax::Approval;
use serde_json::json;

/// A tool as one line: its signature.
pub fn line(tool: &Tool, look: Look) -> String {
    let first = tool.doc.split(". ").next().unwrap_or_default().trim_end_matches('.').replace('\n', " ");
    format!("{}  {}\n", look.paint.tone(Tone::Name, inline(&tool.name)), look.paint.tone(Tone::Dim, inline(&first)))
}

/// A tool with everything.
pub fn page(tool: &Tool, decision: Approval, look: Look) -> String {
    let mut out = String::new();
    hang(&mut out, look, "", 0, &inline(&tool.signature()), Some(Tone::Name));
    for paragraph in tool.doc.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        hang(&mut out, look, "  ", 2, &inline(&paragraph.trim().replace('\n', " ")), None);
    }
    for param in tool.params.iter().filter(|param| !param.doc.is_empty()) {
        let text = format!("{}: {}", inline(&param.name), inline(&param.doc.replace('\n', " ")));
        hang(&mut out, look, "  ", 2, &text, None);
    }
    for (name, value) in facts(tool, decision) {
        hang(&mut out, look, "  ", 2, &format!("{name}: {value}"), Some(Tone::Dim));
    }
    out
}

/// A tool for programs: the definition, with signature, effects and the operator's decision as text.
pub fn data(tool: &Tool, decision: Approval) -> serde_json::Value {
    json!({
        "name": tool.name,
        "signature": tool.signature(),
        "effects": effects(tool),
        "read_only": tool.is_read_only(),
        "approval": decision,
        "definition": tool,
    })
}

fn facts(tool: &Tool, decision: Approval) -> Vec<(&'static str, String)> {
    let effects = effects(tool);
    let mut facts = vec![("effects", if effects.is_empty() { "none".to_owned() } else { effects.join(", ") })];
    match decision {
        Approval::Auto => {}
        Approval::Ask => facts.push(("approval", "asks for a yes of its own".to_owned())),
        Approval::Deny => facts.push(("approval", "refused by policy".to_owned())),
    }
    if tool.independent {
        facts.push(("order", "only what its effects tell; otherwise free of its neighbours".to_owned()));
    }
    if tool.idempotent {
        facts.push(("repeating", "is the same as calling it once".to_owned()));
    }
    if let Some(probe) = &tool.probe {
        facts.push(("in doubt", format!("{} tells what became of a call", inline(&probe.name))));
    }
    if let Some(timeout) = tool.timeout_ms {
        facts.push(("timeout", format!("{} s", timeout as f64 / 1000.0)));
    }
    if let Some(limit) = tool.limit {
        facts.push(("limit", format!("{}; further calls wait", limit.words())));
    }
    if let Some(paged) = &tool.paged {
        facts.push(("pages", format!("all of them, at most {}", paged.at_most)));
    }
    if let Some(simulation) = &tool.simulate {
        facts.push(("before approval", format!("{} tells what it would give", inline(&simulation.tool))));
    }
    facts
}

fn effects(tool: &Tool) -> Vec<String> {
    tool.effect_words().iter().map(|words| inline(words)).collect()
}
