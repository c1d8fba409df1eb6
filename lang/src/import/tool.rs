//! A server's definition of a tool ⟶ the text of its declaration, and the types that it needs.
//!
//! What the server claims is written as a comment: no clause follows from it.

use super::is_wire_name;
use super::names::{type_name, value_name, visible};
use super::parts::{merged, pointed, without};
use super::pin::pin;
use super::schema::{Circles, Converter, Definition, MAX_SCHEMAS, Place, Side, brief, required};
use crate::types::Quoted;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most parameters of a tool; what is past it cannot be given.
pub const MAX_PARAMETERS: usize = 500;
/// The most lines and characters of what a server says of a tool that are written into its declaration.
const MAX_DOC_LINES: usize = 120;
const MAX_LINE_CHARS: usize = 1000;
/// The most notes of what types do not say.
const MAX_NOTES: usize = 12;

/// How much of the schemas goes into types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// All that can be said.
    Full,
    /// All but defaults.
    NoDefaults,
    /// Nor types that contain themselves.
    NoCircles,
    /// Only which parameters there are.
    Names,
}

impl Detail {
    pub(super) const ALL: [Detail; 4] = [Detail::Full, Detail::NoDefaults, Detail::NoCircles, Detail::Names];
}

/// A declaration before its types have names.
pub(super) struct Drawn {
    /// The declaration.
    pub(super) text: String,
    pub(super) definitions: Vec<Definition>,
    /// The name that suits its types, where theirs are taken.
    pub(super) owner: String,
}

/// The words of a parameter that decides what is done.
const DECIDING: [&str; 7] = ["method", "action", "operation", "op", "mode", "command", "verb"];

/// Draws a tool under a name of the language.
pub(super) fn draw(catalogue: &str, name: &str, definition: &Value, detail: Detail) -> Drawn {
    let owner = type_name(name);
    let nothing = Value::Object(Map::new());
    let input = definition.get("inputSchema").unwrap_or(&nothing);
    let mut given = converter(input, Side::Arguments, &owner, detail);
    let mut params = parameters(&mut given, detail);
    let result = definition.get("outputSchema").filter(|schema| schema.is_object());
    let mut gives = converter(result.unwrap_or(&nothing), Side::Results, &owner, detail);
    let result_text = match (result, detail) {
        (None, _) => "string".to_owned(),
        (Some(_), Detail::Names) => "any".to_owned(),
        (Some(schema), Detail::Full | Detail::NoDefaults | Detail::NoCircles) => {
            gives.ty(schema, &Place { pointer: String::new(), shown: String::new(), depth: 0 })
        }
    };
    let offset = given.definitions.len();
    let result_text = shifted(&result_text, offset);
    for param in &mut params {
        let own = format!("{}.", param.wire);
        let of_fields = given.said.iter().filter(|(shown, _)| shown.starts_with(&own));
        let lines = of_fields
            .map(|(shown, said)| format!("`{shown}`: {}", said.split_whitespace().collect::<Vec<_>>().join(" ")));
        param.doc.extend(lines.map(|line| visible(&brief_line(&line))));
        param.doc.truncate(MAX_DOC_LINES);
    }
    let text =
        written(catalogue, name, definition, &params, &result_text, [("", &given.notes), ("result ", &gives.notes)]);
    let mut definitions = std::mem::take(&mut given.definitions);
    definitions.extend(gives.definitions.drain(..).map(|of| Definition { text: shifted(&of.text, offset), ..of }));
    Drawn { text, definitions, owner }
}

fn converter<'s>(root: &'s Value, side: Side, owner: &str, detail: Detail) -> Converter<'s> {
    let circles = match detail {
        Detail::Full | Detail::NoDefaults => Circles::Named,
        Detail::NoCircles | Detail::Names => Circles::Cut,
    };
    let owner = match side {
        Side::Arguments => owner.to_owned(),
        Side::Results => format!("{owner}Result"),
    };
    Converter {
        root,
        side,
        circles,
        owner,
        notes: Vec::new(),
        said: Vec::new(),
        definitions: Vec::new(),
        open: Vec::new(),
        known: BTreeMap::new(),
        left: MAX_SCHEMAS,
    }
}

/// The numbers of open types, moved.
fn shifted(text: &str, by: usize) -> String {
    super::schema::replaced(text, |index| format!("{}{}{}", super::schema::OPEN, index + by, super::schema::CLOSE))
}

