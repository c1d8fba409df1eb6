//! Values: JSON with exact integers, in which every part is known or "known after run".
//!
//! A value knows its own shape and nothing else: no types are checked here.

use crate::forms::Formed;
use crate::types::{Quoted, ShownName, Type};
use rustc_hash::FxHashMap;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

pub mod compare;

/// The longest text that an evaluation makes, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// The longest list that an evaluation makes.
pub const MAX_ITEMS: usize = 1_000_000;

/// How deep lists and records may lie in each other.
pub const MAX_DEPTH: usize = 512;

/// The most that a whole value may take, in bytes: its texts and 16 for each part, repeated parts counted each time.
pub const MAX_VALUE_BYTES: u64 = 256 * 1024 * 1024;

/// Says that a text is past [`MAX_TEXT_BYTES`].
pub fn text_too_long() -> String {
    format!("the text has more than {} MiB", MAX_TEXT_BYTES / 1024 / 1024)
}

/// Says that a list is past [`MAX_ITEMS`].
pub fn too_many_items() -> String {
    format!("the list has more than {MAX_ITEMS} items")
}

/// An integer as a float, if that is certain to be exact: up to 2⁵³ in size.
pub fn exact_float(int: i64) -> Option<f64> {
    (int.unsigned_abs() <= 1 << 53).then_some(int as f64)
}

/// The key that marks an unknown value in JSON: `{"$unknown": "string"}`.
pub const UNKNOWN_KEY: &str = "$unknown";

/// A value, cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// A Boolean.
    Bool(bool),
    /// An exact 64-bit integer.
    Int(i64),
    /// A finite number; never NaN.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// Bytes, a duration, a date, a time: a text in JSON, see [`crate::conform::read`].
    Formed(Arc<Formed>),
    /// A list.
    List(Arc<[Value]>),
    /// A record.
    Record(Record),
    /// Known only after a run; the type is all that is known.
    Unknown(Type),
}

/// Fields in the order they were given. Equality does not look at the order.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Vec<(SmolStr, Value)>>);

impl Record {
    /// A record of fields; of two with one name the later one wins.
    pub fn new(fields: impl IntoIterator<Item = (SmolStr, Value)>) -> Record {
        let mut list: Vec<(SmolStr, Value)> = Vec::new();
        let mut places: FxHashMap<SmolStr, usize> = FxHashMap::default();
        for (name, value) in fields {
            match places.entry(name.clone()) {
                Entry::Occupied(place) => list[*place.get()].1 = value,
                Entry::Vacant(place) => {
                    place.insert(list.len());
                    list.push((name, value));
                }
            }
        }
        Record(Arc::new(list))
    }

    /// The field with this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&SmolStr, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        // Each pair of values is compared once: twice for each level would be exponential in the depth.
        if self.iter().map(|(name, _)| name).eq(other.iter().map(|(name, _)| name)) {
            return self.iter().zip(other.iter()).all(|((_, a), (_, b))| a == b);
        }
        let by_name: BTreeMap<&SmolStr, &Value> = other.iter().collect();
        self.len() == other.len() && self.iter().all(|(name, value)| by_name.get(name) == Some(&value))
    }
}

impl Value {
    /// A text value.
    pub fn string(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    /// Bytes, a duration, a date or a time.
    pub fn formed(formed: Formed) -> Value {
        Value::Formed(Arc::new(formed))
    }

    /// A list value.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(items.into_iter().collect())
    }

    /// A record value.
    pub fn record<N: Into<SmolStr>>(fields: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::Record(Record::new(fields.into_iter().map(|(name, value)| (name.into(), value))))
    }

    /// The field of a record; `None` for an absent field and for anything but a record.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(record) => record.get(name),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, duration, date or time.
    pub fn as_formed(&self) -> Option<&Formed> {
        match self {
            Value::Formed(formed) => Some(formed),
            _ => None,
        }
    }

    /// The integer.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The Boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether no part of it is unknown.
    pub fn is_known(&self) -> bool {
        match self {
            Value::Unknown(_) => false,
            Value::List(items) => items.iter().all(Value::is_known),
            Value::Record(record) => record.iter().all(|(_, value)| value.is_known()),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Formed(_) => {
                true
            }
        }
    }

