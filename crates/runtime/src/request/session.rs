//! Session policies (S-715): what limits one session of a role or a federated user.
//!
//! Input: documents compiled to an [`Overlay`], and managed policies that the main bundle already holds, by name or ARN. Output: a [`Principal`] that
//! is limited by them. The documents of one session act as one layer, whichever way each came; an empty list is no session policy.

use super::RequestError;
use super::principal::{Class, Principal};
use crate::format::{NONE, PolicyRecord};
use crate::open::{Bundle, Overlay};
use crate::verify::STEPS_MAX;
use crate::views::{Views, at};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The policies of one session. Every place is the document's index in the session's list, by which explanations name it: `session.policies[2]`.
#[derive(Debug, Clone, Default)]
pub struct SessionPolicies {
    /// The documents that were compiled for this session; their places are those that they were compiled with.
    pub overlay: Option<Overlay>,
    /// Managed policies that the bundle holds, by place and name: one of the caller's account by its name or its ARN, or one of AWS by its ARN.
    pub policies: Vec<(u32, String)>,
}

impl SessionPolicies {
    /// True for a session without policies, which limits nothing (S-715).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.overlay.is_none() && self.policies.is_empty()
    }
}

/// Session policies, found in the bundle.
#[derive(Debug, Clone)]
pub(crate) struct SessionSet {
    pub(crate) overlay: Option<Overlay>,
    /// Slices of the main bundle, each with its place.
    pub(crate) named: Vec<(u32, u32)>,
}

impl Principal {
    /// The same caller, limited by session policies in the place of any that it had.
    ///
    /// # Errors
    /// `invalid-request` for a caller that takes no session policies (S-715); `unknown-principal` for a principal of another bundle; `unresolved-document` for a name that the bundle does
    /// not hold; `limit-exceeded` if a decision could then take more steps than any decision may.
    pub fn with_session(&self, bundle: &Bundle, session: &SessionPolicies) -> Result<Principal, RequestError> {
        let mut resolved = self.resolved().clone();
        if resolved.bundle != bundle.id() {
            return Err(RequestError::unknown_principal("the principal was resolved over another bundle"));
        }
        if session.is_empty() {
            resolved.session = None;
            resolved.session_steps = 0;
            return Ok(Principal::new(resolved));
        }
        if !matches!(resolved.class, Class::Role | Class::FederatedUser) {
            return Err(takes_none());
        }
        let views = bundle.views();
        let mut named = Vec::with_capacity(session.policies.len());
        let mut steps = session.overlay.as_ref().map_or(0, Overlay::steps_max);
        for (place, name) in &session.policies {
            let slice = managed_policy(&views, resolved.account.as_deref(), name)?;
            steps = steps.saturating_add(slice_steps(&views, slice)?);
            named.push((slice, *place));
        }
        ensure_steps(&views, resolved.extra_steps.saturating_add(steps))?;
        resolved.session = Some(SessionSet { overlay: session.overlay.clone(), named });
        resolved.session_steps = steps;
        Ok(Principal::new(resolved))
    }
}

pub(super) fn takes_none() -> RequestError {
    RequestError::invalid("this caller takes no session policies")
}

/// The slice of a managed policy: of the caller's account by its name or its ARN, or of AWS by its ARN. What begins with `arn:` is never a name.
pub(super) fn managed_policy(views: &Views<'_>, account: Option<&str>, name: &str) -> Result<u32, RequestError> {
    if name.starts_with("arn:") {
        return by_arn(views, account, name);
    }
    match policy_of(views, account, name)? {
        Some(policy) => Ok(policy.slice.get()),
        None => Err(unresolved(format!("the bundle holds no managed policy `{name}` for this account"))),
    }
}

fn by_arn(views: &Views<'_>, account: Option<&str>, arn: &str) -> Result<u32, RequestError> {
    if let Some(policy) = views.policy(NONE, arn)? {
        return Ok(policy.slice.get());
    }
    let mut parts = arn.splitn(6, ':').skip(2);
    let [service, region, owner, rest] = [(); 4].map(|()| parts.next().unwrap_or_default());
    let Some(path_and_name) = rest.strip_prefix("policy").filter(|rest| (service, region) == ("iam", "") && rest.starts_with('/')) else {
        return Err(unresolved(format!("`{arn}` is not the ARN of a managed policy")));
    };
    if owner == "aws" {
        return Err(unresolved(format!("the bundle does not hold `{arn}`, which its world names nowhere")));
    }
    if account != Some(owner) {
        return Err(unresolved(format!("`{arn}` belongs to another account than the caller")));
    }
    let (path, name) = path_and_name.split_at(path_and_name.rfind('/').map_or(0, |slash| slash.saturating_add(1)));
    match policy_of(views, account, name)? {
        Some(policy) if views.text(policy.path)? == path.as_bytes() => Ok(policy.slice.get()),
        _ => Err(unresolved(format!("the bundle holds no managed policy with the ARN `{arn}`"))),
    }
}

/// A managed policy of an account by its name.
fn policy_of<'b>(views: &Views<'b>, account: Option<&str>, name: &str) -> Result<Option<&'b PolicyRecord>, RequestError> {
    let Some(account) = account else { return Ok(None) };
    let Some((account, _)) = views.account(account)? else { return Ok(None) };
    Ok(views.policy(account, name)?)
}

fn unresolved(message: String) -> RequestError {
    RequestError::new("unresolved-document", message)
}

/// The most steps that consulting a slice takes.
pub(super) fn slice_steps(views: &Views<'_>, slice: u32) -> Result<u64, RequestError> {
    Ok(u64::from(at(views.slices, slice)?.steps.get()))
}

/// Steps beyond the bundle's bound must leave a decision within what any decision may take.
pub(super) fn ensure_steps(views: &Views<'_>, extra: u64) -> Result<(), RequestError> {
    if views.steps_max.saturating_add(extra) > STEPS_MAX {
        return Err(RequestError::limit("with these policies a decision could take more than 1,048,576 steps"));
    }
    Ok(())
}
