//! Methods: functions of the standard library on a receiver.

use super::{Checker, error, templates};
use crate::codes::Code;
use crate::diagnostic::{Applicability, Diagnostic, quote};
use crate::plan::{Expr, ExprKind, ReleaseKind};
use crate::source::Span;
use crate::stdlib::{self, BadArgument};
use crate::suggest::nearest;
use crate::syntax::{Arg, Ident};
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    /// A method on a receiver that is already typed.
    pub(super) fn method(&mut self, base: Expr, name: &Ident, optional: bool, args: &[Arg], span: Span) -> Expr {
        let mut typed = Vec::with_capacity(args.len() + 1);
        let is_template = templates::is_template(&base, name);
        for arg in args {
            if let Some(name) = arg.name.as_ref().filter(|_| !is_template) {
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
        let Some(receiver) = self.without_null(&base, optional, || format!(".{}()", name.name), name.span) else {
            return error(span);
        };
        if ReleaseKind::parse(&name.name).is_some() {
            self.report.push(release_behind(&base, name, args, span));
            return error(span);
        }
        let Some(function) = stdlib::find(&receiver, &name.name) else {
            let unknown = self.unknown_method(&receiver, &base, name);
            let foreign = templates::foreign_method(&unknown, &base, name, args, &typed, span);
            self.report.push(foreign.unwrap_or(unknown));
            return error(span);
        };
        if typed.iter().any(|arg| arg.ty == Type::Error) {
            return error(span);
        }
        let types: Vec<Type> = typed.iter().map(|arg| arg.ty.clone()).collect();
        let ty = match (function.check)(&receiver.plain(), &types) {
            Ok(ty) => ty.head(),
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

    fn unknown_method(&self, receiver: &Type, base: &Expr, name: &Ident) -> Diagnostic {
        let message = format!("{} has no method `{}`", receiver.brief(), name.name);
        let diagnostic = Diagnostic::new(Code::UnknownMethod, name.span, message);
        if *receiver == Type::Any {
            return of_any(diagnostic.label("the shape of this value is unknown"), base, name);
        }
        let mut known: Vec<&str> = stdlib::methods_of(receiver).iter().map(|function| function.name).collect();
        known.sort_unstable();
        let habit = habit(receiver, &name.name);
        let sure = if habit.is_some() { Applicability::Sure } else { Applicability::Maybe };
        match meant(receiver, &name.name) {
            Some(near) => {
                let edit = format!("use `{near}`");
                diagnostic.label("unknown method").edit(edit, name.span, near).applicability(sure)
            }
            None if known.is_empty() => diagnostic.label("has no methods"),
            None => {
                diagnostic.label("unknown method").help(format!("its methods are {}", crate::resolve::list_of(&known)))
            }
        }
    }
}

/// `value.endorse("why")`
fn release_behind(base: &Expr, name: &Ident, args: &[Arg], span: Span) -> Diagnostic {
    let word = &name.name;
    let diagnostic = Diagnostic::new(Code::BadRelease, name.span, format!("`{word}` is no method"))
        .label("stands before what it releases");
    match args {
        [reason] if matches!(reason.value.kind, crate::syntax::ExprKind::String(_)) => {
            let (value, reason) = (quote(base.span), quote(reason.value.span));
            let text = format!("{word}({value}, {reason})");
            diagnostic.edit(format!("write `{text}`"), span, text)
        }
        _ => diagnostic.help(format!("write it as `let x = {word}(value, \"why\")`")),
    }
}

/// A method of what nothing is known of: what it has to be said to be.
fn of_any(diagnostic: Diagnostic, base: &Expr, name: &Ident) -> Diagnostic {
    let shapes = [
        (Type::String, "string", "a text"),
        (Type::list(Type::Any), "([any])", "a list"),
        (Type::Map(Type::Any.into()), "(map<any>)", "a map"),
        (Type::Float, "float", "a number"),
    ];
    let fitting: Vec<_> = shapes.into_iter().filter(|(ty, _, _)| meant_exactly(ty, &name.name).is_some()).collect();
    // Lists whose items have a type have methods that lists of anything have not.
    let element = match name.name.as_str() {
        "join" => "([string])",
        "sum" | "min" | "max" | "mean" | "median" => "([float])",
        _ => "([any])",
    };
    let text = |shape: &str| if shape == "([any])" { element.to_owned() } else { shape.to_owned() };
    let value = quote(base.span);
    match fitting.as_slice() {
        [] => {
            diagnostic.help(format!("take a field of it, compare it, or have it checked first: `({value} as string)`"))
        }
        [(_, shape, _)] => {
            let shape = text(shape);
            let edits = vec![(base.span.before(), "(".to_owned()), (base.span.after(), format!(" as {shape})"))];
            diagnostic.edits(format!("have it checked: `({value} as {shape})`"), edits).maybe()
        }
        several => several.iter().fold(diagnostic, |diagnostic, (_, shape, what)| {
            diagnostic.help(format!("have it checked, for {what}: `({value} as {}).{}(…)`", text(shape), name.name))
        }),
    }
}

/// The method of a type with this name, or with what other languages call it.
fn meant_exactly(receiver: &Type, name: &str) -> Option<&'static str> {
    stdlib::find(receiver, name).map(|function| function.name).or_else(|| habit(receiver, name))
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
            Diagnostic::new(code, name.span, message)
                .label("a wrong number of arguments")
                .help(format!("its signature is `{signature}`"))
        }
        BadArgument::NotConstant { index } => {
            Diagnostic::new(Code::NotConstant, args[index].span, format!("`{}` wants a constant text here", name.name))
                .label("not constant")
                .help("the text decides on the type of the result, so it stands here as it is, without `${…}`")
        }
        BadArgument::Value { index, reason } => Diagnostic::new(Code::InvalidValue, args[index].span, reason)
            .label("cannot be understood")
            .help(format!("its signature is `{signature}`")),
        BadArgument::Type { index, expected } => {
            let place = index.map_or(base, |index| &args[index]);
            let diagnostic =
                Diagnostic::new(Code::TypeMismatch, place.span, format!("`{}` wants {expected} here", name.name))
                    .label(format!("this is {}", place.ty.brief()));
            let is_loose = index.is_none() && base.ty.without_null().element().is_some_and(|of| *of == Type::Any);
            match (is_loose, name.name.as_str()) {
                (false, _) => diagnostic.help(format!("its signature is `{signature}`")),
                (true, method) => {
                    let shape = if method == "join" { "([string])" } else { "([float])" };
                    diagnostic.help(format!(
                        "nothing is known of its items: have them checked, `({} as {shape}).{method}(…)`",
                        quote(base.span)
                    ))
                }
            }
        }
    }
}

/// The method of a type that a name in the manner of another language, or a misspelt one, most likely stands for.
pub(super) fn meant(receiver: &Type, name: &str) -> Option<&'static str> {
    let known: Vec<&'static str> = stdlib::methods_of(receiver).iter().map(|function| function.name).collect();
    let exact = known.iter().copied().find(|known| *known == name);
    exact.or_else(|| habit(receiver, name)).or_else(|| nearest(name, known))
}

/// The method that other languages call so.
fn habit(receiver: &Type, name: &str) -> Option<&'static str> {
    let ours = match name {
        "len" | "size" | "count" => Some("length"),
        "contains" | "has_key" | "contains_key" | "hasOwnProperty" => Some("has"),
        "items" => Some("entries"),
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
    ours.filter(|ours| stdlib::find(receiver, ours).is_some())
}
