//! How often a tool is called, how its pages are followed, and what is called in its place before anything may change.

use super::{RESULT, constant, list_of, literal, param_of_any, result_path, result_type};
use crate::catalogue::{Catalogue, LIMIT_UNITS, Limit, Paged, Param, Simulation, Source, Tool};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, Arg, Count, Expr, ExprKind, Ident, Mark, ToolClauseKind};
use crate::types::Type;
use std::sync::Arc;

/// The largest number of calls in a time.
pub const MAX_LIMIT_CALLS: u64 = 1_000_000;
/// The most pages that are followed.
pub const MAX_FOLLOWED_PAGES: u64 = 1_000;

/// `limit`
pub(super) fn limit(calls: Count, unit: &Ident, report: &Diagnostics) -> Option<Limit> {
    let number = within(calls, MAX_LIMIT_CALLS, "calls", report);
    let Some((_, per_ms)) = LIMIT_UNITS.iter().find(|(name, _)| *name == unit.name) else {
        let names = LIMIT_UNITS.map(|(name, _)| name);
        let message = format!("calls are not counted per `{}`", unit.name);
        let diagnostic = Diagnostic::new(Code::UnknownName, unit.span, message).label("no such time");
        report.push(match nearest(&unit.name, names) {
            Some(near) => diagnostic.edit(format!("use `{near}`"), unit.span, near).maybe(),
            None => diagnostic.help(format!("the times are {}", list_of(&names))),
        });
        return None;
    };
    number.map(|calls| Limit { calls, per_ms: *per_ms })
}

/// A number between 1 and the most.
fn within(count: Count, most: u64, of: &str, report: &Diagnostics) -> Option<u32> {
    let number = u32::try_from(count.value).ok().filter(|value| (1..=most).contains(&u64::from(*value)));
    if number.is_none() {
        let message = format!("a number of {of} is between 1 and {most}");
        report.push(Diagnostic::new(Code::InvalidValue, count.span, message).label("not such a number"));
    }
    number
}

/// `paged`
pub(super) fn pages(declared: &syntax::Tool, tool: &Tool, report: &Diagnostics) -> Option<Paged> {
    let (span, cursor, from, most) = declared.clauses.iter().find_map(|clause| match &clause.kind {
        ToolClauseKind::Paged(cursor, from, most) => Some((clause.span, cursor, from, *most)),
        _ => None,
    })?;
    let at_most = within(most, MAX_FOLLOWED_PAGES, "pages", report);
    let refuse = |span: Span, message: String, label: String| {
        report.push(Diagnostic::new(Code::BadPages, span, message).label(label));
    };
    if !tool.is_read_only() {
        let message =
            format!("`{}` does not only read, so that its calls are not repeated for further pages", tool.name);
        refuse(span, message, "asks again and again".into());
        return None;
    }
    let param =
        param_of_any(&cursor.name, cursor.span, tool, Code::BadPages, "pages are named by a parameter", report)?;
    if tool.params[param].required() {
        let message = format!("nothing is the first page, for `{}` must be given", cursor.name);
        report.push(
            Diagnostic::new(Code::BadPages, cursor.span, message)
                .label("a required parameter")
                .help(format!("where it may be left out, declare it so: `{}?: …`", cursor.name)),
        );
        return None;
    }
    let path = result_path(from).filter(|path| !path.is_empty() && tool.param(RESULT).is_none());
    let Some(path) = path else {
        refuse(from.span, "the next page is named by a field of the result".into(), "no field of `result`".into());
        return None;
    };
    let next = result_type(&path, tool, report)?;
    let taken = &tool.params[param].ty;
    if !next.without_null().is_accepted_as(&taken.clone().optional()) {
        let message = format!("the next page is {}, and `{}` takes {}", next.brief(), cursor.name, taken.brief());
        refuse(from.span, message, "names no page".into());
        return None;
    }
    let lists: Vec<_> = match tool.result.head() {
        Type::Record(record) => {
            record.fields.iter().filter(|field| is_list(&field.ty)).map(|field| field.name.clone()).collect()
        }
        _ => Vec::new(),
    };
    if lists.is_empty() {
        let message = format!("the result of `{}` has no list that pages could have in common", tool.name);
        refuse(span, message, "nothing to join".into());
        return None;
    }
    let next = path.iter().map(|name| name.name.clone()).collect();
    at_most.map(|at_most| Paged { param, next, lists, at_most })
}

