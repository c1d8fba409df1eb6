//! Catalogue files and type expressions ⟶ typed tools and types.
//!
//! Names of types are looked up in three places: the catalogue or plan at hand, the top level of its file, the built-in
//! names. Named types are transparent; those that contain themselves are kept by name.

use crate::catalogue::{Catalogue, Param, Tool};
use crate::codes::Code;
use crate::conform::check_value;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::effects::{Effect, Effects, Target, TemplatePart};
use crate::forms::{Duration, Formed};
use crate::marks::{Marks, Side};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{
    self, EffectTarget, EffectVerb, Expr, ExprKind, Ident, StringPart, ToolClauseKind, TypeDef, UnaryOp,
};
use crate::types::{Literal, Quoted, Type};
use crate::value::Value;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

mod conditions;
mod clashes;
mod calls;
mod marks;
mod recursion;
mod probes;
mod refine;
mod types;
mod wire;

pub use calls::{MAX_FOLLOWED_PAGES, MAX_LIMIT_CALLS};
pub use types::{TYPE_NAMES, Types};
pub use wire::MAX_WIRE_NAME_BYTES;

/// The categories of tools.
pub const CATEGORIES: [&str; 4] = ["document", "analyze", "plan", "execute"];

/// The catalogues in parsed files ⟶ one catalogue of typed tools.
pub fn catalogue(files: &[&syntax::File], report: &Diagnostics) -> Catalogue {
    let mut catalogue = Catalogue::default();
    let mut names: FxHashMap<SmolStr, Span> = FxHashMap::default();
    let mut kept = Vec::new();
    for file in files {
        for item in &file.items {
            match item {
                syntax::TopItem::Catalogue(declared) => match names.get(&declared.name.name) {
                    // The tools of a second one would hide among those that were reviewed under this name.
                    Some(first) => report.push(second_catalogue(&declared.name).related(*first, "first declared here")),
                    None => {
                        names.insert(declared.name.name.clone(), declared.name.span);
                        add_catalogue(declared, file, &mut catalogue, report);
                        kept.push(declared);
                    }
                },
                syntax::TopItem::Plan(plan) => report.push(
                    Diagnostic::new(Code::MixedFile, plan.title.span, "a catalogue file holds no plan")
                        .label("this plan")
                        .help("catalogues are reviewed apart from plans: keep them in files of their own"),
                ),
                syntax::TopItem::Type(_) => {}
            }
        }
    }
    // They may name tools of any catalogue.
    kept.into_iter().for_each(|declared| calls::simulations(declared, &mut catalogue, report));
    catalogue
}

/// One catalogue file by itself ⟶ what is wrong with it, the built-in catalogues being there already.
pub fn catalogue_alone(file: &syntax::File, report: &Diagnostics) {
    for item in &file.items {
        if let syntax::TopItem::Catalogue(declared) = item
            && crate::builtin::CATALOGUES.contains(&declared.name.name.as_str())
        {
            report.push(second_catalogue(&declared.name));
        }
    }
    catalogue(&[file], report);
}

fn second_catalogue(name: &Ident) -> Diagnostic {
    let diagnostic = match crate::builtin::CATALOGUES.contains(&name.name.as_str()) {
        true => {
            Diagnostic::new(Code::DuplicateCatalogue, name.span, format!("`{}` is a built-in catalogue", name.name))
                .label("can be neither extended nor replaced")
        }
        false => {
            let message = format!("the catalogue `{}` is declared twice", name.name);
            Diagnostic::new(Code::DuplicateCatalogue, name.span, message).label("declared again")
        }
    };
    diagnostic.help("give this one another name: a tool's name says who vouches for it")
}

/// The type definitions at the top level of a file.
pub fn top_types(file: &syntax::File) -> impl Iterator<Item = &TypeDef> {
    file.items.iter().filter_map(|item| match item {
        syntax::TopItem::Type(definition) => Some(definition),
        syntax::TopItem::Plan(_) | syntax::TopItem::Catalogue(_) => None,
    })
}

