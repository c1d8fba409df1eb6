//! Two steps ⟶ whether the later, read-only one could see what the earlier one changes: with the arguments and the links
//! as they are now. What is not known overlaps.

use crate::run::{RunSetup, environment};
use crate::state::RunState;
use planc_lang::effects::{Resource, overlap};
use planc_lang::eval::{Env, NoCalls, eval_args};
use planc_lang::paths::literal_prefix;
use planc_lang::plan::StepId;
use planc_lang::reach::server;
use planc_lang::syntax::EffectVerb;
use std::cell::RefCell;
use std::collections::BTreeMap;

type Touches = Vec<(EffectVerb, Resource)>;

/// What steps touch, found out at most once each.
pub(crate) struct Conflicts<'s> {
    setup: &'s RunSetup,
    state: &'s RunState,
    env: RefCell<Option<Env<'s>>>,
    known: RefCell<BTreeMap<StepId, Touches>>,
}

impl<'s> Conflicts<'s> {
    pub(crate) fn new(setup: &'s RunSetup, state: &'s RunState) -> Conflicts<'s> {
        Conflicts { setup, state, env: RefCell::default(), known: RefCell::default() }
    }

    /// Whether the first step could see what the second changes.
    pub(crate) fn between(&self, early: StepId, earlier: StepId) -> bool {
        let (reads, changes) = (self.touches(early), self.touches(earlier));
        let changed = changes.iter().filter(|(verb, _)| *verb != EffectVerb::Reads);
        changed.into_iter().any(|(_, changed)| reads.iter().any(|(_, read)| overlap(read, changed)))
    }

    fn touches(&self, id: StepId) -> Touches {
        if let Some(known) = self.known.borrow().get(&id) {
            return known.clone();
        }
        let call = &self.setup.compiled.plan.get(id).call;
        let mut env = self.env.borrow_mut();
        let env = env.get_or_insert_with(|| environment(&self.setup.compiled.plan, &self.setup.inputs, self.state));
        let touches = match eval_args(call, env, &mut NoCalls) {
            Ok(args) => {
                let touches = call.tool.touches(&args).into_iter().chain(server(call));
                touches.flat_map(|touch| self.resolved(touch)).collect()
            }
            Err(_) => vec![(EffectVerb::Writes, Resource::Everything)],
        };
        self.known.borrow_mut().insert(id, touches.clone());
        touches
    }

    /// A touch as written, and where links lead it.
    fn resolved(&self, (verb, resource): (EffectVerb, Resource)) -> Touches {
        let led = match &resource {
            Resource::Path(path) => match self.setup.workspace.resolve(path) {
                Ok(led) if led == path.as_str() => None,
                Ok(led) => Some(Resource::Path(led.into())),
                Err(_) => Some(Resource::AnyPath),
            },
            Resource::Glob(glob) => match literal_prefix(glob) {
                "" => None,
                prefix => match self.setup.workspace.resolve(prefix) {
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
        };
        [Some(resource), led].into_iter().flatten().map(|resource| (verb, resource)).collect()
    }
}
