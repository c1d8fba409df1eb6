//! The plan report: what a person is shown before a yes, and a program gets as JSON. Plain data; drawn in `render`.

use crate::workspace::{FileState, Observation};
use planc_lang::builtin::GATE;
use planc_lang::digest::Digest;
use planc_lang::plan::ReleaseKind;
use planc_lang::revision::Revision;
use planc_lang::syntax::{Approval, EffectVerb, OnFailure};
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

/// A step as the approver sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// Its name.
    pub name: String,
    /// The full name of its tool.
    pub tool: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub because: Option<String>,
    /// The arguments that the step gives, by name, without the catalogue's defaults; unknown parts marked.
    pub args: Value,
    /// What the call touches.
    pub effects: Vec<EffectReport>,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether it destroys something.
    pub destructive: bool,
    /// The policy on its tool.
    pub policy: Approval,
    /// Why policy asks or denies, and what it may still say once more is known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policy_why: Vec<String>,
    /// Whether a standing yes answers what policy asks about the tool.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub standing_yes: bool,
    /// What confines the program that it runs; none: it runs none, or which is not known yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confined: Option<Confinement>,
    /// Whether its program must change exactly what it changed in the dry run.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub reproduce: bool,
    /// How its effect can be taken back.
    pub undo: UndoKind,
    /// What its failure does.
    pub on_failure: OnFailure,
    /// What the dry run says.
    pub outcome: StepOutcome,
    /// What it changes in the workspace.
    pub changes: Vec<ChangeReport>,
    /// What of that others execute or go by meanwhile, so that nobody takes it back with the file: paths, and where its changes
    /// are not known the lines of `critical` that name such places.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub for_others: Vec<String>,
    /// The `each` block that it stands in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub each: Option<String>,
    /// The position of its element, where the list is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub element: Option<usize>,
    /// How it looks again, as written: `every 30s for 20m until …`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub poll: Option<String>,
    /// Names of the steps it waits for.
    pub waits_for: Vec<String>,
    /// How long one attempt may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout_ms: Option<u64>,
    /// The condition under which it runs at all, as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub when: Option<String>,
    /// How often a failed attempt is repeated, as written: `3 every 2s`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry: Option<String>,
    /// The arguments that a secret decides as the language writes them, `argv` or `undo argv`: what else is in them is no secret.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub written: Vec<NameReport>,
    /// What of it becomes known only during the run, which stops then and shows it: `when`, or places of arguments.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub late: Vec<String>,
    /// Conditions that are checked at run, as written.
    pub expects: Vec<String>,
    /// The declared call that takes it back, as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undo_call: Option<String>,
    /// The same with its values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undoing: Option<Undoing>,
    /// That a person has approved it before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approved_before: Option<ApprovedBefore>,
}

impl CriticalReport {
    /// Whether it is about a value that is known only during the run, or only in part before.
    pub fn is_late(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !is_wholly_known(value))
    }
}

impl StepReport {
    /// Whether it is a gate, reached or not.
    pub fn is_gate(&self) -> bool {
        self.tool == GATE
    }

    /// Whether it runs a program that nothing confines, or one of which that is not known yet.
    pub fn is_in_the_open(&self) -> bool {
        match self.confined {
            Some(Confinement::Late { .. } | Confinement::Open | Confinement::Asked { .. }) => true,
            Some(Confinement::Cell { .. }) => false,
            None => self.effects.iter().any(|effect| effect.verb == EffectVerb::Runs),
        }
    }
}

/// An `each` block as the approver sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlockReport {
    /// Its name.
    pub name: String,
    /// The name of an element.
    pub variable: String,
    /// The list as written.
    pub list: String,
    /// The condition under which it runs at all, as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub when: Option<String>,
    /// The names of its steps.
    pub steps: Vec<String>,
    /// Whether the run stops before it and shows its elements, or what decides whether it runs.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub late: bool,
    /// How many of the plan's step reports stand before its own.
    pub at: usize,
    /// What the dry run says.
    pub outcome: BlockOutcome,
}

/// What the dry run says of an `each` block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum BlockOutcome {
    /// The list is known: its steps are reported for each element.
    Elements {
        /// How many.
        count: usize,
    },
    /// The list, or whether the block runs, is known only after the run: its steps are reported for any element.
    KnownAfterRun,
    /// Its condition is false.
    Skipped,
    /// It would fail.
    Fails {
        /// Why.
        why: String,
    },
    /// A step before it would fail.
    NotReached,
}

