//! cedar-policy: a policy for each statement; actions in the scope, by a catalogue; resources by `like`; requests and contexts built before.

use super::{Outcome, Peer, context, variable};
use crate::estate::{Asker, Condition, Statement, expanded};
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, RestrictedExpression};
use portcullis_workloads::Request;
use std::fmt::Write;
use std::str::FromStr;

pub struct Cedar;

/// A set of policies, and what an evaluation needs beside it.
pub struct Set {
    policies: PolicySet,
    authorizer: Authorizer,
    entities: Entities,
}

impl Peer for Cedar {
    const NAME: &'static str = "cedar-policy";
    const LACKS: &'static str = "a pattern with a variable of the caller in it (`like` takes literal patterns)";
    type Set = Set;
    type Request = cedar_policy::Request;

    fn expresses(statement: &Statement) -> bool {
        !statement.has_variable_in_resource()
    }

    fn combines() -> bool {
        true
    }

    fn set(statements: &[&Statement], catalogue: &[String]) -> Result<Set, String> {
        let mut text = String::new();
        for statement in statements {
            policy(&mut text, statement, catalogue)?;
        }
        let policies = PolicySet::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Set { policies, authorizer: Authorizer::new(), entities: Entities::empty() })
    }

    fn request(request: &Request, asker: &Asker) -> Result<cedar_policy::Request, String> {
        let pairs = context(request, asker)?.into_iter().map(|(key, text)| {
            let value = match key.as_str() {
                "aws:SourceIp" => RestrictedExpression::new_ip(text),
                "aws:SecureTransport" => RestrictedExpression::new_bool(text == "true"),
                _ => RestrictedExpression::new_string(text.to_owned()),
            };
            (key, value)
        });
        let resource = ("resource".to_owned(), RestrictedExpression::new_string(request.resource.clone()));
        let context = Context::from_pairs(pairs.chain([resource])).map_err(|error| error.to_string())?;
        let (principal, action) = (entity("Principal", &asker.arn)?, entity("Action", &request.action)?);
        cedar_policy::Request::new(principal, action, entity("Resource", &request.resource)?, context, None)
            .map_err(|error| error.to_string())
    }

    fn evaluate(set: &mut Set, request: &cedar_policy::Request) -> Outcome {
        let response = set.authorizer.is_authorized(request, &set.policies, &set.entities);
        match response.decision() {
            Decision::Allow => Outcome::Allow,
            // A Deny has a reason if a policy forbids, and none by default.
            Decision::Deny if response.diagnostics().reason().next().is_some() => Outcome::Deny,
            Decision::Deny => Outcome::Silent,
        }
    }
}

fn entity(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind = EntityTypeName::from_str(kind).map_err(|error| error.to_string())?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn policy(text: &mut String, statement: &Statement, catalogue: &[String]) -> Result<(), String> {
    let principal = match &statement.principals {
        Some(named) if named.iter().all(|name| name != "*") => {
            let named: Vec<String> = named.iter().map(|name| format!("principal == Principal::{name:?}")).collect();
            Some(format!("({})", named.join(" || ")))
        }
        _ => None,
    };
    let actions = expanded(&statement.actions, catalogue);
    // What covers no action of the catalogue still is a policy of the set.
    let actions = if actions.is_empty() { &statement.actions } else { &actions };
    let action = match actions.as_slice() {
        [one] => format!("action == Action::{one:?}"),
        _ => format!("action in [{}]", actions.iter().map(|action| format!("Action::{action:?}")).collect::<Vec<_>>().join(", ")),
    };
    let (resource, patterns) = match statement.resources.as_slice() {
        [one] if !one.contains('*') => (format!("resource == Resource::{one:?}"), None),
        all => {
            let likes: Vec<String> = all.iter().map(|pattern| format!("context.resource like {pattern:?}")).collect();
            ("resource".to_owned(), Some(format!("({})", likes.join(" || "))))
        }
    };
    let conditions = statement.conditions.iter().map(condition).collect::<Result<Vec<_>, _>>()?;
    let tests: Vec<String> = principal.into_iter().chain(patterns).chain(conditions).collect();
    let effect = if statement.is_deny { "forbid" } else { "permit" };
    // INVARIANT: writing to a string cannot fail.
    let _ = write!(text, "{effect}(principal, {action}, {resource})");
    if !tests.is_empty() {
        let _ = write!(text, " when {{ {} }}", tests.join(" && "));
    }
    text.push_str(";\n");
    Ok(())
}

fn condition(condition: &Condition) -> Result<String, String> {
    let key = &condition.key;
    let given = format!("context[{key:?}]");
    let one = |value: &String| match (condition.operator.as_str(), variable(value)) {
        ("IpAddress", None) => Ok(format!("{given}.isInRange(ip({value:?}))")),
        ("Bool", None) => Ok(format!("{given} == {value}")),
        ("StringEquals", None) => Ok(format!("{given} == {value:?}")),
        ("StringEquals", Some(other)) => Ok(format!("{given} == context[{other:?}]")),
        ("StringLike", None) => Ok(format!("{given} like {value:?}")),
        (operator, _) => Err(format!("{operator} is not translated")),
    };
    let any = condition.values.iter().map(one).collect::<Result<Vec<_>, String>>()?;
    Ok(format!("(context has {key:?} && ({}))", any.join(" || ")))
}
