//! The tools of planc and of the catalogues ⟶ what `tools/list` says. The same for everybody, at any time; a tool that is not what
//! was reviewed any more is still there, with a word that says so.
//!
//! Annotations follow from the reviewed catalogue, never from what a server says of itself. Schemas are those of the server,
//! word for word, where the catalogue pins them; what the types of the catalogue say more is held against each call.

use super::schema;
use crate::session::{Named, OWN, OwnTool, World, gives_content, names};
use crate::tool::mcp::{Lock, unlike};
use planc_lang::catalogue::Tool as Definition;
use planc_lang::digest::Digest;
use planc_lang::effects::Effects;
use planc_lang::import::pin;
use planc_lang::syntax::EffectVerb;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every tool, those of planc first.
pub fn tools(world: &World) -> Vec<Tool> {
    let pinned = pinned(world);
    let of_catalogue = names(world).into_iter().map(|named| reviewed(world, &named, &pinned));
    OWN.iter().map(own).chain(of_catalogue).collect()
}

/// What servers said of their tools when these were reviewed, by the digests that catalogues pin. A lock that cannot be read
/// takes nothing away: the types of the catalogue say what a tool takes.
fn pinned(world: &World) -> BTreeMap<Digest, Value> {
    let locks = world.desk.config.catalogues.iter().map(|path| Lock::read(&Lock::path_of(path)));
    let definitions = locks.filter_map(|lock| lock.ok().flatten()).flat_map(|lock| lock.definitions());
    definitions.map(|definition| (pin(&definition), definition)).collect()
}

fn reviewed(world: &World, named: &Named<'_>, pinned: &BTreeMap<Digest, Value>) -> Tool {
    let reviewed = named.tool.pinned.and_then(|digest| pinned.get(&digest));
    let server = world.desk.config.servers.get(named.tool.catalogue());
    let mut tool = of_catalogue(named, reviewed, server.is_some_and(|server| server.transparent));
    if is_refused(world, named.tool) {
        let doc = tool.description.take().filter(|doc| !doc.is_empty());
        tool.description = Some(doc.map_or(REFUSED.into(), |doc| format!("{doc}\n\n{REFUSED}").into()));
    }
    tool
}

/// What stands with a tool that its server has changed since it was reviewed.
const REFUSED: &str = "Refused: its server does not have it any more as it was reviewed.";

/// Whether a call of a tool is refused for what its server said of it last.
fn is_refused(world: &World, tool: &Definition) -> bool {
    let listed = world.desk.registry.server(tool.catalogue()).and_then(|server| server.heard().listed());
    listed.is_some_and(|listed| unlike(tool, listed.get(tool.wire_name())).is_some())
}

fn own(tool: &OwnTool) -> Tool {
    let schema = (tool.schema)().as_object().cloned().unwrap_or_default();
    let annotations = ToolAnnotations::new()
        .read_only(tool.read_only)
        .destructive(false)
        .idempotent(tool.idempotent)
        // A run may do whatever a person approved; all the others stay here.
        .open_world(tool.name == "plan_run");
    Tool::new(tool.name, tool.doc, Arc::new(schema)).with_annotations(annotations)
}

fn of_catalogue(named: &Named<'_>, reviewed: Option<&Value>, is_transparent: bool) -> Tool {
    let tool: &Definition = named.tool;
    let has = |verbs: &[EffectVerb]| match &tool.effects {
        Effects::Declared(effects) => effects.iter().any(|effect| verbs.contains(&effect.verb)),
        Effects::Undeclared => true,
    };
    let is_called = tool.is_read_only() && !tool.extracts();
    let annotations = ToolAnnotations::new()
        .read_only(is_called)
        .destructive(has(&[EffectVerb::Writes, EffectVerb::Deletes, EffectVerb::Runs]))
        .idempotent(tool.idempotent)
        .open_world(has(&[EffectVerb::Contacts, EffectVerb::Runs]));
    let mut doc = tool.doc.clone();
    if !is_called {
        let more = match tool.extracts() {
            true => "In a plan only: a direct call is refused.",
            false => "In a plan only: a direct call is refused and kept as a proposed step.",
        };
        doc = if doc.is_empty() { more.to_owned() } else { format!("{doc}\n\n{more}") };
    }
    let word_for_word = |name: &str| reviewed.and_then(|said| said.get(name)?.as_object().cloned());
    let input = word_for_word("inputSchema").unwrap_or_else(|| schema::input(tool));
    let defined = Tool::new(named.wire.clone(), doc, Arc::new(input)).with_annotations(annotations);
    let output = match (schema::output(tool), gives_content(tool)) {
        // Its answers are passed on as they are.
        _ if is_transparent => word_for_word("outputSchema"),
        (None, _) | (_, true) => None,
        (Some(output), false) => Some(word_for_word("outputSchema").unwrap_or(output)),
    };
    match output {
        Some(output) => defined.with_raw_output_schema(Arc::new(output)),
        None => defined,
    }
}
