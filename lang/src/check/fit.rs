//! Whether a value fits where it is given; where it does not, the mistake is shown as deep inside as it lies.

use super::Checker;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, quote};
use crate::lexer::{is_name, literal};
use crate::plan::{Expr, ExprKind};
use crate::resolve::{list_of, nearest_literal};
use crate::source::Span;
use crate::suggest::nearest;
use crate::types::{Quoted, RecordType, Type};
use crate::value::Value;
use smol_str::SmolStr;

impl Checker<'_> {
    /// Reports where an expression does not fit a type, as deep inside as the mistake lies.
    pub(super) fn want(&self, value: &Expr, wanted: &Type) {
        // The parts of a list or record are looked at also where one of them is reported already.
        if !matches!(value.ty, Type::Error) && value.ty.is_accepted_as(wanted) {
            return;
        }
        let shown = wanted.head();
        let wanted = inner_shape(value, &shown);
        match (&value.kind, &wanted.plain()) {
            (ExprKind::List(items), Type::List(element)) => items.iter().for_each(|item| self.want(item, element)),
            (ExprKind::Record(fields), Type::Record(record)) => self.want_record(fields, record, value, wanted),
            (ExprKind::Record(fields), Type::Map(of)) => fields.iter().for_each(|(_, field)| self.want(field, of)),
            (ExprKind::If(parts), _) => {
                self.want(&parts.1, wanted);
                self.want(&parts.2, wanted);
            }
            (ExprKind::Comprehension(inner), Type::List(element)) => self.want(&inner.element, element),
            _ if value.ty == Type::Error => {}
            _ => self.report.push(mismatch(value, wanted)),
        }
    }

    fn want_record(&self, fields: &[(SmolStr, Expr)], record: &RecordType, value: &Expr, wanted: &Type) {
        let mut meant: Vec<&str> = Vec::new();
        for (name, field) in fields {
            match record.field(name) {
                Some(declared) if declared.optional => self.want(field, &declared.ty.clone().optional()),
                Some(declared) => self.want(field, &declared.ty),
                None if record.is_open => {}
                None => meant.extend(self.unknown_field_given(name, field, record, wanted)),
            }
        }
        let missing: Vec<&str> = record
            .fields
            .iter()
            .filter(|field| !field.optional && !fields.iter().any(|(name, _)| *name == field.name))
            .map(|field| field.name.as_str())
            // A misspelt field is one mistake, not two.
            .filter(|name| !meant.contains(name))
            .collect();
        if !missing.is_empty() {
            let message = format!("this record lacks {}", list_of(&missing));
            let label = format!("expected {}", wanted.brief());
            self.report.push(Diagnostic::new(Code::MissingArgument, value.span, message).label(label));
        }
    }

    /// Reports a field that the record does not take; gives the one that was most likely meant.
    fn unknown_field_given<'r>(
        &self,
        name: &str,
        value: &Expr,
        record: &'r RecordType,
        wanted: &Type,
    ) -> Option<&'r str> {
        let at = self.field_names.get(&value.span).copied().unwrap_or(value.span);
        let message = match wanted.to_string() {
            short if short.chars().count() <= 30 => format!("there is no field `{name}` in {short}"),
            _ => format!("there is no field `{name}` in this record"),
        };
        let diagnostic = Diagnostic::new(Code::UnknownField, at, message).label("unknown field");
        let known: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
        let habit = super::together::field_named(record, name);
        if let Some(habit) = habit {
            self.report.push(diagnostic.edit(format!("use `{habit}`"), at, habit));
            return Some(habit);
        }
        let near = nearest(name, known.iter().copied());
        self.report.push(match near {
            Some(near) => diagnostic.edit(format!("use `{near}`"), at, near).maybe(),
            None => diagnostic.help(format!("its fields are {}", list_of(&known))),
        });
        near
    }
}

/// Of a union, the one member that a list or record literal can be meant for, so that the mistake shows inside it.
fn inner_shape<'t>(value: &Expr, wanted: &'t Type) -> &'t Type {
    let has_shape = |member: &&Type| match &value.kind {
        ExprKind::List(_) | ExprKind::Comprehension(_) => member.element().is_some(),
        ExprKind::Record(_) => matches!(member, Type::Record(_) | Type::Map(_)),
        _ => false,
    };
    let mut fitting = wanted.members().iter().filter(has_shape);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => only,
        _ => wanted,
    }
}

