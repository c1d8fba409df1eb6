//! Expressions: literals, strings with values in them, lists, records, `if` and comprehensions.

use super::operator::of_one_form;
use super::{Checker, Local, error, unknown};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, quote};
use crate::forms::{Duration, Form, Formed};
use crate::plan::{Comprehension, Expr, ExprKind};
use crate::source::Span;
use crate::syntax::{self, Direction, StringPart};
use crate::types::{Field, Literal, MAX_TYPE_DEPTH, MAX_TYPE_PARTS, RecordType, Type};
use crate::value::Value;
use smol_str::SmolStr;
use std::sync::Arc;

/// A list of more different literals than this has the type of their kind.
const MAX_LITERALS: usize = 16;

/// A list of items of more different types than this is one of `any`.
const MAX_KINDS: usize = 64;

impl Checker<'_> {
    /// Types an expression.
    pub(super) fn expr(&mut self, expr: &syntax::Expr) -> Expr {
        let span = expr.span;
        let constant = |value: Value, ty: Type| Expr { kind: ExprKind::Constant(value), ty, span };
        match &expr.kind {
            syntax::ExprKind::Null => constant(Value::Null, Type::Null),
            syntax::ExprKind::Bool(bool) => constant(Value::Bool(*bool), Type::Literal(Literal::Bool(*bool))),
            syntax::ExprKind::Int(int) => constant(Value::Int(*int), Type::Literal(Literal::Int(*int))),
            syntax::ExprKind::Float(float) => constant(Value::Float(*float), Type::Float),
            syntax::ExprKind::Duration(ms) => {
                constant(Value::formed(Formed::Duration(Duration::of_ms(*ms))), Type::Form(Form::Duration))
            }
            syntax::ExprKind::String(literal) => self.string(literal, span),
            syntax::ExprKind::Name(name) => {
                let typed = self.named(name, span);
                self.proven(expr, typed)
            }
            syntax::ExprKind::Field(field) => self.field_or_tool(expr, field),
            syntax::ExprKind::Index { base, index } => {
                let typed = self.index(base, index, span);
                self.proven(expr, typed)
            }
            syntax::ExprKind::Call(call) => self.call_expr(expr, call),
            syntax::ExprKind::List(items) => self.list(items, span),
            syntax::ExprKind::Record(fields) => self.record(fields, span),
            syntax::ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            syntax::ExprKind::Binary { op, op_span, operands } => self.binary(*op, *op_span, operands, span),
            syntax::ExprKind::If(parts) => self.conditional(parts, span),
            syntax::ExprKind::Comprehension(inner) => self.comprehension(inner, span),
            syntax::ExprKind::As(value, ty) => self.convert(value, ty, span),
            syntax::ExprKind::Paren(inner) => Expr { span, ..self.expr(inner) },
            // Only an extraction takes one, and looks at it itself.
            syntax::ExprKind::Type(_) | syntax::ExprKind::Error => error(span),
        }
    }

    /// The expression without null in its type where a condition around has shown that it is not null.
    pub(super) fn proven(&self, expr: &syntax::Expr, typed: Expr) -> Expr {
        match typed.ty.has_null() && self.is_proven(expr) {
            true => Expr { ty: typed.ty.without_null(), ..typed },
            false => typed,
        }
    }

    fn string(&mut self, literal: &syntax::StringLit, span: Span) -> Expr {
        let text = match literal.parts.as_slice() {
            [] => Some(SmolStr::default()),
            [StringPart::Text(text)] => Some(text.clone()),
            _ => None,
        };
        if let Some(text) = text {
            self.warn_of_braces(&text, span);
            self.warn_of_dollar(&text, span);
            let ty = Type::Literal(Literal::String(text.clone()));
            return Expr { kind: ExprKind::Constant(Value::string(text)), ty, span };
        }
        let mut parts = Vec::with_capacity(literal.parts.len());
        for part in &literal.parts {
            parts.push(match part {
                StringPart::Text(text) => {
                    Expr { kind: ExprKind::Constant(Value::string(text.clone())), ty: Type::String, span }
                }
                StringPart::Expr(inner) => {
                    let typed = self.expr(inner);
                    match self.want_text(&typed) {
                        true => typed,
                        false => unknown(Type::String, typed.span),
                    }
                }
            });
        }
        Expr { kind: ExprKind::Interpolate(parts), ty: Type::String, span }
    }

    /// Warns of a `{name}` in a text where the plan declares that name.
    fn warn_of_braces(&self, text: &str, span: Span) {
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once('{') {
            rest = inside;
            let Some((path, _)) = inside.split_once('}') else { return };
            let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
            let name = path.split('.').next().unwrap_or_default();
            if !before.ends_with(['$', '{']) && is_path && self.names.contains_key(name) {
                self.report.push(
                    Diagnostic::new(Code::MissingDollar, span, format!("`{{{path}}}` is text here"))
                        .label(format!("`{name}` is a name of this plan"))
                        .help(format!("its value stands in a string as `${{{path}}}`")),
                );
                return;
            }
        }
    }

    /// Warns of a `$name` in a text where the plan declares that name.
    fn warn_of_dollar(&self, text: &str, span: Span) {
        // Where the text is not as long as what stands between its quotes, it has escapes or is raw: the `$` may be meant.
        if (span.end - span.start) as usize != text.len() + "\"\"".len() {
            return;
        }
        let names = text.split('$').skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        });
        if let Some(name) = names.into_iter().find(|name| self.names.contains_key(*name)) {
            self.report.push(
                Diagnostic::new(Code::MissingDollar, span, format!("`${name}` is text here"))
                    .label(format!("`{name}` is a name of this plan"))
                    .help(format!("its value stands in a string as `${{{name}}}`")),
            );
        }
    }

    /// What stands in `${…}` must be a string, a number or a Boolean.
    fn want_text(&self, typed: &Expr) -> bool {
        for member in typed.ty.members() {
            let mismatch = || {
                Diagnostic::new(Code::TypeMismatch, typed.span, "this cannot stand inside a string")
                    .label(format!("this is {}", typed.ty.brief()))
            };
            self.report.push(match member {
                Type::Null => Diagnostic::new(Code::MaybeNull, typed.span, "null cannot stand inside a string")
                    .label(format!("this is {}", typed.ty.brief()))
                    .help("say what null means: `${x ?? \"none\"}`"),
                list if list.element().is_some() => {
                    let value = quote(typed.span);
                    let value = if super::fit::is_tight(typed) { value } else { format!("({value})") };
                    let is_text = list.element().is_some_and(|of| of.is_subtype(&Type::String));
                    mismatch().help(match is_text {
                        true => format!("join the list: `${{{value}.join(\", \")}}`"),
                        false if list.element() == Some(&Type::Any) => {
                            format!("join the list, its items checked: `${{({value} as ([string])).join(\", \")}}`")
                        }
                        false
                            if list
                                .element()
                                .is_some_and(|of| of.is_subtype(&Type::union([Type::Float, Type::Bool]))) =>
                        {
                            format!("join the list: `${{[\"${{x}}\" for x in {value}].join(\", \")}}`")
                        }
                        false => "join a field of each: `${[x.name for x in list].join(\", \")}`".to_owned(),
                    })
                }
                Type::Map(_) => mismatch().help("take one of its values, or write it as JSON: `${m.to_json()}`"),
                Type::Form(Form::Bytes) => {
                    mismatch().help("say how: `${x.to_base64()}`, `${x.to_hex()}`, or `${x.to_text()}` for UTF-8")
                }
                Type::Record(_) => mismatch().help("take one of its fields, or write it as JSON: `${r.to_json()}`"),
                _ => continue,
            });
            return false;
        }
        true
    }

    /// The type of the items of what must be a list; none when it is none, which is reported.
    pub(super) fn element(&self, list: &Expr, wanted: &str, with_default: &str) -> Option<Type> {
        let mut elements = Vec::new();
        for member in list.ty.members() {
            match member {
                Type::Error => return None,
                Type::Any => elements.push(Type::Any),
                member => match member.element() {
                    Some(element) => elements.push(element.head()),
                    None => {
                        self.report.push(not_a_list(list, wanted, with_default));
                        return None;
                    }
                },
            }
        }
        Some(Type::union(elements))
    }

    fn list(&mut self, items: &[syntax::Expr], span: Span) -> Expr {
        let items: Vec<Expr> = items.iter().map(|item| self.expr(item)).collect();
        let element = join(items.iter().map(|item| &item.ty));
        let ty = match element {
            Type::Error => Type::Error,
            element => Type::list(element),
        };
        if self.is_too_large(&ty, span) {
            return error(span);
        }
        Expr { kind: ExprKind::List(items), ty, span }
    }

    fn record(&mut self, fields: &[syntax::FieldInit], span: Span) -> Expr {
        let mut typed: Vec<(SmolStr, Expr)> = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let value = self.expr(&field.value);
            if let Some(first) = fields[..index].iter().find(|other| other.name.name == field.name.name) {
                self.report.push(
                    Diagnostic::new(
                        Code::DuplicateArgument,
                        field.name.span,
                        format!("the field `{}` is given twice", field.name.name),
                    )
                    .label("given again")
                    .related(first.name.span, "first given here"),
                );
                continue;
            }
            self.field_names.insert(value.span, field.name.span);
            typed.push((field.name.name.clone(), value));
        }
        let fields: Vec<Field> = typed
            .iter()
            .map(|(name, value)| Field { name: name.clone(), optional: false, ty: value.ty.clone() })
            .collect();
        let ty = match fields.iter().any(|field| field.ty == Type::Error) {
            true => Type::Error,
            false => Type::Record(Arc::new(RecordType { name: None, fields, is_open: false })),
        };
        if self.is_too_large(&ty, span) {
            return error(span);
        }
        Expr { kind: ExprKind::Record(typed), ty, span }
    }

    fn conditional(&mut self, parts: &(syntax::Expr, syntax::Expr, syntax::Expr), span: Span) -> Expr {
        let condition = self.expr(&parts.0);
        let is_bool = self.want_bool(&condition);
        let proven = self.not_null.len();
        self.assume_true(&parts.0);
        let then = self.expr(&parts.1);
        self.not_null.truncate(proven);
        self.assume_false(&parts.0);
        let otherwise = self.expr(&parts.2);
        self.not_null.truncate(proven);
        let (then, otherwise) = of_one_form(then, otherwise);
        let ty = join([&then.ty, &otherwise.ty]);
        if !is_bool {
            return unknown(ty, span);
        }
        Expr { kind: ExprKind::If(Box::new((condition, then, otherwise))), ty, span }
    }

    fn comprehension(&mut self, inner: &syntax::Comprehension, span: Span) -> Expr {
        let list = self.expr(&inner.list);
        let element =
            self.element(&list, "a comprehension goes over a list", "[… for x in (list ?? [])]").unwrap_or(Type::Error);
        self.report_shadowing(&inner.variable);
        let variable = &inner.variable;
        let slot = self.locals.len();
        self.locals.push(Local { name: variable.name.clone(), span: variable.span, ty: element, slot });
        // What was proven of another value of this name says nothing about the variable.
        let outside = self.not_null.clone();
        self.not_null.retain(|path| !starts_with_name(path, &variable.name));
        let condition = inner.condition.as_ref().map(|condition| {
            let typed = self.expr(condition);
            let is_bool = self.want_bool(&typed);
            self.assume_true(condition);
            if is_bool { typed } else { unknown(Type::Bool, typed.span) }
        });
        let element = self.expr(&inner.element);
        let order = self.order(&inner.order);
        self.not_null = outside;
        self.locals.pop();
        let ty = match &element.ty {
            Type::Error => Type::Error,
            ty => Type::list(ty.clone()),
        };
        if self.is_too_large(&ty, span) {
            return error(span);
        }
        let variable = variable.name.clone();
        let inner = Comprehension { slot, variable, element, list, condition, order };
        Expr { kind: ExprKind::Comprehension(Box::new(inner)), ty, span }
    }

    /// The keys that elements are ordered by; what has no order is reported and left out.
    fn order(&mut self, keys: &[syntax::Key]) -> Vec<(Expr, Direction)> {
        let mut order = Vec::with_capacity(keys.len());
        for key in keys {
            let typed = self.expr(&key.value);
            if self.want_ordered(&typed) {
                order.push((typed, key.direction));
            }
        }
        order
    }

    fn want_ordered(&self, key: &Expr) -> bool {
        if is_ordered(&key.ty) {
            return key.ty != Type::Error;
        }
        let diagnostic =
            |code, message: &str| Diagnostic::new(code, key.span, message).label(format!("this is {}", key.ty.brief()));
        self.report.push(match key.ty.has_null() && is_ordered(&key.ty.without_null()) {
            true => diagnostic(Code::MaybeNull, "elements are ordered by a value, and this may be null")
                .help("say what null means: `by x ?? 0`, or leave those elements out: `if x != null`"),
            false => {
                let kinds = "elements are ordered by numbers, texts, Booleans or times, all of one kind";
                let diagnostic = diagnostic(Code::NotOrdered, kinds);
                match key.ty.without_null() {
                    Type::Any => diagnostic
                        .help(format!("nothing is known of it: have it checked, `by ({} as float)`", quote(key.span))),
                    _ => diagnostic.help("say by what of it: `by x.name`"),
                }
            }
        });
        false
    }

    pub(super) fn report_shadowing(&self, variable: &syntax::Ident) {
        let seen = self.names.get(&variable.name).filter(|symbol| self.is_seen(symbol.scope));
        let hidden = seen.map(|symbol| symbol.span);
        let hidden = hidden
            .or_else(|| self.locals.iter().rev().find(|local| local.name == variable.name).map(|local| local.span))
            .or_else(|| self.block_of(&variable.name).map(|block| block.declared.variable.span));
        if let Some(hidden) = hidden {
            self.report.push(
                Diagnostic::new(Code::ShadowedName, variable.span, format!("`{}` hides another name", variable.name))
                    .label("the variable")
                    .related(hidden, "the name it hides")
                    .help("choose another name for the variable"),
            );
        }
    }

    /// Whether a type has too many parts to work with, which is reported.
    fn is_too_large(&self, ty: &Type, span: Span) -> bool {
        let is_too_large = ty.is_too_large();
        if is_too_large {
            self.report.push(
                Diagnostic::new(Code::TypeTooLarge, span, "the type of this value is too large")
                    .label(format!("more than {MAX_TYPE_PARTS} parts in all, or {MAX_TYPE_DEPTH} within each other"))
                    .help("build it of fewer lists and records within each other"),
            );
        }
        is_too_large
    }
}

