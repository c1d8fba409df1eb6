//! What a step is about to use ⟶ the values in it that nobody has seen, because they became known during the run.
//!
//! Seen is what the dry run knew, which was on the card and is bound by the approval; what a person agreed to during the run;
//! and what follows from inputs and agreed values alone. Of a call that acts, its control arguments and its condition must be
//! seen; of one that destroys or sends something, all of its arguments.

use super::known::was_known;
use super::lines::of_lines;
use super::permit::Made;
use super::provenance::{MAX_DESTINATIONS, hidden, provenance, veiled};
use super::values::{Known, environment, environment_of, release_id};
use super::{Recorder, RunSetup};
use crate::event::{Difference, LateKind, LateValue};
use crate::late::{Unseen, is_looked_at_whole, unseen};
use crate::prediction::Elements;
use crate::state::StepRecord;
use crate::workspace::{Change, FileState, Look, MAX_FILE_BYTES, Observation};
use planc_lang::digest::Digest;
use planc_lang::effects::Effects;
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::labels::{Integrity, Secrecy};
use planc_lang::marks::Taken;
use planc_lang::plan::{Call, CriticalScope, EachId, Expr, Instance, Plan, ReleaseKind, StepId};
use planc_lang::releases;
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;
use planc_lang::written;
use std::collections::{BTreeMap, BTreeSet};

/// The largest value that is shown whole, as JSON: what is longer nobody reads before a yes.
pub const MAX_LATE_BYTES: usize = 65_536;

/// The most of a longer content that is shown: the rest stands as its digest.
pub const MAX_CONTENT_SHOWN: usize = 4096;

/// Values that are known now and that must be looked at, or that are not what was approved.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) late: Vec<LateValue>,
    pub(crate) different: Vec<Difference>,
}

/// The releases that these expressions depend on, as far as they are known now and nobody has agreed to them.
pub(crate) fn of_releases<'p>(
    setup: &'p RunSetup,
    recorder: &Recorder,
    instance: Option<Instance>,
    exprs: impl IntoIterator<Item = &'p Expr>,
) -> Found {
    let plan = &setup.compiled.plan;
    let mut found = Found::default();
    if !releases::any(plan) {
        return found;
    }
    let used = releases::used_by(plan, exprs);
    if used.is_empty() {
        return found;
    }
    let mut env = now(setup, recorder, instance);
    let mut all = None;
    for index in used {
        let defined = &plan.lets[index];
        let Some(release) = &defined.release else { continue };
        let id = release_id(plan, index, instance);
        // What fails here fails the step that needs it.
        let value = match eval(&defined.value, &mut env, &mut NoCalls) {
            Ok(value) if value.is_known() => value,
            // A line of `critical` may be about results that the step itself does not use.
            Ok(_) if defined.each.is_none() && !is_answered(setup, recorder, &id) => {
                let env = all.get_or_insert_with(|| now(setup, recorder, None));
                match eval(&defined.value, env, &mut NoCalls) {
                    Ok(value) if value.is_known() => value,
                    Ok(_) | Err(_) => continue,
                }
            }
            Ok(_) | Err(_) => continue,
        };
        let (kind, approved) = match release.kind {
            ReleaseKind::Endorse => (LateKind::Endorse, setup.releases.get(&id)),
            ReleaseKind::Reveal => (LateKind::Reveal, setup.releases.get(&id)),
        };
        match (kind, approved) {
            (LateKind::Endorse, Some(approved)) if Digest::of_json(approved) != Digest::of_json(&value) => {
                let of = instance.map_or_else(String::new, |instance| plan.name_of(instance).to_string());
                let look = Look::Call { step: of, part: id };
                let expected = Observation { look, seen: approved.to_string() };
                found.different.push(Difference { expected, found: value.to_string() });
            }
            (_, Some(_)) => {}
            (kind, None) => {
                let late = LateValue {
                    id,
                    kind,
                    value,
                    commitment: None,
                    reason: Some(release.reason.clone()),
                    from: provenance(setup, &defined.value),
                    to: releases::destinations(plan, index, MAX_DESTINATIONS),
                };
                found.late.push(veiled(setup, late, &defined.value, kind == LateKind::Reveal));
            }
        }
    }
    found
}

/// Whether a person has answered for a release: with the approval, or since.
fn is_answered(setup: &RunSetup, recorder: &Recorder, id: &str) -> bool {
    setup.releases.contains_key(id) || recorder.state().agreed.contains_key(id)
}

