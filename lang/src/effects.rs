//! Effects and resources: what a call may touch, whether two calls may overlap, whether `critical` covers a touch.
//!
//! Everything here is lexical and errs on the safe side: what cannot be decided overlaps. Links and case are the
//! runner's business, which compares again with resolved paths.

pub use crate::hosts::host_of;
use crate::hosts::hosts_meet;
use crate::paths::{check_glob, check_path, compile_glob, globs_meet, lies_beneath, path_meets_glob, within};
use crate::syntax::EffectVerb;
use crate::types::Type;
use crate::value::Value;
use globset::GlobMatcher;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

/// The space of names that are paths.
const FILE: &str = "file";

/// The space of what lies behind a URL.
const URL: &str = "url";

/// What makes a glob of a path.
const WILDCARDS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

/// What a call declares about one thing it touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What it does.
    pub verb: EffectVerb,
    /// To what.
    pub target: Target,
}

/// What an effect is on, before arguments are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The parameter with this index; its type says what kind of resource it names.
    Param(usize),
    /// A template over parameters that gives `space:name`.
    Template(Vec<TemplatePart>),
}

/// A part of a resource template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplatePart {
    /// Constant text.
    Text(SmolStr),
    /// The parameter with this index.
    Param(usize),
}

/// All effects of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effects {
    /// None is declared: the tool may do anything.
    Undeclared,
    /// Exactly these; none: pure.
    Declared(Vec<Effect>),
}

impl Effects {
    /// Whether nothing but reading is declared.
    pub fn is_read_only(&self) -> bool {
        match self {
            Effects::Undeclared => false,
            Effects::Declared(list) => list.iter().all(|effect| effect.verb == EffectVerb::Reads),
        }
    }

    /// The declared effects; nothing for [`Effects::Undeclared`].
    pub fn declared(&self) -> &[Effect] {
        match self {
            Effects::Undeclared => &[],
            Effects::Declared(list) => list,
        }
    }
}

/// A thing that a call touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A path in the workspace with everything beneath it.
    Path(SmolStr),
    /// All paths that a glob matches.
    Glob(SmolStr),
    /// All paths of the workspace: the path is known only after a run.
    AnyPath,
    /// A program with its arguments.
    Program(Vec<SmolStr>),
    /// A program that is known only after a run.
    AnyProgram,
    /// A network host, with a port when one is given.
    Host(SmolStr),
    /// A host that is known only after a run.
    AnyHost,
    /// A name in a space that tools share by convention: `table:users`.
    Named(SmolStr, SmolStr),
    /// All names in a space.
    AnyIn(SmolStr),
    /// Anything at all.
    Everything,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Resource::Path(path) => write!(f, "{path}"),
            Resource::Glob(glob) => write!(f, "{glob}"),
            Resource::AnyPath => f.write_str("(a path known after run)"),
            Resource::Program(argv) => write!(f, "{}", argv.join(" ")),
            Resource::AnyProgram => f.write_str("(a program known after run)"),
            Resource::Host(host) => write!(f, "{host}"),
            Resource::AnyHost => f.write_str("(a host known after run)"),
            Resource::Named(space, name) => write!(f, "{space}:{name}"),
            Resource::AnyIn(space) => write!(f, "{space}:(known after run)"),
            Resource::Everything => f.write_str("(anything)"),
        }
    }
}

/// The resource that an effect touches when the call has these arguments and parameter types (both by parameter index).
pub fn resource<'t>(effect: &Effect, args: &[Value], ty: impl Fn(usize) -> &'t Type) -> Resource {
    match &effect.target {
        Target::Param(index) => from_value(effect.verb, &args[*index], ty(*index)),
        Target::Template(parts) => from_template(parts, args),
    }
}

/// The resource that the value of a parameter of this type names.
pub(crate) fn from_value(verb: EffectVerb, value: &Value, ty: &Type) -> Resource {
    match verb {
        EffectVerb::Runs => program(value),
        EffectVerb::Contacts => match value.as_str() {
            Some(text) => Resource::Host(host_of(text).into()),
            None => Resource::AnyHost,
        },
        EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes => {
            match (value.as_str(), ty.without_null()) {
                (Some(text), Type::Glob) => Resource::Glob(text.into()),
                (Some(text), Type::Path) => Resource::Path(text.into()),
                (None, Type::Glob | Type::Path) => Resource::AnyPath,
                (Some(text), _) => named(text),
                (None, _) => Resource::Everything,
            }
        }
    }
}

