//! Atoms, statements and the program that holds them.

use crate::syntax::policy::{ActionPattern, BaseOperator, ConditionValue, Effect, Operator, PrincipalEntry, ResourcePattern};
use indexmap::IndexSet;

/// Index of an [`Atom`] in [`Atoms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// Index of a [`PrincipalTest`] in [`Program::principals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrincipalId(pub u32);

/// One test of a request: true or false for every request that is accepted at all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Atom {
    /// Of its action.
    Action(ActionTest),
    /// Of its resource.
    Resource(ResourceTest),
    /// Of one context key.
    Condition(ConditionTest),
}

impl Atom {
    /// How dear the test is, in coarse classes: cheap tests come first in a conjunction.
    #[must_use]
    pub fn cost_class(&self) -> u8 {
        match self {
            Atom::Condition(test) => match test.operator.base {
                BaseOperator::Null | BaseOperator::Bool => 0,
                BaseOperator::StringEquals | BaseOperator::StringNotEquals | BaseOperator::BinaryEquals => 1,
                BaseOperator::StringLike | BaseOperator::StringNotLike => 3,
                BaseOperator::ArnLike | BaseOperator::ArnNotLike => 5,
                _ => 4,
            },
            Atom::Action(_) => 2,
            Atom::Resource(_) => 3,
        }
    }
}

/// `Action` or `NotAction` as a whole, or one pattern of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionTest {
    /// True when none of the patterns may match (S-205).
    pub negated: bool,
    /// Alternatives.
    pub patterns: Vec<ActionPattern>,
}

/// `Resource` or `NotResource` as a whole, or one pattern of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceTest {
    /// True when none of the patterns may match (S-309).
    pub negated: bool,
    /// Alternatives.
    pub patterns: Vec<ResourcePattern>,
}

/// One (operator, key) pair of a condition block.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConditionTest {
    /// The operator.
    pub operator: Operator,
    /// The folded key.
    pub key: String,
    /// Alternatives.
    pub values: Vec<ConditionValue>,
}

/// A distinct principal element.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrincipalTest {
    /// `NotPrincipal`.
    pub negated: bool,
    /// Its entries.
    pub entries: Vec<PrincipalEntry>,
}

/// The interned atoms. Ids are given in order of first use.
#[derive(Debug, Default)]
pub struct Atoms {
    set: IndexSet<Atom>,
}

impl Atoms {
    /// The id of this atom, which is added if it is new.
    ///
    /// # Errors
    /// [`TooMany`] past 2^32 - 2 atoms.
    pub fn intern(&mut self, atom: Atom) -> Result<AtomId, TooMany> {
        let (index, _) = self.set.insert_full(atom);
        u32::try_from(index).ok().filter(|index| *index < u32::MAX).map(AtomId).ok_or(TooMany("atoms"))
    }

    /// The id of this atom, if it is there.
    #[must_use]
    pub fn id(&self, atom: &Atom) -> Option<AtomId> {
        u32::try_from(self.set.get_index_of(atom)?).ok().map(AtomId)
    }

    /// The atom with this id.
    #[must_use]
    pub fn get(&self, id: AtomId) -> Option<&Atom> {
        self.set.get_index(id.0 as usize)
    }

    /// All atoms in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Atom> {
        self.set.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

/// More things of a kind than 32-bit ids can number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub &'static str);

impl std::fmt::Display for TooMany {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "more {} than a bundle can number", self.0)
    }
}

impl std::error::Error for TooMany {}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its effect.
    pub effect: Effect,
    /// Its action element.
    pub action: AtomId,
    /// Its resource element; `None` where it covers every resource (S-314).
    pub resource: Option<AtomId>,
    /// Its principal element.
    pub principal: Option<PrincipalId>,
    /// Its conditions: all must hold. Sorted, distinct.
    pub conditions: Vec<AtomId>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its statements in the order of the text.
    pub statements: Vec<Statement>,
}

/// All documents of a world over one set of atoms.
#[derive(Debug, Default)]
pub struct Program {
    /// The atoms.
    pub atoms: Atoms,
    /// The distinct principal elements, in order of first use.
    pub principals: IndexSet<PrincipalTest>,
    /// One for each document of the world, at the same index.
    pub documents: Vec<Document>,
}

/// What makes one statement count once an index has settled the rest: when all atoms are true, the effect applies, if the principal element (if any) matches the caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Conjunction {
    /// The effect; `Deny` sorts before `Allow` in a leaf, see [`Conjunction::sort_key`].
    pub effect: Effect,
    /// The principal element.
    pub principal: Option<PrincipalId>,
    /// The atoms that are still open, in the order in which they are tested.
    pub atoms: Vec<AtomId>,
}

impl Conjunction {
    /// The order of conjunctions within a leaf: Deny first, since it can end an evaluation; then few open atoms before many; then by id, so that equal sets are equal lists.
    #[must_use]
    pub fn sort_key(&self) -> (bool, usize, &[AtomId], Option<PrincipalId>) {
        (self.effect == Effect::Allow, self.atoms.len(), &self.atoms, self.principal)
    }
}
