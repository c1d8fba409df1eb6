//! Expressions: names, fields, methods, literals, `if` and comprehensions.

use super::{Checker, Local, Meaning, Place, error};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Comprehension, Expr, ExprKind, StepId};
use crate::source::Span;
use crate::stdlib::{self, BadArgument};
use crate::suggest::nearest;
use crate::syntax::{self, Arg, Ident, StringPart};
use crate::types::{Field, Literal, RecordType, Type};
use crate::value::Value;
use smol_str::SmolStr;
use std::sync::Arc;

/// A list of more different literals than this has the type of their kind.
const MAX_LITERALS: usize = 16;

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
            syntax::ExprKind::String(literal) => self.string(literal, span),
            syntax::ExprKind::Name(name) => {
                let typed = self.named(name, span);
                self.proven(expr, typed)
            }
            syntax::ExprKind::Field { base, name, optional } => self.field_or_tool(expr, base, name, *optional),
            syntax::ExprKind::Index { base, index } => self.index(base, index, span),
            syntax::ExprKind::Call { callee, args, parens } => self.call_expr(expr, callee, args, *parens),
            syntax::ExprKind::List(items) => self.list(items, span),
            syntax::ExprKind::Record(fields) => self.record(fields, span),
            syntax::ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            syntax::ExprKind::Binary { op, op_span, operands } => self.binary(*op, *op_span, operands, span),
            syntax::ExprKind::If(parts) => self.conditional(parts, span),
            syntax::ExprKind::Comprehension(inner) => self.comprehension(inner, span),
            syntax::ExprKind::Paren(inner) => Expr { span, ..self.expr(inner) },
            syntax::ExprKind::Error => error(span),
        }
    }

    /// The expression without null in its type where a condition around has shown that it is not null.
    fn proven(&self, expr: &syntax::Expr, typed: Expr) -> Expr {
        match typed.ty.has_null() && self.is_proven(expr) {
            true => Expr { ty: typed.ty.without_null(), ..typed },
            false => typed,
        }
    }

    fn string(&mut self, literal: &syntax::StringLit, span: Span) -> Expr {
        let text = match literal.parts.as_slice() {
            [] => Some(""),
            [StringPart::Text(text)] => Some(text.as_str()),
            _ => None,
        };
        if let Some(text) = text {
            let ty = Type::Literal(Literal::String(text.into()));
            return Expr { kind: ExprKind::Constant(Value::string(text)), ty, span };
        }
        let mut parts = Vec::with_capacity(literal.parts.len());
        for part in &literal.parts {
            parts.push(match part {
                StringPart::Text(text) => {
                    Expr { kind: ExprKind::Constant(Value::string(text.as_str())), ty: Type::String, span }
                }
                StringPart::Expr(inner) => {
                    let typed = self.expr(inner);
                    self.want_text(&typed);
                    typed
                }
            });
        }
        Expr { kind: ExprKind::Interpolate(parts), ty: Type::String, span }
    }

    /// What stands in `${…}` must be a string, a number or a Boolean.
    fn want_text(&self, typed: &Expr) {
        let diagnostic = Diagnostic::new(Code::TypeMismatch, typed.span, "this cannot stand inside a string");
        for member in typed.ty.members() {
            let diagnostic = diagnostic.clone().label(format!("this is {}", typed.ty.brief()));
            self.report.push(match member {
                Type::Null => Diagnostic::new(Code::MaybeNull, typed.span, "null cannot stand inside a string")
                    .label(format!("this is {}", typed.ty.brief()))
                    .help("say what null means: `${x ?? \"none\"}`"),
                Type::List(_) => diagnostic.help("join the list: `${names.join(\", \")}`"),
                Type::Record(_) => diagnostic.help("take one of its fields, or write it as JSON: `${r.to_json()}`"),
                _ => continue,
            });
            return;
        }
    }

    fn named(&mut self, name: &SmolStr, span: Span) -> Expr {
        if let Some(local) = self.locals.iter().rev().find(|local| local.name == *name) {
            return Expr { kind: ExprKind::Local(local.slot), ty: local.ty.clone(), span };
        }
        let Some(symbol) = self.names.get(name).cloned() else {
            self.report.push(self.unknown_name(name, span));
            return error(span);
        };
        match symbol.meaning {
            Meaning::Input(index) => Expr { kind: ExprKind::Input(index), ty: self.inputs[index].ty.clone(), span },
            Meaning::Let(index) => self.use_let(index, symbol.verification, name, span),
            Meaning::Step(step) => {
                if !self.use_step(step, span) {
                    return error(span);
                }
                Expr { kind: ExprKind::Step(step), ty: self.heads[step.index()].ty.clone(), span }
            }
        }
    }

    fn use_let(&mut self, index: usize, verification: Option<usize>, name: &str, span: Span) -> Expr {
        self.lets[index].used = true;
        let here = match self.place {
            Place::Verification(here) => Some(here),
            Place::Step(step) | Place::OwnResult(step) => self.heads[step.index()].verification,
            Place::Let | Place::Assumption | Place::Output => None,
        };
        if verification.is_some() && verification != here {
            self.report.push(
                Diagnostic::new(Code::NameNotAllowedHere, span, format!("`{name}` belongs to a verification"))
                    .label("cannot be used outside its block"),
            );
            return error(span);
        }
        let Some(ty) = self.lets[index].value.as_ref().map(|value| value.ty.clone()) else {
            return error(span);
        };
        for step in self.lets[index].uses.clone() {
            if !self.use_step(step, span) {
                return error(span);
            }
        }
        Expr { kind: ExprKind::Let(index), ty, span }
    }

    /// Notes that the expression at hand uses a step's result; false when it may not, which is reported.
    fn use_step(&mut self, step: StepId, span: Span) -> bool {
        let owner = self.heads[step.index()].verification;
        let refuse = |message: &str, help: &str| {
            self.report.push(Diagnostic::new(Code::NameNotAllowedHere, span, message).help(help));
            false
        };
        match self.place {
            Place::Assumption => refuse(
                "an assumption is about the world before the plan: it can use no step",
                "call a read-only tool in the assumption itself: `fs.stat(path: \"a\").kind == \"file\"`",
            ),
            Place::Let | Place::Output if owner.is_some() => {
                refuse("a step of a verification can be used only inside its block", "make it a step of the plan")
            }
            Place::Verification(here) if owner.is_some_and(|owner| owner != here) => {
                refuse("a step of another verification cannot be used here", "make it a step of the plan")
            }
            Place::Step(user) | Place::OwnResult(user) => {
                let allowed = step < user || (step == user && matches!(self.place, Place::OwnResult(_)));
                let user_block = self.heads[user.index()].verification;
                if allowed && owner.is_some() && owner != user_block {
                    return refuse("a step of another verification cannot be used here", "make it a step of the plan");
                }
                match allowed {
                    true => self.uses.push(step),
                    false => self.early.push((user, step, span)),
                }
                allowed
            }
            Place::Let | Place::Output | Place::Verification(_) => {
                self.uses.push(step);
                true
            }
        }
    }

    pub(super) fn unknown_name(&self, name: &str, span: Span) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::UnknownName, span, format!("there is nothing named `{name}`"));
        let habit = match name {
            "None" | "nil" | "undefined" | "NULL" | "Null" => Some("null"),
            "True" | "TRUE" => Some("true"),
            "False" | "FALSE" => Some("false"),
            _ => None,
        };
        if let Some(habit) = habit {
            return diagnostic.edit(format!("write `{habit}`"), span, habit);
        }
        if self.catalogue.has_catalogue(name) {
            return diagnostic
                .label("a catalogue is no value")
                .help(format!("call one of its tools in a step: `step x = {name}.…(…)`"));
        }
        let mut known: Vec<&str> = self.names.keys().map(SmolStr::as_str).collect();
        known.extend(self.locals.iter().map(|local| local.name.as_str()));
        known.sort_unstable();
        match nearest(name, known) {
            Some(near) => diagnostic.label("not declared").edit(format!("use `{near}`"), span, near),
            None => diagnostic
                .label("not declared")
                .help("names are declared by `input`, `let` and `step`; texts stand in double quotes"),
        }
    }

    fn field_or_tool(&mut self, expr: &syntax::Expr, base: &syntax::Expr, name: &Ident, optional: bool) -> Expr {
        if let Some(tool) = self.tool_mentioned(expr) {
            self.report.push(
                Diagnostic::new(Code::NameNotAllowedHere, expr.span, format!("the tool `{tool}` is no value"))
                    .label("a tool can only be called")
                    .help(format!("call it in a step: `step x = {tool}(…)`")),
            );
            return error(expr.span);
        }
        let typed = self.expr(base);
        let field = self.field(typed, name, optional, expr.span);
        self.proven(expr, field)
    }

    fn field(&mut self, base: Expr, name: &Ident, optional: bool, span: Span) -> Expr {
        let Some(receiver) = self.without_null(&base, optional, &format!(".{}", name.name), name.span) else {
            return error(span);
        };
        let Some(ty) = self.field_type(&receiver, &base, name) else { return error(span) };
        let ty = match optional && base.ty.has_null() {
            true => ty.optional(),
            false => ty,
        };
        Expr { kind: ExprKind::Field { base: Box::new(base), name: name.name.clone(), optional }, ty, span }
    }

    /// The receiver's type without null; none when it may be null and `?.` was not written, which is reported.
    fn without_null(&self, base: &Expr, optional: bool, what: &str, at: Span) -> Option<Type> {
        if !base.ty.has_null() || optional {
            return Some(base.ty.without_null());
        }
        let dot = at.before();
        let mut diagnostic =
            Diagnostic::new(Code::MaybeNull, base.span, format!("`{what}` of something that may be null"))
                .label(format!("this is {}", base.ty.brief()))
                .help("test it first, `if x != null then … else …`, or give a default, `(x ?? …)`");
        if let ExprKind::Step(step) = &base.kind {
            let head = self.heads[step.index()].span;
            diagnostic = diagnostic.related(head, "this step may be skipped or may fail, and its value is null then");
        }
        // The dot lies just before the name.
        let dot = Span::new(dot.start.saturating_sub(1), dot.start);
        self.report.push(diagnostic.edit("let null give null", dot, "?."));
        None
    }

    fn field_type(&self, receiver: &Type, base: &Expr, name: &Ident) -> Option<Type> {
        let mut types = Vec::new();
        for member in receiver.members() {
            match member {
                Type::Error => return None,
                Type::Any => types.push(Type::Any),
                Type::Record(record) => match record.field(&name.name) {
                    Some(Field { optional: true, ty, .. }) => types.push(ty.clone().optional()),
                    Some(field) => types.push(field.ty.clone()),
                    None => {
                        self.report.push(self.unknown_field(record, receiver, name));
                        return None;
                    }
                },
                _ => {
                    self.report.push(self.no_fields(receiver, base, name));
                    return None;
                }
            }
        }
        Some(Type::union(types))
    }

    fn unknown_field(&self, record: &RecordType, receiver: &Type, name: &Ident) -> Diagnostic {
        let message = match &record.name {
            Some(shown) => format!("`{shown}` has no field `{}`", name.name),
            None => format!("there is no field `{}` here", name.name),
        };
        let diagnostic = Diagnostic::new(Code::UnknownField, name.span, message);
        if stdlib::find(receiver, &name.name).is_some() {
            return diagnostic.edit("call the method", name.span.after(), "()");
        }
        let fields: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
        match nearest(&name.name, fields.iter().copied()) {
            Some(near) => diagnostic.label("unknown field").edit(format!("use `{near}`"), name.span, near),
            None => {
                diagnostic.label("unknown field").help(format!("its fields are {}", crate::resolve::list_of(&fields)))
            }
        }
    }

    fn no_fields(&self, receiver: &Type, base: &Expr, name: &Ident) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::NotARecord, name.span, format!("{} has no fields", receiver.brief()))
            .related(base.span, format!("this is {}", receiver.brief()));
        if stdlib::find(receiver, &name.name).is_some() {
            return diagnostic.edit("call the method", name.span.after(), "()");
        }
        match receiver {
            Type::List(_) => diagnostic.help(format!(
                "take it of each item, `[x.{} for x in …]`, or of one, `….first(\"none found\").{}`",
                name.name, name.name
            )),
            _ => diagnostic,
        }
    }

    fn index(&mut self, base: &syntax::Expr, index: &syntax::Expr, span: Span) -> Expr {
        let base = self.expr(base);
        let index = self.expr(index);
        let ty = match &base.ty {
            Type::Error => return error(span),
            Type::Any => Type::Any,
            Type::List(element) => {
                if !index.ty.is_subtype(&Type::Int) {
                    self.report.push(
                        Diagnostic::new(Code::TypeMismatch, index.span, "a list is indexed by an integer")
                            .label(format!("this is {}", index.ty.brief())),
                    );
                    return error(span);
                }
                (**element).clone()
            }
            other => {
                let diagnostic = Diagnostic::new(Code::NotAList, base.span, "only lists are indexed with `[…]`")
                    .label(format!("this is {}", other.brief()));
                self.report.push(match other {
                    Type::Record(_) => diagnostic.help("a field is taken with a dot: `record.field`"),
                    _ if other.is_subtype(&Type::String) => {
                        diagnostic.help("a part of a string is taken with `.slice(start, end)`")
                    }
                    _ => diagnostic,
                });
                return error(span);
            }
        };
        Expr { kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) }, ty, span }
    }

    /// A method on a receiver that is already typed.
    pub(super) fn method(&mut self, base: Expr, name: &Ident, optional: bool, args: &[Arg], span: Span) -> Expr {
        let mut typed = Vec::with_capacity(args.len() + 1);
        for arg in args {
            if let Some(name) = &arg.name {
                let colon = Span::new(name.span.start, arg.value.span.start);
                self.report.push(
                    Diagnostic::new(Code::PositionalArgument, name.span, "methods take their arguments by position")
                        .label("a name is for tools")
                        .edit("leave the name out", colon, ""),
                );
            }
            typed.push(self.expr(&arg.value));
        }
        if base.ty == Type::Error {
            return error(span);
        }
        let Some(receiver) = self.without_null(&base, optional, &format!(".{}()", name.name), name.span) else {
            return error(span);
        };
        let Some(function) = stdlib::find(&receiver, &name.name) else {
            self.report.push(self.unknown_method(&receiver, name));
            return error(span);
        };
        if typed.iter().any(|arg| arg.ty == Type::Error) {
            return error(span);
        }
        let types: Vec<Type> = typed.iter().map(|arg| arg.ty.clone()).collect();
        let ty = match (function.check)(&receiver, &types) {
            Ok(ty) => ty,
            Err(bad) => {
                self.report.push(bad_argument(bad, function.signature, &typed, &base, name));
                return error(span);
            }
        };
        if let Some(pattern) = function.pattern.and_then(|index| typed.get(index)) {
            self.check_pattern(pattern);
        }
        let ty = match optional && base.ty.has_null() {
            true => ty.optional(),
            false => ty,
        };
        typed.insert(0, base);
        Expr { kind: ExprKind::Method { function, args: typed, optional }, ty, span }
    }

    /// A constant regular expression is compiled here, so that its mistakes show before anything runs.
    fn check_pattern(&self, pattern: &Expr) {
        if let ExprKind::Constant(Value::String(text)) = &pattern.kind
            && let Err(reason) = stdlib::regex(text)
        {
            self.report.push(
                Diagnostic::new(Code::InvalidValue, pattern.span, reason)
                    .label("not a regular expression")
                    .help("write patterns as raw strings, `r\"\\d+\"`, so that backslashes stay as they are"),
            );
        }
    }

    fn unknown_method(&self, receiver: &Type, name: &Ident) -> Diagnostic {
        let message = format!("{} has no method `{}`", receiver.brief(), name.name);
        let diagnostic = Diagnostic::new(Code::UnknownMethod, name.span, message);
        if *receiver == Type::Any {
            return diagnostic.label("the shape of this value is unknown").help("take a field of it, or compare it");
        }
        let mut known: Vec<&str> = stdlib::methods_of(receiver).iter().map(|function| function.name).collect();
        known.sort_unstable();
        let habit = match name.name.as_str() {
            "len" | "size" | "count" => Some("length"),
            "toLowerCase" | "to_lower" | "lowercase" | "lower_case" => Some("lower"),
            "toUpperCase" | "to_upper" | "uppercase" | "upper_case" => Some("upper"),
            "strip" => Some("trim"),
            "includes" | "has" => Some("contains"),
            "startsWith" | "startswith" => Some("starts_with"),
            "endsWith" | "endswith" => Some("ends_with"),
            "splitlines" | "split_lines" => Some("lines"),
            "match" | "test" => Some("matches"),
            "sub" | "gsub" | "replace_all" | "replaceAll" => Some("replace"),
            "sorted" | "sort_by" => Some("sort"),
            "distinct" | "uniq" | "dedup" => Some("unique"),
            "int" | "to_int" | "parseInt" => Some("parse_int"),
            "str" | "toString" => Some("to_string"),
            _ => None,
        };
        let habit = habit.filter(|near| known.contains(near));
        match habit.or_else(|| nearest(&name.name, known.iter().copied())) {
            Some(near) => diagnostic.label("unknown method").edit(format!("use `{near}`"), name.span, near),
            None if known.is_empty() => diagnostic.label("has no methods"),
            None => {
                diagnostic.label("unknown method").help(format!("its methods are {}", crate::resolve::list_of(&known)))
            }
        }
    }

    fn list(&mut self, items: &[syntax::Expr], span: Span) -> Expr {
        let items: Vec<Expr> = items.iter().map(|item| self.expr(item)).collect();
        let element = join(items.iter().map(|item| &item.ty));
        Expr { kind: ExprKind::List(items), ty: Type::list(element), span }
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
            typed.push((field.name.name.clone(), value));
        }
        let declared =
            typed.iter().map(|(name, value)| Field { name: name.clone(), optional: false, ty: value.ty.clone() });
        let ty = Type::Record(Arc::new(RecordType { name: None, fields: declared.collect() }));
        Expr { kind: ExprKind::Record(typed), ty, span }
    }

    fn conditional(&mut self, parts: &(syntax::Expr, syntax::Expr, syntax::Expr), span: Span) -> Expr {
        let condition = self.expr(&parts.0);
        self.want_bool(&condition);
        let proven = self.not_null.len();
        self.assume_true(&parts.0);
        let then = self.expr(&parts.1);
        self.not_null.truncate(proven);
        self.assume_false(&parts.0);
        let otherwise = self.expr(&parts.2);
        self.not_null.truncate(proven);
        let ty = join([&then.ty, &otherwise.ty]);
        Expr { kind: ExprKind::If(Box::new((condition, then, otherwise))), ty, span }
    }

    fn comprehension(&mut self, inner: &syntax::Comprehension, span: Span) -> Expr {
        let list = self.expr(&inner.list);
        let element = match &list.ty {
            Type::List(element) => (**element).clone(),
            Type::Any => Type::Any,
            Type::Error => Type::Error,
            other => {
                let diagnostic = Diagnostic::new(Code::NotAList, list.span, "a comprehension goes over a list")
                    .label(format!("this is {}", other.brief()));
                self.report.push(match other.has_null() {
                    true => diagnostic.help("say what null means: `for x in (list ?? [])`"),
                    false if text(other) => diagnostic.help("take the lines of a string with `.lines()`"),
                    false => diagnostic,
                });
                Type::Error
            }
        };
        let variable = &inner.variable;
        if let Some(symbol) = self.names.get(&variable.name) {
            self.report.push(
                Diagnostic::new(Code::ShadowedName, variable.span, format!("`{}` hides another name", variable.name))
                    .label("the variable")
                    .related(symbol.span, "the name it hides")
                    .help("choose another name for the variable"),
            );
        }
        let slot = self.locals.len();
        self.locals.push(Local { name: variable.name.clone(), ty: element, slot });
        let proven = self.not_null.len();
        let condition = inner.condition.as_ref().map(|condition| {
            let typed = self.expr(condition);
            self.want_bool(&typed);
            self.assume_true(condition);
            typed
        });
        let element = self.expr(&inner.element);
        self.not_null.truncate(proven);
        self.locals.pop();
        let ty = Type::list(element.ty.clone());
        Expr { kind: ExprKind::Comprehension(Box::new(Comprehension { slot, element, list, condition })), ty, span }
    }
}

