//! The two sides: a bundle, opened from its bytes, and the reference, over one world.

use crate::json::Json;
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, Decision, Evaluator, Explainer, Explanation, Layer};
use portcullis::validate::ReferenceWorld;
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, Stage, compile, debug};
use std::path::Path;

/// A world as both sides have it.
pub struct Engines {
    bundle: Bundle,
    explainer: Explainer,
    reference: ReferenceWorld,
    resource_first: bool,
}

/// Worlds of fewer bytes hold no document that is wide enough for an index by resource first.
const WIDE_BYTES: usize = 40_000;

/// What the sides said to a request.
#[derive(Debug)]
pub enum Comparison {
    /// The same decision.
    Same {
        /// Its reason.
        reason: &'static str,
        /// Its layer.
        layer: &'static str,
    },
    /// The same refusal.
    Refused {
        /// Its code.
        code: String,
    },
    /// Something else.
    Differ {
        /// Both decisions or codes: what a smaller case must keep.
        kind: String,
        /// Both answers, for people.
        difference: String,
        /// The reference's answer as a scenario expects it.
        reference: Json,
    },
}

/// An answer in the words of the formats document; with an explanation, all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    decision: &'static str,
    reason: &'static str,
    layer: &'static str,
    explanation: Option<Explained>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Explained {
    layers: Vec<(&'static str, &'static str)>,
    matched: Vec<(String, Option<usize>, Option<String>, &'static str)>,
    owner: Option<String>,
    owner_from: &'static str,
}

impl Engines {
    /// Reads and compiles a world and opens its bytes.
    ///
    /// # Errors
    /// The code and message of the refusal, whichever side gave it.
    pub fn new(text: &str) -> Result<Engines, String> {
        let refused = |error: &dyn std::fmt::Display, code: &str| format!("{code}: {error}");
        let (world, _) = read_world_text("world.json", text, Path::new(""), &MemoryFiles::new(), &WorldOptions::default())
            .map_err(|error| refused(&error, error.first_code().as_str()))?;
        let compiled = compile(&world, &CompileOptions::default()).map_err(|error| refused(&error, error.code()))?;
        let bundle = Bundle::from_bytes(compiled.bytes).map_err(|error| refused(&error, error.code()))?;
        let explainer = bundle.explainer().map_err(|error| refused(&error, error.code()))?;
        let reference = ReferenceWorld::new(&world).map_err(|error| refused(&error, error.code()))?;
        let index = if text.len() > WIDE_BYTES { debug(&world, Stage::Trie).unwrap_or_default() } else { String::new() };
        Ok(Engines { bundle, explainer, reference, resource_first: index.contains("any action: cell") })
    }

    /// Whether some document is indexed by resource first, as those are whose index by action would copy too much.
    pub fn resource_first(&self) -> bool {
        self.resource_first
    }

    /// Both sides ready to decide. The evaluator is kept from request to request, as an authorizer keeps it, so that what one leaves behind can harm the next.
    pub fn pair(&self) -> Pair<'_> {
        Pair { engines: self, evaluator: self.bundle.evaluator() }
    }
}

/// Both sides, deciding.
pub struct Pair<'e> {
    engines: &'e Engines,
    evaluator: Evaluator<'e>,
}

