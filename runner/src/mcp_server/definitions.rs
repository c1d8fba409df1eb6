//! The tools of planc and of the catalogues ⟶ what `tools/list` says. The same for everybody, at any time.
//!
//! Annotations follow from the reviewed catalogue, never from what a server says of itself.

use super::schema;
use crate::session::{OWN, OwnTool, World, wire_name};
use planc_lang::catalogue::Tool as Definition;
use planc_lang::effects::Effects;
use planc_lang::syntax::EffectVerb;
use rmcp::model::{Tool, ToolAnnotations};
use std::sync::Arc;

/// Every tool, those of planc first.
pub fn tools(world: &World) -> Vec<Tool> {
    let own = OWN.iter().map(own);
    own.chain(world.catalogue.tools().map(|tool| of_catalogue(tool))).collect()
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

fn of_catalogue(tool: &Definition) -> Tool {
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
    let defined = Tool::new(wire_name(&tool.name), doc, Arc::new(schema::input(tool))).with_annotations(annotations);
    match schema::output(tool) {
        Some(output) => defined.with_raw_output_schema(Arc::new(output)),
        None => defined,
    }
}
