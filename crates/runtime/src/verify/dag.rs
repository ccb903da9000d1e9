//! The condition DAG.

use super::rules::{Checked, ensure, found};
use crate::format::{DagNode, END, NODE_DENY, NODE_EMIT, NONE, SectionKind, U32, element_steps};
use crate::views::{Views, at};

/// Edges go forward, so every path ends; atoms and principal elements exist; each cost is exactly that of the longest path, which is also finite
/// in 32 bits. From the last node back, since a node's cost rests on those after it.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::DagNodes;
    for (id, node) in views.dag_nodes.iter().enumerate().rev() {
        let cost = cost(views, id, node)?;
        ensure(cost == u64::from(node.cost.get()), section, "a cost is not that of the longest path")?;
    }
    Ok(())
}

fn cost(views: &Views<'_>, id: usize, node: &DagNode) -> Checked<u64> {
    let section = SectionKind::DagNodes;
    let after = |edge: U32| -> Checked<u64> {
        if edge.get() == END {
            return Ok(0);
        }
        ensure(edge.get() as usize > id, section, "an edge does not go forward")?;
        Ok(u64::from(found(at(views.dag_nodes, edge.get()), section)?.cost.get()))
    };
    let word = node.word.get();
    let (own, rest) = if word & NODE_EMIT == 0 {
        let atom = found(at(views.atoms, word), section)?;
        (u64::from(atom.len.get()), after(node.high)?.max(after(node.low)?))
    } else {
        ensure(word & !(NODE_EMIT | NODE_DENY) == 0, section, "a flag is unknown")?;
        let keys = match node.high.get() {
            NONE => 0,
            element => u64::from(element_steps(found(at(views.principal_elements, element), section)?.len.get())),
        };
        (keys, after(node.low)?)
    };
    Ok(rest.saturating_add(own).saturating_add(1))
}
