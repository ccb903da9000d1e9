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
        let slice_known = |id: super::SliceId| (id.0 as usize) < self.slices.len();
        for entity in &self.entities {
            ensure((entity.account as usize) < self.accounts.len(), "an entity's account exists")?;
            ensure(slice_known(entity.identity) && entity.trust.is_none_or(slice_known), "an entity's slices exist")?;
            ensure(entity.tags.is_sorted_by(|a, b| a.0 < b.0), "an entity's tags ascend by key")?;
            ensure(entity.role || entity.trust.is_none(), "only a role has a trust policy")?;
        }
        for resource in &self.resources {
            ensure((resource.account as usize) < self.accounts.len(), "a resource's account exists")?;
            ensure(resource.policy.is_none_or(slice_known), "a resource's slice exists")?;
            ensure(resource.tags.is_sorted_by(|a, b| a.0 < b.0), "a resource's tags ascend by key")?;
        }
        for member in self.slices.iter().flatten() {
            ensure((member.fragment.0 as usize) < self.fragments.len(), "a member's fragment exists")?;
            ensure((member.attachment as usize) < self.attachments.len(), "a member's attachment exists")?;
        }
        Ok(())
    }
}
