//! From leaves to nodes.

use super::types::{Dag, DagNodeId, Node};
use crate::ir::{Conjunction, TooMany};
use indexmap::IndexSet;

/// Builds the DAG of these leaves, in their order.
///
/// # Errors
/// [`TooMany`] when there are more nodes than ids.
pub fn build<'a>(leaves: impl Iterator<Item = &'a Vec<Conjunction>>) -> Result<Dag, TooMany> {
    // Built from the tails, so successors come first; the ids are turned round at the end.
    let mut nodes: IndexSet<Node> = IndexSet::new();
    let mut intern = |node: Node| -> Result<DagNodeId, TooMany> {
        let (index, _) = nodes.insert_full(node);
        u32::try_from(index).ok().filter(|index| *index < u32::MAX).map(DagNodeId).ok_or(TooMany("DAG nodes"))
    };
    let mut roots = Vec::new();
    for leaf in leaves {
        let mut next = None;
        for conjunction in leaf.iter().rev() {
            let mut node = intern(Node::Emit { effect: conjunction.effect, principal: conjunction.principal, next })?;
            for atom in conjunction.atoms.iter().rev() {
                node = intern(Node::Test { atom: *atom, high: Some(node), low: next })?;
            }
            next = Some(node);
        }
        roots.push(next.ok_or(TooMany("empty leaves"))?);
    }
    let last = u32::try_from(nodes.len()).map_err(|_| TooMany("DAG nodes"))?.saturating_sub(1);
    let turn = |id: DagNodeId| DagNodeId(last - id.0);
    let nodes = nodes
        .into_iter()
        .rev()
        .map(|node| match node {
            Node::Test { atom, high, low } => Node::Test { atom, high: high.map(turn), low: low.map(turn) },
            Node::Emit { effect, principal, next } => Node::Emit { effect, principal, next: next.map(turn) },
        })
        .collect();
    Ok(Dag { nodes, roots: roots.into_iter().map(turn).collect() })
}
