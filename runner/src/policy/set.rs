//! Policies of Cedar ⟶ one set that is checked against the schema and answers which of its rules match a touch.
//!
//! All policies but the first, which permits everything, forbid: a rule can only tighten. What a rule that matches decides is
//! its annotation `@decision`, `deny` unless it says `ask`. Cedar passes over a policy that it cannot evaluate; here that is
//! a denial.

use super::entity::uid;
use super::pattern::Pattern;
use super::rule::Written;
use super::{In, Mistake};
use crate::scope::Scope;
use cedar_policy::{
    Authorizer, Context, Effect, Entities, Entity, EntityUid, Policy, PolicyId, PolicySet, Request,
    RestrictedExpression, Schema, ValidationMode, Validator,
};
use globset::GlobMatcher;
use miette::Diagnostic;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use planc_lang::syntax::Approval;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::str::FromStr;
use std::sync::LazyLock;

/// What policies may speak of.
pub const SCHEMA: &str = include_str!("schema.cedarschema");

/// Holds policies against the schema. It is compiled once in a process: that takes longer than all else that a call is judged by.
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("the schema is right, which a test shows");
    Validator::new(schema)
});

/// The principal of a workspace without a scope. No scope has such a name.
const NO_SCOPE: &str = "(none)";

/// A rule of the set.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// How it is named to people.
    pub(super) name: String,
    /// What it decides.
    pub(super) decision: Approval,
    /// Why.
    pub(super) reason: Option<String>,
    /// Whether it is about a tool whatever a call does, as far as that can be told.
    pub(super) is_whole: bool,
}

/// Every policy, ready to be asked.
#[derive(Debug)]
pub(super) struct Set {
    policies: PolicySet,
    rules: BTreeMap<PolicyId, Rule>,
    tools: Vec<(EntityUid, GlobMatcher)>,
    meets: Vec<(EntityUid, Pattern)>,
    within: Vec<(EntityUid, Pattern)>,
    authorizer: Authorizer,
    /// What the policies say, whatever their order and form.
    pub(super) digest: Digest,
}

/// Touches with whether a rule must match them, and where that is said.
pub(super) type Examples = Vec<(PolicyId, bool, String, In, usize)>;

/// What is asked of the set: one touch of one call.
pub(super) struct Touch<'a> {
    /// For whom.
    pub(super) scope: Option<&'a Scope>,
    /// The full name of the tool.
    pub(super) tool: &'a str,
    /// Whether the call only reads.
    pub(super) read_only: bool,
    /// The known arguments as texts.
    pub(super) args: &'a [(String, String)],
    /// What it does: a verb of effects, or `calls`.
    pub(super) verb: &'a str,
    /// To what; none: nothing.
    pub(super) resource: Option<&'a Resource>,
}

/// Which patterns an unknown resource is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// All that it may turn out to meet.
    Anything,
    /// Those that it meets whatever it turns out to be.
    OnlySure,
}

impl Set {
    /// Compiles rules and the text of a Cedar file, and checks both against the schema.
    pub(super) fn new(written: Vec<Written>, cedar: Option<&str>) -> Result<(Set, Examples), Mistake> {
        let mut set = Set {
            policies: PolicySet::new(),
            rules: BTreeMap::new(),
            tools: Vec::new(),
            meets: Vec::new(),
            within: Vec::new(),
            authorizer: Authorizer::new(),
            digest: Digest::of(b""),
        };
        let mut examples = Vec::new();
        let mut texts = BTreeSet::new();
        let everything = Policy::parse(Some(PolicyId::new("everything")), "permit (principal, action, resource);");
        set.insert(everything.expect("it is a policy"), In::Rules)?;
        for (index, rule) in written.into_iter().enumerate() {
            let id = PolicyId::new(format!("toml {index}"));
            let policy = Policy::parse(Some(id.clone()), &rule.cedar)
                .map_err(|error| Mistake::at(In::Rules, 0, format!("{} cannot be compiled: {error}", rule.name)))?;
            texts.insert(format!("{} {}", word(rule.decision), rule.cedar));
            set.insert(policy, In::Rules)?;
            examples.extend(rule.examples.into_iter().map(|(must, text, at)| (id.clone(), must, text, In::Rules, at)));
            set.rules.insert(
                id,
                Rule { name: rule.name, decision: rule.decision, reason: rule.reason, is_whole: rule.is_whole },
            );
        }
        for (policy, at) in cedar.map_or(Ok(Vec::new()), read)? {
            let rule = rule_of(&policy, at)?;
            let id = policy.id().clone();
            for (key, must) in [("matches", true), ("not", false)] {
                let lines = policy.annotation(key).unwrap_or("").lines().map(str::trim).filter(|line| !line.is_empty());
                examples.extend(lines.map(|line| (id.clone(), must, line.to_owned(), In::Cedar, at)));
            }
            texts.insert(format!("{} {}", word(rule.decision), policy.to_cedar().unwrap_or_default()));
            set.insert(policy, In::Cedar)?;
            set.rules.insert(id, rule);
        }
        let outcome = VALIDATOR.validate(&set.policies, ValidationMode::Strict);
        if let Some(error) = outcome.validation_errors().next() {
            return Err(Mistake::at(In::Rules, 0, format!("a rule cannot be checked: {error}")));
        }
        set.digest = Digest::of_json(&texts);
        Ok((set, examples))
    }