fn add_catalogue(declared: &syntax::Catalogue, file: &syntax::File, to: &mut Catalogue, report: &Diagnostics) {
    let mut types = Types::new(top_types(file).chain(&declared.types), report);
    for tool in &declared.tools {
        let tool = typed_tool(&declared.name.name, tool, &mut types, report);
        let (name, span) = (tool.name.clone(), tool.span);
        if let Err(first) = to.add(tool) {
            report.push(
                Diagnostic::new(Code::DuplicateTool, span, format!("the tool `{name}` is declared twice"))
                    .label("declared again")
                    .related(first.span, "first declared here"),
            );
        }
    }
    probes::link(declared, to, report);
}

fn typed_tool(catalogue: &str, declared: &syntax::Tool, types: &mut Types<'_>, report: &Diagnostics) -> Tool {
    let params = declared.params.iter().map(|param| typed_param(param, types, report)).collect();
    let mut tool = Tool {
        name: format!("{catalogue}.{}", declared.name.name).into(),
        doc: declared.doc.as_ref().map(|doc| doc.value.clone()).unwrap_or_default(),
        params,
        result_marks: declared
            .result
            .as_ref()
            .map_or_else(Marks::default, |ty| types.marks(&declared.result_marks, ty, Side::Result)),
        result: declared.result.as_ref().map_or(Type::Null, |ty| types.resolve(ty)),
        effects: Effects::Undeclared,
        approval: syntax::Approval::Auto,
        idempotent: false,
        independent: false,
        timeout_ms: None,
        probe: None,
        category: None,
        general: None,
        wire_name: None,
        pinned: None,
        simulate: None,
        limit: None,
        paged: None,
        span: declared.name.span,
    };
    check_params(declared, report);
    let mut pure = None;
    let mut effects = Vec::new();
    for clause in &declared.clauses {
        match &clause.kind {
            ToolClauseKind::Pure => pure = Some(clause.span),
            ToolClauseKind::Effect(verb, target, when) => {
                let effect = typed_effect(*verb, target, when.as_ref(), &tool, report);
                effects.extend(effect.map(|effect| (effect, clause.span)));
            }
            ToolClauseKind::Approval(approval) => tool.approval = *approval,
            ToolClauseKind::Idempotent => tool.idempotent = true,
            ToolClauseKind::Independent => tool.independent = true,
            ToolClauseKind::Timeout(duration) => {
                check_timeout(duration, report);
                tool.timeout_ms = Some(duration.ms);
            }
            // It is looked for when all tools are there.
            ToolClauseKind::Probe(_) => {}
            ToolClauseKind::Category(category) => tool.category = typed_category(category, report),
            ToolClauseKind::Named(of, name) => wire::name(of.as_ref(), name, &mut tool, report),
            ToolClauseKind::Pinned(digest) => tool.pinned = wire::pin(digest, report),
            ToolClauseKind::Limit(calls, unit) => tool.limit = calls::limit(*calls, unit, report),
            // They are about the whole tool, and one about other tools.
            ToolClauseKind::Paged(..) | ToolClauseKind::Simulate(_) => {}
        }
    }
    calls::no_second(declared, report);
    if let (Some(pure), Some((_, effect))) = (pure, effects.first()) {
        report.push(
            Diagnostic::new(Code::ConflictingEffects, pure, "a pure tool has no effects")
                .label("says that it touches nothing")
                .related(*effect, "says that it does"),
        );
    }
    if pure.is_some() || !effects.is_empty() {
        tool.effects = Effects::Declared(effects.into_iter().map(|(effect, _)| effect).collect());
    } else if !declared.clauses.iter().any(|clause| matches!(clause.kind, ToolClauseKind::Effect(..))) {
        // One that was declared in vain has been reported.
        report.push(
            Diagnostic::new(Code::NoEffects, tool.span, format!("the tool `{}` declares no effect", tool.name))
                .label("taken to touch everything")
                .help("declare `pure`, or what it `reads`, `writes`, `creates`, `deletes`, `runs` or `contacts`"),
        );
    }
    tool.paged = calls::pages(declared, &tool, report);
    tool
}

