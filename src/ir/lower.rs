//! From checked documents to a [`Program`].

use super::types::{
    ActionTest, Atom, AtomId, ConditionTest, Document, PrincipalId, PrincipalTest, Program, ResourceTest, Statement, TooMany,
};
use crate::syntax::policy::{self, BaseOperator, Condition, Effect, Operator, Qualifier};
use rayon::prelude::*;

/// A statement in normal form, before its tests have ids.
struct NormalStatement {
    effect: Effect,
    action: ActionTest,
    resource: Option<ResourceTest>,
    principal: Option<PrincipalTest>,
    conditions: Vec<ConditionTest>,
}

/// Lowers documents, in their order.
///
/// # Errors
/// [`TooMany`] when there are more distinct atoms or principal elements than ids.
pub fn lower<'a>(
    documents: impl IntoParallelIterator<Item = &'a policy::Document, Iter: IndexedParallelIterator>,
) -> Result<Program, TooMany> {
    let normal: Vec<Vec<NormalStatement>> =
        documents.into_par_iter().map(|document| document.statements.iter().map(normalize).collect()).collect();
    interned(normal.into_iter())
}

/// As [`lower`], on this thread alone: for a few documents, which are done before another thread would have begun.
///
/// # Errors
/// As [`lower`].
pub fn lower_here<'a>(documents: impl Iterator<Item = &'a policy::Document>) -> Result<Program, TooMany> {
    interned(documents.map(|document| document.statements.iter().map(normalize).collect()))
}

fn interned(documents: impl Iterator<Item = Vec<NormalStatement>>) -> Result<Program, TooMany> {
    let mut program = Program::default();
    for statements in documents {
        let statements = statements.into_iter().map(|statement| intern(&mut program, statement)).collect::<Result<_, _>>()?;
        program.documents.push(Document { statements });
    }
    Ok(program)
}

fn normalize(statement: &policy::Statement) -> NormalStatement {
    NormalStatement {
        effect: statement.effect,
        action: ActionTest {
            negated: statement.action.negated,
            patterns: sorted(&statement.action.patterns, |pattern| pattern.pieces.clone()),
        },
        resource: statement
            .resource
            .as_ref()
            .map(|resource| ResourceTest { negated: resource.negated, patterns: sorted(&resource.patterns, Clone::clone) }),
        principal: statement
            .principal
            .as_ref()
            .map(|principal| PrincipalTest { negated: principal.negated, entries: sorted(&principal.entries, Clone::clone) }),
        conditions: statement.conditions.iter().map(normalize_condition).collect(),
    }
}

fn sorted<T: Clone + PartialEq, K: Ord>(values: &[T], key: impl FnMut(&T) -> K) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort_by_cached_key(key);
    values.dedup();
    values
}

/// A condition in normal form: the atom that it is.
pub(crate) fn normalize_condition(condition: &Condition) -> ConditionTest {
    let operator = condition.operator;
    // A plain negated operator and `ForAllValues:` are true for a missing key with or without the suffix (S-503, S-517, S-518).
    let idle_suffix = match operator.qualifier {
        Qualifier::None => is_negated(operator.base),
        Qualifier::ForAllValues => true,
        Qualifier::ForAnyValue => false,
    };
    ConditionTest {
        operator: Operator { if_exists: operator.if_exists && !idle_suffix, ..operator },
        key: condition.key.clone(),
        values: sorted(&condition.values, Clone::clone),
    }
}

/// Whether the operator is true for a missing key (S-503).
fn is_negated(base: BaseOperator) -> bool {
    matches!(
        base,
        BaseOperator::StringNotEquals
            | BaseOperator::StringNotEqualsIgnoreCase
            | BaseOperator::StringNotLike
            | BaseOperator::NumericNotEquals
            | BaseOperator::DateNotEquals
            | BaseOperator::NotIpAddress
            | BaseOperator::ArnNotLike
    )
}

fn intern(program: &mut Program, statement: NormalStatement) -> Result<Statement, TooMany> {
    let action = program.atoms.intern(Atom::Action(statement.action))?;
    let resource = statement.resource.map(|resource| program.atoms.intern(Atom::Resource(resource))).transpose()?;
    let principal = match statement.principal {
        None => None,
        Some(principal) => {
            let (index, _) = program.principals.insert_full(principal);
            let index = u32::try_from(index).ok().filter(|index| *index < u32::MAX).ok_or(TooMany("principal elements"))?;
            Some(PrincipalId(index))
        }
    };
    let mut conditions = statement
        .conditions
        .into_iter()
        .map(|condition| program.atoms.intern(Atom::Condition(condition)))
        .collect::<Result<Vec<AtomId>, _>>()?;
    conditions.sort_unstable();
    conditions.dedup();
    Ok(Statement { effect: statement.effect, action, resource, principal, conditions })
}
