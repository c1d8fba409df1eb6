//! Functions on maps: records of any fields, whose values are all of one type. What values there are stays unknown.

use super::records::record;
use super::strings::name_of;
use super::{Function, Needs, size, takes, text};
use crate::types::Type;
use crate::value::Value;

use Type::{Bool, Int, String as Text};

macro_rules! function {
    ($signature:literal, $doc:literal, $example:expr, $check:expr, $eval:expr) => {
        Function {
            name: name_of($signature),
            signature: $signature,
            doc: $doc,
            example: $example,
            check: $check,
            needs: Needs::Shape,
            pattern: None,
            eval: $eval,
        }
    };
}

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!("map<T>.keys() -> [string]", "The keys, in their order.",
        ("({ a: 1, b: 2 } as (map<int>)).keys()", r#"["a", "b"]"#), |_, a| takes(a, &[], 0, Type::list(Text)),
        |m, _| Ok(Value::list(record(m)?.iter().map(|(key, _)| Value::string(key.as_str()))))),
    function!("map<T>.values() -> [T]", "The values, in the order of their keys.",
        ("({ a: 1, b: 2 } as (map<int>)).values()", "[1, 2]"), |m, a| takes(a, &[], 0, Type::list(value(m))),
        |m, _| Ok(Value::list(record(m)?.iter().map(|(_, value)| value.clone())))),
    function!("map<T>.entries() -> [{ key: string, value: T }]", "A record of key and value for each of them.",
        ("({ a: 1 } as (map<int>)).entries()", r#"[{ key: "a", value: 1 }]"#), |m, a| takes(a, &[], 0, Type::list(entry(m))),
        |m, _| Ok(Value::list(record(m)?.iter().map(|(key, value)| {
            Value::record([("key", Value::string(key.as_str())), ("value", value.clone())])
        })))),
    function!("map<T>.get(key: string) -> T?", "The value of this key, as `map[key]` gives it; null where there is none.",
        (r#"({ a: 1 } as (map<int>)).get("b")"#, "null"), |m, a| takes(a, &[Text], 0, value(m).optional()),
        |m, a| Ok(record(m)?.get(text(&a[0])?).cloned().unwrap_or(Value::Null))),
    function!("map<T>.has(key: string) -> bool", "Whether there is a value for this key, be it null.",
        (r#"({ a: 1 } as (map<int>)).has("a")"#, "true"), |_, a| takes(a, &[Text], 0, Bool),
        |m, a| Ok(Value::Bool(record(m)?.get(text(&a[0])?).is_some()))),
    function!("map<T>.length() -> int", "The number of keys.",
        ("({ a: 1, b: 2 } as (map<int>)).length()", "2"), |_, a| takes(a, &[], 0, Int), |m, _| Ok(size(record(m)?.len()))),
    function!("map<T>.is_empty() -> bool", "Whether there is no key.",
        ("({ a: 1 } as (map<int>)).is_empty()", "false"), |_, a| takes(a, &[], 0, Bool), |m, _| Ok(Value::Bool(record(m)?.is_empty()))),
];

/// The type of the values: of all maps that the receiver may be.
fn value(receiver: &Type) -> Type {
    Type::union(receiver.members().iter().filter_map(|member| match member {
        Type::Map(value) => Some(value.head()),
        _ => None,
    }))
}

fn entry(receiver: &Type) -> Type {
    Type::record([("key", Text), ("value", value(receiver))])
}
