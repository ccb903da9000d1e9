//! Answering one request line: from a bundle, or by the reference.
//!
//! A line becomes a record in the output, whatever it holds: an answer, or an error. From a bundle the way is short: the line is read in place, and its caller, limited by its
//! session if it has one, is looked up among those resolved before; only a caller or session that was not seen before costs more. A decision that is not explained is put
//! together from names that do not change.

use crate::cache::{Cache, Limits};
use crate::explain;
use crate::failure::Failure;
use crate::wire;
use portcullis::diag::plain;
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{
    Bundle, Caller, Decision, DerivedKeys, EvalError, Evaluator, Explainer, Explanation, Overlay, Principal, Request, RequestError, limits,
};
use portcullis::scenario::{self, Detail, Engine, Refusal};
use portcullis::session::{SessionError, SessionResolver};
use portcullis::validate::ReferenceWorld;

/// Callers that a thread remembers, each with or without a session.
const CALLERS: Limits = Limits { entries: 4096, bytes: 32 << 20 };

/// What is asked of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Its decision.
    Decision(Extras),
    /// The keys that can still change it.
    Needs,
}

/// What a decision comes with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Its reasons.
    pub(crate) explanation: bool,
    /// The keys that are not given and could change it.
    pub(crate) missing: bool,
}

/// Who decides, and what is asked.
pub(crate) struct Decider {
    by: By,
    question: Question,
}

enum By {
    Bundle { bundle: Bundle, explainer: Option<Explainer>, sessions: Box<SessionResolver> },
    Reference(Box<ReferenceWorld>),
}

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Render {
    /// As JSON.
    Json,
    /// For people.
    Text,
    /// Not at all; it only counts.
    Nothing,
}

/// What many lines came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) allowed: u64,
    pub(crate) explicit_deny: u64,
    pub(crate) implicit_deny: u64,
    /// Lines that were asked for what they need.
    pub(crate) needs: u64,
    pub(crate) errors: u64,
}

impl Tally {
    /// All lines.
    pub(crate) fn lines(&self) -> u64 {
        self.allowed + self.denied() + self.needs + self.errors
    }

    /// Both kinds of Deny.
    pub(crate) fn denied(&self) -> u64 {
        self.explicit_deny + self.implicit_deny
    }

    /// Adds what other lines came to.
    pub(crate) fn add(&mut self, other: Tally) {
        self.allowed += other.allowed;
        self.explicit_deny += other.explicit_deny;
        self.implicit_deny += other.implicit_deny;
        self.needs += other.needs;
        self.errors += other.errors;
    }

    fn count(&mut self, reason: &str) {
        match reason {
            "allowed" => self.allowed += 1,
            "explicit_deny" => self.explicit_deny += 1,
            _ => self.implicit_deny += 1,
        }
    }
}

/// What a thread keeps from line to line.
pub(crate) struct State<'b> {
    evaluator: Option<Evaluator<'b>>,
    callers: Cache<Vec<u8>, Principal>,
    /// The key of the caller that is looked up; kept for its memory.
    key: Vec<u8>,
}

/// What a bundle tells of a request.
enum Told {
    Decision(Decision),
    Explained(Box<Explanation>),
    Keys(Vec<String>),
    Missing(Decision, Vec<String>),
    MissingExplained(Box<Explanation>, Vec<String>),
}

impl Decider {
    /// Decides from a bundle.
    pub(crate) fn bundle(bundle: Bundle, sessions: SessionResolver, question: Question) -> Result<Decider, Failure> {
        let explainer = match question {
            Question::Decision(Extras { explanation: true, .. }) => {
                Some(bundle.explainer().map_err(|error| Failure::new(error.code(), error.to_string()))?)
            }
            _ => None,
        };
        Ok(Decider { by: By::Bundle { bundle, explainer, sessions: Box::new(sessions) }, question })
    }

    /// Has the reference decide. It knows decisions and their explanations, no more.
    pub(crate) fn reference(world: ReferenceWorld, question: Question) -> Decider {
        Decider { by: By::Reference(Box::new(world)), question }
    }

