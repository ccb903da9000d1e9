//! Tests of reading: the text (`json`), patterns and names (`patterns`), documents rule by rule (`documents`), time on hostile texts
//! (`hostile`), and whole corpora (`corpus`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at what it did not expect")]

mod corpus;
mod documents;
mod hostile;
mod json;
mod patterns;

use super::policy::PolicyType;
use super::*;

/// The codes that a document gets, errors and warnings in order.
fn codes(policy_type: PolicyType, text: &str) -> Vec<&'static str> {
    read(policy_type, text).1.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

fn read(policy_type: PolicyType, text: &str) -> (Option<Document>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let file = sources.add("policy.json".to_owned(), text, None);
    let mut diagnostics = Vec::new();
    let document = parse_policy_text(&sources, file, policy_type, &Limits::default(), &mut diagnostics);
    assert_eq!(document.is_none(), diagnostics.iter().any(Diagnostic::is_error), "{text}");
    let starts: Vec<u32> = diagnostics.iter().map(|diagnostic| diagnostic.span.start).collect();
    assert!(starts.is_sorted(), "{text}: {starts:?}");
    for diagnostic in &diagnostics {
        let span = diagnostic.span;
        assert!(span.start <= span.end && text.get(span.range()).is_some(), "{text}: {diagnostic:?}");
        assert!(!diagnostic.message.ends_with('.') && !diagnostic.message.is_empty(), "{diagnostic:?}");
    }
    (document, diagnostics)
}
