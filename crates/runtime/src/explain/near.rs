//! Nearest misses: what a statement lacked to allow, in the words of a policy.

use super::Matched;
use crate::datatypes::utc_text;
use crate::error::Fault;
use crate::format::{
    ATOM_IF_EXISTS, ArnPatternRecord, AtomKind, AtomRecord, NONE, NetworkRecord, OperandKind, PieceKind, PieceRecord, Qualifier, U32,
};
use crate::views::{Views, at, range};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

/// An Allow statement that would have matched but for one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The statement.
    pub statement: Matched,
    /// The part that did not match.
    pub failed: FailedPart,
}

/// The part of a statement that did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailedPart {
    /// `Principal` or `NotPrincipal`.
    Principal,
    /// `Action`, or `NotAction` where `negated`.
    Action {
        /// The element is `NotAction`.
        negated: bool,
    },
    /// `Resource`, or `NotResource` where `negated`.
    Resource {
        /// The element is `NotResource`.
        negated: bool,
    },
    /// One key under one operator of `Condition`.
    Condition {
        /// The operator with prefix and suffix, as S-505 spells it; `ArnLike` stands for `ArnEquals` too (S-515).
        operator: String,
        /// The key, as the policy writes it.
        key: String,
        /// The policy's values, in the normal form that they are compared in: dates in UTC, networks with their host bits cleared, letters folded under
        /// `…IgnoreCase`.
        values: Vec<String>,
        /// What the request or the world gives.
        actual: Actual,
    },
}

/// The value of a context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actual {
    /// None (S-504).
    Missing,
    /// A single value.
    One(String),
    /// A multivalued key.
    Many(Vec<String>),
}

/// The operator of a condition test, with prefix and suffix.
pub(crate) fn operator_text(test: &AtomRecord) -> Option<String> {
    let base = AtomKind::from_number(test.kind.get())?;
    let prefix = match Qualifier::from_number(test.qualifier.get())? {
        Qualifier::None => "",
        Qualifier::ForAllValues => "ForAllValues:",
        Qualifier::ForAnyValue => "ForAnyValue:",
    };
    let suffix = if test.flags.get() & ATOM_IF_EXISTS != 0 { "IfExists" } else { "" };
    // Kinds bear the names of S-505.
    Some(format!("{prefix}{base:?}{suffix}"))
}

/// The values of a condition test.
pub(crate) fn values_text(views: &Views<'_>, key_names: &[String], test: &AtomRecord) -> Result<Vec<String>, Fault> {
    range(views.operands, test.first, test.len)?
        .iter()
        .map(|operand| {
            Ok(match OperandKind::from_number(operand.kind.get()).ok_or(Fault::Corrupt)? {
                OperandKind::Text | OperandKind::FoldedText | OperandKind::Number => views.text_str(operand.a)?.to_string(),
                OperandKind::Date => {
                    let seconds = views.text_str(operand.a)?;
                    seconds.parse().ok().and_then(utc_text).unwrap_or_else(|| seconds.to_string())
                }
                OperandKind::Glob => pieces_text(views, key_names, range(views.pieces, operand.a, operand.b)?)?,
                OperandKind::Bool => (operand.a.get() != 0).to_string(),
                OperandKind::Network => network_text(at(views.networks, operand.a.get())?)?,
                OperandKind::AnyArn => "*".to_string(),
                OperandKind::Arn => arn_text(views, key_names, at(views.arn_patterns, operand.a.get())?)?,
                OperandKind::ArnVariable => variable_text(views, key_names, operand.a, operand.b)?,
                OperandKind::AllResources | OperandKind::ActionInterval => return Err(Fault::Corrupt),
            })
        })
        .collect()
}

fn arn_text(views: &Views<'_>, key_names: &[String], pattern: &ArnPatternRecord) -> Result<String, Fault> {
    let part = |part: &crate::format::PieceRange| pieces_text(views, key_names, range(views.pieces, part.first, part.len)?);
    Ok(pattern.parts.iter().map(part).collect::<Result<Vec<_>, _>>()?.join(":"))
}

/// A pattern as policies write it: a star that stands for itself is `${*}` (S-604).
fn pieces_text(views: &Views<'_>, key_names: &[String], pieces: &[PieceRecord]) -> Result<String, Fault> {
    let mut text = String::new();
    for piece in pieces {
        match PieceKind::from_number(piece.kind.get()).ok_or(Fault::Corrupt)? {
            PieceKind::Literal => {
                for character in views.text_str(piece.a)?.chars() {
                    match character {
                        '*' | '?' => text.push_str(&format!("${{{character}}}")),
                        other => text.push(other),
                    }
                }
            }
            PieceKind::Star => text.push('*'),
            PieceKind::AnyChar => text.push('?'),
            PieceKind::Variable => text.push_str(&variable_text(views, key_names, piece.a, piece.b)?),
        }
    }
    Ok(text)
}

fn variable_text(views: &Views<'_>, key_names: &[String], slot: U32, default: U32) -> Result<String, Fault> {
    let key = key_names.get(slot.get() as usize).ok_or(Fault::Corrupt)?;
    Ok(match default.get() {
        NONE => format!("${{{key}}}"),
        _ => format!("${{{key}, '{}'}}", views.text_str(default)?),
    })
}

fn network_text(network: &NetworkRecord) -> Result<String, Fault> {
    let prefix = network.prefix.get();
    Ok(match network.family.get() {
        4 => {
            let bytes = network.address.first_chunk::<4>().ok_or(Fault::Corrupt)?;
            format!("{}/{prefix}", Ipv4Addr::from(*bytes))
        }
        _ => format!("{}/{prefix}", Ipv6Addr::from(network.address)),
    })
}
