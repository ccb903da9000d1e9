//! What scenario files hold, and what evaluators answer.

use crate::diag::{Diagnostic, FileId, LineColumn, Sources};
use std::ops::Range;
use std::path::PathBuf;

/// The scenarios of one file.
#[derive(Debug)]
pub struct ScenarioFile {
    /// The file's text, as file 0: diagnostics of scenarios that cannot be read point into it.
    pub sources: Sources,
    /// The file in `sources`.
    pub file: FileId,
    /// The folder that paths in worlds are relative to.
    pub folder: PathBuf,
    /// One entry for each scenario in the order of the text; the errors of one that cannot be read stand in its place.
    pub scenarios: Vec<Result<Scenario, Vec<Diagnostic>>>,
}

/// A world, requests, and what they should give.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// `name`; empty where it is left out.
    pub name: String,
    /// Where the scenario begins in its file.
    pub place: LineColumn,
    /// The world's text, as bytes of the scenario's file.
    pub world: Range<usize>,
    /// The requests.
    pub requests: Vec<Case>,
}

/// A request and what it should give.
#[derive(Debug, Clone)]
pub struct Case {
    /// The request as it is written.
    pub request: String,
    /// Where it begins in its file.
    pub place: LineColumn,
    /// What it should give; `None` if the scenario does not say.
    pub expect: Option<Expect>,
}

/// What a request should give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The request, or the whole world, is refused with this code (S-116).
    Error(String),
    /// A decision with these members; what is not stated may be anything.
    Decision(ExpectedDecision),
}

/// The members of a decision that a scenario states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedDecision {
    /// `decision`.
    pub decision: Option<String>,
    /// `reason`.
    pub reason: Option<String>,
    /// `layer`.
    pub layer: Option<String>,
    /// Members of `layers`: layer and outcome.
    pub layers: Vec<(String, String)>,
    /// `matched`, whole: as many entries, in this order.
    pub matched: Option<Vec<ExpectedMatch>>,
    /// `resource_account`.
    pub resource_account: Option<String>,
    /// `resource_account_from`.
    pub resource_account_from: Option<String>,
}

impl Expect {
    /// True if only an explanation can tell: layers, matched statements, or where the owner came from.
    pub fn needs_explanation(&self) -> bool {
        match self {
            Expect::Error(_) => false,
            Expect::Decision(expected) => {
                !expected.layers.is_empty()
                    || expected.matched.is_some()
                    || expected.resource_account.is_some()
                    || expected.resource_account_from.is_some()
            }
        }
    }
}

/// An entry of `matched` in the members that a scenario states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedMatch {
    /// `policy`: the place of attachment.
    pub policy: Option<String>,
    /// `statement`: the index in the document.
    pub statement: Option<u64>,
    /// `sid`.
    pub sid: Option<String>,
    /// `effect`.
    pub effect: Option<String>,
    /// `file`.
    pub file: Option<String>,
    /// `line`.
    pub line: Option<u64>,
    /// `column`.
    pub column: Option<u64>,
}

/// An evaluator's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `Allow` or `Deny`.
    pub decision: &'static str,
    /// `allowed`, `explicit_deny` or `implicit_deny`.
    pub reason: &'static str,
    /// The layer that decided.
    pub layer: &'static str,
    /// Only where it was asked for.
    pub explanation: Option<Explained>,
}

/// What an explanation adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explained {
    /// Each layer with its own outcome.
    pub layers: Vec<(&'static str, &'static str)>,
    /// The statements that matched, in world order.
    pub matched: Vec<Matched>,
    /// The owner of the resource that was used.
    pub resource_account: Option<String>,
    /// Where it came from.
    pub resource_account_from: &'static str,
}

/// A statement that matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched {
    /// The place of attachment (S-729).
    pub policy: String,
    /// Its index in the document; `None` for a grant of an ACL.
    pub statement: Option<u64>,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// The file that holds it, if the evaluator knows.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u64>,
    /// The column, from 1.
    pub column: Option<u64>,
}

/// Why there is no answer: the caller denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A code of S-116.
    pub code: String,
    /// One sentence for people.
    pub message: String,
}
