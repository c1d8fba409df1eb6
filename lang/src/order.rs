//! The typed plan ⟶ the graph of its steps.
//!
//! A plan means its steps from top to bottom: a step with an effect waits for every step above it; a step that only reads
//! waits for the results it uses, for `after`, and for the nearest effect above that may touch what it reads. Since effects
//! wait for each other anyway, the nearest one stands for all before it, and the graph has a linear number of edges. The
//! steps of a `together` do not wait for each other, and all of them stand for what is before. A gate is an effect on
//! everything, and what is behind a poll waits for it. In an `each` block the edges are those of one element; elements
//! among each other are the runner's business.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::effects::{Resource, conflict};
use crate::eval::Env;
use crate::graph::{Edge, StepGraph};
use crate::paths::literal_prefix;
use crate::plan::{Plan, StepId};
use crate::reach::{reach, server};
use crate::syntax::EffectVerb;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

/// The most steps that a `together` may hold: each waits for all steps of the one before it.
pub const MAX_TOGETHER: usize = 32;

type Touches = Vec<(EffectVerb, Resource)>;

/// Builds the graph; reports steps of a `together` that conflict.
pub fn order(plan: &Plan, report: &Diagnostics) -> StepGraph {
    let mut builder = Builder::default();
    let count = plan.steps.len();
    // An effect waits for the one before it and for the results it uses.
    builder.graph.graph = DiGraph::with_capacity(count, 2 * count);
    for step in plan.step_ids() {
        builder.graph.graph.add_node(step);
    }
    let mut env = Env::of_text(plan);
    for id in plan.step_ids() {
        builder.add(plan, id, &mut env, report);
    }
    builder.graph
}

#[derive(Default)]
struct Builder {
    graph: StepGraph,
    /// The latest effects: every effect before one of them is waited for by one of them.
    effects: Vec<StepId>,
    /// Steps that only read since the last effect.
    reads: Vec<StepId>,
    together: Option<Together>,
    touched: Touched,
    /// What the step at hand waits for so far.
    edges: Vec<(StepId, Edge)>,
}

/// The `together` that the walk is in.
struct Together {
    number: u32,
    /// Its steps so far.
    steps: Vec<Member>,
    effects: Vec<StepId>,
    reads: Vec<StepId>,
    polls: Vec<StepId>,
}

/// A step of a `together`.
struct Member {
    step: StepId,
    touches: Touches,
    /// What it waits for; of the members before it also what they wait for.
    waits: FxHashSet<StepId>,
}

impl Builder {
    fn add(&mut self, plan: &Plan, id: StepId, env: &mut Env<'_>, report: &Diagnostics) {
        let step = plan.get(id);
        self.turn_to(step.together);
        self.edges.clear();
        step.uses.iter().for_each(|used| self.wait(*used, Edge::Data));
        step.uses_each.iter().flat_map(|each| plan.steps_of(*each)).for_each(|used| self.wait(used, Edge::Data));
        step.after.iter().for_each(|before| self.wait(*before, Edge::After));
        // A call that always fails is reported; until then it may touch anything.
        let touches = match step.is_gate {
            true => vec![(EffectVerb::Writes, Resource::Everything)],
            false => {
                let own = reach(&step.call, env).unwrap_or_else(|| vec![(EffectVerb::Writes, Resource::Everything)]);
                own.into_iter().chain(server(&step.call)).collect()
            }
        };
        match step.is_read_only() {
            true => self.add_reading(plan, id, &touches),
            false => self.add_effect(id, &touches),
        }
        if step.poll.is_some() {
            // What is waited for is there for those behind it, reading included.
            match &mut self.together {
                Some(together) => together.polls.push(id),
                None => self.touched.insert(Resource::Everything, id),
            }
        }
        self.add_to_together(plan, id, touches, report);
        for (before, edge) in &self.edges {
            self.graph.graph.add_edge(NodeIndex::new(before.index()), NodeIndex::new(id.index()), *edge);
        }
    }

    fn add_reading(&mut self, plan: &Plan, id: StepId, touches: &Touches) {
        let conflict = touches.iter().filter_map(|(_, resource)| self.touched.latest(resource)).max();
        if let Some(before) = conflict {
            self.wait(before, Edge::Conflict);
            self.wait_for_siblings(plan, before);
        }
        if plan.get(id).verification.is_some() {
            for before in self.effects.clone() {
                self.wait(before, Edge::Order);
            }
        }
        match &mut self.together {
            Some(together) => together.reads.push(id),
            None => self.reads.push(id),
        }
    }

