//! A plan and a choice of its steps ⟶ the text of a plan with those steps alone, closed under what they depend on.
//!
//! Items are taken out of the text by their spans, and what is left is compiled like any other text: a part is a plan of its
//! own, and nothing about it is true because it was cut out of another one.

use crate::catalogue::Catalogue;
use crate::codes::Code;
use crate::compile::{Compiled, compile};
use crate::depend::{Dependencies, MAX_DEPENDING};
use crate::diagnostic::{Colour, Diagnostic, Diagnostics, Severity, render_all};
use crate::parser::parse;
use crate::plan::{CriticalScope, EachId, Plan, StepId};
use crate::source::{Sources, Span};
use crate::suggest::nearest;
use crate::syntax::{Item, TopItem};
use std::collections::BTreeSet;
use std::fmt;

/// The most rounds in which what has become useless is taken out.
const MAX_ROUNDS: usize = 8;

/// Which steps of a plan are chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// These, and what they depend on.
    Only(Vec<String>),
    /// All but these, and what depends on them.
    Except(Vec<String>),
}

/// A part of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its text.
    pub text: String,
    /// The steps that stand in it, though they were not named: the chosen ones depend on them.
    pub taken: Vec<String>,
    /// The steps that do not.
    pub left: Vec<String>,
}

/// Why there is no such part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartError {
    /// No step has this name.
    Unknown {
        /// What was named.
        name: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// All of it is chosen.
    Whole,
    /// Nothing is left: the rest depends on what was taken out.
    Nothing,
    /// It has too many steps.
    TooLarge,
    /// What is left is no plan: the diagnostics, drawn.
    Broken(String),
}

impl fmt::Display for PartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartError::Unknown { name, .. } => write!(f, "the plan has no step `{name}`"),
            PartError::Whole => f.write_str("that is the whole plan"),
            PartError::Nothing => f.write_str("nothing is left: all other steps depend on what is taken out"),
            PartError::TooLarge => write!(f, "a plan of more than {MAX_DEPENDING} steps is approved as a whole"),
            PartError::Broken(drawn) => write!(f, "what is left is no plan by itself\n{drawn}"),
        }
    }
}

impl std::error::Error for PartError {}

/// The part of the plan in the source `index` that is chosen.
pub fn part(
    sources: &Sources,
    index: usize,
    compiled: &Compiled,
    catalogue: &Catalogue,
    choice: &Choice,
) -> Result<Part, PartError> {
    let plan = &compiled.plan;
    let left = left(plan, choice)?;
    let mut text = cut(sources, index, &useless(plan, &left)?);
    let name = sources.get(index).name.clone();
    for _ in 0..MAX_ROUNDS {
        let mut sources = sources.clone();
        let at = sources.add(name.clone(), text.as_str());
        let compilation = compile(&sources, at, catalogue);
        let Some(found) = &compilation.compiled else {
            let errors = compilation.diagnostics.into_iter().filter(|found| found.severity() == Severity::Error);
            return Err(PartError::Broken(render_all(&errors.collect::<Vec<_>>(), &sources, Colour::Never)));
        };
        let idle = idle(&found.plan, &compilation.diagnostics);
        if idle.is_empty() {
            break;
        }
        text = cut(&sources, at, &idle);
    }
    let named: BTreeSet<&str> = match choice {
        Choice::Only(names) => names.iter().map(String::as_str).collect(),
        Choice::Except(_) => plan.steps.iter().map(|step| step.name.as_str()).collect(),
    };
    let own = plan.step_ids().filter(|id| plan.get(*id).verification.is_none());
    let (gone, kept): (Vec<StepId>, Vec<StepId>) = own.partition(|id| left.contains(id));
    let is_named = |id: &StepId| {
        let step = plan.get(*id);
        named.contains(step.name.as_str()) || step.each.is_some_and(|each| named.contains(&*plan.each(each).name))
    };
    let names = |ids: Vec<StepId>| ids.into_iter().map(|id| plan.get(id).name.to_string()).collect();
    Ok(Part { text, taken: names(kept.into_iter().filter(|id| !is_named(id)).collect()), left: names(gone) })
}

/// The steps that do not stand in the part, those of verifications aside.
fn left(plan: &Plan, choice: &Choice) -> Result<BTreeSet<StepId>, PartError> {
    let depends = Dependencies::of(plan).ok_or(PartError::TooLarge)?;
    let all: BTreeSet<StepId> = plan.step_ids().filter(|id| plan.get(*id).verification.is_none()).collect();
    let left = match choice {
        Choice::Only(names) => {
            let mut kept = BTreeSet::new();
            let mut open = named(plan, names)?;
            while let Some(id) = open.pop() {
                if kept.insert(id) {
                    open.extend(depends.step(id));
                    open.extend(siblings(plan, id));
                }
            }
            &all - &kept
        }
        Choice::Except(names) => {
            let mut gone: BTreeSet<StepId> = named(plan, names)?.into_iter().collect();
            // Each step depends only on earlier ones, but a block stands or falls as one.
            loop {
                let before = gone.len();
                for id in &all {
                    if !gone.contains(id) && !depends.step(*id).is_disjoint(&gone) {
                        gone.insert(*id);
                        gone.extend(siblings(plan, *id));
                    }
                }
                if gone.len() == before {
                    break gone;
                }
            }
        }
    };
    if left.is_empty() {
        return Err(PartError::Whole);
    }
    match all.iter().any(|id| !left.contains(id) && !plan.get(*id).is_gate) {
        true => Ok(left),
        false => Err(PartError::Nothing),
    }
}

