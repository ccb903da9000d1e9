//! The text form of a program: what `portcullis debug ir` shows and golden tests compare.

use super::types::{Atom, AtomId, Program};
use crate::syntax::policy::{ArnPattern, ConditionValue, Effect, Operator, Piece, PrincipalEntry, Qualifier, ResourcePattern};
use std::fmt::Write;

/// Prints a program: documents with their statements, then the atoms and principal elements that they name.
#[must_use]
pub fn print(program: &Program) -> String {
    let mut out = String::new();
    for (index, document) in program.documents.iter().enumerate() {
        let _ = writeln!(out, "document {index}");
        for (index, statement) in document.statements.iter().enumerate() {
            let effect = if statement.effect == Effect::Deny { "deny" } else { "allow" };
            let _ = write!(out, "  {index}: {effect} {}", atom_name(statement.action));
            if let Some(resource) = statement.resource {
                let _ = write!(out, " {}", atom_name(resource));
            }
            if let Some(principal) = statement.principal {
                let _ = write!(out, " p{}", principal.0);
            }
            for condition in &statement.conditions {
                let _ = write!(out, " {}", atom_name(*condition));
            }
            out.push('\n');
        }
    }
    for (index, atom) in program.atoms.iter().enumerate() {
        let _ = writeln!(out, "a{index} = {}", atom_text(atom));
    }
    for (index, principal) in program.principals.iter().enumerate() {
        let negated = if principal.negated { "not " } else { "" };
        let entries: Vec<_> = principal.entries.iter().map(entry_text).collect();
        let _ = writeln!(out, "p{index} = {negated}principal [{}]", entries.join(", "));
    }
    out
}

fn atom_name(id: AtomId) -> String {
    format!("a{}", id.0)
}

/// One atom as text, for every stage that prints atoms.
pub(crate) fn atom_text(atom: &Atom) -> String {
    match atom {
        Atom::Action(test) => {
            let patterns: Vec<_> = test.patterns.iter().map(|pattern| pieces_text(&pattern.pieces)).collect();
            format!("{}action [{}]", not(test.negated), patterns.join(", "))
        }
        Atom::Resource(test) => {
            let patterns: Vec<_> = test.patterns.iter().map(resource_text).collect();
            format!("{}resource [{}]", not(test.negated), patterns.join(", "))
        }
        Atom::Condition(test) => {
            let values: Vec<_> = test.values.iter().map(value_text).collect();
            format!("{} {} [{}]", operator_text(test.operator), test.key, values.join(", "))
        }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

fn operator_text(operator: Operator) -> String {
    let qualifier = match operator.qualifier {
        Qualifier::None => "",
        Qualifier::ForAllValues => "ForAllValues:",
        Qualifier::ForAnyValue => "ForAnyValue:",
    };
    let suffix = if operator.if_exists { "IfExists" } else { "" };
    format!("{qualifier}{:?}{suffix}", operator.base)
}

/// Pieces as a policy writes them, so that wildcards and plain `*`, `?`, `$` differ.
pub(crate) fn pieces_text(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => {
                for c in text.chars() {
                    match c {
                        '*' | '?' | '$' => {
                            let _ = write!(out, "${{{c}}}");
                        }
                        c => out.push(c),
                    }
                }
            }
            Piece::Star => out.push('*'),
            Piece::AnyChar => out.push('?'),
            Piece::Variable { key, default: None } => {
                let _ = write!(out, "${{{key}}}");
            }
            Piece::Variable { key, default: Some(default) } => {
                let _ = write!(out, "${{{key}, '{default}'}}");
            }
        }
    }
    out
}

/// A resource pattern as a policy writes it.
pub(crate) fn resource_text(pattern: &ResourcePattern) -> String {
    match pattern {
        ResourcePattern::All => "*".to_owned(),
        ResourcePattern::Arn(pattern) => arn_text(pattern),
    }
}

fn arn_text(pattern: &ArnPattern) -> String {
    let parts: Vec<_> = pattern.parts.iter().map(|part| pieces_text(part)).collect();
    parts.join(":")
}

fn value_text(value: &ConditionValue) -> String {
    match value {
        ConditionValue::Text(pieces) | ConditionValue::BoolText(pieces) => format!("{:?}", pieces_text(pieces)),
        ConditionValue::Number(number) => number.text().to_owned(),
        ConditionValue::Date(instant) => format!("@{}", instant.text()),
        ConditionValue::Bool(value) => value.to_string(),
        ConditionValue::Binary(text) => format!("base64 {text}"),
        ConditionValue::Network(network) => {
            let address = match network.family {
                4 => {
                    let [a, b, c, d, ..] = network.address;
                    std::net::Ipv4Addr::new(a, b, c, d).to_string()
                }
                _ => std::net::Ipv6Addr::from(network.address).to_string(),
            };
            format!("{address}/{}", network.prefix)
        }
        ConditionValue::AnyArn => "any ARN".to_owned(),
        ConditionValue::Arn(pattern) => arn_text(pattern),
        ConditionValue::ArnVariable { key, default } => {
            format!("ARN in {}", pieces_text(&[Piece::Variable { key: key.clone(), default: default.clone() }]))
        }
    }
}

fn entry_text(entry: &PrincipalEntry) -> String {
    match entry {
        PrincipalEntry::Everyone => "*".to_owned(),
        PrincipalEntry::Account(id) => format!("account {id}"),
        PrincipalEntry::User(arn) | PrincipalEntry::Role(arn) | PrincipalEntry::RoleSession(arn) | PrincipalEntry::FederatedUser(arn) => {
            arn.clone()
        }
        PrincipalEntry::UniqueId(id) => format!("id {id}"),
        PrincipalEntry::Service(name) => format!("service {}", name.as_deref().unwrap_or("*")),
        PrincipalEntry::Federated(name) => format!("federated {}", name.as_deref().unwrap_or("*")),
        PrincipalEntry::CanonicalUser(name) => format!("canonical user {}", name.as_deref().unwrap_or("*")),
        PrincipalEntry::AnyAccount => "any account".to_owned(),
        PrincipalEntry::CanonicalAccount(id) => format!("account of canonical id {id}"),
    }
}
