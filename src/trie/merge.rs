//! All fragments together: built in parallel, numbered in order.

use super::actions::ActionLine;
use super::cells::{LocalCell, Open, OpenResource};
use super::fragment::{self, LocalFragment};
use super::types::{Cell, CellId, Fragment, KeyId, LeafId, Node, NodeId, Shape, Tries};
use crate::ir::{Atom, AtomId, Atoms, Conjunction, Document, Program, ResourceTest, TooMany};
use crate::link::{Linked, Plan};
use crate::syntax::policy::Effect;
use rayon::prelude::*;
use std::collections::HashSet;

/// Builds the index of every fragment. Patterns that stay open become atoms of the program.
///
/// # Errors
/// [`TooMany`] when there are more atoms, cells, nodes or leaves than ids.
pub fn build(program: &mut Program, linked: &Linked, plan: &Plan) -> Result<Tries, TooMany> {
    build_by(program, linked, plan, |documents, local| documents.par_iter().map(|document| local(document)).collect())
}

/// As [`build`], on this thread alone: for a few documents, which are done before another thread would have begun.
///
/// # Errors
/// As [`build`].
pub fn build_here(program: &mut Program, linked: &Linked, plan: &Plan) -> Result<Tries, TooMany> {
    build_by(program, linked, plan, |documents, local| documents.iter().map(|document| local(document)).collect())
}

fn build_by(
    program: &mut Program,
    linked: &Linked,
    plan: &Plan,
    each: impl Fn(&[&Document], &(dyn Fn(&Document) -> LocalFragment + Sync)) -> Vec<LocalFragment>,
) -> Result<Tries, TooMany> {
    let merged: Vec<Document> = (0..plan.merged.len()).map(|index| plan.document(index, program, linked)).collect();
    // A document whose own index nothing consults has an empty one.
    let nothing = Document { statements: Vec::new() };
    let consulted: HashSet<u32> = plan.slices.iter().flatten().copied().collect();
    let own = (0_u32..).zip(&linked.fragments).map(|(id, fragment)| match program.documents.get(fragment.index.0 as usize) {
        Some(document) if consulted.contains(&id) => document,
        _ => &nothing,
    });
    let documents: Vec<&Document> = own.chain(&merged).collect();
    // Every atom of the program is written, those of documents that nothing consults too (an SCP of an account outside the organization), so all cut the line.
    let statements = program.documents.iter().flat_map(|document| &document.statements);
    let tests = statements.filter_map(|statement| match program.atoms.get(statement.action) {
        Some(Atom::Action(test)) => Some(test),
        _ => None,
    });
    let line = ActionLine::new(tests);
    let locals = each(&documents, &|document| fragment::build(&program.atoms, &line, document));
    let mut merge = Merge { tries: Tries { line, ..Tries::default() }, atoms: &mut program.atoms };
    for (local, document) in locals.into_iter().zip(documents) {
        merge.fragment(local, document)?;
    }
    Ok(merge.tries)
}

struct Merge<'p> {
    tries: Tries,
    atoms: &'p mut Atoms,
}

fn id(index: usize, what: &'static str) -> Result<u32, TooMany> {
    u32::try_from(index).ok().filter(|index| *index < u32::MAX).ok_or(TooMany(what))
}

impl Merge<'_> {
    fn fragment(&mut self, local: LocalFragment, document: &Document) -> Result<(), TooMany> {
        let cells = local.cells.into_iter().map(|cell| self.cell(cell, document)).collect::<Result<Vec<_>, _>>()?;
        let any_action = local.any_action.map(|cell| self.cell(cell, document)).transpose()?;
        // A run that reaches the end of the line needs no range after it.
        let actions = self.tries.line.len();
        let ranges = local.ranges.into_iter().filter(|range| range.0 < actions);
        let ranges = ranges.map(|(at, cell)| (at, cell.and_then(|cell| cells.get(cell).copied()))).collect();
        let denies = document.statements.iter().any(|statement| statement.effect == Effect::Deny);
        self.tries.fragments.push(Fragment { ranges, any_action, denies });
        Ok(())
    }

    fn cell(&mut self, local: LocalCell, document: &Document) -> Result<CellId, TooMany> {
        let star = self.leaf(local.star, document)?;
        let mut shapes = Vec::with_capacity(local.tries.len());
        for ((mask, parts), trie) in local.tries {
            let base = self.tries.nodes.len();
            let keys = trie
                .keys
                .into_iter()
                .map(|key| Ok(KeyId(id(self.tries.keys.insert_full(key).0, "texts")?)))
                .collect::<Result<Vec<_>, TooMany>>()?;
            for node in trie.nodes {
                let exact = self.leaf(node.exact, document)?;
                let prefix = self.leaf(node.prefix, document)?;
                self.tries.nodes.push(Node {
                    key: keys.get(node.key).copied().unwrap_or(KeyId(0)),
                    start: id(node.start, "bytes of a text")?,
                    len: id(node.end.saturating_sub(node.start), "bytes of a text")?,
                    first_child: NodeId(id(base + node.first_child, "trie nodes")?),
                    child_count: id(node.child_count, "trie nodes")?,
                    exact,
                    prefix,
                });
            }
            shapes.push(Shape { mask, parts, root: NodeId(id(base, "trie nodes")?) });
        }
        let cell = CellId(id(self.tries.cells.len(), "cells")?);
        self.tries.cells.push(Cell { star, shapes });
        Ok(cell)
    }

    fn leaf(&mut self, open: Vec<Open>, document: &Document) -> Result<Option<LeafId>, TooMany> {
        if open.is_empty() {
            return Ok(None);
        }
        let mut conjunctions = open.into_iter().map(|open| self.conjunction(open, document)).collect::<Result<Vec<_>, _>>()?;
        conjunctions.sort_unstable_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        conjunctions.dedup();
        let (index, _) = self.tries.leaves.insert_full(conjunctions);
        Ok(Some(LeafId(id(index, "leaves")?)))
    }

    fn conjunction(&mut self, open: Open, document: &Document) -> Result<Conjunction, TooMany> {
        let statement = document.statements.get(open.statement as usize).ok_or(TooMany("statements"))?;
        let (effect, principal) = (statement.effect, statement.principal);
        let mut atoms: Vec<AtomId> = statement.conditions.clone();
        if open.action {
            atoms.push(statement.action);
        }
        match open.resource {
            OpenResource::Settled => {}
            OpenResource::Whole => atoms.extend(statement.resource),
            OpenResource::Pattern(pattern) => {
                atoms.push(self.atoms.intern(Atom::Resource(ResourceTest { negated: false, patterns: vec![pattern] }))?);
            }
        }
        let all = &*self.atoms;
        atoms.sort_by_cached_key(|atom| (all.get(*atom).map(Atom::cost_class), *atom));
        Ok(Conjunction { effect, principal, atoms })
    }
}
