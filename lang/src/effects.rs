//! Effects and resources: what a call may touch, whether two calls may overlap, whether `critical` covers a touch.
//!
//! Everything here is lexical and errs on the safe side: what cannot be decided overlaps. Links and case are the
//! runner's business, which compares again with resolved paths.

use crate::addresses::{is_address, normal, normal_host};
pub use crate::hosts::host_of;
use crate::hosts::hosts_meet;
use crate::names::{may_be_same, split_space};
use crate::paths::{check_glob, check_path, globs_meet, path_meets_glob, within};
use crate::syntax::EffectVerb;
use crate::types::Type;
use crate::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;

mod condition;
mod grant;

pub use condition::{Compare, Condition};
pub use grant::{CriticalVerb, Grant};

/// The space of names that are paths.
const FILE: &str = "file";

/// The space of what lies behind a URL.
pub const URL: &str = "url";

/// What addresses begin with that readers take in other spellings, too.
const SCHEMES: [&str; 6] = [FILE, "http", "https", "ftp", "ws", "wss"];

/// What makes a glob of a path.
pub const WILDCARDS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

/// What a call declares about one thing it touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// What it does.
    pub verb: EffectVerb,
    /// To what.
    pub target: Target,
    /// On which arguments; none: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

impl Effect {
    /// Whether a call with these arguments, by parameter index, may have the effect. It has where that is not known.
    pub fn counts(&self, args: &[Value]) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(&|index| args.get(index)) != Some(false))
    }
}

/// What an effect is on, before arguments are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The parameter with this index; its type says what kind of resource it names.
    Param(usize),
    /// A template over parameters and the result that gives `space:name`.
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
    /// A field of the result, by its path: known after the call.
    Result(Vec<SmolStr>),
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

    /// Whether the result of a call tells more of what it touched than its arguments do.
    pub fn tell_by_result(&self) -> bool {
        self.declared().iter().any(|effect| match &effect.target {
            Target::Param(_) => false,
            Target::Template(parts) => parts.iter().any(|part| matches!(part, TemplatePart::Result(_))),
        })
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

/// The resource that an effect touches when the call has these arguments and parameter types (both by parameter index)
/// and, once it was made, this result. What a result decides is a whole namespace before.
pub fn resource<'t>(
    effect: &Effect,
    args: &[Value],
    result: Option<&Value>,
    ty: impl Fn(usize) -> &'t Type,
) -> Resource {
    match &effect.target {
        Target::Param(index) => from_value(effect.verb, &args[*index], ty(*index)),
        Target::Template(parts) => from_template(parts, args, result),
    }
}

/// The resource that the value of a parameter of this type names.
pub(crate) fn from_value(verb: EffectVerb, value: &Value, ty: &Type) -> Resource {
    match verb {
        EffectVerb::Runs => program(value),
        EffectVerb::Contacts => match value.as_str() {
            Some(text) => Resource::Host(normal_host(text).unwrap_or_default().into()),
            None => Resource::AnyHost,
        },
        EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes => {
            match (value.as_str(), ty.without_null()) {
                (Some(text), Type::Glob) => Resource::Glob(text.into()),
                (Some(text), Type::Path) => Resource::Path(text.into()),
                // What may be a path is one where it has the form.
                (Some(text), Type::Union(members)) if has(&members, &Type::Path) && check_path(text).is_ok() => {
                    Resource::Path(text.into())
                }
                (Some(text), Type::Union(members)) if has(&members, &Type::Glob) && check_glob(text).is_ok() => {
                    Resource::Glob(text.into())
                }
                (None, Type::Glob | Type::Path) => Resource::AnyPath,
                (Some(text), _) => named(text),
                (None, _) => Resource::Everything,
            }
        }
    }
}

fn has(members: &[Type], form: &Type) -> bool {
    members.iter().any(|member| member.plain() == *form)
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

/// The resource that a text names by itself, where no catalogue says of which space it is.
fn named(text: &str) -> Resource {
    match split_space(text) {
        Some((space, path)) if space == FILE => a_glob(path),
        Some(_) if is_address(text) || seems_address(text) => address(text),
        Some((space, name)) if is_space(&space) => Resource::Named(space, name.into()),
        Some(_) | None => Resource::Named(SmolStr::default(), text.into()),
    }
}

/// Whether some would make an address of a text that is none: with blanks before it, or without `//`.
fn seems_address(text: &str) -> bool {
    let scheme = text
        .split_once(':')
        .map(|(scheme, _)| scheme.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()));
    let is_known = |scheme: &str| SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    scheme.is_some_and(|scheme| is_known(scheme) || text.trim_start() != text)
}

/// What lies behind an address, in its one spelling; one that has none stays as it is written.
fn address(text: &str) -> Resource {
    Resource::Named(URL.into(), normal(text).map_or_else(|| text.into(), SmolStr::new))
}

fn a_glob(path: &str) -> Resource {
    match check_glob(path) {
        Ok(()) => Resource::Glob(path.into()),
        Err(_) => Resource::AnyPath,
    }
}

fn is_space(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
}

