//! Which policies make decisions too dear.
//!
//! In: the links, and the steps that each slice takes. Out: the slice that takes the most, by the place of its first policy: where an author begins who has to cut.

use super::Parts;
use crate::diag::{LineColumn, quoted};
use crate::link::SliceId;
use portcullis_runtime::format::BundleKind;
use std::fmt;

/// The policies of one layer that take the most steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dearest {
    /// The place of the first of them, as S-729 names it.
    pub place: String,
    /// File, line and column where its text begins; `None` for one that came without a file.
    pub text: Option<(String, LineColumn)>,
    /// How many policies they are; an ACL is one.
    pub policies: usize,
    /// The most steps that consulting them takes.
    pub steps: u64,
}

impl Dearest {
    /// Of those that some decision consults; of slices that take as many the first. `None` if none takes any.
    pub(super) fn of(parts: Parts<'_>, steps: &[u64]) -> Option<Dearest> {
        let linked = parts.linked;
        let consulted: Vec<SliceId> = match parts.kind {
            BundleKind::World => linked.consulted().collect(),
            BundleKind::Session => (0u32..).take(linked.slices.len()).map(SliceId).collect(),
        };
        let steps_of = |slice: &SliceId| steps.get(slice.0 as usize).copied().unwrap_or(0);
        let slice = consulted.into_iter().max_by_key(|slice| (steps_of(slice), std::cmp::Reverse(*slice)))?;
        let members = linked.slices.get(slice.0 as usize)?;
        let attachment = linked.attachments.get(members.first()?.attachment as usize)?;
        let text = attachment.text.map(|text| {
            let name = parts.sources.file(text.file).name().to_owned();
            (name, parts.sources.line_column(text.file, text.start))
        });
        Some(Dearest { place: attachment.place.clone(), text, policies: members.len(), steps: steps_of(&slice) })
    }
}

impl fmt::Display for Dearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.policies {
            0 | 1 => write!(f, "{} of them for {}", self.steps, self.place)?,
            policies => write!(f, "{} of them for {policies} policies that act together, the first {}", self.steps, self.place)?,
        }
        match &self.text {
            Some((file, at)) => write!(f, " at {}:{}:{}", quoted(file), at.line, at.column),
            None => Ok(()),
        }
    }
}
