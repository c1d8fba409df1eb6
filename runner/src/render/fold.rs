//! How long a plan is ⟶ how much of it a folded card leaves out, so that a hundred steps stay readable on two screens.
//!
//! What cannot be taken back, asks, or is not known is never folded: only diffs, reads, and changes that planc takes back
//! by itself.

use crate::report::PlanReport;

/// The most lines of one diff on a folded card.
pub const FOLD_LINES: usize = 24;

/// The most lines of all diffs together on a folded card, before each is given less.
pub const ALL_DIFF_LINES: usize = 120;

/// The fewest lines of a diff that are worth showing.
const LEAST_DIFF_LINES: usize = 6;

/// A plan with more steps than this is drawn densely.
pub const ROOMY_STEPS: usize = 40;

/// What a folded card leaves out.
#[derive(Clone, Copy, Debug)]
pub struct Fold<'a> {
    /// How a person sees all of it.
    pub command: &'a str,
    /// The most lines of one diff.
    pub diff_lines: usize,
    /// How much room a step takes.
    pub density: Density,
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
        let diffs = report.all_steps().flat_map(|step| &step.changes).filter_map(|change| change.diff.as_ref());
        let lines: Vec<usize> = diffs.map(|diff| diff.lines().count()).collect();
        let all: usize = lines.iter().map(|lines| (*lines).min(FOLD_LINES)).sum();
        let diff_lines = match all > ALL_DIFF_LINES {
            true => (ALL_DIFF_LINES / lines.len()).max(LEAST_DIFF_LINES),
            false => FOLD_LINES,
        };
        Fold { command, diff_lines, density }
    }
}
