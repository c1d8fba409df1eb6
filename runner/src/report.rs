//! The plan report: what a person is shown before a yes, and a program gets as JSON. Plain data; drawn in `render`.

mod step;

pub use step::{
    BlockOutcome, BlockReport, ChangeReport, Confinement, Earlier, EffectReport, Loadable, StepOutcome, StepReport,
    UndoKind, Undoing,
};

use crate::workspace::Observation;
use planc_lang::digest::Digest;
use planc_lang::plan::ReleaseKind;
use planc_lang::revision::Revision;
use planc_lang::value::{Value, is_wholly_known};
use serde::{Deserialize, Serialize};

/// The version of the JSON form.
pub const REPORT_FORMAT: u32 = 1;

/// The result of a dry run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanReport {
    /// [`REPORT_FORMAT`]
    pub format: u32,
    /// Where the plan is in its life.
    pub status: PlanStatus,
    /// The title.
    pub title: String,
    /// Which text of this plan it is, from 1.
    pub rev: u32,
    /// Which time the plan would run, from 1: an approval is for one run.
    #[serde(default = "first")]
    pub time: u32,
    /// What an approval names: covers the compiled plan, inputs, policy, workspace and everything that was observed.
    pub digest: Digest,
    /// The same but for which time it would run: what a yes to several runs is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deed: Option<Digest>,
    /// The identity of the compiled plan alone.
    pub plan_digest: Digest,
    /// How much an approval proves here.
    pub assurance: Assurance,
    /// What that rests on, and why it is not more: phrases.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub grounds: Vec<String>,
    /// What stands against approval; empty: nothing.
    pub problems: Vec<Problem>,
    /// What forces plan mode; absent: it is not active.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan_mode: Option<String>,
    /// The catalogues that were named on the command line: the operator has not named them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub catalogues: Vec<String>,
    /// Which part of its text it is; absent: all of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<Chosen>,
    /// The headline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rationale: Option<String>,
    /// The why, Markdown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub context: Option<String>,
    /// Inputs with their values.
    pub inputs: Vec<InputReport>,
    /// What the names of `let`s stand for in what the report shows as it is written: conditions, lists of blocks, lines of
    /// `critical`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub names: Vec<NameReport>,
    /// What is taken as given, with outcome.
    pub assumptions: Vec<AssumptionReport>,
    /// What the plan may touch.
    pub critical: Vec<CriticalReport>,
    /// What it endorses and reveals: the approver answers for it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub releases: Vec<ReleaseReport>,
    /// Whether the plan has secrets.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub secret: bool,
    /// Where its run would tell how a secret has decided.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub disclosures: Vec<Disclosure>,
    /// Folders of the workspace that programs really write: what is there in the run nobody is shown. Told where something runs in the open.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub scratch: Vec<String>,
    /// What it leans on.
    pub reuse: Vec<ReuseReport>,
    /// The plan's own steps, from top to bottom.
    pub steps: Vec<StepReport>,
    /// Its `each` blocks, from top to bottom.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub blocks: Vec<BlockReport>,
    /// What runs at the same time: waves of step names, each waiting for the one before.
    pub waves: Vec<Vec<String>>,
    /// What must hold in the end.
    pub verifications: Vec<VerificationReport>,
    /// What the run returns, as far as it is known.
    pub outputs: Vec<OutputReport>,
    /// Everything that the dry run looked at outside the plan.
    pub observations: Vec<Observation>,
    /// What changed since the revision before; absent for the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<Revision>,
    /// What people want to be different about this text.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub changes_requested: Vec<ChangeRequest>,
}

/// The steps of a text that a plan was made of, as they were named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// These, and what they depend on.
    Only(Vec<String>),
    /// All but these, and but what depends on them.
    Except(Vec<String>),
}

/// A no to a plan, with what is to be different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRequest {
    /// The digest that was refused.
    pub digest: Digest,
    /// Who, by the account.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// About the whole plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
    /// About steps, in the order in which they were said.
    pub steps: Vec<StepComment>,
}

/// What is said about a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepComment {
    /// The step, or the `each` block.
    pub step: String,
    /// What.
    pub comment: String,
}

/// That a person has approved a step before: in an earlier revision, where it did the same to the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovedBefore {
    /// Who.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// In which revision.
    pub rev: u32,
    /// As part of what.
    pub digest: Digest,
}

fn first() -> u32 {
    1
}

/// Where a plan is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Something stands against approval.
    Blocked,
    /// A person may say yes or no.
    NeedsApproval,
    /// Plan mode is active: it is told, and nothing follows.
    Reported,
    /// A person wants it to be different; nothing has run.
    ChangesRequested,
    /// A person said yes; it has not run.
    Approved,
    /// It runs.
    Executing,
    /// Its steps have run, its verifications run.
    Verifying,
    /// It has run and its verifications hold.
    Done,
    /// A step or a verification failed.
    Failed,
    /// It stopped where it can be resumed: interrupted, or a call waits for a yes.
    Paused,
    /// It cannot be told whether a call took effect.
    InDoubt,
    /// What it has done was taken back.
    Undone,
    /// A person said no; nothing has run.
    Aborted,
    /// The world changed since the dry run; nothing has run.
    Stale,
}

