//! A JSON Schema ⟶ the text of a type. What a type cannot say is widened, and noted.
//!
//! Any JSON is taken for a schema; nothing is fetched. Types of arguments may be narrower than the schema where that only
//! keeps a plan from sending what nobody declared; types of results are never narrower on purpose.

use super::names::type_name;
use super::parts::{merged, pointed, without};
use crate::pattern::regex;
use crate::types::{Literal, Quoted, ShownName};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most schemas that one tool's types are made of; what is past it is `any`.
pub const MAX_SCHEMAS: usize = 3000;
/// How deep they are looked into; what lies deeper is `any`.
pub const MAX_SCHEMA_DEPTH: usize = 40;
/// The most alternatives of a union; one with more is `any`.
pub const MAX_ALTERNATIVES: usize = 500;

/// What stands around the number of a type that has no name yet; never part of a text, for it cannot be seen.
pub(super) const OPEN: char = '\u{e000}';
/// Ends it.
pub(super) const CLOSE: char = '\u{e001}';

/// A text with each number of a type that waits for its name replaced.
pub(super) fn replaced(text: &str, name: impl Fn(usize) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        rest = &rest[at + OPEN.len_utf8()..];
        let Some(end) = rest.find(CLOSE) else { break };
        out.push_str(&rest[..end].parse().map_or_else(|_| "any".to_owned(), &name));
        rest = &rest[end + CLOSE.len_utf8()..];
    }
    out.push_str(rest);
    out
}

/// What the values of a type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Given by a plan.
    Arguments,
    /// Given by a server.
    Results,
}

/// Whether types may contain themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Circles {
    /// By a name.
    Named,
    /// What would is `any`.
    Cut,
}

/// A type that got a name: the name that would suit it, and its text.
pub(super) struct Definition {
    pub(super) wanted: String,
    pub(super) text: String,
}

/// The conversion of the schemas of one tool.
pub(super) struct Converter<'s> {
    pub(super) root: &'s Value,
    pub(super) side: Side,
    pub(super) circles: Circles,
    /// The name of the tool, for types that have none.
    pub(super) owner: String,
    /// What the types do not say.
    pub(super) notes: Vec<String>,
    /// What the schemas say of fields.
    pub(super) said: Vec<(String, String)>,
    pub(super) definitions: Vec<Definition>,
    /// Pointers that are being converted, outermost first, with the number of the definition that was asked for.
    pub(super) open: Vec<(String, Option<usize>)>,
    /// What references have become.
    pub(super) known: BTreeMap<String, String>,
    pub(super) left: usize,
}

/// Where in the schemas, for references; where in the value, for notes; how deep.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) pointer: String,
    pub(super) shown: String,
    pub(super) depth: usize,
}

impl Place {
    fn field(&self, keyword: &str, name: &str) -> Place {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let dot = if self.shown.is_empty() { "" } else { "." };
        Place {
            pointer: format!("{}/{keyword}/{escaped}", self.pointer),
            shown: format!("{}{dot}{}", self.shown, ShownName(name)),
            depth: self.depth + 1,
        }
    }

    fn part(&self, keyword: &str, shown: &str) -> Place {
        Place {
            pointer: format!("{}/{keyword}", self.pointer),
            shown: format!("{}{shown}", self.shown),
            depth: self.depth + 1,
        }
    }
}

const ANY: &str = "any";

