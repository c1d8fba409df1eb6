//! Schemas that are put together, and those that others refer to.

use serde_json::{Map, Value};

/// Without some keywords.
pub(super) fn without(members: &Map<String, Value>, keywords: &[&str]) -> Map<String, Value> {
    let kept = members.iter().filter(|(name, _)| !keywords.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Adds what another schema asks for as well. Gives the keywords of which both have one, and only the first was kept.
pub(super) fn merged(whole: &mut Map<String, Value>, other: &Value) -> Vec<String> {
    let Value::Object(other) = other else { return Vec::new() };
    let mut clashing = Vec::new();
    for (keyword, value) in other {
        let Some(present) = whole.get_mut(keyword) else {
            whole.insert(keyword.clone(), value.clone());
            continue;
        };
        match (keyword.as_str(), present, value) {
            (
                "properties" | "$defs" | "definitions" | "patternProperties",
                Value::Object(present),
                Value::Object(more),
            ) => {
                for (name, schema) in more {
                    match present.get_mut(name) {
                        None => drop(present.insert(name.clone(), schema.clone())),
                        Some(Value::Object(first)) => clashing.extend(merged(first, schema)),
                        Some(first) if first == schema || *first == Value::Bool(false) => {}
                        Some(first) => *first = schema.clone(),
                    }
                }
            }
            ("required", Value::Array(present), Value::Array(more)) => present.extend(more.iter().cloned()),
            ("enum", Value::Array(present), Value::Array(more)) if present.iter().any(|value| more.contains(value)) => {
                present.retain(|value| more.contains(value));
            }
            ("title" | "description" | "default" | "examples" | "$schema" | "$id" | "$comment", _, _) => {}
            ("anyOf" | "oneOf" | "allOf", _, _) => clashing.push(keyword.clone()),
            (_, present, value) if *present != *value => clashing.push(keyword.clone()),
            (_, _, _) => {}
        }
    }
    clashing
}

/// What a reference within the same schema is to, with its pointer; nothing is fetched.
pub(super) fn pointed<'r>(root: &'r Value, reference: &str) -> Option<(String, &'r Value)> {
    let pointer = percent_decoded(reference.strip_prefix('#')?)?;
    match pointer.is_empty() || pointer.starts_with('/') {
        true => root.pointer(&pointer).map(|target| (pointer, target)),
        false => None,
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}
