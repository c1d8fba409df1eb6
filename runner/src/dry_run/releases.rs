//! What a plan endorses and reveals ⟶ the values that the approver answers for, as far as the dry run knows them.

use super::DryRun;
use crate::report::ReleaseReport;
use planc_lang::eval::{Env, NoCalls, eval};
use planc_lang::labels::Labels;
use planc_lang::plan::{EachId, ReleaseKind};
use planc_lang::releases;
use planc_lang::secrets::hidden;
use planc_lang::value::Value;

/// The value of a release for an element of a block.
pub(super) type Released = (usize, Option<u32>, Value);

impl DryRun<'_> {
    /// The values of the releases that stand in a block, for the element at hand.
    pub(super) fn released(&self, each: EachId, element: Option<u32>, env: &mut Env<'_>) -> Vec<Released> {
        let plan = &self.compiled.plan;
        let here = releases::all(plan).filter(|(index, _)| plan.lets[*index].each == Some(each));
        here.map(|(index, _)| (index, element, self.released_value(index, env))).collect()
    }

    /// Everything that the plan releases, in the order of the plan; `within` are those of blocks.
    pub(super) fn releases(&self, labels: &Labels, within: Vec<Released>, env: &mut Env<'_>) -> Vec<ReleaseReport> {
        let plan = &self.compiled.plan;
        let own: Vec<usize> =
            releases::all(plan).map(|(index, _)| index).filter(|index| plan.lets[*index].each.is_none()).collect();
        let mut all: Vec<Released> =
            own.into_iter().map(|index| (index, None, self.released_value(index, env))).collect();
        all.extend(within);
        all.sort_by_key(|(index, element, _)| (*index, *element));
        let meaning = self.meaning();
        let release = |(index, element, value)| meaning.release(labels, (index, element), value);
        all.into_iter().filter_map(release).collect()
    }

    /// The value of a release as it is told. What fails is a failure of the step that needs it; here it is not known.
    fn released_value(&self, index: usize, env: &mut Env<'_>) -> Value {
        let defined = &self.compiled.plan.lets[index];
        let expr = &defined.value;
        let is_reveal = defined.release.as_ref().is_some_and(|release| release.kind == ReleaseKind::Reveal);
        if is_reveal || self.is_kept(expr) {
            return if self.is_foreseen(expr, env) { hidden() } else { Value::Unknown(expr.ty.clone()) };
        }
        eval(expr, env, &mut NoCalls).unwrap_or_else(|_| Value::Unknown(expr.ty.clone()))
    }
}
