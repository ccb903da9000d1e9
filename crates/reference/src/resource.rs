//! Requested resources and the resource patterns of statements (section 3).
//!
//! A pattern and a requested ARN are both cut at their first five colons into six parts, and each part is matched alone
//! (S-302, S-303). A pattern with fewer parts stands for several six-part patterns (S-304), which are written out when
//! the policy is read.

use crate::context::Context;
use crate::glob::matches;
use crate::policy::PolicyKind;
use crate::template::{self, Piece, STAR, Special};
use crate::value::Error;

/// An ARN cut into six parts: `arn`, partition, service, region, account, rest.
#[derive(Clone, Debug)]
pub(crate) struct Arn {
    pub(crate) text: String,
    parts: [String; 6],
}

impl Arn {
    pub(crate) fn read(text: &str) -> Option<Arn> {
        let parts: Vec<String> = text.splitn(6, ':').map(str::to_string).collect();
        let parts: [String; 6] = parts.try_into().ok()?;
        (parts[0] == "arn").then(|| Arn { text: text.to_string(), parts })
    }

    pub(crate) fn parts(&self) -> &[String; 6] {
        &self.parts
    }

    pub(crate) fn partition(&self) -> &str {
        &self.parts[1]
    }

    pub(crate) fn account(&self) -> &str {
        &self.parts[4]
    }

    pub(crate) fn rest(&self) -> &str {
        &self.parts[5]
    }

    /// Whether this is an ARN of the service without a region.
    pub(crate) fn is_global(&self, service: &str) -> bool {
        self.parts[2] == service && self.parts[3].is_empty()
    }

    pub(crate) fn is_role(&self) -> bool {
        self.is_global("iam") && self.rest().starts_with("role/")
    }

    /// A KMS key, which needs its key policy; aliases do not count (S-722).
    pub(crate) fn is_kms_key(&self) -> bool {
        self.parts[2] == "kms" && self.rest().starts_with("key/")
    }

    /// The bucket's name, which is not empty, and the object's key if this is an object. Access points and the like have a
    /// region or an account and are neither.
    pub(crate) fn bucket_and_key(&self) -> Option<(&str, Option<&str>)> {
        if !self.is_global("s3") || !self.account().is_empty() {
            return None;
        }
        let (bucket, key) = match self.rest().split_once('/') {
            Some((bucket, key)) => (bucket, Some(key)),
            None => (self.rest(), None),
        };
        (!bucket.is_empty()).then_some((bucket, key))
    }

    /// Whether this ARN is `upper` or begins with it and `/` or `:` (S-705).
    pub(crate) fn is_at_or_under(&self, upper: &str) -> bool {
        let below = self.text.strip_prefix(upper);
        below.is_some_and(|below| below.is_empty() || below.starts_with(['/', ':']))
    }
}

/// Whether the text is an account id: twelve digits.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One entry of `Resource` or `NotResource`.
#[derive(Debug)]
pub(crate) enum ResourcePattern {
    /// Only stars: every resource, and requests without one (S-301, S-308).
    All,
    /// Six parts each; the entry matches when one of the alternatives does. Without alternatives it matches nothing.
    AnyOf(Vec<Vec<Vec<Piece>>>),
}

impl ResourcePattern {
    pub(crate) fn read(text: &str, variables: bool, kind: PolicyKind) -> Result<ResourcePattern, Error> {
        let refuse = || Error::new("invalid-resource", format!("`{text}` is no resource pattern here"));
        // API Gateway's shorthand, in resource policies only (S-313).
        let long = match text.strip_prefix("execute-api:/") {
            Some(path) if kind == PolicyKind::Resource => format!("arn:*:execute-api:*:*:*/{path}"),
            _ => text.to_string(),
        };
        let pieces = template::read(&long, Special { variables, wildcards: true })?;
        if !pieces.is_empty() && pieces.iter().all(|piece| *piece == STAR) {
            return Ok(ResourcePattern::All);
        }
        if !long.starts_with("arn:") {
            return Err(refuse());
        }
        let parts = template::cut(&pieces);
        if parts.len() < 6 && !short_is_accepted(kind, &parts) {
            return Err(refuse());
        }
        // Variables count in the last part only; elsewhere the pattern matches nothing (S-311).
        let is_variable = |piece: &Piece| matches!(piece, Piece::Variable { .. });
        let mut alternatives = fill_to_six(&parts);
        alternatives.retain(|parts| !parts.iter().take(5).flatten().any(is_variable));
        Ok(ResourcePattern::AnyOf(alternatives))
    }

