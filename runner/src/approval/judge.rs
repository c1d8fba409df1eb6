//! Which yeses are enough: what is recorded, and what the operator wants ⟶ those that a run uses up, or what is lacking.
//!
//! The one place where this is decided, at the time of use: what was recorded under a laxer rule, by a key that was taken back
//! meanwhile, or within bounds that are over, is none.

use super::channel::Channel;
use super::credential::Credential;
use super::record::Approved;
use super::rule::{not_undoable, rule_for};
use super::signers::Signers;
use super::statement::{Statement, verify};
use crate::config::{Approvals, Closed, Effect, Elicitation, Require, Rule};
use crate::report::{PlanReport, PlanStatus, Problem};
use jiff::Timestamp;
use planc_lang::digest::Digest;

/// Why a yes does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something stands against approval.
    #[error("the plan cannot be approved: {}", .problems.join("; "))]
    Blocked {
        /// What.
        problems: Vec<String>,
        /// Whether all of it is the operator's policy.
        policy: bool,
    },
    /// The operator wants a terminal.
    #[error("approvals are given on a terminal here: `[approval] require = \"terminal\"`")]
    TerminalRequired,
    /// The operator wants a signature.
    #[error("this needs {wanted}")]
    SignatureRequired {
        /// What is wanted.
        wanted: String,
    },
    /// The operator lets no client of an agent say yes.
    #[error("an answer in an agent's client is no approval here")]
    NoElicitation,
    /// No plan is approved where nobody is.
    #[error("{}, so that nothing is approved where nobody is", .0.told())]
    Closed(Closed),
    /// Without a terminal such a plan must be named.
    #[error("planc cannot undo {}", .steps.join(", "))]
    NotUndoable {
        /// What planc cannot undo: phrases.
        steps: Vec<String>,
    },
    /// Somebody wants changes.
    #[error("changes were requested by {by}")]
    ChangesRequested {
        /// Who.
        by: String,
    },
    /// An assumption that is overridden does not fail, or is none.
    #[error("the plan has no assumption \"{text}\" that fails")]
    NothingToOverride {
        /// What was named.
        text: String,
    },
    /// Overriding is said on a terminal, or signed.
    #[error("that a failed assumption is taken as given is said on a terminal, or signed")]
    OverrideUnseen,
}

/// What a run needs a yes for.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What would run.
    pub digest: Digest,
    /// The same but for which time.
    pub deed: Digest,
    /// Where.
    pub site: Digest,
    /// What planc writes for each plan that somebody has signed for: this one, and other times of it.
    pub written: Vec<Statement>,
    /// What the operator wants.
    pub rule: Rule,
    /// The file of signers and who is who.
    pub approvals: Approvals,
    /// Those who wrote the plan.
    pub authors: Vec<Credential>,
    /// The steps that cannot be undone, each with its tool.
    pub not_undoable: Vec<String>,
    /// The texts of assumptions that fail, each of which needs an override.
    pub failing: Vec<String>,
    /// What stands against it besides, which no yes overrides.
    pub blocked: Vec<String>,
}

/// A yes that is recorded.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The record.
    pub yes: Approved,
    /// How many other runs have used it.
    pub used: u32,
    /// Whether this run has used it already.
    pub ours: bool,
    /// Whether another run of the very digest has begun, which used that up.
    pub is_spent: bool,
    /// Whether a request for changes stands against the text of the plan: a yes that is later would have closed it.
    pub is_disputed: bool,
}

/// What is lacking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// What the operator wants.
    pub rule: Rule,
    /// How many yeses count.
    pub have: u32,
    /// Why others do not.
    pub void: Vec<String>,
}

impl Lack {
    /// In a phrase.
    pub fn told(&self) -> String {
        let head = match (self.have, self.rule.approvers()) {
            (0, _) if self.void.is_empty() => "nobody has approved this yet".to_owned(),
            (0, _) => "no approval of this counts".to_owned(),
            (have, wanted) => format!("{have} of {wanted} approvals are there"),
        };
        match self.void.is_empty() {
            true => head,
            false => format!("{head}: {}", self.void.join("; ")),
        }
    }
}

