//! From a world to its slices.

use super::acl::Acls;
use super::types::{
    AttachmentOrigin, ChainId, FragmentId, GroupListId, Level, Linked, LinkedEndpoint, LinkedEntity, LinkedFragment, LinkedGroup,
    LinkedPolicy, LinkedResource, Member, SliceId,
};
use crate::diag::Span;
use crate::ir::TooMany;
use crate::world::{Account, Attachment, DocumentId, Resource, World};
use std::collections::HashMap;

/// Links a world. The documents of its ACLs are numbered behind those of the world.
///
/// # Errors
/// [`TooMany`] when there are more slices, members or entities than ids.
pub fn link(world: &World, acls: &Acls<'_>) -> Result<Linked, TooMany> {
    let mut builder = Builder {
        acls,
        documents: world.documents.len(),
        linked: Linked::default(),
        fragment_of: HashMap::new(),
        known_slices: HashMap::new(),
        known_group_lists: HashMap::new(),
        chain_of: HashMap::new(),
        attachment_of: HashMap::new(),
    };
    builder.accounts(world)?;
    let accounts = (0u32..).zip(&builder.linked.accounts);
    let position: HashMap<String, u32> = accounts.map(|(index, account)| (account.id.clone(), index)).collect();
    id(position.len(), "accounts")?;
    for account in &world.accounts {
        // Every declared account is in the table by construction; one that is not would have no entities to look up.
        if let Some(&index) = position.get(&account.id) {
            builder.account(account, index)?;
        }
    }
    for policy in &world.aws_policies {
        let slice = builder.slice([&policy.document])?;
        builder.linked.policies.push(LinkedPolicy { account: None, name: policy.arn.clone(), path: None, slice });
    }
    let Builder { mut linked, .. } = builder;
    linked.entities.sort_by(|a, b| (a.account, a.role, &a.name).cmp(&(b.account, b.role, &b.name)));
    linked.resources.sort_by(|a, b| a.arn.cmp(&b.arn));
    linked.endpoints.sort_by(|a, b| a.id.cmp(&b.id));
    linked.groups.sort_by(|a, b| (a.account, &a.name).cmp(&(b.account, &b.name)));
    linked.policies.sort_by(|a, b| a.key().cmp(&b.key()));
    Ok(linked)
}

pub(super) fn id(index: usize, what: &'static str) -> Result<u32, TooMany> {
    u32::try_from(index).ok().filter(|index| *index < u32::MAX).ok_or(TooMany(what))
}

pub(super) struct Builder<'w> {
    acls: &'w Acls<'w>,
    /// Documents of the world; those of ACLs have the numbers from here on.
    documents: usize,
    pub(super) linked: Linked,
    fragment_of: HashMap<DocumentId, FragmentId>,
    known_slices: HashMap<Vec<Member>, SliceId>,
    known_group_lists: HashMap<Vec<SliceId>, GroupListId>,
    pub(super) chain_of: HashMap<Vec<Level>, ChainId>,
    /// A place that several principals reach (a group's policy) is one attachment.
    attachment_of: HashMap<String, u32>,
}

