//! What the dry run expects of each step, kept with the plan so that a run can tell when the world is another one.

use crate::workspace::{Change, Look, Observation};
use planc_lang::digest::Digest;
use planc_lang::plan::{Instance, Plan};
use planc_lang::types::Type;
use planc_lang::value::{UNKNOWN_KEY, Value, is_known};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// How many elements the list of an `each` block may have.
pub const MAX_ELEMENTS: usize = 100_000;

/// What the dry run expects of one step or `each` block, where it could know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The name of the step, of its instance for an element, or of the block.
    pub step: String,
    /// Of a block: how many elements it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub each: Option<Elements>,
    /// Whether it runs, where that is known.
    #[serde(default)]
    pub when: Option<bool>,
    /// Its arguments by name, as the approver saw them; parts that are known only after the run are unknown.
    #[serde(default = "nothing_known")]
    pub args: Value,
    /// The arguments of its `undo` call, in the same way.
    #[serde(default = "nothing_known")]
    pub undo: Value,
    /// What the step will see, earlier steps' simulated changes included. Looks at what may have been changed by a call
    /// with unknown outcome are left out.
    pub observations: Vec<Observation>,
    /// What its `undo` call will find of the programs and files that it names, as the step leaves them. What a call with
    /// unknown outcome makes of them is left aside.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub undo_observations: Vec<Observation>,
    /// The files of the workspace that the command line of its program names, as they are before the plan: a run finds
    /// them so, or as it has left them itself.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub named: Vec<Observation>,
    /// What it will change; empty where that is known only after the run.
    pub changes: Vec<Change>,
    /// The files among them of which no diff shows what they will hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub undrawn: Vec<String>,
    /// What a model said, which is used at the run: it is not asked again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pinned: Option<Pinned>,
    /// Whether the program that it runs must change exactly that.
    #[serde(skip_serializing_if = "Exact::is_no", default)]
    pub exact: Exact,
}

/// Whether what a program changed in the dry run is what it must change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exact {
    /// It may change something else, within `critical`.
    #[default]
    No,
    /// Those bytes, modes and absences, and nothing else.
    Yes,
}

impl Exact {
    fn is_no(&self) -> bool {
        *self == Exact::No
    }
}

/// What a model said before approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pinned {
    /// What it was asked, and by which wiring: see [`crate::tool::model::identity`].
    pub asked: Digest,
    /// The value that it gave.
    pub value: Value,
}

/// How many elements a block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elements {
    /// So many.
    Known(usize),
    /// It is known only after the run.
    AfterRun,
}

/// All predictions of a plan, by name. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Predictions {
    /// In the order of the dry run.
    list: Arc<[Prediction]>,
    by_name: Arc<HashMap<String, usize>>,
}

impl From<Vec<Prediction>> for Predictions {
    fn from(list: Vec<Prediction>) -> Predictions {
        let names = list.iter().enumerate().map(|(index, prediction)| (prediction.step.clone(), index));
        Predictions { by_name: Arc::new(names.collect()), list: list.into() }
    }
}

impl Predictions {
    /// In the order of the dry run.
    pub fn all(&self) -> &[Prediction] {
        &self.list
    }

    /// What is expected of the step or block with this name.
    pub fn named(&self, name: &str) -> Option<&Prediction> {
        self.by_name.get(name).map(|index| &self.list[*index])
    }

    /// What is expected of an instance: of itself, else of any element of its block.
    pub fn of(&self, plan: &Plan, instance: Instance) -> Option<&Prediction> {
        self.named(&plan.name_of(instance)).or_else(|| self.named(&plan.get(instance.step).name))
    }

    /// What is expected after the step with this name, in the order of the dry run.
    pub fn after(&self, name: &str) -> &[Prediction] {
        self.by_name.get(name).map_or(&[], |index| &self.list[index + 1..])
    }
}

impl Prediction {
    /// Nothing is expected of a step yet.
    pub fn of_step(name: &str) -> Prediction {
        Prediction {
            step: name.to_owned(),
            each: None,
            when: None,
            args: nothing_known(),
            undo: nothing_known(),
            observations: Vec::new(),
            undo_observations: Vec::new(),
            named: Vec::new(),
            changes: Vec::new(),
            undrawn: Vec::new(),
            pinned: None,
            exact: Exact::No,
        }
    }

