//! A bundle ⟶ whether it holds together: digests computed again, the chain walked, every record held against the plan.
//!
//! The file may come from anybody. It is read within limits, compiled and compared; nothing in it is carried out, and nothing
//! that it names is looked for.

use super::bound::{BoundPart, Standing};
use super::export::contents;
use super::history::History;
use super::shown::{out_of_place, unlike};
use super::yes::{deed, deed_of, of_rule, of_signatures, of_times, wanted};
use super::{Bundle, EVIDENCE_FORMAT, MAX_BUNDLE_BYTES, words};
use crate::approval::Signers;
use crate::config::MAX_CATALOGUES;
use crate::desk::{found_place, recompile};
use crate::dry_run::FOUND;
use crate::event::Event;
use crate::journal::{chain, event_place};
use crate::report::{PlanReport, StepReport};
use crate::seal::Keys;
use crate::state::RunState;
use planc_lang::compile::Compiled;
use planc_lang::compiled;
use planc_lang::digest::Digest;
use planc_lang::plan::ExprKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a file is no bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is too long.
    #[error("it is longer than {} MiB", MAX_BUNDLE_BYTES >> 20)]
    TooLong,
    /// It is of another form.
    #[error("it is no bundle of evidence: {0}")]
    Form(String),
    /// A later planc wrote it.
    #[error("it is of form {0}, and this planc knows {EVIDENCE_FORMAT}")]
    Newer(u32),
    /// It has too many texts.
    #[error("it has {0} texts, and at most {MAX_CATALOGUES} catalogues and a plan are read")]
    Texts(usize),
}

/// What the bundle must be about, known from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// What was approved.
    pub digest: Option<Digest>,
    /// The link of the last record.
    pub head: Option<Digest>,
    /// Whose signatures count.
    pub signers: Option<&'a Signers>,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// Why it does not hold; nothing: it holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The run.
    pub run: String,
    /// The title of its plan.
    pub title: String,
    /// What was approved.
    pub digest: Digest,
    /// The link of the last record.
    pub head: Option<String>,
    /// How many records there are.
    pub records: usize,
    /// Whether everything that was checked holds.
    pub valid: bool,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What cannot be told from the file.
    pub unchecked: Vec<&'static str>,
}

/// How many faults of one kind are told.
const MAX_FAULTS: usize = 20;