    /// Whether the pattern covers the resource; `None` is the resource `*`.
    pub(crate) fn covers(&self, resource: Option<&Arn>, context: &Context) -> bool {
        let (alternatives, arn) = match (self, resource) {
            (ResourcePattern::All, _) => return true,
            (ResourcePattern::AnyOf(_), None) => return false,
            (ResourcePattern::AnyOf(alternatives), Some(arn)) => (alternatives, arn),
        };
        alternatives.iter().any(|parts| all_parts_match(parts, arn, context))
    }
}

/// Matches part by part. A part with an unresolved variable matches nothing (S-607).
pub(crate) fn all_parts_match(parts: &[Vec<Piece>], arn: &Arn, context: &Context) -> bool {
    let part_matches = |(part, text): (&Vec<Piece>, &String)| template::expand(part, context).is_some_and(|tokens| matches(&tokens, text));
    parts.len() == 6 && parts.iter().zip(arn.parts()).all(part_matches)
}

fn ends_in_star(part: &[Piece]) -> bool {
    part.last() == Some(&STAR)
}

/// The table of S-304: which policies may hold a pattern with fewer than six parts.
fn short_is_accepted(kind: PolicyKind, parts: &[Vec<Piece>]) -> bool {
    match kind {
        PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session => parts.iter().any(|part| ends_in_star(part)),
        PolicyKind::Scp => parts.last().is_some_and(|part| ends_in_star(part)),
        PolicyKind::Rcp => false,
        // Here a short pattern without a star loads and matches nothing.
        PolicyKind::Resource | PolicyKind::Trust | PolicyKind::Endpoint => true,
    }
}

