//! Explanations: which statements matched, and where they stand (S-729). Feature `explain`.
//!
//! Input: the cold sections of a verified bundle, and the statements that the plain walk found. Output: [`Explanation`]. No decision reads this.

#[cfg(test)]
mod tests;

use crate::decision::{Decision, Effect, Layers, OwnerSource};
use crate::error::{Fault, OpenError};
use crate::format::SectionKind;
use crate::format::cold::{Explanations, decode};
use crate::open::BundleId;
use crate::views::Views;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The decoded places of a bundle's statements. Cheap to clone; serves the bundle that it came from.
#[derive(Debug, Clone)]
pub struct Explainer {
    bundle: BundleId,
    explanations: Arc<Explanations>,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Each layer's own outcome.
    pub layers: Layers,
    /// Every statement that matched in a layer that applies, in world order.
    pub matched: Vec<Matched>,
    /// The account that owns the resource, if there is one (S-704).
    pub resource_account: Option<String>,
    /// Where that account was found.
    pub resource_account_from: OwnerSource,
}

/// A statement that matched, at one of the places where its document is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The place, for example `accounts[0].users[1].policies[2]`.
    pub policy: String,
    /// Index of the statement in its document.
    pub statement: u32,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
    /// Its effect.
    pub effect: Effect,
    /// The file that holds the document's text.
    pub file: String,
    /// Line of the statement, from 1.
    pub line: u32,
    /// Column of the statement, from 1, in characters.
    pub column: u32,
}

impl Explainer {
    /// Decodes the section and checks that its indexes fit the bundle.
    pub(crate) fn new(bundle: BundleId, views: &Views<'_>) -> Result<Explainer, OpenError> {
        let invalid = |message| OpenError::section(SectionKind::Explanations, message);
        let explanations: Explanations = decode(views.explanations).ok_or_else(|| invalid("the section cannot be decoded"))?;
        if explanations.statements.len() != views.statements.len() {
            return Err(invalid("there is not one origin for each statement"));
        }
        let attachments = explanations.attachments.len();
        if views.slice_members.iter().any(|member| member.attachment.get() as usize >= attachments) {
            return Err(invalid("a slice member has no attachment"));
        }
        if explanations.attachments.iter().any(|attachment| attachment.file as usize >= explanations.files.len()) {
            return Err(invalid("an attachment has no file"));
        }
        Ok(Explainer { bundle, explanations: Arc::new(explanations) })
    }

    /// The bundle that it explains.
    #[must_use]
    pub fn bundle_id(&self) -> BundleId {
        self.bundle
    }

    /// The files, places and origins themselves.
    #[must_use]
    pub fn explanations(&self) -> &Explanations {
        &self.explanations
    }

    /// Statements as (attachment, statement, is a Deny), put into world order and told by their places.
    pub(crate) fn matched(&self, found: impl Iterator<Item = (u32, u32, bool)>) -> Result<Vec<Matched>, Fault> {
        let mut matched = Vec::new();
        for (attachment, statement, is_deny) in found {
            let attachment = self.explanations.attachments.get(attachment as usize).ok_or(Fault::Corrupt)?;
            let origin = self.explanations.statements.get(statement as usize).ok_or(Fault::Corrupt)?;
            let file = self.explanations.files.get(attachment.file as usize).ok_or(Fault::Corrupt)?;
            let column = if origin.lines_down == 0 { attachment.column.saturating_add(origin.column) } else { origin.column };
            let told = Matched {
                policy: attachment.place.clone(),
                statement: origin.index,
                sid: origin.sid.clone(),
                effect: if is_deny { Effect::Deny } else { Effect::Allow },
                file: file.clone(),
                line: attachment.line.saturating_add(origin.lines_down),
                column,
            };
            matched.push((attachment.order, told));
        }
        matched.sort_by(|(left_order, left), (right_order, right)| (left_order, left.statement).cmp(&(right_order, right.statement)));
        matched.dedup();
        Ok(matched.into_iter().map(|(_, told)| told).collect())
    }
}
