//! A world as other evaluators take it: sets of statements, of callers and of resources.
//!
//! Read from the world's JSON, for what the shapes W1, W2 and W4 have: one account of users and roles with inline policies, and resources with policies. What other
//! evaluators would have to combine from further layers is refused.

use portcullis_workloads::Request;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// One test of a condition block.
#[derive(Debug, Clone)]
pub struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    pub is_deny: bool,
    /// The principals of a resource's policy; `*` is everyone.
    pub principals: Option<Vec<String>>,
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    pub conditions: Vec<Condition>,
    /// As it stands in the world.
    pub json: Value,
}

impl Statement {
    /// Whether a resource pattern has a variable of the caller in it.
    pub fn has_variable_in_resource(&self) -> bool {
        self.resources.iter().any(|pattern| pattern.contains("${"))
    }

    /// Whether a condition compares with a variable of the caller.
    pub fn has_variable_in_condition(&self) -> bool {
        self.conditions.iter().flat_map(|condition| &condition.values).any(|value| value.contains("${"))
    }
}

/// Who asks, and the sets that decide.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The ARN by which policies name it.
    pub arn: String,
    pub tags: Vec<(String, String)>,
    /// Its own set.
    pub own: usize,
    /// That of the resource, if it has a policy.
    pub of_resource: Option<usize>,
}

/// The sets of a world.
#[derive(Debug)]
pub struct Estate {
    world: Value,
    pub sets: Vec<Vec<Statement>>,
    /// By what requests call them, and without a resource.
    callers: HashMap<String, Asker>,
    resources: HashMap<String, usize>,
}

impl Estate {
    /// Reads a world.
    ///
    /// # Errors
    /// A sentence on what the world has beyond the shapes that are compared.
    pub fn read(text: &str) -> Result<Estate, String> {
        let world: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut estate = Estate { world: Value::Null, sets: Vec::new(), callers: HashMap::new(), resources: HashMap::new() };
        let accounts = list(&world["accounts"]);
        let [account] = accounts.as_slice() else { return Err("the world has more than one account".to_owned()) };
        let id = text_of(&account["id"])?;
        for user in list(&account["users"]) {
            let arn = format!("arn:aws:iam::{id}:user/{}", text_of(&user["name"])?);
            estate.add(arn.clone(), arn, &user)?;
        }
        for role in list(&account["roles"]) {
            let name = text_of(&role["name"])?;
            estate.add(format!("arn:aws:sts::{id}:assumed-role/{name}/session"), format!("arn:aws:iam::{id}:role/{name}"), &role)?;
        }
        for resource in list(&account["resources"]) {
            estate.sets.push(statements(&resource["policy"])?);
            estate.resources.insert(text_of(&resource["arn"])?, estate.sets.len() - 1);
        }
        estate.world = world;
        Ok(estate)
    }

    fn add(&mut self, called: String, arn: String, entity: &Value) -> Result<(), String> {
        let mut set = Vec::new();
        for policy in list(&entity["policies"]) {
            set.extend(statements(&policy)?);
        }
        let tags = entity["tags"].as_object().into_iter().flatten();
        let tags = tags.map(|(key, value)| Ok((key.clone(), text_of(value)?))).collect::<Result<_, String>>()?;
        self.sets.push(set);
        self.callers.insert(called, Asker { arn, tags, own: self.sets.len() - 1, of_resource: None });
        Ok(())
    }

    /// The sets that decide a request.
    ///
    /// # Errors
    /// A caller that the world does not declare.
    pub fn asker(&self, request: &Request) -> Result<Asker, String> {
        let caller = self.callers.get(&request.principal).ok_or_else(|| format!("{} is not in the world", request.principal))?;
        // The declared resource, or the one that it is in.
        let mut name = request.resource.as_str();
        let of_resource = loop {
            match (self.resources.get(name), name.rfind('/')) {
                (Some(set), _) => break Some(*set),
                (None, Some(at)) => name = &name[..at],
                (None, None) => break None,
            }
        };
        Ok(Asker { of_resource, ..caller.clone() })
    }

