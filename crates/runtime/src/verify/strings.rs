//! Strings.

use super::rules::{Checked, ensure, ensure_index, ensure_index_length, found, invalid};
use crate::format::{SectionKind, U32, hash};
use crate::views::Views;

/// UTF-8, in bounds, one after the other, strictly ascending, each found by the index. Since strings do not overlap, all of this is linear.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::Strings;
    let mut previous: Option<&[u8]> = None;
    let mut end = 0_u64;
    for record in views.strings {
        ensure(u64::from(record.offset.get()) >= end, section, "strings overlap")?;
        end = u64::from(record.offset.get()).saturating_add(u64::from(record.length.get()));
        let text = found(crate::views::range(views.string_bytes, record.offset, record.length), section)?;
        if core::str::from_utf8(text).is_err() {
            return invalid(section, "a string is not UTF-8");
        }
        ensure(previous.is_none_or(|previous| previous < text), section, "strings are not in strictly ascending order")?;
        previous = Some(text);
    }
    let section = SectionKind::StringIndex;
    ensure_index_length(views.string_index, views.strings.len(), views.strings.len(), section)?;
    let ids = (0_u32..).take(views.strings.len());
    ensure_index(views.string_index, ids, section, |id| {
        let text = views.text(U32::new(id))?;
        crate::views::probe(views.string_index, hash(views.seed, text), |found| Ok(views.text(U32::new(found))? == text))
    })
}
