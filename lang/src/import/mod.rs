//! What a server says of its tools ⟶ a catalogue file, for people to review and complete.
//!
//! [`schema`] turns JSON Schemas into types, [`tool`] a definition into a declaration, [`types`] finds names for types,
//! [`merge`] brings a new definition together with what people have written, [`pin`] is the digest that a declaration
//! keeps of its definition. No claim of a server becomes a clause.

mod merge;
mod names;
mod parts;
mod pin;
mod schema;
mod tool;
mod types;

pub use merge::{Merged, Standing, merge};
pub use pin::pin;
pub use schema::{MAX_ALTERNATIVES, MAX_SCHEMA_DEPTH, MAX_SCHEMAS};
pub use tool::MAX_PARAMETERS;

use crate::diagnostic::{Diagnostics, Severity};
use crate::format::format;
use crate::parser::parse;
use crate::resolve;
use crate::source::Sources;
use serde_json::Value;
use tool::{Detail, draw};
use types::{Names, named};

/// The most tools of one server.
pub const MAX_TOOLS: usize = 2000;

/// A catalogue file as text, in its canonical form, of one catalogue with these tools. Definitions without a name are left
/// out, and so are those past [`MAX_TOOLS`] and those whose name an earlier one has.
pub fn catalogue(name: &str, server: &str, definitions: &[Value]) -> String {
    let (tools, types) = declarations(name, definitions, Names::new());
    let mut text = format!(
        "/// The tools of {}, as it describes them itself.\ncatalogue {name} {{\n",
        names::visible(if server.is_empty() { "the server" } else { server })
    );
    types.iter().for_each(|(name, ty)| text.push_str(&format!("type {name} = {ty}\n\n")));
    tools.iter().for_each(|tool| text.push_str(&format!("{}\n", tool.text)));
    text.push_str("}\n");
    formatted(&text).unwrap_or(text)
}

/// A declaration with the names of its tool, here and at the server.
struct Declaration {
    wire: String,
    text: String,
}

/// The declarations of all tools, and the types that they need beside those that are `taken`.
fn declarations(catalogue: &str, definitions: &[Value], taken: Names) -> (Vec<Declaration>, Names) {
    let (mut names, mut tools, mut all, mut new) = (Vec::new(), Vec::<Declaration>::new(), taken, Names::new());
    for definition in definitions.iter().take(MAX_TOOLS) {
        let Some(wire) = definition.get("name").and_then(Value::as_str).filter(|wire| is_wire_name(wire)) else {
            continue;
        };
        if tools.iter().any(|tool| tool.wire == wire) {
            continue;
        }
        let name = names::value_name(wire, &names);
        names.push(name.clone());
        for detail in Detail::ALL {
            let (text, types) = named(&draw(catalogue, &name, definition, detail), &all);
            if detail == Detail::Names || is_right(&text, &types, &all) {
                all.extend(types.clone());
                new.extend(types);
                tools.push(Declaration { wire: wire.to_owned(), text });
                break;
            }
        }
    }
    (tools, new)
}

/// Whether a server's name of a tool can be kept.
fn is_wire_name(wire: &str) -> bool {
    !wire.is_empty() && wire.len() <= resolve::MAX_WIRE_NAME_BYTES
}

/// Whether a declaration means what it should: an odd schema may have led to a type that is none.
fn is_right(tool: &str, types: &Names, taken: &Names) -> bool {
    let mut text = "catalogue c {\n".to_owned();
    let needed = taken
        .iter()
        .filter(|(name, _)| tool.contains(name.as_str()) || types.values().any(|ty| ty.contains(name.as_str())));
    for (name, ty) in types.iter().chain(needed) {
        text.push_str(&format!("type {name} = {ty}\n"));
    }
    text.push_str(tool);
    text.push_str("}\n");
    let mut sources = Sources::default();
    let index = sources.add("", text);
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    resolve::catalogue(&[&file], &report);
    !report.into_sorted().iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
}

/// The canonical form of a text without mistakes.
fn formatted(text: &str) -> Option<String> {
    let mut sources = Sources::default();
    let index = sources.add("", text.to_owned());
    let report = Diagnostics::default();
    let file = parse(&sources, index, &report);
    (!report.has_errors()).then(|| format(&sources, index, &file))
}
