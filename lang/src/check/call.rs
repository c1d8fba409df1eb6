//! Calls: which tool, which arguments, and whether a tool may be called here at all.

use super::{Checker, Place, error};
use crate::catalogue::Tool;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::effects::Effects;
use crate::plan::{Call, Expr, ExprKind};
use crate::resolve::list_of;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, Arg, Ident};
use crate::types::{RecordType, Type};
use smol_str::SmolStr;
use std::sync::Arc;

impl Tool {
    /// Stands for a tool that could not be found; already reported.
    pub(crate) fn unknown() -> Tool {
        Tool {
            name: SmolStr::default(),
            doc: String::new(),
            params: Vec::new(),
            result: Type::Error,
            effects: Effects::Declared(Vec::new()),
            approval: syntax::Approval::Auto,
            idempotent: false,
            independent: false,
            timeout_ms: None,
            category: None,
            span: Span::default(),
        }
    }
}

impl Checker<'_> {
    /// The tool that a step's call names, without a report when there is none.
    pub(super) fn callee(&self, call: &syntax::Expr) -> Option<Arc<Tool>> {
        match &call.kind {
            syntax::ExprKind::Call { callee, .. } => self.catalogue.tool(&dotted(callee)?).cloned(),
            syntax::ExprKind::Paren(inner) => self.callee(inner),
            _ => None,
        }
    }

    /// The full name of the tool that an expression names, if the catalogue has it and no value hides it.
    pub(super) fn tool_mentioned(&self, expr: &syntax::Expr) -> Option<SmolStr> {
        let name = dotted(expr)?;
        let first = name.split('.').next().unwrap_or_default();
        if self.names.contains_key(first) || self.locals.iter().any(|local| local.name == first) {
            return None;
        }
        self.catalogue.tool(&name).map(|tool| tool.name.clone())
    }

    /// The tool with this full name, reported when there is none.
    pub(super) fn tool_named(&self, name: &str, span: Span) -> Option<Arc<Tool>> {
        if let Some(tool) = self.catalogue.tool(name) {
            return Some(tool.clone());
        }
        let diagnostic = Diagnostic::new(Code::UnknownTool, span, format!("there is no tool `{name}`"));
        self.report.push(match self.near_tool(name) {
            Some(near) => diagnostic.label("not in the catalogue").edit(format!("use `{near}`"), span, near),
            None => diagnostic
                .label("not in the catalogue")
                .help("`planc tools` lists the tools; `--catalogue FILE` adds a catalogue"),
        });
        None
    }

    fn near_tool(&self, name: &str) -> Option<SmolStr> {
        let habit = match name {
            "shell.run" | "bash.run" | "exec.run" | "process.exec" | "shell.exec" | "bash" | "shell" | "exec"
            | "run" => Some("process.run"),
            "file.read" | "fs.read_file" | "fs.cat" | "fs.open" | "read_file" => Some("fs.read"),
            "file.write" | "fs.write_file" | "fs.write_text" | "fs.create" | "write_file" => Some("fs.write"),
            "fs.rename" => Some("fs.move"),
            "fs.remove" | "fs.rm" | "fs.unlink" => Some("fs.delete"),
            "fs.mkdir" => Some("fs.make_dir"),
            "fs.grep" | "fs.find" => Some("fs.search"),
            "fs.exists" => Some("fs.stat"),
            "fs.ls" => Some("fs.list"),
            "fs.replace" | "fs.patch" => Some("fs.edit"),
            "http.fetch" | "web.get" | "web.fetch" => Some("http.get"),
            _ => None,
        };
        if let Some(tool) = habit.and_then(|habit| self.catalogue.tool(habit)) {
            return Some(tool.name.clone());
        }
        nearest(name, self.catalogue.tools().map(|tool| tool.name.as_str())).map(SmolStr::new)
    }

    /// The call that a step or an `undo` clause makes; none when it calls no tool, which is reported.
    pub(super) fn tool_call(&mut self, call: &syntax::Expr) -> Option<Call> {
        match &call.kind {
            syntax::ExprKind::Paren(inner) => self.tool_call(inner),
            syntax::ExprKind::Call { callee, args, parens } => match self.tool_of(callee, args) {
                Some(Ok(tool)) => Some(self.arguments(tool, args, *parens, call.span)),
                Some(Err(())) => {
                    // The tool is unknown; mistakes in its arguments are worth a word all the same.
                    args.iter().for_each(|arg| drop(self.expr(&arg.value)));
                    None
                }
                None => {
                    self.not_a_call(call);
                    None
                }
            },
            syntax::ExprKind::Error => None,
            _ => {
                self.not_a_call(call);
                None
            }
        }
    }

    /// What a callee means: a tool, a tool that does not exist (reported), or no tool at all.
    fn tool_of(&self, callee: &syntax::Expr, args: &[Arg]) -> Option<Result<Arc<Tool>, ()>> {
        let name = dotted(callee)?;
        if let Some(tool) = self.catalogue.tool(&name) {
            return Some(Ok(tool.clone()));
        }
        let first = name.split('.').next().unwrap_or_default();
        let is_value = self.names.contains_key(first) || self.locals.iter().any(|local| local.name == first);
        if is_value && args.iter().all(|arg| arg.name.is_none()) {
            return None;
        }
        Some(self.tool_named(&name, callee.span).ok_or(()))
    }

    fn not_a_call(&mut self, expr: &syntax::Expr) {
        let before = self.report.len();
        self.expr(expr);
        if self.report.len() > before {
            return;
        }
        let diagnostic = Diagnostic::new(Code::NotACall, expr.span, "a step calls a tool, and this is a value")
            .label("no tool is called here");
        self.report.push(diagnostic.help("a pure value is a `let`: `let name = …`"));
    }

    /// A call inside an expression: a method, or in the check of an assumption or verification a read-only tool.
    pub(super) fn call_expr(&mut self, expr: &syntax::Expr, callee: &syntax::Expr, args: &[Arg], parens: Span) -> Expr {
        if let Some(name) = dotted(callee) {
            let first = name.split('.').next().unwrap_or_default();
            let is_value = self.names.contains_key(first) || self.locals.iter().any(|local| local.name == first);
            if !is_value && (self.catalogue.has_catalogue(first) || args.iter().any(|arg| arg.name.is_some())) {
                return self.tool_in_expression(&name, expr, callee, args, parens);
            }
        }
        match &callee.kind {
            syntax::ExprKind::Field { base, name, optional } => {
                let base = self.expr(base);
                self.method(base, name, *optional, args, expr.span)
            }
            syntax::ExprKind::Name(name) => {
                self.function_call(name, callee.span, args);
                error(expr.span)
            }
            syntax::ExprKind::Error => error(expr.span),
            _ => {
                self.report.push(
                    Diagnostic::new(Code::NotACall, callee.span, "only tools and methods can be called")
                        .label("this is neither"),
                );
                error(expr.span)
            }
        }
    }

    /// `len(x)`: a function, which the language does not have.
    fn function_call(&mut self, name: &SmolStr, span: Span, args: &[Arg]) {
        let typed: Vec<Expr> = args.iter().map(|arg| self.expr(&arg.value)).collect();
        let diagnostic = Diagnostic::new(Code::UnknownName, span, format!("there is no function `{name}`"))
            .label("the language has methods and tools, no functions");
        self.report.push(match (typed.first(), name.as_str()) {
            (_, "endorse" | "reveal") => {
                Diagnostic::new(Code::ReservedSyntax, span, format!("`{name}` is reserved for a later version"))
            }
            (Some(receiver), _) if receiver.ty != Type::Error => {
                diagnostic.help(format!("write it as a method: `x.{name}(…)`"))
            }
            _ => diagnostic,
        });
    }

    fn tool_in_expression(
        &mut self,
        name: &str,
        expr: &syntax::Expr,
        callee: &syntax::Expr,
        args: &[Arg],
        parens: Span,
    ) -> Expr {
        let Some(tool) = self.tool_named(name, callee.span) else {
            args.iter().for_each(|arg| drop(self.expr(&arg.value)));
            return error(expr.span);
        };
        let call = self.arguments(tool.clone(), args, parens, expr.span);
        match self.place {
            Place::Assumption | Place::Verification(_) if tool.is_read_only() => {
                Expr { kind: ExprKind::Call(Box::new(call)), ty: tool.result.clone(), span: expr.span }
            }
            Place::Assumption | Place::Verification(_) => {
                self.report.push(
                    Diagnostic::new(Code::NotReadOnly, callee.span, format!("`{name}` may change something"))
                        .label("only read-only tools can be called in a check")
                        .help(match self.place {
                            Place::Assumption => "an assumption only looks; what acts is a step",
                            _ => "make it a step of the verification: `step x = …` before the condition",
                        }),
                );
                error(expr.span)
            }
            Place::Let | Place::Step(_) | Place::OwnResult(_) | Place::Output => {
                self.report.push(
                    Diagnostic::new(Code::ToolInExpression, expr.span, "a tool is called inside an expression")
                        .label("every call is a step of its own")
                        .help(format!("make it a step before this one, `step x = {name}(…)`, and use `x` here")),
                );
                error(expr.span)
            }
        }
    }

    /// Matches the arguments of a call to the parameters of its tool.
    fn arguments(&mut self, tool: Arc<Tool>, args: &[Arg], parens: Span, span: Span) -> Call {
        let mut given: Vec<Option<Expr>> = vec![None; tool.params.len()];
        let mut complete = true;
        for (position, arg) in args.iter().enumerate() {
            let value = self.expr(&arg.value);
            let index = match &arg.name {
                Some(name) => self.parameter(&tool, name, args),
                None => {
                    self.positional(&tool, position, &value);
                    None
                }
            };
            let Some(index) = index else {
                complete = false;
                continue;
            };
            if given[index].is_some() {
                let message = format!("the argument `{}` is given twice", tool.params[index].name);
                let at = arg.name.as_ref().map_or(value.span, |name| name.span);
                self.report.push(Diagnostic::new(Code::DuplicateArgument, at, message).label("given again"));
                continue;
            }
            let param = &tool.params[index];
            match param.optional {
                true => self.want(&value, &param.ty.clone().optional()),
                false => self.want(&value, &param.ty),
            }
            given[index] = Some(value);
        }
        if complete {
            self.missing(&tool, &given, parens);
        }
        Call { tool, args: given, span }
    }

    fn parameter(&self, tool: &Tool, name: &Ident, args: &[Arg]) -> Option<usize> {
        let index = tool.param(&name.name);
        if index.is_some() {
            return index;
        }
        let message = format!("`{}` has no parameter `{}`", tool.name, name.name);
        let diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message).label("unknown parameter");
        let taken = |param: &str| args.iter().any(|arg| arg.name.as_ref().is_some_and(|name| name.name == param));
        let free: Vec<&str> =
            tool.params.iter().map(|param| param.name.as_str()).filter(|param| !taken(param)).collect();
        let habit = match name.name.as_str() {
            "content" | "contents" | "data" | "body" => free.iter().copied().find(|param| *param == "text"),
            "file" | "filename" | "file_path" | "filepath" | "dir" | "directory" => {
                free.iter().copied().find(|param| *param == "path")
            }
            "cmd" | "command" | "args" => free.iter().copied().find(|param| *param == "argv"),
            "cwd" | "workdir" => free.iter().copied().find(|param| *param == "directory"),
            "src" | "source" => free.iter().copied().find(|param| *param == "from"),
            "dst" | "dest" | "destination" | "target" => free.iter().copied().find(|param| *param == "to"),
            "glob" => free.iter().copied().find(|param| *param == "pattern" || *param == "files"),
            "regex" | "query" => free.iter().copied().find(|param| *param == "pattern"),
            _ => None,
        };
        self.report.push(match habit.or_else(|| nearest(&name.name, free.iter().copied())) {
            Some(near) => diagnostic.edit(format!("use `{near}`"), name.span, near),
            None => diagnostic.help(format!("its signature is `{}`", tool.signature())),
        });
        None
    }

    fn positional(&self, tool: &Tool, position: usize, value: &Expr) {
        let diagnostic = Diagnostic::new(
            Code::PositionalArgument,
            value.span,
            format!("`{}` takes its arguments by name", tool.name),
        )
        .label("which parameter is this?");
        self.report.push(match tool.params.get(position) {
            Some(param) => {
                diagnostic.edit(format!("name it `{}`", param.name), value.span.before(), format!("{}: ", param.name))
            }
            None => diagnostic.help(format!("its signature is `{}`", tool.signature())),
        });
    }

    fn missing(&self, tool: &Tool, given: &[Option<Expr>], parens: Span) {
        let missing: Vec<&str> = tool
            .params
            .iter()
            .zip(given)
            .filter(|(param, value)| param.required() && value.is_none())
            .map(|(param, _)| param.name.as_str())
            .collect();
        if missing.is_empty() {
            return;
        }
        let noun = if missing.len() == 1 { "the argument" } else { "the arguments" };
        let verb = if missing.len() == 1 { "is" } else { "are" };
        self.report.push(
            Diagnostic::new(
                Code::MissingArgument,
                parens,
                format!("{noun} {} of `{}` {verb} missing", list_of(&missing), tool.name),
            )
            .label(format!("{} not given here", list_of(&missing)))
            .help(format!("its signature is `{}`", tool.signature())),
        );
    }

    /// Reports where an expression does not fit a type, as deep inside as the mistake lies.
    pub(super) fn want(&self, value: &Expr, wanted: &Type) {
        if value.ty.is_accepted_as(wanted) {
            return;
        }
        match (&value.kind, wanted) {
            (ExprKind::List(items), Type::List(element)) => items.iter().for_each(|item| self.want(item, element)),
            (ExprKind::Record(fields), Type::Record(record)) => self.want_record(fields, record, value, wanted),
            (ExprKind::If(parts), _) => {
                self.want(&parts.1, wanted);
                self.want(&parts.2, wanted);
            }
            (ExprKind::Comprehension(inner), Type::List(element)) => self.want(&inner.element, element),
            _ => self.report.push(mismatch(value, wanted)),
        }
    }

    fn want_record(&self, fields: &[(SmolStr, Expr)], record: &RecordType, value: &Expr, wanted: &Type) {
        let mut meant: Vec<&str> = Vec::new();
        for (name, field) in fields {
            match record.field(name) {
                Some(declared) if declared.optional => self.want(field, &declared.ty.clone().optional()),
                Some(declared) => self.want(field, &declared.ty),
                None => {
                    let known: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
                    let help = match nearest(name, known.iter().copied()) {
                        Some(near) => {
                            meant.extend(known.iter().find(|known| **known == near));
                            format!("there is a field `{near}`")
                        }
                        None => format!("its fields are {}", list_of(&known)),
                    };
                    self.report.push(
                        Diagnostic::new(
                            Code::UnknownField,
                            field.span,
                            format!("there is no field `{name}` in {wanted}"),
                        )
                        .label("given for an unknown field")
                        .help(help),
                    );
                }
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
            self.report
                .push(Diagnostic::new(Code::MissingArgument, value.span, message).label(format!("expected {wanted}")));
        }
    }
}

