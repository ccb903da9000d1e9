//! The two evaluators of this project as engines.

use super::harness::{Detail, Engine, WorldInput};
use super::types::{Answer, Explained, Matched, Refusal};
use crate::compile::{CompileOptions, compile};
use crate::validate::ReferenceWorld;
use portcullis_reference as reference;
use portcullis_runtime::json::JsonRequest;
use portcullis_runtime::{Bundle, Decision, Explainer, Explanation, Layer, Request};

/// The compiled way: compile, encode, verify, decide from the bundle.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compiled;

/// A bundle with what explains its decisions.
#[derive(Debug)]
pub struct Opened {
    bundle: Bundle,
    explainer: Explainer,
}

impl Opened {
    /// Reads the places of a bundle's statements.
    ///
    /// # Errors
    /// `invalid-bundle` if they cannot be read.
    pub fn new(bundle: Bundle) -> Result<Self, Refusal> {
        let explainer = bundle.explainer().map_err(|error| refusal(error.code(), &error))?;
        Ok(Opened { bundle, explainer })
    }
}

impl Engine for Compiled {
    type Prepared = Opened;

    fn prepare(&self, input: &WorldInput<'_>) -> Result<Opened, Refusal> {
        let compiled = compile(input.world, &CompileOptions::default()).map_err(|error| refusal(error.code(), &error))?;
        Opened::new(Bundle::from_bytes(compiled.bytes).map_err(|error| refusal(error.code(), &error))?)
    }

    fn decide(&self, prepared: &Opened, request: &str, detail: Detail) -> Result<Answer, Refusal> {
        let read = JsonRequest::parse(request).map_err(|error| refusal(error.code(), &error))?;
        let principal = read.resolve(&prepared.bundle).map_err(|error| refusal(error.code(), &error))?;
        let mut evaluator = prepared.bundle.evaluator();
        let decide = |request: &Request<'_>| match detail {
            Detail::Decision => evaluator.decide(&principal, request).map(|decision| answer(&decision, None)),
            Detail::Explained => {
                let explanation = evaluator.explain(&prepared.explainer, &principal, request)?;
                Ok(answer(&explanation.decision, Some(explained(&explanation))))
            }
        };
        let answered = read.with_request(decide).map_err(|error| refusal(error.code(), &error))?;
        answered.map_err(|error| refusal(error.code(), &error))
    }
}

fn refusal(code: &str, message: &impl ToString) -> Refusal {
    Refusal { code: code.to_owned(), message: message.to_string() }
}

fn answer(decision: &Decision, explanation: Option<Explained>) -> Answer {
    Answer { decision: decision.effect().as_str(), reason: decision.reason().as_str(), layer: decision.layer().as_str(), explanation }
}

/// Layers in the order of the formats document.
const LAYERS: [Layer; 7] = [Layer::Scp, Layer::Rcp, Layer::Resource, Layer::Identity, Layer::Boundary, Layer::Session, Layer::Endpoint];

fn explained(from: &Explanation) -> Explained {
    Explained {
        layers: LAYERS.map(|layer| (layer.as_str(), from.layers.get(layer).as_str())).into(),
        matched: from
            .matched
            .iter()
            .map(|entry| Matched {
                policy: entry.policy.clone(),
                statement: Some(u64::from(entry.statement)),
                sid: entry.sid.clone(),
                effect: entry.effect.as_str(),
                file: Some(entry.file.clone()),
                line: Some(u64::from(entry.line)),
                column: Some(u64::from(entry.column)),
            })
            .collect(),
        resource_account: from.resource_account.clone(),
        resource_account_from: from.resource_account_from.as_str(),
    }
}

/// The naive way: [`ReferenceWorld`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Reference;

impl Engine for Reference {
    type Prepared = ReferenceWorld;

    fn prepare(&self, input: &WorldInput<'_>) -> Result<ReferenceWorld, Refusal> {
        ReferenceWorld::new(input.world).map_err(|error| refusal(error.code(), &error))
    }

    fn decide(&self, prepared: &ReferenceWorld, request: &str, detail: Detail) -> Result<Answer, Refusal> {
        let decision = prepared.decide(request).map_err(|error| refusal(error.code(), &error))?;
        Ok(Answer {
            decision: decision.decision.as_str(),
            reason: decision.reason.as_str(),
            layer: decision.layer.as_str(),
            explanation: (detail == Detail::Explained).then(|| explained_by_reference(prepared, decision)),
        })
    }
}

fn explained_by_reference(world: &ReferenceWorld, from: reference::Decision) -> Explained {
    let layers = &from.layers;
    Explained {
        layers: vec![
            ("scp", layers.scp.as_str()),
            ("rcp", layers.rcp.as_str()),
            ("resource", layers.resource.as_str()),
            ("identity", layers.identity.as_str()),
            ("boundary", layers.boundary.as_str()),
            ("session", layers.session.as_str()),
            ("endpoint", layers.endpoint.as_str()),
        ],
        matched: from
            .matched
            .into_iter()
            .map(|entry| {
                let place = entry.statement.and_then(|statement| world.statement_place(&entry.policy, statement));
                Matched {
                    file: place.map(|place| place.file.clone()),
                    line: place.map(|place| u64::from(place.line)),
                    column: place.map(|place| u64::from(place.column)),
                    policy: entry.policy,
                    statement: entry.statement.map(|index| index as u64),
                    sid: entry.sid,
                    effect: entry.effect.as_str(),
                }
            })
            .collect(),
        resource_account: from.resource_account,
        resource_account_from: from.resource_account_from.as_str(),
    }
}
