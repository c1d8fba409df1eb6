//! How long a plan is ⟶ how much of it a folded card leaves out, so that a hundred steps stay readable on two screens.
//!
//! What cannot be taken back, asks, or is not known is never folded: only reads, the ends of long diffs, and diffs that are
//! equal to one that is shown. No path is left out, unless there are so many that no person reads them: then the card says
//! that it is not whole, and is not what a person is asked about.

use crate::report::PlanReport;
use std::collections::BTreeSet;

/// The most lines of one diff on a folded card.
pub const FOLD_LINES: usize = 24;

/// The most lines of all diffs together on a folded card, before each is given less.
pub const ALL_DIFF_LINES: usize = 120;

/// The fewest lines of a diff that are worth showing.
const LEAST_DIFF_LINES: usize = 6;

/// A plan with more steps than this is drawn densely.
pub const ROOMY_STEPS: usize = 40;

/// The most changes of paths on a folded card that is whole.
pub const WHOLE_CHANGES: usize = 2000;

/// The most groups, changes of one step, and folders that are drawn of a plan whose card is not whole.
pub const SUMMARISED: usize = 40;

/// A block of so many elements is drawn element by element; of a longer one those that do the same are drawn once.
pub const SHOWN_ELEMENTS: usize = 5;

/// Whether a folded card of this plan names every path that changes.
pub fn is_whole(report: &PlanReport) -> bool {
    report.all_steps().map(|step| step.changes.len()).sum::<usize>() <= WHOLE_CHANGES
}

/// What a folded card leaves out.
#[derive(Clone, Copy, Debug)]
pub struct Fold<'a> {
    /// How a person sees all of it.
    pub command: &'a str,
    /// The most lines of one diff.
    pub diff_lines: usize,
    /// How much room a step takes.
    pub density: Density,
    /// Whether every path is named.
    pub whole: bool,
}

/// How much room a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Density {
    /// A call, its notes, its diff.
    Roomy,
    /// A change that planc takes back by itself has one line.
    Dense,
}

impl<'a> Fold<'a> {
    /// What to leave out of the card of this plan.
    pub fn of(report: &PlanReport, command: &'a str) -> Fold<'a> {
        let density = if report.all_steps().count() > ROOMY_STEPS { Density::Dense } else { Density::Roomy };
        let whole = is_whole(report);
        let diffs = report.all_steps().flat_map(|step| &step.changes).filter_map(|change| change.diff.as_deref());
        // Equal ones are shown once.
        let hunks = diffs.map(|diff| diff.find("@@").map_or(diff, |at| &diff[at..]));
        let diffs: BTreeSet<&str> = if whole { hunks.collect() } else { BTreeSet::new() };
        let all: usize = diffs.iter().map(|hunks| hunks.lines().count().min(FOLD_LINES)).sum();
        let diff_lines = match all > ALL_DIFF_LINES {
            true => (ALL_DIFF_LINES / diffs.len()).max(LEAST_DIFF_LINES),
            false if whole => FOLD_LINES,
            false => LEAST_DIFF_LINES,
        };
        Fold { command, diff_lines, density, whole }
    }
}
