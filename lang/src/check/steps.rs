//! Steps and the other items of a plan, typed.

use super::blocks::all_of;
use super::groups::{Part, PureKind, StepSource, Uses};
use super::{Checker, Early, Meaning, Parts, Place, TypedLet};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::effects::{CriticalVerb, Grant};
use crate::plan::{
    Assumption, Call, CriticalLine, CriticalScope, Expr, Let, Output, Plan, Retry, Reuse, ReuseTarget, Step, StepId,
    Verification,
};
use crate::resolve::list_of;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::{self, BinaryOp, Clause, ClauseKind, CriticalResource, Ident, OnFailure};
use crate::types::Type;

impl<'a> Checker<'a> {
    /// Types everything but the lets, which are typed already.
    pub(super) fn plan(mut self, declared: &syntax::Plan, parts: &Parts<'a>) -> Plan {
        self.check_variables();
        let steps: Vec<Step> =
            parts.steps.iter().enumerate().map(|(index, part)| self.part(StepId::new(index), part)).collect();
        let eaches = self.eaches(&steps);
        self.early_uses(&steps);
        let assumptions = parts.assumes.iter().map(|assume| self.assumption(assume)).collect();
        let verifications = parts.verifies.iter().enumerate().map(|(i, verify)| self.verification(i, verify)).collect();
        let outputs = parts.outputs.iter().map(|output| self.output(output)).collect();
        let lines = parts.criticals.iter().flat_map(|critical| &critical.lines);
        let critical = lines.filter_map(|line| self.critical(line)).collect();
        let reuse = parts.reuses.iter().filter_map(|reuse| self.reuse(reuse)).collect();
        // Where something was not understood, the use may stand there.
        if !self.report.has_errors() {
            self.unused_lets(parts);
            self.unused_inputs(declared);
        }
        let lets = self.ordered_lets(parts);
        Plan {
            title: declared.title.value.clone(),
            rationale: parts.rationale.map(|item| item.text.value.clone()),
            context: parts.context.map(|item| item.text.value.clone()),
            inputs: self.inputs,
            assumptions,
            critical,
            reuse,
            lets,
            steps,
            eaches,
            verifications,
            outputs,
            span: declared.span,
        }
    }

    /// The lets by their declared index; one that could not be typed has an unknown value.
    fn ordered_lets(&mut self, parts: &Parts<'a>) -> Vec<Let> {
        let typed: Vec<TypedLet> = std::mem::take(&mut self.lets);
        let pure = parts.lets.iter().zip(typed);
        pure.filter_map(|(pure, typed)| match pure.kind {
            PureKind::Let(declared) => {
                let value = typed.value.unwrap_or_else(|| super::error(declared.value.span));
                Some(Let::new(declared, value, typed.release, pure.each))
            }
            PureKind::List(..) | PureKind::Result(..) => None,
        })
        .collect()
    }

    fn unused_lets(&self, parts: &Parts<'_>) {
        for (pure, typed) in parts.lets.iter().zip(&self.lets) {
            let PureKind::Let(declared) = pure.kind else { continue };
            if !typed.used && typed.value.is_some() && !declared.name.name.starts_with('_') {
                self.report.push(
                    Diagnostic::new(
                        Code::UnusedLet,
                        declared.name.span,
                        format!("nothing uses the value `{}`", declared.name.name),
                    )
                    .label("defined here")
                    .help("take it out, or begin its name with `_`"),
                );
            }
        }
    }

    fn unused_inputs(&self, plan: &syntax::Plan) {
        for item in &plan.items {
            let syntax::Item::Input(input) = item else { continue };
            let unused = self.names.get(&input.name.name).is_some_and(|symbol| match symbol.meaning {
                Meaning::Input(index) => symbol.span == input.name.span && !self.input_used[index],
                Meaning::Let(_) | Meaning::Step(_) | Meaning::Each(_) => false,
            });
            if unused {
                let message = format!("nothing uses the input `{}`", input.name.name);
                self.report.push(
                    Diagnostic::new(Code::UnusedInput, input.name.span, message)
                        .label("asked for, and never looked at")
                        .help("take it out: who supplies it would think that it matters"),
                );
            }
        }
    }

