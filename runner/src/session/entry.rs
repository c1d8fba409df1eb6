//! What is said and happens in a session, and its fold: the plan document, what was read for it, the to-dos, the runs.

use crate::journal::StoredEntry;
use crate::workspace::Observation;
use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};

/// Something that was said or happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// The agent began to plan, or the session began.
    Entered {
        /// What for, in the agent's words.
        goal: Option<String>,
        /// Globs over the tools that may be called directly here; none: all that its parent may call.
        tools: Option<Vec<String>>,
        /// Whether the agent asked for it: an implicit session begins with the first call.
        explicit: bool,
    },
    /// A revision of the plan.
    Written {
        /// The whole text.
        text: String,
        /// How many mistakes it has.
        errors: usize,
        /// How many warnings.
        warnings: usize,
    },
    /// A read that was let through: what the plan stands on.
    Read {
        /// The full name of the tool.
        tool: String,
        /// The call, as the language writes it.
        call: String,
        /// The digest of what it gave.
        result: Digest,
        /// What was looked at, with digests.
        observations: Vec<Observation>,
    },
    /// A call that was not let through, as a step that the plan could have.
    Proposed {
        /// The full name of the tool.
        tool: String,
        /// The step, as the language writes it.
        step: String,
        /// The lines of `critical` that it needs.
        critical: Vec<String>,
        /// Why it was not let through.
        why: String,
    },
    /// The whole list of to-dos.
    Todos {
        /// The list.
        todos: Vec<Todo>,
    },
    /// A person was asked to approve a plan.
    Asked {
        /// Its digest.
        digest: Digest,
        /// Its run.
        run: String,
        /// Which text of the session it is, from 1.
        rev: u32,
    },
    /// A question in the client was answered.
    Answered {
        /// The plan it was about.
        digest: Digest,
        /// `accept`, `decline` or `cancel`.
        answer: String,
    },
    /// A call with an effect that was carried out at once, where the operator wants no plan.
    Called {
        /// The call.
        call: String,
        /// Its run.
        run: String,
    },
    /// A run was begun, or gone on with.
    Ran {
        /// The run.
        run: String,
    },
    /// A plan was withdrawn.
    Aborted {
        /// Its run.
        run: String,
    },
}

/// A to-do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Todo {
    /// What is to be done.
    pub text: String,
    /// Where it is.
    pub status: TodoStatus,
}

/// Where a to-do is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TodoStatus {
    /// Not begun.
    Pending,
    /// The one that is worked on.
    InProgress,
    /// Done.
    Completed,
}

/// A revision of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// From 1.
    pub rev: u32,
    /// RFC 3339 in UTC.
    pub at: String,
    /// The whole text.
    pub text: String,
    /// How many mistakes it has.
    pub errors: usize,
}

/// A read that was let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grounding {
    /// RFC 3339 in UTC.
    pub at: String,
    /// The call.
    pub call: String,
    /// The digest of what it gave.
    pub result: Digest,
    /// What was looked at.
    pub observations: Vec<Observation>,
}

/// A call that was not let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// RFC 3339 in UTC.
    pub at: String,
    /// The full name of the tool.
    pub tool: String,
    /// The step.
    pub step: String,
    /// The lines of `critical` that it needs.
    pub critical: Vec<String>,
    /// Why it was not let through.
    pub why: String,
    /// The revision that was the newest then; 0: none.
    pub rev: u32,
}

/// A plan that a person was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its digest.
    pub digest: Digest,
    /// Its run, which is how an agent names it.
    pub run: String,
    /// Which revision it is.
    pub rev: u32,
    /// RFC 3339 in UTC.
    pub at: String,
}

/// The state of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionState {
    /// What for.
    pub goal: Option<String>,
    /// Globs over the tools that may be called directly.
    pub tools: Option<Vec<String>>,
    /// Whether the agent asked for it.
    pub explicit: bool,
    /// All revisions.
    pub revisions: Vec<Revision>,
    /// What was read.
    pub grounding: Vec<Grounding>,
    /// What was not let through.
    pub proposals: Vec<Proposal>,
    /// The to-dos.
    pub todos: Vec<Todo>,
    /// Plans that a person was asked about, oldest first.
    pub asked: Vec<Asked>,
    /// Answers in the client.
    pub answers: Vec<(Digest, String)>,
    /// Runs that were begun here.
    pub runs: Vec<String>,
    /// How many entries there are.
    pub entries: u64,
}

impl SessionState {
    /// The state after these entries.
    pub fn fold(entries: Vec<StoredEntry<Entry>>) -> SessionState {
        let mut state = SessionState::default();
        state.go_on(entries);
        state
    }

    /// Goes on with the entries behind those that it is the state after.
    pub(super) fn go_on(&mut self, entries: Vec<StoredEntry<Entry>>) {
        entries.into_iter().for_each(|entry| self.apply(entry));
    }

    fn apply(&mut self, StoredEntry { seq, at, entry }: StoredEntry<Entry>) {
        self.entries = seq;
        match entry {
            Entry::Entered { goal, tools, explicit } => {
                (self.goal, self.tools, self.explicit) = (goal, tools, explicit);
            }
            Entry::Written { text, errors, warnings: _ } => {
                let rev = self.revisions.len() as u32 + 1;
                self.revisions.push(Revision { rev, at, text, errors });
            }
            Entry::Read { tool: _, call, result, observations } => {
                self.grounding.push(Grounding { at, call, result, observations });
            }
            Entry::Proposed { tool, step, critical, why } => {
                let rev = self.revisions.len() as u32;
                self.proposals.push(Proposal { at, tool, step, critical, why, rev });
            }
            Entry::Todos { todos } => self.todos = todos,
            Entry::Asked { digest, run, rev } => {
                self.asked.retain(|asked| asked.digest != digest);
                self.asked.push(Asked { digest, run, rev, at });
            }
            Entry::Answered { digest, answer } => self.answers.push((digest, answer)),
            Entry::Ran { run } => {
                self.runs.retain(|other| *other != run);
                self.runs.push(run);
            }
            Entry::Called { .. } | Entry::Aborted { run: _ } => {}
        }
    }

    /// The newest revision.
    pub fn latest(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The calls that were not let through since the newest revision was written.
    pub fn open_proposals(&self) -> impl Iterator<Item = &Proposal> {
        let rev = self.revisions.len() as u32;
        self.proposals.iter().filter(move |proposal| proposal.rev == rev)
    }
}
