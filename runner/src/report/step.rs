//! Of the plan report what it says of steps, of blocks, and of what they change.

use super::{ApprovedBefore, NameReport};
use crate::workspace::FileState;
use planc_lang::builtin::GATE;
use planc_lang::syntax::{Approval, EffectVerb, OnFailure};
use planc_lang::value::Value;
use serde::{Deserialize, Serialize};

/// What lies where something looks for code that is started before a yes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Loadable {
    /// A path, or a line of `critical` that names it.
    pub place: String,
    /// What is started, in words.
    pub by: String,
}

impl std::fmt::Display for Loadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "what {} may do by loading `{}` meanwhile", self.by, self.place)
    }
}

impl Loadable {
    /// What an operator says where it is not so.
    pub fn data(&self) -> String {
        let example = "`data = [\"docs/**\"]` for a folder, `data = [\"**\"]` for all of the workspace";
        format!("what {} does not load, the operator lists beside it in `planc.toml`: {example}", self.by)
    }
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
    /// What of that something may load by itself that is started before a yes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub loadable: Vec<Loadable>,
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
    /// Whether the plan says so, not the catalogue.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub own_timeout: bool,
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

/// How many paths are told that a program cannot write.
const TOLD: usize = 5;

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
        /// What `critical` lets it write and it cannot: it belongs to another account or group than planc's.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        of_others: Vec<String>,
        /// Whether it is a git that makes a commit, and nothing that it sees there names an author.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        no_author: bool,
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

impl StepReport {
    /// Whether nobody records what it changes: a program that is in no cell, or a server.
    pub fn is_unrecorded(&self) -> bool {
        !self.read_only
            && match self.confined {
                Some(Confinement::Cell { .. }) => false,
                Some(Confinement::Late { .. } | Confinement::Open | Confinement::Asked { .. }) => true,
                None => !self.tool.starts_with("fs."),
            }
    }
}

impl std::fmt::Display for Confinement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Confinement::Cell { ports, scratch, processes, of_others, no_author } => {
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
                if !of_others.is_empty() {
                    let told = of_others.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
                    let more = of_others.len().saturating_sub(TOLD);
                    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                    let why = "belongs to another account or group than planc's";
                    write!(f, "; cannot write what {why}, whatever `critical` says: {told}{more}")?;
                }
                if *no_author {
                    f.write_str(
                        "; git finds no author for its commit there: `-c user.name=… -c user.email=…` in the plan names one, or \
                         `[programs] read` of `planc.toml`",
                    )?;
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
