//! The invariants of a linked world.

use super::types::Linked;

impl Linked {
    /// Checks the invariants that the module header states; the answer is the first that does not hold.
    ///
    /// # Errors
    /// A sentence that names the broken invariant: a defect of the compiler, never of an input.
    pub fn verify(&self) -> Result<(), String> {
        let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("link: {what}")) };
        ensure(self.accounts.is_sorted_by(|a, b| a.id < b.id), "accounts ascend by id")?;
        ensure(
            self.entities.is_sorted_by(|a, b| (a.account, a.role, &a.name) < (b.account, b.role, &b.name)),
            "entities ascend by account, kind and name",
        )?;
        ensure(self.resources.is_sorted_by(|a, b| a.arn < b.arn), "resources ascend by ARN")?;
        ensure(self.endpoints.is_sorted_by(|a, b| a.id < b.id), "endpoints ascend by id")?;
        ensure(self.groups.is_sorted_by(|a, b| (a.account, &a.name) < (b.account, &b.name)), "groups ascend by account and name")?;
        ensure(self.policies.is_sorted_by(|a, b| a.key() < b.key()), "managed policies ascend by account and name")?;
        let slice_known = |id: super::SliceId| (id.0 as usize) < self.slices.len();
        let account_known = |index: u32| (index as usize) < self.accounts.len();
        let slices_of = |id: super::SliceId| self.slices.get(id.0 as usize).map_or(0, Vec::len);
        for place in self.accounts.iter().filter_map(|account| account.organization.as_ref()) {
            ensure([place.scps, place.rcps].iter().all(|chain| (chain.0 as usize) < self.chains.len()), "an account's chains exist")?;
        }
        ensure(self.chains.iter().flatten().all(|level| slice_known(level.policies)), "a chain's levels exist")?;
        for entity in &self.entities {
            ensure(account_known(entity.account), "an entity's account exists")?;
            ensure(
                slice_known(entity.identity) && entity.boundary.is_none_or(slice_known) && entity.trust.is_none_or(slice_known),
                "an entity's slices exist",
            )?;
            let has_list = |list: super::GroupListId| (list.0 as usize) < self.group_lists.len();
            ensure(entity.groups.is_none_or(has_list), "a user's list of groups exists")?;
            ensure(!entity.role || entity.groups.is_none(), "only a user is in groups")?;
            ensure(entity.tags.is_sorted_by(|a, b| a.0 < b.0), "an entity's tags ascend by key")?;
            ensure(entity.role || entity.trust.is_none(), "only a role has a trust policy")?;
        }
        for list in &self.group_lists {
            ensure(!list.is_empty() && list.is_sorted_by(|a, b| a < b), "the policies of groups ascend")?;
            ensure(list.iter().all(|slice| slice_known(*slice)), "a group's policies exist")?;
        }
        for resource in &self.resources {
            ensure(account_known(resource.account), "a resource's account exists")?;
            let slices = [resource.policy, resource.acl, resource.switched_off_acl];
            ensure(slices.into_iter().all(|slice| slice.is_none_or(slice_known)), "a resource's slices exist")?;
            ensure(resource.acl.is_none() || resource.switched_off_acl.is_none(), "an ACL is in force or switched off")?;
            ensure(resource.tags.is_sorted_by(|a, b| a.0 < b.0), "a resource's tags ascend by key")?;
        }
        ensure(self.endpoints.iter().all(|endpoint| slice_known(endpoint.policy)), "an endpoint's slice exists")?;
        for group in &self.groups {
            ensure(account_known(group.account) && slice_known(group.policies), "a group's account and slice exist")?;
        }
        for policy in &self.policies {
            ensure(policy.account.is_none_or(account_known), "a managed policy's account exists")?;
            ensure(slices_of(policy.slice) == 1, "a managed policy is one document")?;
            ensure(policy.account.is_some() == policy.path.is_some(), "a managed policy of an account has a path, no other has one")?;
        }
        for member in self.slices.iter().flatten() {
            let places = self.fragments.get(member.fragment.0 as usize).map(|fragment| fragment.places);
            ensure(places.is_some_and(|places| places > 0), "a member's fragment exists and has a place")?;
            let end = member.attachment as usize + places.unwrap_or(0) as usize;
            ensure(end <= self.attachments.len(), "a member's attachments exist")?;
        }
        Ok(())
    }
}
