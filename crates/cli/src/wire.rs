//! The JSON that the command line prints: mirrors of the library's types, so that a shape changes on purpose only.
//! `docs/formats.md` describes them.

use portcullis::diag::{self, FileId, MachineDiagnostic, MachineLabel, Sources, machine};
use portcullis::runtime::format::cold;
use portcullis::runtime::{self, Decision, FailedPart, Layer, Outcome, Rule};
use portcullis::scenario;
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

/// A decision, with what else was asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    pub(crate) decision: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) layer: &'static str,
    #[serde(flatten)]
    pub(crate) explanation: Option<Explanation<'a>>,
    /// `--missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missing: Option<&'a [String]>,
}

impl<'a> Answer<'a> {
    /// A decision alone.
    pub(crate) fn new(decision: &Decision) -> Self {
        Answer {
            decision: decision.effect().as_str(),
            reason: decision.reason().as_str(),
            layer: decision.layer().as_str(),
            explanation: None,
            missing: None,
        }
    }
}

impl<'a> From<&'a runtime::Explanation> for Answer<'a> {
    fn from(from: &'a runtime::Explanation) -> Self {
        let explanation = Explanation {
            layers: Layers(LAYERS.map(|layer| (layer.as_str(), from.layers.get(layer).as_str())).into()),
            matched: from.matched.iter().map(Matched::from).collect(),
            rule: from.rule,
            refusing_levels: from.refusing_levels.iter().map(RefusingLevel::from).collect(),
            near_misses: from.near_misses.iter().map(NearMiss::from).collect(),
            near_misses_left_out: from.near_misses_left_out,
            tells_near_misses: true,
            resource_account: from.resource_account.as_deref(),
            resource_account_from: from.resource_account_from.as_str(),
        };
        Answer { explanation: Some(explanation), ..Answer::new(&from.decision) }
    }
}

/// What an engine of the library answers; those give no near misses.
impl<'a> From<&'a scenario::Answer> for Answer<'a> {
    fn from(from: &'a scenario::Answer) -> Self {
        let explanation = from.explanation.as_ref().map(|explained| Explanation {
            layers: Layers(explained.layers.clone()),
            matched: explained.matched.iter().map(Matched::from).collect(),
            rule: None,
            refusing_levels: Vec::new(),
            near_misses: Vec::new(),
            near_misses_left_out: 0,
            tells_near_misses: false,
            resource_account: explained.resource_account.as_deref(),
            resource_account_from: explained.resource_account_from,
        });
        Answer { decision: from.decision, reason: from.reason, layer: from.layer, explanation, missing: None }
    }
}

/// `--needs`.
#[derive(Debug, Serialize)]
pub(crate) struct Needs<'a> {
    pub(crate) needs: &'a [String],
}

/// `--explain`.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation<'a> {
    pub(crate) layers: Layers,
    pub(crate) matched: Vec<Matched<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rule_name")]
    pub(crate) rule: Option<Rule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) refusing_levels: Vec<RefusingLevel<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) near_misses: Vec<NearMiss<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) near_misses_left_out: usize,
    /// Whether the evaluator tells rules, levels and near misses at all.
    #[serde(skip)]
    pub(crate) tells_near_misses: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_account: Option<&'a str>,
    pub(crate) resource_account_from: &'static str,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn rule_name<S: serde::Serializer>(rule: &Option<Rule>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.map_or("", Rule::as_str))
}

/// A level of the organization that does not allow.
#[derive(Debug, Serialize)]
pub(crate) struct RefusingLevel<'a> {
    pub(crate) node: &'static str,
    pub(crate) id: &'a str,
    pub(crate) policies: u32,
}

impl<'a> From<&'a runtime::RefusingLevel> for RefusingLevel<'a> {
    fn from(from: &'a runtime::RefusingLevel) -> Self {
        RefusingLevel { node: from.node.as_str(), id: &from.id, policies: from.policies }
    }
}

/// The order of layers in a record.
const LAYERS: [Layer; 7] = [Layer::Scp, Layer::Rcp, Layer::Resource, Layer::Identity, Layer::Boundary, Layer::Session, Layer::Endpoint];

/// Layer and outcome, as an object in the layers' order.
#[derive(Debug)]
pub(crate) struct Layers(Vec<(&'static str, &'static str)>);