/// The steps that are meant by names of steps and of `each` blocks.
fn named(plan: &Plan, names: &[String]) -> Result<Vec<StepId>, PartError> {
    let mut found = Vec::new();
    for name in names {
        let step = plan.step(name).filter(|id| plan.get(*id).verification.is_none());
        let each = (0..plan.eaches.len()).map(EachId::new).find(|each| plan.each(*each).name == *name);
        match (step, each) {
            (Some(id), _) => {
                found.push(id);
                found.extend(siblings(plan, id));
            }
            (None, Some(each)) => found.extend(plan.steps_of(each)),
            (None, None) => {
                let known = plan.steps.iter().map(|step| step.name.as_str());
                let known = known.chain(plan.eaches.iter().map(|each| each.name.as_str()));
                let near = nearest(name, known).map(str::to_owned);
                return Err(PartError::Unknown { name: name.clone(), near });
            }
        }
    }
    Ok(found)
}

/// The steps of the block that a step stands in.
fn siblings(plan: &Plan, id: StepId) -> impl Iterator<Item = StepId> {
    plan.get(id).each.into_iter().flat_map(|each| plan.steps_of(each))
}

/// The spans of all that has no use without the steps that are left out, them included.
fn useless(plan: &Plan, left: &BTreeSet<StepId>) -> Result<BTreeSet<Span>, PartError> {
    let depends = Dependencies::of(plan).ok_or(PartError::TooLarge)?;
    let is_gone = |expr| !depends.expr(expr).is_disjoint(left);
    let mut spans: BTreeSet<Span> = left.iter().map(|id| plan.get(*id).span).collect();
    let blocks = (0..plan.eaches.len()).map(EachId::new);
    spans.extend(
        blocks.filter(|each| plan.steps_of(*each).all(|id| left.contains(&id))).map(|each| plan.each(each).span),
    );
    spans.extend(plan.lets.iter().filter(|item| is_gone(&item.value)).map(|item| item.span));
    spans.extend(plan.outputs.iter().filter(|output| is_gone(&output.value)).map(|output| output.span));
    for line in &plan.critical {
        match &line.scope {
            CriticalScope::Value(value) if is_gone(value) => {
                spans.insert(line.span);
            }
            CriticalScope::Value(_) | CriticalScope::Text(_) => {}
        }
    }
    for (index, verification) in plan.verifications.iter().enumerate() {
        let mut steps = plan.step_ids().filter(|id| plan.get(*id).verification == Some(index));
        let needs = steps.any(|id| !depends.step(id).is_disjoint(left));
        if needs || verification.check.as_ref().is_some_and(is_gone) {
            spans.insert(verification.span);
        }
    }
    Ok(spans)
}

/// The spans of `critical` lines and lets that nothing uses.
fn idle(plan: &Plan, found: &[Diagnostic]) -> BTreeSet<Span> {
    let at = |code: Code| found.iter().filter(move |found| found.code == code).map(|found| found.primary.span);
    let lets = at(Code::UnusedLet).filter_map(|name| {
        let holds = |span: Span| span.start <= name.start && name.end <= span.end;
        plan.lets.iter().map(|item| item.span).find(|span| holds(*span))
    });
    at(Code::UnusedCritical).chain(lets).collect()
}

/// The text without what stands at spans, groups around it included where nothing else stands in them.
fn cut(sources: &Sources, index: usize, spans: &BTreeSet<Span>) -> String {
    let file = parse(sources, index, &Diagnostics::default());
    let mut cuts = Vec::new();
    for item in &file.items {
        match item {
            TopItem::Plan(plan) => drop(cut_items(&plan.items, spans, &mut cuts)),
            TopItem::Catalogue(_) | TopItem::Type(_) => {}
        }
    }
    let source = sources.get(index);
    let text: &str = &source.text;
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in cuts {
        let range = line(text, source.range(span));
        if range.start >= at {
            out.push_str(&text[at..range.start]);
            at = range.end;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Collects what is cut of items, in the order of the text; whether no step of them is left.
fn cut_items(items: &[Item], spans: &BTreeSet<Span>, cuts: &mut Vec<Span>) -> bool {
    let (mut steps, mut gone) = (0, 0);
    for item in items {
        let mut inner = Vec::new();
        let is_cut = match item {
            Item::Together(block) => cut_items(&block.items, spans, &mut inner),
            Item::When(block) => cut_items(&block.items, spans, &mut inner),
            Item::Critical(critical) => {
                inner.extend(critical.lines.iter().map(|line| line.span).filter(|span| spans.contains(span)));
                !critical.lines.is_empty() && inner.len() == critical.lines.len()
            }
            Item::Each(each) if !spans.contains(&each.span) => {
                cut_items(&each.items, spans, &mut inner);
                false
            }
            other => spans.contains(&other.span()),
        };
        if matches!(item, Item::Step(_) | Item::Each(_) | Item::Together(_) | Item::When(_)) {
            steps += 1;
            gone += usize::from(is_cut);
        }
        match is_cut {
            true => cuts.push(item.span()),
            false => cuts.extend(inner),
        }
    }
    steps > 0 && steps == gone
}

/// A range with the rest of its lines, where nothing but a comment stands there.
fn line(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let rest = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    let is_blank = |part: &str| part.trim().is_empty();
    let (before, behind) = (&text[start..range.start], text[range.end..rest].trim_start());
    match is_blank(before) && (is_blank(behind) || behind.starts_with("//")) {
        true => start..rest,
        false => range,
    }
}