/// The expressions that decide what a call may touch: those of the lines of `critical` that are about a value.
pub(crate) fn critical(plan: &Plan) -> impl Iterator<Item = &Expr> {
    plan.critical.iter().filter_map(|line| match &line.scope {
        CriticalScope::Value(expr) => Some(expr),
        CriticalScope::Text(_) => None,
    })
}

/// Of a call with known arguments those that nobody has seen, and what the lines of `critical` stand for that it leans on.
pub(crate) fn of_call(
    setup: &RunSetup,
    recorder: &Recorder,
    made: Made<'_>,
    instance: Option<Instance>,
    values: &[Value],
) -> Vec<LateValue> {
    let Made { name, step, call } = made;
    let mut found = of_lines(setup, recorder, step, call, values);
    if call.is_read_only() {
        return found;
    }
    let is_undo = !std::ptr::eq(call, &step.call);
    let prediction = instance.and_then(|instance| setup.predictions.of(&setup.compiled.plan, instance));
    let expected = prediction.map(|prediction| if is_undo { &prediction.undo } else { &prediction.args });
    let whole = is_looked_at_whole(call, values);
    let mut seen = None;
    for ((param, arg), value) in call.tool.params.iter().zip(&call.args).zip(values) {
        let Some(arg) = arg else { continue };
        let expected = expected.and_then(|expected| expected.get(&param.name));
        let places = unseen(Taken::whole(&param.marks), expected, value, whole);
        if places.is_empty() {
            continue;
        }
        let env = seen.get_or_insert_with(|| what_was_seen(setup, recorder, instance));
        let known = eval(arg, env, &mut NoCalls).ok();
        for Unseen { way, value, is_content } in places {
            if known.as_ref().and_then(|known| way.get(known)).is_some_and(|seen| seen.is_known() && seen == value) {
                continue;
            }
            let of = if is_undo { format!("the undo of {name}") } else { name.to_owned() };
            let shown = if is_content { shortened(value) } else { value.clone() };
            let place = format!("{}{way}", param.name);
            let late = LateValue {
                id: format!("argument {place} of {of}"),
                kind: LateKind::Argument,
                value: shown,
                commitment: None,
                reason: None,
                from: provenance(setup, arg),
                to: vec![format!("`{place}` of `{}`, {of}", call.tool.name)],
            };
            found.push(veiled(setup, late, arg, false));
        }
    }
    found
}

/// The condition of a step or block, where nobody could know it and it decides about an effect. One that is false does
/// nothing: it is looked at only where outside text has decided so.
pub(crate) fn of_condition(
    setup: &RunSetup,
    recorder: &Recorder,
    name: &str,
    instance: Option<Instance>,
    condition: &Expr,
    holds: bool,
) -> Option<LateValue> {
    let plan = &setup.compiled.plan;
    let prediction = match instance {
        Some(instance) => setup.predictions.of(plan, instance),
        None => setup.predictions.named(name),
    };
    if prediction.is_some_and(|prediction| prediction.when.is_some()) {
        return None;
    }
    let chosen = setup.labels.of_expr(plan, condition).integrity > Integrity::Trusted;
    if !holds && !chosen {
        return None;
    }
    let mut env = what_was_seen(setup, recorder, instance);
    if eval(condition, &mut env, &mut NoCalls).is_ok_and(|value| value == Value::Bool(holds)) {
        return None;
    }
    let late = LateValue {
        id: format!("condition of {name}"),
        kind: LateKind::Condition,
        value: Value::Bool(holds),
        commitment: None,
        reason: None,
        from: provenance(setup, condition),
        to: vec![format!("whether {name} runs: when {}", written::expr(plan, condition))],
    };
    Some(veiled(setup, late, condition, false))
}

/// The list of a block in which something acts, where nobody could know it.
pub(crate) fn of_list(setup: &RunSetup, recorder: &Recorder, each: EachId, list: &[Value]) -> Option<LateValue> {
    let plan = &setup.compiled.plan;
    let block = plan.each(each);
    let acts = plan.steps_of(each).any(|step| !plan.get(step).is_read_only());
    let known =
        setup.predictions.named(&block.name).is_some_and(|block| matches!(block.each, Some(Elements::Known(_))));
    if !acts || known {
        return None;
    }
    let mut env = what_was_seen(setup, recorder, None);
    if eval(&block.list, &mut env, &mut NoCalls).is_ok_and(|seen| seen.is_known()) {
        return None;
    }
    let late = LateValue {
        id: list_id(&block.name),
        kind: LateKind::Count,
        value: Value::list(list.to_vec()),
        commitment: None,
        reason: None,
        from: provenance(setup, &block.list),
        to: vec![format!("how often {} is done, and for what", block.name)],
    };
    Some(veiled(setup, late, &block.list, false))
}