impl Layers {
    /// The outcome of a layer.
    pub(crate) fn get(&self, layer: Layer) -> &'static str {
        self.0.iter().find(|(name, _)| *name == layer.as_str()).map_or(Outcome::None.as_str(), |(_, outcome)| *outcome)
    }
}

impl Serialize for Layers {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(layer, outcome)| (layer, outcome)))
    }
}

/// A statement at its place.
#[derive(Debug, Serialize)]
pub(crate) struct Matched<'a> {
    pub(crate) policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<&'a str>,
    pub(crate) effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u64>,
}

impl<'a> From<&'a scenario::Matched> for Matched<'a> {
    fn from(from: &'a scenario::Matched) -> Self {
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

impl<'a> From<&'a runtime::Matched> for Matched<'a> {
    fn from(from: &'a runtime::Matched) -> Self {
        let text = from.text.as_ref();
        Matched {
            policy: &from.policy,
            statement: from.statement.map(u64::from),
            sid: from.sid.as_deref(),
            effect: from.effect.as_str(),
            file: text.map(|text| text.file.as_str()),
            line: text.map(|text| u64::from(text.line)),
            column: text.map(|text| u64::from(text.column)),
        }
    }
}

/// A statement that would have allowed but for one part.
#[derive(Debug, Serialize)]
pub(crate) struct NearMiss<'a> {
    #[serde(flatten)]
    pub(crate) statement: Matched<'a>,
    pub(crate) part: Part,
    /// Of a resource element.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) variables: Vec<Variable<'a>>,
    /// The first condition that is false.
    #[serde(flatten)]
    pub(crate) condition: Option<FailedCondition<'a>>,
    /// The others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<FailedCondition<'a>>,
}

/// The part of a statement that is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    Condition,
    Resource,
    NotResource,
    Action,
    NotAction,
    Principal,
    NotPrincipal,
}

/// A condition that is false.
#[derive(Debug, Serialize)]
pub(crate) struct FailedCondition<'a> {
    pub(crate) operator: &'a str,
    pub(crate) key: &'a str,
    pub(crate) values: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) variables: Vec<Variable<'a>>,
    pub(crate) actual: Actual<'a>,
}

/// A policy variable; null for one that was unresolved.
#[derive(Debug, Serialize)]
pub(crate) struct Variable<'a> {
    pub(crate) variable: &'a str,
    pub(crate) value: Option<&'a str>,
}

/// What the request or the world gives for a key: null, a string or an array.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Actual<'a> {
    Missing,
    One(&'a str),
    Many(&'a [String]),
}

impl<'a> From<&'a runtime::NearMiss> for NearMiss<'a> {
    fn from(from: &'a runtime::NearMiss) -> Self {
        let (part, of_resource, conditions) = match &from.failed {
            FailedPart::Principal { negated } => (if *negated { Part::NotPrincipal } else { Part::Principal }, &[][..], &[][..]),
            FailedPart::Action { negated } => (if *negated { Part::NotAction } else { Part::Action }, &[][..], &[][..]),
            FailedPart::Resource { negated, variables } => {
                (if *negated { Part::NotResource } else { Part::Resource }, variables.as_slice(), &[][..])
            }
            FailedPart::Conditions(conditions) => (Part::Condition, &[][..], conditions.as_slice()),
        };
        let mut conditions = conditions.iter().map(FailedCondition::from);
        NearMiss {
            statement: Matched::from(&from.statement),
            part,
            variables: of_resource.iter().map(Variable::from).collect(),
            condition: conditions.next(),
            also: conditions.collect(),
        }
    }
}

impl<'a> From<&'a runtime::FailedCondition> for FailedCondition<'a> {
    fn from(from: &'a runtime::FailedCondition) -> Self {
        FailedCondition {
            operator: &from.operator,
            key: &from.key,
            values: &from.values,
            variables: from.variables.iter().map(Variable::from).collect(),
            actual: match &from.actual {
                runtime::Actual::Missing => Actual::Missing,
                runtime::Actual::One(text) => Actual::One(text),
                runtime::Actual::Many(texts) => Actual::Many(texts),
            },
        }
    }
}

impl<'a> From<&'a runtime::Variable> for Variable<'a> {
    fn from(from: &'a runtime::Variable) -> Self {
        Variable { variable: &from.text, value: from.value.as_deref() }
    }
}