    /// A fresh state for a thread.
    pub(crate) fn state(&self) -> State<'_> {
        let evaluator = match &self.by {
            By::Bundle { bundle, .. } => Some(bundle.evaluator()),
            By::Reference(_) => None,
        };
        State { evaluator, callers: Cache::new(CALLERS), key: Vec::new() }
    }

    /// Answers a line; `None` is one that was too long to read.
    pub(crate) fn answer(&self, state: &mut State<'_>, line: Option<&[u8]>, number: u64, render: Render, out: &mut Vec<u8>) -> Tally {
        let mut tally = Tally::default();
        let text = match line {
            None => Err(too_long()),
            Some(line) if line.len() > limits::REQUEST_BYTES_MAX => Err(too_long()),
            Some(line) => std::str::from_utf8(line)
                .map_err(|error| refusal("json-syntax", &format!("not UTF-8 text at byte {}", error.valid_up_to()))),
        };
        let text = match text {
            Ok(text) if text.trim_ascii().is_empty() => Err(refusal("json-syntax", "the line is empty")),
            other => other,
        };
        // Whoever sees no record needs no reasons.
        let question = match self.question {
            Question::Decision(_) if render == Render::Nothing => Question::Decision(Extras::default()),
            question => question,
        };
        let place = Place { number, render };
        let result = text.and_then(|text| match (&self.by, &mut state.evaluator) {
            (By::Bundle { bundle, explainer, sessions }, Some(evaluator)) => {
                let read = JsonRequest::parse(text).map_err(|error| refused(&error))?;
                let principal = caller(bundle, sessions, &mut state.callers, &mut state.key, &read)?;
                let told = read.with_request(|request| tell(evaluator, explainer.as_ref(), principal, request, question));
                let told = told.map_err(|error| refused(&error))?.map_err(|error| refusal(error.code(), &error.to_string()))?;
                write_told(&told, text, place, &mut tally, out)
            }
            (By::Reference(world), _) => {
                let wants_reasons = question == Question::Decision(Extras { explanation: true, missing: false });
                let detail = if wants_reasons { Detail::Explained } else { Detail::Decision };
                let answer = scenario::Reference.decide(world, text, detail)?;
                tally.count(answer.reason);
                write_answer(&wire::Answer::from(&answer), text, place, out)
            }
            (By::Bundle { .. }, None) => Err(refusal("invalid-bundle", "no evaluator")),
        });
        if let Err(refusal) = result {
            tally = Tally { errors: 1, ..Tally::default() };
            write_refusal(&refusal, place, out);
        }
        tally
    }
}

/// The caller of a request, limited by its session. One that was seen before is only looked up.
fn caller<'s>(
    bundle: &Bundle,
    sessions: &SessionResolver,
    callers: &'s mut Cache<Vec<u8>, Principal>,
    key: &mut Vec<u8>,
    read: &JsonRequest<'_>,
) -> Result<&'s Principal, Refusal> {
    caller_key(key, read);
    let kept = callers.get_or_make(key.as_slice(), || {
        let mut bytes = key.len() as u64;
        let resolved: Result<Principal, SessionError> = read.resolve_with(bundle, |documents| {
            let policies = sessions.resolve(documents)?;
            bytes = bytes.saturating_add(policies.overlay.as_ref().map_or(0, Overlay::memory_bytes));
            Ok(policies)
        });
        Ok((resolved.map_err(|error| refusal(error.code(), &error.to_string()))?, bytes))
    })?;
    kept.ok_or_else(|| refusal("unknown-principal", "the caller cannot be resolved"))
}

/// Kind, digest of the session's documents if there are any, name: the parts before the name are of fixed length.
fn caller_key(key: &mut Vec<u8>, read: &JsonRequest<'_>) {
    key.clear();
    let (kind, name) = match read.caller() {
        Caller::Arn(arn) => (b'a', arn),
        Caller::Service(service) => (b's', service),
        Caller::Federated(provider) => (b'f', provider),
        Caller::CanonicalUser(id) => (b'c', id),
        Caller::Anonymous => (b'*', ""),
    };
    let session = read.session();
    if session.is_empty() {
        key.push(kind);
    } else {
        key.push(kind.to_ascii_uppercase());
        key.extend_from_slice(&digest(session));
    }
    key.extend_from_slice(name.as_bytes());
}

/// The digest of a session's documents.
fn digest(documents: &[&str]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for document in documents {
        // Nothing in a JSON text is a zero byte.
        hasher.update(document.as_bytes()).update(&[0]);
    }
    *hasher.finalize().as_bytes()
}

