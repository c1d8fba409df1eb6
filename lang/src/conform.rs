//! Values against types: does this value fit, and if not, where and why; and which value a text of JSON stands for.

use crate::lexer::is_name;
use crate::paths::{check_glob, check_path};
use crate::types::{Literal, Quoted, RecordType, Type, View};
use crate::value::{Record, Value, exact_float};
use rustc_hash::FxHashMap;
use std::fmt::{self, Write};

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

/// Checks a value against a type, rules of form and refinements included. Unknown parts are accepted when their types are.
pub fn check_value(value: &Value, ty: &Type) -> Result<(), Misfit> {
    Check::default().at(value, View::of(ty))
}

/// One check: where it is, and what it has found of named types.
#[derive(Default)]
struct Check {
    path: String,
    /// Whether a part fits what a name stands for, by their places; why not, with the path from that part on. Alternatives
    /// of one form would look at the same parts again at every level otherwise.
    named: FxHashMap<(*const Value, *const Type), Result<(), Misfit>>,
}

impl Check {
    fn at(&mut self, value: &Value, view: View<'_>) -> Result<(), Misfit> {
        match view.definition() {
            Some(definition) => self.definition(value, definition),
            None => self.form(value, view),
        }
    }

    fn definition(&mut self, value: &Value, definition: View<'_>) -> Result<(), Misfit> {
        let key = (std::ptr::from_ref(value), std::ptr::from_ref(definition.ty));
        if let Some(found) = self.named.get(&key) {
            return found.clone().map_err(|misfit| Misfit { path: self.path.clone() + &misfit.path, ..misfit });
        }
        let found = self.at(value, definition);
        let from = self.path.len();
        let kept = found.clone().map_err(|misfit| Misfit { path: misfit.path[from..].to_owned(), ..misfit });
        self.named.insert(key, kept);
        found
    }

    fn form(&mut self, value: &Value, view: View<'_>) -> Result<(), Misfit> {
        match (value, view.ty) {
            (_, Type::Any | Type::Error) => Ok(()),
            (Value::Unknown(unknown), _) => match unknown.is_accepted_as(&view.closed()) {
                true => Ok(()),
                false => self.misfit(format!("expected {}, found {unknown}", view.closed())),
            },
            (Value::Null, Type::Null) => Ok(()),
            (Value::Bool(_), Type::Bool) => Ok(()),
            (Value::Int(_), Type::Int) => Ok(()),
            (Value::Int(i), Type::Float) => match exact_float(*i) {
                Some(_) => Ok(()),
                None => self.misfit(format!("{i} is not exact as a float")),
            },
            (Value::Float(_), Type::Float) => Ok(()),
            (Value::String(_), Type::String) => Ok(()),
            (Value::String(s), Type::Path) => check_path(s).or_else(|reason| self.misfit(reason)),
            (Value::String(s), Type::Glob) => check_glob(s).or_else(|reason| self.misfit(reason)),
            (Value::Formed(formed), Type::Form(form)) if formed.form() == *form => Ok(()),
            (Value::String(s), Type::Form(form)) => match form.read(s) {
                Some(_) => Ok(()),
                None => {
                    let found = value.describe();
                    self.misfit(format!("expected a {form} such as \"{}\", found {found}", form.example()))
                }
            },
            (Value::String(s), Type::Literal(Literal::String(l))) if **s == **l => Ok(()),
            (Value::Int(i), Type::Literal(Literal::Int(l))) if i == l => Ok(()),
            (Value::Bool(b), Type::Literal(Literal::Bool(l))) if b == l => Ok(()),
            (Value::List(items), Type::List(element)) => self.items(items, view.at(element)),
            (Value::Record(record), Type::Map(ty)) => self.entries(record, view.at(ty)),
            (Value::Record(record), Type::Record(wanted)) => self.fields(record, wanted, view),
            (_, Type::Refined(refined)) => {
                self.at(value, view.at(&refined.base))?;
                let kept = match value {
                    Value::Int(int) => refined.rule.int(*int),
                    Value::Float(float) => refined.rule.float(*float),
                    Value::String(text) => refined.rule.text(text),
                    Value::List(items) => refined.rule.items(items.len()),
                    Value::Null | Value::Bool(_) | Value::Formed(_) | Value::Record(_) | Value::Unknown(_) => Ok(()),
                };
                kept.or_else(|reason| self.misfit(reason))
            }
            (_, Type::Union(members)) => self.one_of(value, members, view),
            _ => self.misfit(format!("expected {}, found {}", view.closed(), value.describe())),
        }
    }

