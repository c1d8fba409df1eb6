//! An example of an operator, such as `fs.delete deletes docs/a.md` ⟶ whether its rule matches it as it must.

use super::pattern::Pattern;
use super::set::{Set, Touch, Unknown};
use super::{In, Mistake};
use crate::scope::Scope;
use cedar_policy::PolicyId;
use planc_lang::effects::Resource;
use planc_lang::names::split_space;
use planc_lang::resolve::CATEGORIES;
use planc_lang::syntax::EffectVerb;

/// How an example is written.
const FORM: &str = "an example is `tool verb resource`, with `scope:` before it where it is about one, and the category of the tool in \
     brackets where it is about that: `fs.write writes docs/a.md`, `acme: crm.export(execute) reads crm:all`";

/// Checks that a rule matches a touch, or does not.
pub(super) fn check(
    set: &Set,
    (id, must, text, source, at): (PolicyId, bool, String, In, usize),
) -> Result<(), Mistake> {
    let wrong = |message: String| Mistake::at(source, at, message);
    let (scope, rest) = match text.split_once(": ") {
        Some((scope, rest)) => (Some(scope.parse::<Scope>().map_err(|why| wrong(why).help(FORM))?), rest.trim()),
        None => (None, text.as_str()),
    };
    let mut parts = rest.splitn(3, ' ');
    let (tool, verb, resource) = (parts.next().unwrap_or(""), parts.next().unwrap_or("calls"), parts.next());
    let (tool, category) = match tool.strip_suffix(')').and_then(|tool| tool.split_once('(')) {
        Some((_, category)) if !CATEGORIES.contains(&category) => {
            return Err(wrong(format!("there is no category `{}`", category.escape_debug())).help(FORM));
        }
        Some((tool, category)) => (tool, Some(category)),
        None => (tool, None),
    };
    let verbs = EffectVerb::ALL.iter().find(|(_, spelling)| *spelling == verb);
    let resource = match (verbs, resource) {
        (Some((verb, _)), Some(resource)) => {
            if let Some(why) = Pattern::misfit(resource, *verb) {
                return Err(wrong(why).help(FORM));
            }
            Some(read(*verb, resource))
        }
        (None, None) if verb == "calls" && !tool.is_empty() => None,
        (_, _) => return Err(wrong(format!("`{}` is no example", text.escape_debug())).help(FORM)),
    };
    let touch = Touch {
        scope: scope.as_ref(),
        tool,
        category,
        read_only: verb == "reads" || verb == "calls",
        args: &[],
        verb,
        resource: resource.as_ref(),
    };
    let matching = set.matching(&touch, Unknown::Anything).map_err(wrong)?;
    match (matching.iter().any(|(found, _)| **found == id), must) {
        (true, true) | (false, false) => Ok(()),
        (false, true) => Err(wrong(format!("the rule does not match `{}`, which it must", text.escape_debug()))),
        (true, false) => Err(wrong(format!("the rule matches `{}`, which it must not", text.escape_debug()))),
    }
}

/// What a verb is about.
fn read(verb: EffectVerb, text: &str) -> Resource {
    match verb {
        EffectVerb::Runs => Resource::Program(text.split_whitespace().map(Into::into).collect()),
        EffectVerb::Contacts => Resource::Host(text.into()),
        EffectVerb::Reads | EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes => match split_space(text) {
            Some((space, name)) if space.len() > 1 && !space.contains('/') => Resource::Named(space, name.into()),
            Some(_) | None => Resource::Path(text.into()),
        },
    }
}
