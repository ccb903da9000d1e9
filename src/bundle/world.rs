//! Accounts, entities, tags, declared resources, slices.

use super::sections::Encoder;
use super::strings::Symbols;
use super::trie::trie_node;
use crate::catalog;
use crate::link::SliceId;
use crate::trie::{Entry, LocalTrie};
use portcullis_runtime::format::{
    ACCOUNT_DECLARED, ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, AccountRecord, ENTITY_HAS_BOUNDARY, ENTITY_ROLE, ENTITY_SERVICE_LINKED,
    EntityRecord, NONE, ResourceRecord, SliceMember, SliceRecord, TagRecord, U32,
};

fn flag(condition: bool, flag: u32) -> u32 {
    if condition { flag } else { 0 }
}

fn slice_or_none(slice: Option<SliceId>) -> U32 {
    U32::new(slice.map_or(NONE, |slice| slice.0))
}

impl<S: Symbols> Encoder<'_, S> {
    pub(super) fn accounts(&mut self) {
        let linked = self.parts.linked;
        for account in &linked.accounts {
            let id = self.symbol(&account.id);
            let (organization_id, organization_path) = match &account.organization {
                Some((id, path)) => (self.symbol(id), self.symbol(path)),
                None => (U32::new(NONE), U32::new(NONE)),
            };
            let flags = flag(account.declared, ACCOUNT_DECLARED)
                | flag(account.organization.is_some(), ACCOUNT_IN_ORGANIZATION)
                | flag(account.management, ACCOUNT_MANAGEMENT);
            self.out.accounts.push(AccountRecord { id, flags: U32::new(flags), organization_id, organization_path });
        }
    }

    pub(super) fn entities(&mut self) {
        let linked = self.parts.linked;
        for entity in &linked.entities {
            let (tags_first, tags_len) = self.tags(&entity.tags);
            let flags = flag(entity.role, ENTITY_ROLE)
                | flag(entity.service_linked, ENTITY_SERVICE_LINKED)
                | flag(entity.has_boundary, ENTITY_HAS_BOUNDARY);
            let record = EntityRecord {
                account: U32::new(entity.account),
                flags: U32::new(flags),
                name: self.symbol(&entity.name),
                path: self.symbol(&entity.path),
                unique_id: entity.unique_id.as_ref().map_or(U32::new(NONE), |id| self.symbol(id)),
                tags_first,
                tags_len,
                identity: U32::new(entity.identity.0),
                trust: slice_or_none(entity.trust),
            };
            self.out.entities.push(record);
        }
    }

    fn tags(&mut self, tags: &[(String, String)]) -> (U32, U32) {
        let first = self.number(self.out.tags.len());
        let len = self.number(tags.len());
        for (key, value) in tags {
            let record = TagRecord { key: self.symbol(key), value: self.symbol(value) };
            self.out.tags.push(record);
        }
        (U32::new(first), U32::new(len))
    }

    pub(super) fn resources(&mut self) {
        let linked = self.parts.linked;
        let mut entries = Vec::new();
        for (id, resource) in (0u32..).zip(&linked.resources) {
            let (tags_first, tags_len) = self.tags(&resource.tags);
            let record = ResourceRecord {
                arn: self.symbol(&resource.arn),
                account: U32::new(resource.account),
                tags_first,
                tags_len,
                policy: slice_or_none(resource.policy),
            };
            self.out.resources.push(record);
            entries.push(Entry { key: resource.arn.clone(), exact: true, value: id });
        }
        if entries.is_empty() {
            return;
        }
        let trie = LocalTrie::build(entries);
        for node in &trie.nodes {
            let key = trie.keys.get(node.key).map_or("", String::as_str);
            let offset = self.label_offset(key, node.start);
            let exact = node.exact.first().copied().unwrap_or(NONE);
            let (record, first_byte) = trie_node(key, node.start..node.end, offset, exact, NONE);
            let (first_child, child_count) = (self.number(node.first_child), self.number(node.child_count));
            self.out.resource_trie.push(record.with_children(first_child, child_count));
            self.out.resource_trie_first_bytes.push(first_byte);
        }
    }

    pub(super) fn rcp_services(&mut self) {
        for service in catalog::rcp_services() {
            let symbol = self.symbol(service);
            self.out.rcp_services.push(symbol);
        }
    }

    pub(super) fn slices(&mut self) {
        let linked = self.parts.linked;
        for members in &linked.slices {
            let first = self.number(self.out.slice_members.len());
            let len = self.number(members.len());
            self.out.slices.push(SliceRecord { first: U32::new(first), len: U32::new(len) });
            let records =
                members.iter().map(|member| SliceMember { fragment: U32::new(member.fragment.0), attachment: U32::new(member.attachment) });
            self.out.slice_members.extend(records);
        }
    }
}
