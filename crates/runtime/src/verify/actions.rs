//! The action line.

use super::rules::{Checked, ensure, ensure_ascending, ensure_id, ensure_index, ensure_index_length, found, is_ascii_folded};
use crate::format::{SectionKind, hash};
use crate::views::{Views, at, probe};

/// Bounds strictly ascending from the empty text on; literals folded, in the index, and no others there.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::ActionBounds;
    let bounds = views.action_bounds;
    for bound in bounds {
        ensure_id(bound.text, views.strings.len(), section, "a symbol is out of bounds")?;
        ensure(bound.literal.get() <= 1, section, "a flag is unknown")?;
    }
    // Symbols are in the order of their texts.
    ensure_ascending(bounds.iter().map(|bound| bound.text.get()), section, "bounds are not in strictly ascending order")?;
    let first = bounds.first().map(|bound| views.text(bound.text)).transpose();
    ensure(found(first, section)? == Some(b"".as_slice()), section, "the first bound is not the empty text")?;

    let literals = || (0_u32..).zip(bounds).filter(|(_, bound)| bound.literal.get() == 1);
    for (_, bound) in literals() {
        ensure(is_ascii_folded(found(views.text_str(bound.text), section)?), section, "a literal action is not folded")?;
    }
    let section = SectionKind::ActionIndex;
    ensure_index_length(views.action_index, literals().count(), bounds.len(), section)?;
    ensure_index(views.action_index, literals().map(|(id, _)| id), section, |id| {
        let text = views.text(at(bounds, id)?.text)?;
        probe(views.action_index, hash(views.seed, text), |other| Ok(views.text(at(bounds, other)?.text)? == text))
    })
}
