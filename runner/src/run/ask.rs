//! A call that policy asks about ⟶ a person's answer.

use crate::event::LateValue;
use crate::standing::Terms;
use crate::tool::Future_;
use planc_lang::catalogue::Tool;
use planc_lang::value::Value;
use std::sync::Arc;

/// What a person is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The step.
    pub step: String,
    /// The full name of the tool.
    pub tool: String,
    /// The arguments by name.
    pub args: Value,
    /// What the call touches, or its program has changed, one phrase each: `writes a.txt`.
    pub effects: Vec<String>,
    /// Why the plan makes the call.
    pub because: Option<String>,
    /// Why policy asks.
    pub why: Vec<String>,
    /// What the tool is.
    pub definition: Arc<Tool>,
    /// What `always` means where the person says nothing else; none: nothing can be approved always here.
    pub always: Option<Terms>,
    /// Whether the program has run, and the question is whether what it changed is kept.
    pub is_about_changes: bool,
}

/// What they say.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This call.
    Once,
    /// This call, and from now on every one that is covered.
    Always(Box<Terms>),
    /// No.
    No,
    /// Nobody can be asked here: the run waits.
    CannotAsk,
}

/// What a person is asked at a gate.
#[derive(Clone, Debug, PartialEq)]
pub struct GateQuestion {
    /// The gate.
    pub step: String,
    /// What they agree to.
    pub text: String,
    /// The values that are shown for that, by the names that the plan gives them.
    pub shown: Value,
}

/// What a person is asked when values become known during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LateQuestion {
    /// The step, the block or the part of the run that would use them.
    pub of: String,
    /// All of them, each to be shown whole.
    pub values: Vec<LateValue>,
}

/// What they say at a gate, or of late values. There is no standing yes to either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The run goes on.
    Yes,
    /// It ends here.
    No,
    /// Nobody can be asked here: the run waits.
    CannotAsk,
}

/// Asks.
pub trait Ask: Send + Sync {
    /// Asks one question. An interrupt, a closed window or an empty line is [`Answer::CannotAsk`], never a yes.
    fn ask<'a>(&'a self, question: &'a Question) -> Future_<'a, Answer>;

    /// Asks for agreement at a gate, of a person who is there: never an argument, never a program.
    fn agree<'a>(&'a self, question: &'a GateQuestion) -> Future_<'a, Agreement> {
        let _ = question;
        Box::pin(async { Agreement::CannotAsk })
    }

    /// Asks for agreement to exactly these values, of a person who is there: never an argument, never a program.
    fn look<'a>(&'a self, question: &'a LateQuestion) -> Future_<'a, Agreement> {
        let _ = question;
        Box::pin(async { Agreement::CannotAsk })
    }
}

/// Where nobody can be asked.
pub struct CannotAsk;

impl Ask for CannotAsk {
    fn ask<'a>(&'a self, _: &'a Question) -> Future_<'a, Answer> {
        Box::pin(async { Answer::CannotAsk })
    }
}
