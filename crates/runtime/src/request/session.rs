//! Session policies (S-715): what limits one session of a role or a federated user.
//!
//! Input: documents compiled to an [`Overlay`], and managed policies that the main bundle already holds, by name. Output: a [`Principal`] that
//! is limited by them. The documents of one session act as one layer, whichever way each came; an empty list is no session policy.

use super::RequestError;
use super::principal::{Class, Principal};
use crate::format::NONE;
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
    /// Managed policies by place and name: a name of the caller's account, or the ARN of an AWS managed policy that the bundle holds.
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
    /// `invalid-request` for a caller that takes no session policies (S-715) and for a principal of another bundle; `unresolved-document` for a name that the bundle does
    /// not hold; `limit-exceeded` if a decision could then take more steps than any decision may.
    pub fn with_session(&self, bundle: &Bundle, session: &SessionPolicies) -> Result<Principal, RequestError> {
        let mut resolved = self.resolved().clone();
        if resolved.bundle != bundle.id() {
            return Err(RequestError::invalid("the principal was resolved over another bundle"));
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
        let account = match resolved.account.as_deref() {
            Some(account) => views.account(account)?.map(|(id, _)| id),
            None => None,
        };
        let mut named = Vec::with_capacity(session.policies.len());
        let mut steps = session.overlay.as_ref().map_or(0, Overlay::steps_max);
        for (place, name) in &session.policies {
            let slice = managed_policy(&views, account, name)?;
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

/// The slice of a managed policy of the account, or of AWS.
pub(super) fn managed_policy(views: &Views<'_>, account: Option<u32>, name: &str) -> Result<u32, RequestError> {
    let own = match account {
        Some(account) => views.policy(account, name)?,
        None => None,
    };
    let found = match own {
        Some(policy) => Some(policy),
        None => views.policy(NONE, name)?,
    };
    let found = found
        .ok_or_else(|| RequestError::new("unresolved-document", format!("the bundle holds no managed policy `{name}` for this account")))?;
    Ok(found.slice.get())
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
