//! Whether `critical` covers what the plan's calls do, as far as the text tells; and whether every line is of use.
//!
//! Errs towards silence: what depends on the world is judged by the dry run and again before each call.

use crate::catalogue::Param;
use crate::check::calls_in;
use crate::codes::Code;
use crate::conform::check_value;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::effects::{CriticalVerb, Grant, Resource};
use crate::eval::Env;
use crate::grants::{Grants, stands_for_itself, values};
use crate::hosts::host_of;
use crate::paths::{literal_prefix, may_match_longer, within};
use crate::plan::{Call, CriticalScope, Expr, ExprKind, Plan};
use crate::reach::{beginning, reach, runs_nothing};
use crate::source::Span;
use crate::syntax::{self, EffectVerb, Item, TopItem};
use crate::types::{Quoted, Type};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Names of files that no built-in tool may touch, wherever they lie.
pub const PROTECTED_NAMES: [&str; 4] = ["planc.toml", "policy.cedar", "planc.db", ".planc"];

/// Reports effects that no line covers and lines that nothing can use.
pub fn check(plan: &Plan, file: &syntax::File, report: &Diagnostics) {
    let mut env = Env::of_text(plan);
    let lines = Lines::new(plan, &mut env);
    let mut judge = Judge { lines, missing: Vec::new(), places: FxHashMap::default(), unclear: false };
    // A call or a check that could not be understood may be what uses a line.
    let understood = !report.has_errors();
    for step in &plan.steps {
        judge.call(&step.call, &mut env, report);
        step.undo.iter().for_each(|undo| judge.call(undo, &mut env, report));
    }
    let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref());
    for check in checks.chain(plan.verifications.iter().filter_map(|verification| verification.check.as_ref())) {
        calls_in(check, &mut |call| judge.call(call, &mut env, report));
    }
    // A line that could not be understood may be the one that covers.
    if plan.critical.len() == lines_of(file).len() {
        let written = lines_of(file);
        for missing in &judge.missing {
            // A line that nothing can use was most likely meant for it: one mistake, not two.
            let glob = judge.lines.globs(missing).next();
            let is_clear = understood && !judge.unclear && glob.is_none();
            let meant = if is_clear { judge.lines.meant_for(missing) } else { Vec::new() };
            report.push(match meant.is_empty() {
                true => uncovered(missing, glob.map(|(_, glob)| glob), file),
                false => miswritten(missing, &meant, &written),
            });
            let lines = glob.map(|(line, _)| line).into_iter().chain(meant.iter().map(|(line, _)| *line));
            lines.collect::<Vec<_>>().into_iter().for_each(|line| judge.lines.used[line] = true);
        }
    }
    judge.lines.report_repeated(report);
    if understood && !judge.unclear {
        judge.lines.report_unused(report);
    }
}

/// An effect that no line covers, with the calls that have it.
struct Missing<'p> {
    call: &'p Call,
    verb: EffectVerb,
    resource: Resource,
    /// Further calls with this effect.
    others: Vec<Span>,
}

struct Judge<'p> {
    lines: Lines<'p>,
    missing: Vec<Missing<'p>>,
    /// Where in `missing` an effect stands.
    places: FxHashMap<(CriticalVerb, Resource), usize>,
    /// Whether a call could not be judged; what is wrong with it is already reported.
    unclear: bool,
}

impl<'p> Judge<'p> {
    fn call(&mut self, call: &'p Call, env: &mut Env<'p>, report: &Diagnostics) {
        let complete = call.args.len() == call.tool.params.len()
            && call.tool.params.iter().zip(&call.args).all(|(param, arg)| match arg {
                Some(arg) => may_be_given(&arg.ty, param) && !matches!(arg.ty, Type::Error),
                None => !param.required(),
            });
        // A constant that the parameter does not accept is a mistake of its own, and names nothing that a line could cover.
        let complete = complete
            && call.tool.params.iter().zip(&call.args).all(|(param, arg)| match arg {
                Some(Expr { kind: ExprKind::Constant(value), ty, .. }) => {
                    !ty.is_accepted_as(&param.ty) || check_value(value, &param.ty).is_ok()
                }
                Some(_) | None => true,
            });
        let complete = complete && !call.tool.name.is_empty() && !runs_nothing(call, env);
        let touches = if complete { reach(call, env) } else { None };
        let Some(touches) = touches else {
            self.unclear = true;
            return;
        };
        let mut refused: Vec<(Resource, &'static str, Vec<&'static str>)> = Vec::new();
        for (verb, resource) in touches {
            if let Some(beneath) = self.out_of_reach(call, verb, &resource, env) {
                self.miss(call, verb, beneath);
                continue;
            }
            let covered = self.lines.cover(verb, &resource);
            match protected(&resource) {
                // One resource is one mistake, whatever the call does with it.
                Some(name) => match refused.iter_mut().find(|(other, ..)| *other == resource) {
                    Some((_, _, verbs)) => verbs.push(verb.as_str()),
                    None => refused.push((resource, name, vec![verb.as_str()])),
                },
                None if !covered && verb != EffectVerb::Reads => self.miss(call, verb, resource),
                None => {}
            }
        }
        for (resource, name, verbs) in refused {
            report.push(denied(call, &verbs.join(" and "), &resource, name));
        }
    }