/// Checks a bundle. With the key of the state directory that it came from, sealed records are opened and checked like others.
pub fn verify(bytes: &[u8], expected: Expected<'_>, keys: Option<&Keys>) -> Result<Verdict, Unreadable> {
    let bundle = read(bytes)?;
    let mut bound: Result<BoundPart, String> = serde_json::from_str(&bundle.bound).map_err(|error| error.to_string());
    let compiled = recompile(&bundle.sources).map(|(_, compiled)| Arc::new(compiled));
    let (texts, mut approval) = (of_texts(&bundle, compiled.as_deref()), of_approval(&bundle, &bound));
    // Whoever wrote the file could have put other texts beside sealed records, so that what is secret is not secret by them.
    let keys = keys.filter(|_| texts.is_empty() && approval.is_empty());
    if let (Some(keys), Ok(bound)) = (keys, &mut bound) {
        approval.extend(open_found(&bundle, bound, keys));
    }
    let keys = keys.filter(|_| approval.is_empty());
    let (events, standing, mut opened) = events(&bundle, &bound, keys);
    opened.extend(out_of_place(&bundle, compiled.as_deref()));
    let mut reported = of_report(&bundle, &bound, compiled.as_deref());
    reported.extend(unknown_parts(bytes, &bundle.report));
    let mut checks = vec![
        check("the texts compile to the plan", texts),
        check("the approval is of this plan", approval),
        check("the report is of this approval", reported),
        check("the records are one chain from the approval on", of_chain(&bundle)),
        check("the records can be read", opened),
    ];
    if let (Some(compiled), Ok(bound)) = (&compiled, &bound) {
        let sealer = keys.and_then(|keys| keys.sealer().ok());
        let names = (bundle.digest, deed(&bundle.bound, bound.time));
        if let (Some(sealer), Standing::Recorded, true) = (sealer, standing, is_sealed(&bundle)) {
            let faults = unlike(&bundle, compiled, &events, sealer);
            checks.push(check("the records are shown as what they say", faults));
        }
        let history = History::walk(compiled, (bound, &bundle.report), names, (&events, standing), sealer);
        checks.push(check("everything that was done was approved", history.unapproved));
        checks.push(check("results are of their types, and come from calls", history.unfounded));
        // Of sealed records the contents are told as they are shown.
        let shown = RunState::fold(&compiled.plan, &bundle.shown);
        let named = contents(if is_sealed(&bundle) { &shown } else { &history.state });
        let same = named == bundle.contents;
        let fault = "they are not those that the records name".to_owned();
        checks.push(check("the contents are those of the changes", if same { Vec::new() } else { vec![fault] }));
    }
    checks.push(check("the yes counted when the run began and went on", of_times(&bundle, &events, expected.signers)));
    if let Ok(bound) = &bound {
        let faults = of_rule(&bundle, bound, &events, expected.signers);
        let unsigned = wanted(&bundle, bound).is_signed() && expected.signers.is_none();
        // What stands beside a signature that nobody checks is no more than a word.
        if !unsigned || !faults.is_empty() {
            checks.push(check("the yes is what the operator wants of one", faults));
        }
    }
    if let Some(signers) = expected.signers {
        checks.push(check(
            "the approvals are signed by those who may sign",
            of_signatures(&bundle, deed_of(&bundle, &bound), &events, signers),
        ));
    }
    checks
        .extend(expected.digest.map(|digest| known("it is of the approval that was asked for", digest, bundle.digest)));
    let head = bundle.records.last().map(|record| record.link.clone());
    if let Some(wanted) = expected.head {
        let found = head.as_deref().and_then(|head| head.parse().ok()).unwrap_or(Digest::of(""));
        checks.push(known("it ends with the record that was asked for", wanted, found));
    }
    Ok(Verdict {
        valid: checks.iter().all(|check| check.faults.is_empty()),
        unchecked: unchecked((&bundle, compiled.as_deref()), &bound, &events, expected, standing),
        run: bundle.run,
        title: compiled.map_or(bundle.report.title, |compiled| compiled.plan.title.clone()),
        digest: bundle.digest,
        head,
        records: bundle.records.len(),
        checks,
    })
}

fn read(bytes: &[u8]) -> Result<Bundle, Unreadable> {
    #[derive(Deserialize)]
    struct Form {
        evidence: u32,
    }
    if bytes.len() as u64 > MAX_BUNDLE_BYTES {
        return Err(Unreadable::TooLong);
    }
    let wrong = |error: serde_json::Error| Unreadable::Form(error.to_string());
    let form: Form = serde_json::from_slice(bytes).map_err(wrong)?;
    if form.evidence != EVIDENCE_FORMAT {
        return Err(Unreadable::Newer(form.evidence));
    }
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(wrong)?;
    match bundle.sources.len() > MAX_CATALOGUES + 1 {
        true => Err(Unreadable::Texts(bundle.sources.len())),
        false => Ok(bundle),
    }
}

/// That the report has parts which planc passes over: they could be taken for what was shown.
fn unknown_parts(bytes: &[u8], report: &PlanReport) -> Option<String> {
    #[derive(Deserialize)]
    struct Written {
        report: serde_json::Value,
    }
    let written = serde_json::from_slice(bytes).map(|Written { report }| report);
    let known = serde_json::to_value(report);
    let is_same = matches!((written, known), (Ok(written), Ok(known)) if written == known);
    (!is_same).then(|| "it has parts that no report has, or is not written as planc writes it".to_owned())
}

fn check(what: &'static str, mut faults: Vec<String>) -> Check {
    if faults.len() > MAX_FAULTS {
        let more = faults.len() - MAX_FAULTS;
        faults.truncate(MAX_FAULTS);
        faults.push(format!("and {more} more"));
    }
    Check { what, faults }
}

fn known(what: &'static str, wanted: Digest, found: Digest) -> Check {
    let fault = (wanted != found).then(|| format!("{wanted} was asked for, and it has {found}"));
    check(what, fault.into_iter().collect())
}

