//! Explaining a decision: every layer, every statement that matched, and the statements that nearly did (S-729). Feature `explain`.
//!
//! Input: a prepared request. Output: [`Explanation`]. Everything here takes the plain walk, since pruning hides what matched; the decision is that of the indexes, and the
//! two must agree.

use super::atom;
use super::combine;
use super::element;
use super::layers::{self, Facts, Identity, Mode, Session, Sources};
use super::query::{Query, Value};
use super::walk::{Consult, Match};
use super::{Evaluator, overlay};
use crate::decision::{Layer, Reason};
use crate::error::{EvalError, Fault};
use crate::explain::{Actual, Explainer, Explanation, FailedPart, NearMiss, operator_text, values_text};
use crate::format::{ATOM_NEGATED, NONE, STATEMENT_DENY, StatementRecord, U32};
use crate::request::principal::Class;
use crate::request::{Principal, Request};
use crate::views::{Views, at, range};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Evaluator<'_> {
    /// Decides and explains: the outcome of each layer, every statement that matched, whose the resource is (S-729), and for an implicit deny the statements of the
    /// deciding layer that failed by one part only. Slow, as [`decide_unindexed`](Evaluator::decide_unindexed) is, and allocates.
    ///
    /// # Errors
    /// Those of [`decide`](Evaluator::decide); `invalid-bundle` for an explainer of another bundle, and if the indexes and the statements gave different
    /// decisions, which is a defect.
    pub fn explain(&mut self, explainer: &Explainer, principal: &Principal, request: &Request<'_>) -> Result<Explanation, EvalError> {
        if explainer.bundle_id() != self.bundle {
            return Err(EvalError::foreign_explainer());
        }
        let overlay = overlay(principal);
        let query = self.prepare(principal, overlay.as_ref(), request)?;
        let facts = Facts::of(&query);
        let indexed = combine::combine(&facts, &layers::consult(&query, overlay.as_ref(), &facts, Mode::Indexed)?);
        let mut matches: Vec<Match> = Vec::new();
        let states = layers::consult(&query, overlay.as_ref(), &facts, Mode::Plain(&mut |found| matches.push(found)))?;
        let decision = combine::combine(&facts, &states);
        if decision != indexed {
            return Err(EvalError::disagreement());
        }
        let told = explainer.over(overlay.as_ref())?;
        let mut near_misses = Vec::new();
        if decision.reason() == Reason::ImplicitDeny && !is_beyond_statements(&facts) {
            each_near_miss(&query, overlay.as_ref(), &facts, decision.layer(), &mut |found, query, failed| {
                let (order, statement) = told.one(&found)?;
                let names = told.keys(&found);
                near_misses.push((order, NearMiss { statement, failed: failed_part(query, names, failed)? }));
                Ok(())
            })?;
        }
        near_misses.sort_by_key(|(order, miss)| (*order, miss.statement.statement));
        near_misses.dedup();
        Ok(Explanation {
            decision,
            layers: states.outcomes(),
            matched: told.matched(&matches)?,
            near_misses: near_misses.into_iter().map(|(_, miss)| miss).collect(),
            resource_account: query.owner.map(ToString::to_string),
            resource_account_from: query.owner_source,
        })
    }
}

/// No statement could have allowed the request: a root user and a role (S-720), a role of another account to pass (S-723).
fn is_beyond_statements(facts: &Facts) -> bool {
    (facts.is_sts_on_role && facts.class == Class::Root) || (facts.is_pass_role && !facts.same_account)
}

/// The one part of a statement that is false.
enum Failed {
    Principal,
    /// An atom.
    Test(u32),
}