    /// What stands in a text for it: a text itself, numbers, Booleans, durations as literals, dates and times as in JSON;
    /// none for null, bytes, lists, records and what is not known.
    pub fn text(&self) -> Option<String> {
        match self {
            Value::String(text) => Some(text.to_string()),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Some(self.to_string()),
            Value::Formed(formed) => match &**formed {
                Formed::Bytes(_) => None,
                Formed::Duration(_) | Formed::Date(_) | Formed::Time(_) | Formed::Datetime(_) => {
                    Some(formed.literal().unwrap_or_else(|| formed.to_string()))
                }
            },
            Value::Null | Value::List(_) | Value::Record(_) | Value::Unknown(_) => None,
        }
    }

    /// What kind of value it is, as a noun.
    pub fn describe(&self) -> String {
        match self {
            Value::Null => "null".into(),
            Value::Bool(b) => format!("`{b}`"),
            Value::Int(i) => format!("`{i}`"),
            Value::Float(x) => format!("`{x}`"),
            Value::String(s) if s.chars().count() <= 40 => Quoted(s).to_string(),
            Value::String(_) => "a string".into(),
            Value::Formed(formed) => match &**formed {
                Formed::Bytes(bytes) => format!("{} bytes", bytes.len()),
                Formed::Duration(_) | Formed::Date(_) | Formed::Time(_) | Formed::Datetime(_) => {
                    format!("the {} {}", formed.form(), self.text().unwrap_or_default())
                }
            },
            Value::List(_) => "a list".into(),
            Value::Record(_) => "a record".into(),
            Value::Unknown(ty) => format!("a {ty} known after the run"),
        }
    }

    /// From JSON. Integers past 64 bits and non-finite numbers do not occur in it or become floats.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::Number(n) => match n.as_i64() {
                Some(i) => Value::Int(i),
                None => Value::Float(n.as_f64().unwrap_or(f64::MAX)),
            },
            serde_json::Value::String(s) => Value::string(s.as_str()),
            serde_json::Value::Array(items) => Value::list(items.iter().map(Value::from_json)),
            serde_json::Value::Object(fields) => {
                Value::record(fields.iter().map(|(name, value)| (name.as_str(), Value::from_json(value))))
            }
        }
    }

    /// As JSON; unknown parts as `{"$unknown": "type"}`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a value is always representable as JSON")
    }
}

/// Whether a value is known, or was when it was written as JSON: parts of it may not be.
pub fn is_known(value: &Value) -> bool {
    match value {
        Value::Unknown(_) => false,
        Value::Record(record) => record.len() != 1 || record.get(UNKNOWN_KEY).is_none(),
        _ => true,
    }
}

/// The same of a value with all of its parts.
pub fn is_wholly_known(value: &Value) -> bool {
    match value {
        value if !is_known(value) => false,
        Value::List(items) => items.iter().all(is_wholly_known),
        Value::Record(record) => record.iter().all(|(_, value)| is_wholly_known(value)),
        _ => true,
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(i) => serializer.serialize_i64(*i),
            Value::Float(x) => serializer.serialize_f64(*x),
            Value::String(s) => serializer.serialize_str(s),
            Value::Formed(formed) => serializer.collect_str(formed),
            Value::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Value::Record(record) => {
                let mut map = serializer.serialize_map(Some(record.len()))?;
                for (name, value) in record.iter() {
                    map.serialize_entry(name.as_str(), value)?;
                }
                map.end()
            }
            Value::Unknown(ty) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(UNKNOWN_KEY, &ty.to_string())?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
                Ok(Value::Bool(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
                Ok(Value::Int(v))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
                Ok(i64::try_from(v).map_or(Value::Float(v as f64), Value::Int))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
                Ok(Value::Float(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<Value, E> {
                Ok(Value::string(v))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Value::List(items.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<SmolStr, Value>()? {
                    fields.push(field);
                }
                Ok(Value::Record(Record::new(fields)))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// As the language writes it: strings and what has no literal of its own quoted, records with braces.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(i) => write!(f, "{i}"),
            Value::Float(x) => write!(f, "{x:?}"),
            Value::String(s) => write!(f, "{}", Quoted(s)),
            Value::Formed(formed) => match formed.literal() {
                Some(literal) => f.write_str(&literal),
                None => write!(f, "\"{formed}\""),
            },
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Record(record) if record.is_empty() => f.write_str("{}"),
            Value::Record(record) => {
                for (index, (name, value)) in record.iter().enumerate() {
                    write!(f, "{}{}: {value}", if index > 0 { ", " } else { "{ " }, ShownName(name))?;
                }
                f.write_str(" }")
            }
            Value::Unknown(_) => f.write_str("(known after run)"),
        }
    }
}
