//! Requests to a world, most of them aimed at one of its statements and then moved a little.

use crate::dice::Dice;
use crate::generate::caller::{CALLERS, Caller, any_caller, caller_of, entity_caller};
use crate::generate::condition::{Condition, OPERATORS};
use crate::generate::glob;
use crate::generate::names::{self, Names};
use crate::generate::statement::Statement;
use crate::generate::values::{self, Kind};
use crate::generate::{Attached, World};
use crate::json::Json;

/// A generated request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Index into [`CALLERS`].
    pub caller: usize,
    /// Its text.
    pub json: Json,
    /// The context as written.
    pub context: Vec<(String, Json)>,
}

/// One request.
pub fn request(dice: &Dice, world: &World) -> Request {
    // A quarter of the requests is made of the alphabet alone.
    let aim = dice.percent(76).then(|| aim(dice, world)).flatten();
    let caller = match &aim {
        Some((_, Some(attached), statement)) if dice.percent(75) => {
            caller_of(dice, world, statement, attached.arn.split(':').nth(4).unwrap_or_default())
        }
        Some((Some(caller), _, _)) if dice.percent(92) => caller.clone(),
        _ => any_caller(dice, world),
    };
    let context = context(dice, world, aim.as_ref().map(|(_, _, statement)| *statement));
    let action = match &aim {
        Some((_, _, statement)) if !statement.not_action && !statement.actions.is_empty() => {
            let pattern = dice.text(&statement.actions);
            concrete_action(dice, &world.names, &pattern)
        }
        _ => dice.text(&world.names.actions),
    };
    let resource = match &aim {
        Some((_, Some(attached), _)) if attached.trust || dice.percent(50) => {
            let tails: &[&str] = if attached.trust { &["", "", "", "", "/x"] } else { &["", "", "/key", ":x", "/logs/a", "/", "x"] };
            attached.arn.clone() + dice.word(tails)
        }
        Some((_, _, Statement { not_resource: false, resources: Some(patterns), .. })) if !patterns.is_empty() => {
            let pattern = dice.text(patterns);
            concrete_resource(dice, &world.names, &pattern, &caller, &context)
        }
        _ => any_resource(dice, world),
    };
    let action = if action.is_empty() { dice.text(world.names.actions_pool) } else { action };
    let mut json = Json::object().with("principal", caller.json.clone()).with("action", Json::Text(action));
    if resource != "*" || dice.percent(50) {
        json = json.with("resource", Json::Text(resource));
    }
    let own_account = caller.json.as_text().and_then(|arn| arn.split(':').nth(4));
    if let (Some((_, None, _)), Some(account), true) = (&aim, own_account, dice.percent(35)) {
        json = json.with("resource_account", Json::text(account));
    } else if dice.percent(12) {
        let mut owners = world.names.accounts.clone();
        owners.extend([names::STRANGE_ACCOUNT.to_owned(), names::TREE_ACCOUNT.to_owned()]);
        json = json.with("resource_account", Json::Text(dice.text(&owners)));
    }
    if !context.is_empty() || dice.percent(50) {
        json = json.with("context", Json::Object(context.clone()));
    }
    let request = Request { caller: caller.kind, json, context };
    if dice.percent(2) { spoiled(dice, request) } else { request }
}

/// A statement to aim at, with a caller whose identity policies hold it or the resource that it hangs on.
fn aim<'a>(dice: &Dice, world: &'a World) -> Option<(Option<Caller>, Option<&'a Attached>, &'a Statement)> {
    let from_identity = dice.percent(55);
    if from_identity || world.attached.is_empty() {
        let entity = dice.pick(&world.entities);
        let document = &world.documents[*entity.documents.get(dice.below(entity.documents.len()))?];
        let arn = entity.arn.clone();
        let caller = entity_caller(dice, world, &arn);
        Some((Some(caller), None, pick_statement(dice, &document.statements)))
    } else {
        let attached = dice.pick(&world.attached);
        Some((None, Some(attached), pick_statement(dice, &world.documents[attached.document].statements)))
    }
}