/// A timeout of nothing would fail every call.
pub fn check_timeout(duration: &syntax::DurationLit, report: &Diagnostics) {
    if duration.ms == 0 {
        report.push(
            Diagnostic::new(Code::InvalidValue, duration.span, "a timeout must leave some time")
                .label("every call would fail at once"),
        );
    }
}

fn typed_param(param: &syntax::Param, types: &mut Types<'_>, report: &Diagnostics) -> Param {
    let ty = types.resolve(&param.ty);
    let default = param.default.as_ref().and_then(|default| constant(default, &ty, report));
    Param {
        name: param.name.name.clone(),
        doc: param.doc.as_ref().map(|doc| doc.value.clone()).unwrap_or_default(),
        marks: types.marks(&param.marks, &param.ty, Side::Parameter),
        ty,
        optional: param.optional,
        default,
        wire_name: None,
    }
}

fn check_params(declared: &syntax::Tool, report: &Diagnostics) {
    for (index, param) in declared.params.iter().enumerate() {
        if let Some(first) = declared.params[..index].iter().find(|other| other.name.name == param.name.name) {
            report.push(duplicate("parameter", &param.name, first.name.span));
        }
    }
}

fn typed_category(category: &Ident, report: &Diagnostics) -> Option<SmolStr> {
    if CATEGORIES.contains(&category.name.as_str()) {
        return Some(category.name.clone());
    }
    let diagnostic =
        Diagnostic::new(Code::UnknownName, category.span, format!("there is no category `{}`", category.name))
            .label("not a category")
            .help(format!("the categories are {}", list_of(&CATEGORIES)));
    report.push(diagnostic);
    None
}

fn typed_effect(
    verb: EffectVerb,
    target: &EffectTarget,
    when: Option<&Expr>,
    tool: &Tool,
    report: &Diagnostics,
) -> Option<Effect> {
    let when = when.map(|when| conditions::condition(when, tool, report));
    let target = typed_target(verb, target, tool, report)?;
    match when {
        // What could not be read counts always; it has been reported.
        Some(None) | None => Some(Effect { verb, target, when: None }),
        Some(when) => Some(Effect { verb, target, when }),
    }
}

fn typed_target(verb: EffectVerb, target: &EffectTarget, tool: &Tool, report: &Diagnostics) -> Option<Target> {
    match target {
        EffectTarget::Param(name) => {
            let index = param_of(&name.name, name.span, tool, report)?;
            if !names_resource(&tool.params[index].ty, verb) {
                report.push(no_resource(&name.name, name.span, &tool.params[index].ty, verb));
                return None;
            }
            Some(Target::Param(index))
        }
        EffectTarget::Template(expr) => {
            let ExprKind::String(literal) = &expr.kind else { return None };
            let parts = literal.parts.iter().map(|part| match part {
                StringPart::Text(text) => Some(TemplatePart::Text(text.as_str().into())),
                StringPart::Expr(expr) => template_part(verb, expr, tool, report),
            });
            parts.collect::<Option<Vec<_>>>().map(Target::Template)
        }
    }
}

fn param_of(name: &str, span: Span, tool: &Tool, report: &Diagnostics) -> Option<usize> {
    let help = "an effect is on a parameter, or on a constant such as \"table:users\"";
    param_of_any(name, span, tool, Code::UnknownEffectTarget, help, report)
}

/// The index of a parameter; with another code and advice where there is none.
fn param_of_any(
    name: &str,
    span: Span,
    tool: &Tool,
    code: Code,
    help: &'static str,
    report: &Diagnostics,
) -> Option<usize> {
    let index = tool.param(name);
    if index.is_none() {
        let diagnostic = Diagnostic::new(code, span, format!("`{}` has no parameter `{name}`", tool.name));
        let diagnostic = diagnostic.label("unknown parameter");
        report.push(match nearest(name, tool.params.iter().map(|param| param.name.as_str())) {
            Some(near) => diagnostic.edit(format!("use `{near}`"), span, near).maybe(),
            None => diagnostic.help(help),
        });
    }
    index
}

/// The name that calls the result of a tool in the templates of its effects.
const RESULT: &str = "result";

