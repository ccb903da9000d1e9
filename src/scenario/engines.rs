//! The two evaluators of this project as engines.

use super::harness::{Detail, Engine, WorldInput};
use super::types::{Answer, Explained, Matched, Refusal};
use crate::compile::{CompileOptions, compile};
use crate::session::SessionResolver;
use crate::validate::{Placed, ReferenceWorld};
use portcullis_runtime::json::JsonRequest;
use portcullis_runtime::{Bundle, Decision, Explainer, Explanation, Layer, Request};

/// The compiled way: compile, encode, verify, decide from the bundle.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compiled;

/// A bundle with what explains its decisions, and what finds the documents of sessions.
#[derive(Debug)]
pub struct Opened {
    bundle: Bundle,
    explainer: Explainer,
    sessions: SessionResolver,
}

impl Opened {
    /// Reads the places of a bundle's statements.
    ///
    /// # Errors
    /// `invalid-bundle` if they cannot be read.
    pub fn new(bundle: Bundle) -> Result<Self, Refusal> {
        let explainer = bundle.explainer().map_err(|error| refusal(error.code(), &error))?;
        let sessions = SessionResolver::new(bundle.clone());
        Ok(Opened { bundle, explainer, sessions })
    }

    /// Finds the documents of sessions with the resolver that the function makes of the plain one: it knows the bundle, and no files yet.
    #[must_use]
    pub fn sessions(self, with: impl FnOnce(SessionResolver) -> SessionResolver) -> Self {
        Opened { sessions: with(self.sessions), ..self }
    }
}

impl Engine for Compiled {
    type Prepared = Opened;

    fn prepare(&self, input: &WorldInput<'_>) -> Result<Opened, Refusal> {
        let compiled = compile(input.world, &CompileOptions::default()).map_err(|error| refusal(error.code(), &error))?;
        let opened = Opened::new(Bundle::from_bytes(compiled.bytes).map_err(|error| refusal(error.code(), &error))?)?;
        Ok(opened.sessions(|resolver| of_folder(resolver, input)))
    }

    fn decide(&self, prepared: &Opened, request: &str, detail: Detail) -> Result<Answer, Refusal> {
        let read = JsonRequest::parse(request).map_err(|error| refusal(error.code(), &error))?;
        let principal = read.resolve_with(&prepared.bundle, |session| prepared.sessions.resolve(session));
        let principal = principal.map_err(|error| refusal(error.code(), &error))?;
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

/// Sessions of a scenario name files as its world does.
fn of_folder(resolver: SessionResolver, input: &WorldInput<'_>) -> SessionResolver {
    let resolver = resolver.folder(input.folder);
    match &input.world.aws_managed {
        Some(name) => resolver.aws_managed(input.folder, name),
        None => resolver,
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
                statement: entry.statement.map(u64::from),
                sid: entry.sid.clone(),
                effect: entry.effect.as_str(),
                file: entry.text.as_ref().and_then(|text| text.file.clone()),
                line: entry.text.as_ref().map(|text| u64::from(text.line)),
                column: entry.text.as_ref().map(|text| u64::from(text.column)),
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
        let world = ReferenceWorld::new(input.world).map_err(|error| refusal(error.code(), &error))?;
        Ok(world.sessions(|resolver| of_folder(resolver, input)))
    }

    fn decide(&self, prepared: &ReferenceWorld, request: &str, detail: Detail) -> Result<Answer, Refusal> {
        let placed = prepared.decide_placed(request).map_err(|error| refusal(error.code(), &error))?;
        Ok(Answer {
            decision: placed.decision.decision.as_str(),
            reason: placed.decision.reason.as_str(),
            layer: placed.decision.layer.as_str(),
            explanation: (detail == Detail::Explained).then(|| explained_by_reference(placed)),
        })
    }
}

fn explained_by_reference(placed: Placed) -> Explained {
    let from = placed.decision;
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
            .zip(placed.places)
            .map(|(entry, place)| Matched {
                file: place.as_ref().and_then(|place| place.file.clone()),
                line: place.as_ref().map(|place| u64::from(place.line)),
                column: place.as_ref().map(|place| u64::from(place.column)),
                policy: entry.policy,
                statement: entry.statement.map(|index| index as u64),
                sid: entry.sid,
                effect: entry.effect.as_str(),
            })
            .collect(),
        resource_account: from.resource_account,
        resource_account_from: from.resource_account_from.as_str(),
    }
}