impl Claim {
    /// The yeses that a run uses up, first those that it has used already; each as it is to be recorded.
    pub fn choose(&self, candidates: &[Candidate], now: Timestamp) -> Result<Vec<(usize, Approved)>, Lack> {
        if !self.blocked.is_empty() {
            return Err(Lack { rule: self.rule, have: 0, void: self.blocked.clone() });
        }
        let mut void = Vec::new();
        let mut chosen: Vec<(usize, Approved)> = Vec::new();
        // An unreadable file of signers lets nobody sign.
        let signers = match &self.approvals.signers {
            Some(path) => Signers::read(path).map_err(|error| error.to_string()),
            None => Err("the operator names no file of signers: `[approval] signers`".to_owned()),
        };
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by_key(|index| !candidates[*index].ours);
        for index in order {
            let candidate = &candidates[index];
            let counted = self.counts(candidate, signers.as_ref(), now);
            match counted.and_then(|yes| self.is_another(&chosen, &yes).map(|()| yes)) {
                Ok(yes) => chosen.push((index, yes)),
                Err(why) => void.push(format!("that of {}: {why}", candidate.yes.by)),
            }
            if chosen.len() as u32 == self.rule.approvers() && self.overridden(&chosen) {
                return Ok(chosen);
            }
        }
        let have = chosen.len() as u32;
        if have >= self.rule.approvers() {
            void.push("nobody has taken as given what fails".to_owned());
        }
        Err(Lack { rule: self.rule, have: have.min(self.rule.approvers()), void })
    }

    /// Why the yes to a run is none to what the run turns out to do; nothing: it is. What was found stands with its kind, in a
    /// phrase.
    pub fn falls_short(&self, given: &Approved, found: &[(Effect, String)]) -> Option<String> {
        let wanted = found.iter().filter_map(|(effect, _)| self.approvals.by_effect.get(effect));
        let rule = wanted.fold(self.rule, |rule, more| rule.and(*more));
        let lasting = found.iter().filter(|(effect, _)| *effect == Effect::NotUndoable).map(|(_, what)| what.clone());
        let not_undoable = self.not_undoable.iter().cloned().chain(lasting).collect();
        let strict = Claim { rule, not_undoable, ..self.clone() };
        let lacking = |yes: &Approved| strict.is_good_enough(yes).and_then(|()| strict.is_not_the_author(yes)).err();
        match given.all().find_map(lacking) {
            None if (given.all().count() as u32) < rule.approvers() => Some(format!("this needs {}", rule.told())),
            why => why,
        }
    }

    /// What yeses that were recorded together lack of what is wanted, by what they say themselves; nothing: they are enough. Who
    /// wrote the plan, bounds and places are for others to compare.
    pub fn lacks(&self, given: &[Approved]) -> Option<String> {
        let mut chosen: Vec<(usize, Approved)> = Vec::new();
        for (index, yes) in given.iter().enumerate() {
            let counted = self.is_good_enough(yes).and_then(|()| self.is_another(&chosen, yes));
            match counted {
                Ok(()) => chosen.push((index, yes.clone())),
                Err(why) => return Some(format!("that of {}: {why}", yes.by)),
            }
        }
        let (have, wanted) = (chosen.len() as u32, self.rule.approvers());
        (have < wanted).then(|| format!("{have} of {wanted} approvals are there"))
    }

    fn overridden(&self, chosen: &[(usize, Approved)]) -> bool {
        self.failing.iter().all(|text| chosen.iter().any(|(_, yes)| yes.overrides(text).is_some()))
    }

