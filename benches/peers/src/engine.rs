//! What is timed, and portcullis as such.

use portcullis::runtime::{Bundle, Caller, ContextValue, Evaluator, Principal, Request};
use portcullis_workloads::{Request as Asked, Value};
use std::collections::HashMap;

/// Something that decides the requests of a case, all of them prepared.
pub trait Engine {
    /// Whether the request of that number is allowed.
    fn decide(&mut self, at: usize) -> bool;

    /// Decides these requests in turn; how many are allowed. Here stands the loop that is timed, so that no call of it goes through a table.
    fn pass(&mut self, which: &[u32]) -> usize {
        which.iter().filter(|at| self.decide(**at as usize)).count()
    }
}

/// A request in borrowed texts, as an authorizer has it when it asks.
struct Borrowed<'w> {
    caller: &'w str,
    action: &'w str,
    resource: &'w str,
    context: Vec<(&'w str, ContextValue<'w>)>,
}

impl<'w> Borrowed<'w> {
    fn new(asked: &'w Asked) -> Result<Borrowed<'w>, String> {
        let value = |value: &'w Value| match value {
            Value::One(text) => Ok(ContextValue::One(text)),
            Value::Many(_) => Err("no workload here has multivalued keys".to_owned()),
        };
        let context = asked.context.iter().map(|(key, given)| Ok((key.as_str(), value(given)?))).collect::<Result<_, String>>()?;
        Ok(Borrowed { caller: &asked.principal, action: &asked.action, resource: &asked.resource, context })
    }

    fn request(&self) -> Request<'_> {
        Request { action: self.action, resource: Some(self.resource), resource_account: None, context: &self.context }
    }
}

fn borrowed(requests: &[Asked]) -> Result<Vec<Borrowed<'_>>, String> {
    requests.iter().map(Borrowed::new).collect()
}

/// portcullis, which finds the caller by its ARN for each decision.
pub struct ByArn<'w> {
    evaluator: Evaluator<'w>,
    requests: Vec<Borrowed<'w>>,
}

impl<'w> ByArn<'w> {
    pub fn new(bundle: &'w Bundle, requests: &'w [Asked]) -> Result<ByArn<'w>, String> {
        Ok(ByArn { evaluator: bundle.evaluator(), requests: borrowed(requests)? })
    }
}

impl Engine for ByArn<'_> {
    fn decide(&mut self, at: usize) -> bool {
        let asked = &self.requests[at];
        self.evaluator.decide_for(Caller::Arn(asked.caller), &asked.request()).is_ok_and(|decision| decision.allowed())
    }
}

/// portcullis with callers that were resolved before, as for a connection or a session.
pub struct ByHandle<'w> {
    evaluator: Evaluator<'w>,
    principals: Vec<Principal>,
    /// The number of its principal with each request.
    requests: Vec<(u32, Borrowed<'w>)>,
}

impl<'w> ByHandle<'w> {
    pub fn new(bundle: &'w Bundle, requests: &'w [Asked]) -> Result<ByHandle<'w>, String> {
        let mut principals = Vec::new();
        let mut numbers = HashMap::new();
        let mut prepared = Vec::new();
        for asked in borrowed(requests)? {
            let number = match numbers.get(asked.caller) {
                Some(number) => *number,
                None => {
                    principals.push(bundle.principal(Caller::Arn(asked.caller)).map_err(|error| error.to_string())?);
                    numbers.insert(asked.caller, principals.len() as u32 - 1);
                    principals.len() as u32 - 1
                }
            };
            prepared.push((number, asked));
        }
        Ok(ByHandle { evaluator: bundle.evaluator(), principals, requests: prepared })
    }
}

impl Engine for ByHandle<'_> {
    fn decide(&mut self, at: usize) -> bool {
        let (principal, asked) = &self.requests[at];
        self.evaluator.decide(&self.principals[*principal as usize], &asked.request()).is_ok_and(|decision| decision.allowed())
    }
}

/// What portcullis decides, one by one. An error is none of a workload's decisions.
pub fn decisions(bundle: &Bundle, requests: &[Asked]) -> Result<Vec<bool>, String> {
    let mut evaluator = bundle.evaluator();
    let decide = |asked: Borrowed<'_>| {
        let principal = bundle.principal(Caller::Arn(asked.caller)).map_err(|error| error.to_string())?;
        let decision = evaluator.decide(&principal, &asked.request()).map_err(|error| error.to_string())?;
        Ok(decision.allowed())
    };
    borrowed(requests)?.into_iter().map(decide).collect()
}