impl Converter<'_> {
    /// The type of what a schema describes.
    pub(super) fn ty(&mut self, schema: &Value, at: &Place) -> String {
        if at.depth > MAX_SCHEMA_DEPTH || self.left == 0 {
            return self.any(at, "lies too deep for a type");
        }
        self.left -= 1;
        let number = self.open.len();
        self.open.push((at.pointer.clone(), None));
        let text = self.whole(schema, at);
        let (_, definition) = self.open.remove(number);
        match definition {
            Some(index) => self.define(index, text),
            None => text,
        }
    }

    fn define(&mut self, index: usize, text: String) -> String {
        self.definitions[index].text = text;
        format!("{OPEN}{index}{CLOSE}")
    }

    fn whole(&mut self, schema: &Value, at: &Place) -> String {
        match schema {
            Value::Bool(true) => ANY.to_owned(),
            Value::Bool(false) => self.any(at, "takes no value at all"),
            Value::Object(members) => self.object_schema(members, at),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => self.any(at, "has no schema"),
        }
    }

    fn object_schema(&mut self, members: &Map<String, Value>, at: &Place) -> String {
        if let Some(reference) = members.get("$ref").or_else(|| members.get("$dynamicRef")) {
            let rest = without(members, &["$ref", "$dynamicRef"]);
            return self.reference(reference, &rest, at);
        }
        if let Some(Value::Array(all)) = members.get("allOf") {
            let mut whole = without(members, &["allOf"]);
            for part in all.iter().take(MAX_ALTERNATIVES) {
                let part = self.followed(part);
                let clashing = merged(&mut whole, &part);
                self.notes.extend(clashing.into_iter().map(|keyword| format!("{}`{keyword}` of allOf", prefix(at))));
            }
            return self.object_schema_at(&whole, at);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(alternatives)) = members.get(keyword) {
                return self.alternatives(keyword, alternatives, &without(members, &[keyword]), at);
            }
        }
        let ty = self.typed(members, at);
        match members.get("nullable") {
            Some(Value::Bool(true)) => union(vec![ty, "null".to_owned()]),
            Some(_) | None => ty,
        }
    }

    /// What a schema that was put together describes; it stands at no place of its own.
    fn object_schema_at(&mut self, members: &Map<String, Value>, at: &Place) -> String {
        if at.depth > MAX_SCHEMA_DEPTH || self.left == 0 {
            return self.any(at, "lies too deep for a type");
        }
        self.left -= 1;
        self.object_schema(members, &Place { depth: at.depth + 1, ..at.clone() })
    }

    /// A schema, or what it refers to.
    fn followed(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        for _ in 0..MAX_SCHEMA_DEPTH {
            let Some(Value::String(reference)) = schema.get("$ref") else { break };
            let Some((_, target)) = pointed(self.root, reference) else { break };
            schema = target.clone();
        }
        schema
    }

    fn reference(&mut self, reference: &Value, rest: &Map<String, Value>, at: &Place) -> String {
        let found = reference.as_str().and_then(|reference| pointed(self.root, reference));
        let Some((pointer, target)) = found else {
            return self.any(at, "refers to what is not in its schema");
        };
        if rest.keys().any(|keyword| SHAPING.contains(&keyword.as_str())) {
            let mut whole = rest.clone();
            let clashing = merged(&mut whole, target);
            self.notes.extend(clashing.into_iter().map(|keyword| format!("{}`{keyword}` beside $ref", prefix(at))));
            return self.object_schema_at(&whole, at);
        }
        // The place itself stands on the way to where it refers to only if the two are one.
        if let Some(number) = self.open.iter().position(|(open, _)| *open == pointer) {
            return self.circle(number, &pointer, at);
        }
        if let Some(known) = self.known.get(&pointer) {
            return known.clone();
        }
        let target = target.clone();
        let place = Place { pointer: pointer.clone(), shown: at.shown.clone(), depth: at.depth + 1 };
        let text = self.ty(&target, &place);
        let is_definition = pointer.starts_with("/$defs/") || pointer.starts_with("/definitions/");
        let text = match is_definition && text.len() > SHORT && !text.starts_with(OPEN) {
            true => {
                let index = self.new_definition(&pointer);
                self.define(index, text)
            }
            false => text,
        };
        self.known.insert(pointer, text.clone());
        text
    }

    /// A type within itself.
    fn circle(&mut self, number: usize, pointer: &str, at: &Place) -> String {
        if self.circles == Circles::Cut {
            return self.any(at, "contains itself");
        }
        let index = match self.open[number].1 {
            Some(index) => index,
            None => self.new_definition(pointer),
        };
        self.open[number].1 = Some(index);
        format!("{OPEN}{index}{CLOSE}")
    }

    fn new_definition(&mut self, pointer: &str) -> usize {
        let last =
            pointer.rsplit('/').find(|part| !part.is_empty() && *part != "items" && part.parse::<u32>().is_err());
        let in_definitions = pointer.starts_with("/$defs/") || pointer.starts_with("/definitions/");
        let wanted = match (last, in_definitions) {
            (Some(last), true) => type_name(last),
            (Some(last), false) => type_name(&format!("{}_{last}", self.owner)),
            (None, _) => type_name(&self.owner),
        };
        self.definitions.push(Definition { wanted, text: ANY.to_owned() });
        self.definitions.len() - 1
    }

    fn alternatives(&mut self, keyword: &str, list: &[Value], rest: &Map<String, Value>, at: &Place) -> String {
        if list.is_empty() || list.len() > MAX_ALTERNATIVES {
            return self.any(at, "has too few or too many alternatives");
        }
        let is_shaped = rest.keys().any(|keyword| SHAPING.contains(&keyword.as_str()));
        let mut members = Vec::with_capacity(list.len());
        for (index, alternative) in list.iter().enumerate() {
            let place = at.part(&format!("{keyword}/{index}"), "");
            let text = match is_shaped {
                false => self.ty(alternative, &place),
                true => {
                    let mut whole = rest.clone();
                    let alternative = self.followed(alternative);
                    let clashing = merged(&mut whole, &alternative);
                    let noted = clashing.into_iter().map(|clash| format!("{}`{clash}` of {keyword}", prefix(at)));
                    self.notes.extend(noted);
                    self.object_schema_at(&whole, &place)
                }
            };
            members.push(text);
        }
        union(members)
    }

    fn typed(&mut self, members: &Map<String, Value>, at: &Place) -> String {
        self.note_unsaid(members, at);
        if let Some(value) = members.get("const") {
            return self.literals(std::slice::from_ref(value), at);
        }
        if let Some(Value::Array(values)) = members.get("enum") {
            return self.literals(values, at);
        }
        match members.get("type") {
            Some(Value::String(name)) => self.of_type(name, members, at),
            Some(Value::Array(names)) if !names.is_empty() && names.len() <= 8 => {
                let texts = names.iter().map(|name| self.of_type(name.as_str().unwrap_or_default(), members, at));
                union(texts.collect())
            }
            Some(_) => self.any(at, "has an unknown type"),
            None if members.contains_key("properties") => self.of_type("object", members, at),
            None if self.side == Side::Arguments && members.contains_key("items") => self.of_type("array", members, at),
            None => ANY.to_owned(),
        }
    }

    fn literals(&mut self, values: &[Value], at: &Place) -> String {
        if values.is_empty() || values.len() > MAX_ALTERNATIVES {
            return self.any(at, "has too few or too many possible values");
        }
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            texts.push(match value {
                Value::Null => "null".to_owned(),
                Value::Bool(bool) => Literal::Bool(*bool).to_string(),
                Value::String(text) => Quoted(text).to_string(),
                Value::Number(number) => match number.as_i64().filter(|int| *int != i64::MIN) {
                    Some(int) => Literal::Int(int).to_string(),
                    None => {
                        self.note(at, "only some numbers");
                        "float".to_owned()
                    }
                },
                Value::Array(_) | Value::Object(_) => return self.any(at, "takes only some lists or records"),
            });
        }
        union(texts)
    }

    fn of_type(&mut self, name: &str, members: &Map<String, Value>, at: &Place) -> String {
        match name {
            "null" => "null".to_owned(),
            "boolean" => "bool".to_owned(),
            "string" => self.string(members, at),
            "integer" => refined("int", &int_bounds(members)),
            "number" => refined("float", &float_bounds(members)),
            "array" => self.array(members, at),
            "object" => self.object(members, at),
            _ => self.any(at, "has an unknown type"),
        }
    }

    fn string(&mut self, members: &Map<String, Value>, at: &Place) -> String {
        let is_given = self.side == Side::Arguments;
        match members.get("format").and_then(Value::as_str) {
            // Servers are seldom strict in what they give; what is given to them is.
            Some("date") if is_given => return "date".to_owned(),
            Some("date-time") if is_given => return "datetime".to_owned(),
            Some(format) => self.note(at, &format!("format {}", super::names::visible(&brief(format)))),
            None => {}
        }
        let mut rules = length_bounds(members, "minLength", "maxLength");
        if let Some(pattern) = members.get("pattern").and_then(Value::as_str) {
            match is_given && regex(pattern).is_ok() {
                true => rules.insert(0, format!("pattern: {}", shown_pattern(pattern))),
                false => self.note(at, "a pattern"),
            }
        }
        refined("string", &rules)
    }

    fn array(&mut self, members: &Map<String, Value>, at: &Place) -> String {
        let tuple = members.get("prefixItems").or_else(|| members.get("items").filter(|items| items.is_array()));
        let element = match (tuple, members.get("items")) {
            (Some(Value::Array(parts)), _) if parts.len() <= MAX_ALTERNATIVES => {
                self.note(at, "which type stands where");
                let texts = parts.iter().enumerate().map(|(index, part)| {
                    let place = at.part(&format!("prefixItems/{index}"), "[]");
                    self.ty(part, &place)
                });
                let mut texts: Vec<String> = texts.collect();
                let rest =
                    members.get("additionalItems").or_else(|| members.get("items").filter(|rest| !rest.is_array()));
                match rest {
                    Some(Value::Bool(false)) => {}
                    Some(rest) => texts.push(self.ty(&rest.clone(), &at.part("items", "[]"))),
                    None => texts.push(ANY.to_owned()),
                }
                union(texts)
            }
            (_, Some(items)) => self.ty(items, &at.part("items", "[]")),
            (_, None) => ANY.to_owned(),
        };
        refined(&format!("[{element}]"), &length_bounds(members, "minItems", "maxItems"))
    }

    fn object(&mut self, members: &Map<String, Value>, at: &Place) -> String {
        let empty = Map::new();
        let properties = members.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let further = members.get("additionalProperties").or_else(|| members.get("unevaluatedProperties"));
        let required = required(members);
        if properties.is_empty() && required.is_empty() {
            return match further {
                Some(Value::Bool(false)) if !members.contains_key("patternProperties") => "{}".to_owned(),
                Some(schema @ Value::Object(_)) if !members.contains_key("patternProperties") => {
                    format!("map<{}>", self.ty(schema, &at.part("additionalProperties", "[]")))
                }
                Some(_) | None => "map<any>".to_owned(),
            };
        }
        let mut fields: Vec<String> = Vec::with_capacity(properties.len());
        for (name, schema) in properties {
            let place = at.field("properties", name);
            if let Some(description) = schema.get("description").and_then(Value::as_str) {
                self.said.push((place.shown.clone(), description.to_owned()));
            }
            let text = self.ty(schema, &place);
            let mark = if required.contains(&name.as_str()) { "" } else { "?" };
            fields.push(format!("{}{mark}: {text}", ShownName(name)));
        }
        for name in required.iter().filter(|name| !properties.contains_key(**name)) {
            fields.push(format!("{}: any", ShownName(name)));
        }
        let is_open = match further {
            Some(Value::Bool(false)) => members.contains_key("patternProperties"),
            Some(Value::Object(schema)) if !schema.is_empty() => {
                self.note(at, "the type of further fields");
                true
            }
            Some(_) => true,
            None => self.side == Side::Results || members.contains_key("patternProperties"),
        };
        fields.extend(is_open.then(|| "...".to_owned()));
        format!("{{ {} }}", fields.join(", "))
    }

    fn note_unsaid(&mut self, members: &Map<String, Value>, at: &Place) {
        for keyword in UNSAID {
            if members.contains_key(keyword) {
                self.note(at, keyword);
            }
        }
        let is_bound = |keyword: &str| members.get(keyword).is_some_and(|bound| *bound != Value::Bool(false));
        let is_int = members.get("type").and_then(Value::as_str) == Some("integer");
        if !is_int && (is_bound("exclusiveMinimum") || is_bound("exclusiveMaximum")) {
            self.note(at, "that a bound is excluded");
        }
    }

    fn any(&mut self, at: &Place, why: &str) -> String {
        self.notes.push(format!("{}{why}", prefix(at)));
        ANY.to_owned()
    }

    fn note(&mut self, at: &Place, what: &str) {
        self.notes.push(format!("{}{what}", prefix(at)));
    }
}