impl Builder<'_> {
    fn account(&mut self, account: &Account, index: u32) -> Result<(), TooMany> {
        for policy in &account.managed_policies {
            let slice = self.slice([&policy.document])?;
            let (name, path) = (policy.name.clone(), Some(policy.path.clone()));
            self.linked.policies.push(LinkedPolicy { account: Some(index), name, path, slice });
        }
        let mut of_groups = Vec::with_capacity(account.groups.len());
        for group in &account.groups {
            let policies = self.slice(&group.policies)?;
            of_groups.push(policies);
            self.linked.groups.push(LinkedGroup { account: index, name: group.name.clone(), policies });
        }
        for user in &account.users {
            let identity = self.slice(&user.policies)?;
            let groups = self.group_list(user.groups.iter().filter_map(|group| of_groups.get(*group)))?;
            let boundary = self.optional(user.boundary.as_ref())?;
            self.linked.entities.push(LinkedEntity {
                account: index,
                role: false,
                name: user.name.clone(),
                path: user.path.clone(),
                unique_id: user.id.clone(),
                tags: folded_tags(&user.tags),
                service_linked: false,
                identity,
                groups,
                boundary,
                trust: None,
            });
        }
        for role in &account.roles {
            let trust = self.optional(role.trust.as_ref())?;
            let identity = self.slice(&role.policies)?;
            let boundary = self.optional(role.boundary.as_ref())?;
            self.linked.entities.push(LinkedEntity {
                account: index,
                role: true,
                name: role.name.clone(),
                path: role.path.clone(),
                unique_id: role.id.clone(),
                tags: folded_tags(&role.tags),
                service_linked: role.service_linked || role.path.starts_with("/aws-service-role/"),
                identity,
                groups: None,
                boundary,
                trust,
            });
        }
        for resource in &account.resources {
            let policy = self.optional(resource.policy.as_ref())?;
            let (acl, switched_off_acl) = (self.acl(resource)?, self.switched_off_acl(resource)?);
            let (arn, tags) = (resource.arn.clone(), folded_tags(&resource.tags));
            self.linked.resources.push(LinkedResource { arn, account: index, tags, policy, acl, switched_off_acl });
        }
        for endpoint in &account.vpc_endpoints {
            if let Some(policy) = self.optional(endpoint.policy.as_ref())? {
                self.linked.endpoints.push(LinkedEndpoint { id: endpoint.id.clone(), policy });
            }
        }
        Ok(())
    }

    /// The grants of a resource's ACL, if one of its own is in force.
    fn acl(&mut self, resource: &Resource) -> Result<Option<SliceId>, TooMany> {
        match self.acls.of(&resource.arn) {
            Some(Some(index)) => self.grants(index).map(Some),
            Some(None) => self.slice([]).map(Some),
            None => Ok(None),
        }
    }

    /// The grants of a resource's ACL, if it is switched off.
    fn switched_off_acl(&mut self, resource: &Resource) -> Result<Option<SliceId>, TooMany> {
        self.acls.switched_off(&resource.arn).map(|index| self.grants(index)).transpose()
    }

    /// The grants of an ACL, as one fragment with a place for each.
    fn grants(&mut self, index: usize) -> Result<SliceId, TooMany> {
        let Some(acl) = self.acls.documents.get(index) else { return self.slice([]) };
        let statements = id(self.documents + 2 * index, "documents")?;
        let index = id(self.documents + 2 * index + 1, "documents")?;
        let places = id(acl.places.len(), "attachments")?;
        let fragment = self.fragment(LinkedFragment { statements: DocumentId(statements), index: DocumentId(index), places })?;
        let attachment = id(self.linked.attachments.len(), "attachments")?;
        for at in &acl.places {
            self.attachment(&at.path, at.text, at.order)?;
        }
        self.slice_of(vec![Member { fragment, attachment }])
    }

    /// The policies of groups as a list; `None` if no group has any.
    fn group_list<'a>(&mut self, slices: impl Iterator<Item = &'a SliceId>) -> Result<Option<GroupListId>, TooMany> {
        let has_policies = |slice: &&SliceId| self.linked.slices.get(slice.0 as usize).is_some_and(|members| !members.is_empty());
        let mut list: Vec<SliceId> = slices.filter(has_policies).copied().collect();
        if list.is_empty() {
            return Ok(None);
        }
        // Which groups come first is told by the places of what matched, so equal sets are equal lists.
        list.sort_unstable();
        list.dedup();
        if let Some(&known) = self.known_group_lists.get(&list) {
            return Ok(Some(known));
        }
        let new = GroupListId(id(self.linked.group_lists.len(), "lists of groups")?);
        self.linked.group_lists.push(list.clone());
        self.known_group_lists.insert(list, new);
        Ok(Some(new))
    }

    fn optional(&mut self, attachment: Option<&Attachment>) -> Result<Option<SliceId>, TooMany> {
        attachment.map(|attachment| self.slice([attachment])).transpose()
    }

    pub(super) fn slice<'a>(&mut self, attachments: impl IntoIterator<Item = &'a Attachment>) -> Result<SliceId, TooMany> {
        let members = attachments.into_iter().map(|attachment| self.member(attachment)).collect::<Result<Vec<_>, _>>()?;
        self.slice_of(members)
    }

    fn slice_of(&mut self, members: Vec<Member>) -> Result<SliceId, TooMany> {
        if let Some(&slice) = self.known_slices.get(&members) {
            return Ok(slice);
        }
        let slice = SliceId(id(self.linked.slices.len(), "slices")?);
        self.linked.slices.push(members.clone());
        self.known_slices.insert(members, slice);
        Ok(slice)
    }

    fn member(&mut self, attachment: &Attachment) -> Result<Member, TooMany> {
        let fragment = match self.fragment_of.get(&attachment.document) {
            Some(&fragment) => fragment,
            None => {
                let fragment = self.fragment(LinkedFragment::of(attachment.document))?;
                self.fragment_of.insert(attachment.document, fragment);
                fragment
            }
        };
        let attachment = match self.attachment_of.get(&attachment.place) {
            Some(&known) => known,
            None => {
                let new = self.attachment(&attachment.place, attachment.text, attachment.order)?;
                self.attachment_of.insert(attachment.place.clone(), new);
                new
            }
        };
        Ok(Member { fragment, attachment })
    }

    fn fragment(&mut self, fragment: LinkedFragment) -> Result<FragmentId, TooMany> {
        let new = FragmentId(id(self.linked.fragments.len(), "fragments")?);
        self.linked.fragments.push(fragment);
        Ok(new)
    }

    fn attachment(&mut self, place: &str, text: Span, (high, low): (u32, u32)) -> Result<u32, TooMany> {
        let new = id(self.linked.attachments.len(), "attachments")?;
        let order = u64::from(high) << 32 | u64::from(low);
        self.linked.attachments.push(AttachmentOrigin { place: place.to_owned(), order, text: Some(text) });
        Ok(new)
    }
}

/// Tags by folded key (S-502). The reader has settled keys that are equal but for case (S-810).
fn folded_tags(tags: &[(String, String)]) -> Vec<(String, String)> {
    let mut folded: Vec<_> = tags.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())).collect();
    folded.sort();
    folded.dedup_by(|later, earlier| later.0 == earlier.0);
    folded
}
