//! Two steps ⟶ whether they could meet: with the arguments and the links as they are now. What is not known overlaps.

use super::Run;
use crate::prediction::Prediction;
use crate::run::environment_of;
use crate::state::RunState;
use crate::tool::process::{Place, place};
use crate::tool::registry::Implementation;
use crate::workspace::{Change, FileState, Workspace};
use planc_lang::effects::{Resource, conflict, overlap};
use planc_lang::eval::{NoCalls, eval_args};
use planc_lang::paths::literal_prefix;
use planc_lang::plan::{Instance, Plan};
use planc_lang::reach::server;
use planc_lang::syntax::EffectVerb;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

type Touches = Arc<[(EffectVerb, Resource)]>;

/// What steps touch, found out at most once each while nothing changes that.
#[derive(Default)]
pub(crate) struct Conflicts {
    /// As their arguments say.
    named: RefCell<BTreeMap<Instance, Touches>>,
    /// With where links lead, and the directories that are missing on the way.
    resolved: RefCell<BTreeMap<Instance, Touches>>,
    /// Where they run programs.
    runs: RefCell<BTreeMap<Instance, Runs>>,
}

/// Where a program may run; of one that is not known yet both.
#[derive(Clone, Copy)]
struct Runs {
    in_the_open: bool,
    in_a_cell: bool,
}

impl Conflicts {
    /// Whether two steps could meet. Those that the author says may overlap are judged by their word for programs and hosts;
    /// who only reads passes an earlier step that cannot change what it reads. A program in the open is never beside a step that leaves
    /// what nobody has seen: it could find that before somebody has looked at it.
    pub(crate) fn between(&self, run: &Run, state: &RunState, later: Instance, earlier: Instance) -> bool {
        let is_found = |by, left| {
            self.runs(run, state, by).is_some_and(|runs| runs.in_the_open)
                && leaves_unseen(run, left)
                && self.runs(run, state, left).is_none_or(|runs| runs.in_a_cell)
        };
        if is_found(later, earlier) || is_found(earlier, later) {
            return true;
        }
        let (touches, before) = (self.touches(run, state, later), self.touches(run, state, earlier));
        match may_overlap(&run.setup.compiled.plan, later, earlier) {
            true => conflict(&touches, &before),
            false => {
                let changed = before.iter().filter(|(verb, _)| *verb != EffectVerb::Reads);
                changed.into_iter().any(|(_, changed)| touches.iter().any(|(_, read)| overlap(read, changed)))
            }
        }
    }

    /// Forgets what is another now that a step has ended: what its results were needed for, and, after a call that may have
    /// made links or directories, where paths lead.
    pub(crate) fn ended(&mut self, run: &Run, ended: Instance) {
        let plan = &run.setup.compiled.plan;
        let (named, resolved, runs) = (self.named.get_mut(), self.resolved.get_mut(), self.runs.get_mut());
        let block = plan.get(ended.step).each;
        let same_element = |other: &Instance| match ended.element {
            None => other.element.is_none(),
            Some(_) => other.element == ended.element && plan.get(other.step).each == block,
        };
        named.retain(|instance, _| !same_element(instance));
        runs.retain(|instance, _| !same_element(instance));
        match leads_as_before(run, plan, ended) {
            true => resolved.retain(|instance, _| !same_element(instance)),
            false => resolved.clear(),
        }
    }

    fn touches(&self, run: &Run, state: &RunState, instance: Instance) -> Touches {
        if let Some(known) = self.resolved.borrow().get(&instance) {
            return known.clone();
        }
        let named = self.named(run, state, instance);
        let workspace = &run.setup.workspace;
        let mut touches = Vec::new();
        let mut lasting = true;
        for (verb, resource) in named.iter() {
            touches.extend(led(workspace, resource).map(|led| (*verb, led)));
            touches.push((*verb, resource.clone()));
            if *verb != EffectVerb::Reads
                && let Resource::Path(path) = resource
                && let Some(missing) = missing_above(workspace, path)
            {
                // Who makes it first decides for whom it is there.
                touches.push((EffectVerb::Creates, Resource::Path(missing.into())));
                lasting = false;
            }
        }
        let touches: Touches = touches.into();
        if lasting {
            self.resolved.borrow_mut().insert(instance, touches.clone());
        }
        touches
    }