/// A program and its arguments. One that is partly unknown is unknown: whether a grant covers it is decided at the run.
fn program(value: &Value) -> Resource {
    match value {
        Value::String(text) => Resource::Program(words(text)),
        Value::List(items) => match items.iter().map(|item| item.as_str().map(SmolStr::new)).collect() {
            Some(argv) if !items.is_empty() => Resource::Program(argv),
            _ => Resource::AnyProgram,
        },
        _ => Resource::AnyProgram,
    }
}

/// The words of a command that is given as one text. What a shell could read in another way stays one word, which no
/// grant of several words covers.
fn words(text: &str) -> Vec<SmolStr> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _./=:@%+,-".contains(c);
    match text.chars().all(plain) && !text.trim().is_empty() {
        true => text.split_whitespace().map(SmolStr::new).collect(),
        false => vec![text.into()],
    }
}

fn named(text: &str) -> Resource {
    if text.contains("://") {
        return Resource::Named(URL.into(), text.into());
    }
    match text.split_once(':') {
        Some((FILE, path)) => match check_glob(path) {
            Ok(()) => Resource::Glob(path.into()),
            Err(_) => Resource::AnyPath,
        },
        Some((space, name)) => Resource::Named(space.into(), name.into()),
        None => Resource::Named(SmolStr::default(), text.into()),
    }
}

fn from_template(parts: &[TemplatePart], args: &[Value]) -> Resource {
    let mut text = String::new();
    for part in parts {
        match part {
            TemplatePart::Text(constant) => text.push_str(constant),
            TemplatePart::Param(index) => match &args[*index] {
                // In a file's name the wildcards of an argument stand for themselves, which a glob cannot say.
                Value::String(value) if text.starts_with("file:") && value.contains(WILDCARDS) => {
                    return Resource::AnyPath;
                }
                Value::String(value) => text.push_str(value),
                Value::Int(value) => text.push_str(&value.to_string()),
                _ => return unfinished(&text),
            },
        }
    }
    named(&text)
}

/// What a template may name of which only the beginning is known.
fn unfinished(text: &str) -> Resource {
    match text.split_once(':') {
        Some((FILE, _)) => Resource::AnyPath,
        Some(("http" | "https", _)) => Resource::AnyIn(URL.into()),
        Some((_, rest)) if rest.starts_with("//") => Resource::AnyIn(URL.into()),
        // What follows may turn this into a URL.
        Some((_, "" | "/")) if text.ends_with('/') => Resource::Everything,
        Some((space, _)) => Resource::AnyIn(space.into()),
        None => Resource::Everything,
    }
}

/// Whether two resources may have something in common.
pub fn overlap(a: &Resource, b: &Resource) -> bool {
    use Resource::*;
    match (a, b) {
        (Everything, _) | (_, Everything) => true,
        // A program may touch any file and, unless confined, any host and any other program's work.
        (Program(_) | AnyProgram, _) | (_, Program(_) | AnyProgram) => true,
        (AnyPath, Path(_) | Glob(_) | AnyPath) | (Path(_) | Glob(_), AnyPath) => true,
        (Path(a), Path(b)) => within(a, b) || within(b, a),
        (Path(path), Glob(glob)) | (Glob(glob), Path(path)) => path_meets_glob(path, glob),
        (Glob(a), Glob(b)) => globs_meet(a, b),
        (AnyHost, Host(_) | AnyHost) | (Host(_), AnyHost) => true,
        (Host(a), Host(b)) => hosts_meet(a, b),
        (Named(space, url), Host(host)) | (Host(host), Named(space, url)) => {
            space == URL && hosts_meet(host_of(url), host)
        }
        (AnyIn(space) | Named(space, _), AnyHost)
        | (AnyHost, AnyIn(space) | Named(space, _))
        | (AnyIn(space), Host(_))
        | (Host(_), AnyIn(space)) => space == URL,
        (Named(space, _), AnyIn(other)) | (AnyIn(other), Named(space, _)) => space == other,
        (AnyIn(a), AnyIn(b)) => a == b,
        (Named(space, name), Named(other_space, other)) => {
            space == other_space && (name == other || (space == URL && hosts_meet(host_of(name), host_of(other))))
        }
        (Path(_) | Glob(_) | AnyPath, Host(_) | AnyHost | Named(..) | AnyIn(_))
        | (Host(_) | AnyHost | Named(..) | AnyIn(_), Path(_) | Glob(_) | AnyPath) => false,
    }
}

