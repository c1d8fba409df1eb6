//! The typed plan ⟶ the graph of its steps.
//!
//! A plan means its steps from top to bottom: a step with an effect waits for every step above it; a step that only reads
//! waits for the results it uses, for `after`, and for the nearest effect above that may touch what it reads. Since effects
//! wait for each other anyway, the nearest one stands for all before it, and the graph has a linear number of edges.

use crate::effects::Resource;
use crate::eval::Env;
use crate::graph::{Edge, StepGraph};
use crate::paths::literal_prefix;
use crate::plan::{Plan, StepId};
use crate::reach::{reach, server};
use crate::syntax::EffectVerb;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// Builds the graph.
pub fn order(plan: &Plan) -> StepGraph {
    let mut builder = Builder::default();
    let count = plan.steps.len();
    // An effect waits for the one before it and for the results it uses.
    builder.graph.graph = DiGraph::with_capacity(count, 2 * count);
    for step in plan.step_ids() {
        builder.graph.graph.add_node(step);
    }
    let mut env = Env::of_text(plan);
    for id in plan.step_ids() {
        builder.add(plan, id, &mut env);
    }
    builder.graph
}

#[derive(Default)]
struct Builder {
    graph: StepGraph,
    last_effect: Option<StepId>,
    /// Steps that only read since the last effect.
    reads: Vec<StepId>,
    touched: Touched,
    /// What the step at hand waits for so far.
    edges: Vec<(StepId, Edge)>,
}

impl Builder {
    fn add(&mut self, plan: &Plan, id: StepId, env: &mut Env<'_>) {
        let step = plan.get(id);
        self.edges.clear();
        step.uses.iter().for_each(|used| self.wait(*used, Edge::Data));
        step.after.iter().for_each(|before| self.wait(*before, Edge::After));
        // A call that always fails is reported; until then it may touch anything.
        let mut touches = reach(&step.call, env).unwrap_or_else(|| vec![(EffectVerb::Writes, Resource::Everything)]);
        touches.extend(server(&step.call));
        let is_read_only = step.call.is_read_only();
        match is_read_only {
            true => {
                let conflict = touches.iter().filter_map(|(_, resource)| self.touched.latest(resource)).max();
                conflict.into_iter().for_each(|before| self.wait(before, Edge::Conflict));
                if step.verification.is_some() {
                    self.last_effect.into_iter().for_each(|before| self.wait(before, Edge::Order));
                }
                self.reads.push(id);
            }
            false => {
                for before in std::mem::take(&mut self.reads) {
                    self.wait(before, Edge::Order);
                }
                self.last_effect.into_iter().for_each(|before| self.wait(before, Edge::Order));
                for (verb, resource) in touches {
                    if verb != EffectVerb::Reads {
                        self.touched.insert(resource, id);
                    }
                }
                self.last_effect = Some(id);
            }
        }
        for (before, edge) in &self.edges {
            self.graph.graph.add_edge(NodeIndex::new(before.index()), NodeIndex::new(id.index()), *edge);
        }
    }

    fn wait(&mut self, before: StepId, edge: Edge) {
        // The list is short but for an effect after many reads, whose `Order` edges come last and are all different.
        let known = self.edges.iter().take(64).any(|(other, _)| *other == before);
        if !known {
            self.edges.push((before, edge));
        }
    }
}

/// The latest step that touched each resource.
#[derive(Default)]
struct Touched {
    /// By exact path.
    paths: FxHashMap<SmolStr, StepId>,
    /// By every directory above a touched path.
    beneath: FxHashMap<SmolStr, StepId>,
    /// By name, each once; `places` says where.
    named: Vec<(Resource, StepId)>,
    places: FxHashMap<Resource, usize>,
    /// The latest step that may have touched any path: a program, an unknown path.
    any_path: Option<StepId>,
    /// The latest step that may have touched anything.
    everything: Option<StepId>,
    /// The latest step of all.
    latest: Option<StepId>,
}

impl Touched {
    fn insert(&mut self, resource: Resource, step: StepId) {
        self.latest = Some(step);
        match &resource {
            Resource::Path(path) => self.insert_path(path, step),
            Resource::Glob(glob) => self.insert_path(literal_prefix(glob), step),
            Resource::AnyPath => self.any_path = Some(step),
            Resource::Program(_) | Resource::AnyProgram | Resource::Everything => self.everything = Some(step),
            Resource::Host(_) | Resource::AnyHost | Resource::Named(..) | Resource::AnyIn(_) => {
                let place = *self.places.entry(resource.clone()).or_insert(self.named.len());
                match self.named.get_mut(place) {
                    Some((_, latest)) => *latest = step,
                    None => self.named.push((resource, step)),
                }
            }
        }
    }

    fn insert_path(&mut self, path: &str, step: StepId) {
        let path = if path == "." { "" } else { path };
        self.paths.insert(path.into(), step);
        ancestors(path).for_each(|ancestor| {
            self.beneath.insert(ancestor.into(), step);
        });
    }

    /// The latest step that may have touched something of a resource.
    fn latest(&self, resource: &Resource) -> Option<StepId> {
        let own = match resource {
            Resource::Path(path) => self.latest_path(path),
            Resource::Glob(glob) => self.latest_path(literal_prefix(glob)),
            Resource::AnyPath => {
                self.paths.get("").into_iter().chain(self.beneath.get("")).max().copied().max(self.any_path)
            }
            Resource::Program(_) | Resource::AnyProgram | Resource::Everything => self.latest,
            Resource::Host(_) | Resource::AnyHost | Resource::Named(..) | Resource::AnyIn(_) => {
                let overlapping = self.named.iter().filter(|(other, _)| crate::effects::overlap(resource, other));
                overlapping.map(|(_, step)| *step).max()
            }
        };
        own.max(self.everything)
    }

    fn latest_path(&self, path: &str) -> Option<StepId> {
        let path = if path == "." { "" } else { path };
        let above = ancestors(path).filter_map(|ancestor| self.paths.get(ancestor).copied()).max();
        let here = self.paths.get(path).copied();
        let below = self.beneath.get(path).copied();
        above.max(here).max(below).max(self.any_path)
    }
}

/// The directories above a path, the workspace itself (the empty path) included.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let parents = path.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| &path[..at]);
    (!path.is_empty()).then_some("").into_iter().chain(parents)
}