    /// What lies beneath the folder that a path begins with, where the path is known only later and no line can reach it.
    fn out_of_reach(
        &self,
        call: &'p Call,
        verb: EffectVerb,
        resource: &Resource,
        env: &mut Env<'p>,
    ) -> Option<Resource> {
        if *resource != Resource::AnyPath || verb == EffectVerb::Reads {
            return None;
        }
        let beginning = beginning(call, verb, self.lines.plan, env)?;
        let reaches = |grant: &Grant| {
            let paths = grant.paths();
            may_use(grant, verb, resource)
                && !matches!(paths, Some(Resource::Glob(glob)) if !may_match_longer(&glob, &beginning))
        };
        // Where there is no line at all, or none of the verb, that is the mistake.
        let mut grants = self.lines.grants.iter().filter(|grant| may_use(grant, verb, resource)).peekable();
        grants.peek()?;
        let folder = &beginning[..beginning.rfind('/')?];
        (!grants.any(reaches)).then(|| Resource::Glob(format!("{}/**", globset::escape(folder)).into()))
    }

    /// One missing line is one mistake, however many calls need it.
    fn miss(&mut self, call: &'p Call, verb: EffectVerb, resource: Resource) {
        let key = (wanted(call, verb), resource.clone());
        match self.places.get(&key) {
            Some(place) => self.missing[*place].others.push(call.span),
            None => {
                self.places.insert(key, self.missing.len());
                self.missing.push(Missing { call, verb, resource, others: Vec::new() });
            }
        }
    }
}

/// Whether an argument for a parameter may have this type.
fn may_be_given(ty: &Type, param: &Param) -> bool {
    ty.is_accepted_as(&param.ty) || (param.optional && ty.is_accepted_as(&param.ty.clone().optional()))
}

/// The lines of `critical` as they are written.
fn lines_of(file: &syntax::File) -> Vec<&syntax::CriticalLine> {
    let plan = file.items.iter().find_map(|item| match item {
        TopItem::Plan(plan) => Some(plan),
        TopItem::Catalogue(_) | TopItem::Type(_) => None,
    });
    let items = plan.into_iter().flat_map(|plan| &plan.items);
    let criticals = items.filter_map(|item| if let Item::Critical(critical) = item { Some(critical) } else { None });
    criticals.flat_map(|critical| &critical.lines).collect()
}

fn denied(call: &Call, verbs: &str, resource: &Resource, name: &str) -> Diagnostic {
    Diagnostic::new(Code::DeniedResource, call.span, format!("no plan may touch `{resource}`"))
        .label(format!("`{}` {verbs} it", call.tool.name))
        .help(format!("`{name}` decides what plans may do; a person changes it by hand"))
}

/// The protected name that a resource stands for.
fn protected(resource: &Resource) -> Option<&'static str> {
    let (Resource::Path(path) | Resource::Glob(path)) = resource else { return None };
    let parts = || path.as_bytes().split(|byte| *byte == b'/');
    PROTECTED_NAMES.into_iter().find(|name| parts().any(|part| part.eq_ignore_ascii_case(name.as_bytes())))
}

/// The verb of the line that covers an effect of a call.
fn wanted(call: &Call, verb: EffectVerb) -> CriticalVerb {
    let reads_too = call.tool.effects.declared().iter().any(|effect| effect.verb == EffectVerb::Reads);
    match verb {
        EffectVerb::Reads => CriticalVerb::Read,
        EffectVerb::Writes if reads_too => CriticalVerb::Modify,
        EffectVerb::Writes | EffectVerb::Creates => CriticalVerb::Create,
        EffectVerb::Deletes => CriticalVerb::Delete,
        EffectVerb::Runs => CriticalVerb::Run,
        EffectVerb::Contacts => CriticalVerb::Contact,
    }
}

