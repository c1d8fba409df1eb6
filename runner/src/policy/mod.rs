//! What an operator writes about tools, effects, resources and scopes ⟶ `auto`, `ask` or `deny` for a call, with reasons.
//!
//! Rules of `planc.toml` and a file in the language of Cedar become one set of Cedar policies, which is checked against a schema
//! and against its own examples when it is loaded. A rule can only tighten what the catalogue says. What cannot be evaluated is
//! denied. Nothing here knows where the texts came from.

mod entity;
mod example;
mod pattern;
mod rule;
mod set;

pub use rule::{MAX_RULES, PolicySettings, RuleSettings};
pub use set::SCHEMA;

use crate::scope::Scope;
use pattern::is_open;
use planc_lang::catalogue::Tool;
use planc_lang::digest::Digest;
use planc_lang::effects::Resource;
use planc_lang::syntax::{Approval, EffectVerb};
use planc_lang::value::Value;
use set::{Rule, Set, Touch, Unknown};
use std::sync::Arc;

/// The largest Cedar file, in bytes.
pub const MAX_CEDAR_BYTES: u64 = 1024 * 1024;

/// The tools that give what files hold.
const READERS: [&str; 4] = ["fs.read", "fs.search", "fs.list", "fs.glob"];

/// In which of the two texts something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum In {
    /// `planc.toml`
    Rules,
    /// The Cedar file.
    Cedar,
}

/// What is wrong with the rules of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// In which text.
    pub source: In,
    /// At which byte.
    pub offset: usize,
    /// A phrase.
    pub message: String,
    /// Advice.
    pub help: Option<String>,
}

impl Mistake {
    fn at(source: In, offset: usize, message: impl Into<String>) -> Mistake {
        Mistake { source, offset, message: message.into().replace('\n', "; "), help: None }
    }

    fn help(mut self, text: impl Into<String>) -> Mistake {
        self.help = Some(text.into());
        self
    }
}

/// What the operator decided about calls. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Policy {
    set: Arc<Set>,
    /// For whom.
    scope: Option<Scope>,
}

/// When a call is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// In the dry run: what is known only after the run is judged then.
    Planned,
    /// Right before it is made: what is still not known may be anything.
    Now,
}

/// What policy says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The strictest of what the catalogue and all rules say that match.
    pub decision: Approval,
    /// The rules behind it.
    pub reasons: Vec<Reason>,
    /// Rules that will match or not once it is known what the call touches, and would make it stricter.
    pub later: Vec<Reason>,
}

/// A rule that matches a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule, as it is named to people.
    pub rule: String,
    /// What it decides.
    pub decision: Approval,
    /// What was touched that it is about; none: it is about the tool.
    pub on: Option<String>,
    /// Why, in the operator's words.
    pub why: Option<String>,
    /// Whether it is about the tool, whatever the call does.
    pub is_whole: bool,
}

impl Verdict {
    /// Why a call of the tool is asked for or denied, as one phrase.
    pub fn phrase(&self, tool: &str) -> String {
        let verb = match self.decision {
            Approval::Auto => "allows",
            Approval::Ask => "asks about",
            Approval::Deny => "denies",
        };
        let reasons: Vec<String> =
            self.reasons.iter().filter(|reason| reason.decision == self.decision).filter_map(Reason::words).collect();
        match reasons.is_empty() {
            true => format!("policy {verb} `{tool}`"),
            false => format!("policy {verb} `{tool}`: {}", reasons.join("; ")),
        }
    }
}

/// What a call touches, with its paths as they are written and as links lead.
pub fn led(
    touches: &[(EffectVerb, Resource)],
    mut lead: impl FnMut(&str) -> Vec<Option<String>>,
) -> Vec<(EffectVerb, Resource)> {
    let mut all = touches.to_vec();
    for (verb, resource) in touches {
        let Resource::Path(path) = resource else { continue };
        for led in lead(path).into_iter().flatten() {
            let touch = (*verb, Resource::Path(led.into()));
            if !all.contains(&touch) {
                all.push(touch);
            }
        }
    }
    all
}

impl Verdict {
    /// The rules that ask about what a call does, and that do not ask in another verdict on it: those that are about the tool as
    /// such ask once.
    pub fn asks_beyond(&self, other: &Verdict) -> Verdict {
        let is_new =
            |reason: &&Reason| reason.decision == Approval::Ask && !reason.is_whole && !other.reasons.contains(reason);
        let reasons: Vec<Reason> = self.reasons.iter().filter(is_new).cloned().collect();
        let decision = if reasons.is_empty() { Approval::Auto } else { Approval::Ask };
        Verdict { decision, reasons, later: Vec::new() }
    }

    /// What is told of it: why it asks or denies, and what it may still say.
    pub fn told(&self) -> Vec<String> {
        let stands = self.reasons.iter().filter(|reason| reason.decision == self.decision).filter_map(Reason::words);
        let later = self.later.iter().map(|reason| {
            let word = if reason.decision == Approval::Deny { "deny it" } else { "ask" };
            let why = reason.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("{} may {word} once it is known what the call touches{why}", reason.rule)
        });
        stands.chain(later).collect()
    }
}

impl Reason {
    /// As a phrase; none where it says nothing but the name of the tool.
    pub fn words(&self) -> Option<String> {
        match (&self.why, &self.on) {
            (None, None) => None,
            (Some(why), None) => Some(why.clone()),
            (None, Some(on)) => Some(format!("{} is about `{on}`", self.rule)),
            (Some(why), Some(on)) => Some(format!("{why} (`{on}`)")),
        }
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy::load(&PolicySettings::default(), None, None).expect("no rules have no mistakes")
    }
}

