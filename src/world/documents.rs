//! The pool of policy documents: each text is parsed once for each type it is used as.
//!
//! Accounts are read in parallel, and whichever thread meets a text first parses it. What it parsed is kept together with
//! the place it stood at, and everything that comes out of the pool is moved to the place it is wanted for, so nothing of
//! the race can be seen. Moving is exact because equal texts differ in their offset only.

use crate::diag::{Code, Diagnostic, Span};
use crate::syntax::policy::{Document, PolicyType};
use crate::syntax::{Limits, Node, parse_policy, quota_characters};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What makes two documents one: BLAKE3 of the text from brace to brace, and the policy type.
pub(super) type DocumentKey = ([u8; 32], PolicyType);

/// A document as it was parsed at its first place in time.
#[derive(Debug)]
pub(super) struct Parsed {
    base: Span,
    document: Option<Document>,
    diagnostics: Vec<Diagnostic>,
    /// The number of statements; 0 with errors.
    pub(super) statement_count: usize,
    /// Characters without white space outside strings (S-114).
    pub(super) characters: usize,
}

impl Parsed {
    /// Takes the document out, as it stands at `place`. `None` if it has errors, or has been taken.
    pub(super) fn take_at(&mut self, place: Span) -> Option<Document> {
        let mut document = self.document.take()?;
        for statement in &mut document.statements {
            statement.span = self.moved(statement.span, place);
        }
        Some(document)
    }

    /// True if there is anything to report.
    pub(super) fn has_diagnostics(&self) -> bool {
        !self.diagnostics.is_empty()
    }

    /// The diagnostics as they stand at `place`.
    pub(super) fn diagnostics_at(&self, place: Span) -> impl Iterator<Item = Diagnostic> + '_ {
        self.diagnostics.iter().map(move |diagnostic| {
            let mut diagnostic = diagnostic.clone();
            diagnostic.span = self.moved(diagnostic.span, place);
            for (label, _) in &mut diagnostic.labels {
                *label = self.moved(*label, place);
            }
            diagnostic
        })
    }

    fn moved(&self, span: Span, place: Span) -> Span {
        let offset = |at: u32| place.start.saturating_add(at.saturating_sub(self.base.start));
        Span { file: place.file, start: offset(span.start), end: offset(span.end) }
    }
}

/// Every document met so far.
#[derive(Debug)]
pub(super) struct Pool<'l> {
    limits: &'l Limits,
    parsed: Mutex<HashMap<DocumentKey, Parsed>>,
}

impl<'l> Pool<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Pool { limits, parsed: Mutex::default() }
    }

    /// Parses the document at `node`, unless an equal one has been, and gives the digest of its text.
    pub(super) fn intern(&self, node: Node<'_>, policy_type: PolicyType) -> [u8; 32] {
        let digest = *blake3::hash(node.source().as_bytes()).as_bytes();
        let key = (digest, policy_type);
        let known = self.lock().contains_key(&key);
        if !known {
            // The lock is free while the document is parsed; of two threads that parse equal texts the first wins.
            let parsed = self.parse(node, policy_type);
            self.lock().entry(key).or_insert(parsed);
        }
        digest
    }

    /// Takes everything out of the pool.
    pub(super) fn drain(&self) -> HashMap<DocumentKey, Parsed> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DocumentKey, Parsed>> {
        // The table is whole after every insertion, so a panic elsewhere leaves nothing half done.
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parse(&self, node: Node<'_>, policy_type: PolicyType) -> Parsed {
        let (base, text) = (node.span(), node.source());
        let mut diagnostics = Vec::new();
        let document = if text.len() > self.limits.document_bytes {
            let message = format!("a policy document of {} bytes, {} are allowed", text.len(), self.limits.document_bytes);
            diagnostics.push(Diagnostic::new(
                Code::LimitExceeded,
                Span { end: base.start.saturating_add(1).min(base.end), ..base },
                message,
            ));
            None
        } else {
            parse_policy(node, policy_type, self.limits, &mut diagnostics)
        };
        let statement_count = document.as_ref().map_or(0, |document| document.statements.len());
        Parsed { base, document, diagnostics, statement_count, characters: quota_characters(text, false) }
    }
}
