//! A text with mistakes ⟶ the same text after all edits that are sure, until none is left.
//!
//! Nothing gets worse: an edit is kept only where what it is about has no more errors than before. Errors of the text and
//! its syntax weigh more than all others, since a line that parses at last may show what it hid.

use crate::catalogue::Catalogue;
use crate::codes::Code;
use crate::compile::check_source;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Severity, apply_each};
use crate::source::{MAX_SOURCE_BYTES, Sources};

/// How often all edits are looked for anew.
pub const MAX_ROUNDS: usize = 20;

/// The most edits that one round applies.
pub const MAX_EDITS: usize = 10_000;

/// The most edits that one round tries one by one, where all together make something worse.
pub const MAX_TRIALS: usize = 100;

/// What came of a text.
#[derive(Debug)]
pub struct Fixed {
    /// The texts it was checked with, and the repaired one.
    pub sources: Sources,
    /// The index of the repaired text.
    pub index: usize,
    /// What is still wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// What was done, in order.
    pub applied: Vec<Applied>,
}

/// An edit that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The mistake it removed.
    pub code: Code,
    /// The line it was on when it was found, from 1.
    pub line: usize,
    /// What the edit did.
    pub title: String,
}

/// A text and what is wrong with it.
struct State {
    sources: Sources,
    index: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Fixed {
    /// The repaired text.
    pub fn text(&self) -> &str {
        &self.sources.get(self.index).text
    }
}

/// Applies every sure edit to the text `name`, which is checked beside `others` and against a catalogue.
pub fn fix(others: &Sources, name: &str, text: &str, catalogue: &Catalogue) -> Fixed {
    let check = |text: String| {
        let mut sources = others.clone();
        let index = sources.add(name, text);
        let diagnostics = check_source(&sources, index, catalogue);
        State { sources, index, diagnostics }
    };
    let mut state = check(text.to_owned());
    let mut applied = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let Some((next, done)) = state.all_at_once(&check).or_else(|| state.one_by_one(&check)) else { break };
        applied.extend(done);
        state = next;
    }
    let State { sources, index, diagnostics } = state;
    Fixed { sources, index, diagnostics, applied }
}

impl State {
    /// The mistakes that an edit surely removes.
    fn fixable(&self) -> Vec<(&Diagnostic, &Edit)> {
        let edits = self.diagnostics.iter().filter_map(|diagnostic| Some((diagnostic, diagnostic.edit.as_ref()?)));
        edits.filter(|(_, edit)| edit.applicability == Applicability::Sure).take(MAX_EDITS).collect()
    }

    /// How bad it is: errors of the text and its syntax, then all others.
    fn weight(&self) -> (usize, usize) {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error);
        let (syntax, others): (Vec<_>, Vec<_>) = errors.partition(|diagnostic| diagnostic.code.is_syntax());
        (syntax.len(), others.len())
    }

    /// The state after some edits, where it is no worse; with the indices of those that fitted together.
    fn with(&self, edits: &[&Edit], check: &impl Fn(String) -> State) -> Option<(State, Vec<usize>)> {
        let (text, done) = apply_each(&self.sources, self.index, edits.iter().copied());
        if done.is_empty() || text.len() > MAX_SOURCE_BYTES || text == *self.sources.get(self.index).text {
            return None;
        }
        let next = check(text);
        (next.weight() <= self.weight()).then_some((next, done))
    }

    fn all_at_once(&self, check: &impl Fn(String) -> State) -> Option<(State, Vec<Applied>)> {
        let fixable = self.fixable();
        let edits: Vec<&Edit> = fixable.iter().map(|(_, edit)| *edit).collect();
        let (next, done) = self.with(&edits, check)?;
        Some((next, done.into_iter().map(|index| self.applied(fixable[index].0)).collect()))
    }

    /// Tries each edit on top of those that were kept; the last state that is no worse, if any edit was kept.
    fn one_by_one(&self, check: &impl Fn(String) -> State) -> Option<(State, Vec<Applied>)> {
        let mut kept: Vec<&Edit> = Vec::new();
        let mut applied = Vec::new();
        let mut best = None;
        for (diagnostic, edit) in self.fixable().into_iter().take(MAX_TRIALS) {
            kept.push(edit);
            match self.with(&kept, check).filter(|(_, done)| done.len() == kept.len()) {
                Some((next, _)) => {
                    best = Some(next);
                    applied.push(self.applied(diagnostic));
                }
                None => drop(kept.pop()),
            }
        }
        best.map(|next| (next, applied))
    }

    fn applied(&self, diagnostic: &Diagnostic) -> Applied {
        let (line, _) = self.sources.line_column(diagnostic.primary.span.start);
        let title = diagnostic.edit.as_ref().map(|edit| edit.title.clone()).unwrap_or_default();
        Applied { code: diagnostic.code, line, title }
    }
}
