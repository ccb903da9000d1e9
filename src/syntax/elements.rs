//! `Action`, `NotAction`, `Resource` and `NotResource` (sections 2 and 3).

use super::check::{Check, Text};
use super::pattern::{self, Part, Pattern};
use super::policy::{ActionElement, ActionPattern, ArnPattern, Piece, PolicyType, ResourceElement, ResourcePattern};
use super::{Kind, Node};
use crate::diag::{Code, quoted};

impl Check<'_> {
    /// Reads `Action` or `NotAction`.
    pub(super) fn action_element(&mut self, node: Node<'_>, negated: bool) -> ActionElement {
        let mut patterns = Vec::with_capacity(node.len().max(1));
        let element = if negated { "NotAction" } else { "Action" };
        self.empty_list(node, negated, element);
        self.texts(node, |check, value| patterns.extend(check.action_pattern(value, element)));
        ActionElement { negated, patterns }
    }

    /// An empty list matches nothing; under a `Not…` element it would match everything and is refused (S-111).
    fn empty_list(&mut self, node: Node<'_>, negated: bool, element: &str) {
        if node.kind() != Kind::Array || !node.is_empty() {
            return;
        }
        if negated {
            self.report(Code::EmptyNotElement, node.span(), format!("an empty `{element}` would match everything")).help =
                Some(format!("name what `{element}` is to leave out"));
        } else {
            self.report(Code::EmptyList, node.span(), format!("an empty `{element}` matches nothing"));
        }
    }

    fn action_pattern(&mut self, value: Text<'_>, element: &str) -> Option<ActionPattern> {
        if !self.length_fits(value) {
            return None;
        }
        if let Some(pattern) = plain_action(value.text) {
            return Some(pattern);
        }
        if self.variable_in_element(value, element) {
            return None;
        }
        let read = pattern::action(value.text).filter(|pattern| match pattern.parts.as_slice() {
            [_, _] => true,
            // Without a colon there is the bare star alone; `**` is no action.
            [_] => value.text == "*",
            _ => false,
        });
        let Some(Pattern { mut parts, wildcards }) = read else {
            let message = format!(
                "{} is no action: it has {}",
                quoted(value.text),
                if value.text.contains(':') { "more than one colon" } else { "no colon" }
            );
            self.report(Code::InvalidAction, value.node.span(), message).help =
                Some("an action is `*`, or a service, a colon and a name".to_owned());
            return None;
        };
        if !self.wildcards_fit(value, wildcards) {
            return None;
        }
        let name = parts.pop().unwrap_or_default();
        let Some(mut service) = parts.pop() else {
            return Some(ActionPattern { pieces: name.pieces });
        };
        let fault = if value.text.contains(char::is_whitespace) {
            Some("it holds white space")
        } else if name.pieces.is_empty() {
            Some("nothing stands behind its colon")
        } else if service.pieces.is_empty() {
            Some("nothing stands before its colon")
        } else {
            None
        };
        if let Some(fault) = fault {
            self.report(Code::NeverMatches, value.node.span(), format!("{} matches no action: {fault}", quoted(value.text)));
            return None;
        }
        if service.pieces.iter().any(|piece| matches!(piece, Piece::Star | Piece::AnyChar)) {
            self.report(Code::WildcardService, value.node.span(), format!("{} has a wildcard in its service", quoted(value.text))).help =
                Some("write out the services that are meant".to_owned());
        }
        service.append_literal(":");
        service.append(name);
        for piece in &mut service.pieces {
            if let Piece::Literal(text) = piece {
                text.make_ascii_lowercase();
            }
        }
        Some(ActionPattern { pieces: service.pieces })
    }

    /// Reads `Resource` or `NotResource`.
    pub(super) fn resource_element(&mut self, node: Node<'_>, negated: bool) -> ResourceElement {
        let mut patterns = Vec::with_capacity(node.len().max(1));
        self.empty_list(node, negated, if negated { "NotResource" } else { "Resource" });
        let mut texts = Vec::new();
        self.texts(node, |check, value| {
            check.resource_pattern(value, &mut patterns);
            if value.text.contains("${") {
                texts.push(value.text);
            }
        });
        let written_variables = self.written_variables(texts.into_iter());
        ResourceElement { negated, patterns, written_variables }
    }

    fn resource_pattern(&mut self, value: Text<'_>, patterns: &mut Vec<ResourcePattern>) {
        let text = value.text;
        if text == "*" {
            patterns.push(ResourcePattern::All);
            return;
        }
        if !self.length_fits(value) {
            return;
        }
        let shorthand = if self.policy_type == PolicyType::Resource {
            text.strip_prefix("execute-api:").filter(|rest| rest.starts_with('/'))
        } else {
            None
        };
        // The shorthand of S-313 is a sixth part alone, so what stands behind its colon is read as a glob.
        let read = match shorthand {
            Some(rest) => pattern::glob(rest, self.variables),
            None => pattern::arn(text, self.variables),
        };
        let pattern = match read {
            Ok(pattern) => pattern,
            Err(error) => return self.variable_syntax(value, error),
        };
        self.variable_as_text(value);
        if !self.wildcards_fit(value, pattern.wildcards) {
            return;
        }
        if shorthand.is_some() {
            patterns.push(ResourcePattern::Arn(ArnPattern { parts: shorthand_parts(pattern.into_pieces()) }));
        } else if text.bytes().all(|byte| byte == b'*') && !text.is_empty() {
            patterns.push(ResourcePattern::All);
        } else if !text.starts_with("arn:") {
            self.report(Code::InvalidResource, value.node.span(), format!("{} is no ARN", quoted(text))).help =
                Some("a resource is `*` or `arn:partition:service:region:account:resource`, in which parts may be empty".to_owned());
        } else if pattern.parts.len() < 6 {
            self.short_resource(value, pattern, patterns);
        } else {
            let (before, usable) = (patterns.len(), six(pattern.parts));
            patterns.extend(usable.map(ResourcePattern::Arn));
            if patterns.len() == before {
                self.variable_before_last_part(value);
            }
        }
    }

    fn variable_before_last_part(&mut self, value: Text<'_>) {
        self.report(
            Code::NeverMatches,
            value.node.span(),
            format!("{} matches nothing: a variable counts in the last part of an ARN only", quoted(value.text)),
        )
        .help = Some("put a wildcard there, and the variable into a condition".to_owned());
    }

    /// A pattern of fewer than six parts (S-304).
    fn short_resource(&mut self, value: Text<'_>, pattern: Pattern, patterns: &mut Vec<ResourcePattern>) {
        use PolicyType::{Boundary, Endpoint, Identity, Rcp, Resource, Scp, Session, Trust};
        let starred = pattern.parts.iter().any(Part::ends_in_star);
        let last_starred = pattern.parts.last().is_some_and(Part::ends_in_star);
        let refused = match self.policy_type {
            Identity | Session | Boundary => !starred,
            Scp => !last_starred,
            Rcp => true,
            Resource | Trust | Endpoint => false,
        };
        let message = format!("{} has {} of the six parts of an ARN", quoted(value.text), pattern.parts.len());
        if refused {
            let help = if self.policy_type == Rcp {
                "write out all six parts: `arn:partition:service:region:account:resource`".to_owned()
            } else {
                let wider = format!("{}:*", value.text.trim_end_matches(':'));
                format!("write out all six parts, or {} for everything under it", quoted(&wider))
            };
            self.report(Code::InvalidResource, value.node.span(), message).help = Some(help);
            return;
        }
        if !starred {
            self.report(Code::NeverMatches, value.node.span(), message + ": it matches nothing").help =
                Some("write out all six parts: `arn:partition:service:region:account:resource`".to_owned());
            return;
        }
        let before = patterns.len();
        for parts in expansions(&pattern.parts) {
            if let Some(arn) = six(parts).map(ResourcePattern::Arn)
                && !patterns.iter().skip(before).any(|earlier| *earlier == arn)
            {
                patterns.push(arn);
            }
        }
        if patterns.len() == before {
            self.variable_before_last_part(value);
        }
    }
}