/// `glob` is what a text in a list would allow as a glob, where that is this.
fn uncovered(missing: &Missing<'_>, glob: Option<&Grant>, file: &syntax::File) -> Diagnostic {
    let Missing { call, verb, resource, others } = missing;
    let wanted = wanted(call, *verb);
    let message = match resource {
        Resource::Everything => format!("`critical` is empty, and `{}` may touch anything", call.tool.name),
        Resource::Host(host) if host.is_empty() => "the host of this URL is not clear".to_owned(),
        Resource::AnyPath | Resource::AnyProgram | Resource::AnyHost | Resource::AnyIn(_) => {
            format!("`critical` lets this plan {} nothing", wanted.as_str())
        }
        Resource::Named(space, name) if space.is_empty() => {
            format!("`critical` does not let this plan {} `{name}`", wanted.as_str())
        }
        _ => format!("`critical` does not let this plan {} `{resource}`", wanted.as_str()),
    };
    let mut diagnostic = Diagnostic::new(Code::NotCovered, call.span, message).label(format!(
        "`{}` {} {}",
        call.tool.name,
        verb.as_str(),
        touched(resource)
    ));
    for other in others.iter().take(3) {
        diagnostic = diagnostic.related(*other, "and so does this call");
    }
    let line = match glob {
        Some(glob) => Some((stands_for_itself(glob), line_of(glob.verb, &glob.resource))),
        None => line_for(wanted, *verb, resource).map(|line| (format!("allow it: `{line}`"), line)),
    };
    match line.zip(insertion(file)) {
        Some(((title, line), (at, open, close))) => {
            diagnostic.edit(title, at, format!("{open}{line}{close}")).maybe()
        }
        None if matches!(resource, Resource::Host(host) if host.is_empty()) => diagnostic
            .help("write the URL as `https://host/path`, without blanks, backslashes or other scripts in the host"),
        None if matches!(resource, Resource::Named(space, _) if space.is_empty()) => diagnostic.help(format!(
            "`{}` acts on a name of no kind, which no line can name: its catalogue has to say what it is, as in `writes \"user:${{name}}\"`",
            call.tool.name
        )),
        None => diagnostic.help(format!(
            "add a line such as `{} \"{}\"` for all that it may be",
            wanted.as_str(),
            example_of(wanted)
        )),
    }
}

/// The mistake of lines that were meant for an effect and do not cover it, each with what it was meant to be.
fn miswritten(missing: &Missing<'_>, meant: &[(usize, String)], written: &[&syntax::CriticalLine]) -> Diagnostic {
    let Missing { call, verb, resource, .. } = missing;
    let wanted = wanted(call, *verb);
    let message = format!("`critical` does not let this plan {} `{resource}`", wanted.as_str());
    let mut diagnostic = Diagnostic::new(Code::NotCovered, call.span, message).label(format!(
        "`{}` {} it",
        call.tool.name,
        verb.as_str()
    ));
    let mut edits = Vec::new();
    for (line, text) in meant {
        let at = written[*line];
        diagnostic = diagnostic.related(at.span, "this line covers something else");
        edits.push((Span::new(at.span.start, at.resource.span().end), text.clone()));
    }
    let title = meant.iter().map(|(_, text)| format!("`{text}`")).collect::<Vec<_>>().join(" and ");
    diagnostic.edits(format!("write {title}"), edits).maybe()
}

/// A resource as the object of a sentence.
fn touched(resource: &Resource) -> &'static str {
    match resource {
        Resource::Everything => "anything: it declares no effect",
        Resource::AnyPath => "a path that is known only at run time",
        Resource::AnyProgram => "a program that is known only at run time",
        Resource::AnyHost => "a host that is known only at run time",
        Resource::AnyIn(_) => "something that is known only at run time",
        Resource::Host(host) if host.is_empty() => "it, and readers of URLs may disagree about it",
        Resource::Path(_) | Resource::Glob(_) | Resource::Program(_) | Resource::Host(_) | Resource::Named(..) => "it",
    }
}

fn example_of(verb: CriticalVerb) -> &'static str {
    match verb {
        CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => "out/**",
        CriticalVerb::Run => "cargo test",
        CriticalVerb::Contact => "example.com",
    }
}

