//! The rules of `[policy]` as an operator writes them ⟶ policies in the language of Cedar.

use super::entity::uid;
use super::pattern::Pattern;
use super::{In, Mistake};
use crate::scope::Scope;
use planc_lang::resolve::CATEGORIES;
use planc_lang::syntax::{Approval, EffectVerb};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use toml::Spanned;

/// The most rules of one file.
pub const MAX_RULES: usize = 1000;

/// `[policy]` as it is written.
#[derive(Debug, Default)]
pub struct PolicySettings {
    /// Globs over tools, each with a decision.
    pub tools: Vec<(Spanned<String>, Approval)>,
    /// `[[policy.rule]]`
    pub rules: Vec<Spanned<RuleSettings>>,
    /// The file with policies in the language of Cedar, relative to `planc.toml`.
    pub cedar: Option<Spanned<String>>,
}

impl RuleSettings {
    /// For whom it is.
    pub fn scopes(&self) -> &[Spanned<String>] {
        &self.scopes
    }
}

/// `[[policy.rule]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// Globs over tools; empty: all.
    #[serde(default)]
    pub tools: Vec<Spanned<String>>,
    /// What its catalogue says that a tool is for; empty: anything, or nothing.
    #[serde(default)]
    categories: Vec<Spanned<String>>,
    /// What a call does; empty: anything.
    #[serde(default)]
    effects: Vec<EffectVerb>,
    /// To what; empty: anything.
    #[serde(default)]
    resources: Vec<Spanned<String>>,
    /// But to nothing of this.
    #[serde(default)]
    except: Vec<Spanned<String>>,
    /// For whom; empty: all.
    #[serde(default)]
    scopes: Vec<Spanned<String>>,
    /// What then.
    decision: Spanned<Approval>,
    /// Why, for who is asked or refused.
    #[serde(default)]
    reason: Option<String>,
    /// Touches that it must match.
    #[serde(default)]
    matches: Vec<Spanned<String>>,
    /// Touches that it must not match.
    #[serde(default)]
    not: Vec<Spanned<String>>,
}

impl PolicySettings {
    /// The globs over tools that rules name.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        let own = self.tools.iter().map(|(glob, _)| glob.get_ref().as_str());
        own.chain(self.rules.iter().flat_map(|rule| &rule.get_ref().tools).map(|glob| glob.get_ref().as_str()))
    }
}

impl<'de> Deserialize<'de> for PolicySettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PolicySettings, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = PolicySettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of policy")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicySettings, A::Error> {
                let mut settings = PolicySettings::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match key.get_ref().as_str() {
                        "rule" => settings.rules = map.next_value()?,
                        "cedar" => settings.cedar = Some(map.next_value()?),
                        _ => settings.tools.push((key, map.next_value()?)),
                    }
                }
                Ok(settings)
            }
        }
        deserializer.deserialize_map(Table)
    }
}

/// A rule as a policy of Cedar, with where it stands and what it must and must not match.
#[derive(Debug)]
pub(super) struct Written {
    /// The text of the policy.
    pub(super) cedar: String,
    /// How it is named to people.
    pub(super) name: String,
    /// What then.
    pub(super) decision: Approval,
    /// Why.
    pub(super) reason: Option<String>,
    /// Whether it is about tools, whatever a call does to what.
    pub(super) is_whole: bool,
    /// Touches with whether they must match, and where that is said.
    pub(super) examples: Vec<(bool, String, usize)>,
}

/// Every rule of the settings, in order.
pub(super) fn write(settings: &PolicySettings) -> Result<Vec<Written>, Mistake> {
    if settings.tools.len() + settings.rules.len() > MAX_RULES {
        return Err(Mistake::at(In::Rules, 0, format!("`[policy]` has more than {MAX_RULES} rules")));
    }
    let mut written = Vec::new();
    for (glob, decision) in &settings.tools {
        check_tool(glob)?;
        if *decision == Approval::Auto {
            continue;
        }
        let condition = format!("context.tool in {}", entity("Tools", glob.get_ref()));
        written.push(Written {
            cedar: format!("forbid (principal, action, resource) when {{ {condition} }};"),
            name: format!("`{}`", glob.get_ref()),
            decision: *decision,
            reason: None,
            is_whole: true,
            examples: Vec::new(),
        });
    }
    for (index, rule) in settings.rules.iter().enumerate() {
        written.push(write_rule(index, rule)?);
    }
    Ok(written)
}

