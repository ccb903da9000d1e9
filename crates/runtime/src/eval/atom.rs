//! Atoms: one action, resource or condition test (semantics, sections 2, 3, 5, 6).
//!
//! An atom is true or false for every prepared request. A negated condition operator is an atom of its own and not the opposite of the positive one: plain
//! operators, both forms, are false for a multivalued key (S-506), set operators negate value by value (S-518, S-519), and a missing key satisfies
//! the negated form alone (S-503).

use super::glob::{self, Folding};
use super::query::{Query, Value, Variable};
use crate::datatypes::{Address, Cidr, Decimal, Moment, fold_char};
use crate::error::Fault;
use crate::format::{ATOM_IF_EXISTS, ATOM_NEGATED, AtomKind, AtomRecord, NONE, OperandKind, OperandRecord, Qualifier};
use crate::request::check;
use crate::views::{at, range};
use core::cmp::Ordering;

/// Whether the atom is true.
pub(super) fn is_true(query: &Query<'_>, atom: &AtomRecord) -> Result<bool, Fault> {
    let kind = AtomKind::from_number(atom.kind.get()).ok_or(Fault::Corrupt)?;
    let operands = range(query.views.operands, atom.first, atom.len)?;
    match kind {
        AtomKind::Action => Ok(action(query, operands)? != is_negated_element(atom)),
        AtomKind::Resource => Ok(resource(query, operands)? != is_negated_element(atom)),
        AtomKind::Null => null(query, atom, operands),
        _ => condition(query, kind, atom, operands),
    }
}

/// `NotAction`, `NotResource`.
fn is_negated_element(atom: &AtomRecord) -> bool {
    atom.flags.get() & ATOM_NEGATED != 0
}

fn operand_kind(operand: &OperandRecord) -> Result<OperandKind, Fault> {
    OperandKind::from_number(operand.kind.get()).ok_or(Fault::Corrupt)
}

