//! `Principal` and `NotPrincipal` (section 4).

use super::check::{Check, Text, inner_span};
use super::policy::{PolicyType, PrincipalElement, PrincipalEntry};
use super::{Kind, Member, Node};
use crate::diag::{Code, did_you_mean, nearest, quoted};

const CLASSES: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

/// What one text of a principal element turned out to be.
enum Entry {
    Known(PrincipalEntry),
    /// It can match nothing, for the reason given.
    Never(&'static str),
    /// It is of no known form.
    Unknown,
}

impl Check<'_> {
    /// Reads `Principal` or `NotPrincipal` of a policy type that takes it.
    pub(super) fn principal_element(&mut self, node: Node<'_>, negated: bool) -> PrincipalElement {
        let element = if negated { "NotPrincipal" } else { "Principal" };
        let mut entries = Vec::new();
        match node.kind() {
            Kind::String => {
                let value = Text { node, text: node.as_str().unwrap_or_default() };
                if value.text == "*" {
                    entries.push(self.everyone(node));
                } else if self.variable_in_element(value, element) {
                    // One value, one code: that of the variable comes first (S-116).
                } else if self.policy_type == PolicyType::Rcp {
                    self.bare_star_only(node);
                } else {
                    self.bare_string(value, element);
                }
            }
            Kind::Object if self.policy_type == PolicyType::Rcp => self.bare_star_only(node),
            Kind::Object => self.principal_map(node, negated, element, &mut entries),
            _ => {
                self.data_type(node, "`\"*\"` or an object");
            }
        }
        PrincipalElement { negated, entries }
    }

    /// An RCP takes the bare star alone (S-110).
    fn bare_star_only(&mut self, node: Node<'_>) {
        self.report(Code::UnsupportedPrincipal, node.span(), "a resource control policy takes no principal but `\"*\"`").help =
            Some("write `\"Principal\": \"*\"` and narrow it with conditions".to_owned());
    }

    fn bare_string(&mut self, value: Text<'_>, element: &str) {
        let help = match aws_entry(value.text) {
            Entry::Known(_) => format!("write `\"{element}\": {{\"AWS\": \"{}\"}}`", value.text),
            _ => format!("`{element}` is `\"*\"` or an object with `AWS`, `Service`, `Federated` or `CanonicalUser`"),
        };
        self.report(Code::InvalidPrincipal, value.node.span(), format!("{} is no principal", quoted(value.text))).help = Some(help);
    }

    fn principal_map(&mut self, node: Node<'_>, negated: bool, element: &str, entries: &mut Vec<PrincipalEntry>) {
        let values = node.members().map(|member| member.value);
        let all_empty = values.clone().all(|value| value.kind() == Kind::Array && value.is_empty());
        if negated && all_empty {
            let place = values.into_iter().next().unwrap_or(node);
            self.report(Code::EmptyNotElement, place.span(), "an empty `NotPrincipal` would match everyone");
        } else if node.is_empty() {
            self.report(Code::InvalidPrincipal, node.span(), format!("`{element}` names nobody")).help =
                Some("`\"*\"` is everyone; `{\"AWS\": []}` is nobody".to_owned());
        }
        for member in node.members() {
            if !CLASSES.contains(&member.key) {
                self.unknown_class(member);
                continue;
            }
            if member.value.kind() == Kind::Array && member.value.is_empty() && !(negated && all_empty) {
                self.report(Code::EmptyList, member.value.span(), format!("an empty {} matches nobody", quoted(member.key)));
            }
            self.texts(member.value, |check, value| {
                if !check.variable_in_element(value, element) {
                    entries.extend(check.principal_entry(member.key, value));
                }
            });
        }
    }

    fn unknown_class(&mut self, member: Member<'_>) {
        let help = nearest(member.key, CLASSES)
            .map_or_else(|| "known are `AWS`, `Service`, `Federated` and `CanonicalUser`".to_owned(), did_you_mean);
        self.report(Code::UnknownElement, member.key_span, format!("{} is no kind of principal", quoted(member.key))).help = Some(help);
    }

