//! A type ⟶ the JSON Schema of its values, as a value: what somebody is told who shall give one and does not know the language.
//!
//! Types that the language tells apart have different schemas, so that a schema can stand for its type in a digest. Whether a
//! value is of a type is judged by [`crate::conform`] and by nobody else: a schema says a little less, such as that an
//! integer has 64 bits.

use crate::forms::Form;
use crate::types::{Bounds, Group, Literal, RecordType, Rule, Type};
use crate::value::Value;
use smol_str::{SmolStr, format_smolstr};
use std::sync::Arc;

/// The schema of a type, in the draft 2020-12. Named types that contain themselves are its `$defs`.
pub fn schema(ty: &Type) -> Value {
    let mut writer = Writer::default();
    let mut members = writer.members(ty, None);
    // A definition may name further groups.
    let mut definitions = Vec::new();
    while let Some(group) = writer.groups.get(definitions.len()).cloned() {
        let all = group.definitions.iter().enumerate();
        let all: Vec<Member> = all
            .map(|(index, of)| (name_of(&writer, &group, index), record(writer.members(&of.ty, Some(&group)))))
            .collect();
        definitions.push(all);
    }
    if !definitions.is_empty() {
        members.push(("$defs".into(), record(definitions.into_iter().flatten().collect())));
    }
    record(members)
}

/// A keyword with its value.
type Member = (SmolStr, Value);

fn record(members: Vec<Member>) -> Value {
    Value::record(members)
}

#[derive(Default)]
struct Writer {
    /// Those that were met, in this order.
    groups: Vec<Arc<Group>>,
}

/// What a definition is called among all of the schema.
fn name_of(writer: &Writer, group: &Arc<Group>, index: usize) -> SmolStr {
    let at = writer.groups.iter().position(|known| known == group).unwrap_or_default();
    let name = group.definitions.get(index).map_or("", |definition| &definition.name);
    match at {
        0 => name.into(),
        at => format_smolstr!("{name}-{at}"),
    }
}

impl Writer {
    fn schema(&mut self, ty: &Type, group: Option<&Arc<Group>>) -> Value {
        record(self.members(ty, group))
    }

    fn members(&mut self, ty: &Type, group: Option<&Arc<Group>>) -> Vec<Member> {
        match ty {
            Type::Any | Type::Error => Vec::new(),
            Type::Null => typed("null"),
            Type::Bool => typed("boolean"),
            Type::Int => typed("integer"),
            Type::Float => typed("number"),
            Type::String => typed("string"),
            Type::Path => text("path"),
            Type::Glob => text("glob"),
            Type::Form(form) => formed(*form),
            Type::Literal(literal) => vec![("const".into(), constant(literal))],
            Type::List(element) => [typed("array"), vec![("items".into(), self.schema(element, group))]].concat(),
            Type::Map(value) => {
                [typed("object"), vec![("additionalProperties".into(), self.schema(value, group))]].concat()
            }
            Type::Record(fields) => self.record(fields, group),
            Type::Union(members) => self.union(members, group),
            Type::Refined(refined) => [self.members(&refined.base, group), rule(&refined.rule)].concat(),
            Type::Named(named) => self.reference(&named.group.clone(), named.index as usize),
            Type::Within(index) => group.map_or_else(Vec::new, |group| self.reference(group, *index as usize)),
        }
    }

    fn record(&mut self, record: &RecordType, group: Option<&Arc<Group>>) -> Vec<Member> {
        let properties = record.fields.iter().map(|field| (field.name.clone(), self.schema(&field.ty, group)));
        let properties = Value::record(properties.collect::<Vec<_>>());
        let required = record.fields.iter().filter(|field| !field.optional);
        let required = Value::list(required.map(|field| Value::string(field.name.as_str())));
        let mut members = typed("object");
        members.push(("properties".into(), properties));
        members.push(("required".into(), required));
        members.push(("additionalProperties".into(), Value::Bool(record.is_open)));
        members
    }

    fn union(&mut self, members: &[Type], group: Option<&Arc<Group>>) -> Vec<Member> {
        let literals: Vec<Value> = members
            .iter()
            .filter_map(|member| if let Type::Literal(literal) = member { Some(constant(literal)) } else { None })
            .collect();
        if literals.len() == members.len() {
            return vec![("enum".into(), Value::list(literals))];
        }
        let members: Vec<Value> = members.iter().map(|member| self.schema(member, group)).collect();
        vec![("anyOf".into(), Value::list(members))]
    }

    fn reference(&mut self, group: &Arc<Group>, index: usize) -> Vec<Member> {
        if !self.groups.contains(group) {
            self.groups.push(group.clone());
        }
        let pointer = format!("#/$defs/{}", name_of(self, group, index));
        vec![("$ref".into(), Value::string(pointer))]
    }
}

fn typed(name: &str) -> Vec<Member> {
    vec![("type".into(), Value::string(name))]
}

/// A text of a form that has a name.
fn text(format: &str) -> Vec<Member> {
    [typed("string"), vec![("format".into(), Value::string(format))]].concat()
}

fn formed(form: Form) -> Vec<Member> {
    match form {
        Form::Bytes => [typed("string"), vec![("contentEncoding".into(), Value::string("base64"))]].concat(),
        Form::Duration => text("duration"),
        Form::Date => text("date"),
        Form::Time => text("time"),
        Form::Datetime => text("date-time"),
    }
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::String(text) => Value::string(text.as_str()),
        Literal::Int(int) => Value::Int(*int),
        Literal::Bool(bool) => Value::Bool(*bool),
    }
}

fn rule(rule: &Rule) -> Vec<Member> {
    let size = |bound: u64| Value::Int(i64::try_from(bound).unwrap_or(i64::MAX));
    match rule {
        Rule::Int(bounds) => bounded(bounds, ["minimum", "maximum"], Value::Int),
        Rule::Float(bounds) => bounded(bounds, ["minimum", "maximum"], Value::Float),
        Rule::Items(bounds) => bounded(bounds, ["minItems", "maxItems"], size),
        Rule::Text { length, pattern } => {
            let mut members = bounded(length, ["minLength", "maxLength"], size);
            members.extend(pattern.iter().map(|pattern| ("pattern".into(), Value::string(pattern.as_str()))));
            members
        }
    }
}

fn bounded<N: Copy>(bounds: &Bounds<N>, [min, max]: [&str; 2], value: impl Fn(N) -> Value) -> Vec<Member> {
    let one = |name: &str, bound: Option<N>| bound.map(|bound| (SmolStr::new(name), value(bound)));
    [one(min, bounds.min), one(max, bounds.max)].into_iter().flatten().collect()
}
