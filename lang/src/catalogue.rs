//! The catalogue: every tool that a plan may call, typed.
//!
//! Built from catalogue files by [`crate::resolve`]; this file holds the result and knows no syntax.

use crate::digest::Digest;
use crate::effects::{Condition, Effect, Effects, Resource, Target, TemplatePart, resource};
use crate::marks::{Declared, Marks, TypeWith};
use crate::source::Span;
use crate::syntax::{Approval, EffectVerb};
use crate::types::Type;
use crate::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

/// A tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `catalogue.tool`
    pub name: SmolStr,
    /// What it does, for people and models.
    pub doc: String,
    /// In the order of the declaration; arguments are stored in this order.
    pub params: Vec<Param>,
    /// What a call gives.
    pub result: Type,
    /// What is said of where that comes from.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub result_marks: Marks,
    /// What a call touches.
    pub effects: Effects,
    /// Whether a call needs a yes of its own, before the operator's policy is applied.
    pub approval: Approval,
    /// Whether repeating a call is provably the same as making it once.
    pub idempotent: bool,
    /// Whether its calls have nothing to do with those of the other tools of its catalogue but for what they declare.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub independent: bool,
    /// How long a call may take, in milliseconds, where the step does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// What tells, after a call of which it is not known, whether it took effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Arc<Tool>>,
    /// `document`, `analyze`, `plan` or `execute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<SmolStr>,
    /// The tool as it is declared, of which this is the case of one call: its result is of the type that the call names.
    #[serde(skip)]
    pub general: Option<Arc<Tool>>,
    /// The name that its server knows it by, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_name: Option<SmolStr>,
    /// The digest of its server's own definition of it, as it was when it was reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Digest>,
    /// What tells before a call what it would give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulate: Option<Simulation>,
    /// How often it is called at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// How its further pages are asked for; a call is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paged: Option<Paged>,
    /// Where it is declared.
    #[serde(skip)]
    pub span: Span,
}

/// A parameter of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: SmolStr,
    /// What it means.
    pub doc: String,
    /// Its type where it is given.
    pub ty: Type,
    /// What is said of what it takes.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// Whether it may be left out without a default; null then.
    pub optional: bool,
    /// What it is when left out. None and null are not the same: with null the parameter may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The name that the tool's server knows it by, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_name: Option<SmolStr>,
}

/// The call of a tool that only reads, in place of one that acts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    /// The full name of the tool that tells.
    pub tool: SmolStr,
    /// Its arguments, by its parameters.
    pub args: Vec<Source>,
    /// That tool.
    #[serde(skip)]
    pub by: Option<Arc<Tool>>,
}

/// Where an argument of a simulation comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The argument of the simulated call for the parameter with this index.
    Param(usize),
    /// A constant.
    Constant(Value),
    /// It is left out.
    Left,
}

/// So many calls in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// How many, at least one.
    pub calls: u32,
    /// In how many milliseconds.
    pub per_ms: u64,
}

/// Pages that follow each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paged {
    /// The parameter that names a page; the first is the one without it.
    pub param: usize,
    /// The field of the result that names the next page, by its path; null or an empty text where there is none.
    pub next: Vec<SmolStr>,
    /// The fields of the result that are lists, which the pages have in common.
    pub lists: Vec<SmolStr>,
    /// How many pages are followed.
    pub at_most: u32,
}

impl Simulation {
    /// The arguments for a call with these, by parameter index.
    pub fn values(&self, args: &[Value]) -> Vec<Value> {
        let default = |index: usize| {
            let param = self.by.as_ref().and_then(|tool| tool.params.get(index));
            param.and_then(|param| param.default.clone()).unwrap_or(Value::Null)
        };
        let value = |(index, source): (usize, &Source)| match source {
            Source::Param(of) => match args.get(*of) {
                // What was left out there is left out here.
                Some(Value::Null) | None => default(index),
                Some(value) => value.clone(),
            },
            Source::Constant(value) => value.clone(),
            Source::Left => default(index),
        };
        self.args.iter().enumerate().map(value).collect()
    }
}

impl Limit {
    /// In words: `10 per minute`.
    pub fn words(self) -> String {
        let unit = LIMIT_UNITS.iter().find(|(_, ms)| *ms == self.per_ms);
        match unit {
            Some((unit, _)) => format!("{} per {unit}", self.calls),
            None => format!("{} per {} ms", self.calls, self.per_ms),
        }
    }
}