    /// The latest of a `together` does not stand for the others of it.
    fn wait_for_siblings(&mut self, plan: &Plan, before: StepId) {
        let Some(number) = plan.get(before).together else { return };
        let siblings = (0..before.index()).rev().map(StepId::new);
        for sibling in siblings.take_while(|sibling| plan.get(*sibling).together == Some(number)) {
            self.wait(sibling, Edge::Conflict);
        }
    }

    fn add_effect(&mut self, id: StepId, touches: &Touches) {
        let waits: Vec<StepId> = self.reads.iter().chain(&self.effects).copied().collect();
        waits.into_iter().for_each(|before| self.wait(before, Edge::Order));
        for (verb, resource) in touches {
            if *verb != EffectVerb::Reads {
                self.touched.insert(resource.clone(), id);
            }
        }
        match &mut self.together {
            Some(together) => together.effects.push(id),
            None => {
                self.reads.clear();
                self.effects = vec![id];
            }
        }
    }

    /// Enters and leaves blocks of `together`: from the end of one its steps stand for all before it.
    fn turn_to(&mut self, number: Option<u32>) {
        if self.together.as_ref().map(|together| together.number) == number {
            return;
        }
        if let Some(together) = self.together.take() {
            together.polls.iter().for_each(|poll| self.touched.insert(Resource::Everything, *poll));
            match together.effects.is_empty() {
                true => self.reads.extend(together.reads),
                false => {
                    self.effects = together.effects;
                    self.reads = together.reads;
                }
            }
        }
        self.together = number.map(|number| Together {
            number,
            steps: Vec::new(),
            effects: Vec::new(),
            reads: Vec::new(),
            polls: Vec::new(),
        });
    }

    fn add_to_together(&mut self, plan: &Plan, id: StepId, touches: Touches, report: &Diagnostics) {
        let Some(together) = &mut self.together else { return };
        if together.steps.len() == MAX_TOGETHER {
            report.push(
                Diagnostic::new(Code::TogetherTooLarge, plan.get(id).span, "a `together` with too many steps")
                    .label(format!("more than {MAX_TOGETHER}"))
                    .help("an `each` over a list has no such limit"),
            );
        }
        // That one reads what the other changes is no reason for it to wait: it is the mistake.
        let said = self.edges.iter().filter(|(_, edge)| matches!(edge, Edge::Data | Edge::After));
        let mut waits: FxHashSet<StepId> = said.map(|(before, _)| *before).collect();
        for member in together.steps.iter().rev() {
            if waits.contains(&member.step) {
                waits.extend(&member.waits);
            }
        }
        let clashes = |member: &&Member| {
            !waits.contains(&member.step) && is_known(&member.touches, &touches) && conflict(&member.touches, &touches)
        };
        if let Some(member) = together.steps.iter().find(clashes).filter(|_| !report.has_errors()) {
            report.push(conflicting(plan, member.step, id));
        }
        together.steps.push(Member { step: id, touches, waits });
    }

    fn wait(&mut self, before: StepId, edge: Edge) {
        // The list is short but for an effect after many reads, whose `Order` edges come last and are all different.
        let known = self.edges.iter().take(64).any(|(other, _)| *other == before);
        if !known {
            self.edges.push((before, edge));
        }
    }
}

/// Whether the text tells what both touch. What it does not tell is compared by the runner when it is known, and such
/// steps wait for each other if they must.
fn is_known(a: &Touches, b: &Touches) -> bool {
    let open = |resource: &Resource| {
        matches!(resource, Resource::AnyPath | Resource::AnyProgram | Resource::AnyHost | Resource::AnyIn(_))
    };
    a.iter().chain(b).all(|(_, resource)| !open(resource))
}

fn conflicting(plan: &Plan, first: StepId, second: StepId) -> Diagnostic {
    let (first, second) = (plan.get(first), plan.get(second));
    let message = format!("`{}` and `{}` cannot run together: they may touch the same thing", first.name, second.name);
    Diagnostic::new(Code::ConflictingTogether, second.call.span, message)
        .label("one of the two changes what the other touches")
        .related(first.call.span, "may overlap with this one")
        .help(format!(
            "say which comes first: `after {}` in `{}`, or take it out of the block",
            first.name, second.name
        ))
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
