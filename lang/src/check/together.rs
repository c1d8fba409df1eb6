//! Arguments that are one mistake together: the words of a program one by one, the fields of a record without the record,
//! a record in the place of the arguments.

use super::argv::is_program;
use crate::catalogue::{Param, Tool};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::{self, Arg};
use crate::types::{RecordType, Type};
use std::sync::Arc;

/// Names of other tools for the fields of ours.
pub(super) const FIELDS: [(&str, &str); 12] = [
    ("old", "find"),
    ("old_string", "find"),
    ("old_str", "find"),
    ("old_text", "find"),
    ("search", "find"),
    ("from", "find"),
    ("new", "replace"),
    ("new_string", "replace"),
    ("new_str", "replace"),
    ("new_text", "replace"),
    ("replacement", "replace"),
    ("to", "replace"),
];

/// Arguments that are the fields of a record in a list that the tool takes: `find: "a", replace: "b"`.
pub(super) struct Together {
    /// The parameter that takes the list.
    pub(super) param: usize,
    /// The first of them, by its position.
    pub(super) first: usize,
    /// The fields that they are.
    fields: Vec<String>,
}

/// The fields among the arguments, if they stand side by side and are all that their record needs.
pub(super) fn fields(tool: &Tool, args: &[Arg]) -> Option<Together> {
    let unknown = |arg: &Arg| arg.name.as_ref().is_some_and(|name| tool.param(&name.name).is_none());
    let first = args.iter().position(unknown)?;
    let count = args[first..].iter().take_while(|arg| unknown(arg)).count();
    if args[first + count..].iter().any(unknown) {
        return None;
    }
    let (param, record) = list_of_records(tool, args)?;
    let mut fields: Vec<String> = Vec::with_capacity(count);
    for name in args[first..first + count].iter().filter_map(|arg| arg.name.as_ref()) {
        let ours = field_named(&record, &name.name).filter(|ours| !fields.iter().any(|field| field == ours))?;
        fields.push(ours.to_owned());
    }
    let has_all = record.fields.iter().all(|field| field.optional || fields.iter().any(|name| *name == field.name));
    has_all.then_some(Together { param, first, fields })
}

/// The field of a record that is called so, here or elsewhere.
pub(super) fn field_named<'r>(record: &'r RecordType, name: &str) -> Option<&'r str> {
    let habit = FIELDS.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
    let field = record.field(name).or_else(|| record.field(habit?))?;
    Some(&field.name)
}

impl Together {
    /// Whether the argument at a position is one of them.
    pub(super) fn has(&self, position: usize) -> bool {
        (self.first..self.first + self.fields.len()).contains(&position)
    }

    pub(super) fn diagnostic(&self, tool: &Tool, args: &[Arg]) -> Diagnostic {
        let param = &tool.params[self.param].name;
        let own = &args[self.first..self.first + self.fields.len()];
        let names: Vec<_> = own.iter().filter_map(|arg| arg.name.as_ref()).collect();
        let span = names[0].span.to(own[own.len() - 1].value.span);
        let mut edits = vec![(names[0].span, format!("{param}: [{{ {}", self.fields[0]))];
        for (name, field) in names.iter().zip(&self.fields).skip(1).filter(|(name, field)| name.name != field.as_str())
        {
            edits.push((name.span, field.clone()));
        }
        edits.push((span.after(), " }]".to_owned()));
        let shown = self.fields.iter().map(|field| format!("{field}: …")).collect::<Vec<_>>().join(", ");
        Diagnostic::new(Code::UnknownArgument, names[0].span, format!("`{}` takes these in its `{param}`", tool.name))
            .label("a field of one of them")
            .edits(format!("write `{param}: [{{ {shown} }}]`"), edits)
    }
}

/// `command: "git", args: ["log"]`: a program and its arguments side by side, which are one list here. Gives where they
/// stand among the arguments, and the parameter that takes them.
pub(super) fn command(tool: &Tool, args: &[Arg]) -> Option<(usize, usize)> {
    let param = (0..tool.params.len()).find(|param| is_program(tool, *param))?;
    let is_named =
        |arg: &Arg, names: &[&str]| arg.name.as_ref().is_some_and(|name| names.contains(&name.name.as_str()));
    let at = args.windows(2).position(|pair| {
        is_named(&pair[0], &["command", "cmd", "program", "executable", "file"])
            && is_named(&pair[1], &["args", "arguments", "argv", "params"])
            && matches!(pair[0].value.kind, syntax::ExprKind::String(_))
            && matches!(pair[1].value.kind, syntax::ExprKind::List(_))
    })?;
    let name = &args[at].name.as_ref()?.name;
    (tool.param(name).is_none()).then_some((at, param))
}

/// The mistake of [`command`].
pub(super) fn command_mistake(tool: &Tool, param: usize, program: &Arg, list: &Arg) -> Diagnostic {
    let name = &tool.params[param].name;
    let [before, after] = [program.value.span, list.value.span];
    let start = program.name.as_ref().map_or(before.start, |name| name.span.start);
    let is_empty = matches!(&list.value.kind, syntax::ExprKind::List(items) if items.is_empty());
    let between = if is_empty { String::new() } else { ", ".to_owned() };
    let edits =
        vec![(Span::new(start, before.start), format!("{name}: [")), (Span::new(before.end, after.start + 1), between)];
    let message = format!("`{}` takes a program and its arguments as one list", tool.name);
    Diagnostic::new(Code::UnknownArgument, Span::new(start, after.end), message)
        .label(format!("these are `{name}`"))
        .edits(format!("make them one list, `{name}: […]`"), edits)
}