    fn items(&mut self, items: &[Value], element: View<'_>) -> Result<(), Misfit> {
        let length = self.path.len();
        for (index, item) in items.iter().enumerate() {
            write!(self.path, "[{index}]").expect("a string takes all that is written");
            self.at(item, element)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn entries(&mut self, record: &Record, ty: View<'_>) -> Result<(), Misfit> {
        let length = self.path.len();
        for (name, item) in record.iter() {
            write!(self.path, "[{}]", Quoted(name)).expect("a string takes all that is written");
            self.at(item, ty)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn fields(&mut self, record: &Record, wanted: &RecordType, view: View<'_>) -> Result<(), Misfit> {
        let length = self.path.len();
        for (name, item) in record.iter() {
            let Some(field) = wanted.field(name) else {
                if wanted.is_open {
                    continue;
                }
                return self.misfit(format!("there is no field `{name}` in {}", view.closed()));
            };
            if field.optional && *item == Value::Null {
                continue;
            }
            match is_name(name) {
                true => write!(self.path, ".{name}"),
                false => write!(self.path, "[{}]", Quoted(name)),
            }
            .expect("a string takes all that is written");
            self.at(item, view.at(&field.ty))?;
            self.path.truncate(length);
        }
        match wanted.fields.iter().find(|field| !field.optional && record.get(&field.name).is_none()) {
            Some(field) => self.misfit(format!("the field `{}` is missing", field.name)),
            None => Ok(()),
        }
    }

    fn one_of(&mut self, value: &Value, members: &[Type], view: View<'_>) -> Result<(), Misfit> {
        let length = self.path.len();
        let mut first = None;
        for member in members {
            let found = self.at(value, view.at(member));
            self.path.truncate(length);
            match found {
                Ok(()) => return Ok(()),
                // The deepest reason is the most telling: the value had this member's outer shape.
                Err(misfit) if misfit.path.len() > length => first = Some(misfit),
                Err(misfit) if first.is_none() && same_shape(value, view.at(member)) => first = Some(misfit),
                Err(_) => {}
            }
        }
        match first {
            Some(misfit) => Err(misfit),
            None => self.misfit(format!("expected {}, found {}", view.closed(), value.describe())),
        }
    }

    fn misfit<T>(&self, reason: String) -> Result<T, Misfit> {
        Err(Misfit { path: self.path.clone(), reason })
    }
}

/// Whether a value has the outer form of a type, so that it is more telling what is wrong inside, or which rule it breaks.
fn same_shape(value: &Value, member: View<'_>) -> bool {
    if let Some(definition) = member.definition() {
        return same_shape(value, definition);
    }
    let is_refined = matches!(member.ty, Type::Refined(_));
    let plain = match member.ty {
        Type::Refined(refined) => &refined.base,
        other => other,
    };
    match (value, plain) {
        (Value::Record(_), Type::Record(_) | Type::Map(_)) | (Value::List(_), Type::List(_)) => true,
        (Value::Int(_), Type::Int | Type::Float) | (Value::Float(_), Type::Float) => is_refined,
        (Value::String(_), Type::String) => is_refined,
        _ => false,
    }
}

/// The value with each text in it read that its type gives a form; none where there is no such text.
///
/// What comes from outside is JSON, where a date is a text. Where a union also takes the text as it is, it stays one; of
/// several forms the first that reads it counts. What does not fit its type is left as it is.
pub fn read(value: &Value, ty: &Type) -> Option<Value> {
    read_at(value, View::of(ty))
}

fn read_at(value: &Value, view: View<'_>) -> Option<Value> {
    if let Some(definition) = view.definition() {
        return read_at(value, definition);
    }
    let fits = |member: &Type| Check::default().at(value, view.at(member)).is_ok();
    match (value, view.ty) {
        (Value::String(text), Type::Form(form)) => form.read(text).map(Value::formed),
        (Value::String(_), Type::Union(members)) => {
            let is_text = |member: &Type| !matches!(member, Type::Form(_)) && fits(member);
            match members.iter().any(is_text) {
                true => None,
                false => members.iter().find_map(|member| read_at(value, view.at(member))),
            }
        }
        (Value::List(_) | Value::Record(_), Type::Union(members)) => {
            read_at(value, view.at(members.iter().find(|member| fits(member))?))
        }
        (_, Type::Refined(refined)) => read_at(value, view.at(&refined.base)),
        (Value::List(items), Type::List(element)) => {
            read_each(items.iter().map(|item| (item, Some(view.at(element))))).map(Value::list)
        }
        (Value::Record(record), Type::Map(ty)) => {
            let read = read_each(record.iter().map(|(_, item)| (item, Some(view.at(ty)))))?;
            Some(Value::record(record.iter().map(|(name, _)| name.clone()).zip(read)))
        }
        (Value::Record(record), Type::Record(wanted)) => {
            let parts = record.iter().map(|(name, item)| (item, wanted.field(name).map(|field| view.at(&field.ty))));
            let read = read_each(parts)?;
            Some(Value::record(record.iter().map(|(name, _)| name.clone()).zip(read)))
        }
        _ => None,
    }
}

/// All parts, those read that their types give a form; none where there is no such part.
fn read_each<'v>(parts: impl Iterator<Item = (&'v Value, Option<View<'v>>)>) -> Option<Vec<Value>> {
    let mut changed = false;
    let read = parts.map(|(part, ty)| {
        let read = ty.and_then(|ty| read_at(part, ty));
        changed |= read.is_some();
        read.unwrap_or_else(|| part.clone())
    });
    let all = read.collect();
    changed.then_some(all)
}