/// By what the list of a block is told apart.
pub(crate) fn list_id(each: &str) -> String {
    format!("elements of {each}")
}

/// What is in files into which earlier steps put something that is not trusted, and that no diff on the card has shown, for
/// a call that runs a program: it may find them. `writers` are those steps. Each with what the file must still be when the program
/// runs. Blocks while it reads.
pub(crate) fn of_contents(
    setup: &RunSetup,
    recorder: &Recorder,
    (name, step, call): (&str, StepId, &Call),
    writers: &[StepId],
) -> Vec<(LateValue, Observation)> {
    let plan = &setup.compiled.plan;
    if !runs(call) || writers.is_empty() {
        return Vec::new();
    }
    let writers: BTreeSet<StepId> = writers.iter().copied().collect();
    let by_writer = |record: &&StepRecord| record.instance.is_some_and(|made| writers.contains(&made.step));
    // By path: who wrote it last, and whether the card has shown that.
    let mut last: BTreeMap<String, (String, Change, bool)> = BTreeMap::new();
    for record in recorder.state().steps().iter().filter(by_writer) {
        for change in &record.changes {
            // Of what a secret has a part in, no diff was shown.
            let is_secret = record
                .instance
                .is_some_and(|made| setup.veil.as_ref().is_some_and(|veil| veil.secrets().reach(made.step)));
            let is_shown = !is_secret && was_known(setup, record, change);
            last.insert(change.path.clone(), (record.name.clone(), change.clone(), is_shown));
        }
    }
    // What a program has moved or copied since is what it was.
    let known: BTreeMap<Digest, bool> =
        last.values().filter_map(|(_, change, is_shown)| Some((*change.after.digest()?, *is_shown))).collect();
    for record in recorder.state().steps().iter().filter(|record| !by_writer(record)) {
        for change in &record.changes {
            if let Some(is_shown) = change.after.digest().and_then(|digest| known.get(digest)) {
                last.insert(change.path.clone(), (record.name.clone(), change.clone(), *is_shown));
            }
        }
    }
    let finder = Finder { step, is_undo: !std::ptr::eq(call, &plan.get(step).call) };
    let mut late = Vec::new();
    for (path, (by, change, is_shown)) in last {
        let Ok(present) = setup.workspace.state(&path) else { continue };
        if !matches!(present, FileState::File { .. }) {
            continue;
        }
        if is_shown && present == change.after {
            continue;
        }
        let (from, to) = (format!("step `{by}` wrote it"), format!("step `{name}` runs a program that may read it"));
        let value = shown_content(
            setup,
            name,
            Content { finder: Some(finder), path: &path, present: &present, from, to, links: &[] },
        );
        late.push((value, Observation { look: Look::At { path }, seen: present.to_string() }));
    }
    late
}

/// By what the content of a file is told apart that a step may find.
pub(super) fn content_id(path: &str, step: &str) -> String {
    format!("content of {path} for {step}")
}

/// What finds a content.
#[derive(Clone, Copy)]
pub(super) struct Finder {
    /// The step.
    pub(super) step: StepId,
    /// Whether it is the call that takes it back.
    pub(super) is_undo: bool,
}

/// A content that is shown.
pub(super) struct Content<'a> {
    /// What finds it; none: no secret of the plan is in it.
    pub(super) finder: Option<Finder>,
    /// Where it is.
    pub(super) path: &'a str,
    /// The file that has it, or a link.
    pub(super) present: &'a FileState,
    /// Where it comes from.
    pub(super) from: String,
    /// Where it goes.
    pub(super) to: String,
    /// The links that lead there and that nobody has seen either.
    pub(super) links: &'a [(String, FileState)],
}