impl PlanStatus {
    /// The same of a run of the plan that has not begun: what another run has come to says nothing of this one.
    pub fn before_run(self) -> PlanStatus {
        match self {
            PlanStatus::Executing
            | PlanStatus::Verifying
            | PlanStatus::Done
            | PlanStatus::Failed
            | PlanStatus::Paused
            | PlanStatus::InDoubt
            | PlanStatus::Undone => PlanStatus::NeedsApproval,
            PlanStatus::Blocked
            | PlanStatus::NeedsApproval
            | PlanStatus::Reported
            | PlanStatus::ChangesRequested
            | PlanStatus::Approved
            | PlanStatus::Aborted
            | PlanStatus::Stale => self,
        }
    }
}

/// How much an approval proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Whoever wrote the plan may run code as the account that planc runs as: guards against mistakes, not malice.
    Advisory,
    /// A signature is required, by keys that are not at hand for planc's account: who has the file of signers can tell a forged
    /// approval from a real one.
    SignedRecord,
    /// The accounts of agents can change neither the workspace nor anything of planc's but through planc.
    Gateway,
    /// Both: an agent can neither pass by planc nor forge a yes.
    Enforced,
}

/// Something that stands against approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The step it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<String>,
    /// A phrase.
    pub message: String,
    /// Whether it is the operator's policy that refuses.
    pub policy: bool,
    /// The text of the assumption that fails, which an approver may take as given all the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assumption: Option<String>,
}

/// An input with its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InputReport {
    /// Its name.
    pub name: String,
    /// Whether it is secret: its value is not here.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub secret: bool,
    /// Its value.
    pub value: Value,
    /// Whether it is the default.
    pub default: bool,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameReport {
    /// The name of a `let`.
    pub name: String,
    /// Its expression, as the language writes it.
    pub value: String,
}

/// A place of a plan by which whoever sees the report of its run learns something of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// The step or block, or `assume "TEXT"`, `verify "TEXT"`.
    pub of: String,
    /// What the secret decides there, as it is written.
    pub what: String,
}

/// An assumption with its outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AssumptionReport {
    /// What is taken as given.
    pub text: String,
    /// Whether it holds.
    pub outcome: CheckOutcome,
    /// The check as it is written, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<String>,
}

/// What a check said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It is true.
    Holds,
    /// It is false, or it could not be computed.
    Fails {
        /// Why.
        why: String,
    },
    /// It depends on what is known only after the run.
    Unconfirmed {
        /// Why.
        why: String,
    },
    /// There is no check: the approver confirms it with the yes, or follows it afterwards.
    ForPerson,
}

/// A line of `critical` with what it means here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CriticalReport {
    /// `read create modify delete run contact`
    pub verb: String,
    /// As written.
    pub resource: String,
    /// What that stands for where it is a value of the plan: one text or several, as far as they are known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<Value>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// What of it the dry run touched: paths, programs, hosts.
    pub touched: Vec<String>,
}

impl CriticalReport {
    /// Whether it is about a value that is known only during the run, or only in part before.
    pub fn is_late(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !is_wholly_known(value))
    }
}

/// A value that the approver answers for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseReport {
    /// Its name: in a block, where the elements are known, with the position of the element.
    pub name: String,
    /// What is done.
    pub kind: ReleaseKind,
    /// Why, in the words of the plan's author.
    pub reason: String,
    /// The value, whole; unknown where it becomes known during the run, which stops then and asks. A secret is not here.
    pub value: Value,
    /// Where it comes from, from its source on.
    pub from: Vec<String>,
    /// Where it goes.
    pub to: Vec<String>,
}

impl ReleaseReport {
    /// By what it is told apart during a run.
    pub fn id(&self) -> String {
        format!("let {}", self.name)
    }

    /// Whether all of it is known.
    pub fn is_known(&self) -> bool {
        is_wholly_known(&self.value)
    }
}

/// Something the plan leans on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReuseReport {
    /// A path or a tool.
    pub target: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
    /// Whether it is there.
    pub exists: bool,
}

/// A verification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerificationReport {
    /// What must hold.
    pub text: String,
    /// Its steps.
    pub steps: Vec<StepReport>,
    /// What the dry run can say of it.
    pub outcome: CheckOutcome,
    /// The check as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<String>,
}

/// A value that the run returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutputReport {
    /// Its name.
    pub name: String,
    /// Its value as far as it is known.
    pub value: Value,
}

impl PlanReport {
    /// All steps: the plan's, then those of its verifications.
    pub fn all_steps(&self) -> impl Iterator<Item = &StepReport> {
        self.steps.iter().chain(self.verifications.iter().flat_map(|v| &v.steps))
    }
}
