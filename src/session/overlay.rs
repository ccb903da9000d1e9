//! From a session's documents to the bytes of an overlay.
//!
//! The same stages as for a world, each on this thread: an overlay is made while a request waits, in less time than another thread needs to wake up. What the stages
//! check of themselves is not checked again here; the runtime verifies every overlay when it is opened.

use super::error::{Kind, Refused, SessionError, place};
use crate::bundle::{self, Origin, Parts, Source};
use crate::compile::CompileError;
use crate::diag::{Diagnostic, Sources, Span};
use crate::ir::TooMany;
use crate::link::{AttachmentOrigin, FragmentId, Linked, LinkedFragment, Member};
use crate::syntax::policy::{Document, PolicyType};
use crate::syntax::{Limits, parse_policy_text};
use crate::world::DocumentId;
use crate::{dag, ir, opt, trie};
use portcullis_runtime::format::BundleKind;

/// One document of a session.
#[derive(Debug, Clone, Copy)]
pub struct SessionDocument<'a> {
    /// Its JSON text.
    pub text: &'a str,
    /// Its index in the session's list, by which explanations name it: `session.policies[2]`.
    pub index: u32,
    /// The name of the file that it came from, if it came from one.
    pub file: Option<&'a str>,
}

/// Compiles the documents of a session to the bytes of an overlay, for [`Overlay::from_bytes`](portcullis_runtime::Overlay::from_bytes). Each is checked as a
/// session policy (S-110); they act as one layer (S-715). Equal documents give equal bytes.
///
/// ```
/// use portcullis::runtime::{Overlay, SessionPolicies};
/// use portcullis::session::{SessionDocument, compile_overlay};
///
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::reports/*"}}"#;
/// let overlay = Overlay::from_bytes(compile_overlay(&[SessionDocument { text, index: 0, file: None }])?)?;
/// let session = SessionPolicies { overlay: Some(overlay), policies: Vec::new() };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`SessionError`] with everything that is wrong with the first document that has an error; `limit-exceeded` for documents that no overlay can hold.
pub fn compile_overlay(documents: &[SessionDocument<'_>]) -> Result<Vec<u8>, SessionError> {
    let limits = Limits::default();
    let mut sources = Sources::new();
    let mut read: Vec<(Document, Span)> = Vec::with_capacity(documents.len());
    for document in documents {
        let file = sources.add(document.file.unwrap_or_default().to_owned(), document.text, None);
        let mut diagnostics = Vec::new();
        match parse_policy_text(&sources, file, PolicyType::Session, &limits, &mut diagnostics) {
            Some(parsed) => {
                // A document begins at its brace.
                let start = document.text.find('{').unwrap_or(0);
                read.push((parsed, Span::new(file, start, document.text.len())));
            }
            None => return Err(refused(document, sources, diagnostics)),
        }
    }
    let linked = linked(documents, read.iter().map(|(_, span)| *span))?;
    let sources_of: Vec<Source<'_>> = read.iter().map(|(document, text)| Source { document, origin: Origin::Text(*text) }).collect();
    overlay(&sources, &sources_of, &linked).map_err(SessionError::from)
}

fn refused(document: &SessionDocument<'_>, sources: Sources, diagnostics: Vec<Diagnostic>) -> SessionError {
    let refused = Refused { place: place(document.index), in_file: document.file.is_some(), sources, diagnostics };
    SessionError { kind: Kind::Document(Box::new(refused)) }
}

/// All documents as the one slice of the overlay.
fn linked(documents: &[SessionDocument<'_>], texts: impl Iterator<Item = Span>) -> Result<Linked, CompileError> {
    let mut linked = Linked::default();
    let mut members = Vec::with_capacity(documents.len());
    for (document, text) in documents.iter().zip(texts) {
        let id = u32::try_from(members.len()).map_err(|_| TooMany("documents"))?;
        linked.fragments.push(LinkedFragment::of(DocumentId(id)));
        linked.attachments.push(AttachmentOrigin { place: place(document.index), order: u64::from(document.index), text: Some(text) });
        members.push(Member { fragment: FragmentId(id), attachment: id });
    }
    linked.slices.push(members);
    Ok(linked)
}

fn overlay(sources: &Sources, documents: &[Source<'_>], linked: &Linked) -> Result<Vec<u8>, CompileError> {
    let mut program = ir::lower_here(documents.iter().map(|source| source.document))?;
    let plan = opt::merge(linked);
    let tries = trie::build_here(&mut program, linked, &plan)?;
    let dag = dag::build(tries.leaves.iter())?;
    let parts = Parts { kind: BundleKind::Session, sources, documents, program: &program, linked, plan: &plan, tries: &tries, dag: &dag };
    let (bytes, _) = bundle::encode(parts)?;
    Ok(bytes)
}
