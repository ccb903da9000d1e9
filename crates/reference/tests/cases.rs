//! Runs the scenario files of the corpus: every request whose expectation is a decision, or a refusal that belongs to
//! requests. Refusals of documents and worlds are the frontend's and are passed over here. Further tests give the
//! evaluator requests and worlds of shapes that it has to refuse.

mod common;

use std::path::Path;

use common::{items, link_request, link_world, member, read_json, text};
use portcullis_reference::{Decision, Error, Matched, Value, World};

/// The refusals that this evaluator detects itself.
const REQUEST_ERRORS: [&str; 3] = ["unknown-principal", "invalid-request", "unknown-field"];

#[derive(Debug, Default)]
struct Counts {
    decisions: usize,
    refusals: usize,
    passed_over: usize,
    faults: Vec<String>,
}

fn object(members: Vec<(&str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
}

fn string(text: &str) -> Value {
    Value::String(text.to_string())
}

fn matched_as_json(matched: &Matched) -> Value {
    let mut members = vec![("policy", string(&matched.policy))];
    members.extend(matched.statement.map(|index| ("statement", Value::Number(index.to_string()))));
    members.extend(matched.sid.as_ref().map(|sid| ("sid", string(sid))));
    members.push(("effect", string(matched.effect.as_str())));
    object(members)
}

fn decision_as_json(decision: &Decision) -> Value {
    let layers = decision.layers;
    let mut members = vec![
        ("decision", string(decision.decision.as_str())),
        ("reason", string(decision.reason.as_str())),
        ("layer", string(decision.layer.as_str())),
        (
            "layers",
            object(vec![
                ("rcp", string(layers.rcp.as_str())),
                ("scp", string(layers.scp.as_str())),
                ("endpoint", string(layers.endpoint.as_str())),
                ("resource", string(layers.resource.as_str())),
                ("identity", string(layers.identity.as_str())),
                ("boundary", string(layers.boundary.as_str())),
                ("session", string(layers.session.as_str())),
            ]),
        ),
        ("matched", Value::Array(decision.matched.iter().map(matched_as_json).collect())),
        ("resource_account_from", string(decision.resource_account_from.as_str())),
    ];
    members.extend(decision.resource_account.as_ref().map(|account| ("resource_account", string(account))));
    object(members)
}

/// Whether every member that is expected is there. Members of objects may stand in any order, and only `matched` holds
/// arrays, whose items have all of their members.
fn agrees(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(members), Value::Object(_)) => {
            members.iter().all(|(name, expected)| member(got, name).is_some_and(|got| agrees(expected, got)))
        }
        (Value::Array(expected), Value::Array(got)) => {
            let same_size = |(expected, got): (&Value, &Value)| match (expected, got) {
                (Value::Object(expected), Value::Object(got)) => expected.len() == got.len(),
                _ => true,
            };
            expected.len() == got.len()
                && expected.iter().zip(got).all(same_size)
                && expected.iter().zip(got).all(|(expected, got)| agrees(expected, got))
        }
        _ => expected == got,
    }
}

fn check(name: &str, world: &Result<World, Error>, request: &Value, expected: &Value, counts: &mut Counts) {
    let error_expected = member(expected, "error").and_then(text);
    if error_expected.is_some_and(|code| !REQUEST_ERRORS.contains(&code)) {
        counts.passed_over += 1;
        return;
    }
    let got = match world {
        Ok(world) => world.decide(request),
        Err(error) => Err(error.clone()),
    };
    let fault = match (&got, error_expected) {
        (Err(error), Some(code)) if error.code == code => {
            counts.refusals += 1;
            return;
        }
        (Ok(decision), None) if agrees(expected, &decision_as_json(decision)) => {
            counts.decisions += 1;
            return;
        }
        (Ok(decision), _) => format!("{:?}", decision_as_json(decision)),
        (Err(error), _) => error.to_string(),
    };
    counts.faults.push(format!("{name}\n  request  {request:?}\n  expected {expected:?}\n  got      {fault}"));
}

