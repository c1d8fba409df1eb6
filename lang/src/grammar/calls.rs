//! Calls of the catalogue's tools. Where few enough arguments are to be kept apart, each is given at most once and none that
//! must be given is left out. What an argument may be follows its type as far as it says more than any expression would:
//! the texts of an enumeration, the fields of a record.

use super::rules::{Builder, Part, choice, many, optional, seq};
use super::values::{Place, Start};
use crate::catalogue::{Param, Tool};
use crate::syntax::EXTRACT_TYPE;
use crate::types::{Literal, Quoted, RecordType, Type};
use smol_str::SmolStr;
use std::sync::Arc;

/// The most arguments or fields of which a grammar keeps apart which were given: each doubles its rules.
const MAX_TRACKED: usize = 4;

/// How deep lists and records of a type are followed; further in any expression is taken.
const MAX_TYPED_DEPTH: usize = 6;

/// A named part of a call or record.
struct Named {
    /// Name, colon and value.
    part: Part,
    required: bool,
}

impl Builder<'_> {
    /// A call of one of the catalogue's tools.
    pub fn call(&mut self) -> Part {
        self.phrase("call", |b| {
            let ways = b.calls(|_| true, Place::Pure);
            let (gap, again) = (b.gap(), b.call());
            let paren = seq!["(", gap.clone(), again, gap, ")"];
            choice(ways.into_iter().chain([paren]).collect())
        })
    }

    /// A call inside a check; none where no tool only reads.
    pub fn read_only_call(&mut self) -> Option<Part> {
        let may_stand = |tool: &Tool| tool.is_read_only() && !tool.extracts();
        let has_any = self.catalogue.tools().any(|tool| may_stand(tool));
        has_any.then(|| self.phrase("check-call", |b| choice(b.calls(may_stand, Place::Check))))
    }

    /// The calls that may stand in a place, those of a catalogue together: at each word an engine follows few ways.
    fn calls(&mut self, may_stand: fn(&Tool) -> bool, place: Place) -> Vec<Part> {
        let mut groups: Vec<(SmolStr, Vec<Arc<Tool>>)> = Vec::new();
        for tool in self.catalogue.tools().filter(|tool| may_stand(tool)) {
            let (catalogue, _) = words(&tool.name);
            match groups.iter_mut().find(|(name, _)| name == catalogue) {
                Some((_, tools)) => tools.push(tool.clone()),
                None => groups.push((catalogue.into(), vec![tool.clone()])),
            }
        }
        let group = |b: &mut Self, (name, tools): (SmolStr, Vec<Arc<Tool>>)| {
            let calls = tools.iter().map(|tool| b.call_of(tool, place)).collect();
            seq![name.as_str(), ".", choice(calls)]
        };
        groups.into_iter().map(|one| group(self, one)).collect()
    }

    /// A call behind the name of its catalogue.
    fn call_of(&mut self, tool: &Tool, place: Place) -> Part {
        let base = self.fresh(&place.named(&format!("call-{}", rule_name(&tool.name))));
        self.phrase(base.clone(), |b| {
            let gap = b.gap();
            let arguments: Vec<Named> = tool.params.iter().map(|param| b.argument(tool, param, place)).collect();
            let inside = b.each_once(&base, &arguments);
            seq![words(&tool.name).1, "(", gap.clone(), inside, gap, ")"]
        })
    }

    /// The full name of one of the catalogue's tools.
    pub fn any_tool_name(&mut self) -> Option<Part> {
        let tools: Vec<Arc<Tool>> = self.catalogue.tools().cloned().collect();
        let name = |tool: &Arc<Tool>| seq![words(&tool.name).0, ".", words(&tool.name).1];
        let names: Vec<Part> = tools.iter().map(name).collect();
        (!names.is_empty()).then(|| self.phrase("tool-name", |_| choice(names)))
    }

    fn argument(&mut self, tool: &Tool, param: &Param, place: Place) -> Named {
        let value = match tool.extracts() && param.name == EXTRACT_TYPE {
            true => self.ty(),
            false => self.given(&param.ty, place, 0),
        };
        let part = seq![param.name.as_str(), ":", self.gap(), value];
        Named { part, required: param.required() }
    }

    /// Named parts with commas between them, in any order.
    fn each_once(&mut self, base: &str, parts: &[Named]) -> Part {
        let required = parts.iter().filter(|part| part.required).count();
        let is_tracked = |part: &Named| parts.len() <= MAX_TRACKED || (required <= MAX_TRACKED && part.required);
        let tracked: Vec<&Part> = parts.iter().filter(|part| is_tracked(part)).map(|part| &part.part).collect();
        let must: usize = (parts.iter().filter(|part| is_tracked(part)).enumerate())
            .filter(|(_, part)| part.required)
            .fold(0, |mask, (at, _)| mask | 1 << at);
        let free: Vec<&Part> = parts.iter().filter(|part| !is_tracked(part)).map(|part| &part.part).collect();
        let set = Set { base, tracked: &tracked, must, free: &free };
        let all = (1 << tracked.len()) - 1;
        match (self.some_of(&set, all), must) {
            (Some(some), 0) => optional(some),
            (Some(some), _) => some,
            (None, _) => Part::Sequence(Vec::new()),
        }
    }

    /// One or more of the parts, where of those that are tracked `left` may still be given.
    fn some_of(&mut self, set: &Set<'_>, left: usize) -> Option<Part> {
        if left == 0 && set.free.is_empty() {
            return None;
        }
        Some(self.phrase(format!("left-{}-{left}", set.base), |b| {
            let mut ways = Vec::new();
            for (at, part) in set.tracked.iter().enumerate().filter(|(at, _)| left & (1 << at) != 0) {
                ways.push(seq![(*part).clone(), b.after(set, left & !(1 << at))]);
            }
            if !set.free.is_empty() {
                let free = choice(set.free.iter().map(|part| (*part).clone()).collect());
                ways.push(seq![free, b.after(set, left)]);
            }
            choice(ways)
        }))
    }

    /// What may follow a part: another, or nothing where none is missing.
    fn after(&mut self, set: &Set<'_>, left: usize) -> Part {
        let more = self.some_of(set, left).map(|more| seq![self.comma(), more]);
        let end = optional(seq![self.gap(), ","]);
        match (more, left & set.must) {
            (Some(more), 0) => choice(vec![more, end]),
            (Some(more), _) => more,
            (None, _) => end,
        }
    }

    /// A value that is given where this type is wanted.
    fn given(&mut self, ty: &Type, place: Place, depth: usize) -> Part {
        let starts = if depth < MAX_TYPED_DEPTH { told(ty) } else { Vec::new() };
        if starts.is_empty() {
            return self.expression(place);
        }
        let mut ways = vec![self.expression_without(&starts, place)];
        for member in ty.members() {
            if let Type::Literal(Literal::String(text)) = member {
                ways.push(Quoted(text).to_string().as_str().into());
            } else if let Type::Record(record) = member {
                ways.push(self.record_of(record, place, depth));
            } else if let Type::List(element) = member {
                let element = self.given(element, place, depth + 1);
                let list = self.list_of(element, place);
                ways.push(seq![list, many(self.postfix(place)), self.after_value(place)]);
            }
        }
        choice(ways)
    }

    fn record_of(&mut self, record: &RecordType, place: Place, depth: usize) -> Part {
        let gap = self.gap();
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let value = self.given(&field.ty, place, depth + 1);
            let name = choice(vec![field.name.as_str().into(), Quoted(&field.name).to_string().as_str().into()]);
            fields.push(Named { part: seq![name, ":", gap.clone(), value], required: !field.optional });
        }
        let base = self.fresh(&place.named("fields"));
        let inside = self.each_once(&base, &fields);
        seq!["{", gap.clone(), inside, gap, "}"]
    }
}

