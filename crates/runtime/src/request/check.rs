//! The forms of a request's members (S-206), shared by the API and the JSON reader.

use super::limits::{ELEMENTS_MAX, PRINCIPAL_BYTES_MAX, RESOURCE_BYTES_MAX, VALUE_BYTES_MAX};
use super::{Caller, RequestError};

/// A caller's form, cut into its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerForm<'a> {
    /// `arn:P:iam::ACCOUNT:user/path/name`; `rest` is what follows `user`, with the slash.
    User { partition: &'a str, account: &'a str, rest: &'a str },
    /// `arn:P:iam::ACCOUNT:role/path/name`.
    Role { partition: &'a str, account: &'a str, rest: &'a str },
    /// `arn:P:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    Session { partition: &'a str, account: &'a str, role: &'a str, session: &'a str },
    /// `arn:P:sts::ACCOUNT:federated-user/NAME`.
    FederatedUser { partition: &'a str, account: &'a str, name: &'a str },
    /// `arn:P:iam::ACCOUNT:root`.
    Root { partition: &'a str, account: &'a str },
    /// A service.
    Service(&'a str),
    /// An identity provider's caller.
    Federated(&'a str),
    /// A canonical user.
    CanonicalUser(&'a str),
    /// Nobody in particular.
    Anonymous,
}

#[cfg(feature = "json")]
impl<'a> CallerForm<'a> {
    /// The account, of a caller that has one.
    pub(crate) fn account(self) -> Option<&'a str> {
        match self {
            CallerForm::User { account, .. }
            | CallerForm::Role { account, .. }
            | CallerForm::Session { account, .. }
            | CallerForm::FederatedUser { account, .. }
            | CallerForm::Root { account, .. } => Some(account),
            CallerForm::Service(_) | CallerForm::Federated(_) | CallerForm::CanonicalUser(_) | CallerForm::Anonymous => None,
        }
    }
}

/// Twelve digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cuts an ARN at its first five colons (S-302). `None` without `arn:` in front or with fewer parts.
pub(crate) fn arn_parts(text: &str) -> Option<[&str; 6]> {
    let mut parts = [""; 6];
    let mut rest = text.starts_with("arn:").then_some(text)?;
    let (last, before) = parts.split_last_mut()?;
    for part in before {
        let colon = rest.bytes().position(|byte| byte == b':')?;
        *part = rest.get(..colon)?;
        rest = rest.get(colon.checked_add(1)?..)?;
    }
    *last = rest;
    Some(parts)
}

/// The last segment of `/path/name`.
pub(crate) fn last_segment(rest: &str) -> &str {
    rest.rsplit('/').next().unwrap_or(rest)
}

/// Reads a caller.
pub(crate) fn caller(caller: Caller<'_>) -> Result<CallerForm<'_>, RequestError> {
    let (text, form) = match caller {
        Caller::Arn(text) => (text, None),
        Caller::Service(text) => (text, Some(CallerForm::Service(text))),
        Caller::Federated(text) => (text, Some(CallerForm::Federated(text))),
        Caller::CanonicalUser(text) => (text, Some(CallerForm::CanonicalUser(text))),
        Caller::Anonymous => return Ok(CallerForm::Anonymous),
    };
    if text.len() > PRINCIPAL_BYTES_MAX {
        return Err(RequestError::limit("the principal is longer than 2 KiB"));
    }
    match form {
        Some(_) if text.is_empty() => Err(RequestError::invalid("the principal is empty")),
        Some(form) => Ok(form),
        None => arn_caller(text).ok_or_else(|| RequestError::invalid("the principal has none of the known forms")),
    }
}

fn arn_caller(text: &str) -> Option<CallerForm<'_>> {
    let [_, partition, service, region, account, rest] = arn_parts(text)?;
    let partition_is_valid = !partition.is_empty() && partition.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !partition_is_valid || !region.is_empty() || !is_account_id(account) {
        return None;
    }
    let named = |kind: &str| rest.strip_prefix(kind).filter(|name| name.starts_with('/') && !last_segment(name).is_empty());
    if service == "iam" {
        if rest == "root" {
            return Some(CallerForm::Root { partition, account });
        }
        return named("user")
            .map(|rest| CallerForm::User { partition, account, rest })
            .or_else(|| named("role").map(|rest| CallerForm::Role { partition, account, rest }));
    }
    if service != "sts" {
        return None;
    }
    if let Some(name) = rest.strip_prefix("federated-user/") {
        return (!name.is_empty() && !name.contains('/')).then_some(CallerForm::FederatedUser { partition, account, name });
    }
    let (role, session) = rest.strip_prefix("assumed-role/")?.split_once('/')?;
    let valid = !role.is_empty() && !session.is_empty() && !session.contains('/');
    valid.then_some(CallerForm::Session { partition, account, role, session })
}

/// One concrete action.
pub(crate) fn action(text: &str) -> Result<(), RequestError> {
    let (mut colons, mut wildcards) = (0_usize, false);
    for byte in text.bytes() {
        colons = colons.saturating_add(usize::from(byte == b':'));
        wildcards |= byte == b'*' || byte == b'?';
    }
    if colons != 1 || text.starts_with(':') || text.ends_with(':') {
        return Err(RequestError::invalid("the action is not of the form service:name"));
    }
    if wildcards {
        return Err(RequestError::invalid("the action holds a wildcard"));
    }
    Ok(())
}

/// The parts of a resource; `None` for `*`.
pub(crate) fn resource(text: &str) -> Result<Option<[&str; 6]>, RequestError> {
    if text == "*" {
        return Ok(None);
    }
    if text.len() > RESOURCE_BYTES_MAX {
        return Err(RequestError::limit("the resource is longer than 2 KiB"));
    }
    arn_parts(text).map(Some).ok_or_else(|| RequestError::invalid("the resource is neither `*` nor an ARN of six parts"))
}

/// The owner that a request states.
pub(crate) fn resource_account(text: &str) -> Result<(), RequestError> {
    if is_account_id(text) { Ok(()) } else { Err(RequestError::invalid("the resource account is no 12-digit id")) }
}

/// The size of one context value.
pub(crate) fn value(text: &str) -> Result<(), RequestError> {
    if text.len() > VALUE_BYTES_MAX { Err(RequestError::limit("a context value is longer than 8 KiB")) } else { Ok(()) }
}

/// The number of elements of a multivalued key.
pub(crate) fn elements(count: usize) -> Result<(), RequestError> {
    if count > ELEMENTS_MAX { Err(RequestError::limit("a context key has more than 1,024 elements")) } else { Ok(()) }
}

/// Two context keys that are equal ignoring case (S-502, S-103).
pub(crate) fn repeated_key(earlier: &str, later: &str) -> RequestError {
    if earlier == later {
        RequestError::new("duplicate-key", alloc::format!("the context key `{later}` occurs twice"))
    } else {
        RequestError::invalid(alloc::format!("the context keys `{earlier}` and `{later}` differ in letter case only"))
    }
}
