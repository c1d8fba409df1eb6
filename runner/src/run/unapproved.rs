//! A call that finds contents ⟶ those among them that nobody has approved, and whether they are in its way.

use super::late::Finder;
use crate::event::{Difference, LateValue};
use crate::state::RunState;
use crate::workspace::{Look, Observation};
use planc_lang::plan::{Call, Instance};
use planc_lang::value::Value;

/// A call whose files are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Naming<'a> {
    /// The step, or `the undo of` it.
    pub(crate) name: &'a str,
    /// The step.
    pub(crate) instance: Instance,
    /// Its call, or the one that takes it back.
    pub(crate) call: &'a Call,
    /// The arguments of the call.
    pub(crate) values: &'a [Value],
    /// Whether it takes back.
    pub(crate) is_undo: bool,
}

impl Naming<'_> {
    /// What finds the files.
    pub(super) fn finder(&self) -> Finder {
        Finder { step: self.instance.step, is_undo: self.is_undo }
    }
}

/// What nobody has approved of the files that a call names.
#[derive(Debug, Default)]
pub(crate) struct Unapproved {
    /// Contents that a person may look at.
    pub(crate) contents: Vec<UnseenContent>,
    /// Where links that the run has made lead to what cannot be looked at, or away from what was approved.
    pub(crate) different: Vec<Difference>,
}

/// A content that nobody has seen.
#[derive(Debug)]
pub(crate) struct UnseenContent {
    /// As it is shown.
    pub(crate) late: LateValue,
    /// What the file and the links to it must still be when the program runs.
    pub(crate) files: Vec<Observation>,
    /// Whether the step itself has left it there.
    pub(crate) is_own: bool,
}

impl Unapproved {
    /// The same with contents that the call may find without naming them.
    pub(crate) fn with_found(mut self, found: Vec<(LateValue, Observation)>) -> Unapproved {
        for (late, file) in found {
            if !self.shows(&file) {
                self.contents.push(UnseenContent { late, files: vec![file], is_own: false });
            }
        }
        self
    }

    /// Whether the content of a file is among it.
    fn shows(&self, file: &Observation) -> bool {
        self.contents.iter().any(|unseen| unseen.files.iter().any(|shown| shown.look == file.look))
    }

    /// What of it is in the way of a call now: whatever nobody has agreed to, but for what the step itself has left.
    pub(crate) fn in_the_way(self, state: &RunState) -> Vec<Difference> {
        let is_agreed = |late: &LateValue| state.agreed.get(&late.id).is_some_and(|agreed| agreed.is_as(late));
        let open = self.contents.into_iter().filter(|unseen| !unseen.is_own && !is_agreed(&unseen.late));
        let found = open.map(|unseen| {
            // What planc cannot look at has no file that could be looked at again.
            let whole = Observation { look: Look::At { path: ".".to_owned() }, seen: unseen.late.id };
            let file = unseen.files.into_iter().next().unwrap_or(whole);
            let expected = Observation { look: file.look, seen: "what somebody has looked at".to_owned() };
            Difference { expected, found: file.seen }
        });
        found.chain(self.different).collect()
    }
}
