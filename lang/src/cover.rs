//! Whether `critical` covers what the plan's calls do, as far as the text tells; and whether every line is of use.
//!
//! Errs towards silence: what depends on the world is judged by the dry run and again before each call.

use crate::check::calls_in;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::effects::{CriticalVerb, Resource};
use crate::eval::{Env, NoCalls, eval_args};
use crate::plan::{Call, Plan};
use crate::source::Span;
use crate::syntax::{self, EffectVerb, Item, TopItem};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Names of files that no built-in tool may touch, wherever they lie.
pub const PROTECTED_NAMES: [&str; 2] = ["planc.toml", ".planc"];

/// Reports effects that no line covers and lines that nothing can use.
pub fn check(plan: &Plan, file: &syntax::File, report: &Diagnostics) {
    let mut lines = Lines::new(plan);
    let mut env = Env::of_text(plan);
    let calls = plan.steps.iter().flat_map(|step| std::iter::once(&step.call).chain(&step.undo));
    for call in calls {
        judge(call, &mut env, &mut lines, file, report);
    }
    let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref());
    for check in checks.chain(plan.verifications.iter().filter_map(|verification| verification.check.as_ref())) {
        calls_in(check, &mut |call| judge(call, &mut env, &mut lines, file, report));
    }
    for (line, _) in plan.critical.iter().zip(&lines.used).filter(|(_, used)| !**used) {
        report.push(
            Diagnostic::new(
                Code::UnusedCritical,
                line.span,
                format!("nothing in this plan can {} `{}`", line.verb().as_str(), line.grant.resource),
            )
            .label("no step has use for this line")
            .help("take it out: an approver reads every line as something that may happen"),
        );
    }
}

fn judge(call: &Call, env: &mut Env<'_>, lines: &mut Lines<'_>, file: &syntax::File, report: &Diagnostics) {
    // A call with an argument that is already reported says nothing about coverage.
    if call.args.len() != call.tool.params.len() || call.tool.name.is_empty() {
        return;
    }
    let Ok(args) = eval_args(call, env, &mut NoCalls) else { return };
    for (verb, resource) in call.tool.touches(&args) {
        if let Some(name) = protected(&resource) {
            report.push(
                Diagnostic::new(Code::DeniedResource, call.span, format!("no plan may touch `{resource}`"))
                    .label(format!("`{}` {} it", call.tool.name, verb.as_str()))
                    .help(format!("`{name}` decides what plans may do; a person changes it by hand")),
            );
            continue;
        }
        let covered = lines.cover(verb, &resource);
        if !covered && verb != EffectVerb::Reads {
            report.push(uncovered(call, verb, &resource, file));
        }
    }
}

/// The protected name that a resource stands for.
fn protected(resource: &Resource) -> Option<&'static str> {
    let Resource::Path(path) = resource else { return None };
    PROTECTED_NAMES.into_iter().find(|name| path.split('/').any(|part| part.eq_ignore_ascii_case(name)))
}

fn uncovered(call: &Call, verb: EffectVerb, resource: &Resource, file: &syntax::File) -> Diagnostic {
    let reads_too = call.tool.effects.declared().iter().any(|effect| effect.verb == EffectVerb::Reads);
    let wanted = match verb {
        EffectVerb::Reads => CriticalVerb::Read,
        EffectVerb::Writes if reads_too => CriticalVerb::Modify,
        EffectVerb::Writes | EffectVerb::Creates => CriticalVerb::Create,
        EffectVerb::Deletes => CriticalVerb::Delete,
        EffectVerb::Runs => CriticalVerb::Run,
        EffectVerb::Contacts => CriticalVerb::Contact,
    };
    let diagnostic = Diagnostic::new(
        Code::NotCovered,
        call.span,
        format!("`critical` does not let this plan {} `{resource}`", wanted.as_str()),
    )
    .label(format!("`{}` {} it", call.tool.name, verb.as_str()));
    match line_for(wanted, resource).zip(insertion(file)) {
        Some((line, (at, open, close))) => {
            diagnostic.edit(format!("allow it: `{line}`"), at, format!("{open}{line}{close}"))
        }
        None => diagnostic.help("add a line to `critical` for everything the plan may touch"),
    }
}

/// The line that would cover a resource, where the resource is known.
fn line_for(verb: CriticalVerb, resource: &Resource) -> Option<String> {
    let text = match resource {
        Resource::Program(argv) => argv.iter().take(2).map(SmolStr::as_str).collect::<Vec<_>>().join(" "),
        Resource::Path(path) | Resource::Glob(path) => path.to_string(),
        Resource::Host(host) => host.to_string(),
        Resource::Named(space, name) => format!("{space}:{name}"),
        Resource::AnyPath | Resource::AnyProgram | Resource::AnyHost | Resource::AnyIn(_) | Resource::Everything => {
            return None;
        }
    };
    Some(format!("{} {text:?}", verb.as_str()))
}

/// Where a new `critical` line goes, with what stands before and behind it.
fn insertion(file: &syntax::File) -> Option<(Span, &'static str, &'static str)> {
    let plan = file.items.iter().find_map(|item| match item {
        TopItem::Plan(plan) => Some(plan),
        TopItem::Catalogue(_) | TopItem::Type(_) => None,
    })?;
    let critical = plan.items.iter().find_map(|item| match item {
        Item::Critical(critical) => Some(critical),
        _ => None,
    });
    match critical {
        Some(critical) => match critical.lines.last() {
            Some(last) => Some((last.span.after(), "\n    ", "")),
            None => Some((Span::new(critical.body.start + 1, critical.body.start + 1), "\n    ", "\n  ")),
        },
        None => {
            let first = plan.items.iter().find(|item| matches!(item, Item::Step(_) | Item::Let(_)))?;
            Some((first.span().before(), "critical {\n    ", "\n  }\n\n  "))
        }
    }
}

/// The lines of `critical`, found fast: those without wildcard by name, the rest one by one.
struct Lines<'p> {
    plan: &'p Plan,
    exact: FxHashMap<SmolStr, Vec<usize>>,
    patterns: Vec<usize>,
    used: Vec<bool>,
}

impl<'p> Lines<'p> {
    fn new(plan: &'p Plan) -> Lines<'p> {
        let mut lines =
            Lines { plan, exact: FxHashMap::default(), patterns: Vec::new(), used: vec![false; plan.critical.len()] };
        for (index, line) in plan.critical.iter().enumerate() {
            let is_path = matches!(
                line.verb(),
                CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete
            );
            match is_path && !line.grant.resource.contains(['*', '?', '[', '{', ':']) {
                true => lines.exact.entry(line.grant.resource.clone()).or_default().push(index),
                false => lines.patterns.push(index),
            }
        }
        lines
    }

    /// Whether a line may allow this; marks those that do.
    fn cover(&mut self, verb: EffectVerb, resource: &Resource) -> bool {
        let named = match resource {
            Resource::Path(path) => self.exact.get(path.as_str()).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        let mut covered = false;
        for index in named.iter().chain(&self.patterns) {
            if self.plan.critical[*index].grant.may_allow(verb, resource) {
                covered = true;
                self.used[*index] = true;
            }
        }
        // A directory may be meant, or a path known only later: then every line counts that could allow part of it.
        if !covered || !matches!(resource, Resource::Path(_)) {
            for (index, line) in self.plan.critical.iter().enumerate() {
                if !self.used[index] && line.grant.may_allow(verb, resource) {
                    covered = true;
                    self.used[index] = true;
                } else if self.used[index] && !covered {
                    covered = line.grant.may_allow(verb, resource);
                }
            }
        }
        covered
    }
}