/// Calls the function with each Allow of the layer that all but one of its parts match. Levels that allow anyway are left out.
fn each_near_miss<'q>(
    query: &Query<'q>,
    overlay: Option<&Views<'_>>,
    facts: &Facts,
    layer: Layer,
    tell: &mut dyn FnMut(Match, &Query<'_>, Failed) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    let sources = Sources::of(query, facts)?;
    let mut slices: Vec<Consult> = Vec::new();
    let one = |slice: u32| Some(slice).filter(|slice| *slice != NONE).map(Consult::slice);
    match layer {
        Layer::Rcp | Layer::Scp => {
            let levels: &[U32] = if layer == Layer::Rcp { sources.rcp } else { sources.scp }.unwrap_or_default();
            for level in levels {
                let consult = Consult::slice(level.get());
                if !layers::allows(query, consult)? {
                    slices.push(consult);
                }
            }
        }
        Layer::Endpoint => slices.extend(one(layers::endpoint_policy(query)?)),
        Layer::Resource => {
            slices.extend(sources.policy);
            slices.extend(sources.acls.into_iter().filter_map(one));
        }
        Layer::Identity => {
            if let Identity::Policies(policies) = sources.identity {
                slices.extend(policies.iter().copied().filter_map(one));
            }
        }
        Layer::Boundary => slices.extend(one(sources.boundary)),
        Layer::Session => {
            if let Session::Policies(set) = sources.session {
                slices.extend(set.named.iter().map(|(slice, place)| Consult { session: Some(*place), ..Consult::slice(*slice) }));
                if let Some(views) = overlay {
                    let consult = Consult { is_overlay: true, ..Consult::slice(0) };
                    near_misses_in(&query.over(views)?, consult, layer, tell)?;
                }
            }
        }
    }
    slices.into_iter().try_for_each(|consult| near_misses_in(query, consult, layer, tell))
}

fn near_misses_in(
    query: &Query<'_>,
    consult: Consult,
    layer: Layer,
    tell: &mut dyn FnMut(Match, &Query<'_>, Failed) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    let views = query.views;
    let slice = at(views.slices, consult.slice)?;
    for member in range(views.slice_members, slice.first, slice.len)? {
        let fragment = at(views.fragments, member.fragment.get())?;
        let statements = range(views.statements, fragment.statements_first, fragment.statements_len)?;
        for (id, statement) in (fragment.statements_first.get()..).zip(statements) {
            if statement.flags.get() & STATEMENT_DENY != 0 {
                continue;
            }
            if let Some(failed) = only_failure(query, consult, statement)? {
                let found = Match { layer, place: consult.place(member.attachment.get()), statement: id, is_deny: false };
                tell(found, query, failed)?;
            }
        }
    }
    Ok(())
}

/// The part that fails, if exactly one does.
fn only_failure(query: &Query<'_>, consult: Consult, statement: &StatementRecord) -> Result<Option<Failed>, Fault> {
    let views = query.views;
    let mut failed = None;
    let mut count = 0_usize;
    let mut fail = |part| {
        count = count.saturating_add(1);
        failed = Some(part);
    };
    let principal = statement.principal.get();
    if principal != NONE && element::covers(views, query.principal, principal, false, consult.is_trust)?.is_none() {
        fail(Failed::Principal);
    }
    let conditions = range(views.statement_conditions, statement.conditions_first, statement.conditions_len)?;
    let elements = [statement.action.get(), statement.resource.get()];
    for test in elements.into_iter().filter(|test| *test != NONE).chain(conditions.iter().map(|condition| condition.get())) {
        if !atom::is_true(query, at(views.atoms, test)?)? {
            fail(Failed::Test(test));
        }
    }
    Ok(failed.filter(|_| count == 1))
}

/// The part as people are told of it.
fn failed_part(query: &Query<'_>, key_names: &[String], failed: Failed) -> Result<FailedPart, Fault> {
    let views = query.views;
    let test = match failed {
        Failed::Principal => return Ok(FailedPart::Principal),
        Failed::Test(test) => at(views.atoms, test)?,
    };
    let negated = test.flags.get() & ATOM_NEGATED != 0;
    let slot = test.slot.get();
    Ok(match (slot, crate::format::AtomKind::from_number(test.kind.get()).ok_or(Fault::Corrupt)?) {
        (_, crate::format::AtomKind::Action) => FailedPart::Action { negated },
        (_, crate::format::AtomKind::Resource) => FailedPart::Resource { negated },
        _ => FailedPart::Condition {
            operator: operator_text(test).ok_or(Fault::Corrupt)?,
            key: key_names.get(slot as usize).ok_or(Fault::Corrupt)?.clone(),
            values: values_text(views, key_names, test)?,
            actual: match query.value(slot)? {
                Value::Missing => Actual::Missing,
                Value::One(text) => Actual::One(text.to_string()),
                Value::Many(texts) => Actual::Many(texts.iter().map(ToString::to_string).collect()),
                Value::Path(text) => Actual::Many(Vec::from([text.to_string()])),
            },
        },
    })
}
