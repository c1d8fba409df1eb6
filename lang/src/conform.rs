//! Values against types: does this value fit, and if not, where and why; and which value a text of JSON stands for.

use crate::paths::{check_glob, check_path};
use crate::types::{Literal, Type};
use crate::value::{Value, exact_float};
use std::fmt;

/// Why a known value is not of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// Where in the value: `.edits[0].find`, or empty for the value itself.
    pub path: String,
    /// A phrase: "expected string, found int".
    pub reason: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => write!(f, "{}", self.reason),
            false => write!(f, "at `{}`: {}", self.path, self.reason),
        }
    }
}

/// Checks a value against a type, rules of form included. Unknown parts are accepted when their types are.
pub fn check_value(value: &Value, ty: &Type) -> Result<(), Misfit> {
    check_at(value, ty, &mut String::new())
}

fn check_at(value: &Value, ty: &Type, path: &mut String) -> Result<(), Misfit> {
    let misfit = |path: &str, reason: String| Err(Misfit { path: path.to_owned(), reason });
    match (value, ty) {
        (_, Type::Any | Type::Error) => Ok(()),
        (Value::Unknown(unknown), _) => match unknown.is_accepted_as(ty) {
            true => Ok(()),
            false => misfit(path, format!("expected {ty}, found {unknown}")),
        },
        (Value::Null, Type::Null) => Ok(()),
        (Value::Bool(_), Type::Bool) => Ok(()),
        (Value::Int(_), Type::Int) => Ok(()),
        (Value::Int(i), Type::Float) => match exact_float(*i) {
            Some(_) => Ok(()),
            None => misfit(path, format!("{i} is not exact as a float")),
        },
        (Value::Float(_), Type::Float) => Ok(()),
        (Value::String(_), Type::String) => Ok(()),
        (Value::String(s), Type::Path) => check_path(s).or_else(|reason| misfit(path, reason)),
        (Value::String(s), Type::Glob) => check_glob(s).or_else(|reason| misfit(path, reason)),
        (Value::Formed(formed), Type::Form(form)) if formed.form() == *form => Ok(()),
        (Value::String(s), Type::Form(form)) => match form.read(s) {
            Some(_) => Ok(()),
            None => {
                let found = value.describe();
                misfit(path, format!("expected a {form} such as \"{}\", found {found}", form.example()))
            }
        },
        (Value::String(s), Type::Literal(Literal::String(l))) if **s == **l => Ok(()),
        (Value::Int(i), Type::Literal(Literal::Int(l))) if i == l => Ok(()),
        (Value::Bool(b), Type::Literal(Literal::Bool(l))) if b == l => Ok(()),
        (Value::List(items), Type::List(element)) => {
            for (index, item) in items.iter().enumerate() {
                let length = path.len();
                path.push_str(&format!("[{index}]"));
                check_at(item, element, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        (Value::Record(record), Type::Record(wanted)) => {
            for (name, item) in record.iter() {
                let Some(field) = wanted.field(name) else {
                    return misfit(path, format!("there is no field `{name}` in {ty}"));
                };
                if field.optional && *item == Value::Null {
                    continue;
                }
                let length = path.len();
                path.push('.');
                path.push_str(name);
                check_at(item, &field.ty, path)?;
                path.truncate(length);
            }
            match wanted.fields.iter().find(|field| !field.optional && record.get(&field.name).is_none()) {
                Some(field) => misfit(path, format!("the field `{}` is missing", field.name)),
                None => Ok(()),
            }
        }
        (_, Type::Union(members)) => {
            let mut first = None;
            for member in members.iter() {
                match check_at(value, member, &mut path.clone()) {
                    Ok(()) => return Ok(()),
                    // The deepest reason is the most telling: the value had this member's outer shape.
                    Err(misfit) if misfit.path.len() > path.len() => first = Some(misfit),
                    Err(misfit) if first.is_none() && same_shape(value, member) => first = Some(misfit),
                    Err(_) => {}
                }
            }
            match first {
                Some(misfit) => Err(misfit),
                None => misfit(path, format!("expected {ty}, found {}", value.describe())),
            }
        }
        _ => misfit(path, format!("expected {ty}, found {}", value.describe())),
    }
}

/// The value with each text in it read that its type gives a form; none where there is no such text.
///
/// What comes from outside is JSON, where a date is a text. Where a union also takes the text as it is, it stays one; of
/// several forms the first that reads it counts. What does not fit its type is left as it is.
pub fn read(value: &Value, ty: &Type) -> Option<Value> {
    match (value, ty) {
        (Value::String(text), Type::Form(form)) => form.read(text).map(Value::formed),
        (Value::String(_), Type::Union(members)) => {
            let is_text = |member: &Type| !matches!(member, Type::Form(_)) && check_value(value, member).is_ok();
            match members.iter().any(is_text) {
                true => None,
                false => members.iter().find_map(|member| read(value, member)),
            }
        }
        (Value::List(_) | Value::Record(_), Type::Union(members)) => {
            read(value, members.iter().find(|member| check_value(value, member).is_ok())?)
        }
        (Value::List(items), Type::List(element)) => {
            read_each(items.iter().map(|item| (item, Some(&**element)))).map(Value::list)
        }
        (Value::Record(record), Type::Record(wanted)) => {
            let parts = record.iter().map(|(name, item)| (item, wanted.field(name).map(|field| &field.ty)));
            let read = read_each(parts)?;
            Some(Value::record(record.iter().map(|(name, _)| name.clone()).zip(read)))
        }
        _ => None,
    }
}

/// All parts, those read that their types give a form; none where there is no such part.
fn read_each<'v>(parts: impl Iterator<Item = (&'v Value, Option<&'v Type>)>) -> Option<Vec<Value>> {
    let mut changed = false;
    let read = parts.map(|(part, ty)| {
        let read = ty.and_then(|ty| read(part, ty));
        changed |= read.is_some();
        read.unwrap_or_else(|| part.clone())
    });
    let all = read.collect();
    changed.then_some(all)
}

fn same_shape(value: &Value, ty: &Type) -> bool {
    matches!((value, ty), (Value::Record(_), Type::Record(_)) | (Value::List(_), Type::List(_)))
}
