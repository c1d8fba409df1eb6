//! A report ⟶ where it shows the plan otherwise than its text has it, or what its calls touch otherwise than follows from the arguments
//! that were approved.
//!
//! What a dry run found out about the world, and what planc knew besides, is taken as it is: nobody can tell that afterwards.

use super::bound::{BoundPart, given};
use crate::dry_run::{Meaning, destroys, effects, undo};
use crate::prediction::Elements;
use crate::report::{
    BlockOutcome, BlockReport, CriticalReport, InputReport, OutputReport, PlanReport, ReleaseReport, StepReport,
    UndoKind, Undoing,
};
use planc_lang::compile::Compiled;
use planc_lang::digest::Digest;
use planc_lang::effects::CriticalVerb;
use planc_lang::plan::{Call, EachId, Instance, Plan, base_name};
use planc_lang::secrets::Secrets;
use planc_lang::value::Value;
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// What a report shows otherwise; `deed` is what a yes to several runs is for.
pub(super) fn unlike(report: &PlanReport, compiled: &Compiled, bound: &BoundPart, deed: Digest) -> Vec<String> {
    let secrets = Secrets::of(&compiled.plan);
    let meaning = Meaning::of(compiled, Some(&secrets));
    let mut faults: Vec<String> = of_plan(report, &meaning, compiled, (bound, deed))
        .into_iter()
        .map(|part| format!("it shows another `{part}` than the plan has"))
        .collect();
    if !report.critical.iter().filter_map(|line| line.value.as_ref()).eq(&bound.critical) {
        faults.push("it shows lines of `critical` with other values than were approved".to_owned());
    }
    faults.extend(of_releases(report, &meaning, compiled, (bound, &secrets)));
    faults.extend(of_steps(report, &meaning, &compiled.plan, bound));
    faults
}

/// The parts of the plan itself that are shown otherwise.
fn of_plan(
    report: &PlanReport,
    meaning: &Meaning<'_>,
    compiled: &Compiled,
    (bound, deed): (&BoundPart, Digest),
) -> BTreeSet<String> {
    let plan = &compiled.plan;
    // Steps and what was looked at are held against what is bound, one by one.
    let mut shown = PlanReport { steps: Vec::new(), observations: Vec::new(), ..report.clone() };
    shown.verifications.iter_mut().for_each(|of| of.steps.clear());
    let inputs = plan.inputs.iter().zip(&shown.inputs).map(|(declared, input)| InputReport {
        name: declared.name.to_string(),
        secret: declared.secret,
        value: input.value.clone(),
        default: input.default && declared.default.as_ref().map(Digest::of_json) == Some(Digest::of_json(&input.value)),
    });
    let assumptions = plan.assumptions.iter().zip(&shown.assumptions);
    let lines = plan.critical.iter().zip(&shown.critical);
    let reuse = plan.reuse.iter().zip(&shown.reuse);
    let blocks = (0..plan.eaches.len()).map(EachId::new).zip(&shown.blocks);
    let named = named(plan, bound);
    let verifications = plan.verifications.iter().zip(&shown.verifications);
    let outputs = plan.outputs.iter().zip(&shown.outputs);
    let declared = PlanReport {
        time: bound.time,
        deed: shown.deed.map(|_| deed),
        inputs: inputs.collect(),
        assumptions: assumptions.map(|(of, shown)| meaning.assumption(of, shown.outcome.clone())).collect(),
        critical: lines
            .map(|(line, shown)| meaning.critical(line, shown.value.clone(), touched(line.verb, shown, named.as_ref())))
            .collect(),
        reuse: reuse.map(|(of, shown)| meaning.reuse(of, shown.exists)).collect(),
        blocks: blocks.map(|(of, block)| of_block(block, meaning.block(of), bound, &report.steps)).collect(),
        verifications: verifications
            .map(|(of, shown)| meaning.verification(of, Vec::new(), shown.outcome.clone()))
            .collect(),
        outputs: outputs
            .map(|(of, shown)| OutputReport { name: of.name.to_string(), value: shown.value.clone() })
            .collect(),
        ..meaning.plan()
    };
    let found = shown.clone();
    let expected = PlanReport {
        // Held against what is bound.
        digest: found.digest,
        plan_digest: found.plan_digest,
        releases: found.releases,
        // Nobody can tell.
        status: found.status,
        rev: found.rev,
        assurance: found.assurance,
        grounds: found.grounds,
        problems: found.problems,
        plan_mode: found.plan_mode,
        catalogues: found.catalogues,
        part: found.part,
        disclosures: found.disclosures,
        scratch: found.scratch,
        revision: found.revision,
        changes_requested: found.changes_requested,
        ..declared
    };
    let mut parts = differing(&expected, &shown);
    let counts = [
        ("inputs", plan.inputs.len(), report.inputs.len()),
        ("assumptions", plan.assumptions.len(), report.assumptions.len()),
        ("critical", plan.critical.len(), report.critical.len()),
        ("reuse", plan.reuse.len(), report.reuse.len()),
        ("blocks", plan.eaches.len(), report.blocks.len()),
        ("verifications", plan.verifications.len(), report.verifications.len()),
        ("outputs", plan.outputs.len(), report.outputs.len()),
    ];
    let other = counts.into_iter().filter(|(_, declared, shown)| declared != shown);
    parts.extend(other.map(|(part, _, _)| part.to_owned()));
    parts
}