/// Any statement, but a Deny rather than an Allow where there are both: explicit denies are the rarest outcome.
pub(super) fn pick_statement<'a>(dice: &Dice, statements: &'a [Statement]) -> &'a Statement {
    let denies: Vec<&Statement> = statements.iter().filter(|statement| statement.deny).collect();
    if !denies.is_empty() && dice.percent(66) { denies[dice.below(denies.len())] } else { dice.pick(statements) }
}

pub(super) fn concrete_action(dice: &Dice, names: &Names, pattern: &str) -> String {
    let fitting: Vec<&str> = names.actions_pool.iter().copied().filter(|action| glob_matches(pattern, action)).collect();
    let action = if !fitting.is_empty() && dice.percent(85) {
        dice.text(&fitting)
    } else {
        let made: String = pattern.replace('*', "Get").replace('?', "a").split_whitespace().collect();
        if made.matches(':').count() == 1 && !made.starts_with(':') && !made.ends_with(':') { made } else { dice.text(&names.actions) }
    };
    match dice.below(12) {
        0 => glob::other_ascii_case(dice, &action),
        1 => action.clone() + "x",
        _ => action,
    }
}

/// Wildcards of actions, ignoring ASCII case: only for aiming, so a star may cross the colon.
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_ascii_lowercase().chars().collect();
    let text: Vec<char> = text.to_ascii_lowercase().chars().collect();
    let (mut at, mut of, mut retry) = (0, 0, None);
    while at < text.len() {
        match pattern.get(of) {
            Some('*') => {
                retry = Some((at, of));
                of += 1;
            }
            Some(one) if *one == '?' || *one == text[at] => {
                at += 1;
                of += 1;
            }
            _ => match retry {
                Some((from, star)) => {
                    retry = Some((from + 1, star));
                    at = from + 1;
                    of = star + 1;
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|character| *character == '*')
}

pub(super) fn any_resource(dice: &Dice, world: &World) -> String {
    match dice.weighted(&[56, 20, 8, 6, 10]) {
        0 => dice.text(&world.names.resources),
        1 if !world.attached.is_empty() => dice.pick(&world.attached).arn.clone() + dice.word(&["", "", "/key", ":x", "x"]),
        2 if !world.bare.is_empty() => dice.text(&world.bare) + dice.word(&["", "/key"]),
        3 => dice.text(&[&world.names.users[0], &world.names.roles[0]]),
        _ => "*".to_owned(),
    }
}

/// A resource that the pattern matches, its variables resolved as the request will, or one just beside it.
pub(super) fn concrete_resource(dice: &Dice, names: &Names, pattern: &str, caller: &Caller, context: &[(String, Json)]) -> String {
    if pattern.bytes().all(|byte| byte == b'*') {
        return dice.text(&names.resources);
    }
    let pattern = match pattern.strip_prefix("execute-api:") {
        Some(path) => format!("arn:aws:execute-api:us-east-1:{}:api1{path}", names.accounts[0]),
        None => pattern.to_owned(),
    };
    let mut resolved = resolve(dice, &pattern, caller, context);
    while resolved.splitn(6, ':').count() < 6 {
        // A part-final star stands for the missing parts (S-304).
        match resolved.rfind("*:").filter(|_| dice.percent(50)) {
            Some(at) => resolved.insert_str(at + 1, ":x"),
            None => resolved.push_str(":x"),
        }
    }
    let parts: Vec<&str> = resolved.splitn(6, ':').collect();
    let mut made: Vec<String> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let filled = match *part {
            "*" if index == 1 => "aws".to_owned(),
            "*" if index == 2 => dice.text(&["s3", "sqs"]),
            "*" if index == 4 => dice.text(&names.accounts),
            other => glob::instance(dice, other),
        };
        made.push(if index < 5 { filled.replace(':', "") } else { filled });
    }
    let made = made.join(":");
    match dice.below(10) {
        0 => {
            // One character of the last part; the ARN stays one of six parts.
            let (head, rest) = made.split_at(made.match_indices(':').nth(4).map_or(0, |(at, _)| at + 1));
            format!("{head}{}", glob::near_miss(dice, rest))
        }
        1 => dice.text(&names.resources),
        _ => made,
    }
}

/// The pattern with each variable replaced by the value that the request gives it, where that can be guessed.
fn resolve(dice: &Dice, pattern: &str, caller: &Caller, context: &[(String, Json)]) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        let inner = &rest[start + 2..start + length];
        let (name, default) = match inner.split_once(", '") {
            Some((name, default)) => (name, Some(default.trim_end_matches('\''))),
            None => (inner, None),
        };
        let given = context.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_text());
        let tag = name.rsplit_once('/').map(|(_, tag)| tag).unwrap_or_default();
        let derived = match name.to_ascii_lowercase().as_str() {
            "*" | "?" | "$" => Some(name.to_owned()),
            "aws:username" => Some(caller.name.clone()),
            "aws:principalaccount" => caller.json.as_text().and_then(|arn| arn.split(':').nth(4)).map(str::to_owned),
            "aws:principalarn" => caller.json.as_text().map(str::to_owned),
            other if other.starts_with("aws:principaltag/") => {
                caller.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(tag)).map(|(_, value)| value.clone())
            }
            _ => None,
        };
        let value = given.map(str::to_owned).or(derived).filter(|value| !value.is_empty()).or(default.map(str::to_owned));
        out.push_str(&value.unwrap_or_else(|| dice.text(&["a", "", "key"])));
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    out
}

