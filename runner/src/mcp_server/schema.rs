//! Types of the language ⟶ JSON Schema, for models and clients. What JSON Schema cannot say is left open: the compiler
//! checks every call all the same.

use planc_lang::catalogue::Tool;
use planc_lang::forms::Form;
use planc_lang::types::{Bounds, Literal, Rule, Type};
use serde_json::{Map, Value, json};

/// The arguments of a tool.
pub fn input(tool: &Tool) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for param in &tool.params {
        let mut schema = of(&param.ty);
        if let Some(object) = schema.as_object_mut() {
            if !param.doc.is_empty() {
                object.insert("description".into(), param.doc.as_str().into());
            }
            if let Some(default) = param.default.as_ref().and_then(|default| serde_json::to_value(default).ok()) {
                object.insert("default".into(), default);
            }
        }
        properties.insert(param.wire_name().to_owned(), schema);
        if param.required() {
            required.push(Value::from(param.wire_name()));
        }
    }
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties.into());
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    schema.insert("additionalProperties".into(), false.into());
    schema
}

/// The result of a tool, where it is a record: no other result is one object.
pub fn output(tool: &Tool) -> Option<Map<String, Value>> {
    match &tool.result {
        Type::Record(_) => of(&tool.result).as_object().cloned(),
        _ => None,
    }
}

/// A type.
fn of(ty: &Type) -> Value {
    match ty {
        Type::Any | Type::Named(_) | Type::Within(_) | Type::Error => json!({}),
        Type::Null => json!({ "type": "null" }),
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Float => json!({ "type": "number" }),
        Type::String | Type::Path | Type::Glob => json!({ "type": "string" }),
        Type::Form(form) => form_schema(*form),
        Type::Literal(literal) => json!({ "const": literal_value(literal) }),
        Type::List(item) => json!({ "type": "array", "items": of(item) }),
        Type::Map(value) => json!({ "type": "object", "additionalProperties": of(value) }),
        Type::Record(record) => {
            let properties: Map<String, Value> =
                record.fields.iter().map(|field| (field.name.to_string(), of(&field.ty))).collect();
            let required: Vec<&str> =
                record.fields.iter().filter(|field| !field.optional).map(|field| field.name.as_str()).collect();
            let mut schema = json!({ "type": "object", "properties": properties });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            if !record.is_open {
                schema["additionalProperties"] = json!(false);
            }
            schema
        }
        Type::Union(members) => {
            let literals: Option<Vec<Value>> = members
                .iter()
                .map(|member| match member {
                    Type::Literal(literal) => Some(literal_value(literal)),
                    _ => None,
                })
                .collect();
            match literals {
                Some(literals) => json!({ "enum": literals }),
                None => json!({ "anyOf": members.iter().map(of).collect::<Vec<_>>() }),
            }
        }
        Type::Refined(refined) => {
            let mut schema = of(&refined.base);
            let mut put = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    schema[key] = value;
                }
            };
            match &refined.rule {
                Rule::Int(bounds) => bound(bounds, ("minimum", "maximum"), &mut put),
                Rule::Float(bounds) => bound(bounds, ("minimum", "maximum"), &mut put),
                // The language has regular expressions of its own, which clients may read in another way.
                Rule::Text { length, pattern: _ } => bound(length, ("minLength", "maxLength"), &mut put),
                Rule::Items(bounds) => bound(bounds, ("minItems", "maxItems"), &mut put),
            }
            schema
        }
    }
}

fn bound<N: Copy + Into<Value>>(
    bounds: &Bounds<N>,
    (min, max): (&str, &str),
    put: &mut impl FnMut(&str, Option<Value>),
) {
    put(min, bounds.min.map(Into::into));
    put(max, bounds.max.map(Into::into));
}

fn form_schema(form: Form) -> Value {
    match form {
        Form::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Form::Duration => json!({ "type": "string", "format": "duration" }),
        Form::Date => json!({ "type": "string", "format": "date" }),
        Form::Time => json!({ "type": "string", "description": "a time of day, such as 09:30:00" }),
        Form::Datetime => json!({ "type": "string", "format": "date-time" }),
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::String(text) => json!(text),
        Literal::Int(int) => json!(int),
        Literal::Bool(bool) => json!(bool),
    }
}
