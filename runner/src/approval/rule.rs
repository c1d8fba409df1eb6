//! What a yes to a plan must be: what the operator wants, and the effects of the plan.

use crate::config::{Approvals, Effect, Rule};
use crate::report::{PlanReport, UndoKind};
use planc_lang::syntax::EffectVerb;

/// What a yes to a plan must be: the strictest of all that is said about its effects.
pub fn rule_for(approvals: &Approvals, report: &PlanReport) -> Rule {
    let wanted = approvals.by_effect.iter().filter(|(effect, _)| has(report, **effect)).map(|(_, rule)| *rule);
    wanted.fold(approvals.rule, Rule::and)
}

/// Whether a plan has a kind of effect.
fn has(report: &PlanReport, effect: Effect) -> bool {
    report.all_steps().any(|step| match effect {
        Effect::Destructive => step.destructive,
        Effect::NotUndoable => match step.undo {
            UndoKind::Nothing | UndoKind::Automatic => false,
            UndoKind::Declared | UndoKind::Impossible => true,
        },
        Effect::Contacts => step.effects.iter().any(|effect| effect.verb == EffectVerb::Contacts),
    })
}