    /// Whether there is any rule.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn insert(&mut self, policy: Policy, source: In) -> Result<(), Mistake> {
        for uid in policy.entity_literals() {
            let text = uid.id().unescaped();
            let wrong = |why: String| Mistake::at(source, 0, why);
            match uid.type_name().to_string().as_str() {
                "Tools" if !self.tools.iter().any(|(known, _)| *known == uid) => {
                    let glob = globset::Glob::new(text).map_err(|error| wrong(error.to_string()))?;
                    self.tools.push((uid.clone(), glob.compile_matcher()));
                }
                "Meets" if !self.meets.iter().any(|(known, _)| *known == uid) => {
                    self.meets.push((uid.clone(), Pattern::new(text).map_err(wrong)?));
                }
                "Within" if !self.within.iter().any(|(known, _)| *known == uid) => {
                    self.within.push((uid.clone(), Pattern::new(text).map_err(wrong)?));
                }
                _ => {}
            }
        }
        self.policies.add(policy).map_err(|error| Mistake::at(source, 0, error.to_string()))
    }

    /// The rules that match a touch; an error says what could not be evaluated.
    pub(super) fn matching(&self, touch: &Touch<'_>, unknown: Unknown) -> Result<Vec<(&PolicyId, &Rule)>, String> {
        let broken = |error: &dyn std::fmt::Display| error.to_string();
        let scopes: Vec<EntityUid> = match touch.scope {
            None => vec![uid("Scope", NO_SCOPE)],
            Some(scope) => scope.chain().map(|scope| uid("Scope", scope.as_str())).collect(),
        };
        let globs = self.tools.iter().filter(|(_, glob)| glob.is_match(touch.tool)).map(|(uid, _)| uid.clone());
        let (tool, call, thing) = (uid("Tool", touch.tool), uid("Call", "call"), uid("Thing", "thing"));
        let action = uid("Action", touch.verb);
        let changes = matches!(touch.verb, "writes" | "creates" | "deletes").then(|| uid("Action", "changes"));
        let tags = touch.args.iter().map(|(name, text)| (name.clone(), RestrictedExpression::new_string(text.clone())));
        let call_entity = Entity::new_with_tags(call.clone(), [], [], tags).map_err(|error| broken(&error))?;
        let mut entities = vec![
            Entity::new_no_attrs(tool.clone(), globs.collect()),
            Entity::new_no_attrs(action.clone(), changes.into_iter().collect()),
            call_entity,
            self.thing(&thing, touch.resource, unknown)?,
        ];
        let above = |index: usize| index.checked_sub(1).map(|above| scopes[above].clone());
        entities.extend(
            scopes
                .iter()
                .enumerate()
                .map(|(at, scope)| Entity::new_no_attrs(scope.clone(), above(at).into_iter().collect())),
        );
        let context = Context::from_pairs([
            ("tool".to_owned(), RestrictedExpression::new_entity_uid(tool)),
            ("call".to_owned(), RestrictedExpression::new_entity_uid(call)),
            ("read_only".to_owned(), RestrictedExpression::new_bool(touch.read_only)),
        ])
        .map_err(|error| broken(&error))?;
        let principal = scopes.last().cloned().expect("there is one at least");
        let request = Request::new(principal, action, thing, context, None).map_err(|error| broken(&error))?;
        let entities = Entities::from_entities(entities, None).map_err(|error| broken(&error))?;
        let response = self.authorizer.is_authorized(&request, &self.policies, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(broken(error));
        }
        let matching = response.diagnostics().reason().filter_map(|id| self.rules.get_key_value(id));
        Ok(matching.collect())
    }

    fn thing(&self, uid: &EntityUid, resource: Option<&Resource>, unknown: Unknown) -> Result<Entity, String> {
        let (kind, name) = match resource {
            None => ("nothing", None),
            Some(Resource::Path(path) | Resource::Glob(path)) => ("path", Some(path.to_string())),
            Some(Resource::AnyPath) => ("path", None),
            Some(Resource::Program(argv)) => ("program", Some(argv.join(" "))),
            Some(Resource::AnyProgram) => ("program", None),
            Some(Resource::Host(host)) => ("host", (!host.is_empty()).then(|| host.to_string())),
            Some(Resource::AnyHost) => ("host", None),
            Some(Resource::Named(space, name)) => ("name", Some(format!("{space}:{name}"))),
            Some(Resource::AnyIn(_)) => ("name", None),
            Some(Resource::Everything) => ("anything", None),
        };
        let attributes = std::iter::once(("kind".to_owned(), RestrictedExpression::new_string(kind.to_owned())))
            .chain(name.map(|name| ("name".to_owned(), RestrictedExpression::new_string(name))));
        let met = |pattern: &Pattern| {
            resource.is_some_and(|resource| match unknown {
                Unknown::Anything => pattern.may_meet(resource),
                Unknown::OnlySure => pattern.surely_meets(resource),
            })
        };
        let mut parents = HashSet::new();
        parents.extend(self.meets.iter().filter(|(_, pattern)| met(pattern)).map(|(uid, _)| uid.clone()));
        let held = |pattern: &Pattern| resource.is_some_and(|resource| pattern.holds(resource));
        parents.extend(self.within.iter().filter(|(_, pattern)| held(pattern)).map(|(uid, _)| uid.clone()));
        Entity::new(uid.clone(), attributes.collect(), parents).map_err(|error| error.to_string())
    }
}

