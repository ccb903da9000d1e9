//! Answering one request line: from a bundle, or by the reference.
//!
//! A line becomes a record in the output, whatever it holds: a decision, or an error. From a bundle without an explanation the way is
//! short: the line is read in place, the caller is looked up among those resolved before, and the record is put together from
//! names that do not change.

use crate::failure::Failure;
use crate::wire;
use portcullis::diag::{plain, quoted};
use portcullis::runtime::json::JsonRequest;
use portcullis::runtime::{Bundle, Caller, Decision, Evaluator, Principal, RequestError, limits};
use portcullis::scenario::{self, Answer, Detail, Engine, Refusal};
use portcullis::validate::ReferenceWorld;
use std::collections::HashMap;
use std::fmt::Write;

/// Callers that a thread remembers before it forgets them all.
const CALLERS_MAX: usize = 4096;

/// Who decides.
pub(crate) enum Decider {
    /// A bundle.
    Bundle(Bundle),
    /// A bundle whose decisions are explained.
    Explained(Box<scenario::Opened>),
    /// The naive evaluator.
    Reference(Box<ReferenceWorld>, Detail),
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
    pub(crate) errors: u64,
}

impl Tally {
    /// All lines.
    pub(crate) fn lines(&self) -> u64 {
        self.allowed + self.denied() + self.errors
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
    callers: HashMap<String, Principal>,
    /// The key of the caller that is looked up; kept for its memory.
    key: String,
}

impl Decider {
    /// A fresh state for a thread.
    pub(crate) fn state(&self) -> State<'_> {
        let evaluator = match self {
            Decider::Bundle(bundle) => Some(bundle.evaluator()),
            _ => None,
        };
        State { evaluator, callers: HashMap::new(), key: String::new() }
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
        let result = text.and_then(|text| match (self, &mut state.evaluator) {
            (Decider::Bundle(bundle), Some(evaluator)) => {
                let decision = decide(bundle, evaluator, &mut state.callers, &mut state.key, text)?;
                tally.count(decision.reason().as_str());
                write_short(&decision, text, number, render, out);
                Ok(())
            }
            (Decider::Explained(opened), _) => {
                let answer = scenario::Compiled.decide(opened, text, Detail::Explained)?;
                tally.count(answer.reason);
                write_answer(&answer, text, number, render, out)
            }
            (Decider::Reference(world, detail), _) => {
                let answer = scenario::Reference.decide(world, text, *detail)?;
                tally.count(answer.reason);
                write_answer(&answer, text, number, render, out)
            }
            (Decider::Bundle(_), None) => Err(refusal("invalid-bundle", "no evaluator")),
        });
        if let Err(refusal) = result {
            tally = Tally { errors: 1, ..Tally::default() };
            write_refusal(&refusal, number, render, out);
        }
        tally
    }
}