    /// The name of a step, for messages.
    pub(super) fn step_name(&self, step: StepId) -> &str {
        &self.heads[step.index()].name
    }

    fn part(&mut self, id: StepId, part: &Part<'a>) -> Step {
        // What the groups around and `when` prove holds for the arguments.
        let proven = self.not_null.len();
        let (conditions, uses) = self.around(id, part);
        let step = match part.source {
            StepSource::Step(declared) => self.step(id, declared, conditions, uses),
            StepSource::Gate(gate, _) => self.gate(id, gate, conditions, uses),
        };
        self.not_null.truncate(proven);
        Step { each: part.each, together: part.together, ..step }
    }

    /// The conditions of the groups around a step, and what it waits for because of the blocks that it stands in.
    fn around(&mut self, id: StepId, part: &Part<'a>) -> (Vec<Expr>, Uses) {
        if part.scope == super::PLAN {
            return (Vec::new(), Uses::default());
        }
        self.forget_uses();
        part.each.iter().for_each(|each| self.use_block(*each, id));
        let conditions = self.guards(part.scope, id);
        self.prove(part.scope);
        (conditions, self.take_uses())
    }

    fn gate(&mut self, id: StepId, gate: &'a syntax::Gate, conditions: Vec<Expr>, mut uses: Uses) -> Step {
        let call = self.gate_call(id, gate);
        uses.extend(self.take_uses());
        let uses = uses.before(id);
        Step {
            name: self.heads[id.index()].name.clone(),
            call,
            because: None,
            after: Vec::new(),
            uses: uses.steps,
            uses_each: uses.eaches,
            when: all_of(conditions).map(Box::new),
            timeout_ms: None,
            retry: None,
            poll: None,
            expect: Vec::new(),
            undo: None,
            on_failure: OnFailure::Stop,
            reproduce: false,
            ty: Type::Null,
            verification: None,
            each: None,
            together: None,
            is_gate: true,
            span: gate.span,
        }
    }

    fn step(&mut self, id: StepId, declared: &syntax::Step, mut conditions: Vec<Expr>, mut uses: Uses) -> Step {
        let clauses = Clauses::sort(declared, self);
        if let Some(condition) = clauses.when {
            let (typed, used) = self.condition_at(Place::Step(id), condition);
            conditions.push(typed);
            uses.extend(used);
            self.assume_true(condition);
        }
        self.place = Place::Step(id);
        self.forget_uses();
        let call = self.tool_call(&declared.call);
        uses.extend(self.take_uses());
        let expect = clauses.expect.iter().map(|condition| self.expectation(id, condition, &mut uses)).collect();
        let undo = clauses.undo.and_then(|call| self.undo(id, call, &mut uses));
        let until = clauses.poll.map(|(poll, _)| self.expectation(id, poll.2, &mut uses));
        let after = clauses.after.iter().flat_map(|name| self.after(id, name)).collect();
        let uses = uses.before(id);
        let call = call.unwrap_or_else(|| Call::unknown(declared.call.span));
        self.check_retry(&call, clauses.retry);
        self.check_reproduce(&call, clauses.reproduce);
        let poll = clauses.poll.zip(until);
        let poll = poll.map(|(((every, total, _), span), until)| self.poll(&call, (every, total), until, span));
        Step {
            name: declared.name.name.clone(),
            because: clauses.because,
            after,
            uses: uses.steps,
            uses_each: uses.eaches,
            when: all_of(conditions).map(Box::new),
            timeout_ms: clauses.timeout_ms,
            retry: clauses.retry.map(|(retry, _)| retry),
            poll: poll.map(Box::new),
            expect,
            undo: undo.map(Box::new),
            on_failure: clauses.on_failure,
            reproduce: clauses.reproduce.is_some(),
            ty: self.type_of_step_outside(id),
            verification: self.heads[id.index()].verification,
            each: None,
            together: None,
            is_gate: false,
            span: declared.span,
            call,
        }
    }

    /// In `expect` the step's own result is there, even where later steps must reckon with null.
    fn expectation(&mut self, id: StepId, condition: &syntax::Expr, uses: &mut Uses) -> Expr {
        let full = self.heads[id.index()].ty.clone();
        self.heads[id.index()].ty = self.heads[id.index()].result.clone();
        let (typed, used) = self.condition_at(Place::OwnResult(id), condition);
        self.heads[id.index()].ty = full;
        uses.extend(used);
        typed
    }

