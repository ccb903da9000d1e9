//! The two sides: a bundle, opened from its bytes, and the reference, over one world.

use crate::json::Json;
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, Decision, Evaluator, Explainer, Explanation, Layer, Principal};
use portcullis::session::SessionResolver;
use portcullis::validate::ReferenceWorld;
use portcullis::world::{MemoryFiles, WorldOptions, read_world_text};
use portcullis::{CompileOptions, Stage, compile, debug};
use std::path::Path;

/// A world as both sides have it.
pub struct Engines {
    bundle: Bundle,
    explainer: Explainer,
    reference: ReferenceWorld,
    sessions: SessionResolver,
    resource_first: bool,
}

/// Worlds of fewer bytes hold no document that is wide enough for an index by resource first.
const WIDE_BYTES: usize = 40_000;

/// What the sides said to a request.
#[derive(Debug)]
pub enum Comparison {
    /// The same decision.
    Same(Answer),
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
pub struct Answer {
    decision: &'static str,
    /// The reason.
    pub reason: &'static str,
    /// The layer that decided.
    pub layer: &'static str,
    /// Only where it was asked for.
    pub explanation: Option<Explained>,
}

/// What an explanation adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Each layer with its own outcome.
    pub layers: Vec<(&'static str, &'static str)>,
    /// The statements and grants that matched.
    pub matched: Vec<Matched>,
    /// The owner that was used.
    pub owner: Option<String>,
    /// Where the owner came from.
    pub owner_from: &'static str,
}

/// A statement or a grant that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Its place (S-729).
    pub policy: String,
    /// Its index in the document; a grant of an ACL has none.
    pub statement: Option<usize>,
    sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
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
        let sessions = SessionResolver::new(bundle.clone());
        Ok(Engines { bundle, explainer, reference, sessions, resource_first: index.contains("any action: cell") })
    }

    /// Whether some document is indexed by resource first, as those are whose index by action would copy too much.
    pub fn resource_first(&self) -> bool {
        self.resource_first
    }

    /// The caller of a request, limited by its session.
    fn principal(&self, request: &JsonRequest<'_>) -> Result<Principal, String> {
        request.resolve_with(&self.bundle, |session| self.sessions.resolve(session)).map_err(|error| error.code().to_owned())
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
            (Ok(one), Ok(other)) if one == other => {}
            (Err(one), Err(other)) if one == other => {}
            _ => {
                let kind = kind(&compiled, &reference);
                let parts = differences(&compiled, &reference);
                let difference = parts.iter().fold(kind.clone(), |text, (_, part)| text + "; " + part);
                let whole =
                    matches!((&compiled, &reference), (Ok(one), Ok(other)) if (one.reason, one.layer) == (other.reason, other.layer));
                return Comparison::Differ { kind, difference, reference: expectation(&reference, whole) };
            }
        }
        match reference {
            Ok(answer) => Comparison::Same(answer),
            Err(code) => Comparison::Refused { code },
        }
    }

    fn compiled(&mut self, request: &str, explain: bool) -> Result<Answer, String> {
        let read = JsonRequest::parse(request).map_err(|error| error.code().to_owned())?;
        let principal = self.engines.principal(&read)?;
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

    /// The bundle's whole explanation.
    ///
    /// # Errors
    /// The code of the refusal.
    pub fn explanation(&mut self, request: &str) -> Result<Explanation, String> {
        let read = JsonRequest::parse(request).map_err(|error| error.code().to_owned())?;
        let principal = self.engines.principal(&read)?;
        let (evaluator, explainer) = (&mut self.evaluator, &self.engines.explainer);
        let explained = read.with_request(|request| evaluator.explain(explainer, &principal, request));
        explained.map_err(|error| error.code().to_owned())?.map_err(|error| error.code().to_owned())
    }

    /// The reference's answer, with the whole explanation if asked for.
    ///
    /// # Errors
    /// The code of the refusal.
    pub fn reference(&self, request: &str, explain: bool) -> Result<Answer, String> {
        let decision = self.engines.reference.decide_alone(request).map_err(|error| error.code().to_owned())?;
        Ok(answer_of_reference(&decision, explain))
    }
}

