//! regorus: Rego compiled for its virtual machine. A rule body for each statement and resource pattern; beyond some hundred of them one body over the statements as data,
//! which a program of so many rules would only make slower.

use super::{Outcome, Peer, context, variable};
use crate::estate::{Asker, Condition, Statement, expanded};
use ::regorus::languages::rego::compiler::Compiler;
use ::regorus::rvm::vm::RegoVM;
use ::regorus::{Engine, Rc, Value};
use portcullis_workloads::Request;
use std::fmt::Write;

/// Statements of a set that become rules.
const RULES_MAX: usize = 256;

pub struct Regorus;

/// A machine with its program, and the values that it gives.
pub struct Set {
    machine: RegoVM,
    allow: Value,
    silent: Value,
}

impl Peer for Regorus {
    const NAME: &'static str = "regorus";
    const LACKS: &'static str = "";
    type Set = Set;
    type Request = Value;

    fn expresses(_: &Statement) -> bool {
        true
    }

    fn combines() -> bool {
        true
    }

    fn set(statements: &[&Statement], catalogue: &[String]) -> Result<Set, String> {
        let is_simple = |statement: &&Statement| {
            let prefix = |pattern: &String| pattern.ends_with('*') && !pattern.trim_end_matches('*').contains(['*', '$']);
            statement.conditions.is_empty() && statement.principals.is_none() && statement.resources.iter().all(prefix)
        };
        let (text, data) = if statements.len() <= RULES_MAX || !statements.iter().all(is_simple) {
            (rules(statements, catalogue)?, "{}".to_owned())
        } else {
            data(statements, catalogue)
        };
        machine(text, &data).map_err(|error| error.to_string())
    }

    fn request(request: &Request, asker: &Asker) -> Result<Value, String> {
        let context = context(request, asker)?;
        let input =
            serde_json::json!({ "principal": asker.arn, "action": request.action, "resource": request.resource, "context": context });
        Value::from_json_str(&input.to_string()).map_err(|error| error.to_string())
    }

    fn evaluate(set: &mut Set, request: &Value) -> Outcome {
        set.machine.set_input(request.clone());
        match set.machine.execute_entry_point_by_index(0) {
            Ok(value) if value == set.allow => Outcome::Allow,
            Ok(value) if value == set.silent => Outcome::Silent,
            // An error is no decision, and its caller denies.
            _ => Outcome::Deny,
        }
    }
}

fn machine(text: String, data: &str) -> Result<Set, Box<dyn std::error::Error>> {
    let entry: Rc<str> = "data.access.decision".into();
    let mut engine = Engine::new();
    let data = Value::from_json_str(data)?;
    engine.add_data(data.clone())?;
    engine.add_policy("access.rego".to_owned(), text)?;
    let compiled = engine.compile_with_entrypoint(&entry)?;
    let program = Compiler::compile_from_policy(&compiled, &[entry.as_ref()])?;
    let mut machine = RegoVM::new();
    machine.load_program(program);
    machine.set_max_instructions(usize::MAX);
    machine.set_data(data)?;
    Ok(Set { machine, allow: Value::from("allow"), silent: Value::from("silent") })
}

const HEAD: &str = "package access\n\nimport rego.v1\n\ndefault decision := \"silent\"\n\ndecision := \"deny\" if deny\n\ndecision := \"allow\" if {\n\tnot deny\n\tallow\n}\n\n";

/// A rule body for each statement and resource pattern.
fn rules(statements: &[&Statement], catalogue: &[String]) -> Result<String, String> {
    let mut text = HEAD.to_owned();
    for effect in ["allow", "deny"] {
        // A rule that never holds, in case that no statement has this effect.
        let _ = write!(text, "{effect} if input.action == \"\"\n\n");
    }
    for statement in statements {
        let effect = if statement.is_deny { "deny" } else { "allow" };
        let actions = expanded(&statement.actions, catalogue);
        let actions = if actions.is_empty() { statement.actions.clone() } else { actions };
        for resource in &statement.resources {
            // INVARIANT: writing to a string cannot fail.
            let _ = writeln!(text, "{effect} if {{");
            match actions.as_slice() {
                [one] => {
                    let _ = writeln!(text, "\tinput.action == {one:?}");
                }
                _ => {
                    let _ = writeln!(text, "\tinput.action in {}", set_of(&actions));
                }
            }
            pattern(&mut text, resource);
            if let Some(named) = statement.principals.as_ref().filter(|named| named.iter().all(|name| name != "*")) {
                let _ = writeln!(text, "\tinput.principal in {}", set_of(named));
            }
            for condition in &statement.conditions {
                test(&mut text, condition)?;
            }
            text.push_str("}\n\n");
        }
    }
    Ok(text)
}

