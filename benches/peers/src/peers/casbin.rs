//! casbin: a line for each statement; its matcher calls functions of ours in Rust, which is faster than what its expression language offers for actions, patterns and
//! conditions.

use super::{Outcome, Peer, context};
use crate::estate::{Asker, Statement, covers, expanded};
use ::casbin::function_map::OperatorFunction;
use ::casbin::rhai::{Dynamic, ImmutableString, Map};
use ::casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use portcullis_workloads::Request;

pub struct Casbin;

const MODEL: &str = "
[request_definition]
r = obj, act, ctx

[policy_definition]
p = obj, act, cond, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = among(r.act, p.act) && under(r.obj, p.obj) && (p.cond == \"\" || holds(r.ctx, p.cond))
";

impl Peer for Casbin {
    const NAME: &'static str = "casbin";
    const LACKS: &'static str = "variables of the caller; requests about a resource with a policy (an enforcer answers yes or no, so that two sets cannot be combined)";
    type Set = Enforcer;
    type Request = Vec<Dynamic>;

    fn expresses(statement: &Statement) -> bool {
        !statement.has_variable_in_resource() && !statement.has_variable_in_condition()
    }

    fn combines() -> bool {
        false
    }

    fn set(statements: &[&Statement], catalogue: &[String]) -> Result<Enforcer, String> {
        let lines = statements.iter().map(|statement| line(statement, catalogue)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        let enforcer = runtime.block_on(async {
            let mut enforcer = Enforcer::new(DefaultModel::from_str(MODEL).await?, MemoryAdapter::default()).await?;
            enforcer.add_function("among", OperatorFunction::Arg2(among));
            enforcer.add_function("under", OperatorFunction::Arg2(under));
            enforcer.add_function("holds", OperatorFunction::Arg2(holds));
            enforcer.add_policies(lines).await?;
            Ok::<_, ::casbin::Error>(enforcer)
        });
        enforcer.map_err(|error| error.to_string())
    }

    fn request(request: &Request, asker: &Asker) -> Result<Vec<Dynamic>, String> {
        let context: Map = context(request, asker)?.into_iter().map(|(key, text)| (key.into(), Dynamic::from(text.to_owned()))).collect();
        Ok(vec![request.resource.clone().into(), request.action.clone().into(), context.into()])
    }

    fn evaluate(set: &mut Enforcer, request: &Vec<Dynamic>) -> Outcome {
        // An error is no decision, and its caller denies.
        if set.enforce(request.clone()).unwrap_or(false) { Outcome::Allow } else { Outcome::Silent }
    }
}

/// Between the parts of a list in a field.
const OR: char = '|';

fn line(statement: &Statement, catalogue: &[String]) -> Vec<String> {
    let actions = expanded(&statement.actions, catalogue);
    let actions = if actions.is_empty() { statement.actions.clone() } else { actions };
    let conditions: Vec<String> = statement
        .conditions
        .iter()
        .map(|condition| format!("{}={}={}", condition.operator, condition.key, condition.values.join(&OR.to_string())))
        .collect();
    let effect = if statement.is_deny { "deny" } else { "allow" };
    vec![statement.resources.join(&OR.to_string()), actions.join(&OR.to_string()), conditions.join("&"), effect.to_owned()]
}

/// Calls a function with two texts.
fn with_texts(left: &Dynamic, right: &Dynamic, test: impl Fn(&str, &str) -> bool) -> Dynamic {
    let (left, right) = (left.read_lock::<ImmutableString>(), right.read_lock::<ImmutableString>());
    left.zip(right).is_some_and(|(left, right)| test(&left, &right)).into()
}

fn among(action: Dynamic, list: Dynamic) -> Dynamic {
    with_texts(&action, &list, |action, list| list.split(OR).any(|one| one == action))
}

fn under(resource: Dynamic, list: Dynamic) -> Dynamic {
    with_texts(&resource, &list, |resource, list| list.split(OR).any(|pattern| covers(pattern, resource)))
}

fn holds(context: Dynamic, conditions: Dynamic) -> Dynamic {
    let (context, conditions) = (context.read_lock::<Map>(), conditions.read_lock::<ImmutableString>());
    let (Some(context), Some(conditions)) = (context, conditions) else { return false.into() };
    conditions.split('&').all(|condition| holds_one(&context, condition)).into()
}

fn holds_one(context: &Map, condition: &str) -> bool {
    let mut parts = condition.splitn(3, '=');
    let (Some(operator), Some(key), Some(values)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let Some(given) = context.get(key).and_then(Dynamic::read_lock::<ImmutableString>) else { return false };
    values.split(OR).any(|value| match operator {
        "IpAddress" => ::casbin::function_map::ip_match(&given, value),
        "StringLike" => covers(value, &given),
        _ => value == given.as_str(),
    })
}
