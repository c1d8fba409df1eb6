//! Calls: which tool, which arguments, and whether a tool may be called here at all.

use super::extract::asked_in_check;
use super::{Checker, Place, error};
use crate::catalogue::{Param, Tool};
use crate::codes::Code;
use crate::diagnostic::{Applicability, Diagnostic, quote};
use crate::effects::Effects;
use crate::parser::CLAUSES;
use crate::plan::{Call, Expr, ExprKind, ReleaseKind};
use crate::resolve::list_of;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, Arg, BinaryOp, Ident};
use crate::types::Type;
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
            result_marks: crate::marks::Marks::default(),
            effects: Effects::Declared(Vec::new()),
            approval: syntax::Approval::Auto,
            idempotent: false,
            wire_name: None,
            pinned: None,
            simulate: None,
            limit: None,
            paged: None,
            independent: false,
            timeout_ms: None,
            probe: None,
            category: None,
            general: None,
            span: Span::default(),
        }
    }
}

impl Checker<'_> {
    /// The tool that a step's call names, without a report when there is none.
    pub(super) fn callee(&self, call: &syntax::Expr) -> Option<Arc<Tool>> {
        match &call.kind {
            syntax::ExprKind::Call(call) => self.catalogue.tool(&dotted(&call.callee)?).cloned(),
            syntax::ExprKind::Paren(inner) => self.callee(inner),
            _ => None,
        }
    }

    /// The full name of the tool that an expression names, if the catalogue has it and no value hides it.
    pub(super) fn tool_mentioned(&self, expr: &syntax::Expr) -> Option<SmolStr> {
        let syntax::ExprKind::Field(field) = &expr.kind else { return None };
        let syntax::ExprKind::Name(first) = &field.base.kind else { return None };
        if !self.catalogue.has_catalogue(first) || self.is_value(first) {
            return None;
        }
        self.catalogue.tool(&dotted(expr)?).map(|tool| tool.name.clone())
    }

    /// Whether a name stands for a value here.
    fn is_value(&self, name: &str) -> bool {
        self.names.contains_key(name) || self.locals.iter().any(|local| local.name == name)
    }

    /// The tool with this full name, reported when there is none.
    pub(super) fn tool_named(&self, name: &str, span: Span) -> Option<Arc<Tool>> {
        if let Some(tool) = self.catalogue.tool(name) {
            return Some(tool.clone());
        }
        if self.misplaced.iter().any(|catalogue| name.starts_with(catalogue.as_str())) {
            return None;
        }
        let diagnostic = Diagnostic::new(Code::UnknownTool, span, format!("there is no tool `{name}`"));
        self.report.push(match self.near_tool(name) {
            Some((near, sure)) => {
                diagnostic.label("not in the catalogue").edit(format!("use `{near}`"), span, near).applicability(sure)
            }
            None => diagnostic
                .label("not in the catalogue")
                .help("`planc tools` lists the tools; `--catalogue FILE` adds a catalogue"),
        });
        None
    }

    /// The tool that was most likely meant. What other languages call it is sure, a name that is only near is not.
    fn near_tool(&self, name: &str) -> Option<(SmolStr, Applicability)> {
        let habit = match name {
            "llm.extract" | "ai.extract" | "llm.parse" | "model.parse" => Some("model.extract"),
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
            return Some((tool.name.clone(), Applicability::Sure));
        }
        let near = nearest(name, self.catalogue.tools().map(|tool| tool.name.as_str()))?;
        Some((near.into(), Applicability::Maybe))
    }

    /// The call that a step or an `undo` clause makes; none when it calls no tool, which is reported.
    pub(super) fn tool_call(&mut self, call: &syntax::Expr) -> Option<Call> {
        match &call.kind {
            syntax::ExprKind::Paren(inner) => self.tool_call(inner),
            syntax::ExprKind::Call(made) => match self.tool_of(&made.callee, &made.args) {
                Some(Ok(tool)) => Some(self.arguments(tool, &made.args, made.parens, call.span)),
                Some(Err(())) => {
                    // The tool is unknown; mistakes in its arguments are worth a word all the same. What it calls a type may
                    // be one.
                    let is_type = |arg: &&Arg| arg.name.as_ref().is_some_and(|name| name.name == syntax::EXTRACT_TYPE);
                    made.args.iter().filter(|arg| !is_type(arg)).for_each(|arg| drop(self.expr(&arg.value)));
                    None
                }
                None => {
                    self.not_a_call(call);
                    None
                }
            },
            // As a value of its own the call would leave a step without one: what was meant is another clause.
            syntax::ExprKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, op_span, operands }
                if self.callee(&operands.0).is_some() =>
            {
                let diagnostic = Diagnostic::new(Code::NotACall, *op_span, "a step is one call, and nothing else")
                    .label("stands behind the call")
                    .help("whether a failure may be ignored says the clause `on failure continue`")
                    .help("what is made of a result is a `let` below the step");
                self.report.push(diagnostic);
                drop(self.tool_call(&operands.0));
                None
            }
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
        if self.is_value(first) && args.iter().all(|arg| arg.name.is_none()) {
            return None;
        }
        Some(self.tool_named(&name, callee.span).ok_or(()))
    }

    fn not_a_call(&mut self, expr: &syntax::Expr) {
        let before = self.report.len();
        self.expr(expr);
        // A warning about the value says nothing of what it does here.
        if self.report.has_errors_since(before) {
            return;
        }
        let diagnostic = Diagnostic::new(Code::NotACall, expr.span, "a step calls a tool, and this is a value")
            .label("no tool is called here");
        self.report.push(diagnostic.help("a pure value is a `let`: `let name = …`"));
    }

    /// A call inside an expression: a method, or in the check of an assumption or verification a read-only tool.
    pub(super) fn call_expr(&mut self, expr: &syntax::Expr, call: &syntax::Call) -> Expr {
        let syntax::Call { callee, args, parens } = call;
        if let Some(name) = dotted(callee) {
            let first = name.split('.').next().unwrap_or_default();
            if !self.is_value(first)
                && (self.catalogue.has_catalogue(first) || args.iter().any(|arg| arg.name.is_some()))
            {
                return self.tool_in_expression(&name, expr, call);
            }
        }
        match &callee.kind {
            syntax::ExprKind::Field(field) => {
                let base = self.expr(&field.base);
                self.method(base, &field.name, field.optional, args, expr.span)
            }
            syntax::ExprKind::Name(name) => {
                self.function_call(name, callee.span, args, *parens);
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
    fn function_call(&mut self, name: &SmolStr, span: Span, args: &[Arg], parens: Span) {
        if ReleaseKind::parse(name).is_some() {
            self.misplaced_release(name, span, args);
            return;
        }
        let typed: Vec<Expr> = args.iter().map(|arg| self.expr(&arg.value)).collect();
        let diagnostic = Diagnostic::new(Code::UnknownName, span, format!("there is no function `{name}`"))
            .label("the language has methods and tools, no functions");
        let method = typed.first().and_then(|receiver| super::method::meant(&receiver.ty.without_null(), name));
        self.report.push(match method {
            Some(method) => as_method(diagnostic, method, span, args, parens),
            None => diagnostic,
        });
    }

    fn tool_in_expression(&mut self, name: &str, expr: &syntax::Expr, call: &syntax::Call) -> Expr {
        let syntax::Call { callee, args, parens } = call;
        let Some(tool) = self.tool_named(name, callee.span) else {
            args.iter().for_each(|arg| drop(self.expr(&arg.value)));
            return error(expr.span);
        };
        let call = self.arguments(tool.clone(), args, *parens, expr.span);
        match self.place {
            Place::Assumption | Place::Verification(_) if tool.extracts() => {
                self.report.push(asked_in_check(name, expr.span));
                error(expr.span)
            }
            Place::Assumption | Place::Verification(_) if call.is_read_only() => {
                Expr { kind: ExprKind::Call(Box::new(call)), ty: tool.result.head(), span: expr.span }
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
            Place::Let(_) | Place::Step(_) | Place::OwnResult(_) | Place::Output => {
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
        let mut given: Vec<Option<Expr>> = tool.params.iter().map(|_| None).collect();
        // Parameters that a wrong argument was most likely meant for: one mistake, not two.
        let mut meant: Vec<usize> = Vec::new();
        // Arguments without a name, by their positions.
        let mut loose: Vec<(usize, Expr)> = Vec::new();
        let together = super::together::fields(&tool, args);
        let command = super::together::command(&tool, args);
        for (position, arg) in args.iter().enumerate() {
            let value = match (&arg.value.kind, tool.extracts()) {
                (syntax::ExprKind::Type(ty), true) => self.extracted_schema(ty),
                _ => self.expr(&arg.value),
            };
            let Some(name) = &arg.name else {
                loose.push((position, value));
                continue;
            };
            let Some(index) = tool.param(&name.name) else {
                if let Some(together) = together.as_ref().filter(|together| together.has(position)) {
                    if together.first == position {
                        self.report.push(together.diagnostic(&tool, args));
                        meant.push(together.param);
                    }
                    continue;
                }
                if let Some((at, param)) = command.filter(|(at, _)| position == *at || position == at + 1) {
                    if position == at {
                        self.report.push(super::together::command_mistake(&tool, param, &args[at], &args[at + 1]));
                        meant.push(param);
                    }
                    continue;
                }
                match self.unknown_argument(&tool, name, args, &value) {
                    Some(index) => meant.push(index),
                    // It may stand for any of them.
                    None => meant.extend(0..tool.params.len()),
                }
                continue;
            };
            let param = &tool.params[index];
            if given[index].is_some() {
                let first = args.iter().find_map(|arg| arg.name.as_ref().filter(|first| first.name == name.name));
                let message = format!("the argument `{}` is given twice", param.name);
                let diagnostic = Diagnostic::new(Code::DuplicateArgument, name.span, message).label("given again");
                self.report.push(match first {
                    Some(first) => diagnostic.related(first.span, "first given here"),
                    None => diagnostic,
                });
                continue;
            }
            if self.is_shell_line(&tool, index, &value) {
                given[index] = Some(value);
                continue;
            }
            if self.is_program_with_blanks(&tool, index, &value) {
                given[index] = Some(error(value.span));
                continue;
            }
            self.warn_of_shell(&tool, index, &value);
            match param.optional {
                true => self.want(&value, &param.ty.clone().optional()),
                false => self.want(&value, &param.ty),
            }
            given[index] = Some(value);
        }
        self.positionals(&tool, &loose, args, &mut meant);
        self.missing(&tool, &given, &meant, parens);
        match tool.extracts() {
            true => self.extraction(tool, given, args, span),
            false => Call { tool, args: given, span },
        }
    }

    /// Reports an argument for no parameter; gives the parameter that was most likely meant.
    fn unknown_argument(&self, tool: &Tool, name: &Ident, args: &[Arg], value: &Expr) -> Option<usize> {
        let message = format!("`{}` has no parameter `{}`", tool.name, name.name);
        let diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message).label("unknown parameter");
        let taken = |param: &str| args.iter().any(|arg| arg.name.as_ref().is_some_and(|name| name.name == param));
        let free: Vec<&str> =
            tool.params.iter().map(|param| param.name.as_str()).filter(|param| !taken(param)).collect();
        let habit = match name.name.as_str() {
            habit if tool.extracts() => super::extract::habit(habit).filter(|param| free.contains(param)),
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
        let near = habit.or_else(|| nearest(&name.name, free.iter().copied()));
        let sure = if habit.is_some() { Applicability::Sure } else { Applicability::Maybe };
        let list = near.and_then(|near| super::argv::words_of(tool, tool.param(near)?, value));
        self.report.push(match (near, list) {
            (Some(near), Some(list)) => {
                let text = format!("{near}: {list}");
                diagnostic.edit(format!("write `{text}`"), name.span.to(value.span), text)
            }
            (Some(near), None) => diagnostic.edit(format!("use `{near}`"), name.span, near).applicability(sure),
            (None, _) if CLAUSES.contains(&name.name.as_str()) => diagnostic.help(format!(
                "a clause stands in braces behind the call: `{{ {} {} }}`",
                name.name,
                quote(value.span)
            )),
            (None, _) => diagnostic.help(format!("its signature is `{}`", tool.signature())),
        });
        near.and_then(|near| tool.param(near))
    }

    /// Reports arguments without names; those of which several are one mistake together.
    fn positionals(&self, tool: &Tool, loose: &[(usize, Expr)], args: &[Arg], meant: &mut Vec<usize>) {
        if let Some((diagnostic, params)) = super::together::positional(tool, loose, args) {
            self.report.push(diagnostic);
            meant.extend(params);
            return;
        }
        for (position, value) in loose {
            self.positional(tool, *position, value, args);
            meant.push(*position);
        }
    }

    fn positional(&self, tool: &Tool, position: usize, value: &Expr, args: &[Arg]) {
        let diagnostic = Diagnostic::new(
            Code::PositionalArgument,
            value.span,
            format!("`{}` takes its arguments by name", tool.name),
        )
        .label("which parameter is this?");
        let is_given = |param: &Param| args.iter().any(|a| a.name.as_ref().is_some_and(|name| name.name == param.name));
        let list = tool.params.get(position).and_then(|_| super::argv::words_of(tool, position, value));
        self.report.push(match tool.params.get(position) {
            Some(param) if !is_given(param) && list.is_some() => {
                let text = format!("{}: {}", param.name, list.unwrap_or_default());
                diagnostic.edit(format!("write `{text}`"), value.span, text)
            }
            Some(param) if !is_given(param) && value.ty.is_accepted_as(&param.ty) => {
                diagnostic.edit(format!("name it `{}`", param.name), value.span.before(), format!("{}: ", param.name))
            }
            _ => diagnostic.help(format!("its signature is `{}`", tool.signature())),
        });
    }

    fn missing(&self, tool: &Tool, given: &[Option<Expr>], meant: &[usize], parens: Span) {
        let missing: Vec<&str> = tool
            .params
            .iter()
            .zip(given)
            .enumerate()
            .filter(|(index, (param, value))| param.required() && value.is_none() && !meant.contains(index))
            .map(|(_, (param, _))| param.name.as_str())
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
}

/// The diagnostic with an edit that makes `f(x, y)` a method of `x`.
fn as_method(diagnostic: Diagnostic, method: &str, span: Span, args: &[Arg], parens: Span) -> Diagnostic {
    let Some(receiver) = args.first().filter(|arg| arg.name.is_none()) else { return diagnostic };
    let is_whole = matches!(
        receiver.value.kind,
        syntax::ExprKind::Name(_)
            | syntax::ExprKind::Field(_)
            | syntax::ExprKind::Call(_)
            | syntax::ExprKind::String(_)
            | syntax::ExprKind::List(_)
            | syntax::ExprKind::Paren(_)
    );
    let (open, close) = if is_whole { ("", "") } else { ("(", ")") };
    let at = receiver.value.span;
    let rest = match args.get(1) {
        Some(next) => (Span::new(at.end, next.value.span.start), format!("{close}.{method}(")),
        None => (Span::new(at.end, parens.end), format!("{close}.{method}()")),
    };
    let replacements = vec![(Span::new(span.start, at.start), open.to_owned()), rest];
    diagnostic.edits(format!("write it as the method `.{method}`"), replacements)
}

/// `a.b` or `a.b.c` of a chain of names; a single name as it is.
fn dotted(expr: &syntax::Expr) -> Option<SmolStr> {
    match &expr.kind {
        syntax::ExprKind::Name(name) => Some(name.clone()),
        syntax::ExprKind::Field(field) if !field.optional => {
            // Tools have two parts, so nothing deeper needs to be looked at.
            match &field.base.kind {
                syntax::ExprKind::Name(first) => {
                    Some([first.as_str(), ".", field.name.name.as_str()].into_iter().collect())
                }
                _ => None,
            }
        }
        _ => None,
    }
}