impl Part {
    fn append_literal(&mut self, text: &str) {
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Literal(text.to_owned()));
        }
    }

    fn append(&mut self, other: Part) {
        let mut pieces = other.pieces.into_iter();
        match pieces.next() {
            Some(Piece::Literal(text)) => self.append_literal(&text),
            Some(piece) => self.pieces.push(piece),
            None => {}
        }
        self.pieces.extend(pieces);
    }
}

/// An action without anything special in it, which nearly all are: it needs no parse. The tests hold this to what the
/// grammar gives.
pub(super) fn plain_action(text: &str) -> Option<ActionPattern> {
    let mut colon = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {}
            b':' if colon.is_none() => colon = Some(at),
            _ => return None,
        }
    }
    let colon = colon?;
    (colon > 0 && colon + 1 < text.len()).then(|| ActionPattern { pieces: vec![Piece::Literal(text.to_ascii_lowercase())] })
}

/// Six parts as a pattern; `None` where a variable stands before the last (S-311).
fn six(parts: Vec<Part>) -> Option<ArnPattern> {
    if parts.iter().take(5).any(|part| part.has_variable) {
        return None;
    }
    let parts: Vec<Vec<Piece>> = parts.into_iter().map(|part| part.pieces).collect();
    Some(ArnPattern { parts: parts.try_into().ok()? })
}

/// Every way of letting part-final stars stand for the missing parts (S-304).
fn expansions(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut done = Vec::new();
    // Work that is left: how many parts were taken, and what they became.
    let mut open: Vec<(usize, Vec<Part>)> = vec![(0, Vec::new())];
    while let Some((taken, built)) = open.pop() {
        let Some(part) = parts.get(taken) else {
            if built.len() == 6 {
                done.push(built);
            }
            continue;
        };
        let missing = 6usize.saturating_sub(built.len() + parts.len() - taken);
        let extra = if part.ends_in_star() { missing } else { 0 };
        for stars in 0..=extra {
            let mut next = built.clone();
            next.push(part.clone());
            next.extend((0..stars).map(|_| Part { pieces: vec![Piece::Star], has_variable: false }));
            open.push((taken + 1, next));
        }
    }
    done
}

/// The shorthand of API Gateway's resource policies (S-313): `arn:*:execute-api:*:*:*/…`.
fn shorthand_parts(path: Vec<Piece>) -> [Vec<Piece>; 6] {
    let star = || vec![Piece::Star];
    let literal = |text: &str| vec![Piece::Literal(text.to_owned())];
    let mut rest = star();
    rest.extend(path);
    [literal("arn"), star(), literal("execute-api"), star(), star(), rest]
}
