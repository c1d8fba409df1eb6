//! Typed arguments ⟶ JSON for a server; what a server answers ⟶ a value of the declared type.

use crate::tool::{Args, ToolError};
use planc_lang::conform::check_value;
use planc_lang::types::Type;
use planc_lang::value::Value;
use rmcp::model::CallToolResult;
use serde_json::{Map, Value as Json};

/// The arguments as the server knows them; what was left out is not there.
pub(super) fn arguments(args: &Args) -> Result<Map<String, Json>, ToolError> {
    let mut whole = Map::new();
    for (param, value) in args.tool.params.iter().zip(&args.values) {
        if param.optional && *value == Value::Null {
            continue;
        }
        if !value.is_known() {
            return Err(ToolError::before(format!(
                "could not call `{}`: `{}` is not known",
                args.tool.name, param.name
            )));
        }
        let json = serde_json::to_value(pruned(value, &param.ty))
            .map_err(|error| ToolError::before(format!("`{}` cannot be sent: {error}", param.name)))?;
        whole.insert(param.wire_name().to_owned(), json);
    }
    Ok(whole)
}

/// Without fields that are null where null only says that they are absent.
fn pruned(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::List(items), Type::List(element)) => {
            Value::list(items.iter().map(|item| pruned(item, element)).collect::<Vec<_>>())
        }
        (_, Type::Refined(refined)) => pruned(value, &refined.base),
        (_, Type::Union(members)) => match members.iter().find(|member| check_value(value, member).is_ok()) {
            Some(member) => pruned(value, member),
            None => value.clone(),
        },
        (Value::Record(record), Type::Map(of)) => {
            Value::record(record.iter().map(|(name, item)| (name.clone(), pruned(item, of))))
        }
        (Value::Record(record), Type::Record(wanted)) => {
            let kept = record.iter().filter_map(|(name, item)| match wanted.field(name) {
                Some(field) if field.optional && *item == Value::Null && !field.ty.has_null() => None,
                Some(field) => Some((name.clone(), pruned(item, &field.ty))),
                None => Some((name.clone(), item.clone())),
            });
            Value::record(kept.collect::<Vec<_>>())
        }
        _ => value.clone(),
    }
}

/// What a schema says against a value; none: nothing, or the schema is none that can be checked.
pub(super) fn misfit(schema: &Json, value: &Json) -> Option<String> {
    let validator = jsonschema::options().build(schema).ok()?;
    let error = validator.iter_errors(value).next()?;
    let at = error.instance_path().to_string();
    let why: String = error.to_string().chars().take(300).collect();
    Some(if at.is_empty() { why } else { format!("at `{at}`: {why}") })
}

/// The texts of an answer, one per line.
pub(super) fn texts(result: &CallToolResult) -> String {
    let texts: Vec<&str> =
        result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.as_str()).collect();
    texts.join("\n")
}

/// The value of an answer as the type wants it: a text where it takes texts, all content where it is a record of
/// `content`, else what is structured in it, or its text read as JSON.
pub(super) fn value(result: &CallToolResult, ty: &Type, tool: &str) -> Result<Value, ToolError> {
    let members = ty.members();
    let takes_text = members.contains(&Type::String);
    if *ty == Type::Null {
        return Ok(Value::Null);
    }
    if takes_text && (result.structured_content.is_none() || members.len() == 1) {
        return Ok(Value::string(texts(result)));
    }
    let is_content =
        matches!(ty, Type::Record(record) if record.fields.len() == 1 && record.fields[0].name == "content");
    let wants_structure = |json: &Json| json.as_object().is_some_and(|object| object.contains_key("content"));
    let json = match &result.structured_content {
        Some(json) if !is_content || wants_structure(json) => json.clone(),
        Some(_) | None if is_content => {
            serde_json::json!({ "content": serde_json::to_value(&result.content).unwrap_or_default() })
        }
        Some(json) => json.clone(),
        None => serde_json::from_str(&texts(result)).map_err(|_| {
            ToolError::done(format!(
                "the answer of `{tool}` is a text that is no JSON, and its declared result is {}",
                ty.brief()
            ))
        })?,
    };
    read(&json, ty).map_err(|why| ToolError::done(format!("the result of `{tool}` cannot be taken: {why}")))
}

/// JSON as a value; numbers without fraction are integers where the type wants those, and texts have the form that it
/// gives them.
fn read(json: &Json, ty: &Type) -> Result<Value, String> {
    let text = serde_json::to_string(json).map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if !value.is_known() {
        return Err("it holds what planc keeps for itself".to_owned());
    }
    Ok(planc_lang::conform::read(&value, ty).unwrap_or(value))
}
