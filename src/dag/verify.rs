//! The invariants of the DAG.

use super::types::{Dag, DagNodeId, Node};
use petgraph::graph::DiGraph;
use std::collections::HashSet;

impl Node {
    /// The successors, those that are not the end.
    pub fn successors(&self) -> impl Iterator<Item = DagNodeId> {
        let (first, second) = match *self {
            Node::Test { high, low, .. } => (high, low),
            Node::Emit { next, .. } => (next, None),
        };
        first.into_iter().chain(second)
    }
}

impl Dag {
    /// Checks the invariants that the module header states; the answer is the first that does not hold.
    ///
    /// # Errors
    /// A sentence that names the broken invariant: a defect of the compiler, never of an input.
    pub fn verify(&self) -> Result<(), String> {
        let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("dag: {what}")) };
        for (index, node) in self.nodes.iter().enumerate() {
            ensure(
                node.successors().all(|next| next.0 as usize > index && (next.0 as usize) < self.nodes.len()),
                "edges go to higher ids that exist",
            )?;
        }
        ensure(self.roots.iter().all(|root| (root.0 as usize) < self.nodes.len()), "every root exists")?;
        let mut seen = HashSet::with_capacity(self.nodes.len());
        ensure(self.nodes.iter().all(|node| seen.insert(*node)), "no two nodes are equal")
    }

    /// The DAG as a petgraph graph, whose node weights are ids: for analyses and pictures, not for evaluation.
    #[must_use]
    pub fn graph(&self) -> DiGraph<DagNodeId, bool> {
        let mut graph = DiGraph::with_capacity(self.nodes.len(), self.nodes.len());
        let indexes: Vec<_> = (0u32..).take(self.nodes.len()).map(|id| graph.add_node(DagNodeId(id))).collect();
        for (node, &from) in self.nodes.iter().zip(&indexes) {
            let (high, low) = match *node {
                Node::Test { high, low, .. } => (high, low),
                Node::Emit { next, .. } => (next, None),
            };
            for (next, value) in [(high, true), (low, false)] {
                if let Some(&to) = next.and_then(|next| indexes.get(next.0 as usize)) {
                    graph.add_edge(from, to, value);
                }
            }
        }
        graph
    }

    /// How many nodes no root reaches; 0 for every DAG that [`super::build`] made.
    #[must_use]
    pub fn unreachable(&self) -> usize {
        let graph = self.graph();
        let mut walk = petgraph::visit::Dfs::empty(&graph);
        let mut reached = 0usize;
        for root in &self.roots {
            walk.move_to(petgraph::graph::NodeIndex::new(root.0 as usize));
            while walk.next(&graph).is_some() {
                reached += 1;
            }
        }
        self.nodes.len().saturating_sub(reached)
    }
}