/// What is in a file that a step may find, or where a link leads, as a person looks at it. Blocks while it reads.
pub(super) fn shown_content(setup: &RunSetup, name: &str, of: Content<'_>) -> LateValue {
    let Content { finder, path, present, from, to, links } = of;
    let mut shown = vec![("state", Value::string(present.to_string()))];
    if !matches!(present, FileState::Link { .. }) {
        let content = setup.workspace.read(path, MAX_FILE_BYTES).ok();
        let content = content.filter(|content| present.digest() == Some(&Digest::of(content)));
        let content = content.unwrap_or_else(|| b"(it was changed while it was looked at)".to_vec());
        shown.insert(0, ("bytes", Value::Int(i64::try_from(content.len()).unwrap_or(i64::MAX))));
        shown.push(("content", shortened(&Value::string(String::from_utf8_lossy(&content)))));
    }
    if !links.is_empty() {
        let links = links.iter().map(|(link, state)| Value::string(format!("{link}: {state}")));
        shown.push(("found_through", Value::list(links)));
    }
    let value = LateValue {
        id: content_id(path, name),
        kind: LateKind::Content,
        value: Value::record(shown),
        commitment: None,
        reason: None,
        from: vec![from],
        to: vec![to],
    };
    match setup.veil.as_ref().filter(|veil| veil.is_kept(path)) {
        Some(veil) => hidden(veil, value),
        None => veiled_content(setup, finder, value),
    }
}

/// What a call may find, hidden where a secret may be in it.
pub(super) fn veiled_content(setup: &RunSetup, finder: Option<Finder>, found: LateValue) -> LateValue {
    let Some(Finder { step, is_undo }) = finder else { return found };
    let label = if is_undo { setup.labels.reached_undoing(step) } else { setup.labels.found(step) };
    match setup.veil.as_ref().filter(|_| label.secrecy > Secrecy::Public) {
        Some(veil) => hidden(veil, found),
        None => found,
    }
}

/// Whether a value is longer than what is shown whole.
pub(crate) fn is_too_long(late: &LateValue) -> bool {
    serde_json::to_string(&late.value).map_or(true, |json| json.len() > MAX_LATE_BYTES)
}

fn runs(call: &Call) -> bool {
    match &call.tool.effects {
        Effects::Undeclared => true,
        Effects::Declared(effects) => effects.iter().any(|effect| effect.verb == EffectVerb::Runs),
    }
}

/// What names stand for, a step of a block being looked at for its element.
fn now<'p>(setup: &'p RunSetup, recorder: &Recorder, instance: Option<Instance>) -> Env<'p> {
    let state = recorder.state();
    match instance {
        Some(instance) => environment_of(setup, recorder.recorded(&state), instance),
        None => environment(setup, recorder.recorded(&state)),
    }
}

/// What a person knows beyond the text: inputs that are no secrets, what they agreed to, and for an element of a list that they agreed to the
/// element. All results are unknown.
fn what_was_seen<'p>(setup: &'p RunSetup, recorder: &Recorder, instance: Option<Instance>) -> Env<'p> {
    let state = recorder.state();
    let plan = &setup.compiled.plan;
    let mut env = Known::nothing(setup, &state).shown(setup);
    let Some((step, element)) = instance.and_then(|made| Some((made.step, made.element?))) else { return env };
    let Some(each) = plan.get(step).each else { return env };
    let agreed = state.agreed.get(&list_id(&plan.each(each).name)).filter(|late| late.commitment.is_none());
    let list = match agreed {
        Some(late) => Some(late.value.clone()),
        None => eval(&plan.each(each).list, &mut env, &mut NoCalls).ok(),
    };
    let item = list.and_then(|list| list.as_list()?.get(element as usize).cloned());
    let unknown = || Value::Unknown(plan.each(each).element_type());
    super::values::enter_seen(setup, &mut env, &state, each, element, item.unwrap_or_else(unknown));
    env
}

/// A content, cut where it is long: its digest stands for the rest.
fn shortened(value: &Value) -> Value {
    let json = serde_json::to_string(value).unwrap_or_default();
    if json.len() <= MAX_LATE_BYTES {
        return value.clone();
    }
    let text = value.as_str().map_or_else(|| json.clone(), str::to_owned);
    let begins: String = text.chars().take(MAX_CONTENT_SHOWN).collect();
    Value::record([
        ("begins", Value::string(begins)),
        ("bytes", Value::Int(text.len() as i64)),
        ("digest", Value::string(Digest::of(text.as_bytes()).to_string())),
    ])
}