/// Named parts, of which some are tracked.
struct Set<'p> {
    /// What its rules are named after.
    base: &'p str,
    tracked: &'p [&'p Part],
    /// Which of the tracked must be given, as bits.
    must: usize,
    free: &'p [&'p Part],
}

/// The ways in which a value of this type may begin where the type tells more about it than any expression would.
fn told(ty: &Type) -> Vec<Start> {
    let members = ty.members();
    if members.iter().any(|member| matches!(member, Type::Any | Type::Error)) {
        return Vec::new();
    }
    let is_word = |member: &Type| matches!(member, Type::Literal(Literal::String(_)));
    let is_plain = |member: &Type| !is_word(member) && !matches!(member, Type::Record(_) | Type::List(_) | Type::Null);
    let lists =
        || members.iter().filter_map(|member| if let Type::List(element) = member { Some(element) } else { None });
    let mut starts = Vec::new();
    // Beside `string` or `date` a word of an enumeration is one text of many.
    if members.iter().any(is_word) && !members.iter().any(is_plain) {
        starts.push(Start::Text);
    }
    if lists().any(|element| !told(element).is_empty()) {
        starts.push(Start::List);
    }
    if members.iter().any(|member| matches!(member, Type::Record(_))) {
        starts.push(Start::Record);
    }
    starts
}

/// The two words of a tool's name.
fn words(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap_or(("", name))
}

/// A name in the form of rules' names.
fn rule_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}