/// A parameter.
struct Param {
    wire: String,
    name: String,
    doc: Vec<String>,
    /// With its mark and default.
    text: String,
    /// Its possible texts, where it decides what is done.
    choices: Vec<String>,
}

fn parameters(converter: &mut Converter<'_>, detail: Detail) -> Vec<Param> {
    let members = top(converter);
    let empty = Map::new();
    let properties = members.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let needed = required(&members);
    if properties.len() > MAX_PARAMETERS {
        converter.notes.push(format!("only {MAX_PARAMETERS} of {} parameters are listed", properties.len()));
    }
    let mut names: Vec<String> = Vec::new();
    let mut params = Vec::new();
    for (wire, schema) in properties.iter().filter(|(wire, _)| is_wire_name(wire)).take(MAX_PARAMETERS) {
        let name = value_name(wire, &names);
        names.push(name.clone());
        let place = Place {
            pointer: format!("/properties/{}", wire.replace('~', "~0").replace('/', "~1")),
            shown: wire.clone(),
            depth: 1,
        };
        let ty = match detail {
            Detail::Names => "any".to_owned(),
            Detail::Full | Detail::NoDefaults | Detail::NoCircles => converter.ty(schema, &place),
        };
        let default =
            schema.get("default").filter(|default| !default.is_null() && detail == Detail::Full).and_then(literal);
        let is_needed = needed.contains(&wire.as_str()) && default.is_none();
        let plain = ty.strip_suffix('?').map(str::to_owned);
        let text = match (is_needed, default) {
            (true, _) => format!("{name}: {ty}"),
            (false, Some(default)) => format!("{name}: {ty} = {default}"),
            (false, None) => format!("{name}?: {}", plain.unwrap_or(ty)),
        };
        let doc = schema.get("description").and_then(Value::as_str).map(lines).unwrap_or_default();
        let choices = match DECIDING.contains(&name.to_ascii_lowercase().as_str()) {
            true => choices(schema),
            false => Vec::new(),
        };
        params.push(Param { wire: wire.clone(), name, doc, text, choices });
    }
    params
}

/// The schema of all arguments as one object: what it refers to, and what its alternatives have.
fn top(converter: &mut Converter<'_>) -> Map<String, Value> {
    let follow = |schema: &Value| {
        let mut schema = schema.clone();
        for _ in 0..8 {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| pointed(converter.root, to));
            let Some((_, target)) = target else { break };
            schema = target.clone();
        }
        schema
    };
    let Value::Object(mut members) = follow(converter.root) else { return Map::new() };
    let mut notes = Vec::new();
    if let Some(Value::Array(all)) = members.get("allOf").cloned() {
        members = without(&members, &["allOf"]);
        all.iter().take(64).for_each(|part| drop(merged(&mut members, &follow(part))));
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(alternatives)) = members.get(keyword).cloned() else { continue };
        notes.push(format!("which parameters go together: {keyword}"));
        for part in alternatives.iter().take(64) {
            let part = follow(part);
            let optional = part.as_object().map(|part| Value::Object(without(part, &["required"])));
            optional.iter().for_each(|part| drop(merged(&mut members, part)));
        }
    }
    let is_further = |further: &Value| *further != Value::Bool(false);
    if members.get("additionalProperties").is_some_and(is_further) {
        notes.push("it takes further arguments, which cannot be given".to_owned());
    }
    converter.notes.extend(notes);
    members
}

fn choices(schema: &Value) -> Vec<String> {
    let list = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).take(MAX_NOTES).map(|choice| Quoted(choice).to_string()).collect()
}

/// A constant of the language; none for what is none.
fn literal(value: &Value) -> Option<String> {
    literal_at(value, 0)
}

fn literal_at(value: &Value, depth: usize) -> Option<String> {
    if depth > 8 {
        return None;
    }
    Some(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::String(text) => Quoted(text).to_string(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) if int != i64::MIN => int.to_string(),
            (_, Some(float)) if float.is_finite() && float.abs() < 1e15 => format!("{float:?}"),
            _ => return None,
        },
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| literal_at(item, depth + 1)).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(members) => {
            let fields: Option<Vec<String>> = members
                .iter()
                .map(|(name, value)| {
                    Some(format!("{}: {}", crate::types::ShownName(name), literal_at(value, depth + 1)?))
                })
                .collect();
            let fields = fields?;
            if fields.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
        }
    })
}

