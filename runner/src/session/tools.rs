//! The one table of the tools that planc itself gives an agent, and the names that the tools of catalogues have on the wire.

use super::World;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest name that the protocol allows.
const MAX_NAME: usize = 128;

/// Names that are longer are cut off by some clients, which put their own words before them.
pub const LONG_NAME: usize = 64;

/// A tool of planc itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// Begins to plan.
    Enter,
    /// Writes the plan.
    Write,
    /// Checks a plan.
    Check,
    /// Tells where everything stands.
    Status,
    /// Asks a person.
    Exit,
    /// Carries out what was approved.
    Run,
    /// Withdraws.
    Abort,
    /// Writes the to-dos.
    Todo,
}

/// A tool of planc itself as the wire shows it.
#[derive(Clone, Copy, Debug)]
pub struct OwnTool {
    /// Which.
    pub own: Own,
    /// Its name.
    pub name: &'static str,
    /// What it does, for models.
    pub doc: &'static str,
    /// Whether it changes nothing at all.
    pub read_only: bool,
    /// Whether doing it again is the same as doing it once.
    pub idempotent: bool,
    /// Its arguments as JSON Schema.
    pub schema: fn() -> Value,
}

/// All of them.
pub const OWN: [OwnTool; 8] = [
    OwnTool {
        own: Own::Enter,
        name: "plan_enter",
        doc: "Begin to plan a task. Gives the id of a session: pass it as `session` to the other plan tools, or leave it out \
              to mean the newest. What was read and refused before it is kept with the plan. Until a plan is approved, tools that only read work and every other call is refused \
              and kept as a proposed step. A subagent enters with the id of its parent's session as `parent` and inherits \
              every limit of it.",
        read_only: false,
        idempotent: false,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "goal": { "type": "string", "description": "What the plan is for, in a sentence." },
                    "parent": { "type": "string", "description": "The session that this one inherits its limits from." },
                    "tools": {
                        "type": "array", "items": { "type": "string" },
                        "description": "Globs over the names of tools, such as `fs.*`: nothing else may be used in this session."
                    },
                },
                "additionalProperties": false,
            })
        },
    },
    OwnTool {
        own: Own::Write,
        name: "plan_write",
        doc: "Write the plan: the whole text, as a new revision. Answers with every mistake in it and, where there is one \
              sensible repair, an edit; when there are none, with what a dry run says the plan would do. Writes nothing but \
              the plan.",
        read_only: false,
        idempotent: false,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "text": { "type": "string", "description": "The whole plan, in the plan language." },
                    "inputs": { "type": "object", "description": "Values of the plan's inputs, for the dry run." },
                    "session": SESSION(),
                },
                "required": ["text"],
                "additionalProperties": false,
            })
        },
    },
    OwnTool {
        own: Own::Check,
        name: "plan_check",
        doc: "Check a text, or the newest revision, as plan_write does, and keep nothing.",
        read_only: true,
        idempotent: true,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "text": { "type": "string", "description": "A plan; left out, the newest revision." },
                    "inputs": { "type": "object", "description": "Values of the plan's inputs, for the dry run." },
                    "session": SESSION(),
                },
                "additionalProperties": false,
            })
        },
    },
    OwnTool {
        own: Own::Status,
        name: "plan_status",
        doc: "Where the plan stands: its text, calls that were refused as proposed steps, whether a person has decided, what \
              runs, the to-dos.",
        read_only: true,
        idempotent: true,
        schema: || json!({ "type": "object", "properties": { "session": SESSION() }, "additionalProperties": false }),
    },
    OwnTool {
        own: Own::Exit,
        name: "plan_exit",
        doc: "Hand the newest revision in for approval by a person. Gives its `plan_id`. The answer may be that it waits: then \
              end the turn or go on reading; plan_status tells whether it was decided.",
        read_only: false,
        idempotent: true,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "inputs": { "type": "object", "description": "Values of the plan's inputs." },
                    "session": SESSION(),
                },
                "additionalProperties": false,
            })
        },
    },
    OwnTool {
        own: Own::Run,
        name: "plan_run",
        doc: "Carry out an approved plan, exactly as it was approved. Gives the report. Goes on with a run that was interrupted.",
        read_only: false,
        idempotent: false,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "plan_id": { "type": "string", "description": "What plan_exit gave." },
                    "session": SESSION(),
                },
                "required": ["plan_id"],
                "additionalProperties": false,
            })
        },
    },
    OwnTool {
        own: Own::Abort,
        name: "plan_abort",
        doc: "Withdraw a plan that has not begun, or stop one that runs: nothing further of it is started.",
        read_only: false,
        idempotent: true,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "plan_id": { "type": "string", "description": "What plan_exit gave; left out, the newest." },
                    "session": SESSION(),
                },
                "additionalProperties": false,
            })
        },
    },
    OwnTool {
        own: Own::Todo,
        name: "todo_write",
        doc: "Replace the whole list of to-dos. While any is open, exactly one is `in_progress`.",
        read_only: false,
        idempotent: true,
        schema: || {
            json!({
                "type": "object",
                "properties": {
                    "todos": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "text": { "type": "string" },
                                "status": { "type": "string", "enum": ["pending", "in_progress", "completed"] },
                            },
                            "required": ["text", "status"],
                            "additionalProperties": false,
                        },
                    },
                    "session": SESSION(),
                },
                "required": ["todos"],
                "additionalProperties": false,
            })
        },
    },
];

