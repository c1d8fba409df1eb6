//! Two plans ⟶ what is different between them, part by part, in meaning and not in text.
//!
//! Parts are recognised by what they are, then by what they are called; a part that only depends on something else that
//! changed is told apart from one that changed itself. What the plan may newly touch is named by itself, since that is what a
//! reviewer looks for first.

mod pairs;
mod parts;
mod sections;
mod steps;

use crate::compiled::digest;
use crate::digest::Digest;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// What is different between two plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The digest of the older plan.
    pub before: Digest,
    /// The digest of the newer plan.
    pub after: Digest,
    /// What the steps may touch, as far as the text tells: `writes out/a.txt`.
    pub reach: Reach,
    /// `critical` lines.
    pub critical: Vec<Entry>,
    /// Steps, those of verifications among them.
    pub steps: Vec<Entry>,
    /// `each` blocks.
    pub eaches: Vec<Entry>,
    /// Tools whose definition is another one, or that are newly used or no longer.
    pub tools: Vec<Entry>,
    /// Inputs.
    pub inputs: Vec<Entry>,
    /// Assumptions.
    pub assumptions: Vec<Entry>,
    /// What the plan leans on.
    pub reuse: Vec<Entry>,
    /// Lets.
    pub lets: Vec<Entry>,
    /// Verifications.
    pub verifications: Vec<Entry>,
    /// Outputs.
    pub outputs: Vec<Entry>,
    /// Title, rationale and context.
    pub texts: Vec<Entry>,
}

/// What the steps of the one plan touch and those of the other do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Touched only by the newer plan.
    pub added: Vec<String>,
    /// Touched only by the older plan.
    pub removed: Vec<String>,
}

/// A part of a plan that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is called: in the newer plan, or where it is gone in the older one.
    pub name: String,
    /// How it is different.
    pub change: Change,
    /// What it was called, where that is different.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Whether it stands in another place among those of its kind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
    /// What of it is different; all of it, where it is new or gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartChange>,
}

/// How a part of a plan is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
    /// It says the same about something that changed.
    Affected,
    /// It is the same under another name.
    Renamed,
    /// It is the same in another place.
    Moved,
}

/// One thing that a part of a plan says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChange {
    /// Which: `args.path`, `when`, `type`.
    pub part: String,
    /// As the language writes it, in the older plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// As the language writes it, in the newer plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The lets in it that have another value: it may read the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
}

/// A section of a comparison: its title, and how to get it.
pub type Section = (&'static str, fn(&Revision) -> &[Entry]);

/// The sections of a comparison in the order in which a reviewer wants them.
pub const SECTIONS: [Section; 11] = [
    ("critical", |revision| &revision.critical),
    ("steps", |revision| &revision.steps),
    ("eaches", |revision| &revision.eaches),
    ("tools", |revision| &revision.tools),
    ("inputs", |revision| &revision.inputs),
    ("assumptions", |revision| &revision.assumptions),
    ("reuse", |revision| &revision.reuse),
    ("lets", |revision| &revision.lets),
    ("verifications", |revision| &revision.verifications),
    ("outputs", |revision| &revision.outputs),
    ("texts", |revision| &revision.texts),
];

impl Revision {
    /// Whether both plans are the same.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }

    /// Whether nothing but the way of saying it is different: a `let` is written out, or the other way round.
    pub fn is_rewritten(&self) -> bool {
        !self.is_same() && SECTIONS.iter().all(|(_, section)| section(self).is_empty())
    }
}

/// What is different between an older plan and a newer one.
pub fn revision(before: &Plan, after: &Plan) -> Revision {
    let pairs = pairs::pairs(before, after);
    let side = parts::Sides::new(before, after, &pairs);
    Revision {
        before: digest(before),
        after: digest(after),
        reach: sections::reach(before, after),
        critical: sections::critical(before, after),
        steps: steps::entries(&side, &pairs),
        eaches: steps::blocks(&side, &pairs),
        tools: sections::tools(before, after),
        inputs: sections::inputs(before, after),
        assumptions: sections::assumptions(&side),
        reuse: sections::reuse(before, after),
        lets: sections::lets(&side),
        verifications: sections::verifications(&side),
        outputs: sections::outputs(&side),
        texts: sections::texts(before, after),
    }
}