/// The times that calls are counted in, with their milliseconds.
pub const LIMIT_UNITS: [(&str, u64); 3] = [("second", 1_000), ("minute", 60_000), ("hour", 3_600_000)];

impl Param {
    /// Whether a call must give it.
    pub fn required(&self) -> bool {
        !self.optional && self.default.is_none()
    }

    /// The name that the tool's server knows it by.
    pub fn wire_name(&self) -> &str {
        self.wire_name.as_ref().unwrap_or(&self.name)
    }

    /// Its name with the marks before it.
    fn declared_name(&self) -> Declared<'_, &SmolStr> {
        Declared(&self.marks, &self.name)
    }

    /// Its type with the marks in it.
    fn declared_type(&self) -> TypeWith<'_> {
        TypeWith(&self.ty, &self.marks)
    }
}

impl Tool {
    /// Whether its catalogue says that it is for execution: it is called by an approved plan only, also where it only reads.
    pub fn is_for_execution(&self) -> bool {
        self.category.as_deref() == Some("execute")
    }

    /// The index of the parameter with this name.
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|param| param.name == name)
    }

    /// The tool as it is declared.
    pub fn declared(&self) -> &Tool {
        self.general.as_deref().unwrap_or(self)
    }

    /// Whether a model answers its calls, with a value of the type that a call names.
    pub fn extracts(&self) -> bool {
        self.name == crate::syntax::EXTRACT
    }

    /// The case of a call whose result is of this type.
    pub fn giving(self: &Arc<Tool>, result: Type) -> Arc<Tool> {
        Arc::new(Tool { result, general: Some(self.clone()), ..Tool::clone(self) })
    }

    /// The name of the catalogue that declares it.
    pub fn catalogue(&self) -> &str {
        self.name.split_once('.').map_or(&self.name, |(catalogue, _)| catalogue)
    }

    /// The name that its server knows it by.
    pub fn wire_name(&self) -> &str {
        let own = || self.name.split_once('.').map_or(self.name.as_str(), |(_, tool)| tool);
        self.wire_name.as_ref().map_or_else(own, SmolStr::as_str)
    }

    /// Whether a call changes nothing and contacts nobody.
    pub fn is_read_only(&self) -> bool {
        self.effects.is_read_only()
    }

    /// Whether a call may run a program.
    pub fn runs_programs(&self) -> bool {
        match &self.effects {
            Effects::Undeclared => true,
            Effects::Declared(effects) => effects.iter().any(|effect| effect.verb == EffectVerb::Runs),
        }
    }

    /// What a call with these arguments (by parameter index) touches, as far as that is known before it is made. A tool
    /// without declared effects touches everything.
    pub fn touches(&self, args: &[Value]) -> Vec<(EffectVerb, Resource)> {
        self.touched(args, None)
    }

    /// What a call with these arguments touched that gave this result.
    pub fn touched(&self, args: &[Value], result: Option<&Value>) -> Vec<(EffectVerb, Resource)> {
        match &self.effects {
            Effects::Undeclared => vec![(EffectVerb::Writes, Resource::Everything)],
            Effects::Declared(list) => {
                let ty = |index: usize| &self.params[index].ty;
                let counting = list.iter().filter(|effect| effect.counts(args));
                counting.map(|effect| (effect.verb, resource(effect, args, result, ty))).collect()
            }
        }
    }

    /// The one program that a call with these arguments runs, also where what it is given is not known yet.
    pub fn program<'v>(&self, args: &'v [Value]) -> Option<&'v str> {
        let Effects::Declared(list) = &self.effects else { return None };
        let mut runs = list.iter().filter(|effect| effect.verb == EffectVerb::Runs && effect.counts(args));
        match (runs.next().map(|effect| &effect.target), runs.next()) {
            (Some(Target::Param(index)), None) => match args.get(*index)? {
                Value::List(argv) => argv.first()?.as_str(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The arguments as one record of those that were given or have a default.
    pub fn named(&self, args: &[Value]) -> Value {
        Value::record(
            self.params
                .iter()
                .zip(args)
                .filter(|(param, value)| !(param.optional && **value == Value::Null))
                .map(|(param, value)| (param.name.clone(), value.clone())),
        )
    }

    /// What a call touches, in words: `reads path`, `writes table:${name}`.
    pub fn effect_words(&self) -> Vec<String> {
        let target = |effect: &Effect| match &effect.target {
            Target::Param(index) => self.params[*index].name.to_string(),
            Target::Template(parts) => parts.iter().map(|part| self.template_words(part)).collect(),
        };
        match &self.effects {
            Effects::Undeclared => vec!["anything: none are declared".to_owned()],
            Effects::Declared(list) => {
                let when =
                    |effect: &Effect| effect.when.as_ref().map(|when| format!(" when {}", self.condition_words(when)));
                let words = |effect: &Effect| {
                    format!("{} {}{}", effect.verb.as_str(), target(effect), when(effect).unwrap_or_default())
                };
                list.iter().map(words).collect()
            }
        }
    }

    fn template_words(&self, part: &TemplatePart) -> String {
        match part {
            TemplatePart::Text(text) => text.to_string(),
            TemplatePart::Param(index) => format!("${{{}}}", self.params[*index].name),
            TemplatePart::Result(path) => {
                let fields: String = path.iter().map(|name| format!(".{name}")).collect();
                format!("${{result{fields}}}")
            }
        }
    }

    /// A condition as the catalogue could write it.
    fn condition_words(&self, condition: &Condition) -> String {
        let part = |inner: &Condition| match inner {
            Condition::And(_) | Condition::Or(_) => format!("({})", self.condition_words(inner)),
            Condition::Compare { .. } | Condition::Not(_) => self.condition_words(inner),
        };
        match condition {
            Condition::Compare { param, op, value } => {
                format!("{} {} {value}", self.params[*param].name, op.as_str())
            }
            Condition::Not(inner) => format!("not ({})", self.condition_words(inner)),
            Condition::And(parts) => format!("{} and {}", part(&parts.0), part(&parts.1)),
            Condition::Or(parts) => format!("{} or {}", part(&parts.0), part(&parts.1)),
        }
    }

    /// The signature on one line: `fs.read(path: path) -> { … }`.
    pub fn signature(&self) -> String {
        let params: Vec<String> = self
            .params
            .iter()
            .map(|param| {
                let mark = if param.optional { "?" } else { "" };
                match &param.default {
                    Some(default) => format!("{}{mark}: {} = {default}", param.declared_name(), param.declared_type()),
                    None => format!("{}{mark}: {}", param.declared_name(), param.declared_type()),
                }
            })
            .collect();
        let result = Declared(&self.result_marks, TypeWith(&self.result, &self.result_marks));
        format!("{}({}) -> {result}", self.name, params.join(", "))
    }
}

/// All tools and shared types.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    tools: Vec<Arc<Tool>>,
    by_name: FxHashMap<SmolStr, usize>,
    /// The first parts of the tools' names.
    catalogues: FxHashSet<SmolStr>,
}

impl Catalogue {
    /// Adds a tool; gives back the one that already has its name, if there is one, and changes nothing then.
    pub fn add(&mut self, tool: Tool) -> Result<(), Arc<Tool>> {
        if let Some(index) = self.by_name.get(&tool.name) {
            return Err(self.tools[*index].clone());
        }
        self.by_name.insert(tool.name.clone(), self.tools.len());
        self.catalogues.extend(tool.name.split_once('.').map(|(catalogue, _)| SmolStr::new(catalogue)));
        self.tools.push(Arc::new(tool));
        Ok(())
    }

    /// Says of a tool how it is simulated.
    pub(crate) fn simulate(&mut self, name: &str, simulation: Simulation) {
        if let Some(index) = self.by_name.get(name) {
            Arc::make_mut(&mut self.tools[*index]).simulate = Some(simulation);
        }
    }

    /// Gives a tool the one that tells what became of its calls.
    pub(crate) fn set_probe(&mut self, name: &str, probe: Arc<Tool>) {
        if let Some(index) = self.by_name.get(name) {
            Arc::make_mut(&mut self.tools[*index]).probe = Some(probe);
        }
    }

    /// The tool with this full name.
    pub fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.by_name.get(name).map(|index| &self.tools[*index])
    }

    /// All tools, in the order they were added.
    pub fn tools(&self) -> impl Iterator<Item = &Arc<Tool>> {
        self.tools.iter()
    }

    /// Whether a catalogue with this name has a tool.
    pub fn has_catalogue(&self, name: &str) -> bool {
        self.catalogues.contains(name)
    }
}