fn set_of(texts: &[String]) -> String {
    format!("{{{}}}", texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", "))
}

/// A resource pattern as tests of its pieces: variables are joined in.
fn pattern(text: &mut String, pattern: &str) {
    let pieces: Vec<&str> = pattern.split('*').collect();
    let last = pieces.len() - 1;
    for (number, piece) in pieces.iter().enumerate() {
        let operand = joined(piece);
        let _ = match number {
            _ if piece.is_empty() => Ok(()),
            0 if last == 0 => writeln!(text, "\tinput.resource == {operand}"),
            0 => writeln!(text, "\tstartswith(input.resource, {operand})"),
            _ if number == last => writeln!(text, "\tendswith(input.resource, {operand})"),
            _ => writeln!(text, "\tcontains(input.resource, {operand})"),
        };
    }
}

/// A piece of a pattern as an expression.
fn joined(piece: &str) -> String {
    let Some((head, rest)) = piece.split_once("${") else { return format!("{piece:?}") };
    let Some((key, tail)) = rest.split_once('}') else { return format!("{piece:?}") };
    format!("concat(\"\", [{head:?}, input.context[{key:?}], {tail:?}])")
}

fn test(text: &mut String, condition: &Condition) -> Result<(), String> {
    let given = format!("input.context[{:?}]", condition.key);
    let values = &condition.values;
    let line = match (condition.operator.as_str(), values.as_slice()) {
        ("IpAddress", [net]) => format!("net.cidr_contains({net:?}, {given})"),
        ("IpAddress", _) => format!("some network in {}\n\tnet.cidr_contains(network, {given})", set_of(values)),
        ("Bool", [value]) => format!("{given} == {value:?}"),
        ("StringEquals", [value]) => match variable(value) {
            Some(key) => format!("{given} == input.context[{key:?}]"),
            None => format!("{given} == {value:?}"),
        },
        ("StringEquals", _) => format!("{given} in {}", set_of(values)),
        ("StringLike", _) if values.iter().all(|value| value.ends_with('*') && value.matches('*').count() == 1) => {
            let prefixes: Vec<String> = values.iter().map(|value| value.trim_end_matches('*').to_owned()).collect();
            format!("some prefix in {}\n\tstartswith({given}, prefix)", set_of(&prefixes))
        }
        (operator, _) => return Err(format!("{operator} is not translated")),
    };
    let _ = writeln!(text, "\t{line}");
    Ok(())
}

/// One body over the statements as data; each has actions and prefixes alone.
fn data(statements: &[&Statement], catalogue: &[String]) -> (String, String) {
    let of = |is_deny: bool| -> Vec<serde_json::Value> {
        let some = statements.iter().filter(|statement| statement.is_deny == is_deny);
        some.flat_map(|statement| {
            let actions = expanded(&statement.actions, catalogue);
            statement
                .resources
                .iter()
                .map(move |pattern| serde_json::json!({ "actions": actions, "prefix": pattern.trim_end_matches('*') }))
        })
        .collect()
    };
    let mut text = HEAD.to_owned();
    for effect in ["allow", "deny"] {
        let _ = write!(
            text,
            "{effect} if {{\n\tsome statement in data.{effect}ing\n\tstartswith(input.resource, statement.prefix)\n\tinput.action in statement.actions\n}}\n\n"
        );
    }
    (text, serde_json::json!({ "allowing": of(false), "denying": of(true) }).to_string())
}
