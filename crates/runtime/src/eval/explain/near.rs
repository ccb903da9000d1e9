//! The nearest misses of an implicit deny.
//!
//! Input: the request, the layer that decided, and what it consults. Output: its Allow statements of which one part alone is false, the nearest first, and how many were
//! left out. What `explain::near` calls a part is tested here as a decision tests it; what is said of it comes from the statement's own letters.

use crate::decision::Layer;
use crate::error::Fault;
use crate::eval::atom;
use crate::eval::element;
use crate::eval::layers::{self, Identity, Session, Sources};
use crate::eval::query::{Query, Value};
use crate::eval::walk::{Consult, Match, Place};
use crate::explain::{Actual, FailedCondition, FailedPart, NEAR_MISSES_MAX, NearMiss, Order, Told, Variable};
use crate::format::cold::{Explanations, WrittenCondition};
use crate::format::{self, ATOM_NEGATED, NONE, PRINCIPAL_NEGATED, STATEMENT_DENY, StatementRecord};
use crate::views::{at, range};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is searched.
pub(super) struct Search<'s, 'q> {
    pub(super) query: &'s Query<'q>,
    /// The request as the session overlay sees it.
    pub(super) overlay: Option<&'s Query<'s>>,
    pub(super) told: &'s Told<'s>,
    pub(super) sources: &'s Sources<'q>,
    /// The levels that do not allow, where the layer has levels: index and slice.
    pub(super) levels: &'s [(u32, u32)],
    pub(super) layer: Layer,
}

/// The one part of a statement that is false.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failed {
    Principal {
        negated: bool,
    },
    Action {
        negated: bool,
    },
    Resource {
        negated: bool,
    },
    /// Those that are false, as indexes into `Explanations::conditions`.
    Conditions(Vec<u32>),
}

impl Failed {
    /// What is nearer to allowing comes first: whoever reads it looks for the least to change.
    fn rank(&self) -> (u8, usize) {
        match self {
            Failed::Conditions(conditions) if conditions.len() <= 1 => (0, 1),
            Failed::Resource { negated } => (1, usize::from(*negated)),
            Failed::Action { negated } => (2, usize::from(*negated)),
            Failed::Principal { negated } => (3, usize::from(*negated)),
            Failed::Conditions(conditions) => (4, conditions.len()),
        }
    }
}

/// A near miss before it is told.
struct Candidate {
    order: Order,
    /// Index in its document.
    index: u32,
    found: Match,
    failed: Failed,
}

impl Search<'_, '_> {
    /// The near misses, and the number of those that are too many.
    pub(super) fn run(&self) -> Result<(Vec<NearMiss>, usize), Fault> {
        let mut found = Vec::new();
        self.each_slice(&mut |query, consult| self.slice(query, consult, &mut found))?;
        found.sort_by_cached_key(|candidate| (candidate.failed.rank(), candidate.order, candidate.index));
        // A document may be consulted twice at one place, and the statements of one ACL grant are one.
        found.dedup_by(|one, other| (one.order, one.index, &one.failed) == (other.order, other.index, &other.failed));
        let left_out = found.len().saturating_sub(NEAR_MISSES_MAX);
        found.truncate(NEAR_MISSES_MAX);
        let told = found.into_iter().map(|candidate| self.tell(candidate)).collect::<Result<Vec<_>, Fault>>()?;
        Ok((told, left_out))
    }

