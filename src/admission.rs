//! The admission check: what a put-policy handler asks before it stores a document.

use crate::diag::{Diagnostic, Severity, Sources};
use crate::syntax::policy::PolicyType;
use crate::syntax::{Limits, parse_policy_text};

/// What was found in one document.
#[derive(Debug)]
pub struct Findings {
    /// The text, for turning spans into lines and columns.
    pub sources: Sources,
    /// Errors and warnings in the order of the text (S-116).
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Whether the document may be stored: no finding is an error.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.code.severity() != Severity::Error)
    }
}

/// Checks one policy document as a policy of the given type: every rule of its form (S-101 to S-116) and all that it says, as strictly as the compiler. `name`
/// is what rendered findings call the text.
///
/// ```
/// use portcullis::diag::Code;
/// use portcullis::syntax::policy::PolicyType;
///
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "allow", "Action": "s3:GetObject", "Resource": "*"}}"#;
/// let findings = portcullis::check_policy("new.json", text, PolicyType::Identity, &Default::default());
/// assert!(!findings.accepted());
/// let finding = &findings.diagnostics[0];
/// assert_eq!(finding.code, Code::InvalidEffect);
/// assert_eq!(findings.sources.line_column(finding.span.file, finding.span.start).column, 51);
/// ```
#[must_use]
pub fn check_policy(name: &str, text: &str, policy_type: PolicyType, limits: &Limits) -> Findings {
    let mut sources = Sources::new();
    let file = sources.add(name.to_owned(), text, None);
    let mut diagnostics = Vec::new();
    let _document = parse_policy_text(&sources, file, policy_type, limits, &mut diagnostics);
    sources.sort(&mut diagnostics);
    Findings { sources, diagnostics }
}