/// The parameter of a tool that takes a list of records and is not given.
fn list_of_records(tool: &Tool, args: &[Arg]) -> Option<(usize, Arc<RecordType>)> {
    let mut lists = tool.params.iter().enumerate().filter(|(_, param)| param.required() && !is_given(param, args));
    lists.find_map(|(index, param)| match param.ty.element() {
        Some(Type::Record(record)) => Some((index, record.clone())),
        _ => None,
    })
}

fn is_given(param: &Param, args: &[Arg]) -> bool {
    args.iter().any(|arg| arg.name.as_ref().is_some_and(|name| name.name == param.name))
}

/// Several arguments without names that are one mistake, and the parameters that they are meant for.
pub(super) fn positional(tool: &Tool, loose: &[(usize, Expr)], args: &[Arg]) -> Option<(Diagnostic, Vec<usize>)> {
    let is_row = loose.iter().enumerate().all(|(at, (position, _))| at == *position);
    let values: Vec<&Expr> = loose.iter().map(|(_, value)| value).collect();
    let (first, last) = (values.first()?, values.last()?);
    let message = format!("`{}` takes its arguments by name", tool.name);
    let diagnostic = Diagnostic::new(Code::PositionalArgument, first.span.to(last.span), message);
    if !is_row {
        return None;
    }
    braced(tool, &values, args, &diagnostic)
        .or_else(|| words(tool, &values, args, &diagnostic))
        .or_else(|| record(tool, &values, args, &diagnostic))
}

/// `fs.read({ path: "a" })`
fn braced(tool: &Tool, values: &[&Expr], args: &[Arg], diagnostic: &Diagnostic) -> Option<(Diagnostic, Vec<usize>)> {
    let ([only], 1) = (values, args.len()) else { return None };
    let ExprKind::Record(fields) = &only.kind else { return None };
    let params: Vec<usize> = fields.iter().map(|(name, _)| tool.param(name)).collect::<Option<_>>()?;
    if params.is_empty() {
        return None;
    }
    let Span { start, end } = only.span;
    let edits = vec![(Span::new(start, start + 1), String::new()), (Span::new(end - 1, end), String::new())];
    let diagnostic = diagnostic.clone().label("a record in their place").edits("leave the braces out", edits);
    Some((diagnostic, (0..tool.params.len()).collect()))
}

/// `process.run("cargo", "test")`, `process.run("git", ["status"])`
fn words(tool: &Tool, values: &[&Expr], args: &[Arg], diagnostic: &Diagnostic) -> Option<(Diagnostic, Vec<usize>)> {
    let param = tool.params.first()?;
    let is_list = matches!(&param.ty, Type::List(element) if **element == Type::String);
    let is_text = |value: &&&Expr| value.ty != Type::Error && value.ty.is_subtype(&Type::String);
    let starts = values.len() > 1 && is_text(&&values[0]) && is_list && is_program(tool, 0);
    if !starts || is_given(param, args) {
        return None;
    }
    let diagnostic = diagnostic.clone().label(format!("are these the words of `{}`?", param.name));
    let open = (values[0].span.before(), format!("{}: [", param.name));
    let rest = &values[1..];
    let is_one_word =
        !matches!(&values[0].kind, ExprKind::Constant(crate::value::Value::String(text)) if text.contains(' '));
    let edits = match rest {
        _ if !is_one_word => None,
        _ if rest.iter().all(|value| is_text(&value)) => {
            Some(vec![open, (values[rest.len()].span.after(), "]".to_owned())])
        }
        [list] if matches!(list.kind, ExprKind::List(_)) && list.ty.is_accepted_as(&param.ty) => {
            Some(vec![open, (Span::new(list.span.start, list.span.start + 1), String::new())])
        }
        _ => None,
    };
    let diagnostic = match edits {
        Some(edits) => diagnostic.edits(format!("make them one list, `{}: […]`", param.name), edits),
        None => diagnostic.help(format!("its signature is `{}`", tool.signature())),
    };
    Some((diagnostic, (0..tool.params.len()).collect()))
}

/// `fs.edit("a.txt", "x", "y")`
fn record(tool: &Tool, values: &[&Expr], args: &[Arg], diagnostic: &Diagnostic) -> Option<(Diagnostic, Vec<usize>)> {
    let (at, record) = list_of_records(tool, args)?;
    let needed: Vec<_> = record.fields.iter().filter(|field| !field.optional).collect();
    let own = values.get(at..).filter(|own| own.len() == needed.len() && args.len() == values.len())?;
    let fits = |value: &Expr, ty: &Type| value.ty != Type::Error && value.ty.is_accepted_as(ty);
    let names = values[..at].iter().zip(&tool.params);
    let all_fit = names.clone().all(|(value, param)| fits(value, &param.ty))
        && own.iter().zip(&needed).all(|(value, field)| fits(value, &field.ty));
    if !all_fit || own.len() < 2 {
        return None;
    }
    let mut edits: Vec<_> = names.map(|(value, param)| (value.span.before(), format!("{}: ", param.name))).collect();
    for (index, (value, field)) in own.iter().zip(&needed).enumerate() {
        let open = if index == 0 { format!("{}: [{{ ", tool.params[at].name) } else { String::new() };
        edits.push((value.span.before(), format!("{open}{}: ", field.name)));
    }
    edits.push((own[own.len() - 1].span.after(), " }]".to_owned()));
    let shown = needed.iter().map(|field| format!("{}: …", field.name)).collect::<Vec<_>>().join(", ");
    let title = format!("name them, the last ones `{}: [{{ {shown} }}]`", tool.params[at].name);
    Some((
        diagnostic.clone().label("which parameters are these?").edits(title, edits),
        (0..tool.params.len()).collect(),
    ))
}