fn run(file: &str) -> Result<Counts, Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/scenarios").join(file);
    let mut counts = Counts::default();
    for line in std::fs::read_to_string(path)?.lines().filter(|line| !line.trim().is_empty()) {
        let scenario = read_json(line)?;
        let name = member(&scenario, "name").and_then(text).ok_or("a scenario has no name")?;
        let world_text = member(&scenario, "world").ok_or("a scenario has no world")?;
        let world = World::new(&link_world(world_text));
        for request in items(member(&scenario, "requests")) {
            let expected = member(request, "expect").ok_or("a request has no expectation")?;
            let request = member(request, "request").ok_or("a request is missing")?;
            check(name, &world, &link_request(request, world_text), expected, &mut counts);
        }
    }
    println!("{file}: {} decisions, {} refusals, {} passed over", counts.decisions, counts.refusals, counts.passed_over);
    assert!(counts.faults.is_empty(), "{file}: {} faults\n{}", counts.faults.len(), counts.faults.join("\n"));
    Ok(counts)
}

#[test]
fn cases() -> Result<(), Box<dyn std::error::Error>> {
    assert!(run("cases.ndjson")?.decisions >= 500);
    Ok(())
}

#[test]
fn cases_deck() -> Result<(), Box<dyn std::error::Error>> {
    assert!(run("cases-deck.ndjson")?.decisions >= 80);
    Ok(())
}

#[test]
fn cases_acl() -> Result<(), Box<dyn std::error::Error>> {
    assert!(run("cases-acl.ndjson")?.decisions >= 50);
    Ok(())
}