/// A type of a definition that is longer than this gets its name.
const SHORT: usize = 60;

/// Keywords that say which values there are, so that a schema beside a reference or alternatives must be put together with
/// them.
const SHAPING: [&str; 22] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "enum",
    "const",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "allOf",
    "anyOf",
    "oneOf",
    "$ref",
    "format",
];

/// Keywords that no type can say.
const UNSAID: [&str; 19] = [
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
    "multipleOf",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
];

fn prefix(at: &Place) -> String {
    match at.shown.is_empty() {
        true => String::new(),
        false => format!("`{}`: ", super::names::visible(&brief(&at.shown))),
    }
}

/// The first characters of a text.
pub(super) fn brief(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.chars().count() > SHOWN {
        true => text.chars().take(SHOWN).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// The fields that must be there.
pub(super) fn required(members: &Map<String, Value>) -> Vec<&str> {
    let list = members.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The union of types: repetitions removed.
pub(super) fn union(texts: Vec<String>) -> String {
    let mut members: Vec<String> = Vec::new();
    for text in texts {
        if text == ANY {
            return ANY.to_owned();
        }
        if !members.contains(&text) {
            members.push(text);
        }
    }
    let null = members.iter().position(|member| member == "null");
    // `T?` is as long as it is clear what the mark belongs to.
    match (null, members.len()) {
        (Some(at), 2) if !members[1 - at].contains(" | ") => format!("{}?", members[1 - at]),
        _ => members.join(" | "),
    }
}

fn refined(base: &str, rules: &[String]) -> String {
    match rules.is_empty() {
        true => base.to_owned(),
        false => format!("{base}({})", rules.join(", ")),
    }
}

/// Bounds as the arguments of a refinement; none where they leave no value.
fn rules<N: PartialOrd>(min: Option<N>, max: Option<N>, shown: impl Fn(&N) -> String) -> Vec<String> {
    if matches!((&min, &max), (Some(min), Some(max)) if min > max) {
        return Vec::new();
    }
    let min = min.map(|min| format!("min: {}", shown(&min)));
    let max = max.map(|max| format!("max: {}", shown(&max)));
    min.into_iter().chain(max).collect()
}

fn length_bounds(members: &Map<String, Value>, min: &str, max: &str) -> Vec<String> {
    let length = |keyword: &str| {
        let number = members.get(keyword)?;
        number.as_i64().or_else(|| whole(number.as_f64()?)).filter(|length| *length >= 0)
    };
    rules(length(min).filter(|min| *min > 0), length(max), i64::to_string)
}

/// A float as the integer that it is.
fn whole(float: f64) -> Option<i64> {
    (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
}

fn int_bounds(members: &Map<String, Value>) -> Vec<String> {
    let near = |number: &Value, round: fn(f64) -> f64| {
        number.as_i64().or_else(|| whole(round(number.as_f64()?))).filter(|int| *int != i64::MIN)
    };
    let bound = |plain: &str, exclusive: &str, step: i64, round: fn(f64) -> f64| {
        let plain = members.get(plain);
        let is_excluded = members.get(exclusive) == Some(&Value::Bool(true));
        let inclusive = plain.and_then(|number| near(number, round));
        let inclusive = match is_excluded {
            true => inclusive.and_then(|int| int.checked_add(step)),
            false => inclusive,
        };
        let excluded = members.get(exclusive).filter(|number| number.is_number()).and_then(|number| {
            // The next integer past it.
            let towards: fn(f64) -> f64 = if step > 0 { f64::floor } else { f64::ceil };
            near(number, towards)?.checked_add(step)
        });
        match (inclusive, excluded) {
            (Some(a), Some(b)) => Some(if step > 0 { a.max(b) } else { a.min(b) }),
            (a, b) => a.or(b),
        }
    };
    let min = bound("minimum", "exclusiveMinimum", 1, f64::ceil);
    let max = bound("maximum", "exclusiveMaximum", -1, f64::floor);
    rules(min, max, i64::to_string)
}

fn float_bounds(members: &Map<String, Value>) -> Vec<String> {
    let bound = |plain: &str, exclusive: &str| {
        let number = members.get(plain).filter(|number| number.is_number()).or_else(|| members.get(exclusive))?;
        number.as_f64().filter(|float| float.is_finite() && float.abs() < 1e15)
    };
    let min = bound("minimum", "exclusiveMinimum");
    rules(min, bound("maximum", "exclusiveMaximum"), |float| format!("{float:?}"))
}

fn shown_pattern(pattern: &str) -> String {
    match pattern.contains(['"', '\n', '\r']) || !pattern.chars().all(|c| matches!(c, ' '..='~')) {
        true => Quoted(pattern).to_string(),
        false => format!("r\"{pattern}\""),
    }
}
