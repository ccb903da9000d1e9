//! From a world to its slices.

use super::types::{AttachmentOrigin, FragmentId, Linked, LinkedAccount, LinkedEntity, LinkedResource, Member, SliceId};
use crate::ir::TooMany;
use crate::world::{Account, Attachment, DocumentId, Organization, OrganizationUnit, World};
use std::collections::{BTreeMap, HashMap};

/// Links a world.
///
/// # Errors
/// [`TooMany`] when there are more slices, members or entities than ids.
pub fn link(world: &World) -> Result<Linked, TooMany> {
    let mut builder = Builder::default();
    builder.linked.accounts = accounts(world);
    let position: HashMap<String, u32> = builder
        .linked
        .accounts
        .iter()
        .enumerate()
        .map(|(index, account)| Ok((account.id.clone(), id(index, "accounts")?)))
        .collect::<Result<_, TooMany>>()?;
    for account in &world.accounts {
        // Every declared account is in the table by construction; one that is not would have no entities to look up.
        if let Some(&index) = position.get(&account.id) {
            builder.account(account, index)?;
        }
    }
    let Builder { mut linked, .. } = builder;
    linked.entities.sort_by(|a, b| (a.account, a.role, &a.name).cmp(&(b.account, b.role, &b.name)));
    linked.resources.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(linked)
}

fn id(index: usize, what: &'static str) -> Result<u32, TooMany> {
    u32::try_from(index).ok().filter(|index| *index < u32::MAX).ok_or(TooMany(what))
}

/// Declared accounts and accounts of the organization tree, by id.
fn accounts(world: &World) -> Vec<LinkedAccount> {
    let mut places = BTreeMap::new();
    if let Some(organization) = &world.organization {
        organization_paths(organization, &mut places);
    }
    let mut accounts: BTreeMap<&str, LinkedAccount> = BTreeMap::new();
    let management = world.organization.as_ref().and_then(|organization| organization.management_account.as_deref());
    let declared = world.accounts.iter().map(|account| (account.id.as_str(), true));
    let in_tree = places.keys().map(|id| (*id, false));
    for (id, declared) in declared.chain(in_tree) {
        accounts.entry(id).or_insert_with(|| LinkedAccount {
            id: id.to_owned(),
            declared,
            management: management == Some(id),
            organization: places
                .get(id)
                .and_then(|path| world.organization.as_ref().map(|organization| (organization.id.clone(), path.clone()))),
        });
    }
    accounts.into_values().collect()
}

/// The organization path of every account in the tree; the management account's is the root's unless the tree places it (S-804).
///
/// The recursion follows the tree of units, which the reader's nesting limit bounds.
fn organization_paths<'w>(organization: &'w Organization, places: &mut BTreeMap<&'w str, String>) {
    fn walk<'w>(unit: &'w OrganizationUnit, parent: &str, places: &mut BTreeMap<&'w str, String>) {
        let path = format!("{parent}{}/", unit.id);
        for account in &unit.accounts {
            places.insert(account, path.clone());
        }
        for unit in &unit.units {
            walk(unit, &path, places);
        }
    }
    let top = format!("{}/", organization.id);
    if let Some(management) = &organization.management_account {
        places.insert(management, format!("{top}{}/", organization.root.id));
    }
    walk(&organization.root, &top, places);
}

#[derive(Default)]
struct Builder {
    linked: Linked,
    fragment_of: HashMap<DocumentId, FragmentId>,
    slice_of: HashMap<Vec<Member>, SliceId>,
    /// A place that several principals reach (a group's policy) is one attachment.
    attachment_of: HashMap<String, u32>,
}

impl Builder {
    fn account(&mut self, account: &Account, index: u32) -> Result<(), TooMany> {
        for user in &account.users {
            let groups = user.groups.iter().filter_map(|group| account.groups.get(*group)).flat_map(|group| &group.policies);
            let identity = self.slice(user.policies.iter().chain(groups))?;
            self.linked.entities.push(LinkedEntity {
                account: index,
                role: false,
                name: user.name.clone(),
                path: user.path.clone(),
                unique_id: user.id.clone(),
                tags: folded_tags(&user.tags),
                service_linked: false,
                has_boundary: user.boundary.is_some(),
                identity,
                trust: None,
            });
        }
        for role in &account.roles {
            let identity = self.slice(role.policies.iter())?;
            let trust = role.trust.as_ref().map(|trust| self.slice(std::iter::once(trust))).transpose()?;
            self.linked.entities.push(LinkedEntity {
                account: index,
                role: true,
                name: role.name.clone(),
                path: role.path.clone(),
                unique_id: role.id.clone(),
                tags: folded_tags(&role.tags),
                service_linked: role.service_linked || role.path.starts_with("/aws-service-role/"),
                has_boundary: role.boundary.is_some(),
                identity,
                trust,
            });
        }
        for resource in &account.resources {
            let policy = resource.policy.as_ref().map(|policy| self.slice(std::iter::once(policy))).transpose()?;
            self.linked.resources.push(LinkedResource {
                arn: resource.arn.clone(),
                account: index,
                tags: folded_tags(&resource.tags),
                policy,
            });
        }
        Ok(())
    }

    fn slice<'w>(&mut self, attachments: impl Iterator<Item = &'w Attachment>) -> Result<SliceId, TooMany> {
        let members = attachments.map(|attachment| self.member(attachment)).collect::<Result<Vec<_>, _>>()?;
        if let Some(&slice) = self.slice_of.get(&members) {
            return Ok(slice);
        }
        let slice = SliceId(id(self.linked.slices.len(), "slices")?);
        self.linked.slices.push(members.clone());
        self.slice_of.insert(members, slice);
        Ok(slice)
    }

    fn member(&mut self, attachment: &Attachment) -> Result<Member, TooMany> {
        let fragment = match self.fragment_of.get(&attachment.document) {
            Some(&fragment) => fragment,
            None => {
                let fragment = FragmentId(id(self.linked.fragments.len(), "fragments")?);
                self.linked.fragments.push(attachment.document);
                self.fragment_of.insert(attachment.document, fragment);
                fragment
            }
        };
        let attachment = match self.attachment_of.get(&attachment.place) {
            Some(&known) => known,
            None => {
                let new = id(self.linked.attachments.len(), "attachments")?;
                let (high, low) = attachment.order;
                self.linked.attachments.push(AttachmentOrigin {
                    place: attachment.place.clone(),
                    order: u64::from(high) << 32 | u64::from(low),
                    text: attachment.text,
                });
                self.attachment_of.insert(attachment.place.clone(), new);
                new
            }
        };
        Ok(Member { fragment, attachment })
    }
}

/// Tags by folded key (S-502). The reader has settled keys that are equal but for case (S-810).
fn folded_tags(tags: &[(String, String)]) -> Vec<(String, String)> {
    let mut folded: Vec<_> = tags.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())).collect();
    folded.sort();
    folded.dedup_by(|later, earlier| later.0 == earlier.0);
    folded
}
