//! Principals that are made at run time: a gateway knows its callers from tokens, not from a file.
//!
//! Input: the caller's ARN, and by name what a token claims of it: managed policies, groups, tags, a boundary. Output: a [`Principal`] over the compiled
//! policies of the bundle; nothing is compiled or copied. It decides as a user or role of that description would that the world declares in that account.

use super::check::{self, CallerForm};
use super::principal::{CallerTags, GrantKind, Principal, Resolved, Resolver, SERVICE_ROLES, caller_text};
use super::session::{ensure_steps, managed_policy, slice_steps};
use super::{Caller, RequestError};
use crate::format::{NONE, PrincipalTag};
use crate::open::Bundle;
use crate::views::Views;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Builds a [`Principal`] that the world does not declare. Made by [`Bundle::principal_builder`].
///
/// ```no_run
/// # use portcullis_runtime::{Bundle, Caller};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let bundle = Bundle::open("world.bundle")?;
/// let caller = bundle
///     .principal_builder(Caller::Arn("arn:aws:sts::111111111111:assumed-role/gateway/alice"))?
///     .policy("ReadReports")?
///     .group("analysts")?
///     .tag("team", "finance")?
///     .boundary("GatewayBoundary")?
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PrincipalBuilder<'b> {
    bundle: &'b Bundle,
    resolved: Resolved,
    /// Id of the account's record.
    account: Option<u32>,
    identity: Vec<u32>,
    boundary: Option<u32>,
    tags: Vec<(String, String)>,
}