/// Every six-part pattern that comes from writing some part-final stars as `*:*`, `*:*:*` and so on (S-304).
fn fill_to_six(parts: &[Vec<Piece>]) -> Vec<Vec<Vec<Piece>>> {
    let mut filled: Vec<Vec<Vec<Piece>>> = vec![Vec::new()];
    for (index, part) in parts.iter().enumerate() {
        let later_parts = parts.len() - index - 1;
        let mut longer = Vec::new();
        for start in filled {
            let most_extra = if ends_in_star(part) { 5usize.saturating_sub(start.len() + later_parts) } else { 0 };
            for extra in 0..=most_extra {
                let stars = std::iter::repeat_n(vec![STAR], extra);
                longer.push(start.iter().cloned().chain([part.clone()]).chain(stars).collect());
            }
        }
        filled = longer;
    }
    filled.retain(|parts| parts.len() == 6);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers_in(kind: PolicyKind, pattern: &str, arn: &str) -> Result<bool, Error> {
        let context = Context::of(&[("aws:username", "alice"), ("t", "a:b*")]);
        Ok(ResourcePattern::read(pattern, true, kind)?.covers(Arn::read(arn).as_ref(), &context))
    }

    fn covers(pattern: &str, arn: &str) -> Result<bool, Error> {
        covers_in(PolicyKind::Identity, pattern, arn)
    }

    #[test]
    fn part_by_part() -> Result<(), Error> {
        for (pattern, arn, expected) in [
            ("*", "*", true),
            ("**", "arn:aws:s3:::b", true),
            ("arn:*:*:*:*:*", "*", false),
            ("arn:aws:s3:::b*/private/*", "arn:aws:s3:::bx/a/b/private/x", true),
            ("arn:aws:s3:::b", "arn:aws:s3:::b/key", false),
            ("arn:aws:s3:::B", "arn:aws:s3:::b", false),
            ("arn:aws:s3:*:*:b", "arn:aws:s3:::b", true),
            ("arn:aws:s3::111111111111:b", "arn:aws:s3:::b", false),
            ("arn:aws:sns:?:111111111111:t", "arn:aws:sns::111111111111:t", false),
            ("arn:aws:logs:*:log-group:*:x", "arn:aws:logs:us-east-1:111111111111:log-group:g:x", false),
            ("arn:aws:logs:*:*:log-group:*", "arn:aws:logs:us-east-1:111111111111:log-group:g:x", true),
            ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/alice", true),
            ("arn:aws:s3:::b/${T}", "arn:aws:s3:::b/a:b*", true),
            ("arn:aws:s3:::b/${T}", "arn:aws:s3:::b/a:bc", false),
            ("arn:aws:s3:::b/${none}", "arn:aws:s3:::b/", false),
            ("arn:aws:s3::${aws:username}:b", "arn:aws:s3::alice:b", false),
            ("arn:aws:s3::${*}:b", "arn:aws:s3::*:b", false),
        ] {
            assert_eq!(covers(pattern, arn), Ok(expected), "{pattern} {arn}");
        }
        Ok(())
    }

    #[test]
    fn short_patterns_are_the_union_of_their_star_expansions() {
        for (pattern, arn, expected) in [
            ("arn:*", "arn:aws:s3:::b/key", true),
            ("arn:aws:s3:*", "arn:aws:s3:::b/key", true),
            ("arn:aws:s3:*", "arn:aws:sqs:us-east-1:111111111111:q", false),
            ("arn:aws:sns:*:news", "arn:aws:sns:us-east-1:111111111111:news", true),
            ("arn:aws:sns:*:news", "arn:aws:sns:us-east-1:111111111111:a:news", false),
            // `arn:aws:*:x*` is `arn:aws:*:*:*:x*`, `arn:aws:*:*:x*:*` and `arn:aws:*:x*:*:*`.
            ("arn:aws:*:x*", "arn:aws:s:r:a:x1", true),
            ("arn:aws:*:x*", "arn:aws:s:r:x1:b", true),
            ("arn:aws:*:x*", "arn:aws:s:x1:a:b", true),
            ("arn:aws:*:x*", "arn:aws:x1:r:a:b", false),
            ("arn:aws:*:${aws:username}", "arn:aws:s3:::alice", true),
        ] {
            assert_eq!(covers(pattern, arn), Ok(expected), "{pattern} {arn}");
        }
        let alternatives = match ResourcePattern::read("arn:aws:*:x*", true, PolicyKind::Identity) {
            Ok(ResourcePattern::AnyOf(alternatives)) => alternatives.len(),
            _ => 0,
        };
        assert_eq!(alternatives, 3);
    }

    #[test]
    fn short_patterns_by_policy_type() {
        let arn = "arn:aws:s3:::b";
        for kind in [PolicyKind::Identity, PolicyKind::Boundary, PolicyKind::Session, PolicyKind::Scp, PolicyKind::Rcp] {
            assert!(covers_in(kind, "arn:aws:s3::b", arn).is_err());
            assert!(covers_in(kind, "arn:aws", arn).is_err());
        }
        for kind in [PolicyKind::Resource, PolicyKind::Endpoint] {
            assert_eq!(covers_in(kind, "arn:aws:s3::b", arn), Ok(false));
        }
        assert_eq!(covers_in(PolicyKind::Scp, "arn:aws:s3:*", arn), Ok(true));
        assert!(covers_in(PolicyKind::Scp, "arn:aws:s3:*:b", arn).is_err());
        assert!(covers_in(PolicyKind::Rcp, "arn:aws:s3:*", arn).is_err());
    }
}
