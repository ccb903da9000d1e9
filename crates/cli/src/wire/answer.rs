//! The record of a decision, with its explanation (`docs/formats.md`, Decision).
//!
//! In: what an evaluator answers. Out: what is printed, as JSON or, by `explain`, for people.

use portcullis::runtime::{self, Decision, FailedPart, Layer, Outcome, Rule};
use portcullis::scenario;
use serde::Serialize;

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
            file: text.and_then(|text| text.file.as_deref()),
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