fn of_texts(bundle: &Bundle, found: Option<&Compiled>) -> Vec<String> {
    let mut faults = Vec::new();
    let form = Digest::of(&bundle.compiled);
    if form != bundle.plan_digest {
        faults.push(format!("the canonical form is {form}, not {}", bundle.plan_digest));
    }
    match found {
        None => faults.push(format!("they have mistakes here; planc {} wrote the bundle", bundle.versions.planc)),
        // Then the canonical form is another one, which is said above.
        Some(found) if found.digest == bundle.plan_digest => {}
        Some(found) if compiled::bytes(&found.plan) != bundle.compiled.as_bytes() => {
            faults.push(format!("they compile to {}, not to {}", found.digest, bundle.plan_digest));
        }
        Some(_) => {}
    }
    faults
}

fn of_approval(bundle: &Bundle, bound: &Result<BoundPart, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let digest = Digest::of(&bundle.bound);
    if digest != bundle.digest {
        faults.push(format!("what is bound is {digest}, not {}", bundle.digest));
    }
    match bound {
        Ok(bound) if bound.plan != bundle.plan_digest => {
            faults.push(format!("it binds the plan {}, not {}", bound.plan, bundle.plan_digest));
        }
        Ok(_) => {}
        Err(why) => faults.push(format!("what is bound cannot be read: {why}")),
    }
    faults
}

/// Opens what was found in a plan with secrets, if it is what the approval binds; why it is not.
fn open_found(bundle: &Bundle, bound: &mut BoundPart, keys: &Keys) -> Option<String> {
    let wanted = bound.found?;
    let sealed = bundle.found.clone().unwrap_or_default();
    let opened = keys.open(&found_place(&bundle.digest), sealed).map_err(|error| error.to_string());
    let opened = opened.and_then(|text| {
        let commitment = keys.sealer().map(|sealer| sealer.commit(FOUND, text.as_bytes()));
        commitment.map(|commitment| (text, commitment)).map_err(|error| error.to_string())
    });
    match opened {
        Ok((text, commitment)) if commitment == wanted => {
            bound.findings = serde_json::from_str(&text).ok();
            bound.findings.is_none().then(|| "what was found cannot be read".to_owned())
        }
        Ok(_) => Some("what was found is not what it binds".to_owned()),
        Err(why) => Some(format!("what was found: {why}")),
    }
}

fn of_report(bundle: &Bundle, bound: &Result<BoundPart, String>, compiled: Option<&Compiled>) -> Vec<String> {
    let report = &bundle.report;
    let mut faults = Vec::new();
    if (report.digest, report.plan_digest) != (bundle.digest, bundle.plan_digest) {
        faults.push(format!("it is of {}, plan {}", report.digest, report.plan_digest));
    }
    let Ok(bound) = bound else { return faults };
    if let Some(compiled) = compiled {
        faults.extend(words::unlike(report, compiled, bound, deed(&bundle.bound, bound.time)));
        faults.extend(bound.unlike(report, &compiled.plan));
    }
    faults
}

fn of_chain(bundle: &Bundle) -> Vec<String> {
    match chain::check(&bundle.run, &bundle.digest.to_string(), &bundle.records) {
        Ok(_) if bundle.records.is_empty() => vec!["there is none".to_owned()],
        Ok(_) => Vec::new(),
        Err(why) => vec![why.to_string()],
    }
}

fn is_sealed(bundle: &Bundle) -> bool {
    bundle.records.iter().any(|record| Keys::is_sealed(&record.kept))
}

/// What the records say, whether that is what was recorded or only how it is shown, and what cannot be read.
fn events(
    bundle: &Bundle,
    bound: &Result<BoundPart, String>,
    keys: Option<&Keys>,
) -> (Vec<Event>, Standing, Vec<String>) {
    let sealed = is_sealed(bundle);
    if sealed && keys.is_none() {
        let faults = match bundle.shown.len() == bundle.records.len() {
            true => Vec::new(),
            false => vec![format!("{} records are shown as {}", bundle.records.len(), bundle.shown.len())],
        };
        return (bundle.shown.clone(), Standing::Shown, faults);
    }
    let (mut events, mut faults) = (Vec::new(), Vec::new());
    for record in &bundle.records {
        let text = match keys {
            Some(keys) => keys.open(&event_place(&bundle.run), record.kept.clone()).map_err(|error| error.to_string()),
            None => Ok(record.kept.clone()),
        };
        match text.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string())) {
            Ok(event) => events.push(event),
            Err(why) => faults.push(format!("record {}: {why}", record.seq)),
        }
    }
    // What is told of sealed records is told by the texts of the plan that they are of.
    let deed = deed_of(bundle, bound).unwrap_or(bundle.digest);
    let is_own = |event: &Event| matches!(event, Event::Approved { approval } if approval.all().all(|yes| yes.is_for(bundle.digest, deed)));
    if sealed && !events.iter().any(is_own) {
        return (bundle.shown.clone(), Standing::Shown, vec!["the sealed records are not of this plan".to_owned()]);
    }
    (events, Standing::Recorded, faults)
}

