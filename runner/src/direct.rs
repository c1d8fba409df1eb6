//! A call that somebody else than planc carries out, a server for one ⟶ why it must not be made: a path that it touches does not
//! lie where it is written, is none, or holds what is out of reach.
//!
//! Whoever opens a path without planc follows the links that are there, and goes through folders as far as they lead. So no link may
//! be there: then the path as it is written is the one that `critical`, policy and `read` have judged.

use crate::workspace::FileError;
use planc_lang::addresses::normal;
use planc_lang::catalogue::Tool;
use planc_lang::effects::{Resource, Target, TemplatePart, URL};
use planc_lang::paths::literal_prefix;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;

/// Why a call with these arguments, or one that gave this result, is none to make; what is not known yet is left out. `check`
/// refuses a path, which is changed where it says so.
pub(crate) fn astray(
    tool: &Tool,
    values: &[Value],
    result: Option<&Value>,
    mut check: impl FnMut(&str, bool) -> Result<(), FileError>,
) -> Option<String> {
    let touches = tool.touched(values, result);
    let led = touches.iter().find_map(|(verb, resource)| {
        let path = match resource {
            Resource::Path(path) => path.as_str(),
            // What it matches is up to who reads it: it is all that its folder holds.
            Resource::Glob(glob) => Some(literal_prefix(glob)).filter(|folder| !folder.is_empty()).unwrap_or("."),
            _ => return None,
        };
        check(path, *verb != EffectVerb::Reads).err()
    });
    let why = led.map(|error| error.to_string());
    let why = why.or_else(|| nowhere(tool, values, result)).or_else(|| touches.iter().find_map(unclear))?;
    Some(format!("`{}` is not called: {why}", tool.name))
}

/// An address that has no spelling of its own.
fn unclear((_, resource): &(EffectVerb, Resource)) -> Option<String> {
    match resource {
        Resource::Named(space, address) if space == URL && normal(address).is_none() => {
            Some(format!("readers could disagree about the address `{}`", address.escape_debug()))
        }
        _ => None,
    }
}

/// A text that a template makes a path of, and that is none.
fn nowhere(tool: &Tool, values: &[Value], result: Option<&Value>) -> Option<String> {
    let open = |part: &TemplatePart| match part {
        TemplatePart::Text(_) => false,
        TemplatePart::Param(index) => !values[*index].is_known(),
        TemplatePart::Result(_) => result.is_none(),
    };
    let names_none = tool.effects.declared().iter().any(|effect| {
        let Target::Template(parts) = &effect.target else { return false };
        let resource = || planc_lang::effects::resource(effect, values, result, |index| &tool.params[index].ty);
        effect.counts(values) && !parts.iter().any(open) && resource() == Resource::AnyPath
    });
    names_none.then(|| "what it is given makes no path of the workspace".to_owned())
}