    /// Every action that a request names: what a catalogue of actions is to an evaluator that knows no wildcards in them.
    pub fn catalogue(requests: &[Request]) -> Vec<String> {
        requests.iter().map(|request| request.action.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The world's text without the statements that an evaluator cannot express. A request that portcullis decides otherwise without them depends on one, so it is left
    /// out for that evaluator; all others must be decided alike.
    pub fn without(&self, expresses: &dyn Fn(&Statement) -> bool) -> Result<String, String> {
        let mut world = self.world.clone();
        for account in world["accounts"].as_array_mut().into_iter().flatten() {
            for kind in ["users", "roles"] {
                for entity in account[kind].as_array_mut().into_iter().flatten() {
                    for policy in entity["policies"].as_array_mut().into_iter().flatten() {
                        keep(policy, expresses)?;
                    }
                }
            }
            for resource in account["resources"].as_array_mut().into_iter().flatten() {
                keep(&mut resource["policy"], expresses)?;
            }
        }
        // `null` members come from asking for members that are not there.
        prune(&mut world);
        Ok(world.to_string())
    }
}

/// Leaves out of a policy what is not expressed. Where nothing would be left, one statement that never matches stands for it.
fn keep(policy: &mut Value, expresses: &dyn Fn(&Statement) -> bool) -> Result<(), String> {
    let mut kept = Vec::new();
    for statement in statements(policy)? {
        if expresses(&statement) {
            kept.push(statement.json);
        }
    }
    if kept.is_empty() {
        kept.push(serde_json::json!({"Effect": "Allow", "Action": "none:None", "Resource": "arn:aws:none:::none"}));
    }
    policy["Statement"] = Value::Array(kept);
    Ok(())
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(prune);
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

fn text_of(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("a text is expected, not {value}"))
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    list(value).iter().map(text_of).collect()
}

fn statements(policy: &Value) -> Result<Vec<Statement>, String> {
    if !policy["Statement"].is_array() && !policy["Statement"].is_object() {
        return Err(format!("a policy is expected inline, not {policy}"));
    }
    list(&policy["Statement"]).into_iter().map(statement).collect()
}

fn statement(json: Value) -> Result<Statement, String> {
    for member in ["NotAction", "NotResource", "NotPrincipal"] {
        if !json[member].is_null() {
            return Err(format!("{member} is not compared here"));
        }
    }
    let principals = match &json["Principal"] {
        Value::Null => None,
        Value::String(star) => Some(vec![star.clone()]),
        map => Some(texts(&map["AWS"])?),
    };
    let mut conditions = Vec::new();
    for (operator, tests) in json["Condition"].as_object().into_iter().flatten() {
        for (key, values) in tests.as_object().into_iter().flatten() {
            conditions.push(Condition { operator: operator.clone(), key: key.clone(), values: texts(values)? });
        }
    }
    Ok(Statement {
        is_deny: json["Effect"] == "Deny",
        principals,
        actions: texts(&json["Action"])?,
        resources: texts(&json["Resource"])?,
        conditions,
        json,
    })
}

/// Whether a pattern with `*` covers a text.
pub fn covers(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
}

/// The actions of a catalogue that patterns cover.
pub fn expanded(patterns: &[String], catalogue: &[String]) -> Vec<String> {
    let fits = |action: &&String| patterns.iter().any(|pattern| covers(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase()));
    catalogue.iter().filter(fits).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns() {
        for (pattern, text) in [("a*", "a"), ("a*", "abc"), ("*", ""), ("a*c", "abbc"), ("a*b*c", "axbyc"), ("abc", "abc"), ("*b*", "abc")]
        {
            assert!(covers(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*", "b"), ("abc", "abcd"), ("ab*b", "ab"), ("a*b*c", "axyc"), ("", "a")] {
            assert!(!covers(pattern, text), "{pattern} {text}");
        }
    }
}