/// Whether all values of a type stand in an order: numbers, texts, Booleans, or times of one kind.
fn is_ordered(ty: &Type) -> bool {
    let orders = |kind: &Type| ty.is_subtype(kind);
    [Type::Float, Type::String, Type::Bool].iter().any(orders) || matches!(ty, Type::Form(form) if *form != Form::Bytes)
}

/// Whether a proven path begins with this name.
fn starts_with_name(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

pub(super) fn not_a_list(list: &Expr, wanted: &str, with_default: &str) -> Diagnostic {
    let null = list.ty.has_null() && list.ty.without_null().members().iter().all(|m| m.element().is_some());
    if null && list.ty != Type::Null {
        return Diagnostic::new(Code::MaybeNull, list.span, format!("{wanted}, and this may be null"))
            .label(format!("this is {}", list.ty.brief()))
            .help(format!("say what null means: `{with_default}`"));
    }
    let diagnostic = Diagnostic::new(Code::NotAList, list.span, wanted).label(format!("this is {}", list.ty.brief()));
    match &list.ty {
        Type::Record(_) => diagnostic.help("a field is taken with a dot: `record.field`"),
        Type::Map(_) => diagnostic.help("the values of a map are `.values()`, its keys `.keys()`"),
        ty if ty.is_subtype(&Type::String) => {
            diagnostic.help("the lines of a text are `.lines()`, a part of it is `.slice(start, end)`")
        }
        _ => diagnostic,
    }
}

/// The type of what is one of several: their union, many literals widened to their kind.
fn join<'t>(types: impl IntoIterator<Item = &'t Type>) -> Type {
    let mut distinct: Vec<Type> = Vec::new();
    for ty in types {
        if distinct.contains(ty) {
            continue;
        }
        distinct.push(ty.clone());
        if distinct.len() > MAX_KINDS {
            return Type::Any;
        }
        if distinct.len() > MAX_LITERALS {
            distinct = distinct.iter().map(widen).fold(Vec::new(), |mut kept, ty| {
                if !kept.contains(&ty) {
                    kept.push(ty);
                }
                kept
            });
        }
    }
    match distinct.len() {
        0 => Type::Union([].into()),
        1 => distinct.remove(0),
        _ => Type::union(distinct),
    }
}

fn widen(ty: &Type) -> Type {
    match ty {
        Type::Literal(Literal::String(_)) => Type::String,
        Type::Literal(Literal::Int(_)) => Type::Int,
        Type::Literal(Literal::Bool(_)) => Type::Bool,
        Type::Record(record) => Type::Record(Arc::new(RecordType {
            name: record.name.clone(),
            fields: record.fields.iter().map(|field| Field { ty: widen(&field.ty), ..field.clone() }).collect(),
            is_open: record.is_open,
        })),
        Type::List(element) => Type::list(widen(element)),
        other => other.clone(),
    }
}
