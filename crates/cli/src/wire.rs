//! The JSON that the command line prints: mirrors of the library's types, so that a shape changes on purpose only.
//! `docs/formats.md` describes them.

use portcullis::diag::{self, FileId, MachineDiagnostic, MachineLabel, Sources, machine};
use portcullis::syntax::pointers_at;
use portcullis_runtime::format::cold;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// `--version --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct Version {
    pub(crate) schema_version: u32,
    pub(crate) version: &'static str,
    pub(crate) bundle_format: u32,
    pub(crate) service_data: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<&'static str>,
}

/// A command that could not do its work.
#[derive(Debug, Serialize)]
pub(crate) struct Failed<'a> {
    pub(crate) schema_version: u32,
    pub(crate) ok: bool,
    pub(crate) error: &'a str,
    pub(crate) message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<&'a str>,
    pub(crate) diagnostics: &'a [Diagnostic],
}

/// A diagnostic.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnostic {
    code: &'static str,
    id: &'static str,
    severity: &'static str,
    message: String,
    file: String,
    line: u32,
    column: u32,
    offset: u32,
    end: u32,
    /// JSON pointer of the innermost value or member that holds the place; empty where the text is no JSON.
    pointer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    labels: Vec<Label>,
}

/// Diagnostics that can be printed once [`Pending::into_diagnostics`] has found their pointers, for which texts are read anew.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    diagnostics: Vec<Diagnostic>,
    /// The file of each.
    files: Vec<FileId>,
    texts: HashMap<FileId, Arc<str>>,
}

impl Pending {
    /// What is known without reading.
    pub(crate) fn new<'d>(sources: &Sources, found: impl IntoIterator<Item = &'d diag::Diagnostic>) -> Pending {
        let mut pending = Pending::default();
        for diagnostic in found {
            let file = diagnostic.span.file;
            pending.texts.entry(file).or_insert_with(|| sources.file(file).shared_text());
            pending.files.push(file);
            pending.diagnostics.push(machine(sources, diagnostic).into());
        }
        pending
    }

    /// The diagnostics, with their pointers. Each text is read once.
    pub(crate) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        let mut of_file: HashMap<FileId, Vec<usize>> = HashMap::new();
        for (index, file) in self.files.iter().enumerate() {
            of_file.entry(*file).or_default().push(index);
        }
        for (file, indexes) in of_file {
            let Some(text) = self.texts.get(&file) else { continue };
            let offsets: Vec<u32> = indexes.iter().filter_map(|index| self.diagnostics.get(*index)).map(|found| found.offset).collect();
            for (index, pointer) in indexes.into_iter().zip(pointers_at(text, &offsets)) {
                if let Some(found) = self.diagnostics.get_mut(index) {
                    found.pointer = pointer;
                }
            }
        }
        self.diagnostics
    }
}

#[derive(Debug, Serialize)]
struct Label {
    message: String,
    file: String,
    line: u32,
    column: u32,
    offset: u32,
    end: u32,
}

impl From<MachineDiagnostic> for Diagnostic {
    fn from(from: MachineDiagnostic) -> Self {
        Diagnostic {
            code: from.code,
            id: from.id,
            severity: from.severity,
            message: from.message,
            file: from.file,
            line: from.line,
            column: from.column,
            offset: from.offset,
            end: from.end,
            pointer: String::new(),
            help: from.help,
            labels: from.labels.into_iter().map(Label::from).collect(),
        }
    }
}

impl From<MachineLabel> for Label {
    fn from(from: MachineLabel) -> Self {
        Label { message: from.message, file: from.file, line: from.line, column: from.column, offset: from.offset, end: from.end }
    }
}

/// What was compiled.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    accounts: u64,
    principals: u64,
    resources: u64,
    policies: u64,
    statements: u64,
    attachments: u64,
    attached_statements: u64,
    atoms: u64,
    dag_nodes: u64,
    trie_nodes: u64,
}