/// The context: answers to the statement's conditions, and values for other keys of the world.
pub(super) fn context(dice: &Dice, world: &World, aim: Option<&Statement>) -> Vec<(String, Json)> {
    let mut context: Vec<(String, Json)> = Vec::new();
    let add = |context: &mut Vec<(String, Json)>, key: String, value: Json| {
        if !context.iter().any(|(other, _)| other.eq_ignore_ascii_case(&key)) {
            context.push((key, value));
        }
    };
    for condition in aim.map_or(&[][..], |statement| &statement.conditions) {
        if dice.percent(90) {
            let value = answer(dice, world, condition);
            let key = if dice.percent(10) { glob::other_ascii_case(dice, &condition.key) } else { condition.key.clone() };
            add(&mut context, key, value);
        }
    }
    for name in aim.map(variables).unwrap_or_default() {
        if dice.percent(40) {
            let value = match dice.below(6) {
                0 => Json::text(""),
                1 => Json::texts(&["alice"]),
                2 => Json::Number("10".to_owned()),
                _ => Json::text(dice.word(&["alice", "a", "key", "*", "logs/a", "x:y"])),
            };
            add(&mut context, name, value);
        }
    }
    for key in &world.names.keys {
        // Derived keys are overridden now and then, not always.
        let derived = key.name.starts_with("aws:Principal") || key.name.starts_with("aws:Resource") || key.name.starts_with("aws:user");
        if dice.percent(if derived { 10 } else { 38 }) {
            let count = if key.many && dice.percent(75) { Some(dice.below(4)) } else { None };
            let name = if dice.percent(6) { glob::other_ascii_case(dice, &key.name) } else { key.name.clone() };
            let one = || values::request_value(dice, key.kind, &key.own);
            let value = match count {
                Some(count) => Json::List((0..count).map(|_| one()).collect()),
                None => one(),
            };
            add(&mut context, name, value);
        }
    }
    context
}