/// Whether two calls that the author lets overlap, in a `together` or as elements of an `each`, must not: they may touch the
/// same thing, and one of them does more than read it. What a program does is known only by its name, and what is said to a
/// host only by the host's: too coarse to compare, so two programs, or two calls of a host, are the author's word.
pub fn conflict(a: &[(EffectVerb, Resource)], b: &[(EffectVerb, Resource)]) -> bool {
    let meets = |(verb, resource): &(EffectVerb, Resource), (other_verb, other): &(EffectVerb, Resource)| {
        let changes = *verb != EffectVerb::Reads || *other_verb != EffectVerb::Reads;
        use EffectVerb::{Contacts, Reads, Runs};
        let vouched = matches!((verb, other_verb), (Runs, Runs) | (Contacts, Contacts | Reads) | (Reads, Contacts));
        changes && !vouched && overlap(resource, other)
    };
    a.iter().any(|touch| b.iter().any(|other| meets(touch, other)))
}

/// The verbs of `critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CriticalVerb {
    /// Observe.
    Read,
    /// Bring into being.
    Create,
    /// Change; includes reading.
    Modify,
    /// Remove; includes reading.
    Delete,
    /// Execute a program.
    Run,
    /// Send to a host.
    Contact,
}

impl CriticalVerb {
    /// Every verb with its spelling.
    pub const ALL: [(CriticalVerb, &'static str); 6] = [
        (CriticalVerb::Read, "read"),
        (CriticalVerb::Create, "create"),
        (CriticalVerb::Modify, "modify"),
        (CriticalVerb::Delete, "delete"),
        (CriticalVerb::Run, "run"),
        (CriticalVerb::Contact, "contact"),
    ];

    /// The verb that is spelled so.
    pub fn parse(text: &str) -> Option<CriticalVerb> {
        CriticalVerb::ALL.iter().find(|(_, spelling)| *spelling == text).map(|(verb, _)| *verb)
    }

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        CriticalVerb::ALL[self as usize].1
    }
}

/// What a `critical` line allows.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What may be done.
    pub verb: CriticalVerb,
    /// To what, as written.
    pub resource: SmolStr,
    scope: Scope,
}

/// What the text of a line stands for.
#[derive(Clone, Debug)]
enum Scope {
    /// The first words of a command.
    Words(Vec<SmolStr>),
    /// Hosts, in lower case.
    Hosts(GlobMatcher),
    /// Paths of the workspace.
    Paths(PathScope),
    /// Names in a space.
    Names(SmolStr, GlobMatcher),
}

/// The paths that a glob matches.
#[derive(Clone, Debug)]
struct PathScope {
    glob: SmolStr,
    matcher: GlobMatcher,
    /// Of a glob `directory/**`, by far the commonest: compared as text, which is much faster than matched.
    directory: Option<SmolStr>,
}

impl PathScope {
    fn new(glob: &str) -> Result<PathScope, String> {
        check_path(glob)?;
        let directory = glob.strip_suffix("/**").filter(|directory| !directory.contains(WILDCARDS));
        Ok(PathScope { glob: glob.into(), matcher: compile_glob(glob)?, directory: directory.map(SmolStr::new) })
    }

    fn matches(&self, path: &str) -> bool {
        match &self.directory {
            Some(directory) => path.strip_prefix(directory.as_str()).is_some_and(|rest| rest.starts_with('/')),
            None => self.matcher.is_match(path),
        }
    }
}

impl Grant {
    /// A grant of a verb over a resource as written: a glob, a program with leading arguments, or a host glob.
    pub fn new(verb: CriticalVerb, resource: &str) -> Result<Grant, String> {
        let scope = match verb {
            CriticalVerb::Run => match resource.split_whitespace().map(SmolStr::new).collect::<Vec<_>>() {
                words if words.is_empty() => return Err("a `run` line names a program".into()),
                words if words.iter().any(|word| word.chars().all(|c| matches!(c, '*' | '?'))) => {
                    return Err("`run` names the leading words; further arguments are free".into());
                }
                words => Scope::Words(words),
            },
            CriticalVerb::Contact => Scope::Hosts(host_glob(resource)?),
            CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => {
                match resource.split_once(':') {
                    Some((FILE, path)) => Scope::Paths(PathScope::new(path)?),
                    Some(_) if resource.contains("://") => Scope::Names(URL.into(), compile_glob(resource)?),
                    // A name in a space of its own, such as `table:users`.
                    Some((space, name)) if space.len() > 1 && !space.contains('/') && !space.contains(WILDCARDS) => {
                        Scope::Names(space.into(), compile_glob(name)?)
                    }
                    _ => Scope::Paths(PathScope::new(resource)?),
                }
            }
        };
        Ok(Grant { verb, resource: resource.into(), scope })
    }

