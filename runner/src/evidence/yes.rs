//! The yeses of a run ⟶ whether they are what the operator wanted of one, as it is bound; with a file of signers also whether they
//! are signed. Who wrote the plan is in no bundle.

use super::Bundle;
use super::bound::BoundPart;
use crate::approval::{Approved, Claim, SKEW, Signers, not_undoable, rule_for, verify as verify_statement};
use crate::config::Rule;
use crate::event::Event;
use planc_lang::digest::Digest;

/// What a yes to several runs is for: the same but for which time the plan runs.
pub(super) fn deed(bound: &str, time: u32) -> Digest {
    Digest::of(bound.replacen(&format!("\"time\":{time},"), "\"time\":0,", 1))
}

pub(super) fn deed_of(bundle: &Bundle, bound: &Result<BoundPart, String>) -> Option<Digest> {
    bound.as_ref().ok().map(|bound| deed(&bundle.bound, bound.time))
}

/// What is wrong with the signatures of those who said yes. They are checked at the present time: a key that counts no more has
/// signed nothing.
pub(super) fn of_signatures(bundle: &Bundle, deed: Option<Digest>, events: &[Event], signers: &Signers) -> Vec<String> {
    let mut faults = Vec::new();
    for yes in approvals(events).flat_map(Approved::all) {
        match yes.signed.as_ref().map(|signed| verify_statement(signed, signers, jiff::Timestamp::now())) {
            None => faults.push(format!("that of {} is not signed", yes.by)),
            Some(Err(why)) => faults.push(format!("that of {}: {why}", yes.by)),
            Some(Ok(found)) => {
                // What was signed counts, not what is recorded beside it.
                let signed = &found.statement;
                let is_other = signed.digest != bundle.digest && !(signed.terms.uses > 1 && Some(signed.deed) == deed);
                if signed.plan != bundle.plan_digest || signed.digest != yes.digest || is_other {
                    faults.push(format!("that of {} is for {}", yes.by, signed.digest));
                }
            }
        }
    }
    faults
}

/// What the operator wants of a yes to the plan, as far as a bundle can tell whether it is so.
pub(super) fn wanted(bundle: &Bundle, bound: &BoundPart) -> Rule {
    Rule { not_author: false, ..rule_for(&bound.approval, &bundle.report) }
}

/// What the yeses lack that the operator wants: how many people, through which channel, signed or not. A signature that holds counts
/// for whom it is of, whatever stands beside it.
pub(super) fn of_rule(bundle: &Bundle, bound: &BoundPart, events: &[Event], signers: Option<&Signers>) -> Vec<String> {
    let claim = Claim {
        digest: bundle.digest,
        deed: deed(&bundle.bound, bound.time),
        site: bundle.digest,
        written: Vec::new(),
        rule: wanted(bundle, bound),
        approvals: bound.approval.clone(),
        authors: Vec::new(),
        not_undoable: not_undoable(&bundle.report),
        failing: Vec::new(),
        blocked: Vec::new(),
    };
    let short = |given: &Approved| {
        let yeses: Vec<Approved> = given.all().map(|yes| as_signed(yes, signers)).collect();
        claim.lacks(&yeses)
    };
    approvals(events).filter_map(short).collect()
}

/// A yes as it was signed, where it was by those who may.
fn as_signed(yes: &Approved, signers: Option<&Signers>) -> Approved {
    let signed = yes.signed.as_ref().zip(signers);
    let verified = signed.and_then(|(signed, signers)| {
        let found = verify_statement(signed, signers, jiff::Timestamp::now()).ok()?;
        Some(found.statement.approved(&found.by, &yes.channel, signed.clone()))
    });
    verified.unwrap_or_else(|| Approved { with: Vec::new(), ..yes.clone() })
}

/// What is wrong with when things were said and done: a yes that is younger than its use, or that did not count any more, or not yet, when a
/// process began or went on with the run. The bounds that were signed count, not those beside.
pub(super) fn of_times(bundle: &Bundle, events: &[Event], signers: Option<&Signers>) -> Vec<String> {
    let mut yeses: Vec<Approved> = Vec::new();
    let mut faults = Vec::new();
    for (record, event) in bundle.records.iter().zip(events) {
        let at: jiff::Timestamp = match record.at.parse() {
            Ok(at) => at,
            Err(_) => {
                faults.push(format!("`{}` is no time", record.at));
                continue;
            }
        };
        match event {
            Event::Approved { approval } => {
                yeses = approval.all().map(|yes| as_signed(yes, signers)).collect();
                let is_later = |yes: &&Approved| yes.at.parse::<jiff::Timestamp>().is_ok_and(|said| said > at + SKEW);
                faults.extend(
                    yeses
                        .iter()
                        .filter(is_later)
                        .map(|yes| format!("that of {} was said at {}, and used at {}", yes.by, yes.at, record.at)),
                );
            }
            Event::Started { .. } => {
                let lapsed = |yes: &Approved| {
                    let why = yes.terms.lapsed(at)?;
                    Some(format!("that of {} did not count at {}: {why}", yes.by, record.at))
                };
                faults.extend(yeses.iter().filter_map(lapsed));
            }
            _ => {}
        }
    }
    faults
}

fn approvals(events: &[Event]) -> impl Iterator<Item = &Approved> {
    events.iter().filter_map(|event| match event {
        Event::Approved { approval } => Some(&**approval),
        _ => None,
    })
}