impl<'b> PrincipalBuilder<'b> {
    pub(crate) fn new(bundle: &'b Bundle, caller: Caller<'_>) -> Result<PrincipalBuilder<'b>, RequestError> {
        let views = bundle.views();
        let form = check::caller(caller)?;
        let mut resolved = Resolved::blank(bundle.id());
        let mut resolver = Resolver::begin(&views, &mut resolved, form)?;
        let text = caller_text(caller);
        match form {
            CallerForm::User { account, rest, .. } => {
                ensure_undeclared(&views, account, false, check::last_segment(rest))?;
                let own = resolver.level();
                resolver.account(account, GrantKind::Delegation)?;
                resolver.key(PrincipalTag::Arn, text, own, GrantKind::Direct)?;
                resolver.resolved.username.set(&[check::last_segment(rest)]);
                resolver.resolved.principal_arn.set(&[text]);
            }
            CallerForm::Role { account, rest, .. } => {
                ensure_undeclared(&views, account, true, check::last_segment(rest))?;
                let own = resolver.level();
                resolver.account(account, GrantKind::Delegation)?;
                resolver.key(PrincipalTag::Arn, text, own, GrantKind::Entity)?;
                if rest.starts_with(SERVICE_ROLES) {
                    resolver.service_linked();
                }
                resolver.resolved.principal_arn.set(&[text]);
            }
            CallerForm::Session { partition, account, role, .. } => {
                ensure_undeclared(&views, account, true, role)?;
                let own = resolver.level();
                resolver.key(PrincipalTag::Arn, text, own, GrantKind::Direct)?;
                let of_role = resolver.level();
                let declared = resolver.account(account, GrantKind::Delegation)?.is_some();
                resolver.resolved.principal_arn.set(&["arn:", partition, ":iam::", account, ":role/", role]);
                // S-405: a role of an undeclared account may have any path.
                let tag = if declared { PrincipalTag::Arn } else { PrincipalTag::RoleName };
                resolver.principal_arn_key(tag, of_role, GrantKind::Entity)?;
            }
            _ => return Err(RequestError::invalid("a user, a role or a role session can be made, no other caller")),
        }
        let account = match resolved.account.as_deref() {
            Some(account) => views.account(account)?.map(|(id, _)| id),
            None => None,
        };
        Ok(PrincipalBuilder { bundle, resolved, account, identity: Vec::new(), boundary: None, tags: Vec::new() })
    }

    /// Adds a managed policy to the identity policies: one of the caller's account by its name or its ARN (`arn:aws:iam::111111111111:policy/path/Name`), or
    /// one of AWS by its ARN. The bundle holds every managed policy that its world declares, and those of AWS that its world names.
    ///
    /// # Errors
    /// `unresolved-document` if the bundle does not hold it, for an ARN with another path than the policy has, and for a policy of another account.
    pub fn policy(mut self, name: &str) -> Result<Self, RequestError> {
        let slice = managed_policy(&self.bundle.views(), self.resolved.account.as_deref(), name)?;
        self.add(slice);
        Ok(self)
    }

    /// Adds the policies of a group of the caller's account.
    ///
    /// # Errors
    /// `unknown-group` if the account has no such group.
    pub fn group(mut self, name: &str) -> Result<Self, RequestError> {
        let found = match self.account {
            Some(account) => self.bundle.views().group(account, name)?.map(|group| group.policies.get()),
            None => None,
        };
        let slice = found.ok_or_else(|| RequestError::new("unknown-group", format!("the caller's account has no group `{name}`")))?;
        self.add(slice);
        Ok(self)
    }

    /// A policy or group that is named twice counts once.
    fn add(&mut self, slice: u32) {
        if !self.identity.contains(&slice) {
            self.identity.push(slice);
        }
    }

    /// Adds a tag, which derives `aws:PrincipalTag/key` (section 8). The letter case of the key does not matter, as for every context key (S-502). Any key is taken, also one
    /// that IAM would refuse: an empty one derives `aws:PrincipalTag/`, which no policy reads that does not name just that.
    ///
    /// # Errors
    /// `tag-clash` for a key that differs from an earlier one in letter case at most (S-810); `limit-exceeded` for a value above
    /// [`limits::VALUE_BYTES_MAX`](crate::limits::VALUE_BYTES_MAX), as for a value that a request gives.
    pub fn tag(mut self, key: &str, value: &str) -> Result<Self, RequestError> {
        check::value(value)?;
        let folded = key.to_ascii_lowercase();
        match self.tags.binary_search_by(|(other, _)| other.as_str().cmp(&folded)) {
            Ok(_) => Err(RequestError::new("tag-clash", format!("the tag `{key}` occurs twice, letter case ignored"))),
            Err(place) => {
                self.tags.insert(place, (folded, value.to_string()));
                Ok(self)
            }
        }
    }

    /// Sets the permissions boundary: a managed policy, named as in [`policy`](PrincipalBuilder::policy).
    ///
    /// # Errors
    /// `unresolved-document` if the bundle does not hold it; `invalid-request` for a second boundary.
    pub fn boundary(mut self, name: &str) -> Result<Self, RequestError> {
        if self.boundary.is_some() {
            return Err(RequestError::invalid("a principal has one permissions boundary at most"));
        }
        self.boundary = Some(managed_policy(&self.bundle.views(), self.resolved.account.as_deref(), name)?);
        Ok(self)
    }

    /// The principal. For session policies see [`Principal::with_session`].
    ///
    /// # Errors
    /// `limit-exceeded` if a decision for it could take more steps than any decision may.
    pub fn build(self) -> Result<Principal, RequestError> {
        let views = self.bundle.views();
        let mut resolved = self.resolved;
        let mut steps = 0_u64;
        for slice in self.identity.iter().chain(&self.boundary) {
            steps = steps.saturating_add(slice_steps(&views, *slice)?);
        }
        ensure_steps(&views, steps)?;
        resolved.extra_steps = steps;
        resolved.identity = self.identity;
        resolved.boundary = self.boundary.unwrap_or(NONE);
        resolved.tags = CallerTags::Made(self.tags);
        Ok(Principal::new(resolved))
    }
}

/// What the world declares is resolved, not made: a token must not give a declared user other policies.
fn ensure_undeclared(views: &Views<'_>, account: &str, is_role: bool, name: &str) -> Result<(), RequestError> {
    if views.entity(account, is_role, name)?.is_some() {
        return Err(RequestError::new("duplicate-entity", format!("the world declares `{name}` in account {account}; resolve it instead")));
    }
    Ok(())
}