fn text(ty: &Type) -> bool {
    ty.is_subtype(&Type::String)
}

/// The type of what is one of several: their union, many literals widened to their kind.
fn join<'t>(types: impl IntoIterator<Item = &'t Type>) -> Type {
    let mut distinct: Vec<Type> = Vec::new();
    for ty in types {
        if distinct.contains(ty) {
            continue;
        }
        distinct.push(ty.clone());
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
        })),
        Type::List(element) => Type::list(widen(element)),
        other => other.clone(),
    }
}

fn bad_argument(bad: BadArgument, signature: &str, args: &[Expr], base: &Expr, name: &Ident) -> Diagnostic {
    match bad {
        BadArgument::Count { expected: (least, most) } => {
            let wanted = match (least, most) {
                (0, 0) => "no argument".to_owned(),
                (1, 1) => "one argument".to_owned(),
                (least, most) if least == most => format!("{least} arguments"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            let message = format!("`{}` takes {wanted}, {} given", name.name, args.len());
            let code = if args.len() < least { Code::MissingArgument } else { Code::UnknownArgument };
            Diagnostic::new(code, name.span, message).help(format!("its signature is `{signature}`"))
        }
        BadArgument::Type { index, expected } => {
            let place = index.map_or(base, |index| &args[index]);
            Diagnostic::new(Code::TypeMismatch, place.span, format!("`{}` wants {expected} here", name.name))
                .label(format!("this is {}", place.ty.brief()))
                .help(format!("its signature is `{signature}`"))
        }
    }
}
