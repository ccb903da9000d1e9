//! Context keys.

use super::rules::{Checked, IdSet, ensure, ensure_id, ensure_index, ensure_index_length, found, is_ascii_folded};
use crate::format::{Derivation, NONE, SectionKind, hash};
use crate::views::{Views, at};

/// Names folded and distinct; derivation and tag are what the name says.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::Keys;
    let mut names = IdSet::new(views.strings.len());
    for key in views.keys {
        ensure_id(key.name, views.strings.len(), section, "a symbol is out of bounds")?;
        ensure(names.insert(key.name.get()), section, "two keys have one name")?;
        let name = found(views.text_str(key.name), section)?;
        ensure(is_ascii_folded(name), section, "a name is not folded")?;
        let (derivation, tag) = Derivation::of_key(name);
        ensure(key.derivation.get() == derivation as u32, section, "a key has another derivation than its name says")?;
        let given = match key.tag.get() {
            NONE => None,
            _ => Some(found(views.text(key.tag), section)?),
        };
        ensure(given == tag.map(str::as_bytes), section, "a key has another tag than its name says")?;
    }
    let section = SectionKind::KeyIndex;
    ensure_index_length(views.key_index, views.keys.len(), views.keys.len(), section)?;
    ensure_index(views.key_index, (0_u32..).take(views.keys.len()), section, |id| {
        let name = views.text(at(views.keys, id)?.name)?;
        views.slot(hash(views.seed, name), name)
    })
}
