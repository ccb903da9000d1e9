//! The document and its statements (section 1).

use super::check::{Check, Text, opening};
use super::policy::{Document, Effect, PolicyType, PrincipalElement, ResourceElement, Statement, Version};
use super::{Kind, Limits, Member, Node, duplicate_keys};
use crate::diag::{Code, Diagnostic, Span, did_you_mean, nearest, quoted};
use std::collections::HashMap;

const DOCUMENT_MEMBERS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_MEMBERS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Checks a policy document and types it.
///
/// Reports every error and warning of the document, duplicate keys included, in the order of the text (S-116). `None` if
/// and only if there was an error. `node` may stand in a larger text.
pub fn parse_policy(node: Node<'_>, policy_type: PolicyType, limits: &Limits, diagnostics: &mut Vec<Diagnostic>) -> Option<Document> {
    let mut check = Check { policy_type, variables: false, is_2008: false, limits, diagnostics: Vec::new() };
    duplicate_keys(node, &mut check.diagnostics);
    let document = check.document(node);
    let mut found = check.diagnostics;
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    let refused = found.iter().any(Diagnostic::is_error);
    diagnostics.append(&mut found);
    document.filter(|_| !refused)
}

/// Both members of a pair, of which a statement may have one.
struct Pair<T> {
    value: Option<T>,
    /// The first of the two keys.
    key: Option<Span>,
}

impl<T> Default for Pair<T> {
    fn default() -> Self {
        Pair { value: None, key: None }
    }
}

