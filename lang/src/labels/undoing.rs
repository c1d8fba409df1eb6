//! What steps are given and have written ⟶ what the calls that take them back are given and may find of secrets, and where secrets may
//! stand once these were made.
//!
//! A call that takes back is made when all others were: it may find what any step has written, whatever the order of the text.
//! In which order such calls are made is known only then, so that each may find what any other has written.

use super::Label;
use super::flow::{Flow, MAX_ROUNDS};
use super::written::Written;
use crate::effects::Resource;
use crate::plan::{Call, StepId};
use crate::reach::{probed, reach};
use crate::syntax::EffectVerb;

/// What the calls that take back may find and leave of secrets.
#[derive(Clone, Debug, Default)]
pub(super) struct Undoing {
    /// Of all that any of them is given or may find.
    pub(super) reached: Label,
    /// Where secrets may stand once they were made.
    pub(super) left: Written,
}

/// A call that takes a step back.
struct Undo {
    step: StepId,
    /// Of the secrets that it is given.
    given: Label,
    /// What it may find.
    touched: Vec<Resource>,
    /// What it may write.
    writes: Vec<Resource>,
}

impl Flow<'_> {
    /// Goes through the calls that take back again and again, until nothing is left that another would find.
    pub(super) fn undoing(&mut self) -> Undoing {
        let plan = self.plan;
        let calls = plan.step_ids().filter_map(|step| Some((step, plan.get(step).undo.as_deref()?)));
        let calls: Vec<Undo> = calls.map(|(step, call)| self.undo(step, call)).collect();
        let (mut reached, mut left) = (Label::default(), self.written.secrets());
        for round in 0.. {
            let version = left.version;
            for Undo { step, given, touched, writes } in &calls {
                let label = touched.iter().fold(*given, |found, resource| found.join(left.at(resource)));
                self.labels[step.index()].undo = label;
                reached = reached.join(label);
                writes.iter().for_each(|resource| left.add(resource, label));
            }
            if left.version == version {
                break;
            }
            if round >= MAX_ROUNDS {
                left.add(&Resource::Everything, reached);
            }
        }
        Undoing { reached, left }
    }

    fn undo(&mut self, step: StepId, call: &Call) -> Undo {
        let anything = || vec![(EffectVerb::Writes, Resource::Everything)];
        let touched = reach(call, &mut self.env).unwrap_or_else(anything);
        let looked = probed(call, &mut self.env).unwrap_or_else(anything);
        let given = call.args.iter().flatten().fold(Label::default(), |given, arg| given.join(self.label(arg)));
        let writes = touched.iter().flat_map(|(verb, resource)| match verb {
            EffectVerb::Writes | EffectVerb::Creates | EffectVerb::Deletes => vec![resource.clone()],
            EffectVerb::Runs => self.changeable.clone(),
            EffectVerb::Reads | EffectVerb::Contacts => Vec::new(),
        });
        let writes = writes.collect();
        let touched = touched.into_iter().chain(looked).map(|(_, resource)| resource).collect();
        Undo { step, given: given.of_secrecy(), touched, writes }
    }
}
