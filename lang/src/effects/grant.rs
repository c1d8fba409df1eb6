//! Lines of `critical` ⟶ whether they allow a touch.

use super::{FILE, Resource, URL, WILDCARDS};
use crate::addresses::{is_address, is_pattern, normal, normal_host, normal_pattern};
use crate::names::{bare, is_straight, split_space};
use crate::paths::{check_glob, compile_glob, globs_meet, lies_beneath};
use crate::syntax::EffectVerb;
use globset::GlobMatcher;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

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
    /// The value of an expression that is not known yet: it may turn out to be anything.
    Unresolved,
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
        check_glob(glob)?;
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
                match split_space(resource) {
                    Some(_) if is_pattern(resource) => addresses(resource)?,
                    Some((space, path)) if space == FILE => Scope::Paths(PathScope::new(path)?),
                    Some((space, address)) if space == URL && is_pattern(address) => addresses(address)?,
                    // A name in a space of its own, such as `table:users`.
                    Some((space, name)) if space.len() > 1 && !space.contains('/') && !space.contains(WILDCARDS) => {
                        Scope::Names(space, compile_glob(bare(name))?)
                    }
                    _ => Scope::Paths(PathScope::new(resource)?),
                }
            }
        };
        Ok(Grant { verb, resource: resource.into(), scope })
    }

    /// A grant of a verb over a value that is not known yet. It may allow whatever the verb is about, so that nothing is
    /// refused too early; who decides whether a call is made leaves it out.
    pub fn unresolved(verb: CriticalVerb) -> Grant {
        Grant { verb, resource: SmolStr::default(), scope: Scope::Unresolved }
    }

    /// A grant of a verb over the one resource that a value names: wildcards in it stand for themselves.
    pub fn of_value(verb: CriticalVerb, value: &str) -> Result<Grant, String> {
        match verb {
            CriticalVerb::Run => Grant::new(verb, value),
            CriticalVerb::Contact => match normal_host(value) {
                None => Err(format!("the host of `{value}` is not clear")),
                Some(host) => Ok(Grant { resource: value.into(), ..Grant::new(verb, &host)? }),
            },
            CriticalVerb::Read | CriticalVerb::Create | CriticalVerb::Modify | CriticalVerb::Delete => {
                let unclear = || format!("the address `{value}` can be read in more than one way");
                let text = match is_address(value) {
                    true => normal(value).ok_or_else(unclear)?,
                    false => value.to_owned(),
                };
                Ok(Grant { resource: value.into(), ..Grant::new(verb, &globset::escape(&text))? })
            }
        }
    }

    /// Whether it says what it allows.
    pub fn is_resolved(&self) -> bool {
        !matches!(self.scope, Scope::Unresolved)
    }

    /// The paths that it is about; none: it is about something else.
    pub fn paths(&self) -> Option<Resource> {
        match &self.scope {
            Scope::Paths(scope) => Some(Resource::Glob(scope.glob.clone())),
            Scope::Unresolved => Some(Resource::AnyPath),
            Scope::Words(_) | Scope::Hosts(_) | Scope::Names(..) => None,
        }
    }

    /// Whether doing `verb` to one path is within this grant.
    pub fn allows_path(&self, verb: CriticalVerb, path: &str) -> bool {
        let verb_fits = self.verb == verb
            || (verb == CriticalVerb::Read && matches!(self.verb, CriticalVerb::Modify | CriticalVerb::Delete));
        verb_fits
            && match &self.scope {
                Scope::Unresolved => true,
                Scope::Paths(scope) => scope.matches(path),
                Scope::Words(_) | Scope::Hosts(_) | Scope::Names(..) => false,
            }
    }

    /// Whether running this program with these arguments is within this grant: the words of the line are its first words.
    pub fn allows_program(&self, argv: &[impl AsRef<str>]) -> bool {
        match &self.scope {
            Scope::Words(words) => {
                argv.len() >= words.len() && words.iter().zip(argv).all(|(word, arg)| *word == arg.as_ref())
            }
            Scope::Unresolved => self.verb == CriticalVerb::Run,
            Scope::Hosts(_) | Scope::Paths(..) | Scope::Names(..) => false,
        }
    }

    /// Whether contacting this host, as [`normal_host`](crate::addresses::normal_host) gives it, is within this grant. No grant covers an unclear host.
    pub fn allows_host(&self, host: &str) -> bool {
        match &self.scope {
            Scope::Hosts(matcher) => normal_host(host).is_some_and(|host| matcher.is_match(host)),
            Scope::Unresolved => self.verb == CriticalVerb::Contact,
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
            (Scope::Unresolved, _) => true,
            (Scope::Paths(scope), Resource::Path(path)) => {
                // A call that names a directory touches what lies beneath it; its entries are judged one by one later.
                scope.matches(path) || lies_beneath(&scope.glob, path)
            }
            (Scope::Paths(scope), Resource::Glob(glob)) => globs_meet(&scope.glob, glob),
            (Scope::Paths(..), Resource::AnyPath) => true,
            (Scope::Names(..), Resource::Named(space, name)) => {
                self.matches_name(space, name) && (is_straight(name) || self.is_exactly(space, name))
            }
            (Scope::Names(own, _), Resource::AnyIn(space)) => own == space,
            (Scope::Words(_) | Scope::Hosts(_) | Scope::Paths(..) | Scope::Names(..), _) => false,
        }
    }

    /// Whether its text matches a name, as that is written.
    pub fn matches_name(&self, space: &str, name: &str) -> bool {
        match &self.scope {
            Scope::Names(own, matcher) => {
                own == space && matcher.is_match(if space == URL { name } else { bare(name) })
            }
            Scope::Unresolved | Scope::Words(_) | Scope::Hosts(_) | Scope::Paths(_) => false,
        }
    }

    /// Whether the line says exactly this name.
    fn is_exactly(&self, space: &str, name: &str) -> bool {
        let own = split_space(&self.resource).filter(|(own, _)| own == space).map(|(_, own)| own);
        let is_said = |own: &str| own == name || space == URL && normal(own).as_deref() == Some(name);
        is_said(&self.resource) || own.is_some_and(is_said)
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

fn addresses(pattern: &str) -> Result<Scope, String> {
    Ok(Scope::Names(URL.into(), compile_glob(&normal_pattern(pattern)?)?))
}

fn host_glob(host: &str) -> Result<GlobMatcher, String> {
    let host = normal_host(host).unwrap_or_else(|| host.to_ascii_lowercase());
    match host.starts_with('[') {
        // The brackets of an IPv6 address are no wildcard.
        true => compile_glob(&globset::escape(&host)),
        false => compile_glob(&host),
    }
}
