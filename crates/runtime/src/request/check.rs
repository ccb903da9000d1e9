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

    /// Whether its session can have policies of its own (S-715).
    pub(crate) fn takes_session(self) -> bool {
        matches!(self, CallerForm::Session { .. } | CallerForm::Role { .. } | CallerForm::FederatedUser { .. })
    }
}

/// Twelve digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Cuts an ARN at its first five colons (S-302). `None` without `arn:` in front or with fewer parts.
pub(crate) fn arn_parts(text: &str) -> Option<[&str; 6]> {
    let text = text.strip_prefix("arn:")?;
    let mut parts = ["arn", "", "", "", "", ""];
    let mut from = 0_usize;
    let [_, middle @ .., last] = &mut parts;
    let mut middle = middle.iter_mut();
    for colon in first_colons(text.as_bytes())? {
        *middle.next()? = text.get(from..colon)?;
        from = colon.checked_add(1)?;
    }
    *last = text.get(from..)?;
    Some(parts)
}

/// Where the first four colons stand. Eight bytes are looked at together: `arn` texts have a colon every few bytes, for which a search from colon to colon is slow.
fn first_colons(text: &[u8]) -> Option<[usize; 4]> {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const COLONS: u64 = 0x3a3a_3a3a_3a3a_3a3a;
    let mut found = [0; 4];
    let mut places = found.iter_mut();
    let mut place = places.next()?;
    let mut base = 0_usize;
    let mut rest = text;
    loop {
        let (word, after) = match rest.split_first_chunk::<8>() {
            Some((word, after)) => (u64::from_le_bytes(*word), after),
            None if rest.is_empty() => return None,
            None => (rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)), &[][..]),
        };
        let difference = word ^ COLONS;
        // The top bit of each byte that is zero, that is, of each colon.
        let mut hits = !((difference & LOW).wrapping_add(LOW) | difference | LOW);
        while hits != 0 {
            *place = base.saturating_add((hits.trailing_zeros() / 8) as usize);
            match places.next() {
                Some(next) => place = next,
                None => return Some(found),
            }
            hits &= hits.wrapping_sub(1);
        }
        base = base.saturating_add(8);
        rest = after;
    }
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
pub(crate) fn action(text: &[u8]) -> Result<(), RequestError> {
    let (mut colons, mut wildcards) = (0_usize, false);
    for byte in text {
        colons = colons.saturating_add(usize::from(*byte == b':'));
        wildcards |= *byte == b'*' || *byte == b'?';
    }
    if colons != 1 || text.starts_with(b":") || text.ends_with(b":") {
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