/// Whether the test holds for some item; the first fault ends the search.
fn any<T>(items: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Result<bool, Fault>) -> Result<bool, Fault> {
    for item in items {
        if test(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether some pattern matches the action (S-201, S-202); `NotAction` is the opposite (S-205).
fn action(query: &Query<'_>, operands: &[OperandRecord]) -> Result<bool, Fault> {
    any(operands, |operand| match operand_kind(operand)? {
        OperandKind::ActionInterval => Ok((operand.a.get()..operand.b.get()).contains(&query.action.id)),
        OperandKind::Glob => glob::matches(query, range(query.views.pieces, operand.a, operand.b)?, query.action.text),
        _ => Err(Fault::Corrupt),
    })
}

/// Whether some pattern matches the resource (S-301 to S-308); `NotResource` is the opposite (S-309).
fn resource(query: &Query<'_>, operands: &[OperandRecord]) -> Result<bool, Fault> {
    any(operands, |operand| match (operand_kind(operand)?, &query.resource) {
        (OperandKind::AllResources, _) => Ok(true),
        (OperandKind::Arn, None) => Ok(false),
        (OperandKind::Arn, Some(resource)) => arn(query, operand, resource.parts),
        _ => Err(Fault::Corrupt),
    })
}

/// Whether six parts match six patterns, each alone (S-303).
fn arn(query: &Query<'_>, operand: &OperandRecord, parts: [&str; 6]) -> Result<bool, Fault> {
    let patterns = at(query.views.arn_patterns, operand.a.get())?;
    for (pattern, part) in patterns.parts.iter().zip(parts) {
        if !glob::matches(query, range(query.views.pieces, pattern.first, pattern.len)?, part.as_bytes())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// S-516, S-523.
fn null(query: &Query<'_>, atom: &AtomRecord, operands: &[OperandRecord]) -> Result<bool, Fault> {
    match qualifier(atom)? {
        Qualifier::ForAllValues => return Ok(true),
        Qualifier::ForAnyValue => return Ok(false),
        Qualifier::None => {}
    }
    let is_null = match query.value(atom.slot.get())? {
        Value::Missing => true,
        Value::One(_) => false,
        Value::Many(texts) => texts.iter().all(|text| text.is_empty()),
        Value::Path(text) => text.is_empty(),
    };
    any(operands, |operand| match operand_kind(operand)? {
        OperandKind::Bool => Ok((operand.a.get() != 0) == is_null),
        _ => Err(Fault::Corrupt),
    })
}

fn qualifier(atom: &AtomRecord) -> Result<Qualifier, Fault> {
    Qualifier::from_number(atom.qualifier.get()).ok_or(Fault::Corrupt)
}

/// The table at the end of section 5.
fn condition(query: &Query<'_>, kind: AtomKind, atom: &AtomRecord, operands: &[OperandRecord]) -> Result<bool, Fault> {
    let qualifier = qualifier(atom)?;
    let negated = is_negated(kind);
    let satisfies = |text: &str| Ok(matches(query, kind, atom, operands, text)? != negated);
    let one;
    let texts = match (query.value(atom.slot.get())?, qualifier) {
        (Value::Missing, _) if atom.flags.get() & ATOM_IF_EXISTS != 0 => return Ok(true),
        (Value::Missing, Qualifier::None) => return Ok(negated),
        (Value::Missing, Qualifier::ForAllValues) => return Ok(true),
        (Value::Missing, Qualifier::ForAnyValue) => return Ok(false),
        (Value::One(text), Qualifier::None) => return satisfies(text),
        (Value::Many(_) | Value::Path(_), Qualifier::None) => return Ok(false),
        (Value::Many(texts), _) => texts,
        (Value::One(text) | Value::Path(text), _) => {
            one = [text];
            &one
        }
    };
    // The null data set: only empty strings.
    let is_null_set = texts.iter().all(|text| text.is_empty());
    match qualifier {
        Qualifier::ForAllValues => Ok(is_null_set || !any(texts, |text| Ok(!satisfies(text)?))?),
        _ => Ok(!is_null_set && any(texts, |text| satisfies(text))?),
    }
}

/// S-501.
pub(super) fn is_negated(kind: AtomKind) -> bool {
    matches!(
        kind,
        AtomKind::StringNotEquals
            | AtomKind::StringNotEqualsIgnoreCase
            | AtomKind::StringNotLike
            | AtomKind::NumericNotEquals
            | AtomKind::DateNotEquals
            | AtomKind::NotIpAddress
            | AtomKind::ArnNotLike
    )
}

/// Whether one request value matches some policy value of the operator's positive form. A value of another type matches none (S-525).
fn matches(query: &Query<'_>, kind: AtomKind, atom: &AtomRecord, operands: &[OperandRecord], text: &str) -> Result<bool, Fault> {
    use AtomKind::*;
    match kind {
        Action | Resource | Null => Err(Fault::Corrupt),
        StringEquals | StringNotEquals | StringLike | StringNotLike | BinaryEquals => {
            let (texts, others) = operands.split_at_checked(atom.texts.get() as usize).ok_or(Fault::Corrupt)?;
            Ok(query.views.holds_text(texts, text.as_bytes())? || any(others, |operand| string(query, operand, text))?)
        }
        StringEqualsIgnoreCase | StringNotEqualsIgnoreCase => any(operands, |operand| folded(query, operand, text)),
        NumericEquals | NumericNotEquals | NumericLessThan | NumericLessThanEquals | NumericGreaterThan | NumericGreaterThanEquals => {
            let Some(value) = Decimal::parse(text) else { return Ok(false) };
            any(operands, |operand| {
                let bound = Decimal::parse(stored(query, operand, OperandKind::Number)?).ok_or(Fault::Corrupt)?;
                Ok(holds(kind, value.cmp(&bound)))
            })
        }
        DateEquals | DateNotEquals | DateLessThan | DateLessThanEquals | DateGreaterThan | DateGreaterThanEquals => {
            let Some(value) = Moment::parse(text) else { return Ok(false) };
            any(operands, |operand| {
                let bound = Moment::parse_seconds(stored(query, operand, OperandKind::Date)?).ok_or(Fault::Corrupt)?;
                Ok(holds(kind, value.cmp(&bound)))
            })
        }
        Bool => any(operands, |operand| boolean(query, operand, text)),
        IpAddress | NotIpAddress => {
            let Some(address) = Address::parse(text) else { return Ok(false) };
            any(operands, |operand| Ok(network(query, operand)?.contains(&address)))
        }
        ArnLike | ArnNotLike => {
            let Some(parts) = check::arn_parts(text) else { return Ok(false) };
            any(operands, |operand| match operand_kind(operand)? {
                OperandKind::AnyArn => Ok(true),
                OperandKind::Arn => arn(query, operand, parts),
                // S-606: cut after substitution, and literal. Two ARNs have equal parts exactly if their texts are equal.
                OperandKind::ArnVariable => Ok(match query.variable(operand.a, operand.b)? {
                    Variable::Text(value) => value == text.as_bytes(),
                    Variable::Unresolved => false,
                    Variable::Any => true,
                }),
                _ => Err(Fault::Corrupt),
            })
        }
    }
}

/// S-507, S-509: an operand that is no plain text.
fn string(query: &Query<'_>, operand: &OperandRecord, text: &str) -> Result<bool, Fault> {
    match operand_kind(operand)? {
        OperandKind::Glob => glob::matches(query, range(query.views.pieces, operand.a, operand.b)?, text.as_bytes()),
        _ => Err(Fault::Corrupt),
    }
}

/// S-508.
fn folded(query: &Query<'_>, operand: &OperandRecord, text: &str) -> Result<bool, Fault> {
    match operand_kind(operand)? {
        OperandKind::FoldedText => Ok(text.chars().map(fold_char).eq(query.views.text_str(operand.a)?.chars())),
        OperandKind::Glob => glob::equals_folded(query, range(query.views.pieces, operand.a, operand.b)?, text, Folding::Simple),
        _ => Err(Fault::Corrupt),
    }
}

/// S-512, S-602.
fn boolean(query: &Query<'_>, operand: &OperandRecord, text: &str) -> Result<bool, Fault> {
    let value = if text.eq_ignore_ascii_case("true") {
        true
    } else if text.eq_ignore_ascii_case("false") {
        false
    } else {
        return Ok(false);
    };
    match operand_kind(operand)? {
        OperandKind::Bool => Ok((operand.a.get() != 0) == value),
        OperandKind::Glob => glob::equals_folded(query, range(query.views.pieces, operand.a, operand.b)?, text, Folding::Ascii),
        _ => Err(Fault::Corrupt),
    }
}

/// The stored text of a number or date.
fn stored<'q>(query: &Query<'q>, operand: &OperandRecord, kind: OperandKind) -> Result<&'q str, Fault> {
    if operand.kind.get() != kind as u32 || operand.a.get() == NONE {
        return Err(Fault::Corrupt);
    }
    query.views.text_str(operand.a)
}

/// Whether an order relation is the one that the operator's positive form wants (S-510, S-511).
fn holds(kind: AtomKind, order: Ordering) -> bool {
    use AtomKind::*;
    match kind {
        NumericLessThan | DateLessThan => order.is_lt(),
        NumericLessThanEquals | DateLessThanEquals => order.is_le(),
        NumericGreaterThan | DateGreaterThan => order.is_gt(),
        NumericGreaterThanEquals | DateGreaterThanEquals => order.is_ge(),
        _ => order.is_eq(),
    }
}

/// S-514.
fn network(query: &Query<'_>, operand: &OperandRecord) -> Result<Cidr, Fault> {
    if operand.kind.get() != OperandKind::Network as u32 {
        return Err(Fault::Corrupt);
    }
    let record = at(query.views.networks, operand.a.get())?;
    let small = |number: u32| u8::try_from(number).map_err(|_| Fault::Corrupt);
    Ok(Cidr { address: record.address, family: small(record.family.get())?, prefix: small(record.prefix.get())? })
}
