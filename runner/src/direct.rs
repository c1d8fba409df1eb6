//! A call that somebody else than planc carries out, a server for one ⟶ why it must not be made: a path that it touches does not
//! lie where it is written, is none, or holds what is out of reach.
//!
//! Whoever opens a path without planc follows the links that are there, and goes through folders as far as they lead. So no link may
//! be there: then the path as it is written is the one that `critical`, policy and `read` have judged.

use crate::config::{Config, Wiring};
use crate::workspace::FileError;
use planc_lang::addresses::normal;
use planc_lang::catalogue::Tool;
use planc_lang::effects::{Resource, Target, TemplatePart, URL};
use planc_lang::names::{is_straight_glob, is_straight_path};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use std::path::Path;

/// Why a call with these arguments, or one that gave this result, is none to make; what is not known yet is left out. `check`
/// refuses a path, which is changed where it says so.
pub(crate) fn astray(
    config: &Config,
    tool: &Tool,
    values: &[Value],
    result: Option<&Value>,
    mut check: impl FnMut(&Resource, bool) -> Result<(), FileError>,
) -> Option<String> {
    let touches = tool.touched(values, result);
    if touches.iter().any(|(_, touched)| matches!(touched, Resource::Path(_) | Resource::Glob(_)))
        && let Some(cwd) = elsewhere(config, tool)
    {
        let why = "which is another one there than what was judged: paths are from the workspace";
        return Some(format!("`{}` is not called: its server works in `{cwd}`, and is told a path, {why}", tool.name));
    }
    let led = touches.iter().find_map(|(verb, resource)| {
        matches!(resource, Resource::Path(_) | Resource::Glob(_))
            .then(|| check(resource, *verb != EffectVerb::Reads).err())
            .flatten()
    });
    let why = led.map(|error| error.to_string());
    let why = why.or_else(|| nowhere(tool, values, result)).or_else(|| touches.iter().find_map(unclear))?;
    Some(format!("`{}` is not called: {why}", tool.name))
}

/// The folder in which a server works that is not the workspace.
fn elsewhere(config: &Config, tool: &Tool) -> Option<String> {
    let Wiring::Program { cwd, .. } = &config.servers.get(tool.catalogue())?.wiring else { return None };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    (real(cwd) != real(&config.workspace)).then(|| cwd.display().to_string())
}

/// A path, a glob or an address that has no spelling of its own.
fn unclear((_, resource): &(EffectVerb, Resource)) -> Option<String> {
    let shown =
        |what: &str, text: &str| Some(format!("readers could disagree about the {what} `{}`", text.escape_debug()));
    match resource {
        Resource::Path(path) if !is_straight_path(path) => shown("path", path),
        Resource::Glob(glob) if !is_straight_glob(glob) => shown("glob", glob),
        Resource::Named(space, address) if space == URL && normal(address).is_none() => shown("address", address),
        _ => None,
    }
}

/// A text that would have to be a path, and is none.
fn nowhere(tool: &Tool, values: &[Value], result: Option<&Value>) -> Option<String> {
    let open = |part: &TemplatePart| match part {
        TemplatePart::Text(_) => false,
        TemplatePart::Param(index) => !values[*index].is_known(),
        TemplatePart::Result(_) => result.is_none(),
    };
    let names_none = tool.effects.declared().iter().any(|effect| {
        let is_open = match &effect.target {
            Target::Template(parts) => parts.iter().any(open),
            Target::Param(index) => !values[*index].is_known() || values[*index] == Value::Null,
        };
        let resource = || planc_lang::effects::resource(effect, values, result, |index| &tool.params[index].ty);
        effect.counts(values) && !is_open && resource() == Resource::AnyPath
    });
    names_none.then(|| "what it is given makes no path of the workspace".to_owned())
}