/// A caller of account 111111111111 who is declared there, and one request of each refused shape (S-206).
#[test]
fn refused_requests() -> Result<(), Box<dyn std::error::Error>> {
    let world = r#"{"version":1,"accounts":[{"id":"111111111111","users":[{"name":"alice","path":"/team/"}],"roles":[{"name":"app"}]}]}"#;
    let world = World::new(&read_json(world)?)?;
    let alice = r#""principal":"arn:aws:iam::111111111111:user/team/alice""#;
    let action = r#""action":"s3:GetObject""#;
    for (members, expected) in [
        (format!("{alice},{action}"), None),
        (format!(r#"{alice},{action},"resource":"*","session":{{"policies":[]}}"#), None),
        (format!(r#""principal":"arn:aws:sts::111111111111:federated-user/nobody",{action}"#), None),
        (format!(r#""principal":"arn:aws:iam::222222222222:user/x",{action}"#), None),
        (format!(r#""principal":"arn:aws:iam::111111111111:user/alice",{action}"#), Some("unknown-principal")),
        (format!(r#""principal":"arn:aws:sts::111111111111:assumed-role/alice/s",{action}"#), Some("unknown-principal")),
        (format!(r#""principal":"arn:aws:iam::111111111111:role/x/app",{action}"#), Some("unknown-principal")),
        (format!(r#""principal":"arn:aws:iam::111111111111:group/dev",{action}"#), Some("invalid-request")),
        (format!(r#""principal":"arn:aws:iam::111:user/a",{action}"#), Some("invalid-request")),
        (format!(r#""principal":"arn:aws:sts::111111111111:assumed-role/app",{action}"#), Some("invalid-request")),
        (format!(r#""principal":"arn:aws:iam::111111111111:user/",{action}"#), Some("invalid-request")),
        (format!(r#""principal":{{"AWS":"*"}},{action}"#), Some("unknown-field")),
        (format!(r#""principal":{{}},{action}"#), Some("invalid-request")),
        (format!(r#""principal":["*"],{action}"#), Some("invalid-request")),
        (action.to_string(), Some("invalid-request")),
        (alice.to_string(), Some("invalid-request")),
        (format!(r#"{alice},"action":"s3:a:b""#), Some("invalid-request")),
        (format!(r#"{alice},"action":":a""#), Some("invalid-request")),
        (format!(r#"{alice},"action":"s3:""#), Some("invalid-request")),
        (format!(r#"{alice},"action":"s3:Get?""#), Some("invalid-request")),
        (format!(r#"{alice},{action},"resource":"arn:aws:s3:b""#), Some("invalid-request")),
        (format!(r#"{alice},{action},"resource":"**""#), Some("invalid-request")),
        (format!(r#"{alice},{action},"resource_account":"1""#), Some("invalid-request")),
        (format!(r#"{alice},{action},"context":{{"k":[["a"]]}}"#), Some("invalid-request")),
        (format!(r#"{alice},{action},"context":{{"k":{{}}}}"#), Some("invalid-request")),
        (format!(r#"{alice},{action},"context":{{"k":["a",null]}}"#), Some("invalid-request")),
        (format!(r#"{alice},{action},"session":{{"policies":{{}}}}"#), Some("invalid-request")),
        (format!("{alice},{action},{action}"), Some("duplicate-key")),
        (format!(r#"{alice},{action},"extra":1"#), Some("unknown-field")),
    ] {
        let got = world.decide(&read_json(&format!("{{{members}}}"))?).err();
        assert_eq!(got.as_ref().map(|error| error.code), expected, "{members}: {got:?}");
    }
    Ok(())
}

/// Names of users, roles, groups and managed policies, as section 13 has them for S-730.
#[test]
fn refused_names() -> Result<(), Box<dyn std::error::Error>> {
    for (name, accepted) in [
        ("a+b=c,d.e@f_G-9", true),
        ("arn", true),
        ("", false),
        ("x/y", false),
        ("/y", false),
        ("y/", false),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", false),
        ("two words", false),
        ("é", false),
    ] {
        for list in ["users", "roles", "groups", "managed_policies"] {
            let world = format!(r#"{{"version":1,"accounts":[{{"id":"111111111111","{list}":[{{"name":"{name}"}}]}}]}}"#);
            let refused = World::new(&read_json(&world)?).err().map(|error| error.code);
            assert_eq!(refused, (!accepted).then_some("invalid-world"), "{list} {name}");
        }
    }
    Ok(())
}

/// Every value inside, one after the other, replaced by the odd one.
fn with_each_replaced(value: &Value, odd: &Value, use_it: &mut dyn FnMut(&Value)) {
    use_it(odd);
    match value {
        Value::Array(items) => {
            for index in 0..items.len() {
                with_each_replaced(&items[index], odd, &mut |item| {
                    let mut items = items.clone();
                    items[index] = item.clone();
                    use_it(&Value::Array(items));
                });
            }
        }
        Value::Object(members) => {
            for index in 0..members.len() {
                with_each_replaced(&members[index].1, odd, &mut |member| {
                    let mut members = members.clone();
                    members[index].1 = member.clone();
                    use_it(&Value::Object(members));
                });
            }
        }
        _ => {}
    }
}

/// A world or a request of any shape is an error or has a decision; nothing panics.
#[test]
fn odd_shapes_do_not_panic() -> Result<(), Box<dyn std::error::Error>> {
    let oddities = [Value::Null, Value::Number("-1e9".into()), string(""), string("*:${é"), Value::Array(vec![]), object(vec![])];
    let (mut refused, mut accepted) = (0, 0);
    for file in ["cases-deck.ndjson", "cases-acl.ndjson"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/scenarios").join(file);
        for line in std::fs::read_to_string(path)?.lines() {
            let scenario = read_json(line)?;
            let world_text = link_world(member(&scenario, "world").ok_or("a scenario has no world")?);
            let first = items(member(&scenario, "requests")).first().ok_or("a scenario has no request")?;
            let request = member(first, "request").ok_or("a request is missing")?;
            let mut count = |got: Result<Decision, Error>| if got.is_ok() { accepted += 1 } else { refused += 1 };
            for odd in &oddities {
                with_each_replaced(&world_text, odd, &mut |changed| {
                    count(World::new(changed).and_then(|world| world.decide(request)));
                });
                if let Ok(world) = World::new(&world_text) {
                    with_each_replaced(request, odd, &mut |changed| count(world.decide(changed)));
                }
            }
        }
    }
    assert!(refused > 1_000 && accepted > 1_000, "{refused} refused, {accepted} accepted");
    Ok(())
}
