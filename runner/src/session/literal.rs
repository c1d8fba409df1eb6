//! A call as JSON ⟶ the same call in the plan language: a step, the lines of `critical` that it needs, and a plan of that
//! one step.
//!
//! Arguments come from an agent. Only names that the tool declares are written, and every value as a literal, so that
//! nothing in them can become anything else than a value.

use super::{MAX_ARGUMENT_BYTES, MAX_ARGUMENT_DEPTH};
use crate::workspace::{FileState, Workspace};
use planc_lang::catalogue::Tool;
use planc_lang::effects::Resource;
use planc_lang::syntax::EffectVerb;
use planc_lang::types::{Quoted, ShownName};
use planc_lang::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Arguments as JSON has them.
pub type Arguments = serde_json::Map<String, Json>;

/// A call in the plan language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// `fs.read(path: "a")`
    pub call: String,
    /// The lines of `critical` that it needs, without indentation.
    pub critical: Vec<String>,
}

/// Why a call cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The tool has no such parameter.
    #[error("`{tool}` has no parameter `{name}`{}", near.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?")))]
    NoParameter {
        /// The tool.
        tool: String,
        /// What was given.
        name: String,
        /// A name that is near.
        near: Option<String>,
    },
    /// The same parameter under both of its names.
    #[error("`{tool}` is given its parameter `{name}` twice")]
    Twice {
        /// The tool.
        tool: String,
        /// The parameter.
        name: String,
    },
    /// A number that the language cannot hold exactly.
    #[error("the number {0} is out of the range of integers")]
    Number(String),
    /// Too deep.
    #[error("the arguments are nested deeper than {MAX_ARGUMENT_DEPTH} levels")]
    Deep,
    /// Too long.
    #[error("the arguments have more than {MAX_ARGUMENT_BYTES} bytes")]
    Long,
}

/// Writes a call.
pub fn write(tool: &Tool, arguments: &Arguments, workspace: &Workspace) -> Result<Written, Unwritable> {
    let mut parts = Vec::new();
    let mut length = 0;
    for (index, json) in by_parameter(tool, arguments)? {
        let param = &tool.params[index];
        // Some clients write null for what they leave out.
        if json.is_null() && (param.optional || param.default.is_some()) {
            continue;
        }
        let mut text = format!("{}: ", ShownName(&param.name));
        literal(json, 0, &mut text)?;
        length += text.len();
        if length > MAX_ARGUMENT_BYTES {
            return Err(Unwritable::Long);
        }
        parts.push((index, text));
    }
    parts.sort_by_key(|(index, _)| *index);
    let texts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    let call = format!("{}({})", tool.name, texts.join(", "));
    Ok(Written { call, critical: critical(tool, &values(tool, arguments), workspace) })
}

/// The arguments by index of the parameter. Each has the name that the tool's server knows it by, or that of the language.
fn by_parameter<'j>(tool: &Tool, arguments: &'j Arguments) -> Result<Vec<(usize, &'j Json)>, Unwritable> {
    let mut found: Vec<(usize, &Json)> = Vec::new();
    for (name, json) in arguments {
        let on_wire = || tool.params.iter().position(|param| param.wire_name() == name);
        let Some(index) = on_wire().or_else(|| tool.param(name)) else {
            let near = planc_lang::suggest::nearest(name, tool.params.iter().map(|param| param.wire_name()));
            let (tool, near) = (tool.name.to_string(), near.map(str::to_owned));
            return Err(Unwritable::NoParameter { tool, name: name.clone(), near });
        };
        if found.iter().any(|(other, _)| *other == index) {
            return Err(Unwritable::Twice { tool: tool.name.to_string(), name: tool.params[index].name.to_string() });
        }
        found.push((index, json));
    }
    Ok(found)
}

/// A plan of one step that makes the call.
pub fn plan_of(written: &Written) -> String {
    let critical = match written.critical.as_slice() {
        [] => String::new(),
        lines => {
            format!("  critical {{\n{}  }}\n", lines.iter().map(|line| format!("    {line}\n")).collect::<String>())
        }
    };
    format!("plan \"One call\" {{\n{critical}  step {ONE} = {}\n}}\n", written.call)
}

/// The name of the step in a plan of one step.
pub const ONE: &str = "it";

/// A step of this number that makes the call.
pub fn step_of(written: &Written, tool: &Tool, number: usize) -> String {
    let word = tool.name.rsplit('.').next().unwrap_or_default();
    let word = if planc_lang::lexer::is_name(word) { word } else { "step" };
    format!("step {word}_{number} = {}", written.call)
}

fn literal(json: &Json, depth: usize, out: &mut String) -> Result<(), Unwritable> {
    if depth > MAX_ARGUMENT_DEPTH {
        return Err(Unwritable::Deep);
    }
    if out.len() > MAX_ARGUMENT_BYTES {
        return Err(Unwritable::Long);
    }
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => out.push_str(&Value::Int(int).to_string()),
            (None, Some(float)) if number.is_f64() => out.push_str(&Value::Float(float).to_string()),
            (None, _) => return Err(Unwritable::Number(number.to_string())),
        },
        Json::String(text) => out.push_str(&Quoted(text).to_string()),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                literal(item, depth + 1, out)?;
            }
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { " " });
                out.push_str(&format!("{}: ", ShownName(name)));
                literal(value, depth + 1, out)?;
            }
            out.push_str(if fields.is_empty() { "}" } else { " }" });
        }
    }
    Ok(())
}

/// The arguments by index of the parameter, for the question what the call touches.
fn values(tool: &Tool, arguments: &Arguments) -> Vec<Value> {
    let given = by_parameter(tool, arguments).unwrap_or_default();
    let value = |(index, param): (usize, &planc_lang::catalogue::Param)| {
        let json = given.iter().find(|(other, _)| *other == index).map(|(_, json)| (*json).clone());
        let value = json.and_then(|json| serde_json::from_value::<Value>(json).ok());
        value.or_else(|| param.default.clone()).unwrap_or(Value::Null)
    };
    tool.params.iter().enumerate().map(value).collect()
}

fn critical(tool: &Tool, values: &[Value], workspace: &Workspace) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for (verb, resource) in tool.touches(values) {
        let text = match &resource {
            Resource::Path(text) | Resource::Glob(text) | Resource::Host(text) => text.to_string(),
            Resource::Named(space, name) => format!("{space}:{name}"),
            Resource::AnyIn(space) => format!("{space}:**"),
            Resource::Program(words) => words.first().map(ToString::to_string).unwrap_or_default(),
            Resource::AnyPath => "**".to_owned(),
            Resource::AnyProgram | Resource::AnyHost | Resource::Everything => continue,
        };
        let is_there = || workspace.resolve(&text).and_then(|path| workspace.state(&path));
        let word = match (verb, &resource) {
            (EffectVerb::Reads, _) => continue,
            (EffectVerb::Writes, Resource::Path(_)) if matches!(is_there(), Ok(FileState::Absent)) => "create",
            (EffectVerb::Writes, _) => "modify",
            (EffectVerb::Creates, _) => "create",
            (EffectVerb::Deletes, _) => "delete",
            (EffectVerb::Runs, _) => "run",
            (EffectVerb::Contacts, _) => "contact",
        };
        lines.insert(format!("{word} {}", Quoted(&text)));
    }
    lines.into_iter().collect()
}
