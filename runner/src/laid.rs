//! What steps have put where, and where the paths of a call lead ⟶ whether the labels of the plan know what the call finds.
//!
//! Labels know paths as they are written. Links, those that were there and those that programs make, lead elsewhere. What is
//! found there has the labels of who put it there, whatever the path is called, and also where what was put is gone again.

use planc_lang::effects::{Resource, overlap};
use planc_lang::labels::{Label, Labels};
use planc_lang::paths::within;
use planc_lang::plan::StepId;
use planc_lang::syntax::EffectVerb;

/// Something that a step has put somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Laid {
    step: StepId,
    /// The name of the step, with the element in a block.
    by: String,
    place: Place,
}

/// Where it lies.
#[derive(Clone, Debug)]
enum Place {
    /// At this path, which was changed.
    Changed(String),
    /// Somewhere in this, as far as can be told.
    Somewhere(Resource),
}

impl Laid {
    /// A step has changed a path.
    pub(crate) fn changed(step: StepId, by: &str, path: &str) -> Laid {
        Laid { step, by: by.to_owned(), place: Place::Changed(path.to_owned()) }
    }

    /// A step may have put something into a resource.
    pub(crate) fn somewhere(step: StepId, by: &str, resource: Resource) -> Laid {
        Laid { step, by: by.to_owned(), place: Place::Somewhere(resource) }
    }

    /// Whether it lies at a path without links, or beneath it. A folder on the way to it says nothing of its word.
    fn is_at(&self, path: &str) -> bool {
        match &self.place {
            Place::Changed(changed) => within(changed, path),
            Place::Somewhere(resource) => overlap(resource, &Resource::Path(path.into())),
        }
    }

    fn is_in(&self, touched: &Resource) -> bool {
        match &self.place {
            Place::Changed(changed) => overlap(&Resource::Path(changed.as_str().into()), touched),
            Place::Somewhere(resource) => overlap(resource, touched),
        }
    }
}

/// Whether a step puts something somewhere that is worse than a label says.
pub(crate) fn is_worse(labels: &Labels, step: StepId, than: Label) -> bool {
    let label = labels.written(step);
    label.integrity > than.integrity || label.secrecy > than.secrecy
}

/// What a call with the label `reached` would find that is worse than that; says what, where and by whom. `leads` gives the
/// paths that a path leads to and through, links followed.
pub(crate) fn unforeseen(
    labels: &Labels,
    reached: Label,
    touches: &[(EffectVerb, Resource)],
    mut leads: impl FnMut(&str) -> Vec<String>,
    laid: &[Laid],
) -> Option<String> {
    let worse: Vec<&Laid> = laid.iter().filter(|laid| is_worse(labels, laid.step, reached)).collect();
    // A program may find all that was ever put anywhere, which its label says.
    let runs = touches.iter().any(|(verb, _)| *verb == EffectVerb::Runs);
    if worse.is_empty() || runs {
        return None;
    }
    touches.iter().find_map(|(_, resource)| match resource {
        Resource::Path(path) => leads(path).iter().find_map(|led| {
            let found = worse.iter().find(|laid| laid.is_at(led))?;
            Some(told(labels, reached, found, &format!("`{path}` leads to `{led}`, where")))
        }),
        Resource::Glob(_) | Resource::AnyPath | Resource::Everything => {
            let found = worse.iter().find(|laid| laid.is_in(resource))?;
            Some(told(labels, reached, found, &format!("in `{resource}`")))
        }
        Resource::Program(_)
        | Resource::AnyProgram
        | Resource::Host(_)
        | Resource::AnyHost
        | Resource::Named(..)
        | Resource::AnyIn(_) => None,
    })
}

fn told(labels: &Labels, reached: Label, laid: &Laid, at: &str) -> String {
    let what = match labels.written(laid.step).secrecy > reached.secrecy {
        true => "a secret",
        false => "outside text",
    };
    let by = &laid.by;
    format!("{at} step `{by}` put {what}, which no path of the plan says: write the path that it leads to")
}
