//! Patterns over what calls touch ⟶ whether a call may touch something that one matches, and whether all that it touches lies
//! within one. Patterns are written as lines of `critical` are: globs of paths, the first words of a command, globs of hosts,
//! `space:name`.
//!
//! What is not known may be anything: it may meet every pattern, and lies within none.

use planc_lang::addresses::{is_pattern, met_as};
use planc_lang::effects::{CriticalVerb, Grant, Resource, URL};
use planc_lang::names::{is_straight, split_space};
use planc_lang::paths::{literal_prefix, within};
use planc_lang::syntax::EffectVerb;

/// A pattern over what calls touch.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// As it is written.
    pub(super) text: String,
    /// Over paths and names.
    place: Option<Grant>,
    /// Over programs.
    program: Option<Grant>,
    /// Over hosts.
    host: Option<Grant>,
}

impl Pattern {
    /// A pattern that stands for whatever it may be read as; an error where it can be read as nothing.
    pub(super) fn new(text: &str) -> Result<Pattern, String> {
        let place = Grant::new(CriticalVerb::Modify, text);
        let program = Grant::new(CriticalVerb::Run, text);
        let host = Grant::new(CriticalVerb::Contact, text);
        match (&place, &program, &host) {
            (Err(why), Err(_), Err(_)) => Err(why.clone()),
            _ => Ok(Pattern { text: text.to_owned(), place: place.ok(), program: program.ok(), host: host.ok() }),
        }
    }

    /// Why it cannot be read as what a verb is about; none: it can.
    pub(super) fn misfit(text: &str, verb: EffectVerb) -> Option<String> {
        let verb = match verb {
            EffectVerb::Runs => CriticalVerb::Run,
            EffectVerb::Contacts => CriticalVerb::Contact,
            EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes => CriticalVerb::Modify,
        };
        Grant::new(verb, text).err()
    }

    fn of(&self, resource: &Resource) -> Option<&Grant> {
        match resource {
            Resource::Path(_) | Resource::Glob(_) | Resource::AnyPath | Resource::Named(..) | Resource::AnyIn(_) => {
                self.place.as_ref()
            }
            Resource::Program(_) | Resource::AnyProgram => self.program.as_ref(),
            Resource::Host(_) | Resource::AnyHost => self.host.as_ref(),
            Resource::Everything => None,
        }
    }

    /// Whether a call that touches the resource may touch something that the pattern matches.
    pub(super) fn may_meet(&self, resource: &Resource) -> bool {
        let resource = &plain(resource);
        match resource {
            Resource::Everything => true,
            // A name that goes ways may be any of its space.
            Resource::Named(space, name) if !is_straight(name) => {
                let is_own = split_space(&self.text).is_some_and(|(own, _)| own == *space);
                self.text == "**" || is_own || space == URL && is_pattern(&self.text)
            }
            Resource::Named(space, name) if space == URL => {
                self.place.as_ref().is_some_and(|grant| met_as(name).iter().any(|name| grant.matches_name(URL, name)))
            }
            // A host that is not clear may be any.
            Resource::Host(host) if host.is_empty() => self.host.is_some(),
            Resource::Host(host) => self.host.as_ref().is_some_and(|grant| {
                // A host without a port has any, and its usual one is not written.
                let name = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map(|(name, _)| name);
                let usual = name.is_none().then(|| [format!("{host}:80"), format!("{host}:443")]).into_iter().flatten();
                grant.allows_host(host)
                    || name.is_some_and(|name| grant.allows_host(name))
                    || usual.into_iter().any(|host| grant.allows_host(&host))
            }),
            _ => self.of(resource).is_some_and(|grant| grant.may_allow(EffectVerb::Writes, resource)),
        }
    }

    /// Whether it surely does, whatever an unknown resource turns out to be.
    pub(super) fn surely_meets(&self, resource: &Resource) -> bool {
        match is_open(resource) {
            true => self.text == "**",
            false => self.may_meet(resource),
        }
    }

    /// Whether everything that the call touches there is matched. Of a path only that counts: what lies beneath is told besides.
    pub(super) fn holds(&self, resource: &Resource) -> bool {
        let Some(grant) = self.of(resource) else { return false };
        match &plain(resource) {
            Resource::Path(path) => grant.allows_path(CriticalVerb::Modify, path),
            Resource::Glob(glob) => {
                let folder = self.text.strip_suffix("/**").filter(|folder| *folder == literal_prefix(folder));
                self.text == "**"
                    || self.text == glob.as_str()
                    || folder.is_some_and(|folder| within(literal_prefix(glob), folder))
            }
            Resource::Program(argv) => grant.allows_program(argv),
            Resource::Host(host) => grant.allows_host(host),
            Resource::Named(..) => grant.may_allow(EffectVerb::Writes, resource),
            Resource::AnyPath => self.text == "**",
            Resource::AnyProgram | Resource::AnyHost | Resource::AnyIn(_) | Resource::Everything => false,
        }
    }
}

/// A glob without wildcards is the path that it is.
fn plain(resource: &Resource) -> Resource {
    match resource {
        Resource::Glob(glob) if literal_prefix(glob) == glob => Resource::Path(glob.clone()),
        other => other.clone(),
    }
}

/// Whether it is known only later what a call touches.
pub(super) fn is_open(resource: &Resource) -> bool {
    match resource {
        Resource::AnyPath | Resource::AnyProgram | Resource::AnyHost | Resource::AnyIn(_) => true,
        Resource::Path(_)
        | Resource::Glob(_)
        | Resource::Program(_)
        | Resource::Host(_)
        | Resource::Named(..)
        | Resource::Everything => false,
    }
}
