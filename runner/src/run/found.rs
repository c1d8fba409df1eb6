//! What the steps of a run have put where ⟶ whether a call would find what the check of its plan knows nothing of.

use super::lines::grants;
use super::permit::Made;
use super::{Recorder, RunSetup};
use crate::laid::{Laid, is_worse, unforeseen};
use crate::state::StepRecord;
use crate::tool::registry::Implementation;
use planc_lang::catalogue::Param;
use planc_lang::effects::Resource;
use planc_lang::labels::Label;
use planc_lang::paths::literal_prefix;
use planc_lang::plan::{Call, StepId};
use planc_lang::syntax::EffectVerb;
use planc_lang::value::Value;

/// All that steps have put somewhere so far, where it is worse than a label says.
pub(crate) fn laid(setup: &RunSetup, recorder: &Recorder, than: Label) -> Vec<Laid> {
    let (plan, labels) = (&setup.compiled.plan, &setup.labels);
    // Asked before each call: most plans taint nothing.
    if !labels.taints() {
        return Vec::new();
    }
    let records: Vec<(StepId, StepRecord)> = {
        let state = recorder.state();
        let begun = state.steps().iter().filter(|record| record.has_begun());
        let of_step = begun.filter_map(|record| Some((record.instance?.step, record)));
        let worse = of_step.filter(|(step, _)| is_worse(labels, *step, than));
        worse.map(|(step, record)| (step, record.clone())).collect()
    };
    let mut found = Vec::new();
    for (step, record) in &records {
        found.extend(record.changes.iter().map(|change| Laid::changed(*step, &record.name, &change.path)));
        let written = written(setup, recorder, &plan.get(*step).call, record.args.as_ref());
        found.extend(written.into_iter().map(|resource| Laid::somewhere(*step, &record.name, resource)));
    }
    found
}

/// Why a call must not be made: it would find something of which the check of the plan knows nothing.
pub(crate) fn of_paths(setup: &RunSetup, recorder: &Recorder, made: Made<'_>, args: &[Value]) -> Option<String> {
    let labels = &setup.labels;
    let step = setup.compiled.plan.step(&made.step.name)?;
    let touches = made.call.tool.touches(args);
    let reached = labels.reached(step);
    unforeseen(labels, reached, &touches, |path| setup.workspace.leads(path), &laid(setup, recorder, reached))
}

/// Where a call may have put something, whether or not anything is other than before: the same bytes have another label now.
fn written(setup: &RunSetup, recorder: &Recorder, call: &Call, args: Option<&Value>) -> Vec<Resource> {
    let written: Vec<Resource> = match setup.registry.get(&call.tool.name) {
        Some(Implementation::Live(tool)) if tool.as_program().is_some() => grants(setup, recorder).changeable(),
        Some(_) | None => {
            let given = |name: &str| args.and_then(|args| args.get(name)).cloned();
            let value = |param: &Param| given(&param.name).unwrap_or_else(|| Value::Unknown(param.ty.clone()));
            let values: Vec<Value> = call.tool.params.iter().map(value).collect();
            let touches = call.tool.touches(&values).into_iter();
            touches.filter(|(verb, _)| *verb != EffectVerb::Reads).map(|(_, resource)| resource).collect()
        }
    };
    written.into_iter().flat_map(|resource| with_led(setup, resource)).collect()
}

/// A resource, and where it lies once links are followed.
fn with_led(setup: &RunSetup, resource: Resource) -> Vec<Resource> {
    let prefix = match &resource {
        Resource::Path(path) => path.as_str(),
        Resource::Glob(glob) => literal_prefix(glob),
        _ => "",
    };
    let led = match prefix {
        "" => Vec::new(),
        prefix => setup.workspace.leads(prefix).into_iter().filter(|led| led != prefix).collect(),
    };
    let led: Vec<Resource> = led.into_iter().map(|led| Resource::Path(led.into())).collect();
    [resource].into_iter().chain(led).collect()
}
