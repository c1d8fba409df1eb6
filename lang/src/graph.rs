//! The order of steps as a graph: who waits for whom, and why.

use crate::plan::StepId;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use serde::Serialize;

/// Why a step waits for an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Edge {
    /// It uses the result.
    Data,
    /// `after` says so.
    After,
    /// It reads what the earlier one may change.
    Conflict,
    /// It has an effect, and effects wait for every earlier step.
    Order,
}

/// The steps of a plan, an edge from each step to those that wait for it. Without circles; transitive edges of kind
/// [`Edge::Order`] are left out.
#[derive(Clone, Debug, Default)]
pub struct StepGraph {
    pub(crate) graph: DiGraph<StepId, Edge>,
}

impl StepGraph {
    /// What `step` waits for.
    pub fn dependencies(&self, step: StepId) -> impl Iterator<Item = (StepId, Edge)> {
        self.graph
            .edges_directed(NodeIndex::new(step.index()), Direction::Incoming)
            .map(|edge| (self.graph[edge.source()], *edge.weight()))
    }

    /// What waits for `step`.
    pub fn dependents(&self, step: StepId) -> impl Iterator<Item = (StepId, Edge)> {
        self.graph
            .edges_directed(NodeIndex::new(step.index()), Direction::Outgoing)
            .map(|edge| (self.graph[edge.target()], *edge.weight()))
    }

    /// The steps in waves: each step in the first wave after all it waits for.
    pub fn waves(&self) -> Vec<Vec<StepId>> {
        let mut level = vec![0usize; self.graph.node_count()];
        let mut waves: Vec<Vec<StepId>> = Vec::new();
        // Steps are numbered so that each waits only for smaller numbers.
        for index in 0..self.graph.node_count() {
            let step = StepId::new(index);
            let wave = self.dependencies(step).map(|(before, _)| level[before.index()] + 1).max().unwrap_or(0);
            level[index] = wave;
            waves.resize_with(waves.len().max(wave + 1), Vec::new);
            waves[wave].push(step);
        }
        waves
    }

    /// The petgraph behind it, for algorithms and drawing.
    pub fn petgraph(&self) -> &DiGraph<StepId, Edge> {
        &self.graph
    }
}
