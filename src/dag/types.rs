//! Nodes and roots.

use crate::ir::{AtomId, PrincipalId};
use crate::syntax::policy::Effect;

/// Index into [`Dag::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DagNodeId(pub u32);

/// A node of the decision DAG; `None` as a successor is the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    /// Goes on by the value of an atom.
    Test {
        /// The atom.
        atom: AtomId,
        /// Where to go when it is true.
        high: Option<DagNodeId>,
        /// Where to go when it is false.
        low: Option<DagNodeId>,
    },
    /// An effect applies, if the principal element matches the caller; then goes on.
    Emit {
        /// The effect.
        effect: Effect,
        /// The principal element.
        principal: Option<PrincipalId>,
        /// Where to go on.
        next: Option<DagNodeId>,
    },
}

/// The graph.
#[derive(Debug, Default)]
pub struct Dag {
    /// All nodes; edges go to higher ids.
    pub nodes: Vec<Node>,
    /// For each leaf of the index, its first node.
    pub roots: Vec<DagNodeId>,
}
