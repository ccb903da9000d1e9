//! Evaluation: from a caller and a request to a decision.
//!
//! ```text
//! Request --prepare--> Query --consult (layer by layer)--> States --combine--> Decision
//!                                  |
//!              slice -> fragment -> cell -> trie -> DAG -> atom, principal element
//! ```
//!
//! Input: a verified bundle's views, a resolved caller, a request. Output: a [`Decision`], or an [`EvalError`], which denies. Invariants:
//! - nothing here knows policy text, a clock or a path; deciding allocates nothing (but for the growth that [`Evaluator::decide`] tells of), takes no lock and does not recurse;
//! - a request's errors all arise in preparation, afterwards every test is true or false;
//! - an Allow is made in one place (`combine`); every access is checked, every walk counts its steps, and a failure of either is an error.
//!
//! The naive version, which everything here must equal, is [`Evaluator::decide_unindexed`]: all statements of a layer, one after the other.
//!
//! Rules: sections 2 to 8 of the semantics; the modules name theirs.

mod action;
mod atom;
mod combine;
mod demand;
mod element;
#[cfg(feature = "explain")]
mod explain;
mod glob;
mod layers;
mod memo;
mod query;
mod scratch;
#[cfg(test)]
mod tests;
mod walk;

#[cfg(feature = "explain")]
pub(crate) use walk::{Match, Place};

use crate::decision::Decision;
use crate::error::EvalError;
use crate::open::{BundleId, Overlay};
use crate::request::principal::Resolved;
use crate::request::{Caller, Principal, Request};
use crate::views::Views;
use alloc::string::String;
use alloc::vec::Vec;
pub use demand::DerivedKeys;
use layers::{Facts, Mode};
use query::Query;
use scratch::{Callers, Scratch};

/// Decides requests over one bundle. It holds memory that decisions reuse: make one per thread and keep it.
pub struct Evaluator<'b> {
    bundle: BundleId,
    views: Views<'b>,
    scratch: Scratch,
    callers: Callers,
}

impl<'b> Evaluator<'b> {
    pub(crate) fn new(bundle: BundleId, views: Views<'b>) -> Evaluator<'b> {
        Evaluator { bundle, views, scratch: Scratch::new(&views), callers: Callers::new(bundle) }
    }

    /// Decides. Allocates nothing, with one exception: the scratch memory grows at the first decision under a session overlay whose policies read more than 256
    /// different context keys and more than those of any overlay before.
    ///
    /// Takes at most as many steps as [`Bundle::steps_max`](crate::Bundle::steps_max) says, and beyond those what the caller's own policies take, if it was made at run time, and those of
    /// its session: in all never more than 1,048,576, or [`build`](crate::PrincipalBuilder::build) or [`with_session`](Principal::with_session) would have refused.
    ///
    /// # Errors
    /// `invalid-request`, `duplicate-key` or `limit-exceeded` for a request that breaks S-206, S-502 or a [limit](crate::limits); `unknown-principal`
    /// for a principal of another bundle. The caller of this function denies.
    pub fn decide(&mut self, principal: &Principal, request: &Request<'_>) -> Result<Decision, EvalError> {
        let overlay = overlay(principal);
        let query = self.prepare(principal, overlay.as_ref(), request)?;
        decided(&query, overlay.as_ref())
    }

    /// Resolves a caller and decides, for embedders that keep no [`Principal`]s. Callers of a few hundred recent ARNs are still resolved. The caller has no session
    /// policies. Allocates for a caller whose texts are longer than a few hundred bytes, or who is in many groups.
    ///
    /// # Errors
    /// Those of [`Bundle::principal`](crate::Bundle::principal), then those of [`decide`](Evaluator::decide).
    pub fn decide_for(&mut self, caller: Caller<'_>, request: &Request<'_>) -> Result<Decision, EvalError> {
        let resolved = self.callers.get(&self.views, caller)?;
        let query = Query::prepare(&self.views, None, &mut self.scratch, resolved, request)?;
        decided(&query, None)
    }

    /// Decides by testing every statement of every layer, without the indexes. Slow, and bounded by the bundle's size only: the oracle of
    /// [`decide`](Evaluator::decide).
    ///
    /// # Errors
    /// Those of [`decide`](Evaluator::decide).
    pub fn decide_unindexed(&mut self, principal: &Principal, request: &Request<'_>) -> Result<Decision, EvalError> {
        let overlay = overlay(principal);
        let query = self.prepare(principal, overlay.as_ref(), request)?;
        let facts = Facts::of(&query);
        let states = layers::consult(&query, overlay.as_ref(), &facts, Mode::Plain(&mut |_| ()))?;
        Ok(combine::combine(&facts, &states))
    }

    /// The context keys that can still change the decision of this request: names folded to ASCII lower case, in order. What the request's context gives is
    /// known; every other key may yet be given, those that the bundle derives only with [`DerivedKeys::Open`]. A key that is not listed never changes the decision,
    /// effect, reason and layer, whatever the listed ones are.
    ///
    /// Takes time in proportion to the statements that the caller's and the resource's layers hold, and allocates. If the request leaves out `aws:SourceVpce`, the statements of
    /// every VPC endpoint's policy are among them, since it may have come through any, and for each such policy the context is copied.
    ///
    /// # Errors
    /// Those of [`decide`](Evaluator::decide).
    pub fn needs(&mut self, principal: &Principal, request: &Request<'_>, derived: DerivedKeys) -> Result<Vec<String>, EvalError> {
        let overlay = overlay(principal);
        let query = self.prepare(principal, overlay.as_ref(), request)?;
        let facts = Facts::of(&query);
        Ok(demand::needs(&query, overlay.as_ref(), &facts, derived)?)
    }

    /// Decides, and tells which keys that the request lacks could change this decision, as [`needs`](Evaluator::needs) does.
    ///
    /// # Errors
    /// Those of [`decide`](Evaluator::decide).
    pub fn missing(
        &mut self,
        principal: &Principal,
        request: &Request<'_>,
        derived: DerivedKeys,
    ) -> Result<(Decision, Vec<String>), EvalError> {
        let decision = self.decide(principal, request)?;
        Ok((decision, self.needs(principal, request, derived)?))
    }

    fn prepare<'q>(
        &'q mut self,
        principal: &'q Principal,
        overlay: Option<&Views<'_>>,
        request: &'q Request<'q>,
    ) -> Result<Query<'q>, EvalError> {
        let resolved: &Resolved = principal.resolved();
        if resolved.bundle != self.bundle {
            return Err(EvalError::foreign_principal());
        }
        Query::prepare(&self.views, overlay, &mut self.scratch, resolved, request)
    }
}

/// The decision through the indexes.
fn decided(query: &Query<'_>, overlay: Option<&Views<'_>>) -> Result<Decision, EvalError> {
    let facts = Facts::of(query);
    let states = layers::consult(query, overlay, &facts, Mode::Indexed)?;
    Ok(combine::combine(&facts, &states))
}

/// The views of the session overlay that limits the caller, if one does.
fn overlay(principal: &Principal) -> Option<Views<'_>> {
    principal.resolved().session.as_ref()?.overlay.as_ref().map(Overlay::views)
}