impl Pair<'_> {
    /// Decides a request on both sides, with the whole explanation if asked for.
    pub fn compare(&mut self, request: &str, explain: bool) -> Comparison {
        let compiled = self.compiled(request, explain);
        let reference = self.reference(request, explain);
        match (&compiled, &reference) {
            (Ok(one), Ok(other)) if one == other => Comparison::Same { reason: one.reason, layer: one.layer },
            (Err(one), Err(other)) if one == other => Comparison::Refused { code: one.clone() },
            _ => {
                let kind = kind(&compiled, &reference);
                let difference = kind.clone() + &difference(&compiled, &reference);
                Comparison::Differ { kind, difference, reference: expectation(&reference) }
            }
        }
    }

    fn compiled(&mut self, request: &str, explain: bool) -> Result<Answer, String> {
        let read = JsonRequest::parse(request).map_err(|error| error.code().to_owned())?;
        let principal = read.resolve(&self.engines.bundle).map_err(|error| error.code().to_owned())?;
        let evaluator = &mut self.evaluator;
        let explainer = &self.engines.explainer;
        let answered = read.with_request(|request| {
            let indexed = evaluator.decide(&principal, request).map_err(|error| error.code().to_owned())?;
            let plain = evaluator.decide_unindexed(&principal, request).map_err(|error| format!("{} without the index", error.code()))?;
            if indexed != plain {
                return Err(format!("{} with the index, {} without it", words(&indexed), words(&plain)));
            }
            if !explain {
                return Ok(answer(&indexed, None));
            }
            let explanation = evaluator.explain(explainer, &principal, request).map_err(|error| format!("{} explained", error.code()))?;
            if explanation.decision != indexed {
                return Err(format!("{} decided, {} explained", words(&indexed), words(&explanation.decision)));
            }
            Ok(answer(&indexed, Some(explained(explanation))))
        });
        answered.map_err(|error| error.code().to_owned())?
    }

    fn reference(&self, request: &str, explain: bool) -> Result<Answer, String> {
        let decision = self.engines.reference.decide_alone(request).map_err(|error| error.code().to_owned())?;
        let layers = [
            ("rcp", decision.layers.rcp),
            ("scp", decision.layers.scp),
            ("endpoint", decision.layers.endpoint),
            ("resource", decision.layers.resource),
            ("identity", decision.layers.identity),
            ("boundary", decision.layers.boundary),
            ("session", decision.layers.session),
        ];
        let explanation = explain.then(|| Explained {
            layers: layers.map(|(layer, outcome)| (layer, outcome.as_str())).into(),
            matched: decision.matched.iter().map(|one| (one.policy.clone(), one.statement, one.sid.clone(), one.effect.as_str())).collect(),
            owner: decision.resource_account.clone(),
            owner_from: decision.resource_account_from.as_str(),
        });
        let (reason, layer) = (decision.reason.as_str(), decision.layer.as_str());
        Ok(Answer { decision: decision.decision.as_str(), reason, layer, explanation })
    }
}

fn words(decision: &Decision) -> String {
    format!("{} at {}", decision.reason(), decision.layer())
}

fn answer(decision: &Decision, explanation: Option<Explained>) -> Answer {
    let (reason, layer) = (decision.reason().as_str(), decision.layer().as_str());
    Answer { decision: decision.effect().as_str(), reason, layer, explanation }
}

fn explained(explanation: Explanation) -> Explained {
    Explained {
        layers: Layer::ALL.iter().map(|layer| (layer.as_str(), explanation.layers.get(*layer).as_str())).collect(),
        matched: explanation
            .matched
            .into_iter()
            .map(|one| (one.policy, usize::try_from(one.statement).ok(), one.sid, one.effect.as_str()))
            .collect(),
        owner: explanation.resource_account,
        owner_from: explanation.resource_account_from.as_str(),
    }
}

/// Both answers without explanations.
fn kind(compiled: &Result<Answer, String>, reference: &Result<Answer, String>) -> String {
    let short = |answer: &Result<Answer, String>| match answer {
        Ok(answer) => format!("{} at {}", answer.reason, answer.layer),
        Err(code) => code.clone(),
    };
    format!("compiled says {}, reference {}", short(compiled), short(reference))
}

/// Of two explanations the parts that differ.
fn difference(compiled: &Result<Answer, String>, reference: &Result<Answer, String>) -> String {
    let mut text = String::new();
    let explanations = |answer: &Result<Answer, String>| answer.as_ref().ok().and_then(|answer| answer.explanation.clone());
    if let (Some(one), Some(other)) = (explanations(compiled), explanations(reference)) {
        if one.layers != other.layers {
            text += &format!("; layers {:?} and {:?}", one.layers, other.layers);
        }
        if one.matched != other.matched {
            text += &format!("; matched {:?} and {:?}", one.matched, other.matched);
        }
        if (&one.owner, one.owner_from) != (&other.owner, other.owner_from) {
            text += &format!("; owner {:?} from {} and {:?} from {}", one.owner, one.owner_from, other.owner, other.owner_from);
        }
    }
    text
}

/// What a scenario expects where the reference is right.
fn expectation(reference: &Result<Answer, String>) -> Json {
    match reference {
        Err(code) => Json::object().with("error", Json::text(code)),
        Ok(answer) => {
            let json = Json::object()
                .with("decision", Json::text(answer.decision))
                .with("reason", Json::text(answer.reason))
                .with("layer", Json::text(answer.layer));
            let Some(explanation) = &answer.explanation else { return json };
            let layers = explanation.layers.iter().map(|(layer, outcome)| ((*layer).to_owned(), Json::text(*outcome))).collect();
            json.with("layers", Json::Object(layers))
        }
    }
}
