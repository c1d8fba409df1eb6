//! Functions on records, and the one on every value.

use super::strings::function;
use super::{Function, Needs, takes, text, wrong};
use crate::types::Type;
use crate::value::{MAX_TEXT_BYTES, Record, Value, text_too_long};
use std::io::{self, Write};

use Type::String as Text;

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!("record.keys() -> [string]", "The names of the fields that are there, in their order.",
        ("{ a: 1, b: 2 }.keys()", "[\"a\", \"b\"]"), [], 0, Type::list(Text),
        |r, _| Ok(Value::list(record(r)?.iter().map(|(name, _)| Value::string(name.as_str()))))),
    function!("record.get(name: string) -> any", "The field with this name; null where there is none.",
        ("{ a: 1 }.get(\"a\")", "1"), [Text], 0, Type::Any,
        |r, a| Ok(record(r)?.get(text(&a[0])?).cloned().unwrap_or(Value::Null))),
];

#[rustfmt::skip]
pub(super) static ANY: &[Function] = &[
    function!("any.to_json() -> string", "The value as JSON on one line, without blanks.",
        ("[1, \"a\"].to_json()", "\"[1,\\\"a\\\"]\""), [], 0, Text, |v, _| to_json(v)),
];

pub(super) fn record(value: &Value) -> Result<&Record, String> {
    match value {
        Value::Record(record) => Ok(record),
        other => Err(wrong("a record", other)),
    }
}

/// Takes bytes up to the limit of a text.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            true => Err(io::Error::other(text_too_long())),
            false => self.0.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_json(value: &Value) -> Result<Value, String> {
    let mut json = Bounded(Vec::new());
    serde_json::to_writer(&mut json, value).map_err(|_| text_too_long())?;
    Ok(Value::string(String::from_utf8(json.0).expect("JSON is UTF-8")))
}