/// Asks the bundle.
fn tell(
    evaluator: &mut Evaluator<'_>,
    explainer: Option<&Explainer>,
    principal: &Principal,
    request: &Request<'_>,
    question: Question,
) -> Result<Told, EvalError> {
    let derived = DerivedKeys::Fixed;
    let extras = match question {
        Question::Needs => return Ok(Told::Keys(evaluator.needs(principal, request, derived)?)),
        Question::Decision(extras) => extras,
    };
    Ok(match (explainer.filter(|_| extras.explanation), extras.missing) {
        (None, false) => Told::Decision(evaluator.decide(principal, request)?),
        (None, true) => {
            let (decision, missing) = evaluator.missing(principal, request, derived)?;
            Told::Missing(decision, missing)
        }
        (Some(explainer), false) => Told::Explained(Box::new(evaluator.explain(explainer, principal, request)?)),
        (Some(explainer), true) => {
            let explanation = evaluator.explain(explainer, principal, request)?;
            Told::MissingExplained(Box::new(explanation), evaluator.needs(principal, request, derived)?)
        }
    })
}

/// Where a record stands, and how it is written.
#[derive(Debug, Clone, Copy)]
struct Place {
    number: u64,
    render: Render,
}

fn refused(error: &RequestError) -> Refusal {
    refusal(error.code(), &error.to_string())
}

fn refusal(code: &str, message: &str) -> Refusal {
    Refusal { code: code.to_owned(), message: message.to_owned() }
}

fn too_long() -> Refusal {
    refusal("limit-exceeded", &format!("the line is longer than {} bytes", limits::REQUEST_BYTES_MAX))
}

fn write_told(told: &Told, text: &str, place: Place, tally: &mut Tally, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let (decision, answer) = match told {
        Told::Keys(needs) => {
            tally.needs += 1;
            return write_needs(needs, text, place, out);
        }
        Told::Decision(decision) => (*decision, wire::Answer::new(decision)),
        Told::Explained(explanation) => (explanation.decision, wire::Answer::from(&**explanation)),
        Told::Missing(decision, missing) => (*decision, wire::Answer { missing: Some(missing), ..wire::Answer::new(decision) }),
        Told::MissingExplained(explanation, missing) => {
            (explanation.decision, wire::Answer { missing: Some(missing), ..wire::Answer::from(&**explanation) })
        }
    };
    tally.count(decision.reason().as_str());
    write_answer(&answer, text, place, out)
}

fn write_answer(answer: &wire::Answer<'_>, text: &str, place: Place, out: &mut Vec<u8>) -> Result<(), Refusal> {
    match place.render {
        Render::Nothing => {}
        // The short way, for streams of millions.
        Render::Json if answer.explanation.is_none() && answer.missing.is_none() => {
            for part in ["{\"decision\":\"", answer.decision, "\",\"reason\":\"", answer.reason, "\",\"layer\":\"", answer.layer, "\"}\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        Render::Json => write_json(answer, out)?,
        Render::Text => out.extend_from_slice(explain::answer(answer, text, place.number).as_bytes()),
    }
    Ok(())
}

fn write_needs(needs: &[String], text: &str, place: Place, out: &mut Vec<u8>) -> Result<(), Refusal> {
    match place.render {
        Render::Nothing => {}
        Render::Json => write_json(&wire::Needs { needs }, out)?,
        Render::Text => out.extend_from_slice(explain::needs(needs, text, place.number).as_bytes()),
    }
    Ok(())
}

fn write_json(record: &impl serde::Serialize, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let start = out.len();
    let written = serde_json::to_writer(&mut *out, record);
    written.map_err(|error| {
        // An error record takes its place, whole.
        out.truncate(start);
        refusal("invalid-bundle", &error.to_string())
    })?;
    out.push(b'\n');
    Ok(())
}

fn write_refusal(refusal: &Refusal, place: Place, out: &mut Vec<u8>) {
    let number = place.number;
    match place.render {
        Render::Json => {
            let record = wire::ErrorRecord { error: &refusal.code, message: &refusal.message, line: number };
            // Strings and a number always have a JSON form.
            let _ = serde_json::to_writer(&mut *out, &record);
            out.push(b'\n');
        }
        Render::Text => out.extend_from_slice(format!("{number:>6} error {}: {}\n", refusal.code, plain(&refusal.message)).as_bytes()),
        Render::Nothing => {}
    }
}