    /// Calls the function with whatever the layer consults. Levels that allow anyway are left out.
    fn each_slice(&self, visit: &mut dyn FnMut(&Query<'_>, Consult) -> Result<(), Fault>) -> Result<(), Fault> {
        let (query, sources) = (self.query, self.sources);
        let mut consults: Vec<Consult> = Vec::new();
        let one = |slice: u32| Some(slice).filter(|slice| *slice != NONE).map(Consult::slice);
        match self.layer {
            Layer::Rcp | Layer::Scp => consults.extend(self.levels.iter().map(|(_, slice)| Consult::slice(*slice))),
            Layer::Endpoint => consults.extend(one(layers::endpoint_policy(query)?)),
            Layer::Resource => {
                consults.extend(sources.policy);
                consults.extend(sources.acls.into_iter().filter_map(one));
            }
            Layer::Identity => {
                if let Identity::Policies(policies) = sources.identity {
                    consults.extend(policies.iter().copied().filter_map(one));
                }
            }
            Layer::Boundary => consults.extend(one(sources.boundary)),
            Layer::Session => {
                if let Session::Policies(set) = sources.session {
                    consults.extend(set.named.iter().map(|(slice, place)| Consult { session: Some(*place), ..Consult::slice(*slice) }));
                }
                if let Some(overlay) = self.overlay {
                    visit(overlay, Consult { is_overlay: true, ..Consult::slice(0) })?;
                }
            }
        }
        consults.into_iter().try_for_each(|consult| visit(query, consult))
    }

    fn slice(&self, query: &Query<'_>, consult: Consult, found: &mut Vec<Candidate>) -> Result<(), Fault> {
        let views = query.views;
        let slice = at(views.slices, consult.slice)?;
        for member in range(views.slice_members, slice.first, slice.len)? {
            let fragment = at(views.fragments, member.fragment.get())?;
            let statements = range(views.statements, fragment.statements_first, fragment.statements_len)?;
            for (id, statement) in (fragment.statements_first.get()..).zip(statements) {
                if statement.flags.get() & STATEMENT_DENY != 0 {
                    continue;
                }
                let place = consult.place(member.attachment.get());
                let miss = Match { layer: self.layer, place, statement: id, is_deny: false };
                if let Some(failed) = self.only_failure(query, consult, statement, &miss)? {
                    let (order, index) = self.told.order(&miss)?;
                    found.push(Candidate { order, index, found: miss, failed });
                }
            }
        }
        Ok(())
    }

    /// The part that fails, if exactly one does.
    fn only_failure(
        &self,
        query: &Query<'_>,
        consult: Consult,
        statement: &StatementRecord,
        miss: &Match,
    ) -> Result<Option<Failed>, Fault> {
        let views = query.views;
        let mut failed = None;
        let mut count = 0_usize;
        let mut fail = |part| {
            count = count.saturating_add(1);
            failed = Some(part);
        };
        let principal = statement.principal.get();
        if principal != NONE && element::covers(views, query.principal, principal, false, consult.is_trust)?.is_none() {
            fail(Failed::Principal { negated: at(views.principal_elements, principal)?.flags.get() & PRINCIPAL_NEGATED != 0 });
        }
        let action = at(views.atoms, statement.action.get())?;
        if !atom::is_true(query, action)? {
            fail(Failed::Action { negated: action.flags.get() & ATOM_NEGATED != 0 });
        }
        if statement.resource.get() != NONE {
            let resource = at(views.atoms, statement.resource.get())?;
            if !atom::is_true(query, resource)? {
                fail(Failed::Resource { negated: resource.flags.get() & ATOM_NEGATED != 0 });
            }
        }
        let of = self.told.of(miss);
        let mut conditions = Vec::new();
        for id in &self.told.written(miss)?.conditions {
            if !atom::is_true(query, at(views.atoms, condition(of, *id)?.atom)?)? {
                conditions.push(*id);
            }
        }
        if !conditions.is_empty() {
            fail(Failed::Conditions(conditions));
        }
        Ok(failed.filter(|_| count == 1))
    }

    /// A near miss as people are told of it.
    fn tell(&self, candidate: Candidate) -> Result<NearMiss, Fault> {
        let Candidate { found, failed, .. } = candidate;
        let query = match (found.place, self.overlay) {
            (Place::Overlay(_), Some(overlay)) => overlay,
            _ => self.query,
        };
        let of = self.told.of(&found);
        let failed = match failed {
            Failed::Principal { negated } => FailedPart::Principal { negated },
            Failed::Action { negated } => FailedPart::Action { negated },
            Failed::Resource { negated } => {
                FailedPart::Resource { negated, variables: variables(query, of, &self.told.written(&found)?.resource_variables)? }
            }
            Failed::Conditions(conditions) => {
                let tell = |id: u32| failed_condition(query, of, condition(of, id)?);
                FailedPart::Conditions(conditions.into_iter().map(tell).collect::<Result<Vec<_>, Fault>>()?)
            }
        };
        let (_, statement) = self.told.one(&found)?;
        Ok(NearMiss { statement, failed })
    }
}

fn condition(of: &Explanations, id: u32) -> Result<&WrittenCondition, Fault> {
    of.conditions.get(id as usize).ok_or(Fault::Corrupt)
}

fn text(of: &Explanations, id: u32) -> Result<&str, Fault> {
    of.texts.get(id as usize).map(String::as_str).ok_or(Fault::Corrupt)
}

fn failed_condition(query: &Query<'_>, of: &Explanations, condition: &WrittenCondition) -> Result<FailedCondition, Fault> {
    let slot = at(query.views.atoms, condition.atom)?.slot.get();
    let actual = match query.value(slot)? {
        Value::Missing if query.is_given(slot)? => Actual::Many(Vec::new()),
        Value::Missing => Actual::Missing,
        Value::One(text) => Actual::One(text.to_string()),
        Value::Many(texts) => Actual::Many(texts.iter().map(ToString::to_string).collect()),
        Value::Path(text) => Actual::Many(Vec::from([text.to_string()])),
    };
    Ok(FailedCondition {
        operator: text(of, condition.operator)?.to_string(),
        key: text(of, condition.key)?.to_string(),
        values: condition.values.iter().map(|id| Ok(text(of, *id)?.to_string())).collect::<Result<_, Fault>>()?,
        variables: variables(query, of, &condition.variables)?,
        actual,
    })
}

/// What variables stood for. One whose key the bundle does not know stands in a pattern that was left out, since it matches nothing whatever the key is (S-311).
fn variables(query: &Query<'_>, of: &Explanations, ids: &[u32]) -> Result<Vec<Variable>, Fault> {
    let mut told = Vec::with_capacity(ids.len());
    for id in ids {
        let written = text(of, *id)?;
        let inner = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).ok_or(Fault::Corrupt)?;
        let (name, default) = match inner.split_once(", '") {
            Some((name, default)) => (name, default.strip_suffix('\'')),
            None => (inner, None),
        };
        let name = name.to_ascii_lowercase();
        let Some(slot) = query.views.slot(format::hash(query.views.seed, name.as_bytes()), name.as_bytes())? else { continue };
        let value = match query.value(slot)? {
            Value::One(value) if !value.is_empty() => Some(value),
            _ => default,
        };
        told.push(Variable { text: written.to_string(), value: value.map(ToString::to_string) });
    }
    Ok(told)
}
