//! Evaluation: from a caller and a request to a decision.
//!
//! ```text
//! Request --prepare--> Query --consult (layer by layer)--> States --combine--> Decision
//!                                  |
//!              slice -> fragment -> cell -> trie -> DAG -> atom, principal element
//! ```
//!
//! Input: a verified bundle's views, a resolved caller, a request. Output: a [`Decision`], or an [`EvalError`], which denies. Invariants:
//! - nothing here knows policy text, a clock or a path; deciding allocates nothing, takes no lock and does not recurse;
//! - a request's errors all arise in preparation, afterwards every test is true or false;
//! - an Allow is made in one place (`combine`); every access is checked, every walk counts its steps, and a failure of either is an error.
//!
//! The naive version, which everything here must equal, is [`Evaluator::decide_unindexed`]: all statements of a layer, one after the other.
//!
//! Rules: sections 2 to 8 of the semantics; the modules name theirs.

mod atom;
mod combine;
mod element;
mod glob;
mod layers;
mod query;
mod scratch;
#[cfg(test)]
mod tests;
mod walk;

use crate::decision::Decision;
use crate::error::EvalError;
use crate::open::BundleId;
use crate::request::principal::Resolved;
use crate::request::{Principal, Request};
use crate::views::Views;
use layers::{Facts, Mode};
use query::Query;
use scratch::Scratch;

/// Decides requests over one bundle. It holds memory that decisions reuse: make one per thread and keep it.
pub struct Evaluator<'b> {
    bundle: BundleId,
    views: Views<'b>,
    scratch: Scratch,
}

impl<'b> Evaluator<'b> {
    pub(crate) fn new(bundle: BundleId, views: Views<'b>) -> Evaluator<'b> {
        Evaluator { bundle, views, scratch: Scratch::new(views.keys.len()) }
    }

    /// Decides. Allocates nothing; takes at most the bundle's `steps_max` steps.
    ///
    /// # Errors
    /// `invalid-request`, `duplicate-key` or `limit-exceeded` for a request that breaks S-206, S-502 or a [limit](crate::limits); `unknown-principal`
    /// for a principal of another bundle. The caller of this function denies.
    pub fn decide(&mut self, principal: &Principal, request: &Request<'_>) -> Result<Decision, EvalError> {
        let query = self.prepare(principal, request)?;
        let facts = Facts::of(&query);
        let states = layers::consult(&query, &facts, Mode::Indexed)?;
        Ok(combine::combine(&facts, &states))
    }

    /// Decides by testing every statement of every layer, without the indexes. Slow, and bounded by the bundle's size only: the oracle of
    /// [`decide`](Evaluator::decide).
    ///
    /// # Errors
    /// Those of [`decide`](Evaluator::decide).
    pub fn decide_unindexed(&mut self, principal: &Principal, request: &Request<'_>) -> Result<Decision, EvalError> {
        let query = self.prepare(principal, request)?;
        let facts = Facts::of(&query);
        let states = layers::consult(&query, &facts, Mode::Plain(&mut |_| ()))?;
        Ok(combine::combine(&facts, &states))
    }

    fn prepare<'q>(&'q mut self, principal: &'q Principal, request: &'q Request<'q>) -> Result<Query<'q>, EvalError> {
        let resolved: &Resolved = principal.resolved();
        if resolved.bundle != self.bundle {
            return Err(EvalError::foreign_principal());
        }
        Query::prepare(&self.views, &mut self.scratch, resolved, request)
    }
}

#[cfg(feature = "explain")]
mod explain {
    use super::layers::{self, Facts, Mode};
    use super::walk::Match;
    use super::{Evaluator, combine};
    use crate::error::EvalError;
    use crate::explain::{Explainer, Explanation};
    use crate::request::{Principal, Request};
    use alloc::string::ToString;
    use alloc::vec::Vec;

    impl Evaluator<'_> {
        /// Decides and explains: the outcome of each layer, every statement that matched, and whose the resource is (S-729). Slow, as
        /// [`decide_unindexed`](Evaluator::decide_unindexed) is, and allocates.
        ///
        /// # Errors
        /// Those of [`decide`](Evaluator::decide); `invalid-bundle` for an explainer of another bundle, and if the indexes and the statements gave different
        /// decisions, which is a defect.
        pub fn explain(&mut self, explainer: &Explainer, principal: &Principal, request: &Request<'_>) -> Result<Explanation, EvalError> {
            if explainer.bundle_id() != self.bundle {
                return Err(EvalError::foreign_explainer());
            }
            let query = self.prepare(principal, request)?;
            let facts = Facts::of(&query);
            let indexed = combine::combine(&facts, &layers::consult(&query, &facts, Mode::Indexed)?);
            let mut matches: Vec<Match> = Vec::new();
            let states = layers::consult(&query, &facts, Mode::Plain(&mut |found| matches.push(found)))?;
            let decision = combine::combine(&facts, &states);
            if decision != indexed {
                return Err(EvalError::disagreement());
            }
            let matched = explainer.matched(matches.iter().map(|found| (found.attachment, found.statement, found.is_deny)))?;
            Ok(Explanation {
                decision,
                layers: states.outcomes(),
                matched,
                resource_account: query.owner.map(ToString::to_string),
                resource_account_from: query.owner_source,
            })
        }
    }
}