    /// A recorded yes as it counts, or why it does not.
    fn counts(
        &self,
        candidate: &Candidate,
        signers: Result<&Signers, &String>,
        now: Timestamp,
    ) -> Result<Approved, String> {
        let yes = match &candidate.yes.signed {
            Some(signed) => {
                let verified =
                    verify(signed, signers.map_err(String::clone)?, now).map_err(|error| error.to_string())?;
                let written = self.written.iter().find(|written| written.digest == verified.statement.digest);
                let written = written.ok_or("what is signed is for something else")?;
                // The same text has another number where others were planned since.
                let written = Statement { rev: verified.statement.rev, ..written.clone() };
                verified.statement.check(&written).map_err(|error| error.to_string())?;
                // What was signed counts, not what was recorded beside it.
                verified.statement.approved(&verified.by, &candidate.yes.channel, signed.clone())
            }
            None => candidate.yes.clone(),
        };
        let is_this = yes.digest == self.digest;
        if !yes.is_for(self.digest, self.deed) {
            return Err(format!("it is for {}, another plan or another state of the world", yes.digest.short()));
        }
        if yes.site != Some(self.site) {
            return Err("it was given in another workspace, or in what was copied since".into());
        }
        if is_this && candidate.is_spent && !candidate.ours {
            return Err("it is for this very time, and that has run already".into());
        }
        if candidate.is_disputed && !candidate.ours {
            return Err("changes were requested since".into());
        }
        if candidate.used >= yes.terms.uses && !candidate.ours {
            return Err("it is used up".into());
        }
        if let Some(why) = yes.terms.lapsed(now) {
            return Err(why);
        }
        self.is_good_enough(&yes)?;
        self.is_not_the_author(&yes)?;
        Ok(yes)
    }

    fn is_good_enough(&self, yes: &Approved) -> Result<(), String> {
        let channel = Channel::parse(&yes.channel).ok_or_else(|| format!("there is no channel `{}`", yes.channel))?;
        let is_signed = yes.signed.is_some();
        if self.rule.is_signed() && !is_signed {
            return Err("it is not signed".into());
        }
        match channel {
            Channel::Terminal => Ok(()),
            Channel::Signed | Channel::Argument | Channel::Unattended | Channel::Elicitation
                if self.rule.require == Require::Terminal =>
            {
                Err("it was not given on a terminal".into())
            }
            Channel::Signed if is_signed => Ok(()),
            Channel::Signed => Err("it has no signature".into()),
            Channel::Unattended if let Some(why) = self.lasting() => Err(format!("nobody was there, and {why}")),
            Channel::Elicitation if self.approvals.elicitation == Elicitation::Never => {
                Err("an answer in an agent's client is no approval here".into())
            }
            Channel::Elicitation
                if self.approvals.elicitation == Elicitation::Undoable
                    && let Some(why) = self.lasting() =>
            {
                Err(why)
            }
            Channel::Unattended | Channel::Argument | Channel::Elicitation if !yes.overrides.is_empty() => {
                Err("what fails is taken as given on a terminal, or signed".into())
            }
            Channel::Unattended | Channel::Argument | Channel::Elicitation => Ok(()),
        }
    }

    /// Why not all of it can be taken back, as far as that can be told here; none: it can.
    fn lasting(&self) -> Option<String> {
        let cannot = || format!("planc cannot undo {}", self.not_undoable.join(", "));
        let loaded = self.approvals.closed.map(|why| why.told().to_owned());
        loaded.or_else(|| (!self.not_undoable.is_empty()).then(cannot))
    }

    /// The operator may want that nobody approves what they wrote: who cannot be told apart from an author is one.
    fn is_not_the_author(&self, yes: &Approved) -> Result<(), String> {
        if !self.rule.not_author {
            return Ok(());
        }
        if self.authors.is_empty() {
            return Err("who wrote the plan is not known".into());
        }
        let approver = yes.credential.as_ref().ok_or("who gave it is not known")?;
        for author in &self.authors {
            let is_other = match (approver, author) {
                (Credential::Account { uid, .. }, Credential::Account { uid: other, .. }) => uid != other,
                (
                    Credential::Key { fingerprint, principal },
                    Credential::Key { fingerprint: other, principal: name },
                ) => fingerprint != other && !share(principal, name),
                (Credential::Key { principal, .. }, Credential::Account { name, .. })
                | (Credential::Account { name, .. }, Credential::Key { principal, .. }) => {
                    self.approvals.accounts.get(principal).is_some_and(|account| account != name)
                }
            };
            if !is_other {
                return Err(format!("it cannot be told apart from {author}, who wrote the plan"));
            }
        }
        Ok(())
    }

