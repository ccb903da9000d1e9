//! Accounts and chains, entities, groups, managed policies, tags, declared resources and endpoints, slices.

use super::sections::Encoder;
use super::strings::Symbols;
use super::trie::trie_node;
use crate::catalog;
use crate::link::{ChainId, SliceId};
use crate::trie::{Entry, LocalTrie};
use portcullis_runtime::format::{
    ACCOUNT_DECLARED, ACCOUNT_IN_ORGANIZATION, ACCOUNT_MANAGEMENT, AccountRecord, ChainRecord, ENTITY_ROLE, ENTITY_SERVICE_LINKED,
    EndpointRecord, EntityRecord, GroupListRecord, GroupRecord, NONE, PolicyRecord, ResourceRecord, SliceMember, SliceRecord, TagRecord,
    U32,
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
            let none = U32::new(NONE);
            let (organization_id, organization_path, scps, rcps) = match &account.organization {
                Some(place) => {
                    let chain = |ChainId(chain)| U32::new(chain);
                    (self.symbol(&place.id), self.symbol(&place.path), chain(place.scps), chain(place.rcps))
                }
                None => (none, none, none, none),
            };
            let canonical_id = account.canonical_id.as_ref().map_or(none, |id| self.symbol(id));
            let flags = flag(account.declared, ACCOUNT_DECLARED)
                | flag(account.organization.is_some(), ACCOUNT_IN_ORGANIZATION)
                | flag(account.management, ACCOUNT_MANAGEMENT);
            self.out.accounts.push(AccountRecord {
                id,
                flags: U32::new(flags),
                organization_id,
                organization_path,
                scps,
                rcps,
                canonical_id,
            });
        }
    }

    pub(super) fn entities(&mut self) {
        let linked = self.parts.linked;
        for entity in &linked.entities {
            let (tags_first, tags_len) = self.tags(&entity.tags);
            let flags = flag(entity.role, ENTITY_ROLE) | flag(entity.service_linked, ENTITY_SERVICE_LINKED);
            let name = self.symbol(&entity.name);
            let record = EntityRecord {
                account: U32::new(entity.account),
                flags: U32::new(flags),
                name,
                path: self.symbol(&entity.path),
                unique_id: entity.unique_id.as_ref().map_or(U32::new(NONE), |id| self.symbol(id)),
                tags_first,
                tags_len,
                identity: U32::new(entity.identity.0),
                groups: U32::new(entity.groups.map_or(NONE, |list| list.0)),
                boundary: slice_or_none(entity.boundary),
                trust: slice_or_none(entity.trust),
                name_offset: U32::new(self.symbols.offset(name.get())),
                name_len: U32::new(self.number(entity.name.len())),
            };
            self.out.entities.push(record);
        }
    }

    pub(super) fn group_lists(&mut self) {
        let linked = self.parts.linked;
        for slices in &linked.group_lists {
            let first = self.number(self.out.group_list_slices.len());
            let len = self.number(slices.len());
            self.out.group_lists.push(GroupListRecord { first: U32::new(first), len: U32::new(len) });
            self.out.group_list_slices.extend(slices.iter().map(|slice| U32::new(slice.0)));
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
                acl: slice_or_none(resource.acl),
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

    pub(super) fn chains(&mut self) {
        let linked = self.parts.linked;
        for levels in &linked.chains {
            let first = self.number(self.out.chain_levels.len());
            let len = self.number(levels.len());
            self.out.chains.push(ChainRecord { first: U32::new(first), len: U32::new(len) });
            self.out.chain_levels.extend(levels.iter().map(|level| U32::new(level.policies.0)));
        }
    }

    pub(super) fn endpoints(&mut self) {
        let linked = self.parts.linked;
        for endpoint in &linked.endpoints {
            let record = EndpointRecord { id: self.symbol(&endpoint.id), policy: U32::new(endpoint.policy.0) };
            self.out.endpoints.push(record);
        }
    }

    pub(super) fn groups_and_policies(&mut self) {
        let linked = self.parts.linked;
        for group in &linked.groups {
            let (account, policies) = (U32::new(group.account), U32::new(group.policies.0));
            let name = self.symbol(&group.name);
            self.out.groups.push(GroupRecord { account, name, policies });
        }
        for policy in &linked.policies {
            let (account, slice) = (U32::new(policy.account.unwrap_or(NONE)), U32::new(policy.slice.0));
            let name = self.symbol(&policy.name);
            let path = policy.path.as_ref().map_or(U32::new(NONE), |path| self.symbol(path));
            self.out.policies.push(PolicyRecord { account, name, path, slice });
        }
    }

    /// The slices. Their steps are known once everything that they refer to is written.
    pub(super) fn slices(&mut self) {
        let linked = self.parts.linked;
        for (members, indexes) in linked.slices.iter().zip(&self.parts.plan.slices) {
            let first = self.number(self.out.slice_members.len());
            let len = self.number(members.len());
            let indexes_first = self.number(self.out.slice_indexes.len());
            let indexes_len = self.number(indexes.len());
            self.out.slices.push(SliceRecord {
                first: U32::new(first),
                len: U32::new(len),
                indexes_first: U32::new(indexes_first),
                indexes_len: U32::new(indexes_len),
                steps: U32::new(0),
            });
            self.out.slice_indexes.extend(indexes.iter().map(|index| U32::new(*index)));
            let records =
                members.iter().map(|member| SliceMember { fragment: U32::new(member.fragment.0), attachment: U32::new(member.attachment) });
            self.out.slice_members.extend(records);
        }
    }
}
