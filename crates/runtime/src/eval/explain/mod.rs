//! Explaining a decision: every layer, every statement that matched, and what kept an implicit deny from being allowed (S-729). Feature `explain`.
//!
//! Input: a prepared request. Output: [`Explanation`]. Everything here takes the plain walk, since pruning hides what matched; the decision is that of the indexes, and the
//! two must agree. `rule` finds what decided other than statements, `near` the statements that nearly allowed.

mod near;
mod rule;

use super::combine;
use super::layers::{self, Facts, Mode, Sources};
use super::walk::Match;
use super::{Evaluator, overlay};
use crate::decision::Reason;
use crate::error::EvalError;
use crate::explain::{Explainer, Explanation};
use crate::request::{Principal, Request};
use alloc::string::ToString;
use alloc::vec::Vec;

impl Evaluator<'_> {
    /// Decides and explains: the outcome of each layer, every statement that matched, whose the resource is (S-729), and for an implicit deny the rule or the levels of the
    /// organization that decided, and the statements of the deciding layer that failed by one part only. Slow, as [`decide_unindexed`](Evaluator::decide_unindexed) is, and
    /// allocates.
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
        let mut explanation = Explanation {
            decision,
            layers: states.outcomes(),
            matched: told.matched(&matches)?,
            rule: None,
            refusing_levels: Vec::new(),
            near_misses: Vec::new(),
            near_misses_left_out: 0,
            resource_account: query.owner.map(ToString::to_string),
            resource_account_from: query.owner_source,
        };
        if decision.reason() == Reason::ImplicitDeny {
            let sources = Sources::of(&query, &facts)?;
            let layer = decision.layer();
            explanation.rule = rule::rule(&query, &facts, &sources, &told, layer)?;
            let levels = rule::refusing_levels(&query, layer)?;
            explanation.refusing_levels = rule::told_levels(&query, &told, layer, &levels)?;
            if explanation.rule.is_none_or(|rule| !rule::is_beyond_statements(rule)) {
                let over = overlay.as_ref().map(|views| query.over(views)).transpose()?;
                let search = near::Search { query: &query, overlay: over.as_ref(), told: &told, sources: &sources, levels: &levels, layer };
                (explanation.near_misses, explanation.near_misses_left_out) = search.run()?;
            }
        }
        Ok(explanation)
    }
}