/// A block with what the dry run says of its elements; how many there are is bound. It stands where its first step does.
fn of_block(shown: &BlockReport, declared: BlockReport, bound: &BoundPart, steps: &[StepReport]) -> BlockReport {
    let of_block = bound.findings.iter().flat_map(|found| &found.blocks).find(|(name, ..)| *name == declared.name);
    let outcome = match (&shown.outcome, of_block) {
        (BlockOutcome::Elements { .. }, Some((_, _, Elements::Known(count)))) => {
            BlockOutcome::Elements { count: *count }
        }
        (outcome, _) => outcome.clone(),
    };
    let at = steps.iter().position(|step| step.each.as_ref() == Some(&declared.name)).unwrap_or(shown.at);
    BlockReport { late: shown.late, at, outcome, ..declared }
}

/// The programs and hosts that the calls name with the arguments that were approved; none: what a secret decides is bound as commitments.
fn named(plan: &Plan, bound: &BoundPart) -> Option<BTreeSet<String>> {
    let findings = bound.findings.as_ref().filter(|_| bound.found.is_none())?;
    let calls = findings.calls.iter().filter_map(|(name, _, args, _)| {
        let call = &plan.get(plan.step(base_name(name))?).call;
        Some(call.tool.touches(&values(call, args)))
    });
    Some(calls.flatten().map(|(_, resource)| resource.to_string()).collect())
}

/// What a line is shown to be used for, without programs and hosts that no call names.
fn touched(verb: CriticalVerb, shown: &CriticalReport, named: Option<&BTreeSet<String>>) -> Vec<String> {
    let is_of_calls = matches!(verb, CriticalVerb::Run | CriticalVerb::Contact);
    let is_named = |what: &&String| !is_of_calls || named.is_none_or(|named| named.contains(*what));
    shown.touched.iter().filter(is_named).cloned().collect()
}

/// The releases that are shown with other values than were approved, or otherwise than the plan has them.
fn of_releases(
    report: &PlanReport,
    meaning: &Meaning<'_>,
    compiled: &Compiled,
    (bound, secrets): (&BoundPart, &Secrets),
) -> Vec<String> {
    let shown = report.releases.iter().map(|release| (release.name.as_str(), &release.value));
    let mut faults = Vec::new();
    if !shown.eq(bound.releases.iter().map(|(name, value)| (name.as_str(), value))) {
        faults.push("it shows other releases than were approved".to_owned());
    }
    let declares = |shown: &ReleaseReport| {
        let named = compiled.plan.lets.iter().enumerate().filter(|(_, of)| of.name == base_name(&shown.name));
        named.map(|(index, _)| (index, element(&shown.name))).any(|of| {
            let expected = meaning.release(secrets.labels(), of, shown.value.clone());
            expected.is_some_and(|expected| differing(&expected, shown).is_empty())
        })
    };
    let other = report.releases.iter().filter(|shown| !declares(shown));
    faults.extend(other.map(|shown| format!("it shows the release `{}` otherwise than the plan has it", shown.name)));
    faults
}