    fn undo(&mut self, id: StepId, call: &syntax::Expr, uses: &mut Uses) -> Option<Call> {
        let full = self.heads[id.index()].ty.clone();
        self.heads[id.index()].ty = self.heads[id.index()].result.clone();
        self.place = Place::OwnResult(id);
        self.forget_uses();
        let typed = self.tool_call(call);
        uses.extend(self.take_uses());
        self.heads[id.index()].ty = full;
        typed
    }

    /// The steps that a name in `after` stands for: one, or all of an `each` block.
    fn after(&mut self, id: StepId, name: &Ident) -> Vec<StepId> {
        match self.names.get(&name.name).map(|symbol| symbol.meaning) {
            Some(Meaning::Step(step)) if self.is_hidden_from(step, id) => {
                self.report.push(
                    Diagnostic::new(
                        Code::NameNotAllowedHere,
                        name.span,
                        format!("`{}` belongs to another verification", name.name),
                    )
                    .label("cannot be waited for here")
                    .related(self.heads[step.index()].span, "declared there"),
                );
                Vec::new()
            }
            Some(Meaning::Step(step)) if step < id => {
                self.place = Place::Step(id);
                match self.hidden_block(step) {
                    None => vec![step],
                    Some(scope) => {
                        self.report.push(self.out_of_block(&name.name, name.span, scope));
                        Vec::new()
                    }
                }
            }
            Some(Meaning::Each(each)) => match self.steps_of(each) {
                steps if steps.end <= id => (steps.start.index()..steps.end.index()).map(StepId::new).collect(),
                steps => {
                    let used = StepId::new(steps.end.index().saturating_sub(1));
                    let through = Some(name.name.clone());
                    self.early.push(Early { user: id, used, span: name.span, through, by_after: true });
                    Vec::new()
                }
            },
            Some(Meaning::Step(step)) => {
                self.early.push(Early { user: id, used: step, span: name.span, through: None, by_after: true });
                Vec::new()
            }
            Some(Meaning::Let(_) | Meaning::Input(_)) => {
                let message = format!("`after` names steps, and `{}` is none", name.name);
                self.report.push(
                    Diagnostic::new(Code::UnknownStep, name.span, message)
                        .label("no step")
                        .help("a value is waited for by using it"),
                );
                Vec::new()
            }
            None => {
                let diagnostic =
                    Diagnostic::new(Code::UnknownStep, name.span, format!("there is no step `{}`", name.name));
                let steps = self.heads.iter().map(|head| head.name.as_str());
                self.report.push(match nearest(&name.name, steps) {
                    Some(near) => {
                        diagnostic.label("not declared").edit(format!("use `{near}`"), name.span, near).maybe()
                    }
                    None => diagnostic.label("not declared in this plan"),
                });
                Vec::new()
            }
        }
    }

    /// Whether a step belongs to a verification that the user is no part of. Steps below it are another matter.
    fn is_hidden_from(&self, step: StepId, user: StepId) -> bool {
        let owner = self.heads[step.index()].verification;
        step < user && owner.is_some() && owner != self.heads[user.index()].verification
    }

    fn check_retry(&self, call: &Call, retry: Option<(Retry, Span)>) {
        let Some((_, span)) = retry else { return };
        if call.is_read_only() || call.tool.idempotent || call.tool.probe.is_some() || call.tool.name.is_empty() {
            return;
        }
        self.report.push(
            Diagnostic::new(
                Code::UnsafeRetry,
                span,
                format!("`{}` could act twice when it is retried", call.tool.name),
            )
            .label("a failed attempt may have taken effect")
            .related(call.span, "this call has effects, and its tool is not `idempotent`")
            .help("retry only what reads, or what its catalogue declares `idempotent`"),
        );
    }