/// The line that covers a resource, where the resource is known and a line can name it.
fn line_for(wanted: CriticalVerb, verb: EffectVerb, resource: &Resource) -> Option<String> {
    let text = match resource {
        Resource::Program(argv) => {
            let plain = |word: &&SmolStr| !word.is_empty() && !word.contains(char::is_whitespace);
            argv.iter().take(leading(argv)).take_while(plain).map(SmolStr::as_str).collect::<Vec<_>>().join(" ")
        }
        Resource::Path(path) => globset::escape(path),
        Resource::Glob(glob) => glob.to_string(),
        Resource::Host(host) => host.to_string(),
        Resource::Named(space, name) if space == "url" => name.to_string(),
        Resource::Named(space, name) if space.is_empty() => name.to_string(),
        Resource::Named(space, name) => format!("{space}:{}", globset::escape(name)),
        Resource::AnyPath | Resource::AnyProgram | Resource::AnyHost | Resource::AnyIn(_) | Resource::Everything => {
            return None;
        }
    };
    // What a line cannot name, it cannot be advised to name.
    let covers = |text: &String| Grant::new(wanted, text).is_ok_and(|grant| grant.may_allow(verb, resource));
    let text = [text.clone(), format!("file:{text}")].into_iter().find(covers)?;
    Some(line_of(wanted, &text))
}

/// A line of `critical` as it is written.
fn line_of(verb: CriticalVerb, resource: &str) -> String {
    format!("{} {}", verb.as_str(), Quoted(resource))
}

/// How many words of a command say what is done: the program and the next. Where options stand before that, as in
/// `git -c a=b commit`, all up to the first that is neither an option nor may be the value of one; else all.
fn leading(argv: &[SmolStr]) -> usize {
    let is_option = |word: &SmolStr| word.starts_with('-');
    if !argv.get(1).is_some_and(is_option) {
        return 2;
    }
    let may_take = |word: &SmolStr| is_option(word) && !word.contains('=');
    let says = |pair: &[SmolStr]| !is_option(&pair[1]) && !may_take(&pair[0]);
    argv.windows(2).skip(1).position(says).map_or(argv.len(), |before| before + 3)
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

/// What the lines of `critical` allow, found fast: those without wildcard by name, the rest one by one.
struct Lines<'p> {
    plan: &'p Plan,
    grants: Grants<'p>,
    exact: FxHashMap<SmolStr, Vec<usize>>,
    patterns: Vec<usize>,
    /// By line.
    used: Vec<bool>,
    /// Whether a call runs a program.
    programs: bool,
}

impl<'p> Lines<'p> {
    /// Reports lines that say what a line before them says.
    fn report_repeated(&self, report: &Diagnostics) {
        let mut seen: FxHashMap<(CriticalVerb, &str), Span> = FxHashMap::default();
        for line in &self.plan.critical {
            let CriticalScope::Text(grant) = &line.scope else { continue };
            let Some(first) = seen.get(&(line.verb, grant.resource.as_str())) else {
                seen.insert((line.verb, grant.resource.as_str()), line.span);
                continue;
            };
            let message = format!("`{} {}` stands here twice", line.verb.as_str(), Quoted(&grant.resource));
            report.push(
                Diagnostic::new(Code::UnusedCritical, line.span, message)
                    .label("allows nothing more")
                    .related(*first, "said here already")
                    .help("take one of them out: an approver reads every line"),
            );
        }
    }

    fn report_unused(&self, report: &Diagnostics) {
        let lines = self.plan.critical.iter().zip(&self.used).enumerate();
        for (index, (line, _)) in lines.filter(|(_, (_, used))| !**used) {
            // What a program does to files, and whom it contacts, no text tells.
            if self.programs && line.verb != CriticalVerb::Run {
                continue;
            }
            let what = match &line.scope {
                CriticalScope::Text(grant) => format!("`{}`", grant.resource),
                CriticalScope::Value(_) => "what this value names".to_owned(),
            };
            report.push(
                Diagnostic::new(
                    Code::UnusedCritical,
                    line.span,
                    format!("nothing in this plan can {} {what}", line.verb.as_str()),
                )
                .label("no step has use for this line")
                .help(match self.grants.globs().find(|(of, _)| *of == index) {
                    Some((_, glob)) => format!("{}; else take it out", stands_for_itself(glob)),
                    None => "take it out: an approver reads every line as something that may happen".to_owned(),
                }),
            );
        }
    }