fn is_list(ty: &Type) -> bool {
    match ty.head().without_null().head() {
        Type::List(_) => true,
        Type::Refined(refined) => is_list(&refined.base),
        _ => false,
    }
}

/// Says of a clause that may stand once that it stands again.
pub(super) fn no_second(declared: &syntax::Tool, report: &Diagnostics) {
    let of = |word: &'static str| {
        let mut found = declared.clauses.iter().filter(move |clause| word_of(&clause.kind) == Some(word));
        (word, found.next(), found.next())
    };
    for (word, first, second) in ["simulate", "limit", "paged", "probe"].map(of) {
        if let (Some(first), Some(second)) = (first, second) {
            report.push(
                Diagnostic::new(Code::DuplicateSection, second.span, format!("a tool has one `{word}`"))
                    .label("stands again")
                    .related(first.span, "the first"),
            );
        }
    }
}

fn word_of(kind: &ToolClauseKind) -> Option<&'static str> {
    match kind {
        ToolClauseKind::Simulate(_) => Some("simulate"),
        ToolClauseKind::Limit(..) => Some("limit"),
        ToolClauseKind::Paged(..) => Some("paged"),
        ToolClauseKind::Probe(_) => Some("probe"),
        ToolClauseKind::Pure
        | ToolClauseKind::Effect(..)
        | ToolClauseKind::Approval(_)
        | ToolClauseKind::Idempotent
        | ToolClauseKind::Independent
        | ToolClauseKind::Timeout(_)
        | ToolClauseKind::Category(_)
        | ToolClauseKind::Named(..)
        | ToolClauseKind::Pinned(_) => None,
    }
}

/// `simulate`, of all tools of a catalogue.
pub(super) fn simulations(declared: &syntax::Catalogue, catalogue: &mut Catalogue, report: &Diagnostics) {
    for tool in &declared.tools {
        let call = tool.clauses.iter().find_map(|clause| match &clause.kind {
            ToolClauseKind::Simulate(call) => Some((clause.span, call)),
            _ => None,
        });
        let Some((span, call)) = call else { continue };
        let name = format!("{}.{}", declared.name.name, tool.name.name);
        // Of two with one name the first counts, and the second has been reported.
        let Some(simulated) = catalogue.tool(&name).filter(|known| known.span == tool.name.span).cloned() else {
            continue;
        };
        if let Some(simulation) = simulation(&simulated, span, call, catalogue, report) {
            catalogue.simulate(&name, simulation);
        }
    }
}

fn simulation(
    tool: &Tool,
    clause: Span,
    call: &Expr,
    catalogue: &Catalogue,
    report: &Diagnostics,
) -> Option<Simulation> {
    let refuse = |span: Span, message: String, label: &str| {
        report.push(Diagnostic::new(Code::BadSimulation, span, message).label(label));
        None
    };
    if tool.is_read_only() {
        let message = format!("`{}` only reads: it is called, and nothing stands in its place", tool.name);
        return refuse(clause, message, "needs no simulation");
    }
    let (callee, args) = match &call.kind {
        ExprKind::Call(call) => (&call.callee, &call.args),
        ExprKind::Error => return None,
        _ => return refuse(call.span, "a simulation is the call of a tool".into(), "no call"),
    };
    let by = callee_of(tool, callee, catalogue, report)?;
    if !by.is_read_only() {
        let message = format!("`{}` does not only read: before a yes nothing else is called", by.name);
        return refuse(callee.span, message, "has effects, or declares none");
    }
    if !by.result.is_accepted_as(&tool.result) {
        let message =
            format!("`{}` gives {}, and `{}` gives {}", by.name, by.result.brief(), tool.name, tool.result.brief());
        return refuse(callee.span, message, "another result");
    }
    let args = arguments(tool, &by, args, call.span, report)?;
    Some(Simulation { tool: by.name.clone(), args, by: Some(by) })
}