/// A parameter or a field of the result.
fn template_part(verb: EffectVerb, expr: &Expr, tool: &Tool, report: &Diagnostics) -> Option<TemplatePart> {
    let (part, ty, shown) = match (&expr.kind, result_path(expr)) {
        (_, Some(path)) if tool.param(RESULT).is_none() => {
            let ty = result_type(&path, tool, report)?;
            let shown = path.iter().fold(RESULT.to_owned(), |shown, name| format!("{shown}.{}", name.name));
            (TemplatePart::Result(path.into_iter().map(|name| name.name.clone()).collect()), ty, shown)
        }
        (ExprKind::Name(name), _) => {
            let index = param_of(name, expr.span, tool, report)?;
            (TemplatePart::Param(index), tool.params[index].ty.clone(), name.to_string())
        }
        _ => {
            let message = "only parameters and fields of the result can stand in the template of a resource";
            let diagnostic = Diagnostic::new(Code::UnknownEffectTarget, expr.span, message);
            report.push(diagnostic.label("neither of them"));
            return None;
        }
    };
    if !ty.without_null().is_accepted_as(&Type::union([Type::String, Type::Int])) {
        let diagnostic = no_resource(&shown, expr.span, &ty, verb);
        report.push(match part {
            TemplatePart::Result(_) => Diagnostic { message: format!("`{shown}` names no resource"), ..diagnostic },
            TemplatePart::Param(_) | TemplatePart::Text(_) => diagnostic,
        });
        return None;
    }
    Some(part)
}

/// The fields of `result.a.b`; none for what does not begin with `result`.
fn result_path(expr: &Expr) -> Option<Vec<&Ident>> {
    match &expr.kind {
        ExprKind::Name(name) if name == RESULT => Some(Vec::new()),
        ExprKind::Field(field) if !field.optional => {
            let mut path = result_path(&field.base)?;
            path.push(&field.name);
            Some(path)
        }
        _ => None,
    }
}

/// The type of a field of a tool's result.
fn result_type(path: &[&Ident], tool: &Tool, report: &Diagnostics) -> Option<Type> {
    let mut ty = tool.result.clone();
    for name in path {
        ty = match ty.head().without_null() {
            Type::Record(record) => match record.field(&name.name) {
                Some(field) => field.ty.clone(),
                None => {
                    let message = format!("the result of `{}` has no field `{}`", tool.name, name.name);
                    let diagnostic =
                        Diagnostic::new(Code::UnknownEffectTarget, name.span, message).label("unknown field");
                    report.push(match nearest(&name.name, record.fields.iter().map(|field| field.name.as_str())) {
                        Some(near) => diagnostic.edit(format!("use `{near}`"), name.span, near).maybe(),
                        None => diagnostic,
                    });
                    return None;
                }
            },
            any @ (Type::Any | Type::Error) => any,
            other => {
                let message = format!("the result of `{}` has no field `{}`", tool.name, name.name);
                let diagnostic = Diagnostic::new(Code::UnknownEffectTarget, name.span, message);
                report.push(diagnostic.label(format!("taken of {}", other.brief())));
                return None;
            }
        };
    }
    Some(ty)
}

/// Whether the value of a parameter names what is touched: a text, or for a program also an argument vector.
fn names_resource(ty: &Type, verb: EffectVerb) -> bool {
    let ty = ty.without_null();
    ty == Type::Error
        || ty.is_accepted_as(&Type::String)
        || (verb == EffectVerb::Runs && ty.is_accepted_as(&Type::list(Type::String)))
}

fn no_resource(name: &str, span: Span, ty: &Type, verb: EffectVerb) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::UnknownEffectTarget, span, format!("the parameter `{name}` names no resource"))
            .label(format!("this is {}", ty.brief()));
    match verb {
        _ if ty.is_subtype(&Type::Int) => {
            diagnostic.help(format!("put it into a name: `{} \"thing:${{{name}}}\"`", verb.as_str()))
        }
        EffectVerb::Runs => diagnostic.help("what is run is a `string` or a `[string]`"),
        EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes | EffectVerb::Contacts => {
            diagnostic
                .help("a resource is named by a `path`, a `glob`, a `string`, or a constant such as \"table:users\"")
        }
    }
}