    /// The lines that nothing can use and that were most likely meant for an effect, with what they were meant to be.
    fn meant_for(&self, missing: &Missing<'_>) -> Vec<(usize, String)> {
        let verb = wanted(missing.call, missing.verb);
        let lines = self.plan.critical.iter().zip(&self.used).enumerate().filter(|(_, (_, used))| !**used);
        lines
            .filter_map(|(index, (line, _))| match &line.scope {
                CriticalScope::Text(grant) => {
                    Some((index, meant(verb, line.verb, &grant.resource, &missing.resource)?))
                }
                CriticalScope::Value(_) => None,
            })
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    /// What texts in lists would allow as globs, where that is an effect, with their lines.
    fn globs(&self, missing: &Missing<'_>) -> impl Iterator<Item = (usize, &Grant)> {
        self.grants.globs().filter(|(_, glob)| may_use(glob, missing.verb, &missing.resource))
    }

    fn new(plan: &'p Plan, env: &mut Env<'p>) -> Lines<'p> {
        let values = values(plan, env);
        let mut lines = Lines {
            plan,
            grants: Grants::new(plan, &values),
            exact: FxHashMap::default(),
            patterns: Vec::new(),
            used: vec![false; plan.critical.len()],
            programs: false,
        };
        for (index, (line, grant)) in lines.grants.with_lines().enumerate() {
            let is_path = matches!(
                grant.verb,
                CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete
            );
            let is_text = matches!(plan.critical[line].scope, CriticalScope::Text(_));
            match is_text && is_path && !grant.resource.contains(['*', '?', '[', '{', ':']) {
                true => lines.exact.entry(grant.resource.clone()).or_default().push(index),
                false => lines.patterns.push(index),
            }
        }
        lines
    }

    /// Whether a line may allow this; marks those that do. Reading needs no line and is no use of one that allows more.
    fn cover(&mut self, verb: EffectVerb, resource: &Resource) -> bool {
        self.programs |= verb == EffectVerb::Runs;
        let named = match resource {
            Resource::Path(path) => self.exact.get(path.as_str()).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        let mut covered = false;
        for index in named.iter().chain(&self.patterns) {
            let (line, grant) = self.grants.at(*index);
            if may_use(grant, verb, resource) {
                covered = true;
                self.used[line] = true;
            }
        }
        // A directory may be meant, or a path known only later: then every line counts that could allow part of it.
        if !covered || !matches!(resource, Resource::Path(_)) {
            for (line, grant) in self.grants.with_lines() {
                if (!self.used[line] || !covered) && may_use(grant, verb, resource) {
                    covered = true;
                    self.used[line] = true;
                }
            }
        }
        covered
    }
}

/// What a line of another verb or resource was most likely meant to be, where an effect wants `verb`.
fn meant(verb: CriticalVerb, of_line: CriticalVerb, written: &str, resource: &Resource) -> Option<String> {
    use CriticalVerb::{Contact, Create, Delete, Modify, Read, Run};
    match resource {
        Resource::Host(host) if of_line == Contact && !host.is_empty() => {
            let name = |host: &str| {
                host_of(host).rsplit_once(':').map_or(host_of(host).to_owned(), |(name, _)| name.to_owned())
            };
            (name(written) == name(host)).then(|| line_of(verb, host))
        }
        Resource::Program(argv) if of_line == Run => {
            let first = written.split_whitespace().next()?;
            let is_same = argv.first().is_some_and(|program| program == first);
            is_same.then(|| line_for(verb, EffectVerb::Runs, resource)).flatten()
        }
        Resource::Glob(glob) if glob.ends_with("/**") && matches!(of_line, Create | Modify | Delete) => {
            let folder = literal_prefix(glob);
            let fits = of_line == verb || (matches!(of_line, Create | Modify) && matches!(verb, Create | Modify));
            let holds = within(folder, written) && written != ".";
            (holds && fits).then(|| line_of(of_line, &format!("{written}/**")))
        }
        Resource::Path(path) if matches!(of_line, Read | Create | Modify | Delete) => {
            let writes = |verb: CriticalVerb| matches!(verb, Create | Modify);
            if path == written && !(writes(of_line) && writes(verb)) {
                return Some(line_of(verb, written));
            }
            let holds = within(path, written) && path != written && written != ".";
            let fits = of_line == verb || (writes(of_line) && writes(verb));
            (holds && fits).then(|| line_of(of_line, &format!("{written}/**")))
        }
        _ => None,
    }
}

fn may_use(grant: &Grant, verb: EffectVerb, resource: &Resource) -> bool {
    (verb != EffectVerb::Reads || grant.verb == CriticalVerb::Read) && grant.may_allow(verb, resource)
}