    /// Where a step runs a program, as far as that is known; none: it runs none.
    fn runs(&self, run: &Run, state: &RunState, instance: Instance) -> Option<Runs> {
        if !run.setup.compiled.plan.get(instance.step).call.tool.runs_programs() {
            return None;
        }
        if let Some(known) = self.runs.borrow().get(&instance) {
            return Some(*known);
        }
        let touches = self.named(run, state, instance);
        let mut runs = Runs { in_the_open: false, in_a_cell: false };
        for (_, resource) in touches.iter() {
            match resource {
                Resource::Program(argv) if place(&run.setup.config, argv) == Place::Cell => runs.in_a_cell = true,
                Resource::Program(_) => runs.in_the_open = true,
                Resource::AnyProgram | Resource::Everything => runs = Runs { in_the_open: true, in_a_cell: true },
                _ => {}
            }
        }
        self.runs.borrow_mut().insert(instance, runs);
        Some(runs)
    }

    fn named(&self, run: &Run, state: &RunState, instance: Instance) -> Touches {
        if let Some(known) = self.named.borrow().get(&instance) {
            return known.clone();
        }
        let call = &run.setup.compiled.plan.get(instance.step).call;
        let mut env = environment_of(&run.setup, run.recorder.recorded(state), instance);
        let touches: Touches = match eval_args(call, &mut env, &mut NoCalls) {
            Ok(args) => call.tool.touches(&args).into_iter().chain(server(call)).collect(),
            Err(_) => [(EffectVerb::Writes, Resource::Everything)].into(),
        };
        self.named.borrow_mut().insert(instance, touches.clone());
        touches
    }
}

/// Whether the author says that two steps may overlap: of one `together`, or of different elements.
fn may_overlap(plan: &Plan, one: Instance, other: Instance) -> bool {
    let (step, before) = (plan.get(one.step), plan.get(other.step));
    let same_element = one.element == other.element;
    (step.each.is_some() && step.each == before.each && !same_element)
        || (step.together.is_some() && step.together == before.together && same_element)
}

/// Whether a step may leave files that the approval does not know.
fn leaves_unseen(run: &Run, instance: Instance) -> bool {
    let setup = &run.setup;
    let call = &setup.compiled.plan.get(instance.step).call;
    let foreseen = || setup.predictions.of(&setup.compiled.plan, instance).is_some_and(Prediction::shows_all);
    match setup.registry.get(&call.tool.name) {
        Some(Implementation::Files(_)) => !call.is_read_only() && !foreseen(),
        Some(Implementation::Live(tool)) => tool.as_program().is_some(),
        None => false,
    }
}

/// Whether every path leads where it led before a step: it only read, or is known to have changed nothing but files.
fn leads_as_before(run: &Run, plan: &Plan, ended: Instance) -> bool {
    let plain = |change: &Change| {
        matches!(change.before, FileState::Absent | FileState::File { .. })
            && matches!(change.after, FileState::File { .. } | FileState::Directory { .. })
    };
    let state = run.recorder.state();
    let record = state.get(ended);
    plan.get(ended.step).is_read_only()
        || record.is_some_and(|record| record.by_files && record.changes.iter().all(plain))
}

/// Where links lead, if a resource is a path that has any.
fn led(workspace: &Workspace, resource: &Resource) -> Option<Resource> {
    match resource {
        Resource::Path(path) => match workspace.resolve(path) {
            Ok(led) if led == path.as_str() => None,
            Ok(led) => Some(Resource::Path(led.into())),
            Err(_) => Some(Resource::AnyPath),
        },
        Resource::Glob(glob) => match literal_prefix(glob) {
            "" => None,
            prefix => match workspace.resolve(prefix) {
                Ok(led) if led == prefix => None,
                Ok(_) | Err(_) => Some(Resource::AnyPath),
            },
        },
        Resource::AnyPath
        | Resource::Program(_)
        | Resource::AnyProgram
        | Resource::Host(_)
        | Resource::AnyHost
        | Resource::Named(..)
        | Resource::AnyIn(_)
        | Resource::Everything => None,
    }
}

/// The highest directory above a path that is not there: a call that makes the path makes it too.
fn missing_above<'p>(workspace: &Workspace, path: &'p str) -> Option<&'p str> {
    let above = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| &path[..at]);
    let mut above = above.filter(|above| !above.is_empty());
    above.find(|above| {
        let there = workspace.resolve(above).and_then(|above| workspace.state(&above));
        there.map_or(true, |there| there == FileState::Absent)
    })
}