impl Check<'_> {
    fn document(&mut self, node: Node<'_>) -> Option<Document> {
        if node.kind() != Kind::Object {
            self.data_type(node, "a policy, which is an object");
            return None;
        }
        if node.source().len() > self.limits.document_bytes {
            let message = format!("a policy of {} bytes, {} are allowed", node.source().len(), self.limits.document_bytes);
            self.report(Code::LimitExceeded, opening(node), message);
            return None;
        }
        // The version decides how everything else is read, wherever it stands.
        let version = self.version(node);
        self.variables = version == Some(Version::V2012);
        self.is_2008 = version == Some(Version::V2008);
        let mut statements = None;
        for member in node.members() {
            match member.key {
                "Version" => {}
                "Id" => self.id(member),
                "Statement" => statements = Some(self.statements(member.value)),
                _ => self.unknown_element(member, "policy", &DOCUMENT_MEMBERS),
            }
        }
        if statements.is_none() {
            self.report(Code::MissingStatement, node.close_span(), "the policy has no `Statement`");
        }
        self.size(node);
        self.charset(node);
        Some(Document { version: version?, statements: statements? })
    }

    fn version(&mut self, document: Node<'_>) -> Option<Version> {
        let new_only = matches!(self.policy_type, PolicyType::Scp | PolicyType::Rcp);
        let kind = if self.policy_type == PolicyType::Scp { "service" } else { "resource" };
        let Some(value) = document.member("Version") else {
            if new_only {
                let message = format!("a {kind} control policy states its version");
                self.report(Code::InvalidVersion, document.close_span(), message).help =
                    Some("add `\"Version\": \"2012-10-17\"`".to_owned());
                return None;
            }
            self.report(Code::MissingVersion, document.close_span(), "the policy states no version, which means `2008-10-17`").help =
                Some("add `\"Version\": \"2012-10-17\"`".to_owned());
            return Some(Version::V2008);
        };
        match value.as_str() {
            Some("2012-10-17") => return Some(Version::V2012),
            Some("2008-10-17") if !new_only => return Some(Version::V2008),
            Some("2008-10-17") => {
                self.report(Code::InvalidVersion, value.span(), format!("a {kind} control policy takes version `2012-10-17` only"));
            }
            _ => {
                self.report(Code::InvalidVersion, value.span(), format!("{} is no version of the language", shown(value))).help =
                    Some("the versions are `\"2012-10-17\"` and `\"2008-10-17\"`".to_owned());
            }
        }
        None
    }

    fn id(&mut self, member: Member<'_>) {
        match member.value.as_str() {
            Some(text) => {
                self.variable_in_element(Text { node: member.value, text }, "Id");
            }
            None => {
                self.data_type(member.value, "a string");
            }
        }
        if self.is_identity_type() {
            self.report(Code::IdIgnored, member.key_span, "`Id` has no meaning in this type of policy").help =
                Some("leave it out".to_owned());
        }
    }

    fn unknown_element(&mut self, member: Member<'_>, of: &str, known: &[&'static str]) {
        let help = match nearest(member.key, known.iter().copied()) {
            Some(name) => did_you_mean(name),
            None => format!("known are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        };
        self.report(Code::UnknownElement, member.key_span, format!("{} is no element of a {of}", quoted(member.key))).help = Some(help);
    }

    fn statements(&mut self, value: Node<'_>) -> Vec<Statement> {
        let mut statements = Vec::with_capacity(value.len().max(1));
        let nodes: Vec<Node<'_>> = match value.kind() {
            Kind::Object => vec![value],
            Kind::Array if value.is_empty() => {
                self.report(Code::MissingStatement, value.span(), "the policy has no statement");
                return statements;
            }
            Kind::Array if value.len() > self.limits.statements => {
                let message = format!("{} statements, {} are allowed", value.len(), self.limits.statements);
                self.report(Code::LimitExceeded, opening(value), message);
                return statements;
            }
            Kind::Array => value.items().collect(),
            _ => {
                self.data_type(value, "a statement or an array of them");
                return statements;
            }
        };
        let full_access = self.policy_type == PolicyType::Rcp && nodes.len() == 1 && nodes.iter().all(|node| is_full_access(*node));
        let mut sids = HashMap::new();
        for node in nodes {
            if node.kind() == Kind::Object {
                statements.extend(self.statement(node, full_access, &mut sids));
            } else {
                self.data_type(node, "a statement, which is an object");
            }
        }
        statements
    }

    fn statement<'t>(&mut self, node: Node<'t>, full_access: bool, sids: &mut HashMap<&'t str, Span>) -> Option<Statement> {
        let (mut sid, mut effect, mut has_effect, mut conditions) = (None, None, false, Vec::new());
        let (mut action, mut resource, mut principal) = (Pair::default(), Pair::default(), Pair::default());
        let (takes_principal, takes_not_principal) = (self.takes_principal(), self.takes_not_principal());
        for member in node.members() {
            let value = member.value;
            match member.key {
                "Sid" => sid = self.sid(value, sids),
                "Effect" => {
                    has_effect = true;
                    effect = self.effect(value, full_access);
                }
                "Principal" | "NotPrincipal" => {
                    let negated = member.key == "NotPrincipal";
                    let takes = if negated { takes_not_principal } else { takes_principal };
                    if !takes {
                        self.unsupported(Code::UnsupportedPrincipal, member);
                    }
                    let other = self.one_of_pair(&mut principal, member);
                    if takes && !other {
                        principal.value = Some(self.principal_element(value, negated));
                    }
                }
                "Action" | "NotAction" => {
                    let negated = member.key == "NotAction";
                    if negated && self.policy_type == PolicyType::Rcp {
                        self.unsupported(Code::UnsupportedElement, member);
                    }
                    let other = self.one_of_pair(&mut action, member);
                    let read = self.action_element(value, negated);
                    if !other {
                        action.value = Some(read);
                    }
                }
                "Resource" | "NotResource" => {
                    let negated = member.key == "NotResource";
                    let takes = self.policy_type != PolicyType::Trust;
                    if !takes {
                        self.unsupported(Code::UnsupportedResource, member);
                    }
                    let other = self.one_of_pair(&mut resource, member);
                    if takes {
                        let read = self.resource_element(value, negated);
                        if !other {
                            resource.value = Some(read);
                        }
                    }
                }
                "Condition" => conditions = self.condition_block(value),
                _ => self.unknown_element(member, "statement", &STATEMENT_MEMBERS),
            }
        }
        if self.policy_type == PolicyType::Rcp && node.member("Effect").and_then(Node::as_str) == Some("Deny") {
            self.rcp_action_star(node);
        }
        if effect == Some(Effect::Allow) && node.member("NotPrincipal").is_some() && takes_not_principal {
            self.allow_not_principal(node);
        }
        self.missing(node, has_effect, &action.key, &principal.key, &resource.key);
        let (principal, resource): (Option<PrincipalElement>, Option<ResourceElement>) = (principal.value, resource.value);
        Some(Statement { span: node.span(), sid, effect: effect?, principal, action: action.value?, resource, conditions })
    }

    fn takes_principal(&self) -> bool {
        !self.is_identity_type() || self.policy_type == PolicyType::Rcp
    }

    fn takes_not_principal(&self) -> bool {
        matches!(self.policy_type, PolicyType::Resource | PolicyType::Endpoint)
    }

    fn unsupported(&mut self, code: Code, member: Member<'_>) {
        let message = format!("{} takes no {}", self.policy_type.described(), quoted(member.key));
        let help = match (code, self.policy_type) {
            (Code::UnsupportedPrincipal, PolicyType::Trust | PolicyType::Rcp) => "use `Principal` and conditions on the caller",
            (Code::UnsupportedPrincipal, _) => "whom it concerns follows from where it is attached",
            (Code::UnsupportedResource, _) => "it always speaks of its own role",
            _ => "list the actions under `Action`",
        };
        self.report(code, member.key_span, message).help = Some(help.to_owned());
    }

    /// Notes a member of a pair; true, with an error, if the other member was there before (S-109).
    fn one_of_pair<T>(&mut self, pair: &mut Pair<T>, member: Member<'_>) -> bool {
        let Some(first) = pair.key else {
            pair.key = Some(member.key_span);
            return false;
        };
        let bytes = |span: Span| span.end - span.start;
        // The same key again is `duplicate-key`, reported already; the two keys of a pair differ in length.
        if bytes(first) != bytes(member.key_span) {
            let message = format!("{} stands beside its counterpart: a statement has one of the two", quoted(member.key));
            let label = (first, "the other one".to_owned());
            self.report(Code::ElementCombination, member.key_span, message).labels.push(label);
        }
        true
    }

    fn effect(&mut self, value: Node<'_>, full_access: bool) -> Option<Effect> {
        match value.as_str() {
            Some("Deny") => Some(Effect::Deny),
            Some("Allow") => {
                if self.policy_type == PolicyType::Rcp && !full_access {
                    self.report(Code::UnsupportedEffect, value.span(), "a resource control policy only denies").help = Some(
                        "the one exception is the full-access document: one statement that allows `*` on `*` to `*`, with nothing else"
                            .to_owned(),
                    );
                }
                Some(Effect::Allow)
            }
            other => {
                let near = other.and_then(|text| nearest(text, ["Allow", "Deny"]));
                let help = near.map_or_else(|| "`Effect` is `Allow` or `Deny`".to_owned(), did_you_mean);
                self.report(Code::InvalidEffect, value.span(), format!("{} is no effect", shown(value))).help = Some(help);
                None
            }
        }
    }

    fn sid<'t>(&mut self, value: Node<'t>, sids: &mut HashMap<&'t str, Span>) -> Option<String> {
        let Some(text) = value.as_str() else {
            self.data_type(value, "a string");
            return None;
        };
        if self.variable_in_element(Text { node: value, text }, "Sid") {
            return None;
        }
        if text.is_empty() {
            self.report(Code::SidStyle, value.span(), "an empty `Sid` names nothing").help = Some("leave it out".to_owned());
            return Some(String::new());
        }
        let strict = self.is_identity_type();
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let code = if strict { Code::InvalidSid } else { Code::SidStyle };
            let usual: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            let diagnostic = self.report(code, value.span(), format!("{} holds more than letters and digits", quoted(text)));
            diagnostic.help = (!usual.is_empty()).then(|| format!("write {}", quoted(&usual)));
        }
        if let Some(first) = sids.get(text) {
            let (first, code) = (*first, if strict { Code::DuplicateSid } else { Code::SidStyle });
            let label = (first, "first here".to_owned());
            self.report(code, value.span(), format!("two statements have the `Sid` {}", quoted(text))).labels.push(label);
        } else {
            sids.insert(text, value.span());
        }
        Some(text.to_owned())
    }

    /// The bare star among a Deny's actions in an RCP (S-110).
    fn rcp_action_star(&mut self, statement: Node<'_>) {
        let Some(action) = statement.member("Action") else { return };
        let values = if action.kind() == Kind::String { vec![action] } else { action.items().collect() };
        for star in values.into_iter().filter(|value| value.as_str() == Some("*")) {
            self.report(Code::RcpActionStar, star.span(), "a resource control policy does not deny every action at once").help =
                Some("name services, such as `s3:*`".to_owned());
        }
    }

    fn allow_not_principal(&mut self, statement: Node<'_>) {
        if let Some(member) = statement.members().find(|member| member.key == "NotPrincipal") {
            self.report(
                Code::AllowNotPrincipal,
                member.key_span,
                "`NotPrincipal` with `Allow` admits everyone else, anonymous callers included",
            )
            .help = Some("name those who are meant under `Principal`".to_owned());
        }
    }

    /// What a statement must have (S-108 to S-110), in the order of S-116.
    fn missing(&mut self, node: Node<'_>, has_effect: bool, action: &Option<Span>, principal: &Option<Span>, resource: &Option<Span>) {
        let at = node.close_span();
        if !has_effect {
            self.report(Code::MissingEffect, at, "the statement has no `Effect`").help =
                Some("add `\"Effect\": \"Allow\"` or `\"Deny\"`".to_owned());
        }
        if action.is_none() {
            self.report(Code::MissingAction, at, "the statement has neither `Action` nor `NotAction`");
        }
        if principal.is_none() && self.takes_principal() {
            let message = format!("a statement of {} names its principal", self.policy_type.described());
            self.report(Code::MissingPrincipal, at, message).help = Some("add a `Principal`; `\"*\"` is everyone".to_owned());
        }
        if resource.is_none() && !matches!(self.policy_type, PolicyType::Resource | PolicyType::Trust) {
            let message = format!("a statement of {} names its resources", self.policy_type.described());
            self.report(Code::MissingResource, at, message).help = Some("add a `Resource`; `\"*\"` is every resource".to_owned());
        }
    }

    /// Sizes that follow from the type of the policy alone (S-114). Sums over several documents, and quotas that depend on
    /// what a document is attached to, are for whoever knows that; the help names them.
    fn size(&mut self, node: Node<'_>) {
        let (quota, spaces, more) = match self.policy_type {
            PolicyType::Identity => (6_144, false, "that is for a managed policy; all inline policies of a role may have 10240"),
            PolicyType::Boundary => (6_144, false, ""),
            PolicyType::Session => (2_048, false, ""),
            PolicyType::Trust => (2_048, false, "AWS raises it to 4096 on request"),
            PolicyType::Scp => (10_240, true, ""),
            PolicyType::Rcp => (5_120, true, ""),
            PolicyType::Resource => (20_480, false, "that is for a bucket; a KMS key's policy may have 32768"),
            PolicyType::Endpoint => (20_480, true, ""),
        };
        let text = node.source();
        if text.len() <= quota {
            return;
        }
        let characters = quota_characters(text, spaces);
        if characters > quota {
            let message = format!("{} of {characters} characters, AWS takes {quota} by default", self.policy_type.described());
            self.report(Code::SizeQuota, opening(node), message).help = (!more.is_empty()).then(|| more.to_owned());
        }
    }

    /// Characters that AWS does not take (S-115).
    fn charset(&mut self, node: Node<'_>) {
        use PolicyType::{Boundary, Identity, Session, Trust};
        if !matches!(self.policy_type, Identity | Boundary | Session | Trust) || node.source().is_ascii() {
            return;
        }
        let mut odd = node.source().char_indices().filter(|(_, character)| *character > '\u{ff}');
        if let Some((at, character)) = odd.next() {
            let span = node.span();
            let start = span.start as usize + at;
            let span = Span::new(span.file, start, start + character.len_utf8());
            let more = odd.count();
            let tail = if more > 0 { format!(" (and {more} more like it)") } else { String::new() };
            self.report(
                Code::Charset,
                span,
                format!("AWS takes no character beyond U+00FF here, such as {}{tail}", quoted(&character.to_string())),
            );
        }
    }
}

/// The characters of a document as quotas count them (S-114): with or without white space outside strings.
pub fn quota_characters(text: &str, count_spaces: bool) -> usize {
    let (mut inside, mut escaped, mut count) = (false, false, 0);
    for byte in text.bytes() {
        // A byte that continues a character is not counted again.
        let starts_character = byte & 0xc0 != 0x80;
        if starts_character && (count_spaces || inside || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            count += 1;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
    }
    count
}

/// True for the one statement of an RCP that may allow (S-110).
fn is_full_access(statement: Node<'_>) -> bool {
    let star = |value: Node<'_>| {
        let one = |value: Node<'_>| value.as_str() == Some("*");
        one(value) || value.kind() == Kind::Array && value.len() == 1 && value.items().all(one)
    };
    statement.len() == 4
        && statement.members().all(|member| match member.key {
            "Effect" => member.value.as_str() == Some("Allow"),
            "Principal" => member.value.as_str() == Some("*"),
            "Action" | "Resource" => star(member.value),
            _ => false,
        })
}

/// A value as a message shows it: a string's text, anything else as it is written.
fn shown(value: Node<'_>) -> String {
    quoted(value.as_str().unwrap_or(value.source()))
}
