//! Effects and resources: what a call may touch, whether two calls may overlap, whether `critical` covers a touch.
//!
//! Everything here is lexical and errs on the safe side: what cannot be decided overlaps. Links and case are the
//! runner's business, which compares again with resolved paths.

use crate::paths::{check_path, compile_glob, literal_prefix, within};
use crate::syntax::EffectVerb;
use crate::types::Type;
use crate::value::Value;
use globset::GlobMatcher;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

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

/// The resource that an effect touches when the call has these arguments (by parameter index; types likewise).
pub fn resource(effect: &Effect, args: &[Value], types: &[Type]) -> Resource {
    match &effect.target {
        Target::Param(index) => from_value(effect.verb, &args[*index], &types[*index]),
        Target::Template(parts) => from_template(parts, args),
    }
}

fn from_value(verb: EffectVerb, value: &Value, ty: &Type) -> Resource {
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
                (Some(text), _) if text.contains("://") => Resource::Named("url".into(), text.into()),
                (Some(text), _) => named(text),
                (None, _) => Resource::Everything,
            }
        }
    }
}

fn program(value: &Value) -> Resource {
    match value {
        Value::String(text) => Resource::Program(text.split_whitespace().map(SmolStr::new).collect()),
        Value::List(items) => {
            let known: Vec<SmolStr> = items.iter().map_while(Value::as_str).map(SmolStr::new).collect();
            match known.is_empty() {
                true => Resource::AnyProgram,
                false => Resource::Program(known),
            }
        }
        _ => Resource::AnyProgram,
    }
}

fn named(text: &str) -> Resource {
    match text.split_once(':') {
        Some(("file", path)) => Resource::Glob(path.into()),
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
                Value::String(value) => text.push_str(value),
                Value::Int(value) => text.push_str(&value.to_string()),
                _ => {
                    return match text.split_once(':') {
                        Some(("file", _)) => Resource::AnyPath,
                        Some((space, _)) => Resource::AnyIn(space.into()),
                        None => Resource::Everything,
                    };
                }
            },
        }
    }
    named(&text)
}

/// The host, with port if given, of a URL; the text itself when it is no URL.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
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
        (Glob(a), Glob(b)) => {
            let (a, b) = (literal_prefix(a), literal_prefix(b));
            within(a, b) || within(b, a)
        }
        (AnyHost, Host(_) | AnyHost) | (Host(_), AnyHost) => true,
        (Host(a), Host(b)) => a.eq_ignore_ascii_case(b),
        (Named(space, _), AnyIn(other)) | (AnyIn(other), Named(space, _)) => space == other,
        (AnyIn(a), AnyIn(b)) => a == b,
        (Named(space, name), Named(other_space, other)) => space == other_space && name == other,
        (Path(_) | Glob(_) | AnyPath, Host(_) | AnyHost | Named(..) | AnyIn(_))
        | (Host(_) | AnyHost | Named(..) | AnyIn(_), Path(_) | Glob(_) | AnyPath)
        | (Host(_) | AnyHost, Named(..) | AnyIn(_))
        | (Named(..) | AnyIn(_), Host(_) | AnyHost) => false,
    }
}

fn path_meets_glob(path: &str, glob: &str) -> bool {
    let prefix = literal_prefix(glob);
    // The glob lies beneath the path, or may match the path or something beneath it.
    within(prefix, path)
        || (within(path, prefix) && compile_glob(glob).is_ok_and(|g| g.is_match(path)) || prefix_open(path, glob))
}

/// Whether the glob could match beneath `path`: decided only by its literal prefix.
fn prefix_open(path: &str, glob: &str) -> bool {
    glob.contains("**") && within(path, literal_prefix(glob))
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
    matcher: Option<GlobMatcher>,
}

impl Grant {
    /// A grant of a verb over a resource as written: a glob, a program with leading arguments, or a host glob.
    pub fn new(verb: CriticalVerb, resource: &str) -> Result<Grant, String> {
        let matcher = match verb {
            CriticalVerb::Run => match resource.split_whitespace().next() {
                Some(_) => None,
                None => return Err("a `run` line names a program".into()),
            },
            CriticalVerb::Contact => Some(compile_glob(resource)?),
            CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => {
                match resource.split_once(':') {
                    // A name in a space of its own, such as `table:users`.
                    Some((space, _)) if space.len() > 1 && !space.contains('/') => Some(compile_glob(resource)?),
                    _ => {
                        check_path(resource)?;
                        Some(compile_glob(resource)?)
                    }
                }
            }
        };
        Ok(Grant { verb, resource: resource.into(), matcher })
    }

    /// Whether doing `verb` to one path is within this grant.
    pub fn allows_path(&self, verb: CriticalVerb, path: &str) -> bool {
        let verb_fits = self.verb == verb
            || (verb == CriticalVerb::Read && matches!(self.verb, CriticalVerb::Modify | CriticalVerb::Delete));
        verb_fits && self.matcher.as_ref().is_some_and(|matcher| matcher.is_match(path))
    }

    /// Whether running this program with these arguments is within this grant: the words of the line are its first words.
    pub fn allows_program(&self, argv: &[impl AsRef<str>]) -> bool {
        let words: Vec<&str> = self.resource.split_whitespace().collect();
        self.verb == CriticalVerb::Run
            && argv.len() >= words.len()
            && words.iter().zip(argv).all(|(word, arg)| *word == arg.as_ref())
    }

    /// Whether contacting this host is within this grant.
    pub fn allows_host(&self, host: &str) -> bool {
        self.verb == CriticalVerb::Contact
            && self.matcher.as_ref().is_some_and(|matcher| matcher.is_match(host.to_ascii_lowercase()))
    }

    /// Whether an effect on a resource may lie within this grant: the judgement of the compiler, which sees neither which
    /// files exist nor what a directory holds. The runner judges each path again.
    pub fn may_allow(&self, verb: EffectVerb, resource: &Resource) -> bool {
        match resource {
            Resource::Program(argv) => self.allows_program(argv),
            Resource::Host(host) => self.allows_host(host),
            Resource::Path(path) => self.verbs_for(verb) && self.meets_path(path),
            Resource::Glob(glob) => {
                self.verbs_for(verb) && {
                    let (a, b) = (literal_prefix(glob), literal_prefix(&self.resource));
                    within(a, b) || within(b, a)
                }
            }
            Resource::Named(space, name) => {
                self.verbs_for(verb)
                    && self.matcher.as_ref().is_some_and(|matcher| matcher.is_match(format!("{space}:{name}")))
            }
            Resource::AnyPath => self.verbs_for(verb) && !self.is_named(),
            Resource::AnyProgram => self.verb == CriticalVerb::Run,
            Resource::AnyHost => self.verb == CriticalVerb::Contact,
            Resource::AnyIn(space) => self.verbs_for(verb) && self.resource.starts_with(&format!("{space}:")),
            Resource::Everything => true,
        }
    }

    fn is_named(&self) -> bool {
        self.resource.contains(':')
    }

    fn meets_path(&self, path: &str) -> bool {
        let Some(matcher) = &self.matcher else { return false };
        // A call that names a directory touches what lies beneath it; its entries are judged one by one later.
        matcher.is_match(path) || within(literal_prefix(&self.resource), path) && self.resource != path
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
