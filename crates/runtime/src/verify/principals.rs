//! Principal keys and elements.

use super::rules::{Budget, Checked, ensure, ensure_ascending, ensure_id, ensure_index, ensure_index_length, found, invalid, range};
use crate::error::Fault;
use crate::format::{PRINCIPAL_NEGATED, PrincipalTag, SectionKind};
use crate::views::{Views, at};

/// Keys in order, with known tags, those that cover a whole class without text; each element's run in order and in bounds.
pub(super) fn verify(views: &Views<'_>) -> Checked {
    let section = SectionKind::PrincipalKeys;
    for key in views.principal_keys {
        ensure_id(key.text, views.strings.len(), section, "a symbol is out of bounds")?;
        let Some(tag) = PrincipalTag::from_number(key.tag.get()) else { return invalid(section, "a tag is unknown") };
        use PrincipalTag::{AnyAccount, AnyCanonicalUser, AnyFederated, AnyService, Everyone};
        let has_text = !matches!(tag, Everyone | AnyService | AnyFederated | AnyCanonicalUser | AnyAccount);
        ensure(has_text != found(views.text(key.text), section)?.is_empty(), section, "a text does not fit its tag")?;
    }
    let keys = views.principal_keys.iter().map(|key| (key.tag.get(), key.text.get()));
    ensure_ascending(keys, section, "principal keys are not in strictly ascending order")?;

    let section = SectionKind::PrincipalKeyIndex;
    ensure_index_length(views.principal_key_index, views.principal_keys.len(), views.principal_keys.len(), section)?;
    ensure_index(views.principal_key_index, (0_u32..).take(views.principal_keys.len()), section, |id| {
        let key = at(views.principal_keys, id)?;
        let tag = PrincipalTag::from_number(key.tag.get()).ok_or(Fault::Corrupt)?;
        views.principal_key(tag, views.text_str(key.text)?)
    })?;

    let section = SectionKind::PrincipalMembers;
    for member in views.principal_members {
        ensure_id(*member, views.principal_keys.len(), section, "a principal key is out of bounds")?;
    }
    let mut members = Budget::new(views.principal_members.len(), section);
    for element in views.principal_elements {
        ensure(element.flags.get() & !PRINCIPAL_NEGATED == 0, SectionKind::PrincipalElements, "a flag is unknown")?;
        let run = range(views.principal_members, element.first, element.len, SectionKind::PrincipalElements)?;
        members.spend(run.len())?;
        ensure_ascending(run.iter().map(|member| member.get()), section, "a run is not in strictly ascending order")?;
    }
    Ok(())
}