    fn principal_entry(&mut self, class: &str, value: Text<'_>) -> Option<PrincipalEntry> {
        let (node, text) = (value.node, value.text);
        if let Some(wildcard) = text.find(['*', '?'])
            && (text != "*" || class == "CanonicalUser")
        {
            let span = inner_span(node, wildcard..wildcard + 1);
            self.report(Code::PrincipalWildcard, span, format!("a wildcard within the principal {}", quoted(text))).help =
                Some("principals are matched as they are; to match many, use `*` with a condition on `aws:PrincipalArn`".to_owned());
            return None;
        }
        let whole = || (text != "*").then(|| text.to_owned());
        match class {
            "AWS" if text == "*" => Some(self.everyone(node)),
            "AWS" => match aws_entry(text) {
                Entry::Known(entry) => Some(entry),
                Entry::Never(reason) => {
                    self.report(Code::NeverMatches, node.span(), format!("{} matches nobody: {reason}", quoted(text)));
                    None
                }
                Entry::Unknown => {
                    let help =
                        "known are a 12-digit account, the ARN of a root user, user, role, role session or federated user, and a unique id";
                    self.report(Code::InvalidPrincipal, node.span(), format!("{} is no principal", quoted(text))).help =
                        Some(help.to_owned());
                    None
                }
            },
            _ if text.is_empty() => {
                self.report(Code::InvalidPrincipal, node.span(), format!("an empty `{class}` names nobody"));
                None
            }
            "Federated" if self.policy_type != PolicyType::Trust => {
                self.report(
                    Code::FederatedPrincipal,
                    node.span(),
                    format!("{} matches nobody: `Federated` counts in trust policies only", quoted(text)),
                );
                None
            }
            "CanonicalUser" => Some(PrincipalEntry::CanonicalUser(whole())),
            _ => {
                if text == "*" {
                    self.report(Code::TrustAnyone, node.span(), format!("`*` under `{class}` admits every caller of that kind"));
                }
                Some(if class == "Service" { PrincipalEntry::Service(whole()) } else { PrincipalEntry::Federated(whole()) })
            }
        }
    }

    /// The entry for everyone; a trust policy that holds it admits anyone (S-402).
    fn everyone(&mut self, node: Node<'_>) -> PrincipalEntry {
        if self.policy_type == PolicyType::Trust {
            self.report(Code::TrustAnyone, node.span(), "this trust policy names everyone").help =
                Some("name the accounts or roles that are to assume the role, or bind them by conditions".to_owned());
        }
        PrincipalEntry::Everyone
    }
}

/// The forms of an `AWS` value without wildcards (S-412).
fn aws_entry(text: &str) -> Entry {
    if is_account(text) {
        return Entry::Known(PrincipalEntry::Account(text.to_owned()));
    }
    if let Some(id) = text.strip_prefix("AIDA").or_else(|| text.strip_prefix("AROA")) {
        let alphanumeric = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return if alphanumeric { Entry::Known(PrincipalEntry::UniqueId(text.to_owned())) } else { Entry::Unknown };
    }
    arn_entry(text).unwrap_or(Entry::Unknown)
}

fn arn_entry(text: &str) -> Option<Entry> {
    let (partition, rest) = text.strip_prefix("arn:")?.split_once(':')?;
    let (service, rest) = rest.split_once("::")?;
    let (account, name) = rest.split_once(':')?;
    if partition.is_empty() || !partition.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return None;
    }
    if service == "iam" && account == "cloudfront" && name.strip_prefix("user/").is_some_and(|user| !user.is_empty()) {
        return Some(Entry::Never("origin access identities are not evaluated"));
    }
    if !is_account(account) {
        return None;
    }
    if service == "iam" && name == "root" {
        return Some(Entry::Known(PrincipalEntry::Account(account.to_owned())));
    }
    let (kind, name) = name.split_once('/')?;
    let one_name = !name.is_empty() && !name.contains('/');
    let two_names = name.split_once('/').is_some_and(|(role, session)| !role.is_empty() && !session.is_empty() && !session.contains('/'));
    let entry = match (service, kind) {
        // The name is what stands after the last slash; without one nobody could be meant.
        ("iam", "user" | "role") if name.is_empty() || name.ends_with('/') => return None,
        ("iam", "user") => PrincipalEntry::User(text.to_owned()),
        ("iam", "role") => PrincipalEntry::Role(text.to_owned()),
        ("sts", "assumed-role") if two_names => PrincipalEntry::RoleSession(text.to_owned()),
        ("sts", "federated-user") if one_name => PrincipalEntry::FederatedUser(text.to_owned()),
        _ => return None,
    };
    Some(Entry::Known(entry))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
