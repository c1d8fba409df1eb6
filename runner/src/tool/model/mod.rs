//! `model.extract`: a text, a question and a type ⟶ a value of that type, of which a model says that it stands in the text.
//!
//! The model is told these three things and nothing else, and is asked twice at most: an answer that is no value of the type
//! goes back with the reason. Its answer is the word of whoever wrote the text, so it is bounded before it is read, and what
//! it becomes is a value of the type or nothing. Which model it is, and how it is reached, is the operator's wiring.

mod reach;

use super::{Args, CallContext, Future_, LiveTool, ToolError};
use crate::config::{ModelWiring, Variables};
use planc_lang::conform::check_value;
use planc_lang::digest::Digest;
use planc_lang::syntax::{EXTRACT_ASK, EXTRACT_FROM, EXTRACT_TYPE};
use planc_lang::types::Type;
use planc_lang::value::{UNKNOWN_KEY, Value};
use serde::{Deserialize, Serialize};

/// The largest text that a model is shown.
pub const MAX_MODEL_TEXT_BYTES: usize = 4 << 20;

/// The largest answer.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;

/// How often a model is asked for one value: a second time with what is wrong about the first answer.
pub const MAX_ASKS: usize = 2;

/// The version of the request.
pub const REQUEST_FORMAT: u32 = 1;

/// How much of an answer is shown in a message and sent back.
const SHOWN_CHARS: usize = 300;

/// What a model is asked, as JSON.
#[derive(Debug, Serialize)]
struct Request<'a> {
    /// [`REQUEST_FORMAT`]
    planc_extract: u32,
    /// What is looked for.
    ask: &'a str,
    /// In which text.
    text: &'a str,
    /// The JSON Schema of the value.
    schema: &'a Value,
    /// The answer before, where it was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<&'a Again>,
}

/// An answer that was none.
#[derive(Debug, Serialize)]
struct Again {
    /// Its beginning.
    answer: String,
    /// What is wrong with it.
    error: String,
}

/// What a model answers, as JSON: a value, or why there is none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Value(serde_json::Value),
    Error(String),
}

/// `model.extract`
#[derive(Clone, Debug, Default)]
pub struct Extract {
    /// How a model is reached; none: not at all.
    pub wiring: Option<ModelWiring>,
}

impl LiveTool for Extract {
    fn call<'a>(&'a self, args: &'a Args, context: &'a CallContext) -> Future_<'a, Result<Value, ToolError>> {
        Box::pin(async move {
            let wiring = self.wiring.as_ref().ok_or_else(|| ToolError::before(NOT_WIRED))?;
            let asked = tokio::time::timeout(context.timeout, value(wiring, args, context));
            asked.await.unwrap_or_else(|_| {
                Err(ToolError::before(format!("the model did not answer within {} ms", context.timeout.as_millis())))
            })
        })
    }
}

/// Why nothing can be extracted.
pub const NOT_WIRED: &str = "no model is wired: `[model]` in `planc.toml` says how one is reached";

/// What an extraction is, with known arguments: the same text, question and type, asked of the same wiring.
pub fn identity(wiring: &ModelWiring, args: &Args) -> Digest {
    let parts = [EXTRACT_FROM, EXTRACT_ASK, EXTRACT_TYPE].map(|name| args.get(name));
    Digest::of_json(&("extraction", REQUEST_FORMAT, wiring_identity(wiring), parts))
}

/// What a wiring is: what it says, and what is in the files and folders that it names. A program that is looked up on `PATH` is known by
/// its name alone.
pub fn wiring_identity(wiring: &ModelWiring) -> Digest {
    Digest::of_json(&("wiring", wiring, wiring.contents()))
}

/// The variables that a program which answers gets, and which of them the operator passes on; none: an address answers.
pub fn variables(wiring: &ModelWiring) -> Option<(&[String], Variables)> {
    match wiring {
        ModelWiring::Command { folder, pass_env, .. } => Some((pass_env, reach::variables(pass_env, folder))),
        ModelWiring::Endpoint { .. } => None,
    }
}