/// The reference's decision as an answer.
pub(super) fn answer_of_reference(from: &portcullis_reference::Decision, explain: bool) -> Answer {
    let layers = [
        ("rcp", from.layers.rcp),
        ("scp", from.layers.scp),
        ("endpoint", from.layers.endpoint),
        ("resource", from.layers.resource),
        ("identity", from.layers.identity),
        ("boundary", from.layers.boundary),
        ("session", from.layers.session),
    ];
    let matched = |one: &portcullis_reference::Matched| Matched {
        policy: one.policy.clone(),
        statement: one.statement,
        sid: one.sid.clone(),
        effect: one.effect.as_str(),
    };
    let explanation = explain.then(|| Explained {
        layers: layers.map(|(layer, outcome)| (layer, outcome.as_str())).into(),
        matched: from.matched.iter().map(matched).collect(),
        owner: from.resource_account.clone(),
        owner_from: from.resource_account_from.as_str(),
    });
    Answer { decision: from.decision.as_str(), reason: from.reason.as_str(), layer: from.layer.as_str(), explanation }
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
            .map(|one| Matched {
                policy: one.policy,
                statement: one.statement.map(|index| index as usize),
                sid: one.sid,
                effect: one.effect.as_str(),
            })
            .collect(),
        owner: explanation.resource_account,
        owner_from: explanation.resource_account_from.as_str(),
    }
}

/// Both answers without explanations, and what of the explanations differs.
fn kind(compiled: &Result<Answer, String>, reference: &Result<Answer, String>) -> String {
    let short = |answer: &Result<Answer, String>| match answer {
        Ok(answer) => format!("{} at {}", answer.reason, answer.layer),
        Err(code) => code.clone(),
    };
    let parts: Vec<&str> = differences(compiled, reference).into_iter().map(|(part, _)| part).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(", with other {}", parts.join(", ")) };
    format!("compiled says {}, reference {}{parts}", short(compiled), short(reference))
}

/// Of two explanations the parts that differ, each with what both say.
fn differences(compiled: &Result<Answer, String>, reference: &Result<Answer, String>) -> Vec<(&'static str, String)> {
    let explanation = |answer: &Result<Answer, String>| answer.as_ref().ok().and_then(|answer| answer.explanation.clone());
    let (Some(one), Some(other)) = (explanation(compiled), explanation(reference)) else { return Vec::new() };
    let mut parts = Vec::new();
    if one.layers != other.layers {
        parts.push(("layers", format!("layers {:?} and {:?}", one.layers, other.layers)));
    }
    if one.matched != other.matched {
        parts.push(("matched", format!("matched {:?} and {:?}", one.matched, other.matched)));
    }
    if (&one.owner, one.owner_from) != (&other.owner, other.owner_from) {
        parts.push(("owner", format!("owner {:?} from {} and {:?} from {}", one.owner, one.owner_from, other.owner, other.owner_from)));
    }
    parts
}

/// What a scenario expects where the reference is right: of the explanation the layers, and all of it where the decisions are equal.
fn expectation(reference: &Result<Answer, String>, whole: bool) -> Json {
    let answer = match reference {
        Err(code) => return Json::object().with("error", Json::text(code)),
        Ok(answer) => answer,
    };
    let json = Json::object()
        .with("decision", Json::text(answer.decision))
        .with("reason", Json::text(answer.reason))
        .with("layer", Json::text(answer.layer));
    let Some(explanation) = &answer.explanation else { return json };
    let layers = explanation.layers.iter().map(|(layer, outcome)| ((*layer).to_owned(), Json::text(*outcome))).collect();
    let json = json.with("layers", Json::Object(layers));
    if !whole {
        return json;
    }
    let matched = explanation.matched.iter().map(|one| {
        let json = Json::object().with("policy", Json::text(&one.policy));
        let json = json.with_some("statement", one.statement.map(|index| Json::Number(index.to_string())));
        json.with_some("sid", one.sid.as_ref().map(Json::text)).with("effect", Json::text(one.effect))
    });
    json.with("matched", Json::List(matched.collect()))
        .with_some("resource_account", explanation.owner.as_ref().map(Json::text))
        .with("resource_account_from", Json::text(explanation.owner_from))
}