/// The short way: no allocation but for a caller that was not seen before.
fn decide(
    bundle: &Bundle,
    evaluator: &mut Evaluator<'_>,
    callers: &mut HashMap<String, Principal>,
    key: &mut String,
    text: &str,
) -> Result<Decision, Refusal> {
    let read = JsonRequest::parse(text).map_err(|error| refused(&error))?;
    key.clear();
    let (kind, name) = match read.caller() {
        Caller::Arn(arn) => ('a', arn),
        Caller::Service(service) => ('s', service),
        Caller::Federated(provider) => ('f', provider),
        Caller::CanonicalUser(id) => ('c', id),
        Caller::Anonymous => ('*', ""),
    };
    key.push(kind);
    key.push_str(name);
    if !callers.contains_key(key.as_str()) {
        let principal = read.resolve(bundle).map_err(|error| refused(&error))?;
        if callers.len() >= CALLERS_MAX {
            callers.clear();
        }
        callers.insert(key.clone(), principal);
    }
    let Some(principal) = callers.get(key.as_str()) else { return Err(refusal("unknown-principal", "the caller cannot be resolved")) };
    let decided = read.with_request(|request| evaluator.decide(principal, request)).map_err(|error| refused(&error))?;
    decided.map_err(|error| refusal(error.code(), &error.to_string()))
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

fn write_short(decision: &Decision, text: &str, number: u64, render: Render, out: &mut Vec<u8>) {
    let (effect, reason, layer) = (decision.effect().as_str(), decision.reason().as_str(), decision.layer().as_str());
    match render {
        Render::Json => {
            for part in ["{\"decision\":\"", effect, "\",\"reason\":\"", reason, "\",\"layer\":\"", layer, "\"}\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        Render::Text => text_line(effect, reason, layer, text, number, out),
        Render::Nothing => {}
    }
}

fn write_answer(answer: &Answer, text: &str, number: u64, render: Render, out: &mut Vec<u8>) -> Result<(), Refusal> {
    match (render, &answer.explanation) {
        (Render::Nothing, _) => {}
        (Render::Json, None) => {
            for part in ["{\"decision\":\"", answer.decision, "\",\"reason\":\"", answer.reason, "\",\"layer\":\"", answer.layer, "\"}\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        (Render::Json, Some(explained)) => {
            let record = wire::Explained {
                decision: answer.decision,
                reason: answer.reason,
                layer: answer.layer,
                layers: wire::Layers(&explained.layers),
                matched: explained.matched.iter().map(wire::Matched::from).collect(),
                resource_account: explained.resource_account.as_deref(),
                resource_account_from: explained.resource_account_from,
            };
            serde_json::to_writer(&mut *out, &record).map_err(|error| refusal("invalid-bundle", &error.to_string()))?;
            out.push(b'\n');
        }
        (Render::Text, explanation) => {
            text_line(answer.decision, answer.reason, answer.layer, text, number, out);
            let Some(explained) = explanation else { return Ok(()) };
            let mut more = String::new();
            for (layer, outcome) in explained.layers.iter().filter(|(_, outcome)| *outcome != "none") {
                let _ = writeln!(more, "        {layer}: {outcome}");
            }
            for entry in &explained.matched {
                let statement = entry.statement.map(|index| format!(" statement {index}")).unwrap_or_default();
                let sid = entry.sid.as_deref().map(|sid| format!(" {}", quoted(sid))).unwrap_or_default();
                let place = match (&entry.file, entry.line, entry.column) {
                    (Some(file), Some(line), Some(column)) => format!(" ({}:{line}:{column})", plain(file)),
                    _ => String::new(),
                };
                let _ = writeln!(more, "        {} by {}{statement}{sid}{place}", entry.effect, plain(&entry.policy));
            }
            let owner = plain(explained.resource_account.as_deref().unwrap_or("nobody"));
            let _ = writeln!(more, "        resource of {owner}, from {}", explained.resource_account_from);
            out.extend_from_slice(more.as_bytes());
        }
    }
    Ok(())
}

/// `   12 Deny  implicit_deny at identity  s3:GetObject on arn:aws:s3:::b/key by arn:...`
fn text_line(effect: &str, reason: &str, layer: &str, text: &str, number: u64, out: &mut Vec<u8>) {
    let mut line = format!("{number:>6} {effect:<5} {:<26}", format!("{reason} at {layer}"));
    if let Ok(read) = JsonRequest::parse(text) {
        let caller = match read.caller() {
            Caller::Arn(name) | Caller::Service(name) | Caller::Federated(name) | Caller::CanonicalUser(name) => name,
            Caller::Anonymous => "an anonymous caller",
        };
        // A request that was decided has one.
        let _ = read.with_request(|request| {
            let _ = write!(line, " {} on {} by {}", plain(request.action), plain(request.resource.unwrap_or("*")), plain(caller));
        });
    }
    line.push('\n');
    out.extend_from_slice(line.as_bytes());
}

fn write_refusal(refusal: &Refusal, number: u64, render: Render, out: &mut Vec<u8>) {
    match render {
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

/// A decider from a refusal of the world.
pub(crate) fn refused_world(refusal: &Refusal) -> Failure {
    match refusal.code.as_str() {
        "limit-exceeded" => Failure::new("limit-exceeded", refusal.message.clone()),
        "invalid-bundle" => Failure::new("invalid-bundle", refusal.message.clone()),
        _ => Failure::new("invalid-world", refusal.message.clone()),
    }
}
