//! The text forms of the DAG: a list, as `portcullis debug dag` shows it and golden tests compare it, and a Graphviz picture.

use super::types::{Dag, DagNodeId, Node};
use crate::ir::{Atoms, atom_text};
use crate::syntax::policy::Effect;
use petgraph::dot::{Config, Dot};
use std::fmt::Write;

/// Prints nodes, then the root of each leaf.
#[must_use]
pub fn print(dag: &Dag, atoms: &Atoms) -> String {
    let mut out = String::new();
    for (id, node) in dag.nodes.iter().enumerate() {
        let _ = match node {
            Node::Test { atom, high, low } => {
                let test = atoms.get(*atom).map(atom_text).unwrap_or_default();
                writeln!(out, "{id}: if {test} then {} else {}", name(*high), name(*low))
            }
            Node::Emit { effect, principal, next } => writeln!(out, "{id}: {} then {}", emission(*effect, *principal), name(*next)),
        };
    }
    for (leaf, root) in dag.roots.iter().enumerate() {
        let _ = writeln!(out, "leaf {leaf} starts at {}", root.0);
    }
    out
}

/// The DAG in Graphviz's language.
#[must_use]
pub fn dot(dag: &Dag, atoms: &Atoms) -> String {
    let graph = dag.graph().map(
        |_, id| match dag.nodes.get(id.0 as usize) {
            Some(Node::Test { atom, .. }) => atoms.get(*atom).map(atom_text).unwrap_or_default(),
            Some(Node::Emit { effect, principal, .. }) => emission(*effect, *principal),
            None => String::new(),
        },
        |_, value| *value,
    );
    Dot::with_config(&graph, &[Config::GraphContentOnly])
        .to_string()
        .lines()
        .fold("digraph dag {\n".to_owned(), |out, line| out + line + "\n")
        + "}\n"
}

fn emission(effect: Effect, principal: Option<crate::ir::PrincipalId>) -> String {
    let effect = if effect == Effect::Deny { "deny" } else { "allow" };
    principal.map_or(effect.to_owned(), |principal| format!("{effect} if p{} matches", principal.0))
}

fn name(id: Option<DagNodeId>) -> String {
    id.map_or("end".to_owned(), |id| id.0.to_string())
}