/// Whether an event is one of something that failed or was stopped.
fn stops(event: &Event) -> bool {
    matches!(
        event,
        Event::StepFailed { .. }
            | Event::StepInDoubt { .. }
            | Event::EachFailed { .. }
            | Event::Stale { .. }
            | Event::Interrupted { .. }
            | Event::Held { .. }
            | Event::UndoCallEnded { error: Some(_), .. }
            | Event::UndoEnded { complete: false }
    )
}

fn unchecked(
    (bundle, compiled): (&Bundle, Option<&Compiled>),
    bound: &Result<BoundPart, String>,
    events: &[Event],
    expected: Expected<'_>,
    standing: Standing,
) -> Vec<&'static str> {
    let is_wanted = |is_so: fn(&BoundPart, &Bundle) -> bool| bound.as_ref().is_ok_and(|bound| is_so(bound, bundle));
    let over = events.iter().any(|event| matches!(event, Event::Ended { .. }));
    let plan = compiled.map(|compiled| &compiled.plan);
    let looks = plan.is_some_and(|plan| {
        let verified = plan.verifications.iter().filter_map(|verification| verification.check.as_ref());
        let checks = plan.assumptions.iter().filter_map(|assumption| assumption.check.as_ref()).chain(verified);
        plan.within(checks).any(|part| matches!(part.kind, ExprKind::Call(_)))
    });
    let runs = plan.is_some_and(|plan| plan.steps.iter().any(|step| step.call.tool.runs_programs()));
    let rows = [
        (expected.head.is_none(), "whether more was recorded afterwards: `--head` names the last record"),
        (expected.digest.is_none(), "whether this is what you were shown: `--digest` names what was approved"),
        (
            expected.signers.is_none(),
            "who said yes, beyond what the record says: an account, not a person; `--signers` checks signatures",
        ),
        (
            expected.signers.is_none() && is_wanted(|bound, bundle| wanted(bundle, bound).is_signed()),
            "whether the yes is what the operator wants of one, which is signed: `--signers` checks that",
        ),
        (
            is_wanted(|bound, _| bound.approval.wants_another()),
            "whether somebody approved what they wrote, which the operator does not want: who wrote the plan is not in it",
        ),
        (
            is_wanted(|bound, _| !bound.approval.by_effect.is_empty()),
            "whether the plan has effects of which the operator wants more, beyond those that its report shows",
        ),
        (
            true,
            "of the report what the approval does not bind: status, rev, assurance, problems, policy, what confines programs, what is foretold, \
             whether an input was given or is the default, what files a line of `critical` is used for",
        ),
        (true, "which planc wrote it"),
        (true, "whether policy asked about more calls than the report says"),
        (
            true,
            "which of the changes that `critical` allows a call made, or one that takes a step back; of `fs.write` the contents follow from it",
        ),
        (
            bundle.report.all_steps().any(StepReport::is_unrecorded),
            "what programs outside of cells and servers have changed: nobody records that",
        ),
        (looks, "whether what assumptions and verifications look at by calls was so: what they saw is not recorded"),
        (runs, "whether programs found in files what nobody had been shown: what was in them is not recorded"),
        (events.iter().any(stops), "why something failed or stopped, beyond that it did: who ran it says so"),
        (
            standing == Standing::Recorded && is_sealed(bundle),
            "whether what a secret decides is as it decides it: secret inputs are in no bundle",
        ),
        (standing == Standing::Shown, "what is secret, and the words beside sealed records: `--key` opens them"),
        (bundle.linked_afterwards > 0, "the first records, which were linked only afterwards"),
        (!over, "how the run ended: it was not over"),
    ];
    rows.into_iter().filter(|(applies, _)| *applies).map(|(_, what)| what).collect()
}
