//! Functions on bytes, and those that make bytes of texts.

use super::strings::{function, made, range};
use super::{Function, Needs, size, takes, text, wrong};
use crate::digest::Digest;
use crate::forms::{Form, Formed};
use crate::types::Type;
use crate::value::{MAX_TEXT_BYTES, Value, text_too_long};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

use Type::{Bool, Int, String as Text};

const BYTES: Type = Type::Form(Form::Bytes);

#[rustfmt::skip]
pub(super) static TABLE: &[Function] = &[
    function!("bytes.length() -> int", "The number of bytes.",
        (r#""é".to_bytes().length()"#, "2"), [], 0, Int, |b, _| Ok(size(bytes(b)?.len()))),
    function!("bytes.is_empty() -> bool", "Whether there is no byte.",
        (r#""".to_bytes().is_empty()"#, "true"), [], 0, Bool, |b, _| Ok(Value::Bool(bytes(b)?.is_empty()))),
    function!("bytes.slice(start: int, end?: int) -> bytes",
        "The bytes from `start` (from 0) up to, not including, `end`, or all up to the end.",
        (r#""abc".to_bytes().slice(1).to_text()"#, r#""bc""#), [Int, Int], 1, BYTES,
        |b, a| bytes(b).and_then(|b| Ok(of(&b[range(a, b.len(), "{} bytes")?])))),
    function!("bytes.to_text() -> string", "The text that the bytes are in UTF-8; fails where they are none.",
        (r#""é".to_bytes().to_text()"#, r#""é""#), [], 0, Text,
        |b, _| std::str::from_utf8(bytes(b)?).map(Value::string).map_err(|_| "the bytes are not UTF-8".into())),
    function!("bytes.to_base64() -> string", "The bytes in base64, with padding.",
        (r#""hi".to_bytes().to_base64()"#, r#""aGk=""#), [], 0, Text,
        |b, _| within(bytes(b)?, 2).and_then(|b| made(STANDARD.encode(b)))),
    function!("bytes.to_hex() -> string", "The bytes as pairs of hexadecimal digits, in lower case.",
        (r#""hi".to_bytes().to_hex()"#, r#""6869""#), [], 0, Text, |b, _| within(bytes(b)?, 2).and_then(|b| made(hex(b)))),
    function!("bytes.sha256() -> string", "The SHA-256 of the bytes, in hexadecimal digits.",
        (r#""".to_bytes().sha256().slice(0, 8)"#, r#""e3b0c442""#), [], 0, Text, |b, _| made(Digest::of(bytes(b)?).hex())),
];

#[rustfmt::skip]
pub(super) static OF_TEXT: &[Function] = &[
    function!("string.to_bytes() -> bytes", "The text in UTF-8.",
        (r#""hi".to_bytes().to_hex()"#, r#""6869""#), [], 0, BYTES, |s, _| Ok(of(text(s)?.as_bytes()))),
    function!("string.parse_base64() -> bytes?", "The bytes that the text is in base64 with padding; null where it is not.",
        (r#""aGk=".parse_base64()?.to_text()"#, r#""hi""#), [], 0, BYTES.optional(),
        |s, _| Ok(Form::Bytes.read(text(s)?).map_or(Value::Null, Value::formed))),
    function!("string.parse_hex() -> bytes?", "The bytes that the text is in pairs of hexadecimal digits; null where it is not.",
        (r#""6869".parse_hex()?.to_text()"#, r#""hi""#), [], 0, BYTES.optional(), |s, _| Ok(parse_hex(text(s)?))),
    function!("string.sha256() -> string", "The SHA-256 of the text in UTF-8, in hexadecimal digits.",
        (r#""".sha256().slice(0, 8)"#, r#""e3b0c442""#), [], 0, Text, |s, _| made(Digest::of(text(s)?).hex())),
];

fn of(bytes: &[u8]) -> Value {
    Value::formed(Formed::Bytes(bytes.into()))
}

/// The bytes of a receiver whose type was checked.
fn bytes(value: &Value) -> Result<&[u8], String> {
    match value.as_formed() {
        Some(Formed::Bytes(bytes)) => Ok(bytes),
        _ => Err(wrong("bytes", value)),
    }
}

/// The bytes, unless a text of `times` as many is too long.
fn within(bytes: &[u8], times: usize) -> Result<&[u8], String> {
    match bytes.len().saturating_mul(times) > MAX_TEXT_BYTES {
        true => Err(text_too_long()),
        false => Ok(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("a string takes all that is written");
    }
    digits
}

fn parse_hex(text: &str) -> Value {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().map_or(Value::Null, |bytes| of(&bytes))
}
