//! Explanations: which statements matched or nearly did, and where they stand (S-729). Feature `explain`.
//!
//! Input: the cold sections of a verified bundle, and the statements that the plain walk found. Output: [`Explanation`]. No decision reads this.

mod cold;
mod near;
mod rule;
#[cfg(test)]
mod tests;

pub use near::{Actual, FailedCondition, FailedPart, NEAR_MISSES_MAX, NearMiss, Variable};
pub use rule::{LevelNode, RefusingLevel, Rule};

use crate::decision::{Decision, Effect, Layers, OwnerSource};
use crate::error::{Fault, OpenError};
use crate::eval::{Match, Place};
use crate::format::cold::{Attachment, ChainLevel, Explanations, NO_FILE, NO_STATEMENT, StatementOrigin, SwitchedOffAcl, WrittenStatement};
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
    /// For an implicit deny that a rule decided rather than a missing statement: the rule.
    pub rule: Option<Rule>,
    /// For an implicit deny by SCPs or RCPs: the levels that do not allow, from the root down.
    pub refusing_levels: Vec<RefusingLevel>,
    /// For an implicit deny: the Allow statements of the deciding layer that failed by one part only, at most [`NEAR_MISSES_MAX`]. Under SCPs and RCPs those of the levels
    /// that do not allow. The nearest come first: one false condition, resource, action, principal, then several false conditions, few before many; those as near as each
    /// other in world order.
    pub near_misses: Vec<NearMiss>,
    /// So many more there are.
    pub near_misses_left_out: usize,
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
    /// Where its text stands, if that is known.
    pub text: Option<TextPlace>,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPlace {
    /// The file, named relative to the world file; `None` for a document that came without one, as a session's does: then line and column are those within the document.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

impl Explainer {
    /// Decodes the section and checks that its indexes fit the bundle.
    pub(crate) fn new(bundle: BundleId, views: &Views<'_>) -> Result<Explainer, OpenError> {
        Ok(Explainer { bundle, explanations: Arc::new(cold::decoded(views)?) })
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
            Some(views) => cold::decoded(views).map_err(|_| Fault::Corrupt)?,
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

    /// The explanations of the bundle that holds the statement.
    pub(crate) fn of(&self, found: &Match) -> &Explanations {
        match found.place {
            Place::Overlay(_) => &self.session,
            Place::World(_) | Place::Session { .. } => self.world,
        }
    }

    /// Where the statement's document is attached, where it stands there, and what places are ordered by.
    fn place(&self, found: &Match) -> Result<(&Attachment, &StatementOrigin, Order), Fault> {
        let of = self.of(found);
        let origin = of.statements.get(found.statement as usize).ok_or(Fault::Corrupt)?;
        let (Place::World(id) | Place::Session { attachment: id, .. } | Place::Overlay(id)) = found.place;
        let attachment = id.checked_add(origin.place).and_then(|id| of.attachments.get(id as usize)).ok_or(Fault::Corrupt)?;
        let order = match found.place {
            Place::World(_) => (false, attachment.order),
            Place::Overlay(_) => (true, attachment.order),
            Place::Session { index, .. } => (true, u64::from(index)),
        };
        Ok((attachment, origin, order))
    }

    /// What a statement is ordered by: its place, and its index in its document.
    pub(crate) fn order(&self, found: &Match) -> Result<(Order, u32), Fault> {
        self.place(found).map(|(_, origin, order)| (order, origin.index))
    }

    /// What a statement says, in its own letters.
    pub(crate) fn written(&self, found: &Match) -> Result<&WrittenStatement, Fault> {
        let (_, origin, _) = self.place(found)?;
        self.of(found).written.get(origin.written as usize).ok_or(Fault::Corrupt)
    }

    /// The ACLs of the world that are switched off.
    pub(crate) fn switched_off_acls(&self) -> &[SwitchedOffAcl] {
        &self.world.switched_off_acls
    }

    /// Whose policies a level of a chain lists, by its index in `ChainLevels`, and the id; `None` for the account that has the chain.
    pub(crate) fn level(&self, index: u32) -> Result<(LevelNode, Option<&str>), Fault> {
        let text = |text: u32| self.world.texts.get(text as usize).map(String::as_str).ok_or(Fault::Corrupt);
        Ok(match *self.world.levels.get(index as usize).ok_or(Fault::Corrupt)? {
            ChainLevel::Root(id) => (LevelNode::Root, Some(text(id)?)),
            ChainLevel::Unit(id) => (LevelNode::Unit, Some(text(id)?)),
            ChainLevel::Account => (LevelNode::Account, None),
        })
    }

    /// A statement at its place.
    pub(crate) fn one(&self, found: &Match) -> Result<(Order, Matched), Fault> {
        let (attachment, origin, order) = self.place(found)?;
        let policy = match found.place {
            // A managed policy, whose text stands where the world declares it.
            Place::Session { index, .. } => format!("session.policies[{index}]"),
            Place::World(_) | Place::Overlay(_) => attachment.place.clone(),
        };
        let file = match attachment.file {
            NO_FILE => None,
            file => Some(self.of(found).files.get(file as usize).ok_or(Fault::Corrupt)?.clone()),
        };
        let text = match attachment.line {
            0 => None,
            _ => Some(TextPlace {
                file,
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