/// The value of a constant expression that must have a type: literals, lists and records of them.
pub fn constant(expr: &Expr, ty: &Type, report: &Diagnostics) -> Option<Value> {
    let Some(value) = literal(expr) else {
        let message = "a default is a constant: a literal, or a list or record of literals";
        report.push(Diagnostic::new(Code::NotConstant, expr.span, message).label("not constant"));
        return None;
    };
    if let Err(misfit) = check_value(&value, ty) {
        let message = format!("the default does not fit the type: {misfit}");
        let diagnostic = Diagnostic::new(Code::InvalidValue, expr.span, message);
        report.push(match value.as_str().and_then(|text| nearest_literal(text, ty)) {
            Some(meant) => diagnostic.label("not one of them").edit(format!("use `{meant}`"), expr.span, meant).maybe(),
            None => diagnostic.label(format!("expected {}", ty.brief())),
        });
        return None;
    }
    Some(value)
}

/// The text of a union of literals that is nearest to a text, as a literal.
pub fn nearest_literal(text: &str, possible: &Type) -> Option<String> {
    let texts = possible.members().iter().filter_map(|member| match member {
        Type::Literal(Literal::String(text)) => Some(text.as_str()),
        _ => None,
    });
    nearest(text, texts).map(|near| Quoted(near).to_string())
}

fn literal(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Null => Some(Value::Null),
        ExprKind::Bool(bool) => Some(Value::Bool(*bool)),
        ExprKind::Int(int) => Some(Value::Int(*int)),
        ExprKind::Float(float) => Some(Value::Float(*float)),
        ExprKind::Duration(ms) => Some(Value::formed(Formed::Duration(Duration::of_ms(*ms)))),
        ExprKind::String(literal) => match literal.parts.as_slice() {
            [] => Some(Value::string("")),
            [StringPart::Text(text)] => Some(Value::string(text.as_str())),
            _ => None,
        },
        ExprKind::Unary { op: UnaryOp::Negate, operand } => match literal(operand)? {
            Value::Int(int) => int.checked_neg().map(Value::Int),
            Value::Float(float) => Some(Value::Float(-float)),
            Value::Formed(formed) => match &*formed {
                Formed::Duration(duration) => Some(Value::formed(Formed::Duration(duration.negated()))),
                Formed::Bytes(_) | Formed::Date(_) | Formed::Time(_) | Formed::Datetime(_) => None,
            },
            _ => None,
        },
        ExprKind::List(items) => items.iter().map(literal).collect::<Option<Vec<_>>>().map(Value::list),
        ExprKind::Record(fields) => fields
            .iter()
            .map(|field| Some((field.name.name.clone(), literal(&field.value)?)))
            .collect::<Option<Vec<_>>>()
            .map(Value::record),
        ExprKind::Paren(inner) => literal(inner),
        ExprKind::Name(_)
        | ExprKind::Field(_)
        | ExprKind::Index { .. }
        | ExprKind::Call(_)
        | ExprKind::Unary { op: UnaryOp::Not, .. }
        | ExprKind::Binary { .. }
        | ExprKind::If(_)
        | ExprKind::Comprehension(_)
        | ExprKind::As(..)
        | ExprKind::Type(_)
        | ExprKind::Error => None,
    }
}

/// A name that is declared twice.
pub fn duplicate(what: &str, name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::new(Code::DuplicateName, name.span, format!("the {what} `{}` is declared twice", name.name))
        .label("declared again")
        .related(first, "first declared here")
}

/// The most names that a message lists.
const MAX_LISTED: usize = 40;

/// `a`, `b` and `c`; of very many only the first.
pub fn list_of(names: &[&str]) -> String {
    match names {
        many if many.len() > MAX_LISTED => {
            let shown: Vec<String> = many[..MAX_LISTED].iter().map(|name| format!("`{name}`")).collect();
            format!("{} and {} more", shown.join(", "), many.len() - MAX_LISTED)
        }
        [] => "none".into(),
        [one] => format!("`{one}`"),
        [init @ .., last] => {
            let init: Vec<String> = init.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", init.join(", "))
        }
    }
}
