//! Other evaluators, each at its best.
//!
//! Each has one form for a set of statements, made once, and decides a request by the caller's set and, where the resource has a policy, by that set, too: a Deny in
//! either denies, else an Allow in either allows (one account: rule S-703 of the semantics, in the part that these worlds use).

pub mod casbin;
pub mod cedar;
pub mod iam_rs;
pub mod regorus;

use crate::engine::Engine;
use crate::estate::{Asker, Estate, Statement};
use portcullis_workloads::{Request, Value};
use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// What a set of statements says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Allow,
    Deny,
    Silent,
}

/// An evaluator's view of sets and requests.
pub trait Peer: Sized {
    const NAME: &'static str;
    /// What it cannot express, in words; empty if it can express everything.
    const LACKS: &'static str;
    /// A set, prepared.
    type Set;
    /// A request, prepared.
    type Request;

    /// Whether a statement can be said in its language.
    fn expresses(statement: &Statement) -> bool;
    /// Whether two sets can be combined: a set's outcome tells a Deny from silence.
    fn combines() -> bool;
    fn set(statements: &[&Statement], catalogue: &[String]) -> Result<Self::Set, String>;
    fn request(request: &Request, asker: &Asker) -> Result<Self::Request, String>;
    fn evaluate(set: &mut Self::Set, request: &Self::Request) -> Outcome;
}

/// A peer over a case.
pub struct Prepared<P: Peer> {
    sets: Vec<Option<P::Set>>,
    requests: Vec<Option<Question<P>>>,
}

/// A prepared request with the caller's set and that of the resource.
struct Question<P: Peer> {
    own: usize,
    of_resource: Option<usize>,
    request: P::Request,
}

impl<P: Peer> Prepared<P> {
    /// Prepares the requests of `which` and the sets that they need; also the seconds that the sets took.
    pub fn new(estate: &Estate, requests: &[Request], which: &[u32]) -> Result<(Prepared<P>, f64), String> {
        let catalogue = Estate::catalogue(requests);
        let mut prepared = Prepared { sets: estate.sets.iter().map(|_| None).collect(), requests: requests.iter().map(|_| None).collect() };
        let mut needed = BTreeSet::new();
        for at in which {
            let request = &requests[*at as usize];
            let asker = estate.asker(request)?;
            needed.insert(asker.own);
            needed.extend(asker.of_resource);
            prepared.requests[*at as usize] =
                Some(Question { own: asker.own, of_resource: asker.of_resource, request: P::request(request, &asker)? });
        }
        let start = Instant::now();
        for set in needed {
            let statements: Vec<&Statement> = estate.sets[set].iter().filter(|statement| P::expresses(statement)).collect();
            prepared.sets[set] = Some(P::set(&statements, &catalogue)?);
        }
        Ok((prepared, start.elapsed().as_secs_f64()))
    }
}

impl<P: Peer> Engine for Prepared<P> {
    fn decide(&mut self, at: usize) -> bool {
        let Some(question) = &self.requests[at] else { return false };
        let mut allowed = false;
        for set in [Some(question.own), question.of_resource].into_iter().flatten() {
            // INVARIANT: `new` made the sets of every request that it prepared.
            let Some(set) = &mut self.sets[set] else { return false };
            match P::evaluate(set, &question.request) {
                Outcome::Deny => return false,
                Outcome::Allow => allowed = true,
                Outcome::Silent => {}
            }
        }
        allowed
    }
}

/// The context that an evaluator is given: the request's, and the caller's tags as condition keys.
fn context<'r>(request: &'r Request, asker: &'r Asker) -> Result<HashMap<String, &'r str>, String> {
    let mut context = HashMap::new();
    for (key, value) in &request.context {
        let Value::One(text) = value else { return Err("no workload here has multivalued keys".to_owned()) };
        context.insert(key.clone(), text.as_str());
    }
    for (key, value) in &asker.tags {
        context.insert(format!("aws:PrincipalTag/{key}"), value.as_str());
    }
    Ok(context)
}

/// The key whose value a condition value stands for, if it is a variable and nothing else.
fn variable(value: &str) -> Option<&str> {
    value.strip_prefix("${")?.strip_suffix('}')
}