impl Policy {
    /// Compiles and checks rules and the text of a Cedar file, for a scope.
    pub fn load(settings: &PolicySettings, cedar: Option<&str>, scope: Option<Scope>) -> Result<Policy, Mistake> {
        let (set, examples) = Set::new(rule::write(settings)?, cedar)?;
        examples.into_iter().try_for_each(|example| example::check(&set, example))?;
        Ok(Policy { set: Arc::new(set), scope })
    }

    /// Whether there are no rules: the catalogue decides.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    /// The same rules for another scope.
    pub fn for_scope(&self, scope: Option<Scope>) -> Policy {
        Policy { set: self.set.clone(), scope }
    }

    /// For whom they are asked: the scope of a plan, in which standing answers answer, too.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// What an approval is bound to: everything the rules say, and for whom.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&(self.set.digest, self.scope.as_ref().map(Scope::as_str)))
    }

    /// What policy says of a tool as such, whatever a call of it touches.
    pub fn of_tool(&self, tool: &Tool) -> Verdict {
        let args: Vec<Value> = tool.params.iter().map(|param| Value::Unknown(param.ty.clone())).collect();
        self.decide(tool, &args, &tool.touches(&args), Moment::Planned)
    }

    /// What policy says of a call with these arguments that touches this. Paths should be given as they are written and as
    /// links lead.
    pub fn decide(&self, tool: &Tool, args: &[Value], touches: &[(EffectVerb, Resource)], moment: Moment) -> Verdict {
        let mut verdict = Verdict { decision: tool.approval, reasons: Vec::new(), later: Vec::new() };
        if self.set.is_empty() {
            return verdict;
        }
        let args = known(tool, args);
        let read_only = touches.iter().all(|(verb, _)| *verb == EffectVerb::Reads);
        let touch = |verb, resource| Touch {
            scope: self.scope.as_ref(),
            tool: &tool.name,
            category: tool.category.as_deref(),
            read_only,
            args: &args,
            verb,
            resource,
        };
        if touches.is_empty() {
            self.judge(&touch("calls", None), moment, &mut verdict);
        }
        for (verb, resource) in touches {
            // What may do anything may do all of it.
            let verbs: Vec<EffectVerb> = match resource {
                Resource::Everything => EffectVerb::ALL.iter().map(|(verb, _)| *verb).collect(),
                _ => vec![*verb],
            };
            verbs.iter().for_each(|verb| self.judge(&touch(verb.as_str(), Some(resource)), moment, &mut verdict));
        }
        verdict
    }

    /// Whether a program may read all that there is without being asked: no rule is about what it reads, and none about the tools
    /// that read files. A rule about the program's tool as such says nothing of reading.
    pub fn reads_freely(&self, program: &str) -> bool {
        let is_free = |tool: &str| {
            let touch = Touch {
                scope: self.scope.as_ref(),
                tool,
                category: None,
                read_only: true,
                args: &[],
                verb: EffectVerb::Reads.as_str(),
                resource: Some(&Resource::AnyPath),
            };
            let matched = self.set.matching(&touch, Unknown::Anything);
            matched.is_ok_and(|matched| matched.iter().all(|(_, rule)| rule.is_whole && tool == program))
        };
        self.set.is_empty() || is_free(program) && READERS.iter().all(|tool| is_free(tool))
    }

    fn judge(&self, touch: &Touch<'_>, moment: Moment, verdict: &mut Verdict) {
        let open = moment == Moment::Planned && touch.resource.is_some_and(is_open);
        let sure = if open { Unknown::OnlySure } else { Unknown::Anything };
        let matched = match self.set.matching(touch, sure) {
            Ok(matched) => matched,
            Err(error) => {
                verdict.decision = Approval::Deny;
                let why = format!("it cannot be evaluated: {error}");
                note(
                    &mut verdict.reasons,
                    Reason {
                        rule: "policy".into(),
                        decision: Approval::Deny,
                        on: None,
                        why: Some(why),
                        is_whole: false,
                    },
                );
                return;
            }
        };
        for (_, rule) in matched {
            verdict.decision = verdict.decision.max(rule.decision);
            note(&mut verdict.reasons, reason(rule, touch));
        }
        if open {
            let may = self.set.matching(touch, Unknown::Anything).unwrap_or_default();
            let stricter = may.into_iter().filter(|(_, rule)| rule.decision > verdict.decision);
            let stricter: Vec<Reason> = stricter.map(|(_, rule)| reason(rule, touch)).collect();
            stricter.into_iter().for_each(|reason| note(&mut verdict.later, reason));
        }
    }
}

fn note(reasons: &mut Vec<Reason>, reason: Reason) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}

fn reason(rule: &Rule, touch: &Touch<'_>) -> Reason {
    // A glob over tools is about the tool, whatever it touches.
    let about_tool = rule.name.starts_with('`') && rule.reason.is_none();
    let on = touch.resource.filter(|_| !about_tool).map(|resource| format!("{} {resource}", touch.verb));
    Reason { rule: rule.name.clone(), decision: rule.decision, on, why: rule.reason.clone(), is_whole: rule.is_whole }
}

/// The known arguments, as texts.
fn known(tool: &Tool, args: &[Value]) -> Vec<(String, String)> {
    let given = tool.params.iter().zip(args).filter(|(_, value)| value.is_known() && **value != Value::Null);
    given
        .map(|(param, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (param.name.to_string(), text)
        })
        .collect()
}