/// The names of the variables in a statement's patterns and values.
fn variables(statement: &Statement) -> Vec<String> {
    let values = statement.conditions.iter().flat_map(Condition::texts);
    let texts = statement.resources.iter().flatten().cloned().chain(values);
    let names = |text: String| -> Vec<String> {
        let inner = text.split("${").skip(1).filter_map(|rest| rest.split(['}', ',']).next());
        inner.filter(|name| name.contains(':')).map(str::to_owned).collect()
    };
    texts.flat_map(names).collect()
}

fn answer(dice: &Dice, world: &World, condition: &Condition) -> Json {
    let kind = condition.kind();
    let own = world.names.keys.iter().find(|key| key.name.eq_ignore_ascii_case(&condition.key)).map_or(&[][..], |key| &key.own);
    let texts = condition.texts();
    let lists = if condition.qualifier > 0 || OPERATORS[condition.operator].kind == Kind::Presence { 60 } else { 16 };
    let one = |dice: &Dice| {
        let policy = dice.text(&texts);
        let policy = if policy.contains("${") {
            let nobody = Caller { kind: 0, json: Json::Null, name: "alice".to_owned(), tags: Vec::new() };
            resolve(dice, &policy, &nobody, &[])
        } else {
            policy
        };
        values::answer(dice, kind, &policy, own)
    };
    if !dice.percent(lists) {
        return one(dice);
    }
    match dice.below(12) {
        0 => Json::List(Vec::new()),
        1 => Json::texts(&vec![""; dice.between(1, 2)]),
        2 => Json::List(vec![Json::text(""), one(dice)]),
        3..=5 => Json::List(vec![one(dice)]),
        6 => {
            let count = dice.between(4, 12);
            Json::List((0..count).map(|_| one(dice)).collect())
        }
        _ => {
            let count = dice.between(2, 3);
            Json::List((0..count).map(|_| one(dice)).collect())
        }
    }
}

/// Sets a member of an object, in the place of any that it had.
pub(super) fn set_member(json: &mut Json, name: &str, value: Json) {
    if let Json::Object(members) = json {
        members.retain(|(member, _)| member != name);
        members.push((name.to_owned(), value));
    }
}

/// The request made invalid in one of the ways of S-206, S-502, S-526 and formats.
pub(super) fn spoiled(dice: &Dice, mut request: Request) -> Request {
    request.caller = CALLERS.len() - 1;
    let set = set_member;
    let json = &mut request.json;
    // One fault only: of several, S-116 asks for the first in the text, and only the one frontend knows that.
    set(json, "principal", Json::text("*"));
    match dice.below(12) {
        0 => set(json, "action", Json::text(dice.word(&["s3:Get*", "GetObject", "s3:", ":x", "a:b:c", "s3:Get?bject", ""]))),
        1 => set(json, "resource", Json::text(dice.word(&["arn:aws:s3", "b/key", "", "**", "arn:aws:s3::b", "xrn:aws:s3:::b"]))),
        2 => set(json, "resource_account", Json::text(dice.word(&["1", "11111111111a", "", "1111111111111", "１１１１１１１１１１１１"]))),
        3 => set(json, "extra", Json::Bool(true)),
        4 => set(json, "context", Json::object().with("x:k1", Json::Null)),
        5 => set(json, "context", Json::object().with("x:k1", Json::object())),
        6 => set(json, "context", Json::object().with("x:k1", Json::text("a")).with("X:K1", Json::text("a"))),
        7 => set(json, "context", Json::object().with("x:k1", Json::List(vec![Json::text("a"), Json::List(Vec::new())]))),
        8 => set(
            json,
            "principal",
            Json::text(dice.word(&["arn:aws:iam::111111111111:group/dev", "alice", "", "arn:aws:iam::1:root", "AIDAALICE1111"])),
        ),
        9 => set(json, "principal", Json::object().with("Service", Json::Bool(true))),
        10 => set(json, "action", Json::Bool(true)),
        _ => set(json, "principal", Json::object().with("Service", Json::text("a")).with("Federated", Json::text("b"))),
    }
    request
}