    fn check_reproduce(&self, call: &Call, clause: Option<Span>) {
        let Some(span) = clause else { return };
        if call.tool.runs_programs() || call.tool.name.is_empty() {
            return;
        }
        self.report.push(
            Diagnostic::new(
                Code::NothingToReproduce,
                span,
                format!("`{}` runs no program, so that there is nothing to reproduce", call.tool.name),
            )
            .label("says nothing here")
            .related(call.span, "only what a program does can be other in the run than in the dry run")
            .help("what the file tools change is always exactly what the dry run showed")
            .edit("take the clause out", span, ""),
        );
    }

    fn assumption(&mut self, assume: &syntax::Assume) -> Assumption {
        let check = assume.check.as_ref().map(|check| self.condition_at(Place::Assumption, check).0);
        Assumption { text: assume.text.value.clone(), check, span: assume.span }
    }

    fn verification(&mut self, index: usize, verify: &syntax::Verify) -> Verification {
        let check = verify.block.as_ref().map(|block| self.condition_at(Place::Verification(index), &block.check).0);
        Verification { text: verify.text.value.clone(), check, span: verify.span }
    }

    fn output(&mut self, output: &syntax::Output) -> Output {
        let (value, _) = self.at(Place::Output, &output.value);
        Output { name: output.name.name.clone(), value, span: output.span }
    }

    fn critical(&mut self, line: &syntax::CriticalLine) -> Option<CriticalLine> {
        let verb = CriticalVerb::parse(&line.verb.name);
        if verb.is_none() {
            self.report.push(self.unknown_verb(line));
        }
        let scope = match &line.resource {
            CriticalResource::Value(expr) => CriticalScope::Value(self.critical_value(expr, verb)?),
            CriticalResource::Text(text) if verb == Some(CriticalVerb::Contact) && text.value.contains("://") => {
                self.report.push(whole_address(text));
                return None;
            }
            CriticalResource::Text(text) => match Grant::new(verb?, &text.value) {
                Ok(grant) => CriticalScope::Text(grant),
                Err(reason) => {
                    let diagnostic = Diagnostic::new(Code::BadGlob, text.span, reason);
                    self.report.push(with_resource(diagnostic, verb?, &text.value));
                    return None;
                }
            },
        };
        let why = line.why.as_ref().map(|why| why.value.clone());
        Some(CriticalLine { verb: verb?, scope, why, span: line.span })
    }

    /// A value that names what is touched: a text or a list of texts. It may use every step of the plan.
    fn critical_value(&mut self, expr: &syntax::Expr, verb: Option<CriticalVerb>) -> Option<Expr> {
        if let Some(text) = self.unquoted(expr) {
            self.report.push(
                Diagnostic::new(Code::CriticalValue, expr.span, "a resource that is a text stands in quotes")
                    .label("nothing in this plan has this name")
                    .edit("quote it", expr.span, crate::types::Quoted(&text).to_string())
                    .maybe(),
            );
            return None;
        }
        if let syntax::ExprKind::Binary { op: BinaryOp::Subtract, op_span, operands } = &expr.kind
            && let (syntax::ExprKind::String(_), syntax::ExprKind::String(_)) = (&operands.0.kind, &operands.1.kind)
        {
            let between = Span::new(operands.0.span.end, operands.1.span.start);
            self.report.push(
                Diagnostic::new(Code::CriticalValue, *op_span, "no `-` stands before the reason of a line")
                    .label("one too many")
                    .edit("remove it", between, "  "),
            );
            return None;
        }
        let (typed, _) = self.at(Place::Output, expr);
        let names = |ty: &Type| ty.is_accepted_as(&Type::union([Type::String, Type::list(Type::String)]));
        if names(&typed.ty) || typed.ty == Type::Error {
            return Some(typed);
        }
        let diagnostic = Diagnostic::new(Code::CriticalValue, expr.span, "this value names no resource")
            .label(format!("this is {}", typed.ty.brief()));
        self.report.push(match (typed.ty.has_null() && names(&typed.ty.without_null()), verb) {
            (true, _) => diagnostic.help("say what null means: `?? []` allows nothing then"),
            (false, Some(CriticalVerb::Contact)) => {
                diagnostic.help("give the text of a host or an address, or a list of them")
            }
            (false, _) => diagnostic.help("give a text or a list of texts"),
        });
        None
    }

