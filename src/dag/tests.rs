//! Shape and sharing of the DAG.

use super::build;
use super::types::Node;
use crate::ir::{AtomId, Conjunction};
use crate::syntax::policy::Effect;

fn conjunction(effect: Effect, atoms: &[u32]) -> Conjunction {
    Conjunction { effect, principal: None, atoms: atoms.iter().copied().map(AtomId).collect() }
}

/// The effects that a leaf emits when exactly these atoms are true.
fn walk(dag: &super::Dag, leaf: usize, truth: &[bool]) -> Vec<Effect> {
    let mut emitted = Vec::new();
    let mut at = Some(dag.roots[leaf]);
    while let Some(id) = at {
        at = match dag.nodes[id.0 as usize] {
            Node::Test { atom, high, low } => {
                if truth[atom.0 as usize] {
                    high
                } else {
                    low
                }
            }
            Node::Emit { effect, next, .. } => {
                emitted.push(effect);
                next
            }
        };
    }
    emitted
}

#[test]
fn a_leaf_emits_what_its_conjunctions_say() {
    let leaves = [
        vec![conjunction(Effect::Deny, &[0, 1]), conjunction(Effect::Allow, &[]), conjunction(Effect::Allow, &[2])],
        vec![conjunction(Effect::Deny, &[2]), conjunction(Effect::Allow, &[0, 1, 2])],
    ];
    let dag = build(leaves.iter()).unwrap();
    dag.verify().unwrap();
    for bits in 0..8 {
        let truth = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
        for (leaf, conjunctions) in leaves.iter().enumerate() {
            let expected: Vec<_> = conjunctions
                .iter()
                .filter(|conjunction| conjunction.atoms.iter().all(|atom| truth[atom.0 as usize]))
                .map(|conjunction| conjunction.effect)
                .collect();
            assert_eq!(walk(&dag, leaf, &truth), expected, "leaf {leaf} with {truth:?}");
        }
    }
}

#[test]
fn equal_tails_are_shared_across_leaves() {
    let tail = [conjunction(Effect::Allow, &[1]), conjunction(Effect::Allow, &[2, 3])];
    let alone = vec![tail[0].clone(), tail[1].clone()];
    let longer = vec![conjunction(Effect::Deny, &[0]), tail[0].clone(), tail[1].clone()];
    let separate = build([&alone].into_iter()).unwrap().nodes.len();
    let both = build([&alone, &longer].into_iter()).unwrap();
    assert_eq!(both.nodes.len(), separate + 2);
    assert_eq!(both.unreachable(), 0);
}