fn written(
    catalogue: &str,
    name: &str,
    definition: &Value,
    params: &[Param],
    result: &str,
    notes: [(&str, &Vec<String>); 2],
) -> String {
    let wire = definition.get("name").and_then(Value::as_str).unwrap_or(name);
    let said = definition.get("description").or_else(|| definition.get("title")).and_then(Value::as_str);
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    said.map(lines).unwrap_or_default().into_iter().for_each(|said| line(format!("/// {said}")));
    if !params.is_empty() {
        line(format!("tool {name}("));
    }
    for param in params {
        param.doc.iter().for_each(|said| line(format!("/// {said}")));
        line(format!("{},", param.text));
    }
    line(match params.is_empty() {
        true => format!("tool {name}() -> {result} {{"),
        false => format!(") -> {result} {{"),
    });
    for comment in comments(catalogue, definition, params, notes) {
        line(format!("// {comment}"));
    }
    if wire != name {
        line(format!("named {}", Quoted(wire)));
    }
    for param in params.iter().filter(|param| param.wire != param.name) {
        line(format!("named {} {}", param.name, Quoted(&param.wire)));
    }
    line(format!("pinned \"{}\"", pin(definition)));
    line("}".to_owned());
    out
}

/// What stands in the declaration for those who review it.
fn comments(catalogue: &str, definition: &Value, params: &[Param], notes: [(&str, &Vec<String>); 2]) -> Vec<String> {
    let mut out =
        vec![format!("{NOT_REVIEWED}: a call may touch anything, until it says what it reads, writes, contacts …")];
    if let Some(param) = params.iter().find(|param| param.choices.len() > 1) {
        out.push(format!("It depends on `{}`, perhaps:", param.name));
        let target = format!("\"{catalogue}:{}\"", param.name);
        out.extend(param.choices.iter().map(|choice| format!("  reads {target} when {} == {choice}", param.name)));
    }
    let claims = claims(definition.get("annotations"));
    if !claims.is_empty() {
        out.push(format!("The server claims: {}.", claims.join(", ")));
    }
    let mut unsaid: Vec<String> = Vec::new();
    for (side, notes) in notes {
        for note in notes {
            let note = format!("{side}{note}");
            if !unsaid.contains(&note) {
                unsaid.push(note);
            }
        }
    }
    if !unsaid.is_empty() {
        out.push("Its schema says more than its types, and is checked with each call:".to_owned());
        let more = unsaid.len().saturating_sub(MAX_NOTES);
        out.extend(unsaid.into_iter().take(MAX_NOTES).map(|note| format!("  {note}")));
        out.extend((more > 0).then(|| format!("  and {more} more")));
    }
    out
}

/// How the comment on effects begins, so that it goes once there are some.
pub(super) const NOT_REVIEWED: &str = "Effects are not reviewed";

fn claims(annotations: Option<&Value>) -> Vec<&'static str> {
    let hint = |name: &str| annotations.and_then(|annotations| annotations.get(name)).and_then(Value::as_bool);
    let said = [
        ("readOnlyHint", "only reads", "does not only read"),
        ("destructiveHint", "may destroy", "destroys nothing"),
        ("idempotentHint", "repeating changes nothing further", "repeating acts again"),
        ("openWorldHint", "reaches the world outside", "reaches nothing outside"),
    ];
    said.iter().filter_map(|(name, yes, no)| Some(if hint(name)? { *yes } else { *no })).collect()
}

/// A text of a server as lines of a comment.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| visible(&brief_line(line.trim_end()))).collect();
    let blank = |line: &String| line.trim().is_empty();
    while lines.last().is_some_and(blank) {
        lines.pop();
    }
    let leading = lines.iter().take_while(|line| blank(line)).count();
    lines.drain(..leading);
    if lines.len() > MAX_DOC_LINES {
        lines.truncate(MAX_DOC_LINES);
        lines.push("…".to_owned());
    }
    lines
}

fn brief_line(line: &str) -> String {
    match line.chars().count() > MAX_LINE_CHARS {
        true => format!("{}…", brief(&line.chars().take(MAX_LINE_CHARS).collect::<String>())),
        false => line.to_owned(),
    }
}