/// The space of what a template names, which follows from its constant beginning and never from a value.
enum Space {
    File,
    Url,
    /// This one; empty: none is named.
    Of(SmolStr),
    /// It begins with a value, which says all.
    Open,
}

impl Space {
    fn of(beginning: &str) -> Space {
        match split_space(beginning) {
            Some((space, _)) if space == FILE => Space::File,
            Some((space, _)) if [URL, "http", "https"].contains(&space.as_str()) => Space::Url,
            Some((_, rest)) if rest.starts_with("//") => Space::Url,
            Some((space, _)) => Space::Of(space),
            None if beginning.is_empty() => Space::Open,
            None => Space::Of(SmolStr::default()),
        }
    }

    /// What may be named where not all is known yet.
    fn any(&self) -> Resource {
        match self {
            Space::File => Resource::AnyPath,
            Space::Url => Resource::AnyIn(URL.into()),
            Space::Of(space) => Resource::AnyIn(space.clone()),
            Space::Open => Resource::Everything,
        }
    }
}

fn from_template(parts: &[TemplatePart], args: &[Value], result: Option<&Value>) -> Resource {
    let constants = parts.iter().map_while(|part| match part {
        TemplatePart::Text(text) => Some(text.as_str()),
        TemplatePart::Param(_) | TemplatePart::Result(_) => None,
    });
    let beginning: String = constants.collect();
    let space = Space::of(&beginning);
    let (mut text, mut has_wild_value) = (String::new(), false);
    for part in parts {
        let value = match part {
            TemplatePart::Text(constant) => {
                text.push_str(constant);
                continue;
            }
            TemplatePart::Param(index) => Some(&args[*index]),
            TemplatePart::Result(path) => result.and_then(|result| at_path(result, path)),
        };
        match value {
            Some(Value::String(value)) => {
                has_wild_value |= value.contains(WILDCARDS);
                text.push_str(value);
            }
            Some(Value::Int(value)) => text.push_str(&value.to_string()),
            Some(_) | None => return space.any(),
        }
    }
    let (own, rest) = split_space(&text).unwrap_or_default();
    match space {
        // In a file's name the wildcards of a value stand for themselves, which a glob cannot say.
        Space::File if has_wild_value => {
            let is_wild = |part: &TemplatePart| matches!(part, TemplatePart::Text(text) if text.contains(WILDCARDS));
            match check_path(rest).is_ok() && !parts.iter().any(is_wild) {
                true => Resource::Path(rest.into()),
                false => Resource::AnyPath,
            }
        }
        Space::File => a_glob(rest),
        Space::Url => address(if own == URL { rest } else { &text }),
        Space::Of(space) if space.is_empty() => Resource::Named(SmolStr::default(), text.into()),
        Space::Of(space) => Resource::Named(space, rest.into()),
        Space::Open => named(&text),
    }
}

/// A field of a field of a value.
fn at_path<'v>(value: &'v Value, path: &[SmolStr]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| match value {
        Value::Record(record) => record.get(name),
        _ => None,
    })
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
            let same_host = || space == URL && hosts_meet(host_of(name), host_of(other));
            space == other_space && (may_be_same(name, other) || same_host())
        }
        (Path(_) | Glob(_) | AnyPath, Host(_) | AnyHost | Named(..) | AnyIn(_))
        | (Host(_) | AnyHost | Named(..) | AnyIn(_), Path(_) | Glob(_) | AnyPath) => false,
    }
}

/// Whether two calls that the author lets overlap, in a `together` or as elements of an `each`, must not: they may touch the
/// same thing, and one of them does more than read it. What a program does is known only by its name, and what is said to a
/// host only by the host's: too coarse to compare, so two programs, or two calls of a host, are the author's word.
pub fn conflict(a: &[(EffectVerb, Resource)], b: &[(EffectVerb, Resource)]) -> bool {
    use EffectVerb::{Contacts, Reads, Runs};
    let is_vouched = |verbs| matches!(verbs, (Runs, Runs) | (Contacts, Contacts | Reads) | (Reads, Contacts));
    any_change(a, b, |verbs| !is_vouched(verbs))
}

/// Whether one of two calls may come upon what the other does: they may touch the same thing, and one of them does more than read
/// it. Nobody's word that they may overlap counts here: what a program does may be all that the next one goes by.
pub fn meet(a: &[(EffectVerb, Resource)], b: &[(EffectVerb, Resource)]) -> bool {
    any_change(a, b, |_| true)
}

fn any_change(
    a: &[(EffectVerb, Resource)],
    b: &[(EffectVerb, Resource)],
    counts: impl Fn((EffectVerb, EffectVerb)) -> bool,
) -> bool {
    let meets = |(verb, resource): &(EffectVerb, Resource), (other_verb, other): &(EffectVerb, Resource)| {
        let changes = *verb != EffectVerb::Reads || *other_verb != EffectVerb::Reads;
        changes && counts((*verb, *other_verb)) && overlap(resource, other)
    };
    a.iter().any(|touch| b.iter().any(|other| meets(touch, other)))
}

#[cfg(test)]
mod tests;
