//! Explanations: which statements matched, and where they stand (S-729). Feature `explain`.
//!
//! Input: the cold sections of a verified bundle, and the statements that the plain walk found. Output: [`Explanation`]. No decision reads this.

mod near;
#[cfg(test)]
mod tests;

pub use near::{Actual, FailedPart, NearMiss};
pub(crate) use near::{operator_text, values_text};

use crate::decision::{Decision, Effect, Layers, OwnerSource};
use crate::error::{Fault, OpenError};
use crate::eval::{Match, Place};
use crate::format::SectionKind;
use crate::format::cold::{Explanations, NO_FILE, NO_STATEMENT, decode};
use crate::open::BundleId;
use crate::views::Views;
use alloc::format;
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
    /// For an implicit deny: the Allow statements of the deciding layer that failed by one part only, in world order. Under SCPs and RCPs those of the levels that do not
    /// allow.
    pub near_misses: Vec<NearMiss>,
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
    /// Index of the statement in its document; `None` for a grant of an ACL, which has a place and no statement.
    pub statement: Option<u32>,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
    /// Its effect.
    pub effect: Effect,
    /// Where its text stands; `None` for a document that came without a file, as a session's does.
    pub text: Option<TextPlace>,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPlace {
    /// The file, named relative to the world file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

impl Explainer {
    /// Decodes the section and checks that its indexes fit the bundle.
    pub(crate) fn new(bundle: BundleId, views: &Views<'_>) -> Result<Explainer, OpenError> {
        Ok(Explainer { bundle, explanations: Arc::new(decoded(views)?) })
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

    /// Explanations for a caller with this session overlay, or none.
    pub(crate) fn over(&self, overlay: Option<&Views<'_>>) -> Result<Told<'_>, Fault> {
        let session = match overlay {
            Some(views) => decoded(views).map_err(|_| Fault::Corrupt)?,
            None => Explanations::default(),
        };
        Ok(Told { world: &self.explanations, session })
    }
}

/// The places of the world's statements and of a session overlay's.
pub(crate) struct Told<'e> {
    world: &'e Explanations,
    session: Explanations,
}

/// What places are ordered by: those of the session come after the world's.
pub(crate) type Order = (bool, u64);

impl Told<'_> {
    /// Statements that matched, put into world order and told by their places.
    pub(crate) fn matched(&self, found: &[Match]) -> Result<Vec<Matched>, Fault> {
        let mut matched = found.iter().map(|found| self.one(found)).collect::<Result<Vec<_>, Fault>>()?;
        matched.sort_by_key(|(order, told)| (*order, told.statement));
        // The statements of one ACL grant have one place.
        matched.dedup();
        Ok(matched.into_iter().map(|(_, told)| told).collect())
    }

    /// The names of the context keys by slot, in the bundle that holds the statement.
    pub(crate) fn keys(&self, found: &Match) -> &[String] {
        match found.place {
            Place::Overlay(_) => &self.session.keys,
            Place::World(_) | Place::Session { .. } => &self.world.keys,
        }
    }

    /// A statement at its place.
    pub(crate) fn one(&self, found: &Match) -> Result<(Order, Matched), Fault> {
        let (of, attachment) = match found.place {
            Place::World(attachment) | Place::Session { attachment, .. } => (self.world, attachment),
            Place::Overlay(attachment) => (&self.session, attachment),
        };
        let attachment = of.attachments.get(attachment as usize).ok_or(Fault::Corrupt)?;
        let origin = of.statements.get(found.statement as usize).ok_or(Fault::Corrupt)?;
        let (policy, order) = match found.place {
            Place::World(_) => (attachment.place.clone(), (false, attachment.order)),
            Place::Overlay(_) => (attachment.place.clone(), (true, attachment.order)),
            // A managed policy, whose text stands where the world declares it.
            Place::Session { index, .. } => (format!("session.policies[{index}]"), (true, u64::from(index))),
        };
        let text = match attachment.file {
            NO_FILE => None,
            file => Some(TextPlace {
                file: of.files.get(file as usize).ok_or(Fault::Corrupt)?.clone(),
                line: attachment.line.saturating_add(origin.lines_down),
                column: if origin.lines_down == 0 { attachment.column.saturating_add(origin.column) } else { origin.column },
            }),
        };
        let told = Matched {
            policy,
            statement: Some(origin.index).filter(|index| *index != NO_STATEMENT),
            sid: origin.sid.clone(),
            effect: if found.is_deny { Effect::Deny } else { Effect::Allow },
            text,
        };
        Ok((order, told))
    }
}

/// The decoded section, whose indexes fit the bundle.
fn decoded(views: &Views<'_>) -> Result<Explanations, OpenError> {
    let invalid = |message| OpenError::section(SectionKind::Explanations, message);
    let explanations: Explanations = decode(views.explanations).ok_or_else(|| invalid("the section cannot be decoded"))?;
    if explanations.statements.len() != views.statements.len() {
        return Err(invalid("there is not one origin for each statement"));
    }
    if explanations.keys.len() != views.keys.len() {
        return Err(invalid("there is not one name for each context key"));
    }
    let attachments = explanations.attachments.len();
    if views.slice_members.iter().any(|member| member.attachment.get() as usize >= attachments) {
        return Err(invalid("a slice member has no attachment"));
    }
    let files = explanations.files.len();
    if explanations.attachments.iter().any(|attachment| attachment.file != NO_FILE && attachment.file as usize >= files) {
        return Err(invalid("an attachment has no file"));
    }
    Ok(explanations)
}