fn callee_of(tool: &Tool, callee: &Expr, catalogue: &Catalogue, report: &Diagnostics) -> Option<Arc<Tool>> {
    let name = match &callee.kind {
        ExprKind::Field(field) if !field.optional => match &field.base.kind {
            ExprKind::Name(first) => format!("{first}.{}", field.name.name),
            _ => String::new(),
        },
        ExprKind::Name(name) => name.to_string(),
        _ => String::new(),
    };
    if let Some(found) = catalogue.tool(&name) {
        return Some(found.clone());
    }
    let own = format!("{}.{name}", tool.catalogue());
    let diagnostic = Diagnostic::new(Code::UnknownTool, callee.span, format!("there is no tool `{name}`"));
    let diagnostic = diagnostic.label("not in the catalogues");
    report.push(match catalogue.tool(&own) {
        Some(own) => diagnostic.edit(format!("use `{}`", own.name), callee.span, own.name.as_str()),
        None => match nearest(&name, catalogue.tools().map(|tool| tool.name.as_str())) {
            Some(near) => diagnostic.edit(format!("use `{near}`"), callee.span, near).maybe(),
            None => diagnostic.help("a tool is named in full: `catalogue.tool`"),
        },
    });
    None
}

/// The arguments by the parameters of the tool that tells; each is a parameter of the simulated one, or a constant.
fn arguments(tool: &Tool, by: &Tool, args: &[Arg], call: Span, report: &Diagnostics) -> Option<Vec<Source>> {
    let mut given: Vec<Option<Source>> = by.params.iter().map(|_| None).collect();
    let mut is_sound = true;
    for Arg { name, value } in args {
        let Some(name) = name else {
            let message = "the arguments of a tool have names";
            report.push(Diagnostic::new(Code::PositionalArgument, value.span, message).label("has none"));
            is_sound = false;
            continue;
        };
        let Some(index) = by.param(&name.name) else {
            let message = format!("`{}` has no parameter `{}`", by.name, name.name);
            let diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message).label("unknown parameter");
            report.push(match nearest(&name.name, by.params.iter().map(|param| param.name.as_str())) {
                Some(near) => diagnostic.edit(format!("use `{near}`"), name.span, near).maybe(),
                None => diagnostic,
            });
            is_sound = false;
            continue;
        };
        let source = source(tool, &by.params[index], value, report);
        is_sound &= source.is_some();
        if given[index].replace(source.unwrap_or(Source::Left)).is_some() {
            let message = format!("the argument `{}` is given twice", name.name);
            report.push(Diagnostic::new(Code::DuplicateArgument, name.span, message).label("given again"));
            is_sound = false;
        }
    }
    let missing = by.params.iter().zip(&given).find(|(param, given)| param.required() && given.is_none());
    if let Some((param, _)) = missing {
        let message = format!("`{}` needs the argument `{}`", by.name, param.name);
        report
            .push(Diagnostic::new(Code::MissingArgument, call, message).label(format!("`{}` is missing", param.name)));
        return None;
    }
    is_sound.then(|| given.into_iter().map(|source| source.unwrap_or(Source::Left)).collect())
}

fn source(tool: &Tool, of: &Param, value: &Expr, report: &Diagnostics) -> Option<Source> {
    if let ExprKind::Name(name) = &value.kind {
        let help = "an argument of a simulation is a parameter of the simulated tool, or a constant";
        let index = param_of_any(name, value.span, tool, Code::UnknownName, help, report)?;
        let given = &tool.params[index].ty;
        if !given.is_accepted_as(&of.ty) {
            let message = format!("`{}` takes {}, and `{name}` is {}", of.name, of.ty.brief(), given.brief());
            report.push(Diagnostic::new(Code::TypeMismatch, value.span, message).label("of another type"));
            return None;
        }
        if tool.params[index].optional && of.required() {
            let message = format!("`{name}` may be left out, and `{}` must be given", of.name);
            report.push(Diagnostic::new(Code::MaybeNull, value.span, message).label("may be null"));
            return None;
        }
        if tool.params[index].marks.mention(Mark::Secret) && !of.marks.has(Mark::Secret) {
            let message = format!("`{name}` may be secret, and `{}` is not declared to take secrets", of.name);
            report.push(Diagnostic::new(Code::BadSimulation, value.span, message).label("would be shown a secret"));
            return None;
        }
        return Some(Source::Param(index));
    }
    if literal(value).is_none() {
        let message = "an argument of a simulation is a parameter of the simulated tool, or a constant";
        report.push(Diagnostic::new(Code::NotConstant, value.span, message).label("neither of them"));
        return None;
    }
    constant(value, &of.ty, report).map(Source::Constant)
}
