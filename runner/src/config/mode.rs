//! `[mode]` of `planc.toml` ⟶ which scopes there are, what is said of them, and what forces plan mode.
//!
//! What was set since, and sessions, are the business of [`crate::mode`].

use super::error::{ConfigError, Misplaced};
use super::window::{Window, WindowFault};
use crate::scope::Scope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// The most scopes that one configuration declares.
pub const MAX_SCOPES: usize = 10_000;

/// The most things that force plan mode.
pub const MAX_FORCES: usize = 100;

/// What may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Plans that are approved run.
    #[default]
    Execute,
    /// Nothing happens but reading, and one report.
    Plan,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Execute => "execute",
            Mode::Plan => "plan",
        })
    }
}

/// What is said of one place of the tree of modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    /// Nothing: what is above decides.
    #[default]
    Inherit,
    /// `execute`, as far as nothing above is stricter.
    Execute,
    /// `plan`.
    Plan,
}

impl Setting {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Setting::Inherit => "inherit",
            Setting::Execute => "execute",
            Setting::Plan => "plan",
        }
    }

    /// The mode that it says, if it says one.
    pub fn mode(self) -> Option<Mode> {
        match self {
            Setting::Inherit => None,
            Setting::Execute => Some(Mode::Execute),
            Setting::Plan => Some(Mode::Plan),
        }
    }
}

/// `[mode]` as it was read.
#[derive(Clone, Debug, Default)]
pub struct ModeConfig {
    /// For scopes of which nothing is said.
    pub default: Mode,
    /// The scope of the workspace; none: it has none.
    pub scope: Option<Scope>,
    /// The scopes that there are, with what the operator's file says of each.
    pub scopes: BTreeMap<Scope, Setting>,
    /// What forces plan mode.
    pub forces: Vec<Force>,
}

/// Something that forces plan mode.
#[derive(Clone, Debug)]
pub struct Force {
    /// In which scope; none: everywhere.
    pub scope: Option<Scope>,
    /// When.
    pub when: When,
    /// Why, in the operator's words.
    pub why: Option<String>,
}

/// When plan mode is forced.
#[derive(Clone, Debug)]
pub enum When {
    /// In a window of time.
    Window(Window),
    /// While a read-only check is true, or cannot be made.
    Check(String),
}

/// `[mode]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModeSettings {
    default: Mode,
    scope: Option<Spanned<String>>,
    scopes: BTreeMap<Spanned<String>, Setting>,
    plan: Vec<Spanned<ForceSettings>>,
}

/// `[[mode.plan]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ForceSettings {
    scope: Option<Spanned<String>>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    zone: Option<Spanned<String>>,
    #[serde(rename = "while")]
    check: Option<Spanned<String>>,
    why: Option<String>,
}

impl ModeSettings {
    /// Reads what stands in the texts.
    pub(super) fn read(&self) -> Result<ModeConfig, Misplaced> {
        let mut scopes = BTreeMap::new();
        for (name, setting) in &self.scopes {
            scopes.insert(scope(name)?, *setting);
        }
        if scopes.len() > MAX_SCOPES || self.plan.len() > MAX_FORCES {
            let message = format!("more than {MAX_SCOPES} scopes, or more than {MAX_FORCES} tables `[[mode.plan]]`");
            return Err((0, ConfigError::world(message)));
        }
        let known = |name: &Spanned<String>| known(&scopes, name);
        let forces = self.plan.iter().map(|force| read_force(force, &known)).collect::<Result<Vec<_>, _>>()?;
        let own = self.scope.as_ref().map(known).transpose()?;
        Ok(ModeConfig { default: self.default, scope: own, scopes, forces })
    }
}

/// A scope that is declared: what is said of any other is said of nobody.
pub(super) fn known(scopes: &BTreeMap<Scope, Setting>, name: &Spanned<String>) -> Result<Scope, Misplaced> {
    let found = scope(name)?;
    match scopes.contains_key(&found) {
        true => Ok(found),
        false => Err((
            name.span().start,
            ConfigError::world(format!("the scope `{found}` is not declared"))
                .help(format!("add `\"{found}\" = \"inherit\"` to `[mode.scopes]`")),
        )),
    }
}

fn scope(name: &Spanned<String>) -> Result<Scope, Misplaced> {
    name.get_ref().parse().map_err(|why: String| (name.span().start, ConfigError::world(why)))
}

fn read_force(
    force: &Spanned<ForceSettings>,
    known: &impl Fn(&Spanned<String>) -> Result<Scope, Misplaced>,
) -> Result<Force, Misplaced> {
    let at = force.span().start;
    let ForceSettings { scope, from, to, zone, check, why } = force.get_ref();
    let when = match (check, from, to, zone) {
        (Some(check), None, None, None) => When::Check(check.get_ref().trim().to_owned()),
        (None, Some(from), Some(to), Some(zone)) => {
            let window = Window::new(from.get_ref(), to.get_ref(), zone.get_ref());
            When::Window(window.map_err(|fault| match fault {
                WindowFault::From(why) => (from.span().start, ConfigError::world(why).help(FIELDS)),
                WindowFault::To(why) => (to.span().start, ConfigError::world(why).help(FIELDS)),
                WindowFault::Zone(why) => (zone.span().start, ConfigError::world(why)),
            })?)
        }
        (_, _, _, _) => {
            let message = "plan mode is forced by a window, `from`, `to` and `zone`, or by a check, `while`";
            return Err((at, ConfigError::world(message).help("write one table for each")));
        }
    };
    Ok(Force { scope: scope.as_ref().map(known).transpose()?, when, why: why.clone() })
}

/// What a schedule is.
const FIELDS: &str =
    "a schedule has five fields, as cron writes them: minute, hour, day of the month, month, day of the week";