/// The policies of a Cedar file, each with where it stands.
fn read(text: &str) -> Result<Vec<(Policy, usize)>, Mistake> {
    let place = |error: &dyn Diagnostic| {
        let label = error.labels().and_then(|mut labels| labels.next());
        label.map_or(0, |label| label.offset())
    };
    let parsed = PolicySet::from_str(text).map_err(|errors| {
        let mistake = Mistake::at(In::Cedar, place(&errors), errors.to_string());
        match errors.help() {
            Some(help) => mistake.help(help.to_string()),
            None => mistake,
        }
    })?;
    if let Some(template) = parsed.templates().next() {
        return Err(Mistake::at(In::Cedar, 0, format!("`{}` is a template: nothing fills it in here", template.id())));
    }
    let outcome = VALIDATOR.validate(&parsed, ValidationMode::Strict);
    if let Some(error) = outcome.validation_errors().next() {
        return Err(Mistake::at(In::Cedar, place(error), error.to_string()));
    }
    let mut policies: Vec<Policy> = parsed.policies().cloned().collect();
    // `policy0`, `policy1`, …, in the order of the text.
    policies
        .sort_by_key(|policy| policy.id().to_string().trim_start_matches("policy").parse::<u32>().unwrap_or(u32::MAX));
    let mut from = 0;
    let placed = policies.into_iter().map(|policy| {
        let own = policy.to_cedar().unwrap_or_default();
        let at = text[from..].find(own.trim()).map_or(from, |at| from + at);
        from = text.floor_char_boundary((at + own.trim().len()).min(text.len()));
        (policy.new_id(PolicyId::new(format!("cedar {}", at))), at)
    });
    Ok(placed.collect())
}

fn rule_of(policy: &Policy, at: usize) -> Result<Rule, Mistake> {
    if policy.effect() == Effect::Permit {
        let mistake = Mistake::at(In::Cedar, at, "a policy can only forbid: what is not forbidden is permitted");
        return Err(mistake.help("write `forbid`, with `unless` for what it is not about"));
    }
    for (key, _) in policy.annotations() {
        if !["id", "decision", "reason", "matches", "not"].contains(&key) {
            let mistake = Mistake::at(In::Cedar, at, format!("`@{key}` means nothing here"));
            return Err(mistake.help("`@id`, `@decision`, `@reason`, `@matches` and `@not` do"));
        }
    }
    let decision = match policy.annotation("decision") {
        None | Some("deny") => Approval::Deny,
        Some("ask") => Approval::Ask,
        Some(other) => {
            let message = format!("`@decision(\"{}\")` is neither `ask` nor `deny`", other.escape_debug());
            return Err(Mistake::at(In::Cedar, at, message));
        }
    };
    let name = policy.annotation("id").map_or_else(|| "a policy".to_owned(), |id| format!("policy `{id}`"));
    Ok(Rule { name, decision, reason: policy.annotation("reason").map(str::to_owned), is_whole: false })
}

/// A decision as it is written.
fn word(decision: Approval) -> &'static str {
    match decision {
        Approval::Auto => "auto",
        Approval::Ask => "ask",
        Approval::Deny => "deny",
    }
}