/// The steps that are shown otherwise, or elsewhere.
fn of_steps(report: &PlanReport, meaning: &Meaning<'_>, plan: &Plan, bound: &BoundPart) -> Vec<String> {
    // What a secret decides is bound as commitments, from which nothing follows.
    let findings = bound.findings.as_ref().filter(|_| bound.found.is_none());
    let calls: HashMap<&str, (&Value, &Value)> = findings
        .iter()
        .flat_map(|found| &found.calls)
        .map(|(name, _, args, undo)| (name.as_str(), (args, undo)))
        .collect();
    let own = report.steps.iter().map(|step| (None, step));
    let verifications = report.verifications.iter().enumerate();
    let of_verifications = verifications.flat_map(|(index, of)| of.steps.iter().map(move |step| (Some(index), step)));
    let mut faults = Vec::new();
    for (verification, shown) in own.chain(of_verifications) {
        let id = plan.step(base_name(&shown.name)).filter(|id| plan.get(*id).verification == verification);
        let Some(id) = id else {
            faults.push(format!("it shows the step `{}` where the plan has none", shown.name));
            continue;
        };
        let expected = of_step(shown, meaning, plan, (Instance { step: id, element: element(&shown.name) }, &calls));
        let parts = differing(&expected, shown).into_iter();
        faults
            .extend(parts.map(|part| format!("it shows another `{part}` of step `{}` than the plan has", shown.name)));
    }
    faults
}

/// A step as it has to be shown.
fn of_step(
    shown: &StepReport,
    meaning: &Meaning<'_>,
    plan: &Plan,
    (instance, calls): (Instance, &HashMap<&str, (&Value, &Value)>),
) -> StepReport {
    let step = plan.get(instance.step);
    let call = calls.get(shown.name.as_str());
    let values = call.map(|(args, _)| values(&step.call, args));
    let undoing = shown.undoing.clone();
    let shown = shown.clone();
    StepReport {
        effects: values.as_ref().map_or(shown.effects, |values| effects(&step.call.tool, values)),
        destructive: values.as_ref().map_or(shown.destructive, |values| destroys(&step.call.tool, values)),
        undoing: call.map_or(shown.undoing, |(_, args)| of_undo(step.undo.as_deref(), args, undoing)),
        undo: undo(step).unwrap_or(match shown.undo {
            UndoKind::Automatic => UndoKind::Automatic,
            UndoKind::Nothing | UndoKind::Declared | UndoKind::Impossible => UndoKind::Impossible,
        }),
        // Held against what is bound.
        args: shown.args,
        // Nobody can tell.
        policy: shown.policy,
        policy_why: shown.policy_why,
        standing_yes: shown.standing_yes,
        confined: shown.confined,
        outcome: shown.outcome,
        changes: shown.changes,
        for_others: shown.for_others,
        loadable: shown.loadable,
        late: shown.late,
        approved_before: shown.approved_before,
        ..meaning.step(instance)
    }
}

/// The call that takes a step back as it has to be shown, with the arguments that were approved; none: they could not be computed.
fn of_undo(call: Option<&Call>, args: &Value, shown: Option<Undoing>) -> Option<Undoing> {
    let call = call.filter(|_| matches!(args, Value::Record(_)))?;
    let values = values(call, args);
    Some(Undoing {
        tool: call.tool.name.to_string(),
        args: given(call, args),
        effects: effects(&call.tool, &values),
        destructive: destroys(&call.tool, &values),
        confined: shown.and_then(|shown| shown.confined),
    })
}

/// The arguments of a call by parameter.
fn values(call: &Call, args: &Value) -> Vec<Value> {
    call.tool.params.iter().map(|param| args.get(&param.name).cloned().unwrap_or(Value::Null)).collect()
}

/// The element that a name like `flag[3]` stands for.
fn element(name: &str) -> Option<u32> {
    name.split_once('[')?.1.strip_suffix(']')?.parse().ok()
}

/// The parts in which two records of one kind differ.
fn differing(expected: &impl Serialize, shown: &impl Serialize) -> BTreeSet<String> {
    let parts = |record: Result<Json, serde_json::Error>| match record {
        Ok(Json::Object(parts)) => parts,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (expected, shown) = (parts(serde_json::to_value(expected)), parts(serde_json::to_value(shown)));
    let names: BTreeSet<&String> = expected.keys().chain(shown.keys()).collect();
    names.into_iter().filter(|name| expected.get(*name) != shown.get(*name)).cloned().collect()
}