fn mismatch(value: &Expr, wanted: &Type) -> Diagnostic {
    if value.ty.has_null() && value.ty.without_null().is_accepted_as(wanted) {
        return Diagnostic::new(Code::MaybeNull, value.span, format!("expected {wanted}, and this may be null"))
            .label(format!("this is {}", value.ty.brief()))
            .help("give a default, `x ?? …`, or use it under a condition that excludes null: `when x != null`");
    }
    let diagnostic = Diagnostic::new(
        Code::TypeMismatch,
        value.span,
        format!("expected {}, found {}", wanted.brief(), value.ty.brief()),
    )
    .label(format!("expected {}", wanted.brief()));
    if value.ty == Type::Any {
        return diagnostic.help("the shape of this value is unknown: take a field whose type is known");
    }
    match wanted {
        Type::String if value.ty.is_subtype(&Type::Float) || value.ty.is_subtype(&Type::Bool) => {
            diagnostic.help("put it into a string: `\"${x}\"`")
        }
        Type::List(element) if value.ty.is_accepted_as(element) => match value.ty.is_subtype(&Type::String) {
            true if element.is_subtype(&Type::String) => {
                diagnostic.help("a list stands in brackets: `[\"cargo\", \"test\"]`; there are no shell lines")
            }
            _ => diagnostic.help("a list stands in brackets: `[x]`"),
        },
        _ => diagnostic,
    }
}

/// `a.b` or `a.b.c` of a chain of names; a single name as it is.
fn dotted(expr: &syntax::Expr) -> Option<SmolStr> {
    match &expr.kind {
        syntax::ExprKind::Name(name) => Some(name.clone()),
        syntax::ExprKind::Field { base, name, optional: false } => {
            // Tools have two parts, so nothing deeper needs to be looked at.
            match &base.kind {
                syntax::ExprKind::Name(first) => Some(smol_str::format_smolstr!("{first}.{}", name.name)),
                _ => None,
            }
        }
        _ => None,
    }
}
