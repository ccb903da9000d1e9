//! Users, roles, groups, managed policies and tags.

use super::rules::{
    Budget, Checked, Form, Texts, ensure, ensure_ascending, ensure_id, ensure_index, ensure_index_length, ensure_optional_id, found, range,
};
use crate::format::{ACCOUNT_DECLARED, ENTITY_ROLE, ENTITY_SERVICE_LINKED, NONE, SectionKind, TagRecord};
use crate::views::{Views, at};

/// Entities in order, of declared accounts, with known flags and existing slices; tags of each owner in order and folded.
pub(super) fn verify(views: &Views<'_>, texts: &mut Texts) -> Checked {
    for tag in views.tags {
        texts.ensure(views, tag.key, Form::AsciiFolded, SectionKind::Tags)?;
        ensure_id(tag.value, views.strings.len(), SectionKind::Tags, "a symbol is out of bounds")?;
    }
    let mut tags = Budget::new(views.tags.len(), SectionKind::Tags);
    let section = SectionKind::Entities;
    let strings = views.strings.len();
    for entity in views.entities {
        ensure_declared(views, entity.account, section)?;
        let flags = entity.flags.get();
        ensure(flags & !(ENTITY_ROLE | ENTITY_SERVICE_LINKED) == 0, section, "a flag is unknown")?;
        let is_role = flags & ENTITY_ROLE != 0;
        ensure(is_role || flags & ENTITY_SERVICE_LINKED == 0, section, "a user is service-linked")?;
        ensure(is_role || entity.trust.get() == NONE, section, "a user has a trust policy")?;
        ensure(!is_role || entity.groups.get() == NONE, section, "a role is in a group")?;
        ensure_optional_id(entity.groups, views.group_lists.len(), section, "a list of groups is out of bounds")?;
        texts.ensure(views, entity.name, Form::EntityName, section)?;
        let name = found(at(views.strings, entity.name.get()), section)?;
        ensure(name.offset == entity.name_offset && name.length == entity.name_len, section, "a name is not where its symbol says")?;
        ensure_id(entity.path, strings, section, "a symbol is out of bounds")?;
        let path = found(views.text(entity.path), section)?;
        ensure(path.starts_with(b"/") && path.ends_with(b"/"), section, "a path has no slash at an end")?;
        ensure_optional_id(entity.unique_id, strings, section, "a symbol is out of bounds")?;
        ensure_optional_id(entity.identity, views.slices.len(), section, "a slice is out of bounds")?;
        ensure_optional_id(entity.boundary, views.slices.len(), section, "a slice is out of bounds")?;
        ensure_optional_id(entity.trust, views.slices.len(), section, "a slice is out of bounds")?;
        let own = range(views.tags, entity.tags_first, entity.tags_len, section)?;
        tags.spend(own.len())?;
        ensure_tags(own)?;
    }
    let keys = views.entities.iter().map(|entity| (entity.account.get(), entity.flags.get() & ENTITY_ROLE, entity.name.get()));
    ensure_ascending(keys, section, "entities are not in strictly ascending order")?;
    verify_index(views)?;
    verify_groups(views, texts)?;
    verify_group_lists(views)?;
    verify_policies(views, texts)
}

fn verify_group_lists(views: &Views<'_>) -> Checked {
    let section = SectionKind::GroupLists;
    for list in views.group_lists {
        range(views.group_list_slices, list.first, list.len, section)?;
    }
    for slice in views.group_list_slices {
        ensure_id(*slice, views.slices.len(), SectionKind::GroupListSlices, "a slice is out of bounds")?;
    }
    Ok(())
}

/// Every entity is found by its account, kind and name.
fn verify_index(views: &Views<'_>) -> Checked {
    let section = SectionKind::EntityIndex;
    ensure_index_length(views.entity_index, views.entities.len(), views.entities.len(), section)?;
    ensure_index(views.entity_index, (0_u32..).take(views.entities.len()), section, |id| {
        let entity = at(views.entities, id)?;
        let account = views.text_str(at(views.accounts, entity.account.get())?.id)?;
        let found = views.entity(account, entity.flags.get() & ENTITY_ROLE != 0, views.text_str(entity.name)?)?;
        Ok(found.filter(|found| core::ptr::eq(*found, entity)).map(|_| id))
    })
}

fn verify_groups(views: &Views<'_>, texts: &mut Texts) -> Checked {
    let section = SectionKind::Groups;
    for group in views.groups {
        ensure_declared(views, group.account, section)?;
        texts.ensure(views, group.name, Form::EntityName, section)?;
        ensure_id(group.policies, views.slices.len(), section, "a slice is out of bounds")?;
    }
    let keys = views.groups.iter().map(|group| (group.account.get(), group.name.get()));
    ensure_ascending(keys, section, "groups are not in strictly ascending order")
}

/// A policy of an account has a name and a path, one of AWS its ARN, which no name can be; each is one document.
fn verify_policies(views: &Views<'_>, texts: &mut Texts) -> Checked {
    let section = SectionKind::Policies;
    for policy in views.policies {
        ensure_id(policy.name, views.strings.len(), section, "a symbol is out of bounds")?;
        ensure_optional_id(policy.path, views.strings.len(), section, "a symbol is out of bounds")?;
        let of_account = policy.account.get() != NONE;
        ensure((policy.path.get() != NONE) == of_account, section, "a path does not agree with the account")?;
        if of_account {
            ensure_declared(views, policy.account, section)?;
            texts.ensure(views, policy.name, Form::EntityName, section)?;
        } else {
            let is_arn = found(views.text(policy.name), section)?.starts_with(b"arn:");
            ensure(is_arn, section, "a policy of AWS is not named by its ARN")?;
        }
        let slice = found(at(views.slices, policy.slice.get()), section)?;
        ensure(slice.len.get() == 1, section, "a policy is not one document")?;
    }
    let keys = views.policies.iter().map(|policy| (policy.account.get(), policy.name.get()));
    ensure_ascending(keys, section, "policies are not in strictly ascending order")
}

/// One owner's tags, in order of their keys.
pub(super) fn ensure_tags(tags: &[TagRecord]) -> Checked {
    ensure_ascending(tags.iter().map(|tag| tag.key.get()), SectionKind::Tags, "tags are not in strictly ascending order")
}

/// The account exists and the world declares it.
pub(super) fn ensure_declared(views: &Views<'_>, account: crate::format::U32, section: SectionKind) -> Checked {
    let account = found(at(views.accounts, account.get()), section)?;
    ensure(account.flags.get() & ACCOUNT_DECLARED != 0, section, "the account is not declared")
}