    /// Whether it is of somebody else than those that are chosen: another key of another person.
    fn is_another(&self, chosen: &[(usize, Approved)], yes: &Approved) -> Result<(), String> {
        let same = |other: &Approved| match (&other.credential, &yes.credential) {
            (
                Some(Credential::Key { fingerprint, principal }),
                Some(Credential::Key { fingerprint: other, principal: name }),
            ) => fingerprint == other || share(principal, name),
            _ => true,
        };
        match chosen.iter().any(|(_, other)| same(other)) {
            true => Err("the same person has approved this before".into()),
            false => Ok(()),
        }
    }
}

/// Whether two lists of names have one in common, as people write names: neither capitals nor a dot behind a domain make another
/// person. A pattern may stand for anybody, so that it is nobody else.
fn share(a: &str, b: &str) -> bool {
    let is_pattern = |name: &str| name.contains(['*', '?', '!']);
    let plain = |name: &str| name.trim().trim_end_matches('.').to_lowercase();
    let same = |a: &str, b: &str| plain(a) == plain(b) || is_pattern(a) || is_pattern(b);
    a.split(',').any(|a| b.split(',').any(|b| same(a, b)))
}

/// Whether a yes through a channel may be recorded for a plan.
pub fn judge(report: &PlanReport, approvals: &Approvals, yes: &Approved) -> Result<(), Refusal> {
    let overrides = |text: &str| yes.overrides.iter().any(|over| over.assumption == text);
    for over in &yes.overrides {
        if !failing(report).any(|text| text == over.assumption) {
            return Err(Refusal::NothingToOverride { text: over.assumption.clone() });
        }
    }
    let problems = report.problems.iter().filter(|problem| !problem.assumption.as_deref().is_some_and(overrides));
    let problems: Vec<_> = problems.collect();
    if !problems.is_empty() || report.status == PlanStatus::Blocked && report.problems.is_empty() {
        return Err(Refusal::Blocked {
            problems: problems.iter().map(|problem| problem.message.clone()).collect(),
            policy: problems.iter().all(|problem| problem.policy),
        });
    }
    let rule = rule_for(approvals, report);
    let channel = Channel::parse(&yes.channel).unwrap_or(Channel::Unattended);
    let is_seen = yes.signed.is_some() || channel == Channel::Terminal;
    match channel {
        _ if rule.is_signed() && yes.signed.is_none() => Err(Refusal::SignatureRequired { wanted: rule.told() }),
        _ if !is_seen && !yes.overrides.is_empty() => Err(Refusal::OverrideUnseen),
        Channel::Terminal => Ok(()),
        _ if rule.require == Require::Terminal => Err(Refusal::TerminalRequired),
        Channel::Signed | Channel::Argument => Ok(()),
        Channel::Elicitation => match (approvals.elicitation, not_undoable(report)) {
            (Elicitation::Never, _) => Err(Refusal::NoElicitation),
            (Elicitation::Undoable, steps) if !steps.is_empty() => Err(Refusal::NotUndoable { steps }),
            (Elicitation::Undoable, _) => approvals.closed.map_or(Ok(()), |why| Err(Refusal::Closed(why))),
            (Elicitation::Any, _) => Ok(()),
        },
        Channel::Unattended => match (approvals.closed, not_undoable(report)) {
            (Some(why), _) => Err(Refusal::Closed(why)),
            (None, steps) if steps.is_empty() => Ok(()),
            (None, steps) => Err(Refusal::NotUndoable { steps }),
        },
    }
}

/// What stands against a plan, whatever an approver takes as given.
pub fn no_yes_overrides(report: &PlanReport) -> impl Iterator<Item = &Problem> {
    report.problems.iter().filter(|problem| problem.assumption.is_none())
}

/// The texts of assumptions that fail.
pub(crate) fn failing(report: &PlanReport) -> impl Iterator<Item = &str> {
    report.problems.iter().filter_map(|problem| problem.assumption.as_deref())
}