    /// Whether the approver was shown this change, with all that it puts there.
    pub fn shows(&self, change: &Change) -> bool {
        self.changes.iter().any(|known| known.path == change.path && known.after == change.after)
            && !self.undrawn.contains(&change.path)
    }

    /// Whether the approver was shown changes, and all that they put somewhere.
    pub fn shows_all(&self) -> bool {
        !self.changes.is_empty() && self.undrawn.is_empty()
    }

    /// What is expected of a block.
    pub fn of_block(name: &str, when: Option<bool>, elements: Elements) -> Prediction {
        Prediction {
            step: name.to_owned(),
            each: Some(elements),
            when,
            args: nothing_known(),
            undo: nothing_known(),
            observations: Vec::new(),
            undo_observations: Vec::new(),
            named: Vec::new(),
            changes: Vec::new(),
            undrawn: Vec::new(),
            pinned: None,
            exact: Exact::No,
        }
    }

    /// Where a block with a list of so many elements is another one than was approved: its condition and the number of
    /// its elements, where they were known then.
    pub fn another_block(&self, when: bool, elements: Option<usize>) -> Vec<(Observation, String)> {
        let mut different = self.another_call(when, None);
        if let (Some(Elements::Known(expected)), Some(found)) = (self.each, elements.filter(|_| when))
            && expected != found
        {
            different.push((self.part("elements", expected.to_string()), found.to_string()));
        }
        different
    }

    /// Where a call that is about to be made is another one than was approved: the parts of its condition and its arguments
    /// that were known then. What came over the network may differ each time it is read, so equal observations of the
    /// workspace do not make equal calls.
    pub fn another_call(&self, when: bool, args: Option<&Value>) -> Vec<(Observation, String)> {
        let mut different = Vec::new();
        if let Some(expected) = self.when.filter(|expected| *expected != when) {
            different.push((self.part("when", expected.to_string()), when.to_string()));
        }
        different.extend(args.into_iter().flat_map(|args| self.differing("", &self.args, args)));
        different
    }

    /// The same for the arguments of the `undo` call.
    pub fn another_undo(&self, args: &Value) -> Vec<(Observation, String)> {
        self.differing("undo ", &self.undo, args)
    }

    fn differing(&self, prefix: &str, expected: &Value, found: &Value) -> Vec<(Observation, String)> {
        let Value::Record(expected) = expected else { return Vec::new() };
        let differing = expected.iter().filter_map(|(name, expected)| {
            let found = found.get(name);
            let fits = found.is_some_and(|found| fits(expected, found));
            let found = || found.map_or_else(|| "absent".to_owned(), Value::to_string);
            (!fits).then(|| (self.part(&format!("{prefix}{name}"), expected.to_string()), found()))
        });
        differing.collect()
    }

    fn part(&self, part: &str, seen: String) -> Observation {
        Observation { look: Look::Call { step: self.step.clone(), part: part.into() }, seen }
    }
}

/// Whether a value is as expected in every part that was known.
fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (expected, _) if !is_known(expected) => true,
        (Value::List(expected), Value::List(found)) => {
            expected.len() == found.len() && expected.iter().zip(found.iter()).all(|(e, f)| fits(e, f))
        }
        (Value::Record(expected), Value::Record(found)) => {
            expected.len() == found.len()
                && expected.iter().all(|(name, e)| found.get(name).is_some_and(|f| fits(e, f)))
        }
        _ => expected == found,
    }
}

/// Whether a known value has the form that the store gives to what is not known: it would be bound to nothing, since
/// anything is what was expected there.
pub fn imitates_unknown(value: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(imitates_unknown),
        Value::Record(record) => record.iter().any(|(name, value)| name == UNKNOWN_KEY || imitates_unknown(value)),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::Formed(_)
        | Value::Unknown(_) => false,
    }
}

fn nothing_known() -> Value {
    Value::Unknown(Type::Any)
}