/// The argument that names a session.
const SESSION: fn() -> Value =
    || json!({ "type": "string", "description": "What plan_enter gave; left out, the newest session." });

/// A tool that an agent can call.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One of planc itself.
    Own(Own),
    /// One of a catalogue.
    Catalogue(Arc<Tool>),
}

/// The tool that has this name on the wire.
pub(super) fn find(world: &World, name: &str) -> Option<Kind> {
    if let Some(own) = OWN.iter().find(|own| own.name == name) {
        return Some(Kind::Own(own.own));
    }
    let named = names(world).into_iter().find(|named| named.wire == name)?;
    Some(Kind::Catalogue(named.tool.clone()))
}

/// What names of planc's tools begin with: no server's tool is known to agents by such a name, lest it be taken for one.
const RESERVED: [&str; 3] = ["plan_", "plan-", "todo_"];

/// A tool of a catalogue with its name on the wire.
#[derive(Clone, Debug)]
pub struct Named<'w> {
    /// Its name on the wire.
    pub wire: String,
    /// The tool.
    pub tool: &'w Arc<Tool>,
    /// Why it has its prefix, where its server's tools have none.
    pub kept: Option<&'static str>,
}

/// The names on the wire of all tools of catalogues. Those of a server with `prefix = false` have the names that the server
/// gave, where nothing else could be meant by these: the same for everybody, whatever is called in which order.
pub fn names<'w>(world: &'w World) -> Vec<Named<'w>> {
    let has_prefix = |tool: &Tool| world.desk.config.servers.get(tool.catalogue()).is_none_or(|server| server.prefix);
    let mut given: BTreeMap<String, usize> = BTreeMap::new();
    for tool in world.catalogue.tools().filter(|tool| !has_prefix(tool)) {
        *given.entry(tool.wire_name().to_ascii_lowercase()).or_default() += 1;
    }
    let named = |tool: &'w Arc<Tool>| {
        let prefixed = wire_name(&tool.name);
        if has_prefix(tool) {
            return Named { wire: prefixed, tool, kept: None };
        }
        let name = tool.wire_name();
        let folded = name.to_ascii_lowercase();
        let kept = match given.get(&folded) {
            _ if OWN.iter().any(|own| own.name == folded) => Some("it is the name of a tool of planc"),
            _ if RESERVED.iter().any(|start| folded.starts_with(start)) => Some("it begins like a tool of planc"),
            // So that it can never be the name of another server's tool with its prefix.
            _ if name.contains("__") => Some("it has `__` in it, as names with a prefix do"),
            _ if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) => Some("it is no name"),
            Some(2..) => Some("another tool has it, too"),
            Some(_) | None => None,
        };
        Named { wire: if kept.is_some() { prefixed } else { name.to_owned() }, tool, kept }
    };
    world.catalogue.tools().map(named).collect()
}

/// What a name may have in it without a prefix.
fn fits(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The name that a tool of a catalogue has on the wire: `server__tool`. It follows from the full name alone, so that it is
/// stable; where two full names could give one name, or the name would not be one, the beginning of its digest tells them
/// apart. It always has `__` in it, as no tool of planc itself has.
pub fn wire_name(full: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let plain: String = full.replace('.', "__").chars().map(|c| if fits(c) { c } else { '_' }).collect();
    let ambiguous = full.contains("__")
        || full.starts_with('_')
        || full.ends_with('_')
        || full.contains("_.")
        || full.contains("._")
        || full.matches('.').count() != 1
        || !full.chars().all(|c| fits(c) || c == '.');
    match ambiguous || plain.len() > MAX_NAME {
        false => plain,
        true => {
            let digest = &Digest::of(full.as_bytes()).hex()[..8];
            let cut: String = plain.chars().take(MAX_NAME - 10).collect();
            format!("{cut}__{digest}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_stable_valid_and_never_those_of_planc() {
        assert_eq!(wire_name("fs.read"), "fs__read");
        assert_eq!(wire_name("plan.exit"), "plan__exit");
        assert_ne!(wire_name("a__b.c"), wire_name("a.b__c"));
        assert_ne!(wire_name("a_.b"), wire_name("a._b"));
        assert_ne!(wire_name("a.b_c"), wire_name("a.b\u{e9}c"));
        let long = format!("server.{}", "x".repeat(300));
        for name in ["plan_exit", "a.b.c", "x.\u{202e}y", "x.y z", long.as_str()] {
            let wire = wire_name(name);
            assert!(wire.len() <= MAX_NAME && wire.contains("__"), "{wire}");
            assert!(wire.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')), "{wire}");
            assert!(OWN.iter().all(|own| own.name != wire), "{wire}");
        }
    }
}
