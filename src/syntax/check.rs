//! What the checks of a document share: its type and version, the limits, and the diagnostics found so far.

use super::policy::PolicyType;
use super::{Kind, Limits, Node};
use crate::diag::{Code, Diagnostic, Span};
use indexmap::IndexSet;

/// The state of checking one document.
pub(super) struct Check<'l> {
    /// The type that the document is checked as.
    pub(super) policy_type: PolicyType,
    /// True under `2012-10-17`: `${…}` is a variable (S-601).
    pub(super) variables: bool,
    /// True under `2008-10-17`, stated or by default.
    pub(super) is_2008: bool,
    pub(super) limits: &'l Limits,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// One string of an element: the value and its text.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) node: Node<'t>,
    pub(super) text: &'t str,
}

impl Check<'_> {
    /// Reports a finding and gives it back, so that help and labels can be added.
    pub(super) fn report(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::new(code, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Reports a value of a type that its element does not take (S-111).
    pub(super) fn data_type(&mut self, node: Node<'_>, wanted: &str) -> &mut Diagnostic {
        self.report(Code::DataType, node.span(), format!("expected {wanted}, found {}", node.kind().describe()))
    }

    /// True for the types that speak about callers' own rights: their documents have no principal element (RCPs do) and
    /// follow the narrower rules for `Sid` and `Id` (S-105, S-107).
    pub(super) fn is_identity_type(&self) -> bool {
        use PolicyType::{Boundary, Identity, Rcp, Scp, Session};
        matches!(self.policy_type, Identity | Boundary | Session | Scp | Rcp)
    }

    /// A string or an array of strings (S-111), item by item; what is neither is reported.
    pub(super) fn texts<'t>(&mut self, node: Node<'t>, mut each: impl FnMut(&mut Self, Text<'t>)) {
        match node.kind() {
            Kind::String => each(self, Text { node, text: node.as_str().unwrap_or_default() }),
            Kind::Array => {
                if !self.list_fits(node) {
                    return;
                }
                for item in node.items() {
                    match item.as_str() {
                        Some(text) => each(self, Text { node: item, text }),
                        None => {
                            self.data_type(item, "a string");
                        }
                    }
                }
            }
            _ => {
                self.data_type(node, "a string or an array of strings");
            }
        }
    }

    /// False, with an error, for a list over the limit.
    pub(super) fn list_fits(&mut self, list: Node<'_>) -> bool {
        let fits = list.len() <= self.limits.values;
        if !fits {
            let message = format!("a list of {} values, {} are allowed", list.len(), self.limits.values);
            self.report(Code::LimitExceeded, opening(list), message);
        }
        fits
    }

    /// False, with an error, for a pattern that is too long: asked before it is read.
    pub(super) fn length_fits(&mut self, value: Text<'_>) -> bool {
        let fits = value.text.len() <= self.limits.pattern_bytes;
        if !fits {
            let message = format!("a pattern of {} bytes, {} are allowed", value.text.len(), self.limits.pattern_bytes);
            self.report(Code::LimitExceeded, opening(value.node), message);
        }
        fits
    }

    /// False, with an error, for a pattern that has too many wildcards.
    pub(super) fn wildcards_fit(&mut self, value: Text<'_>, wildcards: usize) -> bool {
        if wildcards > self.limits.wildcards {
            let message = format!("a pattern with {wildcards} wildcards, {} are allowed", self.limits.wildcards);
            self.report(Code::LimitExceeded, value.node.span(), message);
            return false;
        }
        true
    }

    /// Reports a variable where none may stand (S-602); true if there was one.
    pub(super) fn variable_in_element(&mut self, value: Text<'_>, element: &str) -> bool {
        if !self.variables {
            self.variable_as_text(value);
            return false;
        }
        let found = variable_range(value.text);
        if let Some(range) = &found {
            let span = inner_span(value.node, range.clone());
            self.report(Code::VariableInElement, span, format!("`{element}` takes no variables")).help =
                Some("variables may stand in the last part of a resource and in values of string and ARN conditions".to_owned());
        }
        found.is_some()
    }

    /// Warns of `${` under the old version (S-601).
    pub(super) fn variable_as_text(&mut self, value: Text<'_>) {
        if self.is_2008
            && let Some(range) = variable_range(value.text)
        {
            let span = inner_span(value.node, range);
            self.report(Code::VariableAsText, span, "`${` is plain text under version `2008-10-17`").help =
                Some("variables need `\"Version\": \"2012-10-17\"`".to_owned());
        }
    }

    /// The variables of texts as they are written, each once.
    pub(super) fn written_variables<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<Box<str>> {
        let written: IndexSet<&str> = texts.filter(|_| self.variables).flat_map(super::pattern::variables).collect();
        written.into_iter().map(Box::from).collect()
    }

    /// Reports a malformed variable (S-603).
    pub(super) fn variable_syntax(&mut self, value: Text<'_>, error: super::pattern::VariableError) {
        let span = inner_span(value.node, error.range);
        self.report(Code::VariableSyntax, span, error.message).help =
            Some("a variable is `${name}` or `${name, 'default'}`; a dollar sign before a brace is `${$}`".to_owned());
    }
}

/// The first `${…}` of a text, up to its closing brace.
fn variable_range(text: &str) -> Option<std::ops::Range<usize>> {
    let at = text.find("${")?;
    let len = text.get(at..).and_then(|rest| rest.find('}')).map_or(2, |close| close + 1);
    Some(at..at + len)
}

/// A range of a string's text as a place in the file; the whole string if escapes make the two differ.
pub(super) fn inner_span(node: Node<'_>, range: std::ops::Range<usize>) -> Span {
    let span = node.span();
    if node.has_escapes() {
        return span;
    }
    Span::new(span.file, span.start as usize + 1 + range.start, span.start as usize + 1 + range.end)
}

/// The first byte of a value: the bracket of one that is too long to show.
pub(super) fn opening(node: Node<'_>) -> Span {
    let span = node.span();
    Span { end: span.start + 1, ..span }
}