async fn value(wiring: &ModelWiring, args: &Args, context: &CallContext) -> Result<Value, ToolError> {
    let unknown = |name: &str| ToolError::before(format!("nothing can be extracted: `{name}` is not known"));
    let text = args.text(EXTRACT_FROM).ok_or_else(|| unknown(EXTRACT_FROM))?;
    let ask = args.text(EXTRACT_ASK).ok_or_else(|| unknown(EXTRACT_ASK))?;
    if text.len() > MAX_MODEL_TEXT_BYTES {
        let size = text.len();
        let message = format!("the text has {size} bytes, and a model is shown at most {MAX_MODEL_TEXT_BYTES}");
        return Err(ToolError::before(message));
    }
    let mut again: Option<Again> = None;
    for _ in 0..MAX_ASKS {
        let schema = args.get(EXTRACT_TYPE);
        let request = Request { planc_extract: REQUEST_FORMAT, ask, text, schema, again: again.as_ref() };
        let request = serde_json::to_vec(&request).map_err(|error| ToolError::before(error.to_string()))?;
        let answer = reach::answer(wiring, request, context).await.map_err(ToolError::before)?;
        match read(&answer, &args.tool.result) {
            Ok(value) => return Ok(value),
            Err(Refused::ByModel(why)) => return Err(ToolError::before(format!("the model found nothing: {why}"))),
            Err(Refused::NoValue(error)) => again = Some(Again { answer: beginning(&answer), error }),
        }
    }
    let (answer, error) = again.map_or_else(Default::default, |again| (again.answer, again.error));
    Err(ToolError::before(format!(
        "the model gave no value of its type, asked {MAX_ASKS} times: {error}; it said:\n{answer}"
    )))
}

/// Why an answer is no value.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// The model says that there is none.
    ByModel(String),
    /// It is something else.
    NoValue(String),
}

/// The value in an answer.
fn read(answer: &[u8], ty: &Type) -> Result<Value, Refused> {
    let no_value = |why: String| Refused::NoValue(why);
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(no_value(format!("the answer has more than {MAX_ANSWER_BYTES} bytes")));
    }
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| {
        no_value(format!("the answer is not `{{\"value\": …}}` or `{{\"error\": \"…\"}}`: {error}"))
    })?;
    let json = match answer {
        Answer::Value(json) => json,
        Answer::Error(why) => return Err(Refused::ByModel(beginning(why.as_bytes()))),
    };
    if says_unknown(&json) {
        return Err(no_value(format!("no field may be called `{UNKNOWN_KEY}`")));
    }
    let value = Value::from_json(&json);
    check_value(&value, ty).map_err(|misfit| no_value(misfit.to_string()))?;
    Ok(value)
}

/// Whether a value looks like one that is not known yet.
fn says_unknown(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Array(items) => items.iter().any(says_unknown),
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(name, value)| name == UNKNOWN_KEY || says_unknown(value))
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => false,
    }
}

/// The first characters, fit for a message.
fn beginning(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut shown: String = text.trim().chars().take(SHOWN_CHARS).collect();
    if text.trim().chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_value_of_the_type_or_nothing() {
        let ty = Type::record([("amount", Type::Float)]);
        let read = |text: &str| read(text.as_bytes(), &ty);
        assert_eq!(read(r#"{"value": {"amount": 3}}"#), Ok(Value::record([("amount", Value::Int(3))])));
        assert_eq!(read(r#"{"error": "no bill"}"#), Err(Refused::ByModel("no bill".into())));
        for wrong in [
            "",
            "3",
            "{}",
            r#"{"amount": 3}"#,
            r#"{"value": {"amount": "3"}}"#,
            r#"{"value": {"amount": 3, "to": "me"}}"#,
            r#"{"value": {"amount": 3}, "error": "both"}"#,
            r#"{"value": {"$unknown": "float"}}"#,
            r#"{"value": {"amount": 3}} {"value": {"amount": 4}}"#,
            r#"{"value": {"amount": 1e999}}"#,
        ] {
            assert!(matches!(read(wrong), Err(Refused::NoValue(_))), "{wrong}");
        }
        let deep = format!("{{\"value\": {}1{}}}", "[".repeat(5000), "]".repeat(5000));
        assert!(matches!(super::read(deep.as_bytes(), &Type::Any), Err(Refused::NoValue(_))));
        let long = format!("{{\"value\": \"{}\"}}", "x".repeat(MAX_ANSWER_BYTES));
        assert!(matches!(super::read(long.as_bytes(), &Type::String), Err(Refused::NoValue(_))));
    }

    #[test]
    fn a_field_that_says_unknown_is_refused_however_deep_it_lies() {
        let answer = br#"{"value": {"a": [{"$unknown": "string"}]}}"#;
        assert!(matches!(read(answer, &Type::Any), Err(Refused::NoValue(_))));
    }
}
