//! The JSON that the command line prints: mirrors of the library's types, so that a shape changes on purpose only.
//! `docs/formats.md` describes them.

mod answer;

pub(crate) use answer::{Actual, Answer, Explanation, FailedCondition, Matched, NearMiss, Needs, Part, RefusingLevel, Variable};

use portcullis::diag::{self, FileId, MachineDiagnostic, MachineLabel, Sources, machine};
use portcullis::runtime::format::cold;
use portcullis::syntax::pointers_at;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
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
    fragment_bytes: u64,
    unshared_fragment_bytes: u64,
}

impl Summary {
    /// How many times more the indexed documents would take if nothing were shared.
    pub(crate) fn sharing(&self) -> f64 {
        if self.fragment_bytes == 0 { 1.0 } else { self.unshared_fragment_bytes as f64 / self.fragment_bytes as f64 }
    }

    /// The counts with their names for people.
    pub(crate) fn rows(&self) -> [(&'static str, u64); 12] {
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
            ("indexed bytes", self.fragment_bytes),
            ("  if unshared", self.unshared_fragment_bytes),
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
            fragment_bytes: from.fragment_bytes,
            unshared_fragment_bytes: from.unshared_fragment_bytes,
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

/// `bench --format json`.
#[derive(Debug, Serialize)]
pub(crate) struct Bench {
    pub(crate) schema_version: u32,
    /// Requests that are timed.
    pub(crate) requests: u64,
    pub(crate) refused: u64,
    /// By code.
    pub(crate) refusals: BTreeMap<String, Refusals>,
    /// `by_name` or `handles`.
    pub(crate) principals: &'static str,
    /// Time of each measurement.
    pub(crate) seconds: f64,
    pub(crate) ns_per_decision: f64,
    pub(crate) ns_per_decision_least: f64,
    pub(crate) ns_per_decision_most: f64,
    pub(crate) samples: usize,
    pub(crate) clock_ns: u64,
    pub(crate) p50_ns: u64,
    pub(crate) p90_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) p99_9_ns: u64,
    pub(crate) max_ns: u64,
    pub(crate) latency: Vec<LatencyClass>,
    /// By number of threads.
    pub(crate) decisions_per_second: BTreeMap<usize, f64>,
    /// Nothing where they cannot be counted.
    pub(crate) instructions_per_decision: Option<f64>,
    pub(crate) bundle_bytes: u64,
    /// Without the sections that only explanations and summaries need.
    pub(crate) hot_bytes: u64,
    pub(crate) statements: u64,
    /// Nothing for a bundle without statements.
    pub(crate) bytes_per_statement: Option<f64>,
    pub(crate) hot_bytes_per_statement: Option<f64>,
}

/// Lines that `bench` could not use, for one reason.
#[derive(Debug, Serialize)]
pub(crate) struct Refusals {
    pub(crate) lines: u64,
    pub(crate) first_line: u64,
}

/// Decisions that took at least `from_ns` and less than `to_ns`.
#[derive(Debug, Serialize)]
pub(crate) struct LatencyClass {
    pub(crate) from_ns: u64,
    pub(crate) to_ns: u64,
    pub(crate) decisions: u64,
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