impl Summary {
    /// The counts with their names for people.
    pub(crate) fn rows(&self) -> [(&'static str, u64); 10] {
        [
            ("accounts", self.accounts),
            ("principals", self.principals),
            ("resources", self.resources),
            ("policies", self.policies),
            ("statements", self.statements),
            ("attachments", self.attachments),
            ("attached statements", self.attached_statements),
            ("distinct atoms", self.atoms),
            ("DAG nodes", self.dag_nodes),
            ("trie nodes", self.trie_nodes),
        ]
    }
}

impl From<&cold::Summary> for Summary {
    fn from(from: &cold::Summary) -> Self {
        Summary {
            accounts: from.accounts,
            principals: from.principals,
            resources: from.resources,
            policies: from.policies,
            statements: from.statements,
            attachments: from.attachments,
            attached_statements: from.attached_statements,
            atoms: from.atoms,
            dag_nodes: from.dag_nodes,
            trie_nodes: from.trie_nodes,
        }
    }
}

/// A bundle as a whole.
#[derive(Debug, Serialize)]
pub(crate) struct Bundle {
    pub(crate) id: String,
    pub(crate) format: u32,
    pub(crate) bytes: u64,
    pub(crate) steps_max: u64,
    pub(crate) memory_bytes: u64,
}

/// `compile --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct Compiled {
    pub(crate) schema_version: u32,
    pub(crate) ok: bool,
    pub(crate) bundle: Bundle,
    pub(crate) summary: Summary,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) seconds: f64,
}

/// `eval --summary --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct EvalSummary<'a> {
    pub(crate) schema_version: u32,
    pub(crate) requests: u64,
    pub(crate) allowed: u64,
    pub(crate) explicit_deny: u64,
    pub(crate) implicit_deny: u64,
    pub(crate) errors: u64,
    pub(crate) seconds: f64,
    pub(crate) decisions_per_second: f64,
    /// What `--show` asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) shown: Vec<&'a serde_json::value::RawValue>,
}

/// `inspect --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    pub(crate) schema_version: u32,
    pub(crate) bundle: Bundle,
    pub(crate) sections: Vec<Section>,
    pub(crate) summary: Summary,
}

/// A section of a bundle.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) record_bytes: u64,
    pub(crate) records: u64,
    pub(crate) digest: String,
}

/// `verify --format json`, for a bundle that is accepted or refused.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict<'a> {
    pub(crate) schema_version: u32,
    pub(crate) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<Bundle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// `test --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct TestReport {
    pub(crate) schema_version: u32,
    pub(crate) files: usize,
    pub(crate) scenarios: usize,
    pub(crate) requests: usize,
    pub(crate) expectations: usize,
    pub(crate) failed: usize,
    pub(crate) unreadable: usize,
    pub(crate) refused_worlds: usize,
    pub(crate) seconds: f64,
    pub(crate) failures: Vec<TestFailure>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A request that did not give what its scenario expects.
#[derive(Debug, Serialize)]
pub(crate) struct TestFailure {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) scenario: usize,
    pub(crate) name: String,
    pub(crate) request: usize,
    pub(crate) mismatches: Vec<TestMismatch>,
}

/// One member that differs.
#[derive(Debug, Serialize)]
pub(crate) struct TestMismatch {
    pub(crate) member: String,
    pub(crate) expected: String,
    pub(crate) actual: String,
}

/// `test --format ndjson`: one line.
#[derive(Debug, Serialize)]
pub(crate) struct TestLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
    pub(crate) scenario: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'a str>,
}

/// An error record in a stream of decisions.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorRecord<'a> {
    pub(crate) error: &'a str,
    pub(crate) message: &'a str,
    pub(crate) line: u64,
}

/// A decision with its explanation.
#[derive(Debug, Serialize)]
pub(crate) struct Explained<'a> {
    pub(crate) decision: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) layer: &'a str,
    pub(crate) layers: Layers<'a>,
    pub(crate) matched: Vec<Matched<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_account: Option<&'a str>,
    pub(crate) resource_account_from: &'a str,
}

/// Layer and outcome, as an object in the layers' order.
#[derive(Debug)]
pub(crate) struct Layers<'a>(pub(crate) &'a [(&'static str, &'static str)]);

impl Serialize for Layers<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(layer, outcome)| (layer, outcome)))
    }
}

/// A statement that matched.
#[derive(Debug, Serialize)]
pub(crate) struct Matched<'a> {
    pub(crate) policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<&'a str>,
    pub(crate) effect: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u64>,
}

impl<'a> From<&'a portcullis::scenario::Matched> for Matched<'a> {
    fn from(from: &'a portcullis::scenario::Matched) -> Self {
        Matched {
            policy: &from.policy,
            statement: from.statement,
            sid: from.sid.as_deref(),
            effect: from.effect,
            file: from.file.as_deref(),
            line: from.line,
            column: from.column,
        }
    }
}