    /// What was most likely meant to be a text: names, dots, slashes and hyphens of which the first name is unknown.
    fn unquoted(&self, expr: &syntax::Expr) -> Option<String> {
        fn text(expr: &syntax::Expr) -> Option<String> {
            match &expr.kind {
                syntax::ExprKind::Name(name) => Some(name.to_string()),
                syntax::ExprKind::Field(field) if !field.optional => {
                    Some(format!("{}.{}", text(&field.base)?, field.name.name))
                }
                syntax::ExprKind::Binary { op: BinaryOp::Divide, operands, .. } => {
                    Some(format!("{}/{}", text(&operands.0)?, text(&operands.1)?))
                }
                syntax::ExprKind::Binary { op: BinaryOp::Subtract, operands, .. } => {
                    Some(format!("{}-{}", text(&operands.0)?, text(&operands.1)?))
                }
                _ => None,
            }
        }
        let written = text(expr)?;
        let first = written.split(['.', '/', '-']).next().unwrap_or_default();
        (!self.names.contains_key(first)).then_some(written)
    }

    fn unknown_verb(&self, line: &syntax::CriticalLine) -> Diagnostic {
        let verb = &line.verb;
        let verbs: Vec<&str> = CriticalVerb::ALL.iter().map(|(_, spelling)| *spelling).collect();
        let habit = match verb.name.as_str() {
            "edit" | "update" | "change" => Some("modify"),
            "exec" | "execute" | "call" => Some("run"),
            "remove" | "rm" => Some("delete"),
            "connect" | "network" | "http" | "send" => Some("contact"),
            "new" | "add" => Some("create"),
            _ => None,
        };
        let message = format!("`critical` has no verb `{}`", verb.name);
        let diagnostic = Diagnostic::new(Code::UnknownVerb, verb.span, message).label("not a verb");
        if let ("write" | "append" | "save" | "put" | "overwrite", CriticalResource::Text(text)) =
            (verb.name.as_str(), &line.resource)
        {
            let created = format!("create {}\n    ", crate::types::Quoted(&text.value));
            return diagnostic
                .help("`create` is for a new file, `modify` for one that is there; where it may be either, give both")
                .edit("give both", verb.span, format!("{created}modify"))
                .maybe();
        }
        match habit.or_else(|| nearest(&verb.name, verbs.iter().copied())) {
            Some(near) => diagnostic.edit(format!("use `{near}`"), verb.span, near).maybe(),
            None => diagnostic.help(format!("the verbs are {}", list_of(&verbs))),
        }
    }

    fn reuse(&mut self, reuse: &syntax::Reuse) -> Option<Reuse> {
        let why = reuse.why.as_ref().map(|why| why.value.clone());
        let target = match &reuse.target {
            syntax::ReuseTarget::Path(path) => {
                if let Err(reason) = crate::paths::check_path(&path.value) {
                    self.report.push(Diagnostic::new(Code::BadGlob, path.span, reason).label("not a valid path"));
                    return None;
                }
                ReuseTarget::Path(path.value.clone())
            }
            syntax::ReuseTarget::Tool(catalogue, tool) => {
                let name = format!("{}.{}", catalogue.name, tool.name);
                ReuseTarget::Tool(self.tool_named(&name, catalogue.span.to(tool.span))?)
            }
        };
        Some(Reuse { target, why, span: reuse.span })
    }
}

impl Call {
    /// A call that could not be typed; already reported.
    fn unknown(span: Span) -> Call {
        Call { tool: std::sync::Arc::new(crate::catalogue::Tool::unknown()), args: Vec::new(), span }
    }
}

/// The clauses of a step, each kind by itself.
#[derive(Default)]
struct Clauses<'s> {
    because: Option<String>,
    after: Vec<&'s Ident>,
    when: Option<&'s syntax::Expr>,
    timeout_ms: Option<u64>,
    retry: Option<(Retry, Span)>,
    expect: Vec<&'s syntax::Expr>,
    undo: Option<&'s syntax::Expr>,
    poll: Option<(PollClause<'s>, Span)>,
    on_failure: OnFailure,
    reproduce: Option<Span>,
}

/// How often, how long, and until what is looked.
type PollClause<'s> = (syntax::DurationLit, syntax::DurationLit, &'s syntax::Expr);

/// The most attempts that `retry` may ask for.
pub const MAX_RETRIES: u64 = 100;