fn write_rule(index: usize, rule: &Spanned<RuleSettings>) -> Result<Written, Mistake> {
    let RuleSettings { tools, categories, effects, resources, except, scopes, decision, reason, matches, not } =
        rule.get_ref();
    if *decision.get_ref() == Approval::Auto {
        let message = "a rule cannot loosen what a catalogue says: `auto` changes nothing";
        let mistake = Mistake::at(In::Rules, decision.span().start, message);
        return Err(mistake.help("say `ask` or `deny`, and leave out by `except` what the rule is not about"));
    }
    tools.iter().try_for_each(check_tool)?;
    categories.iter().try_for_each(check_category)?;
    for pattern in resources.iter().chain(except) {
        let wrong = match effects.is_empty() {
            true => Pattern::new(pattern.get_ref()).err(),
            false => effects.iter().find_map(|verb| Pattern::misfit(pattern.get_ref(), *verb)),
        };
        if let Some(why) = wrong {
            return Err(Mistake::at(In::Rules, pattern.span().start, why));
        }
    }
    for scope in scopes {
        let parsed: Result<Scope, String> = scope.get_ref().parse();
        parsed.map_err(|why| Mistake::at(In::Rules, scope.span().start, why))?;
    }
    let any = |what: &str, ty: &str, of: &[Spanned<String>]| {
        let each = of.iter().map(|text| format!("{what} in {}", entity(ty, text.get_ref())));
        format!("({})", each.collect::<Vec<_>>().join(" || "))
    };
    let mut conditions = vec!["true".to_owned()];
    for (what, ty, of) in [
        ("principal", "Scope", scopes),
        ("context.tool", "Tools", tools),
        ("context.tool", "Category", categories),
        ("resource", "Meets", resources),
    ] {
        conditions.extend((!of.is_empty()).then(|| any(what, ty, of)));
    }
    let action = match effects.is_empty() {
        true => "action".to_owned(),
        false => {
            let verbs = effects.iter().map(|verb| entity("Action", verb.as_str()));
            format!("action in [{}]", verbs.collect::<Vec<_>>().join(", "))
        }
    };
    let unless = match except.is_empty() {
        true => String::new(),
        false => format!(" unless {{ {} }}", any("resource", "Within", except)),
    };
    let example = |must: bool| move |text: &Spanned<String>| (must, text.get_ref().clone(), text.span().start);
    Ok(Written {
        cedar: format!("forbid (principal, {action}, resource) when {{ {} }}{unless};", conditions.join(" && ")),
        name: format!("rule {}", index + 1),
        decision: *decision.get_ref(),
        reason: reason.clone(),
        is_whole: effects.is_empty() && resources.is_empty() && except.is_empty(),
        examples: matches.iter().map(example(true)).chain(not.iter().map(example(false))).collect(),
    })
}

fn check_tool(glob: &Spanned<String>) -> Result<(), Mistake> {
    let wrong = |error: globset::Error| {
        let message = format!("the glob `{}` is not valid: {}", glob.get_ref(), error.kind());
        Mistake::at(In::Rules, glob.span().start, message)
    };
    globset::Glob::new(glob.get_ref()).map(|_| ()).map_err(wrong)
}

/// A category that no tool can have would be a rule that never matches.
fn check_category(category: &Spanned<String>) -> Result<(), Mistake> {
    let name = category.get_ref();
    match CATEGORIES.contains(&name.as_str()) {
        true => Ok(()),
        false => {
            let wrong = Mistake::at(In::Rules, category.span().start, format!("there is no category `{name}`"));
            Err(wrong.help(format!("the categories are `{}`", CATEGORIES.join("`, `"))))
        }
    }
}

/// An entity as Cedar writes it.
pub(super) fn entity(ty: &str, id: &str) -> String {
    uid(ty, id).to_string()
}