    /// Whether doing `verb` to one path is within this grant.
    pub fn allows_path(&self, verb: CriticalVerb, path: &str) -> bool {
        let verb_fits = self.verb == verb
            || (verb == CriticalVerb::Read && matches!(self.verb, CriticalVerb::Modify | CriticalVerb::Delete));
        verb_fits && matches!(&self.scope, Scope::Paths(scope) if scope.matches(path))
    }

    /// Whether running this program with these arguments is within this grant: the words of the line are its first words.
    pub fn allows_program(&self, argv: &[impl AsRef<str>]) -> bool {
        match &self.scope {
            Scope::Words(words) => {
                argv.len() >= words.len() && words.iter().zip(argv).all(|(word, arg)| *word == arg.as_ref())
            }
            Scope::Hosts(_) | Scope::Paths(..) | Scope::Names(..) => false,
        }
    }

    /// Whether contacting this host, as [`host_of`] gives it, is within this grant. No grant covers an unclear host.
    pub fn allows_host(&self, host: &str) -> bool {
        match &self.scope {
            Scope::Hosts(matcher) => !host.is_empty() && matcher.is_match(host.to_ascii_lowercase()),
            Scope::Words(_) | Scope::Paths(..) | Scope::Names(..) => false,
        }
    }

    /// Whether an effect on a resource may lie within this grant: the judgement of the compiler, which sees neither which
    /// files exist nor what a directory holds. The runner judges each path again.
    pub fn may_allow(&self, verb: EffectVerb, resource: &Resource) -> bool {
        match resource {
            Resource::Program(argv) => self.allows_program(argv),
            Resource::Host(host) => self.allows_host(host),
            Resource::AnyProgram => self.verb == CriticalVerb::Run,
            Resource::AnyHost => self.verb == CriticalVerb::Contact,
            Resource::Everything => true,
            Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath | Resource::Named(..) | Resource::AnyIn(_) => {
                self.verbs_for(verb) && self.may_hold(resource)
            }
        }
    }

    /// Whether some of a resource may lie in the scope. A grant over paths covers no names, and the other way round.
    fn may_hold(&self, resource: &Resource) -> bool {
        match (&self.scope, resource) {
            (Scope::Paths(scope), Resource::Path(path)) => {
                // A call that names a directory touches what lies beneath it; its entries are judged one by one later.
                scope.matches(path) || lies_beneath(&scope.glob, path)
            }
            (Scope::Paths(scope), Resource::Glob(glob)) => globs_meet(&scope.glob, glob),
            (Scope::Paths(..), Resource::AnyPath) => true,
            (Scope::Names(own, matcher), Resource::Named(space, name)) => {
                own == space && matcher.is_match(name.as_str())
            }
            (Scope::Names(own, _), Resource::AnyIn(space)) => own == space,
            (Scope::Words(_) | Scope::Hosts(_) | Scope::Paths(..) | Scope::Names(..), _) => false,
        }
    }

    fn verbs_for(&self, verb: EffectVerb) -> bool {
        use CriticalVerb::*;
        match verb {
            EffectVerb::Reads => matches!(self.verb, Read | Modify | Delete),
            EffectVerb::Writes => matches!(self.verb, Create | Modify),
            EffectVerb::Creates => matches!(self.verb, Create | Modify),
            EffectVerb::Deletes => self.verb == Delete,
            EffectVerb::Runs => self.verb == Run,
            EffectVerb::Contacts => self.verb == Contact,
        }
    }
}

fn host_glob(host: &str) -> Result<GlobMatcher, String> {
    let host = host.to_ascii_lowercase();
    match host.starts_with('[') {
        // The brackets of an IPv6 address are no wildcard.
        true => compile_glob(&globset::escape(&host)),
        false => compile_glob(&host),
    }
}

#[cfg(test)]
mod tests;