impl<'s> Clauses<'s> {
    fn sort(step: &'s syntax::Step, checker: &Checker<'_>) -> Clauses<'s> {
        let mut sorted = Clauses::default();
        for (index, clause) in step.clauses.iter().enumerate() {
            sorted.report_repeated(clause, &step.clauses[..index], checker);
            match &clause.kind {
                ClauseKind::Because(text) => sorted.because = Some(text.value.clone()),
                ClauseKind::After(names) => sorted.after.extend(names),
                ClauseKind::When(condition) => sorted.when = Some(condition),
                ClauseKind::Timeout(duration) => {
                    crate::resolve::check_timeout(duration, checker.report);
                    sorted.timeout_ms = Some(duration.ms);
                }
                ClauseKind::Retry { times, times_span, every } => {
                    if *times == 0 || *times > MAX_RETRIES {
                        let message = format!("`retry` takes 1 to {MAX_RETRIES} further attempts");
                        checker.report.push(
                            Diagnostic::new(Code::InvalidValue, *times_span, message).label("outside that range"),
                        );
                    }
                    let times = (*times).clamp(1, MAX_RETRIES) as u32;
                    sorted.retry = Some((Retry { times, every_ms: every.map_or(0, |every| every.ms) }, clause.span));
                }
                ClauseKind::Expect(condition) => sorted.expect.push(condition),
                ClauseKind::Undo(call) => sorted.undo = Some(call),
                ClauseKind::Poll { every, total, until } => {
                    sorted.poll = Some(((*every, *total, until), clause.span));
                }
                ClauseKind::OnFailure(what) => sorted.on_failure = *what,
                ClauseKind::Reproduce => sorted.reproduce = Some(clause.span),
            }
        }
        sorted
    }

    fn report_repeated(&self, clause: &Clause, before: &[Clause], checker: &Checker<'_>) {
        let many = matches!(clause.kind, ClauseKind::After(_) | ClauseKind::Expect(_));
        let same = |other: &&Clause| std::mem::discriminant(&other.kind) == std::mem::discriminant(&clause.kind);
        if let (false, Some(first)) = (many, before.iter().find(same)) {
            checker.report.push(
                Diagnostic::new(Code::DuplicateSection, clause.span, "this clause may stand only once in a step")
                    .label("again")
                    .related(first.span, "first here"),
            );
        }
    }
}

/// `contact "https://example.com/page"`
fn whole_address(text: &syntax::Text) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::BadGlob, text.span, "`contact` names a host, not an address")
        .label("without scheme and path, with the port where the address names one");
    let host = crate::hosts::host_of(&text.value);
    match Grant::new(CriticalVerb::Contact, host).is_ok() && !host.is_empty() {
        true => {
            let host = crate::types::Quoted(host).to_string();
            diagnostic.edit(format!("write `{host}`"), text.span, host).maybe()
        }
        false => diagnostic,
    }
}

/// The mistake of a resource with the one that was meant.
fn with_resource(diagnostic: Diagnostic, verb: CriticalVerb, text: &str) -> Diagnostic {
    let diagnostic = diagnostic.label("cannot be matched against anything");
    let span = diagnostic.primary.span;
    let write = |diagnostic: Diagnostic, meant: &str| {
        let meant = crate::types::Quoted(meant).to_string();
        diagnostic.edit(format!("write `{meant}`"), span, meant)
    };
    match verb {
        CriticalVerb::Run => match text.trim_end_matches(['*', ' ']) {
            words if !words.is_empty() && Grant::new(verb, words).is_ok() => write(diagnostic, words),
            _ => diagnostic.help("name the program, and as many words behind it as are certain: `run \"cargo test\"`"),
        },
        CriticalVerb::Contact => diagnostic,
        CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => {
            match crate::paths::meant(text) {
                // A folder: what lies in it is most likely meant.
                Ok(meant) if text.ends_with('/') && meant != "." => write(diagnostic, &format!("{meant}/**")).maybe(),
                Ok(meant) if meant != text && Grant::new(verb, &meant).is_ok() => write(diagnostic, &meant),
                Ok(_) => diagnostic,
                Err(help) => diagnostic.help(help),
            }
        }
    }
}