/// One touch of one resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EffectReport {
    /// What it does.
    pub verb: EffectVerb,
    /// To what.
    pub resource: String,
}

/// The declared call that takes a step back, as the approver sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Undoing {
    /// The full name of its tool.
    pub tool: String,
    /// The arguments that are given, by name, without the catalogue's defaults; unknown parts marked.
    pub args: Value,
    /// What it touches.
    pub effects: Vec<EffectReport>,
    /// Whether it destroys something.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub destructive: bool,
    /// What confines the program that it runs; none: it runs none, or which is not known yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confined: Option<Confinement>,
}

impl Undoing {
    /// Whether it runs a program that nothing confines.
    pub fn is_in_the_open(&self) -> bool {
        matches!(self.confined, Some(Confinement::Late { .. } | Confinement::Open | Confinement::Asked { .. }))
    }
}

/// How an effect can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoKind {
    /// There is nothing to take back.
    Nothing,
    /// planc restores the earlier bytes.
    Automatic,
    /// The plan declares a call that takes it back.
    Declared,
    /// Not at all.
    Impossible,
}

/// What confines a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Confinement {
    /// It runs on a copy of the workspace, and of what it changes there only that is kept which `critical` allows.
    Cell {
        /// The TCP ports that it may connect to; none: it has no network. Where it has one, UDP is open too.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ports: Option<Vec<u16>>,
        /// Folders of the workspace that it really writes.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        scratch: Vec<String>,
        /// Whether the number of its processes is limited.
        processes: bool,
    },
    /// What it is, only the run tells: by that it is confined, or runs in the open.
    Late {
        /// Folders of the workspace that it really writes, where it is confined.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        scratch: Vec<String>,
    },
    /// Nothing: the operator lets it run in the open.
    Open,
    /// Nothing: this machine cannot confine it, and a person is asked.
    Asked {
        /// Why it cannot.
        why: String,
    },
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Confinement::Cell { ports, scratch, processes } => {
                f.write_str("confined: works on a copy, of which only what `critical` allows is kept; ")?;
                match ports {
                    None => f.write_str("no network")?,
                    Some(ports) => {
                        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                        write!(f, "network open, any host: TCP to {}, all UDP", ports.join(", "))?;
                    }
                }
                if !scratch.is_empty() {
                    write!(f, "; really writes {}", scratch.join(", "))?;
                }
                if !processes {
                    f.write_str("; its number of processes is limited only for accounts other than root")?;
                }
                Ok(())
            }
            Confinement::Late { .. } => {
                f.write_str("confined or not, as its command turns out: may do whatever your account may")
            }
            Confinement::Open => f.write_str("not confined: does whatever your account may"),
            Confinement::Asked { why } => write!(f, "not confined, for this machine cannot: {why}"),
        }
    }
}

/// What the dry run says of a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum StepOutcome {
    /// It only reads, and has been run.
    Read {
        /// What it gave.
        result: Value,
    },
    /// A model was asked, and what it said is used at the run: it is not asked again.
    Extracted {
        /// What it said.
        result: Value,
    },
    /// Its effect was simulated exactly.
    Simulated {
        /// What it will give.
        result: Value,
    },
    /// Another tool, which only reads, told what it would give. Where the run gives something else, what depends on it is not
    /// what was approved.
    Foretold {
        /// That tool.
        by: String,
        /// What it told.
        result: Value,
    },
    /// A program ran on a copy that was thrown away; what it does in the run may be something else.
    Ran {
        /// What it gave.
        result: Value,
    },
    /// Its result is known only after the run.
    KnownAfterRun {
        /// Why.
        why: String,
    },
    /// Its condition is false.
    Skipped,
    /// It would fail.
    Fails {
        /// Why.
        why: String,
    },
    /// A step before it would fail.
    NotReached,
    /// It is a gate: a person is asked there.
    Gate,
}

/// A change of one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeReport {
    /// Relative to the workspace.
    pub path: String,
    /// What was there; where a secret was put, a file of 0 bytes.
    pub before: FileState,
    /// What will be there; where a secret is put, a file of 0 bytes.
    pub after: FileState,
    /// The unified diff of a text; none for directories and binary files, or where contents are unknown; `(secret)` where a
    /// secret is put or was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub diff: Option<String>,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// Whether version control holds what was there; absent where nothing was, and for all but the first change of a path.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<Earlier>,
}

/// Whether what a change replaces can be had back without planc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Earlier {
    /// Version control holds exactly these bytes.
    Versioned,
    /// It does not, or there is none.
    Unversioned,
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