fn mismatch(value: &Expr, wanted: &Type) -> Diagnostic {
    if value.ty != Type::Null && value.ty.has_null() && value.ty.without_null().is_accepted_as(wanted) {
        let message = format!("expected {}, and this may be null", wanted.brief());
        return Diagnostic::new(Code::MaybeNull, value.span, message)
            .label(format!("this is {}", value.ty.brief()))
            .help("give a default, `x ?? …`, or use it under a condition that excludes null: `when x != null`");
    }
    // That null would do, too, helps nobody who gave something else.
    let wanted = &wanted.without_null();
    let diagnostic = Diagnostic::new(
        Code::TypeMismatch,
        value.span,
        format!("expected {}, found {}", wanted.brief(), value.ty.brief()),
    )
    .label(format!("expected {}", wanted.brief()));
    if let ExprKind::Constant(Value::String(text)) = &value.kind
        && let Some(meant) = nearest_literal(text, wanted)
    {
        return diagnostic.edit(format!("use `{meant}`"), value.span, meant).maybe();
    }
    if value.ty == Type::Any {
        let shown = wanted.brief();
        let shown = if is_name(&shown) { shown } else { format!("({shown})") };
        return diagnostic.help(format!("nothing is known of this value: have it checked, `x as {shown}`"));
    }
    if let (Some(Type::Any), Some(element)) = (value.ty.element(), wanted.element()) {
        let each = if *element == Type::String { ", or make each a text, `[\"${x}\" for x in list]`" } else { "" };
        let shown = wanted.brief();
        return diagnostic
            .help(format!("nothing is known of its elements: have them checked, `list as ({shown})`{each}"));
    }
    if let Some((title, at, text)) = rewritten(value, wanted) {
        return diagnostic.edit(title, at, text);
    }
    if let Some(inner) = misfit(&value.ty, wanted) {
        return diagnostic.help(inner);
    }
    match wanted {
        Type::String if value.ty.is_subtype(&Type::Float) || value.ty.is_subtype(&Type::Bool) => {
            let text = quote(value.span);
            let text = if matches!(value.kind, ExprKind::Constant(_)) { text } else { format!("${{{text}}}") };
            diagnostic.edit(format!("write `\"{text}\"`"), value.span, format!("\"{text}\""))
        }
        Type::String if value.ty.element().is_some_and(|of| of.is_subtype(&Type::String)) => {
            let diagnostic = diagnostic.help("a list becomes a text by `.join(…)`");
            match is_tight(value) {
                true => diagnostic.edit("put each item on a line", value.span.after(), ".join(\"\\n\")").maybe(),
                false => diagnostic,
            }
        }
        Type::String if matches!(value.ty, Type::Record(_) | Type::Map(_)) || value.ty.element().is_some() => {
            let fields = match &value.ty {
                Type::Record(record) => record.fields.iter().filter(|field| field.ty == Type::String).collect(),
                _ => Vec::new(),
            };
            let value = quote(value.span);
            match fields.as_slice() {
                [] => diagnostic.help(format!("as JSON it is `{value}.to_json()`")),
                [field, ..] => diagnostic
                    .help(format!("take a text of it, `{value}.{}`, or all as JSON: `{value}.to_json()`", field.name)),
            }
        }
        Type::List(element) if value.ty.is_accepted_as(element) => match value.ty.is_subtype(&Type::String) {
            true if element.is_subtype(&Type::String) => {
                diagnostic.help("a list stands in brackets: `[\"cargo\", \"test\"]`; there are no shell lines")
            }
            _ => {
                let text = format!("[{}]", quote(value.span));
                diagnostic.edit("make it a list of one", value.span, text)
            }
        },
        _ => diagnostic,
    }
}

/// Whether a method may stand right behind what was written for a value.
pub(super) fn is_tight(value: &Expr) -> bool {
    matches!(
        value.kind,
        ExprKind::List(_)
            | ExprKind::Comprehension(_)
            | ExprKind::Input(_)
            | ExprKind::Let(_)
            | ExprKind::Step(_)
            | ExprKind::Element(_)
            | ExprKind::Local(_)
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Method { .. }
    )
}

/// A value in another form that can only stand for one of the wanted type: what the edit does, where, and the text.
fn rewritten(value: &Expr, wanted: &Type) -> Option<(String, Span, String)> {
    if let ExprKind::Constant(Value::String(text)) = &value.kind {
        let is_meant = match wanted {
            Type::Bool => matches!(&**text, "true" | "false"),
            Type::Int => literal::int(text).is_some() && text.bytes().all(|byte| byte.is_ascii_digit()),
            Type::Float => {
                text.parse::<f64>().is_ok()
                    && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                    && text.starts_with(|c: char| c.is_ascii_digit())
                    && text.ends_with(|c: char| c.is_ascii_digit())
            }
            _ => false,
        };
        return is_meant.then(|| (format!("write `{text}` without quotes"), value.span, text.to_string()));
    }
    let (ExprKind::Record(fields), Some(Type::Record(pair))) = (&value.kind, wanted.element()) else { return None };
    let is_pair = pair.fields.len() == 2 && ["name", "value"].iter().all(|name| pair.field(name).is_some());
    if !is_pair || fields.is_empty() || fields.iter().any(|(name, _)| pair.field(name).is_some()) {
        return None;
    }
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{{ name: {}, value: {} }}", Quoted(name), quote(value.span)))
        .collect();
    Some(("give each as a pair of name and value".to_owned(), value.span, format!("[{}]", pairs.join(", "))))
}

/// Where inside records a type does not fit, as a phrase; none when the types as a whole do not.
fn misfit(ty: &Type, wanted: &Type) -> Option<String> {
    let (Type::Record(given), Type::Record(wanted)) = (ty, wanted) else { return None };
    let missing = wanted.fields.iter().find(|field| !field.optional && given.field(&field.name).is_none());
    if let Some(missing) = missing {
        return Some(format!("the field `{}` is missing", missing.name));
    }
    let mut wrong = given.fields.iter().filter_map(|field| match wanted.field(&field.name) {
        None if wanted.is_open => None,
        None => Some(format!("there is no field `{}`", field.name)),
        Some(other) if field.ty.is_accepted_as(&other.ty) => None,
        Some(other) => Some(format!("`{}` is {}, and must be {}", field.name, field.ty.brief(), other.ty.brief())),
    });
    wrong.next()
}
